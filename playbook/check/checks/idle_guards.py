"""K017: a guard that holds back nothing."""

from __future__ import annotations

from collections.abc import Iterator

from playbook.check.book import Book
from playbook.errors import Finding


def check(book: Book) -> Iterator[Finding]:
    """Guards over no card at all, or only over cards whose rules cannot fire together with the guard."""
    for guard in book.rules:
        if guard.guard is None:
            continue
        governed = [r for r in book.rules if r is not guard and any(guard.guard.governs(r, card) for card in r.cards)]
        if not any(book.logic.may_hold_together(guard.when, rule.when) for rule in governed):
            yield book.warn("K017", guard, count=str(len(governed)))
