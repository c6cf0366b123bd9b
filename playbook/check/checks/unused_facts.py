"""K009, K010: concluded facts that nothing uses, and used facts that nothing states or concludes."""

from __future__ import annotations

from collections.abc import Iterator

from playbook.check.book import Book
from playbook.errors import Finding
from playbook.model.rules import Rule, patterns_of
from playbook.model.unary import Join


def check(book: Book) -> Iterator[Finding]:
    used = {key for rule in book.rules for key in _used(rule)}
    concluded = {conclusion.key for rule in book.rules for conclusion in rule.conclude}
    for rule in book.rules:
        for conclusion in rule.conclude:
            if conclusion.key not in used:
                yield Finding("K009", conclusion.at, {"rule": rule.id, "field": conclusion.key}, "warning")
        yield from _unfounded(book, rule, concluded)


def _unfounded(book: Book, rule: Rule, concluded: set[str]) -> Iterator[Finding]:
    """Tests of a field that a deal cannot state and no rule concludes."""
    for pattern in patterns_of(rule.when):
        if book.rulebook.vocabulary.entities[pattern.entity].stated:
            continue
        for name, _ in pattern.tests:
            if f"{pattern.entity}.{name}" not in concluded:
                words = {"rule": rule.id, "field": f"{pattern.entity}.{name}"}
                yield Finding("K010", pattern.at, words, "warning")


def _used(rule: Rule) -> Iterator[str]:
    """The keys of the fields that a rule tests, compares with, names in a text or asks for."""
    entity_of = {pattern.alias: pattern.entity for pattern in patterns_of(rule.when)}
    for pattern in patterns_of(rule.when):
        for name, test in pattern.tests:
            yield f"{pattern.entity}.{name}"
            if isinstance(test, Join):
                yield f"{entity_of.get(test.alias, test.alias)}.{test.name}"
    for place in rule.placeholders():
        yield f"{entity_of.get(place.alias, place.alias)}.{place.name}"
    if rule.ask:
        alias, _, name = rule.ask.field.partition(".")
        yield f"{entity_of.get(alias, alias)}.{name}"
