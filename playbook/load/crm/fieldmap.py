"""What a map says: which column of an export holds which field, and how its cells are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as default
from typing import Literal

from playbook.errors import Location
from playbook.model.vocabulary import NOTHING, Field, Text

Order = Literal["", "mdy", "dmy"]  # of day and month in dates such as 3/4/2026; empty: told by the column itself
Otherwise = Literal["warn", "skip", "note"]
Settings = tuple[tuple[str, str], ...]  # (field key, value) pairs that one word of an export stands for

NOTES = "notes"


@dataclass(frozen=True)
class Source:
    """Where a field's value comes from. `field` is None for a column that goes into the notes.

    `columns` are headings that mean the same, the first one there is used; `by_status` names another
    field (None: leave out) for deals of a status.
    """

    columns: tuple[str, ...]
    field: Field | None
    at: Location
    join: tuple[str, ...] = ()
    values: Mapping[str, Settings] = default(default_factory=dict)
    by_status: Mapping[str, Field | None] = default(default_factory=dict)
    otherwise: Otherwise = "warn"
    order: Order = ""
    is_fraction: bool = False
    unit: int = 1
    currency: str = ""
    currency_columns: tuple[str, ...] = ()
    split: str = ""
    drops_brackets: bool = False
    fills_down: bool = False


@dataclass(frozen=True)
class Person:
    """The columns that describe one person (or rival) of a row, or several with separators."""

    sources: tuple[Source, ...]
    constants: Settings = ()


@dataclass(frozen=True)
class Evidence:
    """What imported facts rest on: a source text and the columns that date them; `fields` limits it."""

    source: Text = NOTHING
    columns: tuple[str, ...] = ()
    fields: frozenset[str] = frozenset()
    is_wanted: bool = True


@dataclass(frozen=True)
class Skip:
    """Rows that are no deals: texts of totals and page ends, and columns whose rows are not wanted."""

    lines: tuple[str, ...] = ()
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class FieldMap:
    """A map, ready to read rows with."""

    name: str
    at: Location
    sources: tuple[Source, ...]
    title: Text = NOTHING
    ids: tuple[str, ...] = ()
    people: tuple[Person, ...] = ()
    rivals: tuple[Person, ...] = ()
    constants: Settings = ()
    defaults: Settings = ()
    order: Order = ""
    currency: str = ""
    decimal_comma: bool = False
    rates: Mapping[str, float] = default(default_factory=dict)
    evidence: Evidence = Evidence()
    skip: Skip = Skip()
    ignored: tuple[str, ...] = ()

    def every_source(self) -> Iterator[Source]:
        yield from self.sources
        for person in (*self.people, *self.rivals):
            yield from person.sources

    def headings(self) -> Iterator[str]:
        """Every heading that the map knows, with those it leaves out on purpose."""
        for source in self.every_source():
            yield from (*source.columns, *source.join, *source.currency_columns)
        yield from (*self.ids, *self.evidence.columns, *self.ignored)
        yield from (column for column, _ in self.skip.where)
