"""K014, K015, K016: rules that nobody stands behind, that have expired, or that do not count yet."""

from __future__ import annotations

from collections.abc import Iterator

from playbook.check.book import Book
from playbook.errors import Finding
from playbook.model.rules import Rule


def check(book: Book, rule: Rule) -> Iterator[Finding]:
    if rule.cards and not rule.source and not rule.owner:
        yield book.warn("K014", rule)
    if rule.until and rule.until < book.today:
        yield book.warn("K015", rule, day=str(rule.until))
    elif rule.since and rule.since > book.today:
        yield book.warn("K016", rule, day=str(rule.since))
