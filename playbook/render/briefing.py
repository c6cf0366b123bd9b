"""The last stage: a briefing as text, Markdown, HTML or JSON.

Templates decide the order and the layout; user text reaches them only as a value, made harmless for the format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from io import StringIO
from typing import TYPE_CHECKING, Any

from playbook.advise.briefing import Briefing, plain
from playbook.render import phrases
from playbook.render.clean import clean
from playbook.render.memory.since import since_lines, since_title
from playbook.render.phrases import words
from playbook.resources import templates_folder

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment
    from rich.text import Text

FORMATS = ("text", "md", "html", "json")
_TEMPLATES = {"text": "briefing.txt.j2", "md": "briefing.md.j2", "html": "briefing.html.j2"}
_STYLES = {
    "title": "bold",
    "head": "bold cyan",
    "strong": "bold",
    "label": "cyan",
    "good": "green",
    "warn": "yellow",
    "bad": "red",
    "quiet": "dim",
    "say": "italic",
}
_TAG = re.compile(rf"\[(?:/|{'|'.join(_STYLES)})\]")
_WIDEST = 100  # columns; longer lines are hard to read

_JSON_HIDDEN = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_MARKDOWN = re.compile(r"^\s*[-+=]|^\s*\d+[.)](?!\S)|[\\`*_\[\]<>{}#|~&$]")
# What rich reads as markup stands for itself as a character that no text may hold (see `clean`).
_MARKUP = {ord("["): "\ufdd0", ord("\\"): "\ufdd1"}
_UNMARKUP = {0xFDD0: "[", 0xFDD1: "\\"}

_HANGING = re.compile(r"\s*(?:(?:\d+\.|[●○◔◑▲✕◆？?→□]) +)?")
_NO_START = frozenset("，。、；：！？）》”’」』】…—·%,.;:!?)]}")
_NO_END = frozenset("（《“‘「『【([{")


def render(
    briefing: Briefing,
    format: str,  # noqa: A002 - the name a reader expects
    *,
    explain: bool = False,
    styled: bool = False,
    width: int = 0,
) -> str:
    """The briefing in one of `FORMATS`, ending in a newline.

    `explain` adds rule and score to each card. `styled` is for text on a terminal: colours, and lines
    folded at `width` columns (0: the terminal's, at most 100).
    """
    if format not in FORMATS:
        raise ValueError(f"unknown format {format!r}")
    if format == "json":
        return _json(briefing)
    colour = styled and format == "text"
    template = environment(format, colour).get_template(_TEMPLATES[format])
    room = _room(briefing, explain) if format == "html" else None
    page = template.render(b=briefing, w=words(briefing.lang), explain=explain, room=room)
    return _coloured(page, width or _terminal_width()) if colour else page


def _room(briefing: Briefing, explain: bool) -> Any:
    from playbook.render.sheet.fit import fitting_room  # only a page to print has to fit

    return fitting_room(briefing, "html", explain)


# --- JSON


def _json(briefing: Briefing) -> str:
    """Keys in the order of the fields; characters that could steer a terminal are written as escapes."""
    text = json.dumps(plain(briefing), ensure_ascii=False, indent=2)
    return _JSON_HIDDEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"


# --- Values made harmless


def _as_is(text: str) -> str:
    return text


def _as_markdown(text: str) -> str:
    """Backslashes before whatever Markdown would read as structure."""
    return _MARKDOWN.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", text)


def _as_styled(text: str) -> str:
    return text.translate(_MARKUP)


def _finalizer(escape: Callable[[str], str]) -> Callable[[Any], Any]:
    """Makes every printed value harmless; what a macro returns is finished already."""
    from markupsafe import Markup

    def finalize(value: Any) -> Markup:
        return value if isinstance(value, Markup) else Markup(escape(clean(value)))  # noqa: S704 - escaped here

    return finalize


def _as_html(text: str) -> str:
    from markupsafe import escape

    return str(escape(text))


# --- Templates


@cache
def environment(form: str, styled: bool) -> Environment:
    """The sandbox of one format; autoescape is on everywhere so that macros return finished text."""
    from jinja2 import FileSystemLoader, StrictUndefined, pass_context
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class UntaggedLoader(FileSystemLoader):
        """Leaves the style tags of the text template out."""

        def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
            source, path, fresh = super().get_source(environment, template)
            return _TAG.sub("", source), path, fresh

    escape = {"md": _as_markdown, "html": _as_html}.get(form, _as_styled if styled else _as_is)
    loader = UntaggedLoader if form == "text" and not styled else FileSystemLoader
    environment = ImmutableSandboxedEnvironment(
        loader=loader(templates_folder()),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=_finalizer(escape),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        bytecode_cache=_bytecode(f"{form}-styled" if styled else form),
    )
    environment.filters.update({name: pass_context(function) for name, function in _FILTERS.items()})
    environment.filters["present"] = phrases.present
    if form != "text":
        from playbook.render.sheet.people_map import people_map

        environment.filters["people_map"] = people_map
    return environment


def _bytecode(name: str) -> BytecodeCache | None:
    """Compiled templates in the cache folder, where there is one."""
    from playbook.cache import cache_folder

    folder = cache_folder()
    if folder is None:
        return None
    from jinja2 import FileSystemBytecodeCache, __version__

    return FileSystemBytecodeCache(str(folder), f"{name}-{__version__}-%s.cache")


_FILTERS: dict[str, Callable[..., Any]] = {
    "day": phrases.day,
    "full_day": phrases.full_day,
    "ago": phrases.ago,
    "labelled": phrases.labelled,
    "with": phrases.with_more,
    "fact": phrases.fact,
    "sources": phrases.sources,
    "who": phrases.who,
    "sum": phrases.score_sum,
    "brief": phrases.brief,
    "about": phrases.about,
    "number": phrases.number,
    "since_lines": since_lines,
    "since_title": since_title,
}


# --- Text on a terminal


def _terminal_width() -> int:
    import shutil

    return min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST)


def _coloured(markup: str, width: int) -> str:
    """Markup as lines of at most `width` columns with the terminal's codes for its styles."""
    from rich.console import Console
    from rich.text import Text
    from rich.theme import Theme

    page = Text.from_markup(markup.removesuffix("\n"), emoji=False)
    page.plain = page.plain.translate(_UNMARKUP)
    lines = [piece for line in page.split("\n", allow_blank=True) for piece in folded(line, width)]
    out = StringIO()
    console = Console(file=out, force_terminal=True, legacy_windows=False, theme=Theme(_STYLES), highlight=False)
    console.print(Text("\n").join(lines), soft_wrap=True)
    return out.getvalue()


def folded(line: Text, width: int) -> Iterator[Text]:
    """The line in pieces; those after the first are indented to stand under its text."""
    from rich.cells import cell_len

    plain = line.plain
    if cell_len(plain) <= width:
        yield line
        return
    hanging = _HANGING.match(plain)
    indent = cell_len(hanging[0]) if hanging else 0
    for number, piece in enumerate(line.divide(_breaks(plain, width, indent))):
        piece.rstrip()
        if number:
            piece.pad_left(indent)
        yield piece


def _breaks(text: str, width: int, indent: int) -> list[int]:
    """Where lines begin after the first: after a space, or beside a Chinese character that may stand there."""
    from rich.cells import cell_len

    offsets: list[int] = []
    start = chance = column = 0
    for n, char in enumerate(text):
        if n and _may_break(text[n - 1], char):
            chance = n
        column += cell_len(char)
        if column > width and chance > start and char != " ":
            offsets.append(chance)
            start = chance
            column = indent + cell_len(text[chance : n + 1])
    return offsets


def _may_break(before: str, after: str) -> bool:
    if after == " " or after in _NO_START or before in _NO_END:
        return False
    return before == " " or max(before, after) >= "\u2e80"
