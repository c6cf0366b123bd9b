"""Writes deal files as a person would: block style, keys in the vocabulary's order; updates them in place.

A deal is given as the mapping that its file holds: `{"deal": {"name": …}, "stakeholders": [{…}]}`. A fact
is a text, number, truth value, date, a list of them, or `{"value": …, "source": …, "date": …}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from playbook.model.values import fold, is_unknown
from playbook.model.vocabulary import Entity, Field, Lang, Vocabulary

NOTES = "notes"
NOTES_KEYS = ("notes", "note", "备注")
EVIDENCE_KEYS = ("value", "source", "date", "note")
_WIDTH = 120  # a longer flow mapping or list is written as a block
_RESERVED = {"", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "=", "<<"}
_TYPED = re.compile(r"[\d.,:_+\-/eExXoOtTzZ ]*\d[\d.,:_+\-/eExXoOtTzZ ]*|[+-]?\.(?:inf|nan)|0[xo][\da-fA-F]+", re.I)
_PLAIN = re.compile(r"[^\W_][^\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff\"'`\\]*", re.S)
_UNPRINTABLE = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010fffd]")
_YES_NO = {"zh": ("是", "否"), "en": ("yes", "no")}


def deal_text(deal: Mapping[str, Any], vocabulary: Vocabulary, lang: Lang = "", header: Iterable[str] = ()) -> str:
    """The text of a deal file: sections and fields in the vocabulary's order, empty ones left out.

    Keys of `deal` and of its sections may be names or labels. `lang` ("zh" or "en") writes labels
    instead of names and enum keys; `header` gives comment lines on top. Raises `KeyError` for what
    the vocabulary does not hold.
    """
    lines = [f"# {line}" for line in header]
    writer = DealWriter(lang)
    for key, entity, content in sections(deal, vocabulary):
        lines += writer.section(key, entity, content)
    if notes := str(deal.get(NOTES) or "").strip():
        lines += writer.notes(notes)
    return "\n".join(lines) + "\n"


def sections(deal: Mapping[str, Any], vocabulary: Vocabulary) -> Iterator[tuple[str, Entity, Any]]:
    """The sections of a deal in order: the key to write, the entity, one mapping or a list of them."""
    given = {vocabulary.entity_by_name[fold(key)]: content for key, content in deal.items() if key != NOTES}
    for entity in vocabulary.entities.values():
        if content := given.get(entity.name):
            yield (entity.list_key if isinstance(content, list) else entity.name), entity, content


def facts_in_order(entity: Entity, item: Mapping[str, Any]) -> Iterator[tuple[Field, Any]]:
    """The facts of one item in the vocabulary's order, without those that say nothing."""
    names = entity.field_by_name
    given = {key if key in entity.fields else names[fold(key)]: value for key, value in item.items()}
    for name, field in entity.fields.items():
        if name in given and not _is_empty(given[name]):
            yield field, given[name]


def _is_empty(value: Any) -> bool:
    if isinstance(value, Mapping) and "value" in value:
        value = value["value"]
    return value is None or value == "" or value == [] or value == {}


