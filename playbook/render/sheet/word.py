"""Word files from a template: its styles are kept, its text is replaced, and the same text gives the same bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playbook.errors import UsageError, both
from playbook.resources import templates_folder

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table, _Cell
    from docx.text.paragraph import Paragraph

    Container = Document | _Cell

PARAGRAPHS = (
    *("Sheet Kicker", "Sheet Title", "Sheet Heading", "Sheet Subheading", "Sheet Fact", "Sheet Visit", "Sheet Text"),
    *("Sheet Card Title", "Sheet Say", "Sheet Small", "Sheet Question", "Sheet Write", "Sheet Cell", "Sheet Name"),
    "Sheet Gate",
)
CHARACTERS = ("Sheet Strong", "Sheet Label", "Sheet Hint", "Sheet Meta", "Sheet Good", "Sheet Bad", "Sheet Warn")
TABLES = ("Sheet Plain", "Sheet Grid", "Sheet List", "Sheet Box")
_FIRST = " (page 1)"
_EPOCH = (1980, 1, 1, 0, 0, 0)

Run = tuple[str, str]  # a text and the character style to set it in; no style: as the paragraph


class WordFile:
    """A document to fill, made from a template.

    Raises `UsageError`: python-docx is missing (S001), the template cannot be opened (S005) or lacks styles (S006).
    """

    def __init__(self, template: Path | None = None) -> None:
        self.document = _open(template or templates_folder() / "sheet.docx")
        self._suffix = ""
        section = self.document.sections[0]
        self.width = _points(section.page_width) - _points(section.left_margin) - _points(section.right_margin)
        self.height = _points(section.page_height) - _points(section.top_margin) - _points(section.bottom_margin)

    # Styles of the first page

    def start_first_page(self, size: float) -> None:
        """From here on paragraphs are set in styles of their own, derived from the template's, with text of `size`."""
        factor = size / self.size_of("Sheet Text")
        for name in PARAGRAPHS:
            self._derive(name, factor)
        self._suffix = _FIRST

    def end_first_page(self) -> None:
        self._suffix = ""

    def _derive(self, name: str, factor: float) -> None:
        from docx.enum.style import WD_STYLE_TYPE
        from docx.shared import Pt

        styles = self.document.styles
        base: Any = styles[name]
        if name + _FIRST in styles:  # the template was a sheet itself
            styles[name + _FIRST].delete()
        derived: Any = styles.add_style(name + _FIRST, WD_STYLE_TYPE.PARAGRAPH)
        derived.base_style = base
        derived.hidden = derived.unhide_when_used = True
        derived.font.size = Pt(round(self.size_of(name) * factor * 2) / 2)
        given, made = base.paragraph_format, derived.paragraph_format
        for side in ("space_before", "space_after", "line_spacing"):
            value = getattr(given, side)
            if hasattr(value, "pt") and name != "Sheet Write":
                setattr(made, side, Pt(round(value.pt * factor * 20) / 20))
        made.line_spacing_rule = given.line_spacing_rule

    def size_of(self, name: str) -> float:
        """The size of a paragraph style's text in points, its own or inherited."""
        style: Any = self.document.styles[name + self._suffix]
        while style is not None:
            if style.font.size is not None:
                return float(style.font.size.pt)
            style = style.base_style
        return 10.0

    # Content

    def paragraph(self, container: Container, style: str, runs: Iterable[Run]) -> Paragraph:
        """A paragraph at the end of the document or of a cell; a cell's first one is filled before others are added."""
        empty = container.paragraphs[0] if hasattr(container, "_tc") and not container.paragraphs[0].runs else None
        made = empty if empty is not None and len(container.paragraphs) == 1 else container.add_paragraph()
        made.style = self.document.styles[style + self._suffix]
        for text, character in runs:
            made.add_run(text, character or None)
        return made

    def aside(self, paragraph: Paragraph, runs: Iterable[Run], indent: float = 0) -> None:
        """Further text at the right end of the line."""
        from docx.enum.text import WD_TAB_ALIGNMENT
        from docx.shared import Pt

        given = [run for run in runs if run[0]]
        if given:
            paragraph.paragraph_format.tab_stops.add_tab_stop(Pt(self.width - indent), WD_TAB_ALIGNMENT.RIGHT)
            for text, character in (("\t", ""), *given):
                paragraph.add_run(text, character or None)

    def table(self, container: Container, style: str, rows: int, widths: Sequence[float]) -> Table:
        """An empty table; `widths` are shares of the page's width."""
        from docx.shared import Pt

        made: Any = self.document.add_table(rows, len(widths))
        made.style = self.document.styles[style]
        made.autofit = False
        total = sum(widths)
        for column, width in zip(made.columns, widths, strict=True):
            column.width = Pt(self.width * width / total)
            for cell in column.cells:
                cell.width = column.width
        for row in made.rows:
            _mark(row._tr.get_or_add_trPr(), "w:cantSplit")
        table: Table = made
        return table

    def repeat_head(self, table: Table) -> None:
        """Lets the first row stand on every page that the table reaches."""
        _mark(table.rows[0]._tr.get_or_add_trPr(), "w:tblHeader")

    # The file

    def bytes(self, title: str, day: date) -> bytes:
        """The file, with a fixed day in it instead of the clock's."""
        about = self.document.core_properties
        about.title = title
        about.created = about.modified = datetime.combine(day, time())
        about.author = about.last_modified_by = ""
        about.revision = 1
        raw = BytesIO()
        self.document.save(raw)
        out = BytesIO()
        with zipfile.ZipFile(raw) as given, zipfile.ZipFile(out, "w") as made:
            for name in given.namelist():
                entry = zipfile.ZipInfo(name, _EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                made.writestr(entry, given.read(name))
        return out.getvalue()


def _open(template: Path) -> Document:
    """The template without its text; its page, header, footer and styles stay."""
    try:
        import docx
        from docx.opc.exceptions import OpcError
        from lxml.etree import XMLSyntaxError
    except ImportError:
        raise UsageError("S001", what="Word", package="python-docx", extra="docx") from None
    try:
        document = docx.Document(str(template))
    except (OSError, OpcError, KeyError, ValueError, zipfile.BadZipFile, XMLSyntaxError) as error:
        missing = isinstance(error, FileNotFoundError) or not template.exists()
        words = ("没有这个文件", "there is no such file") if missing else ("不是 Word 文件", "it is no Word file")
        raise UsageError("S005", text=str(template), **both("reason", *words)) from None
    names = {style.name for style in document.styles}
    if lacking := [name for name in (*PARAGRAPHS, *CHARACTERS, *TABLES) if name not in names]:
        raise UsageError("S006", text=str(template), names=", ".join(lacking))
    body = document.element.body
    for element in list(body):
        if not element.tag.endswith("}sectPr"):
            body.remove(element)
    return document


def _mark(properties: Any, name: str) -> None:
    from docx.oxml import OxmlElement

    properties.append(OxmlElement(name))


def _points(length: Any) -> float:
    return float(length.pt) if length is not None else 0.0
