"""The last stage: a briefing as text, Markdown, HTML or JSON.

Templates decide the order and the layout; user text reaches them only as a value, made harmless for the format.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cache
from io import StringIO
from typing import TYPE_CHECKING, Any

from playbook.advise.briefing import Briefing, Card, FactLine, Source, plain
from playbook.resources import templates_folder

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment
    from jinja2.runtime import Context
    from rich.text import Text

Words = dict[str, Any]

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

_SEQUENCE = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]")
_SPACE = re.compile(r"\s+")
_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ud800-\udfff]")
_JSON_HIDDEN = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_MARKDOWN = re.compile(r"^\s*[-+=]|^\s*\d+[.)](?!\S)|[\\`*_\[\]<>{}#|~&$]")
# What rich reads as markup stands for itself as a character that no text may hold (see `_HIDDEN`).
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
    template = _environment(format, colour).get_template(_TEMPLATES[format])
    page = template.render(b=briefing, w=words(briefing.lang), explain=explain)
    return _coloured(page, width or _terminal_width()) if colour else page


@cache
def words(lang: str) -> Words:
    """The labels of `words.yaml` in `lang` ("zh" or "en")."""
    from playbook.cache import cached

    text = (templates_folder() / "words.yaml").read_text(encoding="utf-8")
    return {key: _in_language(value, lang) for key, value in cached("words", text, lambda: _load(text)).items()}


def _load(text: str) -> Words:
    import yaml

    loaded: Words = yaml.safe_load(text)
    return loaded


def _in_language(value: Any, lang: str) -> Any:
    if not isinstance(value, dict):
        return value
    if value.keys() == {"zh", "en"}:
        return value[lang]
    return {key: _in_language(inner, lang) for key, inner in value.items()}


# --- JSON


def _json(briefing: Briefing) -> str:
    """Keys in the order of the fields; characters that could steer a terminal are written as escapes."""
    text = json.dumps(plain(briefing), ensure_ascii=False, indent=2)
    return _JSON_HIDDEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"


# --- Values made harmless


def _clean(value: Any) -> str:
    """The value as one line without terminal sequences, control, direction and internal characters."""
    return _HIDDEN.sub("", _SPACE.sub(" ", _SEQUENCE.sub("", str(value))))


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
        return value if isinstance(value, Markup) else Markup(escape(_clean(value)))  # noqa: S704 - escaped here

    return finalize


def _as_html(text: str) -> str:
    from markupsafe import escape

    return str(escape(text))


# --- Templates


@cache
def _environment(form: str, styled: bool) -> Environment:
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
    environment.filters["present"] = _present
    return environment


def _bytecode(name: str) -> BytecodeCache | None:
    """Compiled templates in the cache folder, where there is one."""
    from playbook.cache import cache_folder

    folder = cache_folder()
    if folder is None:
        return None
    from jinja2 import FileSystemBytecodeCache, __version__

    return FileSystemBytecodeCache(str(folder), f"{name}-{__version__}-%s.cache")


def _day(context: Context, day: date | None) -> str:
    """A date with its weekday; with the year only when that is not the briefing's."""
    if day is None:
        return ""
    w: Words = context["w"]
    form = w["date"] if day.year == context["b"].as_of.year else w["date_year"]
    weekday, month = w["weekday"][day.weekday()], w["month"][day.month - 1]
    return str(form.format(year=day.year, month=month, day=day.day, weekday=weekday))


def _full_day(context: Context, day: date) -> str:
    """A date with weekday and year."""
    w: Words = context["w"]
    weekday, month = w["weekday"][day.weekday()], w["month"][day.month - 1]
    return str(w["date_year"].format(year=day.year, month=month, day=day.day, weekday=weekday))


def _ago(context: Context, days: int | None) -> str:
    if days is None:
        return ""
    forms: list[str] = context["w"]["ago"]
    return forms[min(max(days, 0), 2)].format(n=days)


def _labelled(context: Context, value: str, label: str) -> str:
    """`label: value`, or nothing when there is no value."""
    return f"{label}{context['w']['colon']}{value}" if value else ""


def _with(context: Context, text: str, more: str) -> str:
    """`text (more)`, or either alone when the other is empty."""
    return str(context["w"]["bracket"].format(text=text, more=more)) if text and more else text or more


def _fact(context: Context, fact: FactLine) -> str:
    """`label: value (who said so)`."""
    return _with(context, _labelled(context, fact.value, fact.label), fact.evidence)


def _sources(context: Context, sources: tuple[Source, ...]) -> str:
    """Documents in words, each once, with the sections meant."""
    w: Words = context["w"]
    sections: dict[str, dict[str, None]] = {}
    for source in sources:
        sections.setdefault(source.document or source.id, {})[source.section] = None
    joined = {document: _present(list(names), w["semicolon"]) for document, names in sections.items()}
    forms = [
        w["source_form"].format(document=document, section=section) if section else document
        for document, section in joined.items()
    ]
    return _present(forms, w["semicolon"])