class DealWriter:
    """Writes sections, facts and values, by name or by the labels of `lang`."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    def section(self, key: str, entity: Entity, content: Any) -> list[str]:
        items = content if isinstance(content, list) else [content]
        blocks = [lines for item in items if (lines := self._item(entity, item))]
        name = entity.label.get(self.lang) if self.lang else key
        if not blocks:
            return []
        if not isinstance(content, list):
            return [f"{scalar(name)}:", *(f"  {line}" for line in blocks[0])]
        return [f"{scalar(name)}:", *(line for block in blocks for line in _list_item(block))]

    def _item(self, entity: Entity, item: Mapping[str, Any]) -> list[str]:
        return [line for field, value in facts_in_order(entity, item) for line in self.fact(field, value)]

    def fact(self, field: Field, value: Any) -> list[str]:
        """The lines of one fact: one where it is short, else a line a part."""
        line = self.flow_fact(field, value)
        if len(line) * 2 <= _WIDTH or _width(line) <= _WIDTH or not isinstance(value, Mapping | list | tuple):
            return [line]
        if isinstance(value, Mapping):
            return [f"{self._key(field)}:", *(f"  {name}: {text}" for name, text in self._parts(field, value))]
        return [f"{self._key(field)}:", *(f"  - {value_text(field, each, self.lang)}" for each in value)]

    def flow_item(self, entity: Entity, item: Mapping[str, Any]) -> str:
        """A person or section in braces."""
        return f"{{{', '.join(self.flow_fact(field, value) for field, value in facts_in_order(entity, item))}}}"

    def flow_fact(self, field: Field, value: Any) -> str:
        return f"{self._key(field)}: {self.flow_value(field, value)}"

    def flow_value(self, field: Field, value: Any) -> str:
        """A value on one line, in brackets or braces where it has parts."""
        if isinstance(value, Mapping):
            return f"{{{', '.join(f'{name}: {text}' for name, text in self._parts(field, value))}}}"
        return self.part(field, "value", value)

    def part(self, field: Field, name: str, value: Any) -> str:
        """One part of a fact: its value, source, date or note; empty when there is none."""
        if _is_empty(value):
            return ""
        if isinstance(value, list | tuple):
            return f"[{', '.join(self.part(field, name, each) for each in value)}]"
        return value_text(field, value, self.lang) if name == "value" else scalar(value)

    def _key(self, field: Field) -> str:
        return scalar(field.label.get(self.lang) if self.lang else field.name)

    def _parts(self, field: Field, value: Mapping[str, Any]) -> list[tuple[str, str]]:
        names = EVIDENCE_KEYS if "value" in value else sorted(value)
        return [
            (n, text) for n in names if (text := self.part(field, n if n in EVIDENCE_KEYS else "value", value.get(n)))
        ]

    def notes(self, text: str) -> list[str]:
        lines = text.splitlines()
        key = {"zh": "备注"}.get(self.lang, NOTES)
        if len(lines) == 1 or any(_UNPRINTABLE.search(line) for line in lines):
            return [f"{key}: {scalar(text)}"]
        return [f"{key}: |", *(f"  {line.strip()}".rstrip() for line in lines)]


def value_text(field: Field, value: Any, lang: Lang = "") -> str:
    """One value as it stands in a file; an enum value by its label where `lang` is given."""
    if field.is_enum and lang and value in field.label_of:
        label = field.label_of[value].get(lang)
        named = field.choice_by_name.get(fold(label)) == value and not is_unknown(label)
        return scalar(label if named else value)
    if isinstance(value, bool):
        return _YES_NO[lang][not value] if lang else str(value).lower()
    return scalar(value, typed=field.type not in ("string", "list"))


def scalar(value: Any, typed: bool = False) -> str:
    """A value as YAML: plain where that is safe in a block and in brackets, quoted where not.

    `typed` tells that a text which looks like a number or a date is meant as one.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    if isinstance(value, int):
        return str(value)
    text = str(value)
    if typed and _TYPED.fullmatch(text) and not text[0].isspace():
        return text
    return text if is_plain(text) else quoted(text)


@lru_cache(maxsize=4096)
def is_plain(text: str) -> bool:
    """Whether a text may stand without quotes, in brackets too, and still be read as this text."""
    return (
        bool(_PLAIN.fullmatch(text))
        and not _UNPRINTABLE.search(text)
        and not any(mark in text for mark in (": ", " #", ",", "[", "]", "{", "}", "?"))
        and not text.endswith((":", " "))
        and fold(text) not in _RESERVED
        and not is_unknown(text)
        and not _TYPED.fullmatch(text)
    )


def quoted(text: str) -> str:
    """A text in quotes: single ones, or double ones where something must be escaped."""
    if not _UNPRINTABLE.search(text):
        return "'" + text.replace("'", "''") + "'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return '"' + _UNPRINTABLE.sub(_escape, escaped) + '"'


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xD800 <= code <= 0xDFFF:
        return "?"  # half a character: nothing can be made of it
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _list_item(block: list[str]) -> Iterator[str]:
    yield f"  - {block[0]}"
    yield from (f"    {line}" for line in block[1:])


def _width(line: str) -> int:
    """Columns on a screen, where a Chinese character takes two."""
    return len(line) + sum(char > "\u2e7f" for char in line)
