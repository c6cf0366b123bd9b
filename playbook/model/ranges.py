"""Sets of numbers: a unary test on a single value is the set of coded values that pass it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

Number = int | float
# An interval as (low, low is inside, high, high is inside).
Interval = tuple[Number, bool, Number, bool]


@dataclass(frozen=True, slots=True)
class NumberSet:
    """A union of disjoint intervals, in order."""

    intervals: tuple[Interval, ...]

    @staticmethod
    def point(value: Number) -> NumberSet:
        return NumberSet(((value, True, value, True),))

    @staticmethod
    def between(low: Number, high: Number, low_inside: bool = True, high_inside: bool = True) -> NumberSet:
        return NumberSet(tuple(_proper([(low, low_inside, high, high_inside)])))

    @staticmethod
    def union(sets: Iterable[NumberSet]) -> NumberSet:
        intervals = sorted((i for s in sets for i in s.intervals), key=lambda i: (i[0], not i[1]))
        merged: list[Interval] = []
        for each in intervals:
            if merged and _touch(merged[-1], each):
                low, low_inside, high, high_inside = merged[-1]
                if (each[2], each[3]) > (high, high_inside):
                    high, high_inside = each[2], each[3]
                merged[-1] = (low, low_inside, high, high_inside)
            else:
                merged.append(each)
        return NumberSet(tuple(merged))

    def complement(self) -> NumberSet:
        gaps: list[Interval] = []
        low, low_inside = -inf, False
        for start, start_inside, end, end_inside in self.intervals:
            gaps.append((low, low_inside, start, not start_inside))
            low, low_inside = end, not end_inside
        gaps.append((low, low_inside, inf, False))
        return NumberSet(tuple(_proper(gaps)))

    def intersect(self, other: NumberSet) -> NumberSet:
        return NumberSet.union([self.complement(), other.complement()]).complement()

    def __contains__(self, value: Number) -> bool:
        return any(
            (low < value or (low_inside and low == value)) and (value < high or (high_inside and value == high))
            for low, low_inside, high, high_inside in self.intervals
        )

    @property
    def is_empty(self) -> bool:
        return not self.intervals

    @property
    def is_everything(self) -> bool:
        return self.intervals == ((-inf, False, inf, False),)

    @property
    def points(self) -> tuple[Number, ...] | None:
        """The members, when they are finitely many."""
        if all(low == high for low, _, high, _ in self.intervals):
            return tuple(low for low, _, _, _ in self.intervals)
        return None


def _proper(intervals: Iterable[Interval]) -> list[Interval]:
    return [i for i in intervals if i[0] < i[2] or (i[0] == i[2] and i[1] and i[3])]


def _touch(left: Interval, right: Interval) -> bool:
    """Whether two intervals, the left one starting first, leave no gap between them."""
    return right[0] < left[2] or (right[0] == left[2] and (left[3] or right[1]))
