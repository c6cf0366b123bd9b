"""The pipeline review as text, HTML and workbook."""
