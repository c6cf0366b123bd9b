"""The coach's sheet of a deal and the review of a rep or a team."""
