"""The page of each code: what it means, why it matters, and files on which it is and is not found."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import yaml

from playbook.model.vocabulary import Text

_FOLDER = Path(__file__).parent / "pages"


class Page(NamedTuple):
    """`bad` and `good` hold the text of each file by name, as they would lie in a company pack.

    Both are empty where a text cannot show the fault (a damaged file, one that is not there).
    """

    code: str
    what: Text
    why: Text
    bad: dict[str, str]
    good: dict[str, str]


def codes() -> list[str]:
    """Every code that has a page."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def page_of(code: str) -> Page | None:
    """The page of a code; None when there is none."""
    path = _FOLDER / f"{code.upper()}.yaml"
    if not code.isalnum() or not path.is_file():
        return None
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Page(path.stem, Text(**loaded["what"]), Text(**loaded["why"]), loaded.get("bad", {}), loaded.get("good", {}))
