"""Texts of users made harmless for any page: one line, nothing in it that is not for reading."""

from __future__ import annotations

import re
from typing import Any

_SEQUENCE = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]")
_SPACE = re.compile(r"\s+")
_HIDDEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"
)


def clean(value: Any) -> str:
    """The value as one line without terminal sequences, control, direction and internal characters."""
    return _HIDDEN.sub("", _SPACE.sub(" ", _SEQUENCE.sub("", str(value))))
