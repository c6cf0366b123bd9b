"""Decision tables: every row of a sheet into the node that a rule file would have, so that one reader reads both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from playbook.errors import Finding, Location, both
from playbook.load.tables.columns import ORDER, Column, Columns, Head
from playbook.load.tables.header import ANY, Entries, HeaderReader, cell_scalar, condition_node
from playbook.load.tables.sheets import CellPlace, Sheet, read_sheets
from playbook.load.yamlsource import Mapping, Node, Report, Sequence
from playbook.model.values import fold, is_unknown, read_boolean
from playbook.model.vocabulary import Entity, Field, Vocabulary, nearest

_LIST = re.compile(r"\s*[、，,;；\n]\s*")
# What the rule reader says once a column is missing, which has been reported already.
_FOLLOWING = ("R004", "R014", "R039", "R041")


@dataclass
class Table:
    """The rules of a table as nodes, and how to speak of their faults in terms of cells.

    `empty` holds what to say of a key that the rule reader misses at a place (None: it has been said),
    `incomplete` the sheets from which something was left out.
    """

    root: Sequence
    empty: dict[tuple[Location, str], Finding | None] = field(default_factory=dict)
    incomplete: set[tuple[str, str]] = field(default_factory=set)

    def at_cells(self, report: Report) -> Report:
        """A report for the rule reader: a missing key becomes an empty cell, what follows from it is left out."""

        def take(finding: Finding) -> None:
            if finding.code in _FOLLOWING and (finding.at.file, finding.at.sheet) in self.incomplete:
                return
            told = self.empty.get((finding.at, finding.args["key"]), finding) if finding.code == "R003" else finding
            if told is not None:
                report(told)

        return take


def read_table(path: Path, vocabulary: Vocabulary, report: Report, shown: str = "") -> Table:
    """The tables of an .xlsx or .csv file; what cannot be read is reported and left out."""
    return parse_sheets(read_sheets(path, report, shown), vocabulary, report)


def parse_sheets(sheets: Iterable[Sheet], vocabulary: Vocabulary, report: Report) -> Table:
    """Like `read_table`, from sheets."""
    table = Table(Sequence((), Location("")))
    columns = Columns(vocabulary)
    rows = [row for sheet in sheets for row in _SheetReader(sheet, columns, report, table).rows()]
    table.root = Sequence(tuple(rows), Location(""))
    return table


class _SheetReader:
    """Reads one sheet: the first row that holds anything is the header, each one below it a rule."""

    def __init__(self, sheet: Sheet, columns: Columns, report: Report, table: Table) -> None:
        self.sheet = sheet
        self.columns = columns
        self.vocabulary = columns.vocabulary
        self.out = report
        self.table = table
        self.found: dict[int, Column] = {}
        self.spoilt: set[Location] = set()  # cells that have been reported, so that they do not count as empty
        if sheet.refused:
            self._mark_incomplete()

    def report(self, code: str, at: Location, **args: str) -> None:
        self.out(Finding(code, at, args))

    def rows(self) -> Iterator[Mapping]:
        filled = [number for number, row in enumerate(self.sheet.rows) if any(row)]
        if not filled:
            return
        header = HeaderReader(self.sheet, self.columns, self.out)
        self.found = header.read(filled[0], filled[1:])
        if not header.is_complete:
            self._mark_incomplete()
        for number in filled[1:]:
            read = [n for n, column in self.found.items() if column.part != "notes"]
            if any(self.sheet.text(number, n) not in ANY for n in read):
                yield self._rule(number)

    def _mark_incomplete(self) -> None:
        self.table.incomplete.add((self.sheet.file, self.sheet.name))

    @property
    def _is_incomplete(self) -> bool:
        return (self.sheet.file, self.sheet.name) in self.table.incomplete

    def _rule(self, row: int) -> Mapping:
        place = next((self.sheet.at(row, n) for n, c in self.found.items() if c == Column("", "id")), None)
        place = place or self.sheet.at(row, 0)
        parts: dict[str, Entries] = {"": []}
        when: dict[tuple[Head, int], Entries] = {}
        for number in self._in_order(row):
            column, text, at = self.found[number], self.sheet.text(row, number), self.sheet.at(row, number)
            if text in ANY or column.part == "notes" or column == ORDER:
                continue
            if column.part == "when":
                self._add_test(when.setdefault((column.head, column.number), []), column, text, at)
            else:
                self._add_value(parts.setdefault(column.part, []), column, text, at)
        entries = parts.pop("")
        self._note_empty("", place, entries, row)
        for part, inner in parts.items():
            if not inner:
                continue
            start = inner[0][0].at
            self._note_empty(part, start, inner, row)
            entries.append((cell_scalar(part, start), Mapping(tuple(inner), start)))
        asked = [(head, tests) for (head, _), tests in when.items() if tests]
        conditions = tuple(condition_node(head, tests, tests[0][0].at) for head, tests in asked)
        if conditions:
            entries.append((cell_scalar("when", place), Sequence(conditions, place)))
        return Mapping(tuple(entries), place)

    def _in_order(self, row: int) -> list[int]:
        """The columns in the order in which to read a row: as they stand, unless the row has an order of its own."""
        cell = next((number for number, column in self.found.items() if column == ORDER), None)
        lines = self.sheet.text(row, cell).split("\n") if cell is not None else []
        named = [self.columns.read(line.strip()) for line in lines if line.strip() not in ANY]
        conditions = {column for column in self.found.values() if column.part == "when"}
        position = {column: place for place, column in enumerate(named) if column in conditions}
        if cell is not None and len(position) < len(named) and not self._is_incomplete:
            self.report("T022", self.sheet.at(row, cell))
        return sorted(self.found, key=lambda number: (position.get(self.found[number], len(named)), number))

    def _add_test(self, tests: Entries, column: Column, text: str, at: CellPlace) -> None:
        if column.key:
            tests.append((cell_scalar(column.key, at), test_node(text, field_of(self.vocabulary, column), at)))
        elif read_boolean(text):
            tests.append((cell_scalar("", at), cell_scalar("", at)))
        else:
            self.report("T016", at, text=text)
            self._mark_incomplete()

    def _add_value(self, entries: Entries, column: Column, text: str, at: CellPlace) -> None:
        if column.part == "conclude":
            key = cell_scalar(f"{column.head.alias or column.head.entity}.{column.key}", at)
            entries.append((key, cell_scalar(text, at)))
        elif column.lang:
            self._add_text(entries, column, text, at)
        elif (value := self._value(column, text, at)) is not None:
            entries.append((cell_scalar(column.key, at), value))

    @staticmethod
    def _add_text(entries: Entries, column: Column, text: str, at: CellPlace) -> None:
        """Adds one language of a text to the other, if that is there."""
        version = (cell_scalar(column.lang, at), cell_scalar(text, at))
        for position, (key, node) in enumerate(entries):
            if key.text == column.key and isinstance(node, Mapping):
                entries[position] = (key, Mapping((*node.entries, version), node.at))
                return
        entries.append((cell_scalar(column.key, at), Mapping((version,), at)))

    def _value(self, column: Column, text: str, at: CellPlace) -> Node | None:
        spec = self.columns.specs[column.part, column.key]
        if (column.part, column.key) == ("ask", "field"):
            return cell_scalar(self._asked(text), at)
        choices = self.columns.choices(column)
        names = {fold(n): key for key, label in choices.items() for n in (key, *label)}
        words = [word for word in (_LIST.split(text) if spec.is_list else [text]) if word]
        for word in words if choices else ():
            if fold(word) not in names:
                zh, en = ("、".join(t.zh for t in choices.values()), ", ".join(t.en for t in choices.values()))
                self.report("R010", at, text=word, near=nearest(word, names), **both("known", zh, en))
                self.spoilt.add(at)
        if at in self.spoilt:
            return None
        found = tuple(cell_scalar(names.get(fold(word), word), at) for word in words)
        return Sequence(found, at) if spec.is_list else found[0]

    def _asked(self, text: str) -> str:
        """`商机·预算状态` as the rule language writes it."""
        column = self.columns.read(text)
        if column is None or column.part != "when" or column.head.limit:
            return text
        return f"{column.head.alias or column.head.entity}.{column.key}"

    def _note_empty(self, part: str, place: Location, entries: Entries, row: int) -> None:
        """Notes what to say when the rule reader misses a key of this part of the rule."""
        there = {key.text for key, _ in entries}
        for (own, key), spec in self.columns.specs.items():
            if own != part or key in there:
                continue
            numbers = [n for n, column in self.found.items() if (column.part, column.key) == (own, key)]
            if numbers:
                at = self.sheet.at(row, numbers[0])
                told = Finding("T014", at, both("label", spec.label.zh, spec.label.en))
                is_told = at in self.spoilt or (row, numbers[0]) in self.sheet.refused
                self.table.empty[place, key] = None if is_told else told
            elif spec.is_required:
                self.table.empty[place, key] = None
        if not part:
            self.table.empty[place, "when"] = None if self._is_incomplete else Finding("T017", place)


def field_of(vocabulary: Vocabulary, column: Column) -> Field | None:
    """The field that a condition tests; of several (`p*`) the first."""
    entity: Entity = vocabulary.entities[column.head.entity]
    prefix = column.key.removesuffix("*")
    return entity.fields.get(column.key) or next((f for n, f in entity.fields.items() if n.startswith(prefix)), None)


def test_node(text: str, target: Field | None, at: CellPlace) -> Node:
    """A unary test. A label is that value, also one that reads like a test (`Not done`); several are any of them."""
    if target is None or not target.is_enum:
        return cell_scalar(text, at)
    words = [_choice(target, text)]
    if words == [""]:
        words = [_choice(target, word) for word in _LIST.split(text)]
    if not all(words):
        return cell_scalar(text, at)
    found = tuple(cell_scalar(word, at) for word in words)
    return found[0] if len(found) == 1 else Sequence(found, at)


def _choice(target: Field, text: str) -> str:
    return "unknown" if is_unknown(text) else target.choice_by_name.get(fold(text), "")
