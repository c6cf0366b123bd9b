"""Decision tables: rows of a sheet as rules."""
