"""Unary tests: what a rule asks of one value (`>= evaluation`, `not [x, y]`, `= boss.name` …).

`predicate` turns a `Test` into a function of a content; `load/unarytest.py` reads one from text.
The meaning stands in docs/rule-language.md.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from playbook.model.facts import Content, values_of
from playbook.model.values import Value
from playbook.model.vocabulary import Field


class Param(NamedTuple):
    """A named number of the playbook's parameters."""

    name: str


class Day(NamedTuple):
    """A date as days from the day of evaluation."""

    offset: int


Operand = Value | Param | Day


class Is(NamedTuple):
    operand: Operand


class Compare(NamedTuple):
    op: str  # ">=", ">", "<=", "<"
    operand: Operand


class Between(NamedTuple):
    low: Operand
    high: Operand


class OneOf(NamedTuple):
    tests: tuple[Test, ...]


class Not(NamedTuple):
    test: Test


@dataclass(frozen=True, slots=True)
class Known:
    pass


@dataclass(frozen=True, slots=True)
class Unknown:
    pass


class Several(NamedTuple):
    """At least `number` of `values` are held (a field of several values)."""

    number: int
    values: tuple[Value, ...]


class Join(NamedTuple):
    """Compares with `name` of an earlier alias, or of an entity that exists once."""

    op: str  # "=", ">=", ">", "<=", "<"
    alias: str
    name: str


Test = Is | Compare | Between | OneOf | Not | Known | Unknown | Several | Join

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}


@dataclass(frozen=True)
class Scope:
    """What a test may refer to beyond the value itself."""

    today: date
    parameters: dict[str, float]

    def resolve(self, operand: Operand) -> Value:
        if isinstance(operand, Param):
            return self.parameters[operand.name]
        if isinstance(operand, Day):
            return self.today + timedelta(days=operand.offset)
        return operand


Predicate = Callable[[Content | None], bool]


def predicate(test: Test, field: Field, scope: Scope) -> Predicate:
    """A function telling whether a field's content passes the test. Not for `Join`."""
    passes = _predicate(test, field, scope)
    if field.type != "enum":
        return passes
    # The few contents that one enum value can be are tried once, here; only several values at once,
    # which rules may conclude, are left to the test itself.
    contents: list[Content | None] = [None, *field.label_of]
    passing = frozenset(content for content in contents if passes(content))
    return lambda content: passes(content) if type(content) is tuple else content in passing


def _predicate(test: Test, field: Field, scope: Scope) -> Predicate:
    match test:
        case Unknown():
            return lambda content: content is None
        case Known():
            return lambda content: content is not None
        case Not(inner):
            passes = _predicate(inner, field, scope)
            return lambda content: not passes(content)
        case OneOf(tests):
            return _one_of(tests, field, scope)
        case Several(count, values):
            wanted = frozenset(values)
            return lambda content: sum(v in wanted for v in values_of(content)) >= count
        case Is(operand):
            return _any_value(operator.eq, scope.resolve(operand))
        case Compare(op, operand):
            return _compare(((op, operand),), field, scope)
        case Between(low, high):
            return _compare(((">=", low), ("<=", high)), field, scope)
        case Join():
            raise TypeError("a join needs a binding")


def _one_of(tests: tuple[Test, ...], field: Field, scope: Scope) -> Predicate:
    passes = [_predicate(test, field, scope) for test in tests]

    def holds(content: Content | None) -> bool:
        for each in passes:  # noqa: SIM110 - a generator is slower, and this runs for every fact
            if each(content):
                return True
        return False

    return holds


def _any_value(op: Callable[[Any, Any], bool], wanted: Any) -> Predicate:
    def holds(content: Content | None) -> bool:
        if type(content) is tuple:
            return any(op(value, wanted) for value in content)
        return content is not None and op(content, wanted)

    return holds


def _compare(bounds: tuple[tuple[str, Operand], ...], field: Field, scope: Scope) -> Predicate:
    limits = [(OPERATORS[op], measure(scope.resolve(operand), field)) for op, operand in bounds]

    def passes(value: Value) -> bool:
        place = measure(value, field)
        return place is not None and all(op(place, limit) for op, limit in limits)

    def holds(content: Content | None) -> bool:
        if isinstance(content, tuple):
            return any(passes(value) for value in content)
        return content is not None and passes(content)

    return holds


def measure(value: Value | None, field: Field) -> Any:
    """What a value is compared by: its rank for an ordered enum (None outside the order), else itself."""
    return field.rank.get(value) if field.is_enum and isinstance(value, str) else value


def join_holds(join: Join, own: Content | None, own_field: Field, other: Content | None, other_field: Field) -> bool:
    """Whether some pair of values of the two contents passes; never when one is unknown."""
    if own is None or other is None:
        return False
    if join.op == "=":
        return not set(values_of(own)).isdisjoint(values_of(other))
    compare = OPERATORS[join.op]
    places = [measure(v, own_field) for v in values_of(own)]
    limits = [measure(v, other_field) for v in values_of(other)]
    return any(p is not None and q is not None and compare(p, q) for p in places for q in limits)


def is_positive(test: Test) -> bool:
    """Whether more known values can only make the test hold, never stop it."""
    if isinstance(test, OneOf):
        return all(is_positive(each) for each in test.tests)
    return isinstance(test, Is | Compare | Between | Known | Join)
