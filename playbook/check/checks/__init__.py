"""The checks, one file each. What a code means, why, and an example stand in `check/pages/CODE.yaml`."""

from __future__ import annotations

from playbook.check.book import CheckOfBook, CheckOfRule
from playbook.check.checks import (
    always_true,
    conflicts,
    duplicates,
    idle_guards,
    impossible,
    languages,
    origins,
    tables,
    unused_facts,
)

# Those that look at one rule, also when other rules cannot be read; and those that need the whole rulebook.
OF_RULES: tuple[CheckOfRule, ...] = (impossible.check, always_true.check, languages.check, origins.check)
OF_BOOKS: tuple[CheckOfBook, ...] = (
    duplicates.check,
    conflicts.check,
    unused_facts.check,
    idle_guards.check,
    tables.check,
)
