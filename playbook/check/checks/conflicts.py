"""K006: rules that contradict one another on the same facts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from playbook.check.book import Book, output_of
from playbook.errors import Finding
from playbook.model.rules import AnyOf, Conclude, Condition, Rule

_OPPOSED = ({"action", "avoid"}, {"talk-track", "avoid"})


def check(book: Book) -> Iterator[Finding]:
    """Different values concluded for one field, and `avoid` beside an action of one cluster, on the same facts."""
    yield from _conclusions(book)
    yield from _advice(book)


def _conclusions(book: Book) -> Iterator[Finding]:
    several = book.rulebook.vocabulary.several
    concluding: dict[str, list[tuple[Rule, Conclude]]] = {}
    for rule in book.rules:
        for conclusion in rule.conclude:
            if conclusion.key not in several:
                concluding.setdefault(conclusion.key, []).append((rule, conclusion))
    for key, found in concluding.items():
        for (first, one), (second, other) in combinations(sorted(found, key=lambda pair: pair[0].at), 2):
            left, right = _about(first.when, one.alias), _about(second.when, other.alias)
            if one.value != other.value and book.logic.may_hold_together(left, right):
                values = {"field": key, "value": str(other.value), "before": str(one.value)}
                yield book.warn("K006", second, other=first.id, place=str(first.at), **values)


def _about(conditions: tuple[Condition, ...], alias: str) -> tuple[Condition, ...]:
    """The conditions with those about `alias` as if there were one such item, so that two rules speak of the same."""
    found: list[Condition] = []
    for condition in conditions:
        if isinstance(condition, AnyOf):
            found.append(condition._replace(alternatives=tuple(_about(a, alias) for a in condition.alternatives)))
        else:
            same = condition.alias == alias and condition.quantifier == "each"
            found.append(condition._replace(quantifier="one") if same else condition)
    return tuple(found)


def _advice(book: Book) -> Iterator[Finding]:
    clusters: dict[str, list[Rule]] = {}
    for rule in book.rules:
        output = output_of(rule)
        if rule.advise and output and output.cluster:
            clusters.setdefault(output.cluster, []).append(rule)
    for rules in clusters.values():
        for first, second in combinations(sorted(rules, key=lambda rule: rule.at), 2):
            if _opposed(first, second) and _same_facts(book, first, second):
                yield book.warn("K007", second, other=first.id, place=str(first.at))


def _opposed(first: Rule, second: Rule) -> bool:
    kinds = {rule.advise.kind for rule in (first, second) if rule.advise}
    return kinds in _OPPOSED and not set(first.audience).isdisjoint(second.audience)


def _same_facts(book: Book, first: Rule, second: Rule) -> bool:
    return book.logic.implies(first.when, second.when) or book.logic.implies(second.when, first.when)
