"""The patterns that the engine sees: tests and joins on the properties of one kind of fact."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playbook.model.ranges import NumberSet


@dataclass(slots=True)
class Message:
    """One pattern of the engine: facts of `kind` that pass tests and joins."""

    name: str
    kind: int
    equal: list[dict[str, Any]] = field(default_factory=list)
    plain: list[dict[str, Any]] = field(default_factory=list)
    joins: list[dict[str, Any]] = field(default_factory=list)
    alternatives: list[dict[str, Any]] = field(default_factory=list)
    joined_to: str = ""

    def restrict(self, prop: str, numbers: NumberSet) -> None:
        """Adds the condition that a property lies in a set of numbers."""
        if numbers.is_everything:
            return
        points, gaps = numbers.points, numbers.complement().points
        if points is not None and len(points) == 1:
            self.equal.append({prop: _json(points[0])})
        elif gaps is not None:
            self.plain += [{"$neq": {prop: _json(p)}} for p in gaps]
        elif len(numbers.intervals) == 1:
            self.plain += _bounds(prop, numbers)
        else:
            branches = [_bounds(prop, NumberSet((i,))) for i in numbers.intervals]
            self.alternatives.append({"$or": [b[0] if len(b) == 1 else {"$and": b} for b in branches]})

    def join(self, condition: dict[str, Any], to: str) -> None:
        self.joins.append(condition)
        self.joined_to = self.joined_to or to

    def conditions(self, shard: int | None) -> list[dict[str, Any]]:
        """In the order the engine needs: kind, shard, equalities, tests, joins, constant join, `$or`."""
        split = [] if shard is None else [{"$neq": {"_t": shard + 2}}]
        guard = [{"_t": {self.joined_to: "_t"}}] if self.joined_to else []
        return [
            {"k": self.kind},
            *split,
            *self.equal,
            *self.plain,
            *self.joins,
            *guard,
            *self.alternatives,
        ]


def _json(number: float) -> int | float:
    return int(number) if number == int(number) else number


def _bounds(prop: str, numbers: NumberSet) -> list[dict[str, Any]]:
    ((low, low_inside, high, high_inside),) = numbers.intervals
    if low == high:
        return [{prop: _json(low)}]
    out: list[dict[str, Any]] = []
    if low != float("-inf"):
        out.append({"$gte" if low_inside else "$gt": {prop: _json(low)}})
    if high != float("inf"):
        out.append({"$lte" if high_inside else "$lt": {prop: _json(high)}})
    return out


SHARD = 24  # different patterns of one kind that a fact may meet side by side
MAX_SHARDS = 40
_MAX_TWINS = 200  # equal patterns in one shard; the engine's heap overflows at 256


class Shards:
    """Splits the patterns of one kind into groups small enough for the engine.

    Equal patterns share a group, so that they are tested once.
    """

    def __init__(self) -> None:
        self._sizes: list[int] = []
        self._places: dict[str, tuple[int, int]] = {}

    @property
    def count(self) -> int:
        return len(self._sizes)

    @property
    def patterns(self) -> int:
        return sum(self._sizes)

    def take(self, tests: str) -> int:
        """The number of the shard, from 0, for one more pattern with these tests."""
        shard, twins = self._places.get(tests, (-1, _MAX_TWINS))
        if twins == _MAX_TWINS:
            if not self._sizes or self._sizes[-1] == SHARD or shard == self.count - 1:
                self._sizes.append(0)
            shard, twins = self.count - 1, 0
            self._sizes[shard] += 1
        self._places[tests] = (shard, twins + 1)
        return shard
