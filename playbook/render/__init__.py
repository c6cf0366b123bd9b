"""Last stage: briefings and answers as text, Markdown, HTML and JSON."""
