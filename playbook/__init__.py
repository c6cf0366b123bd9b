"""Playbook: next-best-action briefings for key-account sales, from declarative rules."""

__version__ = "0.1.0"
