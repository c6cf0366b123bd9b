"""The sheet to carry, as PDF and Word, and what fits on its first page."""
