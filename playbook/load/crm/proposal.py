"""A proposed map: which column was taken for what and why, and what could not be placed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from playbook.load.crm.cells import is_blank
from playbook.load.crm.columns import cell
from playbook.load.crm.fieldmap import FieldMap, Order, Settings, Source
from playbook.load.crm.lexicon import Aim
from playbook.load.crm.table import Table
from playbook.model.vocabulary import Field

How = Literal["heading", "likeness", "values"]
Reason = Literal["empty", "taken", "unfit", "dates", "money", "ids", "texts", "nobody"]

_MOST_ROWS = 3000


@dataclass(frozen=True)
class Placed:
    """A column with a field: how it was found, what its words stand for, and which are not known."""

    index: int
    aim: Aim
    field: Field | None
    how: How
    like: str = ""
    source: Source | None = None
    words: tuple[tuple[str, Settings], ...] = ()
    unknown: tuple[str, ...] = ()
    is_fraction: bool = False
    has_brackets: bool = False
    currency: int | None = None


@dataclass(frozen=True)
class Unplaced:
    """A column without a field, why, and the field or column that stands in its way."""

    index: int
    reason: Reason
    field: Field | None = None
    column: int | None = None


@dataclass
class Proposal:
    """A proposed map. `undecided` is a date that may be read both ways, `totals` are texts of rows that are no deals.

    `like` is a ready-made map that fits.
    """

    table: Table
    placed: list[Placed] = field(default_factory=list)
    unplaced: list[Unplaced] = field(default_factory=list)
    unneeded: list[int] = field(default_factory=list)
    missing: list[Field] = field(default_factory=list)
    order: Order = ""
    undecided: str = ""
    totals: tuple[str, ...] = ()
    like: FieldMap | None = None

    def samples(self, index: int, count: int = 2) -> list[str]:
        """The most frequent contents of a column."""
        return [text for text, _ in contents_of(self.table, index).most_common(count)]

    def of(self, key: str) -> Placed | None:
        return next((placed for placed in self.placed if placed.aim == Aim(key)), None)


def contents_of(table: Table, index: int) -> Counter[str]:
    """What stands in a column and how often, as far as it says something."""
    texts = (cell(row, index) for row in table.rows[:_MOST_ROWS])
    return Counter(text for text in texts if not is_blank(text))
