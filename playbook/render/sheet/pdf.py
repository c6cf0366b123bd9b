"""The sheet as a PDF of A4 pages, set by Typst from `templates/sheet.typ`; the words go in as data, never as markup."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from playbook.advise.briefing import Briefing
from playbook.errors import UsageError
from playbook.render.sheet.fit import ROOMS
from playbook.render.sheet.words import sheet
from playbook.resources import templates_folder

# Few fonts have these; what stands in for them looks the same.
_SHAPES = str.maketrans({"✕": "×", "◔": "○", "\u2011": "-"})
_UNBROKEN = re.compile(r"[!-,.0-~]{24,}")  # a line may break after a hyphen or stroke anyway
_PIECE = 12


def pdf(briefing: Briefing, explain: bool = False) -> bytes:
    """The sheet of a briefing; the same briefing always gives the same bytes.

    Raises `UsageError` when Typst is not installed (S001), or a font or a character's glyph is missing (S002, S003).
    """
    try:
        import fontTools  # noqa: F401 - the fonts are read with it
        import typst
    except ImportError:
        raise UsageError("S001", what="PDF", package="typst, fonttools", extra="pdf") from None
    from playbook.render.sheet.fonts import fonts_for

    data = _as_data(sheet(briefing, explain))
    fonts = fonts_for(_texts(data))
    made = typst.compile(
        str(templates_folder() / "sheet.typ"),
        format="pdf",
        font_paths=list(fonts.folders),
        ignore_system_fonts=not fonts.system,
        sys_inputs={
            "data": json.dumps(data, ensure_ascii=False),
            "fonts": json.dumps({"families": fonts.families, "western": fonts.western}, ensure_ascii=False),
            "rooms": json.dumps([room._asdict() for room in ROOMS]),
        },
        timestamp=datetime(briefing.as_of.year, briefing.as_of.month, briefing.as_of.day, tzinfo=UTC),
    )
    if not isinstance(made, bytes):
        raise TypeError("one PDF was expected")
    return made


def _as_data(value: Any) -> Any:
    """Objects, lists and texts that JSON can hold, with places to break long words."""
    if isinstance(value, str):
        return _UNBROKEN.sub(_breakable, value.translate(_SHAPES))
    if isinstance(value, tuple):
        names = getattr(value, "_fields", None)
        return dict(zip(names, map(_as_data, value), strict=True)) if names else [_as_data(each) for each in value]
    return value


def _breakable(match: re.Match[str]) -> str:
    """A long word, such as a link, with a zero-width space every so often."""
    word = match[0]
    return "\u200b".join(word[n : n + _PIECE] for n in range(0, len(word), _PIECE))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
