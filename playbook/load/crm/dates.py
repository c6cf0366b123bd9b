"""Dates as exports write them: with names of months, day or month first, or as a spreadsheet's number."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from playbook.load.crm.fieldmap import Order
from playbook.model.values import fold

_TIME = (
    r"(?:[,t\s]\s*(?:上午|下午|[ap]m)?\s*\d{1,2}(?::|时|点)\d{0,2}(?:[:分]\d{0,2})?(?:\.\d+)?秒?\s*(?:[ap]\.?m\.?|上午|下午)?"
    r"\s*(?:z|utc|gmt|[+-]\d{2}:?\d{2})?)?"
)
_YEAR_FIRST = re.compile(
    rf"(\d{{4}})\s*[-/.年]\s*(\d{{1,2}})\s*[-/.月]\s*(\d{{1,2}})\s*日?(?:\s*\(?(?:周|星期).\)?)?{_TIME}"
)
_NUMERIC = re.compile(rf"(\d{{1,2}})\s*[-/.]\s*(\d{{1,2}})\s*[-/.]\s*(\d{{4}}|\d{{2}}){_TIME}")
_DAY_NAMED = re.compile(
    rf"(?:[a-z]+,\s*)?(\d{{1,2}})(?:st|nd|rd|th)?[\s\-./]+([a-z]{{3,9}})\.?[\s\-./,]+(\d{{4}}|\d{{2}}){_TIME}"
)
_MONTH_NAMED = re.compile(rf"(?:[a-z]+,\s*)?([a-z]{{3,9}})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}}){_TIME}")
_COMPACT = re.compile(r"(20\d{2})(\d{2})(\d{2})")
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_MONTHS = {m: n for n, m in enumerate(re.findall("...", "janfebmaraprmayjunjulaugsepoctnovdec"), 1)}
_FIRST_DAY = date(1899, 12, 30)
_SERIALS = range(29_000, 80_000)  # 1979 to 2119: a number outside is no date
_LONGEST = 60


class AmbiguousDateError(ValueError):
    """A date that may be read with day or month first."""


def read_day(text: str, order: Order) -> date | None:
    """The day that a cell names; None when it names none. Raises `AmbiguousDateError`.

    `order` settles dates such as 3/4/2026; one that contradicts it (31/12/2026 under `mdy`) is none.
    """
    word = fold(text)
    if len(word) > _LONGEST:
        return None
    if match := _YEAR_FIRST.fullmatch(word) or _COMPACT.fullmatch(word):
        return _day(match[1], match[2], match[3])
    if match := _NUMERIC.fullmatch(word):
        first, second = int(match[1]), int(match[2])
        if not order and first <= 12 and second <= 12 and first != second:
            raise AmbiguousDateError
        month_first = order == "mdy" if order else second > 12
        return _day(match[3], match[1], match[2]) if month_first else _day(match[3], match[2], match[1])
    if match := _DAY_NAMED.fullmatch(word):
        return _day(match[3], _MONTHS.get(match[2][:3], 0), match[1])
    if match := _MONTH_NAMED.fullmatch(word):
        return _day(match[3], _MONTHS.get(match[1][:3], 0), match[2])
    if (match := _SERIAL.fullmatch(word)) and int(match[1]) in _SERIALS:
        return _FIRST_DAY + timedelta(days=int(match[1]))
    return None


def order_of(texts: Iterable[str]) -> Order:
    """Whether day or month comes first, as far as the dates of an export tell; empty when they do not."""
    found: set[Order] = set()
    for text in texts:
        if match := _NUMERIC.fullmatch(fold(text)[:_LONGEST]):
            first, second = int(match[1]), int(match[2])
            if first > 12 >= second:
                found.add("dmy")
            elif second > 12 >= first:
                found.add("mdy")
    return found.pop() if len(found) == 1 else ""


def is_undecided(texts: Iterable[str]) -> bool:
    """Whether some of the dates may be read both ways."""
    for text in texts:
        try:
            read_day(text, "")
        except AmbiguousDateError:
            return True
    return False


def _day(year: str, month: str | int, day: str) -> date | None:
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError:
        return None
