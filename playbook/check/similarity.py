"""Which texts say the same in nearly the same words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import NamedTuple

SAME = 0.6  # share of neighbouring words (or characters) in common from which two texts say the same
_COMMON = 150  # a pair of words in more texts than this says nothing about likeness
_PLACEHOLDER = re.compile(r"\{\{.*?\}\}")
_WORD = re.compile(r"[a-z0-9]+|[\u4e00-\u9fff]")


class Alike(NamedTuple):
    """Two rules by id, and how alike their advice is: 0 to 1."""

    first: str
    second: str
    likeness: float


def shingles(text: str) -> frozenset[tuple[str, str]]:
    """Neighbouring pairs of characters (Chinese) or words (English), placeholders and marks left out."""
    words = _WORD.findall(_PLACEHOLDER.sub(" ", text).lower())
    return frozenset(pairwise(words))


def alike_pairs(texts: dict[str, str]) -> Iterator[Alike]:
    """The pairs of texts that are at least `SAME` alike, by id."""
    pieces = {ident: shingles(text) for ident, text in texts.items()}
    holders: dict[tuple[str, str], list[str]] = {}
    for ident, found in pieces.items():
        for piece in found:
            holders.setdefault(piece, []).append(ident)
    shared: Counter[tuple[str, str]] = Counter()
    for idents in holders.values():
        if len(idents) <= _COMMON:
            shared.update(combinations(idents, 2))
    for (first, second), common in sorted(shared.items()):
        likeness = common / (len(pieces[first]) + len(pieces[second]) - common)
        if likeness >= SAME:
            yield Alike(first, second, likeness)
