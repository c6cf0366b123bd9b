"""K004, K005, K018: rules that give the same advice."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from playbook.check.book import Book, output_of
from playbook.errors import Finding
from playbook.model.rules import Rule


def check(book: Book) -> Iterator[Finding]:
    """Rules that advise or conclude the same on the same, on narrower, or on facts that can hold together."""
    rules = book.rulebook.rule_by_id
    for pair in book.alike:
        first, second = _in_order(rules[pair.first], rules[pair.second])
        if _same_reader(first, second):
            yield from _compared(book, first, second, quiet=_share_cluster(first, second))
    for first, second in _same_conclusions(book):
        yield from _compared(book, *_in_order(first, second), quiet=True)


def _in_order(first: Rule, second: Rule) -> tuple[Rule, Rule]:
    return (first, second) if (first.at, first.id) <= (second.at, second.id) else (second, first)


def _same_reader(first: Rule, second: Rule) -> bool:
    kinds = {(type(o), getattr(o, "kind", "")) for o in (output_of(first), output_of(second))}
    return len(kinds) == 1 and not set(first.audience).isdisjoint(second.audience)


def _share_cluster(first: Rule, second: Rule) -> bool:
    one, other = output_of(first), output_of(second)
    return bool(one and other and one.cluster and one.cluster == other.cluster)


def _same_conclusions(book: Book) -> Iterator[tuple[Rule, Rule]]:
    groups: dict[tuple[tuple[str, object], ...], list[Rule]] = {}
    for rule in book.rules:
        if rule.conclude and not (rule.advise or rule.ask or rule.guard):
            groups.setdefault(tuple((c.key, c.value) for c in rule.conclude), []).append(rule)
    for group in groups.values():
        yield from combinations(group, 2)


def _compared(book: Book, first: Rule, second: Rule, quiet: bool) -> Iterator[Finding]:
    """What to say of two rules with the same output. `quiet`: that they may fire together does no harm."""
    down, up = book.logic.implies(second.when, first.when), book.logic.implies(first.when, second.when)
    words = {"other": first.id, "place": str(first.at)}
    if down and up:
        yield book.warn("K004", second, **words)
    elif down:
        yield book.warn("K005", second, **words)
    elif up:
        yield book.warn("K005", first, other=second.id, place=str(second.at))
    elif not quiet and book.logic.may_hold_together(first.when, second.when):
        yield book.warn("K018", second, **words)
