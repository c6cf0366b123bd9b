"""Typed values from the text that a person wrote: numbers, dates, yes/no, enum labels."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from decimal import Decimal

from playbook.model.vocabulary import Field, Text

Value = str | bool | int | float | date

TYPE_NAMES = {
    "string": Text("一段文字", "a text"),
    "number": Text("数字，如 350万 或 12.5", "a number such as 3500000 or 12.5"),
    "integer": Text("整数", "a whole number"),
    "boolean": Text("是或否", "yes or no"),
    "date": Text("日期，如 2026-05-02 或 +7d", "a date such as 2026-05-02 or +7d"),
    "map": Text("各信息点的数字，如 {p1: 10}", "a number for each point, such as {p1: 10}"),
    "list": Text("文字列表", "a list of texts"),
    "enum": Text("一个选项", "one of the choices"),
    "multi_enum": Text("选项列表", "a list of choices"),
}
UNKNOWN = {"unknown", "未知", "不清楚", "不知道", "待查", "n/a", "?"}
TRUE = {"true", "yes", "y", "on", "是", "有", "对"}
FALSE = {"false", "no", "n", "off", "否", "无", "没有", "不是"}
SCALES = {
    "": 1,
    "千": 10**3,
    "k": 10**3,
    "万": 10**4,
    "百万": 10**6,
    "m": 10**6,
    "千万": 10**7,
    "亿": 10**8,
    "bn": 10**9,
}
_NUMBER = re.compile(
    r"(?P<currency>cny|rmb|¥)?\s*"
    r"(?P<digits>[+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,4}(?:,\d{4})+|\d[\d_]*|(?=\.\d))(?:\.\d+)?)"
    r"(?:e(?P<exponent>[+-]?\d{1,2}))?\s*(?P<scale>千万|百万|千|万|亿|k|m|bn)?\s*(?P<unit>\D*)"
)
UNITS = {
    "cny": {"元", "人民币", "cny", "rmb"},
    "percent": {"%", "百分点"},
    "days": {"天", "日", "d", "day", "days"},
    "months": {"个月", "月", "month", "months"},
    "": {"个", "人", "家", "次", "名", "条", "项", "份", "分", "倍", "%"},
}
_RELATIVE = re.compile(r"(?:today|今天)?\s*([+-])\s*(\d{1,5})\s*(d|w|m|天|周|个月|月)")
_DATE = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[t ]\s*\d{1,2}:\d{2}[\d:.+z -]*)?"  # a time of day, as exports write it; the day is what counts
)
DAY_UNITS = {"d": 1, "天": 1, "w": 7, "周": 7, "m": 30, "月": 30, "个月": 30}
_LARGEST = 10**15
_DECIMALS = 4  # finer would need an exponent, which the engine cannot read
_LONGEST = 80  # no number or date is longer
MAX_DAYS = 36_525  # a hundred years


def fold(text: str) -> str:
    """A word as it is looked up: case, outer spaces and full-width forms make no difference."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def is_unknown(text: str) -> bool:
    """Whether a text says that the value is not known, in either language."""
    return fold(text) in UNKNOWN


def means_unknown(text: str, field: Field) -> bool:
    """Whether a text says that the field is not known, also by a label of the field's own (`未判断`)."""
    return is_unknown(text) or (field.is_enum and field.choice_by_name.get(fold(text)) == "unknown")


def read_number(text: str, unit: str | None = None) -> int | float | None:
    """`1_000`, `1,280,000`, `350万`, `12%` as a number; None when it is not one.

    A unit that is written must be the given one: three months are not three days.
    """
    match = _NUMBER.fullmatch(fold(text)) if len(text) <= _LONGEST else None
    if not match or not _fits(match["currency"] or "", match["scale"] or "", match["unit"].strip(), unit):
        return None
    digits = re.sub("[,_]", "", match["digits"])
    number = Decimal(digits).scaleb(int(match["exponent"] or 0)) * SCALES[match["scale"] or ""]
    if abs(number) > _LARGEST:
        return None
    rounded = round(number, _DECIMALS)
    return int(rounded) if rounded == int(rounded) else float(rounded)


def _fits(currency: str, scale: str, written: str, unit: str | None) -> bool:
    """Whether what stands around the digits suits the unit; `k` and `m` are for money."""
    if unit is None:
        return not written or any(written in names for names in UNITS.values())
    money = bool(currency) or (scale.isascii() and bool(scale))
    return (not written or written in UNITS[unit]) and (not money or unit == "cny")


def read_boolean(text: str) -> bool | None:
    word = fold(text)
    return True if word in TRUE else False if word in FALSE else None


def read_offset(text: str) -> int | None:
    """Days from the day of evaluation: `today`, `+7d`, `today-3d`, `-2w`; None when not relative."""
    word = fold(text) if len(text) <= _LONGEST else ""
    if word in ("today", "今天"):
        return 0
    match = _RELATIVE.fullmatch(word)
    days = int(match[1] + match[2]) * DAY_UNITS[match[3]] if match else None
    return days if days is not None and abs(days) <= MAX_DAYS else None


def read_date(text: str, today: date | None) -> date | None:
    """An absolute date (`2026-05-02`, `2026/5/2`, `2026年5月2日`) or one relative to `today`.

    Without `today` a relative date is none.
    """
    offset = read_offset(text)
    try:
        if offset is not None:
            return today + timedelta(days=offset) if today else None
        match = _DATE.fullmatch(fold(text)) if len(text) <= _LONGEST else None
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except (ValueError, OverflowError):
        return None


def read_choice(field: Field, text: str) -> str | None:
    """The enum value that `text` names by key or by its zh or en label; None when there is none."""
    return field.choice_by_name.get(fold(text))


def read_scalar(field: Field, text: str, today: date | None) -> Value | None:
    """One value of the field's type; None when the text is not one. Not for `unknown`."""
    if field.is_enum:
        return read_choice(field, text)
    match field.type:
        case "integer":
            day = read_date(text, today) if field.since else None
            number = (today - day).days if day and today else read_number(text, field.unit)
            return number if isinstance(number, int) else None
        case "number" | "map":
            return read_number(text, field.unit)
        case "boolean":
            return read_boolean(text)
        case "date":
            return read_date(text, today)
        case _:
            return text.strip()
