"""Spreadsheets as text: every cell of an .xlsx or .csv file with its place, as a person typed it."""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from playbook.errors import Finding, Location
from playbook.load.yamlsource import Report, read_bytes

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

UNREAD = "#"  # sheets and columns whose name begins so are the user's own notes
# What a spreadsheet program would run as a formula, were it in a CSV file.
_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_MOST_CELLS = 400_000
_MOST_BYTES = 200 * 2**20  # unpacked
_DELIMITERS = ",;\t"


class CellPlace(Location):
    """A cell, shown as `file!sheet!C7` (a CSV file has one sheet without a name); in line 0 the sheet as a whole."""

    __slots__ = ()

    def __str__(self) -> str:
        cell = f"{column_letters(self.column)}{self.line}" if self.line else ""
        return "!".join(part for part in (self.file, self.sheet, cell) if part)


class Sheet(NamedTuple):
    """The texts of a sheet by row and column, counted from 0; `refused` cells have been reported."""

    file: str
    name: str
    rows: tuple[tuple[str, ...], ...]
    refused: frozenset[tuple[int, int]] = frozenset()

    def at(self, row: int, column: int) -> CellPlace:
        return CellPlace(self.file, row + 1, column + 1, self.name)

    def text(self, row: int, column: int) -> str:
        return self.rows[row][column] if column < len(self.rows[row]) else ""


def column_letters(column: int) -> str:
    """`A` for 1, `AA` for 27."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def read_sheets(path: Path, report: Report, shown: str = "") -> list[Sheet]:
    """The sheets of a file that hold anything; whatever cannot be read is reported.

    `shown` is the name that findings give the file; default: its path.
    """
    file = shown or str(path)
    data = read_bytes(path, report, file)
    if data is None:
        return []
    suffix = path.suffix.lower()
    if suffix == ".csv":
        found = _csv_sheets(data, file, report)
    elif suffix == ".xlsx":
        found = _excel_sheets(data, file, report)
    else:
        report(Finding("T003", Location(file)))
        return []
    sheets = [sheet for sheet in found or [] if any(map(any, sheet.rows)) or sheet.refused]
    if found is not None and not sheets:
        report(Finding("T009", Location(file)))
    return sheets


def guarded(text: str) -> str:
    """A text as it may stand in a CSV file without a spreadsheet program running it as a formula."""
    return f"'{text}" if _FORMULA.match(text) and not re.fullmatch(r"-?\d+(\.\d+)?", text) else text


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def cleaned(text: str) -> str:
    """A cell's text without outer spaces and guard."""
    return unguarded(text.replace("\r\n", "\n").strip())


# CSV


def _csv_sheets(data: bytes, file: str, report: Report) -> list[Sheet] | None:
    text = _decoded(data, file, report)
    if text is None:
        return None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    rows: list[tuple[str, ...]] = []
    try:
        for row in reader:
            rows.append(tuple(map(cleaned, row)))
            if len(row) * len(rows) > _MOST_CELLS:
                report(Finding("T006", Location(file)))
                return None
    except csv.Error:
        report(Finding("T005", CellPlace(file, len(rows) + 1, 1)))
        return None
    return [Sheet(file, "", tuple(rows))]


def _decoded(data: bytes, file: str, report: Report) -> str | None:
    """UTF-8, or what Excel in Chinese writes (GB18030)."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
    damaged = data.decode("utf-8", errors="replace")
    wrong, right = damaged.count("\ufffd"), sum(char > "\x7f" for char in damaged)
    try:
        if wrong * 10 > right:  # otherwise it is UTF-8 with a flaw, which GB18030 would turn into other words
            return data.decode("gb18030")
    except UnicodeDecodeError:
        pass
    report(Finding("T004", CellPlace(file, row, 1)))
    return None


def _delimiter(text: str) -> str:
    """The mark that separates the cells of the first row."""
    first = re.sub(r'"[^"]*"', "", text.lstrip().partition("\n")[0])
    return max(_DELIMITERS, key=first.count)


# Excel


def _excel_sheets(data: bytes, file: str, report: Report) -> list[Sheet] | None:
    try:
        from openpyxl import load_workbook
    except ImportError:
        report(Finding("T001", Location(file)))
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(part.file_size for part in packed.infolist()) > _MOST_BYTES:
                report(Finding("T006", Location(file)))
                return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of features of Excel that do not matter here
            book = load_workbook(io.BytesIO(data))
    except Exception:  # a damaged file fails in whatever part of the library meets the damage
        report(Finding("T002", Location(file)))
        return None
    tables = [sheet for sheet in book.worksheets if not sheet.title.strip().startswith(UNREAD)]
    return [_excel_sheet(sheet, file, report) for sheet in tables]


def _excel_sheet(sheet: Worksheet, file: str, report: Report) -> Sheet:
    name = sheet.title
    if sheet.max_row * sheet.max_column > _MOST_CELLS:
        report(Finding("T006", CellPlace(file, sheet=name)))
        return Sheet(file, name, (), frozenset({(0, 0)}))
    refused = set()
    for merged in sorted(sheet.merged_cells.ranges, key=lambda cells: (cells.min_row, cells.min_col)):
        report(Finding("T007", CellPlace(file, merged.min_row, merged.min_col, name), {"text": merged.coord}))
        refused |= {(row - 1, column - 1) for row, column in merged.cells}
    rows = []
    for row, cells in enumerate(sheet.iter_rows()):
        texts = []
        for column, cell in enumerate(cells):
            where = (row, column)
            if cell.data_type in ("f", "e") and where not in refused:
                report(Finding("T008", CellPlace(file, row + 1, column + 1, name), {"text": _shown(cell.value)}))
                refused.add(where)
            texts.append("" if where in refused else cleaned(_typed(cell)))
        rows.append(tuple(texts))
    return Sheet(file, name, tuple(rows), frozenset(refused))


def _shown(value: Any) -> str:
    """A formula as it was typed; an array formula keeps it in `text`."""
    return str(getattr(value, "text", None) or value)


def _typed(cell: Cell | Any) -> str:
    """A cell's content as one would type it: 30 not 30.0, 60%, 2026-12-31, yes."""
    value = cell.value
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return _number(value, "%" in cell.number_format)
        case datetime():
            return str(value.date() if value.time() == time() else value)
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _number(value: float, is_percentage: bool) -> str:
    number = Decimal(repr(value)) * (100 if is_percentage else 1)
    return f"{number.normalize():f}" + ("%" if is_percentage else "")
