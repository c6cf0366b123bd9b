"""The order of a table's condition columns: near to the order in which the rules state their conditions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise

from playbook.load.tables.columns import Column, Head

Condition = tuple[Head, list[str]]  # what it is about, and the fields that it tests in order


class ColumnOrder:
    """Columns with what should stand right of them, taken from the rules one after another."""

    def __init__(self) -> None:
        self._right: dict[Column, set[Column]] = {}

    def place(self, conditions: Iterable[Condition]) -> list[list[Column]]:
        """The columns of each condition of a rule, added to the table.

        Several conditions of one rule with the same head get columns of their own, told apart by a number.
        """
        placed: list[list[Column]] = []
        counts: Counter[Head] = Counter()
        for head, fields in conditions:
            counts[head] += 1
            placed.append([Column("when", field, "", head, counts[head]) for field in fields])
        for columns in placed:
            self._right |= {column: set() for column in columns if column not in self._right}
        for left, right in (*pairwise([columns[0] for columns in placed]), *chain(*map(pairwise, placed))):
            if not self._reaches(right, left):  # what other rules state in another order stays as it is
                self._right[left].add(right)
        return placed

    def _reaches(self, start: Column, goal: Column) -> bool:
        seen, waiting = {start}, [start]
        while waiting:
            column = waiting.pop()
            if column == goal:
                return True
            further = self._right[column] - seen
            seen |= further
            waiting += further
        return False

    def columns(self) -> Iterator[Column]:
        """Every column in order; those of one head side by side where that can be."""
        waiting = dict.fromkeys(self._right, 0)
        for right in self._right.values():
            for column in right:
                waiting[column] += 1
        last = Head("")
        while waiting:
            ready = [column for column, count in waiting.items() if not count]
            chosen = next((column for column in ready if column.head == last), ready[0])
            yield chosen
            last = chosen.head
            del waiting[chosen]
            for column in self._right[chosen]:
                waiting[column] -= 1


def is_in_order(placed: list[list[Column]], position: dict[Column, int]) -> bool:
    """Whether reading the columns from the left finds a rule's conditions, and the tests of each, in their order."""
    columns = [columns[0] for columns in placed]
    return all(position[left] < position[right] for left, right in (*pairwise(columns), *chain(*map(pairwise, placed))))
