"""People and rivals in an export: several columns of one person, several people in one cell, one row a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playbook.load.crm.cells import CellError, is_blank, parts_of, without_brackets
from playbook.load.crm.columns import Column, PersonColumns
from playbook.load.crm.table import Row
from playbook.model.values import fold

if TYPE_CHECKING:
    from playbook.load.crm.rows import Draft, RowReader


class PeopleReader:
    """Reads the people of a row into its draft."""

    def __init__(self, reader: RowReader) -> None:
        self.reader = reader

    def read(self, row: Row, draft: Draft) -> None:
        for groups, target in ((self.reader.columns.people, draft.people), (self.reader.columns.rivals, draft.rivals)):
            for group in groups:
                for person in self._group(group, row, draft):
                    self.add(target, person, row)

    def add(self, people: list[dict[str, Any]], person: dict[str, Any], row: Row) -> None:
        """Adds a person, or completes the one of that name; a contradiction is a warning, the first counts."""
        known = next((each for each in people if fold(each["name"]) == fold(person["name"])), None)
        if known is None:
            people.append(person)
            return
        for name, value in person.items():
            if known.setdefault(name, value) != value and name != "name":
                column = self._column(name)
                text = column.text(row) if column else str(value)
                self.reader.warn("I054", row, column.index if column else 0, text=text, name=str(known["name"]))

    def _column(self, name: str) -> Column | None:
        groups = (*self.reader.columns.people, *self.reader.columns.rivals)
        return next((c for g in groups for c in g.columns if c.source.field and c.source.field.name == name), None)

    def _group(self, group: PersonColumns, row: Row, draft: Draft) -> list[dict[str, Any]]:
        first, *others = group.columns
        text = first.text(row)
        if not text:
            said = next((column for column in others if column.text(row)), None)
            if said is not None and not said.source.split:
                self.reader.warn("I051", row, said.index, text=said.text(row))
            return []
        names = [self._name(part, first) for part in parts_of(text, first.source.split)]
        people = [{"name": name} for name in names if not is_blank(name)]
        for column in others:
            parts = parts_of(column.text(row), column.source.split)
            if len(parts) == len(names):
                said_of = [part for part, name in zip(parts, names, strict=True) if not is_blank(name)]
                for person, part in zip(people, said_of, strict=True):
                    if not is_blank(part):
                        self._read(column, part, person, row, draft)
            elif any(parts):
                counts = {"count": str(len(parts)), "total": str(len(names))}
                self.reader.warn("I052", row, column.index, text=column.text(row), **counts)
        constants = self.reader.settled(group.person.constants)
        for person in people:
            for key, value in constants.items():
                person.setdefault(key.partition(".")[2], value)
        return people

    @staticmethod
    def _name(text: str, column: Column) -> str:
        return without_brackets(text) if column.source.drops_brackets else text

    def _read(self, column: Column, text: str, person: dict[str, Any], row: Row, draft: Draft) -> None:
        field = column.source.field
        if field is None:
            return
        side: dict[str, Any] = {}
        try:
            value, _ = self.reader.value(text, column, field, row, side)
        except CellError as error:
            if error.code == "I044" and column.source.otherwise == "note":
                draft.notes.append(f"{column.heading}{self.reader.colon}{person['name']} {text}")
            elif not (error.code == "I044" and column.source.otherwise == "skip"):
                self.reader.warn(error.code, row, column.index, **error.args_of_message)
            return
        if value is not None:
            person.setdefault(field.name, value)
        for key, other in side.items():
            entity, _, name = key.partition(".")
            if entity == field.entity:
                person.setdefault(name, other)
