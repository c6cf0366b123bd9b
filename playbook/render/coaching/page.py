"""The layout of a coach's page: sections of entries and tables, and their rendering through the templates."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from playbook.cache import cached
from playbook.render.briefing import environment
from playbook.render.clean import clean
from playbook.resources import templates_folder

_TEMPLATES = {"text": "coach.txt.j2", "md": "coach.md.j2", "html": "coach.html.j2"}
_GAP = "  "
_WRITING = 16  # columns to write on


class Entry(NamedTuple):
    """A point of a section with labelled lines below it and empty lines to write on."""

    mark: str
    text: str
    lines: tuple[tuple[str, str], ...] = ()
    blanks: int = 0


class Row(NamedTuple):
    """A row of a table; `states` (gap, fine, none or empty) are for styling, in step with the cells."""

    cells: tuple[str, ...]
    states: tuple[str, ...] = ()
    strong: bool = False


class Table(NamedTuple):
    head: tuple[str, ...]
    rows: tuple[Row, ...] = ()
    blanks: int = 0


class Section(NamedTuple):
    title: str
    hint: str = ""
    entries: tuple[Entry, ...] = ()
    table: Table | None = None
    after: tuple[str, ...] = ()


class Page(NamedTuple):
    """A page to print; `lead` holds labelled facts."""

    lang: str
    title: str
    subtitle: str
    lead: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]


@cache
def coach_words(lang: str) -> dict[str, str]:
    """The words of templates/coach.yaml in a language."""
    text = (templates_folder() / "coach.yaml").read_text(encoding="utf-8")
    return {key: word[lang] for key, word in cached("coach-words", text, lambda: _load(text)).items()}


def _load(text: str) -> dict[str, dict[str, str]]:
    import yaml

    loaded: dict[str, dict[str, str]] = yaml.safe_load(text)
    return loaded


def render_page(page: Page, form: str) -> str:
    """The page as `text`, `md` or `html`, ending in a newline."""
    templates = environment(form, False)
    templates.filters["columns"] = columns
    text: str = templates.get_template(_TEMPLATES[form]).render(page=page, t=coach_words(page.lang))
    lines = [line.rstrip() for line in text.splitlines()]
    kept = [line for n, line in enumerate(lines) if line or (n and lines[n - 1])]
    return "\n".join(kept).strip() + "\n"


def columns(table: Table) -> list[str]:
    """A table as lines in columns for a terminal, where a Chinese character takes two places."""
    from markupsafe import Markup
    from rich.cells import cell_len

    rows: list[tuple[str, ...]] = [table.head, *(row.cells for row in table.rows)]
    least = _WRITING if table.blanks else 0
    widths = [max(least, *(cell_len(clean(row[n])) for row in rows)) for n in range(len(table.head))]
    padded = ([clean(cell) + " " * (widths[n] - cell_len(clean(cell))) for n, cell in enumerate(row)] for row in rows)
    blank = _GAP.join("_" * width for width in widths)
    # Cleaned above, cell by cell: cleaned once more the columns would lose their spaces.
    return [Markup(line) for line in (*(_GAP.join(row).rstrip() for row in padded), *[blank] * table.blanks)]  # noqa: S704
