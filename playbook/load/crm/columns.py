"""The columns of a table as a map uses them: which is read for what, and which are left over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from playbook.errors import DealError, Finding, Location, both
from playbook.load.crm.cells import is_blank
from playbook.load.crm.crmdata import currencies, units
from playbook.load.crm.dates import order_of
from playbook.load.crm.fieldmap import FieldMap, Order, Person, Source
from playbook.load.crm.table import Row, Table, heading_key, heading_unit
from playbook.model.values import fold
from playbook.model.vocabulary import Vocabulary, nearest

_REQUIRED = ("deal.name", "deal.stage")


@dataclass(frozen=True)
class Column:
    """A source with the positions of its columns in one table."""

    source: Source
    index: int
    heading: str
    joined: tuple[int, ...] = ()
    currency: int | None = None

    def text(self, row: Row) -> str:
        """The text of the row's cell, joined with what belongs to it; empty when it says nothing."""
        texts = [cell(row, index) for index in (self.index, *self.joined)]
        said = [text for text in texts if not is_blank(text)]
        return (" " if all(text.isascii() for text in said) else "").join(said)


@dataclass(frozen=True)
class PersonColumns:
    """The columns of one person of a row; the first is the name."""

    person: Person
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Columns:
    """What a table offers of a map."""

    sources: tuple[Column, ...]
    people: tuple[PersonColumns, ...]
    rivals: tuple[PersonColumns, ...]
    ids: int | None
    dates: tuple[int, ...]
    where: tuple[tuple[int, frozenset[str]], ...]
    unknown: tuple[int, ...]
    ignored: tuple[int, ...]

    def of(self, key: str) -> Column | None:
        """The column of a field."""
        return next((c for c in self.sources if c.source.field and c.source.field.key == key), None)


def cell(row: Row, index: int) -> str:
    """A cell of a row; rows may be shorter than the heading."""
    return row.cells[index] if index < len(row.cells) else ""


def find_columns(table: Table, field_map: FieldMap, vocabulary: Vocabulary) -> Columns:
    """The columns of the table by the map. Raises `DealError` when those of name or stage are missing."""
    sources = tuple(column for source in field_map.sources if (column := _column(table, source)))
    people, rivals = (tuple(_people(table, group)) for group in (field_map.people, field_map.rivals))
    ids = table.find(field_map.ids)
    dates = tuple(n for name in field_map.evidence.columns if (n := table.find([name])) is not None)
    where = tuple(
        (index, frozenset(heading_key(value) for value in values))
        for name, values in field_map.skip.where
        if (index := table.find([name])) is not None
    )
    every = (*sources, *(c for person in (*people, *rivals) for c in person.columns))
    used = {index for c in every for index in (c.index, *c.joined, c.currency) if index is not None}
    used |= {index for index in (ids, *dates, *(index for index, _ in where)) if index is not None}
    wanted = {heading_key(name) for name in field_map.ignored}
    left = [n for n in range(len(table.headings)) if n not in used]
    ignored = tuple(n for n in left if heading_key(table.headings[n]) in wanted)
    columns = Columns(sources, people, rivals, ids, dates, where, tuple(n for n in left if n not in ignored), ignored)
    _require(columns, table, field_map, vocabulary)
    return columns


def _column(table: Table, source: Source) -> Column | None:
    index = table.find(source.columns)
    if index is None:
        return None
    joined = tuple(n for name in source.join if (n := table.find([name])) is not None)
    source = _with_unit(source, heading_unit(table.headings[index]))
    return Column(source, index, table.headings[index], joined, table.find(source.currency_columns))


def _with_unit(source: Source, said: str) -> Source:
    """A source of money with the unit and currency that its heading names, where the map names none."""
    if not said or source.field is None or source.field.unit != "cny":
        return source
    mark = next((mark for mark in currencies() if fold(said).endswith(mark)), "")
    unit = units().get(fold(said)) or units().get(fold(said).removesuffix(mark), 1)
    currency = currencies()[mark] if mark and mark != "元" else ""
    return replace(source, unit=unit if source.unit == 1 else source.unit, currency=source.currency or currency)


def _people(table: Table, group: tuple[Person, ...]) -> Iterator[PersonColumns]:
    for person in group:
        columns = [column for source in person.sources if (column := _column(table, source))]
        columns.sort(key=lambda c: c.source.field is None or c.source.field.name != "name")
        if columns and columns[0].source.field and columns[0].source.field.name == "name":
            yield PersonColumns(person, tuple(columns))


def _require(columns: Columns, table: Table, field_map: FieldMap, vocabulary: Vocabulary) -> None:
    findings = []
    settled = {key for key, _ in (*field_map.constants, *field_map.defaults)}
    for key in _REQUIRED:
        field = vocabulary.field(key)
        if field is None or columns.of(key) or key in settled:
            continue
        names = next((s.columns for s in field_map.sources if s.field and s.field.key == key), ())
        known = {heading: heading for heading in table.headings}
        near = next((found for name in names if (found := nearest(name, known))), "")
        args = {"names": " / ".join(names), "headings": ", ".join(h for h in table.headings if h), "near": near}
        place = Location(table.file, table.heading_row, 1)
        findings.append(Finding("I027", place, {**args, **both("label", field.label.zh, field.label.en)}))
    if findings:
        raise DealError(findings)


def date_order(table: Table, columns: Columns, field_map: FieldMap) -> Order:
    """Whether day or month comes first in this export: as the map says, else as its dates tell."""
    if field_map.order:
        return field_map.order
    indexes = set(columns.dates)
    for column in columns.sources:
        field = column.source.field
        if field and (field.type == "date" or field.since) and not column.source.order:
            indexes.add(column.index)
    return order_of(text for row in table.rows for index in indexes if (text := cell(row, index)))
