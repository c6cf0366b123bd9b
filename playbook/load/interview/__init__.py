"""What people answer, on a terminal or in an Excel form, as facts."""
