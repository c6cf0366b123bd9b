"""Imports, interviews and forms, in words and sheets."""
