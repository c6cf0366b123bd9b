"""Placeholders in the texts of rules: `{{ boss.name }}`, `{{ deal.industry or 'your sector' }}`.

The syntax is a small part of Jinja's, with no logic: a text is data, never code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

_PLACEHOLDER = re.compile(
    r"\{\{\s*(?P<alias>[^\W\d]\w*)(?:\.(?P<name>[^\W\d]\w*))?"
    r"(?:\s+or\s+(?:'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\"|‘(?P<curly>[^’]*)’))?\s*\}\}"
)
_BRACES = re.compile(r"\{\{(?:(?!\{\{).)*?\}\}|\{%(?:(?!\{%).)*?%\}|\{\{|\}\}", re.DOTALL)


class Placeholder(NamedTuple):
    """`alias` and, unless it stands for the item itself, `name` of a field; `fallback` when unknown."""

    alias: str
    name: str = ""
    fallback: str = ""


def placeholders(text: str) -> Iterator[Placeholder]:
    """Every well-formed placeholder of a text, in order."""
    for match in _PLACEHOLDER.finditer(text):
        yield _placeholder(match)


def malformed(text: str) -> list[str]:
    """Pieces in double braces that are not placeholders, each once."""
    return list(dict.fromkeys(m[0] for m in _BRACES.finditer(text) if not _PLACEHOLDER.fullmatch(m[0])))


def fill(text: str, value_of: Callable[[Placeholder], str]) -> str:
    """The text with each placeholder replaced by its value; values are never read as text again."""
    return _PLACEHOLDER.sub(lambda match: value_of(_placeholder(match)), text)


def _placeholder(match: re.Match[str]) -> Placeholder:
    fallback = match["single"] or match["double"] or match["curly"] or ""
    return Placeholder(match["alias"], match["name"] or "", fallback)
