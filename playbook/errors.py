"""What can be wrong with the user's input, as data, and the one exception that carries it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from string import Formatter
from typing import Literal, NamedTuple

from playbook.resources import data_text

Severity = Literal["error", "warning"]
_OPTIONAL = re.compile("‹([^›]*)›")  # a piece of a message, left out when a word in it is empty

_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
_LONGEST = 600


class Location(NamedTuple):
    """A place in a file; line and column count from 1, 0 means the file as a whole.

    In a workbook they are the row and column of a cell of `sheet`.
    """

    file: str
    line: int = 0
    column: int = 0
    sheet: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: a code of `data/messages.yaml`, where, and the words to fill in.

    A word that differs between languages is given as `word_zh` and `word_en` (see `both`).
    """

    code: str
    at: Location
    args: dict[str, str] = field(default_factory=dict)
    severity: Severity = "error"

    def text(self, lang: str) -> str:
        """`file:line:col: CODE message (hint)` in `lang` ("zh" or "en")."""
        return f"{self.at}: {self.code} {self.message(lang)}"

    def message(self, lang: str) -> str:
        """What is wrong and what to do, in `lang`."""
        words = _Words({name.removesuffix(f"_{lang}"): _plain(word) for name, word in self.args.items()})
        template = _OPTIONAL.sub(lambda m: m[1] if _fillable(m[1], words) else "", _messages()[self.code][lang])
        return template.format_map(words)


def message_of(code: str, lang: str) -> str:
    """The message of a code before anything is filled in."""
    return _messages()[code][lang]


def both(name: str, zh: str, en: str) -> dict[str, str]:
    """The two forms of a word to fill in as `{name}`."""
    return {f"{name}_zh": zh, f"{name}_en": en}


def _fillable(piece: str, words: dict[str, str]) -> bool:
    return all(words.get(name) for _, name, _, _ in Formatter().parse(piece) if name)


def _plain(word: str) -> str:
    """A word of the user's file as it may be shown: on one line, not endless, nothing that steers a terminal."""
    shown = _STEERING.sub(" ", word)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


class _Words(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


@cache
def _messages() -> dict[str, dict[str, str]]:
    import yaml

    loaded: dict[str, dict[str, str]] = yaml.safe_load(data_text("messages.yaml"))
    return loaded


class PlaybookError(Exception):
    """Any error that a user can mend; holds every finding, sorted by place."""

    exit_code = 1

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = sorted(findings, key=lambda f: (f.at.file, f.at.sheet, f.at, f.code))
        super().__init__("; ".join(f"{f.at}: {f.code}" for f in self.findings))


class UsageError(PlaybookError):
    """A command's arguments do not fit together."""

    exit_code = 2

    def __init__(self, code: str, **args: str) -> None:
        super().__init__([Finding(code, Location("playbook"), args)])


class DealError(PlaybookError):
    """A deal file cannot be used."""

    exit_code = 3


class RuleError(PlaybookError):
    """A rule file or pack cannot be used."""

    exit_code = 4
