"""Answers to questions about a deal: what a person typed, as facts in the text of the deal file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from playbook.errors import DealError, Finding, UsageError
from playbook.load.deal import parse_deal
from playbook.load.writing.deal import deal_text
from playbook.load.writing.update import AT, text_of, updated_text
from playbook.model.facts import Deal, Item
from playbook.model.values import means_unknown, read_boolean, read_date, read_scalar
from playbook.model.vocabulary import Field, Vocabulary

_EVIDENCE = re.compile(r"(?:^|\s+)[@＠](?![@＠])\s*")
_MARK = re.compile(r"(^|\s)([@＠])")
_ESCAPED = re.compile(r"(^|\s)([@＠])\2")
_PARTS = re.compile(r"\s*[、，,;；\n]\s*")
_BULLET = "•"


def offered(field: Field) -> tuple[str, ...]:
    """The values that are offered by number, in their order: an enum's, without unknown, or yes and no."""
    if field.type == "boolean":
        return ("true", "false")
    return tuple(value for value, _ in field.choices if value != "unknown")


def read_answer(field: Field, text: str, today: date) -> Any:
    """What was answered, as `dealwriter` takes it; None when it says nothing, or that it is not known.

    `value @source @date`: whatever follows a blank and `@` says who told it, or, as a date, when. Relative
    dates become the days they mean. What is no value of the field stays text, for the deal reader to refuse.
    """
    said, sources, day = split_evidence(text, today)
    value = _value(field, said, today)
    if value is None or not (day or sources):
        return value
    return with_evidence(value, sources, read_date(day, today))


def with_evidence(value: Any, sources: Sequence[str], day: date | None) -> Any:
    """A value with who said it and when, as `dealwriter` takes it."""
    if not (sources or day):
        return value
    found: dict[str, Any] = {"value": value}
    if sources:
        found["source"] = list(sources) if len(sources) > 1 else sources[0]
    return found | ({"date": day} if day else {})


def split_evidence(text: str, today: date) -> tuple[str, tuple[str, ...], str]:
    """`value @source @date` in its parts: the value, the sources, the date as it was written.

    `@@` behind a blank is an `@` that belongs to the text.
    """
    said, *evidence = (_ESCAPED.sub(r"\1\2", part).strip() for part in _EVIDENCE.split(text.strip()))
    days = [part for part in evidence if read_date(part, today)]
    sources = tuple(part for part in evidence if part and not read_date(part, today))
    return said, sources, days[-1] if days else ""


def join_evidence(said: str, sources: Iterable[str], day: date | None) -> str:
    """What `split_evidence` takes apart."""
    parts = [_MARK.sub(r"\1\2\2", part) for part in (said, *sources)] + ([day.isoformat()] if day else [])
    # A blank keeps the mark of a source apart from an @ that the source itself begins with.
    return "".join([parts[0], *(f" @{' ' if part[:1] in ('@', '＠') else ''}{part}" for part in parts[1:])])


def split_values(text: str) -> list[str]:
    """Several values in one text: parts between commas, or lines that begin with a bullet."""
    if text.startswith(_BULLET):
        return [part for line in text.split("\n") if (part := line.strip().removeprefix(_BULLET).strip())]
    return [part for part in _PARTS.split(text) if part]


def join_values(parts: Sequence[str], comma: str) -> str:
    """What `split_values` takes apart."""
    if any(split_values(part) != [part] for part in parts):
        return "\n".join(f"{_BULLET} {part}" for part in parts)
    return comma.join(parts)


def _value(field: Field, text: str, today: date) -> Any:
    if not text or means_unknown(text, field):
        return None
    if not field.is_several:
        return _one(field, text, today)
    parts = re.findall(r"\d+", text) if re.fullmatch(r"[\d\s、，,;；]+", text) else split_values(text)
    return [_one(field, part, today) for part in parts]


def _one(field: Field, text: str, today: date) -> Any:
    choices = offered(field)
    if choices and text.isdecimal() and 1 <= int(text) <= len(choices):
        text = choices[int(text) - 1]
    read = read_boolean(text) if field.type == "boolean" else read_scalar(field, text, today)
    return text if read is None else read


def with_fact(deal: Deal, path: Path, item: Item, name: str, value: Any, vocabulary: Vocabulary) -> str:
    """The text of a deal's file with one more fact in it; comments, order and everything else stay.

    Raises `DealError` when the reader of deal files refuses the value, or the file cannot be changed.
    """
    return _changed(deal, path, {_key(deal, item, vocabulary): _content(deal, item, {name: value})}, vocabulary)


def with_item(deal: Deal, path: Path, entity: str, facts: Mapping[str, Any], vocabulary: Vocabulary) -> str:
    """Like `with_fact`, with one more person or rival."""
    return _changed(deal, path, {vocabulary.entities[entity].list_key: [dict(facts)]}, vocabulary)


def _changed(deal: Deal, path: Path, changes: Mapping[str, Any], vocabulary: Vocabulary) -> str:
    if path.suffix.lower() == ".json":
        raise UsageError("F001", text=str(path))
    return updated_text(text_of(path), changes, vocabulary, deal.today, str(path))


def _key(deal: Deal, item: Item, vocabulary: Vocabulary) -> str:
    entity = vocabulary.entities[item[0]]
    return entity.list_key if _is_list(deal, item) else entity.name


def _content(deal: Deal, item: Item, facts: dict[str, Any]) -> Any:
    return [{AT: _place(deal, item), **facts}] if _is_list(deal, item) else facts


def _is_list(deal: Deal, item: Item) -> bool:
    return item[0] in ("stakeholder", "competitor") or (item[0] == "visit" and bool(deal.visits))


def _place(deal: Deal, item: Item) -> int:
    """Where an item stands in its list; the visit that is spoken of is the planned one."""
    if item[0] != "visit":
        return item[1]
    planned = {fact.at for fact in deal.facts if fact.item[0] == "visit"}
    shared = [sum(fact.at in planned for fact in visit.values()) for visit in deal.visits]
    dates = [visit["planned_date"].at in planned if "planned_date" in visit else False for visit in deal.visits]
    return max(range(len(shared)), key=lambda n: (dates[n], shared[n], n))


def new_deal(answers: Mapping[str, Any], vocabulary: Vocabulary, today: date, file: str) -> str:
    """The text of a new deal file with the given facts (`entity.field`: value). Raises `DealError`."""
    sections: dict[str, dict[str, Any]] = {}
    for key, value in answers.items():
        entity, _, name = key.partition(".")
        sections.setdefault(entity, {})[name] = value
    text = deal_text(sections, vocabulary)
    parse_deal(text, vocabulary, today, file)
    return text


def refusal(key: str, value: Any, vocabulary: Vocabulary, today: date) -> list[Finding]:
    """What the reader of deal files has against one fact of a new deal; nothing when it takes it."""
    core = {"deal.name": "?", "deal.stage": "target"}
    try:
        new_deal({**core, key: value}, vocabulary, today, "")
    except DealError as error:
        return error.findings
    return []
