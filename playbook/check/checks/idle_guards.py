"""K017: a guard that holds back nothing."""

from __future__ import annotations

from collections.abc import Iterator

from playbook.check.book import Book, output_of
from playbook.errors import Finding
from playbook.model.rules import Guard, Rule


def check(book: Book) -> Iterator[Finding]:
    """Guards over no card at all, or only over cards whose rules cannot fire together with the guard."""
    for guard in book.rules:
        if guard.guard is None:
            continue
        governed = [rule for rule in book.rules if _governs(guard.guard, rule)]
        if not any(book.logic.may_hold_together(guard.when, rule.when) for rule in governed):
            yield book.warn("K017", guard, count=str(len(governed)))


def _governs(guard: Guard, rule: Rule) -> bool:
    output = output_of(rule)
    if output is None:
        return False
    named = rule.id in guard.rules or output.cluster in guard.clusters or output.party in guard.parties
    return named or not set(guard.sources).isdisjoint(rule.source)
