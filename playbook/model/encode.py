"""Values as small numbers, and unary tests as sets of those numbers: all that the engine sees."""

from __future__ import annotations

from datetime import date

from playbook.model.ranges import NumberSet
from playbook.model.unary import Between, Compare, Is, Known, Not, OneOf, Operand, Scope, Test, Unknown
from playbook.model.values import Value
from playbook.model.vocabulary import Field

UNKNOWN = -(10**17)  # below every value; an unknown passes `not x` like any other value
_LEAST = -(10**16)
_MOST = 10**16
_DECIMALS = 4


class Encoder:
    """Codes for values: ranks, days from today, numbers, and texts in the order they were met."""

    def __init__(self, scope: Scope, texts: dict[str, int] | None = None) -> None:
        self._scope = scope
        self.texts = {} if texts is None else texts

    def value(self, field: Field, value: Value) -> int | float:
        """The code of a value; a text not met before gets the next number."""
        if field.is_enum:
            rank = field.rank.get(str(value))
            return rank + 1 if rank is not None else -1 - list(field.label_of).index(str(value))
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, date):
            return (value - self._scope.today).days
        if isinstance(value, str):
            return self.texts.setdefault(value, len(self.texts) + 1)
        return _written_out(value)

    def numbers(self, test: Test, field: Field) -> NumberSet:
        """The codes that pass a test on a single value."""
        match test:
            case Unknown():
                return NumberSet.point(UNKNOWN)
            case Known():
                return NumberSet.point(UNKNOWN).complement()
            case Not(inner):
                return self.numbers(inner, field).complement()
            case OneOf(tests):
                return NumberSet.union(self.numbers(each, field) for each in tests)
            case Is(operand):
                return NumberSet.point(self._operand(operand, field))
            case Compare(op, operand):
                return self._side(op, operand, field)
            case Between(low, high):
                return self._side(">=", low, field).intersect(self._side("<=", high, field))
            case _:
                raise TypeError(f"{test} is not a test on a single value")

    def _operand(self, operand: Operand, field: Field) -> int | float:
        return self.value(field, self._scope.resolve(operand))

    def _side(self, op: str, operand: Operand, field: Field) -> NumberSet:
        code, least = self._operand(operand, field), least_code(field)
        if op.startswith(">"):
            return NumberSet.between(max(code, least), _MOST, op == ">=")
        return NumberSet.between(least, code, True, op == "<=")


def _written_out(number: float) -> int | float:
    """A number that JSON writes without an exponent, which the engine would drop with all that follows."""
    held = max(_LEAST, min(_MOST, round(number, _DECIMALS)))
    return int(held) if held == int(held) else held


def least_code(field: Field) -> int:
    """The lowest code that a comparison counts: below it are `unknown` and values outside an order."""
    return 1 if field.is_enum else _LEAST
