"""Decision tables as files: an Excel workbook to work in, with lists to choose from, or a CSV file."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from playbook.errors import UsageError
from playbook.load.tables.columns import Column, Columns, table_data, table_word
from playbook.load.tables.sheets import UNREAD, column_letters, guarded
from playbook.load.tables.tablefile import field_of
from playbook.load.writing.ruletext import written_test, written_value
from playbook.model.unary import Is, Test, Unknown
from playbook.model.vocabulary import Field, Lang
from playbook.render.tables.sheet import RuleTable

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_SPARE_ROWS = 300  # below the rules, with lists and text format too, for rules to come
_NARROWEST, _WIDE, _WIDEST = 10, 30, 46  # columns; the widest are for texts
_HELP_WIDTH = 110
_NEVER = datetime(2000, 1, 1)  # a file says nothing of the day on which it was made
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f']")
_FILLS = {"when": "DDEBF7", "about": "EDEDED", "output": "E2EFDA"}


def csv_bytes(table: RuleTable, columns: Columns, lang: Lang) -> bytes:
    """A table as CSV that Excel opens as it is; nothing in it runs as a formula."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([guarded(cell) for cell in row] for row in table.rows(columns, lang))
    return text.getvalue().encode("utf-8-sig")


def workbook_bytes(tables: Iterable[RuleTable], columns: Columns, clusters: Iterable[str], lang: Lang) -> bytes:
    """Tables as an .xlsx file, one sheet each. Raises `UsageError` where openpyxl is not installed."""
    try:
        from openpyxl import Workbook
    except ImportError:
        raise UsageError("T001") from None
    book = Workbook()
    book.remove(book.worksheets[0])
    writer = _BookWriter(book, columns, list(clusters), lang)
    for table in tables:
        writer.add(table)
    writer.add_lists()
    writer.add_help()
    return packed(book)


