"""Rows of an export into deals: what each cell says, rows of one deal joined, and what could not be used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from playbook.errors import Finding
from playbook.load.crm.cells import CellError, Reading, is_blank, read_amount, read_value, without_brackets
from playbook.load.crm.columns import Column, Columns, cell
from playbook.load.crm.crmdata import more_headings, words
from playbook.load.crm.dates import AmbiguousDateError, read_day
from playbook.load.crm.fieldmap import NOTES, FieldMap, Settings
from playbook.load.crm.people import PeopleReader
from playbook.load.crm.table import Row, Table, heading_key
from playbook.model.values import fold, read_scalar
from playbook.model.vocabulary import Field, Lang, Vocabulary

_NAME, _STAGE, _STATUS, _ACCOUNT = "deal.name", "deal.stage", "deal.status", "account.name"


@dataclass
class Draft:
    """A deal on its way: plain values by field key, people, notes, and the rows that it comes from.

    `sources` tells for which fields the value came from a cell, and how it was converted.
    """

    key: tuple[str, ...]
    rows: list[Row]
    facts: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, tuple[str, str]] = field(default_factory=dict)
    people: list[dict[str, Any]] = field(default_factory=list)
    rivals: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    day: date | None = None
    unread_stage: Finding | None = None

    @property
    def name(self) -> str:
        return str(self.facts[_NAME])

    @property
    def account(self) -> str:
        return str(self.facts.get(_ACCOUNT, ""))


@dataclass(frozen=True)
class Reject:
    """A row that was not used, and why."""

    row: Row
    findings: tuple[Finding, ...]


class RejectedRowError(Exception):
    """A row that makes no deal, with every reason."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__(*(finding.code for finding in findings))
        self.findings = findings


@dataclass
class Problems:
    """What a run could not use: rows, single cells, and the rows that are no deals at all."""

    rejects: list[Reject] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)
    has_assumed_currency: bool = False