def _who(context: Context, card: Card) -> str:
    """Whom the card sends one to; a review question goes to the rep. The person is named unless the words do so."""
    if card.kind == "question" and "rep" not in card.audience:
        return str(context["w"]["the_rep"])
    return card.whom if card.person in card.whom else _with(context, card.person, card.whom)


def _sum(context: Context, card: Card) -> str:
    """The score as the sum of its parts, those worth nothing left out."""
    w: Words = context["w"]
    text = ""
    for name, points in card.score_parts:
        label = w["score_part"].get(name, name)
        level = f" {w['priority'].get(card.priority, card.priority)}" if name == "priority" else ""
        text += f" {'-' if points < 0 else '+'} {label}{level} {abs(points)}" if points else ""
    return f"{card.score} = {text.removeprefix(' + ').strip()}" if text else str(card.score)


def _brief(context: Context, texts: Iterable[str], limit: int) -> str:
    """The first texts joined, and how many there are when some are left out; limit 0: all."""
    w: Words = context["w"]
    given = list(texts)
    shown = given[:limit] if limit else given
    more = [w["in_all"].format(n=len(given))] if len(shown) < len(given) else []
    return str(w["semicolon"].join(shown + more))


def _about(context: Context, card: Card) -> str:
    """The title, with the person whom it does not name."""
    title = card.title or card.summary
    return title if card.person in title else _with(context, title, card.person)


def _present(values: list[Any], separator: str) -> str:
    """The values that are there, joined."""
    return separator.join(str(value) for value in values if value)


def _number(context: Context, value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


# --- The size of the printed first sheet

_LINE = 124  # widths of a Latin letter in a line of a printed sheet; a Chinese character has two
_SIZES = (7.0, 9.2)
_ROOM = 4250.0  # found by printing the example deals


def _print_size(context: Context, b: Briefing) -> str:
    """The size in points at which the first sheet fits a page, from an estimate of its lines."""
    size = (_ROOM / _sheet_lines(context, b)) ** 0.5
    return f"{min(max(size, _SIZES[0]), _SIZES[1]):.1f}"


def _sheet_lines(context: Context, b: Briefing) -> float:
    """About how many lines the first sheet takes at eight points, headings and margins counted in."""
    top = [b.card(ident) for ident in b.top]
    asks = [b.card(ident) for ident in b.questions[:5]]
    risks = [b.card(ident) for ident in b.risks[:4]]
    lines = 5.0 + (len(b.header.lines) + 5) / 3 + _lines(b.header.visit) + _lines(b.header.value_type_basis)
    lines += sum(_lines(_brief(context, gate.missing, 3), 0.82) for gate in b.gates) + 2 * bool(b.gates)
    lines += sum(2 + _lines(c.do + c.why) + _lines(c.say) + _lines(c.note) + 1.5 for c in top)
    lines += sum(_lines(c.do, 0.45) + _lines(c.whom + c.why, 0.48) for c in asks) / 2
    lines += sum(max(_lines(p.name + p.title, 0.25), _lines(p.move, 0.35)) * 1.1 for p in b.people)
    lines += sum(_lines(c.title + c.do + c.why + c.note) + 0.2 for c in risks)
    if context["explain"]:
        lines += 2 * len(top) + len(asks) / 2 + len(risks)
    return lines + 2.2 * sum(map(bool, (b.gates, top, asks, b.people, risks))) + 2 * bool(b.people)


def _lines(text: str, part: float = 1.0) -> int:
    """How many lines a text takes in a column that is that part of the sheet's width."""
    width = sum(2 if char >= "\u2e80" else 1 for char in text)
    return -int(-width // (_LINE * part))


_FILTERS: dict[str, Callable[..., str]] = {
    "day": _day,
    "full_day": _full_day,
    "ago": _ago,
    "labelled": _labelled,
    "with": _with,
    "fact": _fact,
    "sources": _sources,
    "who": _who,
    "sum": _sum,
    "brief": _brief,
    "about": _about,
    "print_size": _print_size,
    "number": _number,
}


# --- Text on a terminal


def _terminal_width() -> int:
    return min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST)


def _coloured(markup: str, width: int) -> str:
    """Markup as lines of at most `width` columns with the terminal's codes for its styles."""
    from rich.console import Console
    from rich.text import Text
    from rich.theme import Theme

    page = Text.from_markup(markup.removesuffix("\n"), emoji=False)
    page.plain = page.plain.translate(_UNMARKUP)
    lines = [piece for line in page.split("\n", allow_blank=True) for piece in _folded(line, width)]
    out = StringIO()
    console = Console(file=out, force_terminal=True, legacy_windows=False, theme=Theme(_STYLES), highlight=False)
    console.print(Text("\n").join(lines), soft_wrap=True)
    return out.getvalue()


def _folded(line: Text, width: int) -> Iterator[Text]:
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
