"""Fonts for a PDF: the packaged one, else one of the system, and whether they have every character of a text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from playbook.errors import UsageError

if TYPE_CHECKING:
    from typst import FontInfo

# Families of simplified Chinese, the best first; the packaged font is the first.
_FAMILIES = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Noto Sans SC",
    "PingFang SC",
    "Microsoft YaHei",
    "Hiragino Sans GB",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "SimSun",
)
# Of the same design, with Western widths for quotation marks and dashes.
_WESTERN = {"Noto Sans CJK SC": "Noto Sans CJK KR", "Source Han Sans SC": "Source Han Sans K"}
_INVISIBLE = {"Cf", "Cc", "Zs", "Zl", "Zp", "Mn", "Me"}


class Fonts(NamedTuple):
    """Families to set a text in, the first before the others, and where the typesetter finds them."""

    families: tuple[str, ...]
    western: str
    folders: tuple[str, ...]
    system: bool


def fonts_for(texts: Iterable[str]) -> Fonts:
    """Fonts that have every character of the texts.

    Raises `UsageError` S002 when there is no Chinese font, S003 when no font has some of the characters.
    """
    folder = packaged_folder()
    families = _families(folder)
    main = next((family for family in _FAMILIES if family in families), None)
    if main is None:
        raise UsageError("S002")
    missing = {char for text in texts for char in text if _is_visible(char)} - _characters(families[main])
    western = _WESTERN.get(main, main)
    western = western if western in families else main
    if not missing:
        return Fonts((main,), western, (str(folder),) if folder else (), folder is None)
    others = tuple(_others(missing))
    return Fonts((main, *others), western, (str(folder),) if folder else (), system=True)


def packaged_folder() -> Path | None:
    """The folder of the font that comes with the extra `pdf`; None when it is not installed."""
    try:
        from noto_cjk_sans_otc import FONT_PATH
    except ImportError:
        return None
    path = Path(str(FONT_PATH))
    return path.parent if path.is_file() else None


def _families(folder: Path | None) -> dict[str, FontInfo]:
    """The regular upright font of each family."""
    import typst

    given: list[str] = [str(folder)] if folder else []
    found: dict[str, FontInfo] = {}
    for font in typst.Fonts(folder is None, include_embedded_fonts=False, font_paths=given).fonts():
        known = found.get(font.family)
        if font.style == "normal" and (known is None or abs(font.weight - 400) < abs(known.weight - 400)):
            found[font.family] = font
    return found


def _others(missing: set[str]) -> Iterator[str]:
    """Families of the system that have the characters that the main font lacks."""
    for family, font in sorted(_families(None).items()):
        if found := missing & _characters(font):
            missing -= found
            yield family
        if not missing:
            return
    names = " ".join(f"{char} (U+{ord(char):04X})" for char in sorted(missing)[:10])
    raise UsageError("S003", names=names)


def _characters(font: FontInfo) -> frozenset[str]:
    return _characters_of(font.path or "", font.index)


@cache
def _characters_of(path: str, index: int) -> frozenset[str]:
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with TTFont(path, fontNumber=index, lazy=True) as font:
            return frozenset(map(chr, font.getBestCmap() or ()))
    except (OSError, TTLibError):
        return frozenset()


def _is_visible(char: str) -> bool:
    return unicodedata.category(char) not in _INVISIBLE
