"""K001, K002: conditions that contradict one another."""

from __future__ import annotations

from collections.abc import Iterator

from playbook.check.book import Book
from playbook.check.logic import Contradiction
from playbook.errors import Finding
from playbook.model.rules import AnyOf, Condition, Pattern, Rule, patterns_of
from playbook.model.spelling import spell, spell_field


def check(book: Book, rule: Rule) -> Iterator[Finding]:
    """A rule, or one alternative of it, whose parts contradict one another."""
    found = [book.logic.contradiction(c) for c in book.logic.conjunctions(rule.when)]
    contradictions = [each for each in found if each]
    if not contradictions:
        return
    if len(contradictions) == len(found):
        yield _finding(book, "K001", rule, contradictions[0])
        return
    for group, alternative in _alternatives(rule.when):
        if not _is_possible(book, rule, group, alternative):
            own = {id(pattern) for pattern in patterns_of(alternative)}
            clash = next(c for c in contradictions if own & {id(c.first), id(c.second)})
            yield _finding(book, "K002", rule, clash)


def _alternatives(conditions: tuple[Condition, ...]) -> Iterator[tuple[AnyOf, tuple[Condition, ...]]]:
    for condition in conditions:
        if isinstance(condition, AnyOf):
            for alternative in condition.alternatives:
                yield condition, alternative
                yield from _alternatives(alternative)


def _is_possible(book: Book, rule: Rule, group: AnyOf, alternative: tuple[Condition, ...]) -> bool:
    """Whether some choice that takes this alternative is free of contradictions."""
    only = tuple(_narrowed(condition, group, alternative) for condition in rule.when)
    return any(book.logic.contradiction(c) is None for c in book.logic.conjunctions(only))


def _narrowed(condition: Condition, group: AnyOf, alternative: tuple[Condition, ...]) -> Condition:
    """The condition with `alternative` as the only choice of `group`."""
    if isinstance(condition, Pattern):
        return condition
    if condition is group:
        return condition._replace(alternatives=(alternative,))
    inner = tuple(tuple(_narrowed(c, group, alternative) for c in each) for each in condition.alternatives)
    holding = [a for a, old in zip(inner, condition.alternatives, strict=True) if a != old]
    return condition._replace(alternatives=tuple(holding) if holding else inner)


def _finding(book: Book, code: str, rule: Rule, clash: Contradiction) -> Finding:
    first, second = (spell_field(p, clash.field) if clash.field else spell(p) for p in (clash.first, clash.second))
    if clash.first is clash.second:
        return Finding(code, clash.second.at, {"rule": rule.id, "first": first}, "warning")
    words = {"rule": rule.id, "first": first, "second": second, "line": str(clash.first.at.line)}
    return Finding(code, clash.second.at, words, "warning")
