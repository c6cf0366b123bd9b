"""Unary tests from the text that a rule's author wrote."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from playbook.errors import Finding, both
from playbook.load.yamlsource import Mapping, Node, Sequence
from playbook.model.unary import (
    Between,
    Compare,
    Day,
    Is,
    Join,
    Known,
    Not,
    OneOf,
    Operand,
    Param,
    Several,
    Test,
    Unknown,
    measure,
)
from playbook.model.values import (
    MAX_DAYS,
    TYPE_NAMES,
    Value,
    fold,
    means_unknown,
    read_number,
    read_offset,
    read_scalar,
)
from playbook.model.vocabulary import Field, nearest

_COMPARISON = re.compile(r"(>=|<=|!=|>|<|=|≥|≤)\s*(.+)", re.DOTALL)
_SEVERAL = re.compile(r"(?:at least (\d+) of|(all) of)\s*\[(.*)\]", re.DOTALL)
_OLDER = re.compile(r"older than\s+(.+)")
_REFERENCE = re.compile(r"([^\W\d]\w*)\.([a-z]\w*)")
_DAYS = re.compile(r"(\d{1,6})\s*d?")
_PART = re.compile(r"""(?:"[^"]*"|'[^']*'|\[[^\[\]]*\]|[^,，])+""")
_CHINESE_MARK = re.compile("[，：；“”‘’【】（）]")
_NESTED = 4  # `not [not x, y]` is deep already


class BadTestError(Exception):
    """A test that cannot be read; becomes a finding at its place."""

    def __init__(self, code: str, **args: str) -> None:
        super().__init__(code)
        self.finding = (code, args)


def read_test(node: Node, field: Field, report: Callable[[Finding], None]) -> Test | None:
    """The test that a node writes for a field; None when it is wrong (then reported)."""
    try:
        return _from_node(node, field)
    except BadTestError as bad:
        code, args = bad.finding
        report(Finding(code, node.at, {**both("label", field.label.zh, field.key), **args}))
        return None


def _from_node(node: Node, field: Field) -> Test:
    if isinstance(node, Mapping):
        raise BadTestError("R020")
    if isinstance(node, Sequence):
        if not node.items:
            raise BadTestError("R021")
        return OneOf(tuple(_from_node(item, field) for item in node.items))
    return _from_text(node.text.strip(), field)


def _from_text(text: str, field: Field, depth: int = 0) -> Test:
    lower = text.lower()
    if depth > _NESTED:
        raise _not_a_value(text, field)
    if lower == "known" and "known" not in field.label_of:
        return Known()
    if fold(text) in field.choice_by_name:  # a label may begin like a test: `Not set`
        return _is(text, field)
    if lower.startswith("not "):
        return Not(_from_text(text[4:].strip(), field, depth + 1))
    if match := _SEVERAL.fullmatch(text):
        return _several(match, field)
    if text.startswith("[") and text.endswith("]"):
        return OneOf(tuple(_from_text(part, field, depth + 1) for part in _parts(text[1:-1])))
    if match := _OLDER.fullmatch(lower):
        return _older(match[1], field)
    if lower in ("past", "future") and field.type == "date":
        return Compare("<" if lower == "past" else ">", Day(0))
    if match := _COMPARISON.fullmatch(text):
        return _comparison(match[1].replace("≥", ">=").replace("≤", "<="), match[2].strip(), field)
    low, dots, high = (part.strip() for part in text.partition(".."))
    if dots and field.type not in ("string", "list"):
        return _between(low, high, field)
    return _is(text, field)


def _parts(text: str) -> list[str]:
    """The items of a list written inside a text."""
    parts = [_unquoted(part) for part in _PART.findall(text)]
    if not any(parts):
        raise BadTestError("R021")
    return [part for part in parts if part]


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _several(match: re.Match[str], field: Field) -> Several:
    if not field.is_several:
        raise BadTestError("R022")
    values = tuple(dict.fromkeys(_value(part, field) for part in _parts(match[3])))
    count = len(values) if match[2] else int(match[1])
    if not values or not 1 <= count <= len(values):
        raise BadTestError("R023", count=str(count), total=str(len(values)))
    return Several(count, values)


def _older(text: str, field: Field) -> Test:
    days = _DAYS.fullmatch(text.strip())
    if field.type != "date" or not days or int(days[1]) > MAX_DAYS:
        raise BadTestError("R024", text=text)
    return Compare("<", Day(-int(days[1])))


def _comparison(op: str, text: str, field: Field) -> Test:
    reference = _REFERENCE.fullmatch(text)
    if reference and reference[1] != "param":
        if op == "!=":
            raise BadTestError("R036")
        return Join(op, reference[1], reference[2])
    if op in ("=", "!="):
        test: Test = _is(text, field)
        return test if op == "=" else Not(test)
    _require_order(field)
    return Compare(op, _operand(text, field))


def _between(low: str, high: str, field: Field) -> Test:
    _require_order(field)
    test = Between(_operand(low, field), _operand(high, field))
    first, last = (_limit(operand, field) for operand in (test.low, test.high))
    if type(first) is type(last) and first is not None and first > last:
        raise BadTestError("R054", low=low, high=high)
    return test


def _limit(operand: Operand, field: Field) -> Any:
    """A bound as far as it can be compared before the day and the parameters are known."""
    if isinstance(operand, Param):
        return None
    if isinstance(operand, Day):
        return timedelta(days=operand.offset)
    place = measure(operand, field)
    return float(place) if isinstance(place, int) else place


def _require_order(field: Field) -> None:
    if field.type in ("integer", "number", "date", "map") or field.order:
        return
    raise BadTestError("R025")


def _is(text: str, field: Field) -> Test:
    return Unknown() if means_unknown(text, field) else Is(_operand(text, field, ordered=False))


def _operand(text: str, field: Field, ordered: bool = True) -> Operand:
    if text.startswith("param."):
        if field.type not in ("integer", "number", "map"):
            raise BadTestError("R026")
        return Param(text.removeprefix("param."))
    if field.type == "date":
        offset = read_offset(text)
        return Day(offset) if offset is not None else _value(text, field)
    value = _value(text, field)
    if ordered and field.is_enum and value not in field.rank:
        raise BadTestError("R027", text=text, order=", ".join(field.order))
    return value


def _value(text: str, field: Field) -> Value:
    text = _unquoted(text)
    value = read_number(text, field.unit) if field.type == "integer" else read_scalar(field, text, None)
    if value is None or value == "":
        raise _not_a_value(text, field)
    return value


def _not_a_value(text: str, field: Field) -> BadTestError:
    if mark := _CHINESE_MARK.search(text):
        return BadTestError("Y008", mark=mark[0])
    if field.is_enum:
        choices = ", ".join(value for value, _ in field.choices)
        return BadTestError("R028", text=text, near=nearest(text, field.choice_by_name), choices=choices)
    name = TYPE_NAMES["number" if field.type == "map" else field.type]
    return BadTestError("R030", text=text, **both("type", name.zh, name.en))
