"""Deals and rules written out as files that read back the same."""
