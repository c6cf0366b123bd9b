"""What ships with the import: the words and synonyms of `data/crm.yaml`, and the ready-made maps."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from playbook.model.values import fold
from playbook.model.vocabulary import Text
from playbook.resources import data_text

_MAPS = Path(__file__).resolve().parents[2] / "data" / "maps"


@cache
def _data() -> dict[str, Any]:
    import yaml

    loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: dict[str, Any] = yaml.load(data_text("crm.yaml"), Loader=loader)  # noqa: S506 - a safe loader
    return loaded


@cache
def blanks() -> frozenset[str]:
    """Cells that say nothing, folded."""
    return frozenset(fold(str(word)) for word in _data()["blank"])


@cache
def currencies() -> dict[str, str]:
    """The code of a currency by each mark for it, the longest marks first."""
    marks = {fold(mark): code for code, names in _data()["currencies"].items() for mark in (code, *names)}
    return dict(sorted(marks.items(), key=lambda pair: -len(pair[0])))


@cache
def units() -> dict[str, int]:
    """How many yuan (or whole units) stand behind a unit of money."""
    return {fold(str(name)): int(size) for name, size in _data()["units"].items()}


@cache
def undated() -> frozenset[str]:
    """Fields whose evidence date means something else than when it was learnt."""
    return frozenset(_data()["undated"])


@cache
def plain_fields() -> frozenset[str]:
    """Fields that are written without evidence."""
    return frozenset(_data()["plain"])


def more_headings() -> Mapping[str, list[str]]:
    """Headings by field, for the guesser."""
    headings: Mapping[str, list[str]] = _data()["headings"]
    return headings


def more_values() -> Mapping[str, Mapping[str, Any]]:
    """Words in cells by field, for the guesser."""
    values: Mapping[str, Mapping[str, Any]] = _data()["values"]
    return values


def words(name: str) -> Text:
    """A text of the output in both languages."""
    spec = _data()["words"][name]
    return Text(spec["zh"], spec["en"])


def shipped_maps() -> dict[str, Path]:
    """The ready-made maps by name."""
    return {path.stem: path for path in sorted(_MAPS.glob("*.yaml"))}
