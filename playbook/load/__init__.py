"""First stage: files into facts, rules and settings, every error with its place."""
