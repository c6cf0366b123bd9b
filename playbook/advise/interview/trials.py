"""Answers worth trying for a missing fact: every choice, and values on either side of what rules compare it with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from playbook.evaluate.supposing import Supposer
from playbook.model.facts import Content, WorkingMemory, values_of
from playbook.model.rules import patterns_of
from playbook.model.strata import aliases_of
from playbook.model.unary import Between, Compare, Is, Not, OneOf, Operand, Test
from playbook.model.values import Value
from playbook.model.vocabulary import Field

_LIKELY_DAYS = (-30, 7, 30)
_MOST_VALUES = 24
_LARGE = 10_000


@dataclass(frozen=True)
class Trials:
    """What to try, for the rules in force on a day."""

    supposer: Supposer

    @cached_property
    def bounds(self) -> dict[str, tuple[Value, ...]]:
        """By field, the values that rules compare it with."""
        scope = self.supposer.rulebook.scope(self.supposer.today)
        found: dict[str, dict[Value, None]] = {}
        for rule in self.supposer.rules:
            for pattern in patterns_of(rule.when):
                for name, test in pattern.tests:
                    operands = found.setdefault(f"{pattern.entity}.{name}", {})
                    operands.update(dict.fromkeys(scope.resolve(each) for each in _operands(test)))
        return {key: tuple(values) for key, values in found.items()}

    @cached_property
    def joined(self) -> dict[str, frozenset[str]]:
        """By field, the fields that rules compare it with."""
        found: dict[str, set[str]] = {}
        for rule in self.supposer.rules:
            aliases = aliases_of(rule)
            for pattern in patterns_of(rule.when):
                for name, join in pattern.joins:
                    own, other = f"{pattern.entity}.{name}", f"{aliases.get(join.alias, join.alias)}.{join.name}"
                    found.setdefault(own, set()).add(other)
                    found.setdefault(other, set()).add(own)
        return {key: frozenset(others) for key, others in found.items()}

    def contents(self, field: Field, memory: WorkingMemory) -> list[Content]:
        """Answers worth trying: each choice, and values on either side of what rules compare with."""
        if field.is_enum:
            values: list[Value] = [value for value, _ in field.choices if value != "unknown"]
        elif field.type == "boolean":
            values = [True, False]
        elif field.type == "date":
            values = list(self._around(field, memory))
            values = values or [self.supposer.today + timedelta(days=days) for days in _LIKELY_DAYS]
        elif field.type in ("number", "integer"):
            values = list(self._around(field, memory)) or [1]
        else:
            values = ["?", *self._names(field, memory)]
        values = values[:_MOST_VALUES]
        found: list[Content] = [(value,) for value in values] if field.is_several else list(values)
        return found

    def _around(self, field: Field, memory: WorkingMemory) -> Iterator[Value]:
        bounds: set[Value] = set(self.bounds.get(field.key, ()))
        for other in self.joined.get(field.key, ()):
            entity, _, name = other.partition(".")
            contents = (c.get(name) for c in memory.items[entity])
            bounds |= {value for content in contents for value in values_of(content)}
        low, high = field.range or (0, 10**15)
        near: set[Any] = set()
        for bound in bounds:
            near |= {bound, *_beside(bound)}
        return iter(sorted(value for value in near if isinstance(value, date) or low <= value <= high))

    def _names(self, field: Field, memory: WorkingMemory) -> list[Value]:
        """What a text may be that rules look for: a value they name, or one that another fact holds."""
        found = [value for value in self.bounds.get(field.key, ()) if isinstance(value, str)]
        for other in sorted(self.joined.get(field.key, ())):
            entity, _, name = other.partition(".")
            for contents in memory.items[entity]:
                found += [value for value in values_of(contents.get(name)) if isinstance(value, str)]
        return list(dict.fromkeys(found))


def _beside(bound: Value) -> Iterator[Value]:
    """A value below and one above: the next day or number, of large amounts a round one."""
    if isinstance(bound, date):
        yield from (bound - timedelta(days=1), bound + timedelta(days=1))
    elif isinstance(bound, int | float) and not isinstance(bound, bool):
        step = bound // 10 if bound >= _LARGE else 1
        yield from (bound - step, bound + step)


def _operands(test: Test) -> Iterator[Operand]:
    match test:
        case Is(operand) | Compare(_, operand):
            yield operand
        case Between(low, high):
            yield from (low, high)
        case Not(inner):
            yield from _operands(inner)
        case OneOf(tests):
            for each in tests:
                yield from _operands(each)
