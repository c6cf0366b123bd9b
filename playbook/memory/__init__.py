"""The decision log of a workspace: what was advised, what became of it."""