class RowReader:
    """Reads rows with a map into drafts; what cannot be used goes to `problems`."""

    def __init__(
        self, table: Table, columns: Columns, field_map: FieldMap, vocabulary: Vocabulary, reading: Reading, lang: Lang
    ) -> None:
        self.table = table
        self.columns = columns
        self.map = field_map
        self.vocabulary = vocabulary
        self.reading = reading
        self.colon = words("colon").get(lang)
        self.problems = Problems(warnings=list(table.findings))
        self.people = PeopleReader(self)
        self._last: dict[int, str] = {}
        notes = [heading_key(column.heading) for column in columns.sources if column.source.field is None]
        self._has_plain_notes = len(notes) == 1 and notes[0] in {heading_key(name) for name in more_headings()[NOTES]}
        self._lines = [pattern.lower() for pattern in field_map.skip.lines]

    def read(self) -> list[Draft]:
        """The deals of the table in the order of their first rows."""
        drafts: dict[tuple[str, ...], Draft] = {}
        before, in_footer = self.table.heading_row, False
        for row in self.table.rows:
            in_footer = row.filled == 1 and (in_footer or row.number > before + 1) and len(self.table.headings) > 2
            before = row.number
            row = self._filled(row)
            if in_footer or self._is_no_deal(row):
                self.problems.skipped.append(row.number)
                continue
            warned = len(self.problems.warnings)
            try:
                draft = self._draft(row)
            except RejectedRowError as rejected:
                self.problems.rejects.append(Reject(row, rejected.findings))
                del self.problems.warnings[warned:]  # they come again when the row is mended
                continue
            self._place(draft, drafts)
        return list(drafts.values())

    def warn(self, code: str, row: Row, column: int, **args: str) -> None:
        heading = self.table.headings[column]
        at = self.table.place(row.number, column)
        self.problems.warnings.append(Finding(code, at, {"heading": heading, **args}, "warning"))

    def _filled(self, row: Row) -> Row:
        """The row with the cells that a report prints only once for several rows."""
        cells = list(row.cells) + [""] * (len(self.table.headings) - len(row.cells))
        for column in self.columns.sources:
            if column.source.fills_down:
                cells[column.index] = self._last[column.index] = cells[column.index] or self._last.get(column.index, "")
        return Row(row.number, tuple(cells))

    def _is_no_deal(self, row: Row) -> bool:
        """Subtotals and page ends, which never hold both a name and a stage, and rows the map does not want."""
        if any(heading_key(cell(row, index)) in values for index, values in self.columns.where):
            return True
        required = (self.columns.of(_NAME), self.columns.of(_STAGE))
        if all(column and not is_blank(cell(row, column.index)) for column in required):
            return False
        texts = [text.lower() for text in row.cells if text]
        return any(fnmatchcase(text, pattern) for text in texts for pattern in self._lines)

    def _draft(self, row: Row) -> Draft:
        extra = [text for text in row.cells[len(self.table.headings) :] if text]
        if extra:
            counts = {"count": str(len(row.cells)), "total": str(len(self.table.headings))}
            raise RejectedRowError(Finding("I033", self.table.place(row.number), {**counts, "text": extra[0]}))
        draft = Draft((), [row])
        draft.day = self._day(row)
        side: dict[str, Any] = {}
        later = []
        for column in self.columns.sources:
            if column.source.by_status:
                later.append(column)
            else:
                self._read(column, row, draft, side)
        self._complete(draft, side)
        for column in later:
            self._read(column, row, draft, side)
        self._complete(draft, side)
        self._require(row, draft)
        self.people.read(row, draft)
        draft.key = self._key(row, draft)
        return draft

    def _complete(self, draft: Draft, side: dict[str, Any]) -> None:
        """Adds what words stand for beyond their own field, then the map's defaults and constants.

        A word that settles several facts (lost: stage and status) counts more than another column.
        """
        for key, value in side.items():
            draft.facts[key] = value
            draft.sources[key] = ("", "")
        for key, value in self.settled(self.map.defaults).items():
            draft.facts.setdefault(key, value)
        for key, value in self.settled(self.map.constants).items():
            draft.facts[key] = value
            draft.sources.pop(key, None)

    def _require(self, row: Row, draft: Draft) -> None:
        findings = []
        for key, code in ((_NAME, "I030"), (_STAGE, "I031")):
            column = self.columns.of(key)
            if key not in draft.facts:
                place = self.table.place(row.number, column.index if column else None)
                missing = Finding(code, place, {"heading": column.heading if column else ""})
                findings.append(draft.unread_stage if key == _STAGE and draft.unread_stage else missing)
        if findings:
            raise RejectedRowError(*findings)

    def _day(self, row: Row) -> date | None:
        """The day that the row's facts are known for: the last activity, or that of the export."""
        for index in self.columns.dates:
            try:
                day = read_day(cell(row, index), self.reading.order)
            except AmbiguousDateError:
                day = None
            if day and day <= self.reading.as_of:
                return day
        return None if self.columns.dates else self.reading.as_of

    def _read(self, column: Column, row: Row, draft: Draft, side: dict[str, Any]) -> None:
        """Reads one cell into the draft."""
        text = column.text(row)
        status = str(draft.facts.get(_STATUS, ""))
        target = column.source.by_status.get(status, column.source.field)
        if not text:
            return
        if column.source.field is None:
            if column.source.otherwise != "skip":
                draft.notes.append(text if self._has_plain_notes else f"{column.heading}{self.colon}{text}")
            return
        if target is None or target.key in draft.sources:
            return
        try:
            value, conversion = self.value(text, column, target, row, side)
        except CellError as error:
            self._cannot(error, text, column, row, draft)
            return
        if value is not None:
            draft.facts[target.key] = value
            draft.sources[target.key] = conversion

    def value(
        self, text: str, column: Column, target: Field, row: Row, side: dict[str, Any]
    ) -> tuple[Any, tuple[str, str]]:
        """A cell's value (None: nothing to say) and how it was converted. Raises `CellError`.

        What else the word stands for goes to `side`.
        """
        source = column.source
        if source.drops_brackets:
            text = without_brackets(text)
        settings = source.values.get(fold(text))
        if settings is not None:
            found = self.settled(settings)
            side |= {key: value for key, value in found.items() if key != target.key}
            return found.get(target.key), ("", "")
        if target.unit == "cny":
            currency = cell(row, column.currency) if column.currency is not None else ""
            amount = read_amount(text, target, source, self.reading, currency)
            self.problems.has_assumed_currency |= amount.is_assumed
            return amount.value, amount.conversion
        return read_value(text, target, source, self.reading), ("", "")

    def settled(self, settings: Settings) -> dict[str, Any]:
        """Values that a map gives, typed."""
        found = ((key, self.vocabulary.field(key), text) for key, text in settings)
        return {key: read_scalar(field, text, None) for key, field, text in found if field}

    def _cannot(self, error: CellError, text: str, column: Column, row: Row, draft: Draft) -> None:
        """What becomes of a cell that cannot be read: a note, nothing, a warning, or (stage) a reason to reject."""
        target = column.source.field
        if target and target.key == _STAGE and error.code == "I044":
            place = self.table.place(row.number, column.index)
            draft.unread_stage = Finding("I032", place, {"heading": column.heading, "text": text})
        elif error.code == "I044" and column.source.otherwise == "note":
            draft.notes.append(f"{column.heading}{self.colon}{text}")
        elif not (error.code == "I044" and column.source.otherwise == "skip"):
            self.warn(error.code, row, column.index, **error.args_of_message)

    def _key(self, row: Row, draft: Draft) -> tuple[str, ...]:
        if self.columns.ids is not None and not is_blank(ident := cell(row, self.columns.ids)):
            return (ident,)
        return (fold(draft.name), fold(draft.account))

    def _place(self, draft: Draft, drafts: dict[tuple[str, ...], Draft]) -> None:
        """Joins a draft with the one of the same deal, or keeps it as a deal of its own.

        Without an id, rows of one name and customer that contradict each other are different deals.
        """
        known = drafts.get(draft.key)
        if known is None:
            drafts[draft.key] = draft
            return
        unlike = [key for key, value in draft.facts.items() if known.facts.get(key, value) != value]
        if unlike and len(draft.key) > 1:
            row = draft.rows[0]
            column = self.columns.of(unlike[0]) or self.columns.of(_NAME)
            self.warn("I053", row, column.index if column else 0, first=str(known.rows[0].number), text=draft.name)
            drafts[(*draft.key, str(row.number))] = draft
            return
        self._join(known, draft, unlike)

    def _join(self, known: Draft, draft: Draft, unlike: Iterable[str]) -> None:
        row = draft.rows[0]
        for key in unlike:
            column = self.columns.of(key)
            if column:
                self.warn("I047", row, column.index, text=column.text(row), first=str(known.rows[0].number))
        for key, value in draft.facts.items():
            if key not in known.facts:
                known.facts[key] = value
                if key in draft.sources:
                    known.sources[key] = draft.sources[key]
        known.rows += draft.rows
        known.notes += [line for line in draft.notes if line not in known.notes]
        if draft.day and (known.day is None or draft.day > known.day):
            known.day = draft.day
        for mine, theirs in ((known.people, draft.people), (known.rivals, draft.rivals)):
            for person in theirs:
                self.people.add(mine, person, row)
