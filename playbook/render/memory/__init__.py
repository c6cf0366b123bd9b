"""The decision log, and what changed since the last briefing."""
