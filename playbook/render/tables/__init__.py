"""Rules as decision tables in Excel and CSV."""
