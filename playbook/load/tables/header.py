"""The header of a decision table: which column each cell of it names, and what is wrong or missing."""

from __future__ import annotations

from collections.abc import Iterable

from playbook.errors import Finding, Location, both
from playbook.load.conditions import ConditionReader, Scope
from playbook.load.tables.columns import Column, Columns, Head, table_data
from playbook.load.tables.sheets import Sheet, column_letters
from playbook.load.yamlsource import Mapping, Node, Report, Scalar, Sequence

ANY = ("", "-", "–", "—")  # cells that ask or say nothing
_OUTPUTS = ("advise", "ask", "conclude", "guard")

Entries = list[tuple[Scalar, Node]]


class HeaderReader:
    """Reads the header of one sheet. `is_complete` tells that no column had to be left out."""

    def __init__(self, sheet: Sheet, columns: Columns, report: Report) -> None:
        self.sheet = sheet
        self.columns = columns
        self.out = report
        self.found: dict[int, Column] = {}
        self.is_complete = not sheet.refused

    def read(self, row: int, below: Iterable[int]) -> dict[int, Column]:
        """The columns by their position in the sheet; `below` are the rows that hold anything else."""
        texts = {number: text for number, text in enumerate(self.sheet.rows[row]) if text}
        conditions = [c for text in texts.values() if (c := self.columns.read(text)) and c.part == "when"]
        aliases = {c.head.alias: c.head.entity for c in conditions if not c.head.limit}
        meant: list[Column] = []
        for number, text in texts.items():
            at = self.sheet.at(row, number)
            column = self.columns.read(text, aliases)
            if column is None:
                near = self.columns.nearest(text)
                meant += [c for c in [self.columns.read(near)] if near and c]
                self._leave_out(Finding("T010", at, {"text": text, "near": near}))
            elif column.part != "notes" and column in self.found.values():
                first = next(n for n, known in self.found.items() if known == column)
                self._leave_out(Finding("T011", at, {"text": text, "other": f"{column_letters(first + 1)}{row + 1}"}))
            else:
                self.found[number] = column
        self._check_conditions(row)
        self._check_conclusions(row)
        self._check_missing(row, [*self.found.values(), *meant])
        self._check_strays(row, below)
        return self.found

    def _leave_out(self, finding: Finding) -> None:
        self.out(finding)
        self.is_complete = False

    def _check_conditions(self, row: int) -> None:
        """Has the rule reader read each condition once, so that a wrong header is reported once."""
        groups: dict[tuple[Head, int], list[int]] = {}
        for number, column in self.found.items():
            if column.part == "when":
                groups.setdefault((column.head, column.number), []).append(number)
        for (head, _), numbers in groups.items():
            places = [self.sheet.at(row, number) for number in numbers]
            keys = [self.found[number].key for number in numbers]
            tests: Entries = [
                (cell_scalar(k, at), cell_scalar("unknown", at)) for k, at in zip(keys, places, strict=True) if k
            ]
            findings: list[Finding] = []
            reader = ConditionReader(self.columns.vocabulary, findings.append)
            reader.conditions(Sequence((condition_node(head, tests, places[0]),), places[0]), Scope())
            for finding in findings:
                self._leave_out(finding)
            for number in numbers if findings else ():
                del self.found[number]

    def _check_conclusions(self, row: int) -> None:
        reader = ConditionReader(self.columns.vocabulary, self._leave_out)
        for number, column in list(self.found.items()):
            entity = self.columns.vocabulary.entities.get(column.head.entity)
            if column.part != "conclude" or (entity and column.key in entity.fields):
                continue
            at = self.sheet.at(row, number)
            if entity:
                reader.unknown_field(entity, column.key, at)
            else:
                reader.report("R014", at, alias=column.head.alias)
            del self.found[number]

    def _check_missing(self, row: int, found: list[Column]) -> None:
        at = self.sheet.at(row, 0)
        parts = {column.part for column in found}
        keys = {(column.part, column.key) for column in found}
        for (part, key), spec in self.columns.specs.items():
            if spec.is_required and (part in parts or not part) and (part, key) not in keys:
                self.out(Finding("T012", at, both("label", spec.label.zh, spec.label.en)))
        if self.is_complete:
            for name, wanted in (("condition", ("when",)), ("output", _OUTPUTS)):
                if parts.isdisjoint(wanted):
                    self._leave_out(Finding("T013", at, both("what", **table_data()["words"][name])))

    def _check_strays(self, row: int, below: Iterable[int]) -> None:
        """Reports the first cell of each column that has no header."""
        seen = {number for number, text in enumerate(self.sheet.rows[row]) if text}
        seen |= {number for refused, number in self.sheet.refused if refused == row}
        for each in below:
            for number, text in enumerate(self.sheet.rows[each]):
                if text not in ANY and number not in seen:
                    seen.add(number)
                    self.out(Finding("T015", self.sheet.at(each, number), {"text": text}))


def cell_scalar(text: str, at: Location) -> Scalar:
    """A cell's text as it stands: no empty value, no forgotten colon."""
    return Scalar(text, at, quoted=True)


def condition_node(head: Head, tests: Entries, at: Location) -> Mapping:
    """A condition as a rule file has it; a test without a key only says that the head holds."""
    asked = tuple((key, node) for key, node in tests if key.text)
    return Mapping(((cell_scalar(str(head), at), Mapping(asked, at)),), at)