class _BookWriter:
    def __init__(self, book: Workbook, columns: Columns, clusters: list[str], lang: Lang) -> None:
        self.book = book
        self.columns = columns
        self.clusters = clusters
        self.lang = lang
        self.lists: dict[tuple[str, ...], str] = {}  # the header of each list by its words

    def add(self, table: RuleTable) -> None:
        """A sheet of rules: the header stays in view, columns are as wide as their texts need."""
        sheet = self.book.create_sheet(self._sheet_name(table.name))
        rows = table.rows(self.columns, self.lang)
        for number, row in enumerate(rows, 1):
            for place, text in enumerate(row, 1):
                if text:
                    self._set(sheet, number, place, text)
        for number, column in enumerate(table.columns, 1):
            self._dress(sheet, number, column, [row[number - 1] for row in rows])
        sheet.freeze_panes = "C2"
        sheet.auto_filter.ref = f"A1:{column_letters(len(table.columns))}{max(len(rows), 2)}"

    def add_lists(self) -> None:
        """The sheet that holds the words of every list, for the lists and to look at."""
        sheet = self._notes_sheet("lists")
        for number, (words, header) in enumerate(self.lists.items(), 1):
            texts = (header, *words)
            for row, text in enumerate(texts, 1):
                self._set(sheet, row, number, text)
            self._head(sheet, number, "about")
            sheet.column_dimensions[column_letters(number)].width = _width(texts)
        sheet.freeze_panes = "A2"

    def add_help(self) -> None:
        """The sheet that says how to fill in a table."""
        sheet = self._notes_sheet("help")
        for row, text in enumerate(table_data()["help"][self.lang], 1):
            self._set(sheet, row, 1, text)
        sheet.column_dimensions["A"].width = _HELP_WIDTH

    def _notes_sheet(self, word: str) -> Worksheet:
        sheet: Worksheet = self.book.create_sheet(UNREAD + table_word(word, self.lang))
        return sheet

    def _sheet_name(self, name: str) -> str:
        base = _FORBIDDEN.sub(" ", name).strip().removeprefix(UNREAD)[:28] or table_word("rules", self.lang)
        taken = {title.lower() for title in self.book.sheetnames}
        numbered = (f"{base} {n}" for n in range(2, len(taken) + 3))
        return next(title for title in (base, *numbered) if title.lower() not in taken)

    @staticmethod
    def _set(sheet: Worksheet, row: int, column: int, text: str) -> None:
        """A cell of plain text: what begins with `=` is no formula, neither here nor once it is edited."""
        from openpyxl.styles import Alignment

        cell = sheet.cell(row, column)
        # A leading apostrophe is read as the mark that CSV files put before a formula.
        cell.value = guarded(text) if text.startswith("'") else text
        cell.data_type = "s"
        cell.number_format = "@"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.quotePrefix = guarded(text) != text

    def _head(self, sheet: Worksheet, number: int, fill: str) -> None:
        from openpyxl.styles import Alignment, Font, PatternFill

        cell = sheet.cell(1, number)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor=_FILLS[fill])
        cell.alignment = Alignment(wrap_text=True, vertical="center")

    def _dress(self, sheet: Worksheet, number: int, column: Column, texts: list[str]) -> None:
        from openpyxl.styles import Alignment

        letters = column_letters(number)
        self._head(sheet, number, column.part if column.part == "when" else "output" if column.part else "about")
        dimension = sheet.column_dimensions[letters]
        dimension.width = _width(texts, _WIDEST if column.lang and column.key != "title" else _WIDE)
        dimension.number_format = "@"
        dimension.alignment = Alignment(wrap_text=True, vertical="top")
        if words := self._words(column):
            self._offer(sheet, f"{letters}2:{letters}{len(texts) + _SPARE_ROWS}", column, words)

    def _offer(self, sheet: Worksheet, cells: str, column: Column, words: tuple[str, ...]) -> None:
        """A list to choose from. It refuses nothing: a test such as `not x` is right too."""
        from openpyxl.worksheet.datavalidation import DataValidation

        self.lists.setdefault(words, self.columns.label(column, self.lang))
        letters = column_letters(list(self.lists).index(words) + 1)
        source = f"'{UNREAD}{table_word('lists', self.lang)}'!${letters}$2:${letters}${len(words) + 1}"
        offered = DataValidation(type="list", formula1=source, allow_blank=True, showErrorMessage=False)
        offered.add(cells)
        sheet.add_data_validation(offered)

    def _words(self, column: Column) -> tuple[str, ...]:
        """What one may choose in a column; empty when it is open."""
        if column.part == "when":
            field = field_of(self.columns.vocabulary, column)
            return self._values(field, True) if column.key else (table_word("yes", self.lang),)
        if column.part == "conclude":
            entity = self.columns.vocabulary.entities[column.head.entity]
            return self._values(entity.fields[column.key], False)
        if column.key in ("cluster", "clusters"):
            return tuple(self.clusters)
        return tuple(label.get(self.lang) for label in self.columns.choices(column).values())

    def _values(self, field: Field | None, is_test: bool) -> tuple[str, ...]:
        if field is None or not (field.is_enum or field.type == "boolean"):
            return ()
        values = [value for value, _ in field.choices if value != "unknown"] if field.is_enum else [True, False]
        if not is_test:
            return tuple(written_value(value, field, self.lang) for value in values)
        tests: list[Test] = [*(Is(value) for value in values), Unknown()]
        return tuple(written_test(test, field, self.lang) for test in tests)


def _width(texts: Iterable[str], widest: int = _WIDE) -> int:
    """As wide as the widest text, within bounds; a Chinese character counts two."""
    lines = (line for text in texts for line in text.split("\n"))
    needed = max(sum(2 if char > "\u2e7f" else 1 for char in line) for line in lines)
    return min(max(needed + 3, _NARROWEST), widest)


def packed(book: Workbook) -> bytes:
    """The file, the same bytes each time: without the hour at which it was made."""
    from openpyxl.writer.excel import ExcelWriter

    book.properties.creator = "playbook"
    book.properties.created = book.properties.modified = _NEVER
    first, packed = io.BytesIO(), io.BytesIO()
    ExcelWriter(book, zipfile.ZipFile(first, "w")).save()
    with zipfile.ZipFile(first) as parts, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in parts.namelist():
            entry = zipfile.ZipInfo(name, _NEVER.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, parts.read(name))
    return packed.getvalue()
