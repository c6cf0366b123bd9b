"""The coach's sheet and the reviews, as text, Markdown and HTML."""
