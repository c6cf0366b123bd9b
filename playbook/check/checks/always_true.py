"""K003: a condition that every deal meets."""

from __future__ import annotations

from collections.abc import Iterator

from playbook.check.book import Book
from playbook.errors import Finding
from playbook.model.rules import AnyOf, Rule, patterns_of
from playbook.model.spelling import spell, spell_field


def check(book: Book, rule: Rule) -> Iterator[Finding]:
    """A test that every value passes, and alternatives of which one always holds."""
    for pattern in patterns_of(rule.when):
        for name, test in pattern.tests:
            if book.logic.is_always_true(book.logic.field(pattern, name), test):
                words = {"rule": rule.id, "text": spell_field(pattern, name)}
                yield Finding("K003", pattern.at, words, "warning")
    for condition in rule.when:
        if isinstance(condition, AnyOf) and book.logic.covers_everything(condition):
            yield Finding("K003", condition.at, {"rule": rule.id, "text": spell(condition)}, "warning")
