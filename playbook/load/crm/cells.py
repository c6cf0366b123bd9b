"""One cell of an export as a value of a field, or the reason why it cannot be read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from playbook.errors import both
from playbook.load.crm.crmdata import blanks, currencies
from playbook.load.crm.dates import AmbiguousDateError, read_day
from playbook.load.crm.fieldmap import Order, Source
from playbook.model.values import TYPE_NAMES, fold, read_boolean, read_number
from playbook.model.vocabulary import Field

_HOME = "CNY"
_BRACKETS = re.compile(r"\s*[(（\[][^()（）\[\]]*[)）\]]\s*$")
_CONVERTED = re.compile(r"^(.*?)\s*[(（](.*?)[)）]$")
_LISTS = re.compile(r"[;；、\n]")
_CODE = re.compile(r"(?<![a-z])([a-z]{3})(?![a-z])")
_DIGIT_GAP = re.compile(r"(?<=\d)[\s'’](?=\d{3})")
_YES, _NO = {"1", "checked", "√", "✓", "✔"}, {"0", "unchecked", "×"}


class CellError(ValueError):
    """A cell that cannot be read: a message code and the words to fill in."""

    def __init__(self, code: str, **args: str) -> None:
        super().__init__(code)
        self.code = code
        self.args_of_message = args


@dataclass(frozen=True)
class Reading:
    """How cells are read in one run: the day of the export, and what the map leaves open."""

    as_of: date
    order: Order = ""
    currency: str = ""
    decimal_comma: bool = False
    rates: Mapping[str, float] = field(default_factory=dict)


@dataclass
class Amount:
    """Money in yuan, and how it was converted (empty when it was not)."""

    value: int | float
    conversion: tuple[str, str] = ("", "")
    is_assumed: bool = False


def is_blank(text: str) -> bool:
    """Whether a cell says nothing: empty, or a dash and the like."""
    return not text or fold(text) in blanks()


def parts_of(text: str, split: str) -> list[str]:
    """The items of a cell that holds several, at any character of `split`."""
    pieces = re.split(f"[{re.escape(split)}]", text) if split else [text]
    return [piece.strip() for piece in pieces]


def without_brackets(text: str) -> str:
    """A text without what stands in brackets at its end."""
    return _BRACKETS.sub("", text) or text


def read_value(text: str, field: Field, source: Source, reading: Reading) -> Any:
    """The value of a field of any sort but money. Raises `CellError`.

    A count of days since something becomes the date on which it was so, so that it ages.
    """
    if field.since or field.type == "date":
        return _read_day(text, field, source, reading)
    if field.is_enum:
        return _read_choices(text, field)
    match field.type:
        case "boolean":
            return _read_flag(text, field)
        case "number" | "integer":
            return _read_number(text, field, source, reading)
        case "list":
            return [part for part in (p.strip() for p in _LISTS.split(text)) if part]
        case _:
            return " ".join(text.split())


def _not_a(field: Field, text: str) -> CellError:
    kind = TYPE_NAMES[field.type]
    return CellError("I040", text=text, **_label(field), **both("type", kind.zh, kind.en))


def _label(field: Field) -> dict[str, str]:
    return both("label", field.label.zh, field.label.en)


def _read_day(text: str, field: Field, source: Source, reading: Reading) -> date:
    try:
        day = read_day(text, source.order or reading.order)
    except AmbiguousDateError:
        raise CellError("I041", text=text) from None
    if day is None and field.since:
        days = read_number(text, "days")
        if isinstance(days, int) and 0 <= days < 36_525:
            day = reading.as_of - timedelta(days=days)
    if day is None:
        raise _not_a(field, text) if field.type == "date" else CellError("I042", text=text, **_label(field))
    if field.since and day > reading.as_of:
        raise CellError("I046", text=text, **_label(field))
    return day


def _read_choices(text: str, field: Field) -> str | list[str]:
    if field.type == "multi_enum":
        found = [_read_choice(part.strip(), field) for part in _LISTS.split(text) if part.strip()]
        return list(dict.fromkeys(found))
    return _read_choice(text, field)


def _read_choice(text: str, field: Field) -> str:
    value = field.choice_by_name.get(fold(text))
    if value is None:
        raise CellError("I044", text=text, **_label(field))
    return value


def _read_flag(text: str, field: Field) -> bool:
    word = fold(text)
    value = True if word in _YES else False if word in _NO else read_boolean(word)
    if value is None:
        raise _not_a(field, text)
    return value


def _read_number(text: str, field: Field, source: Source, reading: Reading) -> int | float:
    number = read_number(_pointed(text, reading.decimal_comma), field.unit)
    if number is not None and source.is_fraction and "%" not in text:
        number = _short(Decimal(str(number)) * 100)
    if number is None or (field.type == "integer" and not isinstance(number, int)):
        raise _not_a(field, text)
    low, high = field.range or ((-100, 100) if field.unit == "percent" else (None, None))
    if low is not None and high is not None and not low <= number <= high:
        raise CellError("I048", text=text, low=f"{low:g}", high=f"{high:g}", **_label(field))
    return number


def read_amount(text: str, field: Field, source: Source, reading: Reading, currency: str = "") -> Amount:
    """Money in yuan. `currency` is what a column of its own says. Raises `CellError`.

    A text with its own unit (350万) is not multiplied by the unit of the map.
    """
    for piece in _readings_of(text):
        code, digits = _currency_of(piece)
        number = read_number(_pointed(digits, reading.decimal_comma), "cny")
        if number is None:
            continue
        stated = code or currencies().get(fold(currency), currency.upper()) or source.currency or reading.currency
        unit = 1 if re.search("[千万亿kmb]", digits.lower()) else source.unit
        value = Decimal(str(number)) * unit
        if value == 0:
            raise CellError("I045", text=text, **_label(field))
        if not stated or stated == _HOME:
            return Amount(_short(value), is_assumed=not stated)
        if stated in reading.rates:
            rate = Decimal(str(reading.rates[stated]))
            return Amount(_short(round(value * rate, 2)), (f"{stated} {_short(value)}", f"{rate.normalize():f}"))
        raise CellError("I043", text=text, currency=stated)
    raise CellError("I049", text=text, **_label(field))


def _readings_of(text: str) -> Iterator[str]:
    """The ways to read an amount: `USD 350,000 (CNY 2,485,000)` holds two, of which yuan comes first."""
    text = unicodedata.normalize("NFKC", text)
    match = _CONVERTED.match(text)
    if match and match[1]:
        yield from sorted((match[2], match[1]), key=lambda part: _currency_of(part)[0] != _HOME)
    elif match:
        yield f"-{match[2]}"
    else:
        yield text


def _currency_of(text: str) -> tuple[str, str]:
    """The currency that a text names (empty when none) and the text without it."""
    word = fold(text)
    if (match := _CODE.search(word)) and match[1] in currencies():
        return currencies()[match[1]], (word[: match.start()] + word[match.end() :]).strip()
    for mark, code in currencies().items():
        if not mark.isascii() or not mark.isalpha():
            if word.startswith(mark):
                return code, word[len(mark) :].strip()
            if word.endswith(mark):
                return code, word[: -len(mark)].strip()
    if match and match[1].isalpha() and word.replace(match[1], "").strip():
        return match[1].upper(), (word[: match.start()] + word[match.end() :]).strip()
    return "", word


def _pointed(text: str, decimal_comma: bool) -> str:
    """A number with a decimal point, and nothing but commas between thousands."""
    text = _DIGIT_GAP.sub("", text)
    return text.replace(".", "").replace(",", ".") if decimal_comma else text


def _short(number: Decimal) -> int | float:
    return int(number) if number == int(number) else float(number)
