"""Reads the rows of an xlsx sheet: saved results of formulas, dates and percentages as they are shown."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playbook.errors import DealError, Finding, Location
from playbook.load.crm.table import Row, clean

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook

_CURRENCY = re.compile(r'"([^"]{1,4})"|\[\$([^\-\]]{1,4})|([$€£¥￥])')
_FORMULA = re.compile(rb"<f[ >/]")
_SYMBOLS = re.compile(r"[$€£¥￥]|[A-Z]{3}|[A-Z]{1,2}\$")


def read_workbook(path: Path, data: bytes, sheet: str, findings: list[Finding]) -> Iterator[Row]:
    """The rows of a sheet (default the first visible one with content). Raises `DealError`.

    A formula whose result was never saved leaves an empty cell; that is reported to `findings`.
    """
    try:
        yield from _read(path, data, sheet, findings)
    except DealError:
        raise
    except Exception:  # openpyxl lets through whatever its parsers meet in a damaged file
        raise DealError([Finding("I021", Location(str(path)))]) from None


def _read(path: Path, data: bytes, sheet: str, findings: list[Finding]) -> Iterator[Row]:
    workbook = _open(path, data, values=True)
    chosen = _sheet(workbook, sheet, path)
    unsaved = _unsaved(path, data, chosen.title) if _has_formulas(data) else {}
    for number, cells in enumerate(_cells(chosen), 1):
        texts = tuple(clean(_text(cell)) for cell in cells)
        lost = [column for column in unsaved.get(number, ()) if not texts[column - 1 : column] or not texts[column - 1]]
        findings += [Finding("I050", Location(str(path), number, column), {}, "warning") for column in lost]
        yield Row(number, texts)
    workbook.close()


def _open(path: Path, data: bytes, values: bool) -> Workbook:
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise DealError([Finding("I020", Location(str(path)))]) from None
    return load_workbook(io.BytesIO(data), read_only=True, data_only=values)


def _cells(sheet: Any) -> Iterator[tuple[Any, ...]]:
    sheet.reset_dimensions()  # some programs write a size that is too small
    yield from sheet.iter_rows()


def _sheet(workbook: Workbook, name: str, path: Path) -> Any:
    sheets = workbook.worksheets
    if name:
        found = next((sheet for sheet in sheets if sheet.title.strip().lower() == name.strip().lower()), None)
        if found is None:
            names = ", ".join(sheet.title for sheet in sheets)
            raise DealError([Finding("I026", Location(str(path)), {"text": name, "names": names})])
        return found
    visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"] or sheets
    if not visible:
        raise DealError([Finding("I024", Location(str(path)))])
    return next((s for s in visible if any(c.value is not None for row in _cells(s) for c in row)), visible[0])


def _has_formulas(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = (name for name in archive.namelist() if name.startswith("xl/worksheets/") and name.endswith(".xml"))
        return any(_FORMULA.search(archive.read(name)) for name in names)


def _unsaved(path: Path, data: bytes, title: str) -> dict[int, list[int]]:
    """Columns (from 1) that hold a formula, by row."""
    found: dict[int, list[int]] = {}
    for number, cells in enumerate(_cells(_open(path, data, values=False)[title]), 1):
        columns = [n for n, cell in enumerate(cells, 1) if cell.data_type == "f"]
        if columns:
            found[number] = columns
    return found


def _text(cell: Any) -> str:
    """A cell as it is shown, as far as it tells what the number means."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        return _number(value, cell.number_format or "")
    return str(value)


def _number(value: float, form: str) -> str:
    if "%" in form:
        return f"{_plain(round(value * 100, 6))}%"
    match = _CURRENCY.search(form)
    symbol = next((part for part in match.groups() if part), "").strip() if match else ""
    return f"{symbol} {_plain(value)}" if _SYMBOLS.fullmatch(symbol) else _plain(value)


def _plain(value: float) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int) else format(Decimal(repr(value)), "f")
