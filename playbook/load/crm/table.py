"""Reads a table from csv or xlsx as rows of text, whatever encoding and separator it was saved with."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from playbook.errors import DealError, Finding, Location

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SEPARATORS = ",;\t|"
_SAMPLE = 40  # records looked at to find the separator
_LONGEST_CELL = 10_000_000
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_SPACES = re.compile(r"[ \t\xa0\u3000]+")
_GUARDED = re.compile(r"'(?=[=+\-@])")
_IN_BRACKETS = re.compile(r"\(([^()]+)\)\s*$")
_END = "\x1eend of table\x1e"


class Row(NamedTuple):
    """A row as a spreadsheet counts it (from 1) and its cells, cleaned of what cannot be seen."""

    number: int
    cells: tuple[str, ...]

    @property
    def filled(self) -> int:
        return sum(1 for cell in self.cells if cell)


@dataclass(frozen=True)
class Table:
    """Rows below a heading. Equal headings are told apart as `Amount`, `Amount (2)`; an empty one is its number."""

    file: str
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    heading_row: int = 1
    findings: tuple[Finding, ...] = ()
    column_of: dict[str, int] = field(default_factory=dict)

    def find(self, names: Iterable[str]) -> int | None:
        """The position of the first heading among `names` that the table has."""
        return next((self.column_of[key] for name in names if (key := heading_key(name)) in self.column_of), None)

    def place(self, row: int, column: int | None = None) -> Location:
        return Location(self.file, row, 1 if column is None else column + 1)


def heading_key(text: str) -> str:
    """A heading as it is looked up: case, width, spaces and required-marks make no difference."""
    return re.sub(r"[\s_*＊:：]+", "", unicodedata.normalize("NFKC", text)).lower()


def heading_unit(text: str) -> str:
    """What a heading says in brackets at its end: `万元` in `预计金额（万元）`; empty when nothing."""
    match = _IN_BRACKETS.search(unicodedata.normalize("NFKC", text))
    return match[1].strip() if match else ""


def read_table(path: Path, known: Iterable[str] = (), sheet: str = "", encoding: str = "") -> Table:
    """Reads the table of a csv or xlsx file. Raises `DealError`.

    The heading is the row with most of the `known` headings among the first rows, or the first with
    several cells: reports put titles and filters above it.
    """
    findings: list[Finding] = []
    rows = [row for row in _rows(path, sheet, encoding, findings) if row.filled]
    if not rows:
        raise DealError([Finding("I024", Location(str(path)))])
    heading = _heading(rows, {heading_key(name) for name in known})
    names, columns, doubled = _headings(rows[heading].cells, str(path), rows[heading].number)
    below = tuple(rows[heading + 1 :])
    unsaved = (replace(f, args={"heading": names[f.at.column - 1]}) for f in findings if f.at.column <= len(names))
    return Table(str(path), names, below, rows[heading].number, (*doubled, *unsaved), columns)


def _rows(path: Path, sheet: str, encoding: str, findings: list[Finding]) -> Iterator[Row]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise DealError([Finding("Y014", Location(str(path)))]) from None
    except OSError as error:
        raise DealError([Finding("Y001", Location(str(path)), {"reason": error.strerror or str(error)})]) from None
    if data.startswith(b"PK\x03\x04"):
        from playbook.load.crm.workbook import read_workbook

        yield from read_workbook(path, data, sheet, findings)
        return
    if data.startswith(b"\xd0\xcf\x11\xe0") or data[:2000].lstrip().lower().startswith((b"<html", b"<table", b"<?xml")):
        raise DealError([Finding("I021", Location(str(path)))])
    yield from read_csv(_decoded(data, path, encoding), str(path))


def _decoded(data: bytes, path: Path, encoding: str) -> str:
    """The text of a csv file: by its mark, else UTF-8, else the encoding of Chinese Windows."""
    marked = next((name for mark, name in _BOMS if data.startswith(mark)), "")
    marked = marked or _without_mark(data[:4000])
    for name in [encoding] if encoding else [marked] if marked else ["utf-8", "gb18030"]:
        try:
            return data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    raise DealError([Finding("I022", Location(str(path)), {"text": encoding or marked})])


def _without_mark(sample: bytes) -> str:
    """UTF-16 that does not say so: the upper halves of its separators are zeros, all on one side."""
    odd, even = sample[1::2].count(0), sample[::2].count(0)
    if (odd + even) * 40 < len(sample) or min(odd, even) * 10 > max(odd, even):
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def read_csv(text: str, file: str) -> Iterator[Row]:
    """The rows of a csv text. Raises `DealError` at a quote that is never closed."""
    csv.field_size_limit(_LONGEST_CELL)
    separator = ""
    skipped = 0
    if text[:4].lower() == "sep=":  # what Excel writes above a table to name its separator
        separator, skipped = text[4:5], 1
        text = text.partition("\n")[2]
    ending = "" if text.endswith(("\n", "\r")) else "\n"
    reader = csv.reader(io.StringIO(f"{text}{ending}{_END}\n", newline=""), delimiter=separator or _separator(text))
    number, start, end = skipped, skipped, skipped
    ended = False
    try:
        for number, cells in enumerate(reader, 1 + skipped):
            start, end = end + 1, reader.line_num + skipped
            if ended := cells == [_END]:
                break
            yield Row(number, tuple(clean(cell) for cell in cells))
    except csv.Error:
        ended = False
    if not ended:
        raise DealError([Finding("I023", Location(file, start, 1), {"row": str(number)})])


def _separator(text: str) -> str:
    """The separator with which the first records have the most cells alike."""
    sample = text[:20_000]

    def score(separator: str) -> int:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
        widths = Counter(len(cells) for cells, _ in zip(reader, range(_SAMPLE), strict=False) if len(cells) > 1)
        width, count = max(widths.items(), key=lambda pair: (pair[1], pair[0]), default=(0, 0))
        return width * count

    return max(_SEPARATORS, key=score)


def clean(text: str) -> str:
    """A cell without what cannot be seen, outer spaces and the mark that keeps a formula from running."""
    if text.isascii() and text.isprintable() and not text.startswith("'"):
        return text.strip()
    lines = (_SPACES.sub(" ", line).strip() for line in _CONTROL.sub(" ", text.replace("\r\n", "\n")).split("\n"))
    return _GUARDED.sub("", "\n".join(lines).strip(), count=1) if text.startswith("'") else "\n".join(lines).strip()


def _heading(rows: list[Row], known: set[str]) -> int:
    """The position of the heading row."""
    first = rows[:_SAMPLE]
    hits = [len({heading_key(cell) for cell in row.cells if cell} & known) for row in first]
    if max(hits) >= 2:
        return hits.index(max(hits))
    widest = max(row.filled for row in first)
    return next(n for n, row in enumerate(first) if row.filled * 2 > widest)


def _headings(
    cells: tuple[str, ...], file: str, row: int
) -> tuple[tuple[str, ...], dict[str, int], tuple[Finding, ...]]:
    """Names of the columns, their positions by key, and what to say of headings that are there twice."""
    names: list[str] = []
    columns: dict[str, int] = {}
    findings = []
    for n, cell in enumerate(cells):
        base = " ".join(cell.split()) or f"#{n + 1}"
        name, count = base, 1
        while heading_key(name) in columns:
            count += 1
            name = f"{base} ({count})"
        if count == 2:
            first = str(columns[heading_key(base)] + 1)
            at = Location(file, row, n + 1)
            findings.append(Finding("I025", at, {"heading": base, "first": first, "name": name}, "warning"))
        columns[heading_key(name)] = n
        names.append(name)
    for n, name in enumerate(names):  # a unit in brackets need not be in the map
        columns.setdefault(heading_key(_IN_BRACKETS.sub("", unicodedata.normalize("NFKC", name))), n)
    return tuple(names), columns, tuple(findings)
