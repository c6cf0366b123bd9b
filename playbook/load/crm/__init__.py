"""CRM exports into deal files: tables, maps from their columns to fields, a guesser, and the import itself."""
