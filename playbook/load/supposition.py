"""Suppositions: a deal with some facts set otherwise, from text such as `deal.stage=design`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from playbook.errors import UsageError
from playbook.model.facts import Content, Deal, Fact, FactKey, Item
from playbook.model.values import means_unknown, read_scalar
from playbook.model.vocabulary import Entity, Field, Vocabulary, nearest

_SETTING = re.compile(r"\s*([^\W\d]\w*)(?:\[(.+?)\])?\.([^\W\d]\w*)\s*=(.*)", re.DOTALL)


def with_settings(deal: Deal, settings: Iterable[str], vocabulary: Vocabulary) -> Deal:
    """The deal with `entity.field=value` and `stakeholder[name].field=value` applied.

    Names and values may be labels; several values are separated by commas; `unknown` takes a value
    away. Raises `UsageError`.
    """
    for setting in settings:
        deal = _with_setting(deal, setting, vocabulary)
    return deal


def _with_setting(deal: Deal, setting: str, vocabulary: Vocabulary) -> Deal:
    key, content = read_setting(deal, setting, vocabulary)
    others = tuple(f for f in deal.facts if f.key != key)
    if content is None:
        return replace(deal, facts=others)
    return replace(deal, facts=(*others, Fact(key[:2], key[2], content)))


def read_setting(
    deal: Deal, setting: str, vocabulary: Vocabulary, stated: bool = True
) -> tuple[FactKey, Content | None]:
    """The fact that `entity.field=value` speaks of, and its content (None: unknown).

    `stated`: only what a deal may state, not what rules conclude. Raises `UsageError`.
    """
    match = _SETTING.fullmatch(setting)
    if not match:
        raise UsageError("U001", text=setting)
    entity = vocabulary.entities.get(vocabulary.entity_by_name.get(match[1].lower(), ""))
    if entity is None or (stated and not entity.stated):
        raise UsageError("U002", text=match[1], near=nearest(match[1], vocabulary.entity_by_name))
    name = entity.field_by_name.get(match[3].lower())
    if name is None:
        near = nearest(match[3], entity.field_by_name)
        raise UsageError("U003", text=match[3], entity=entity.name, near=near)
    return (*_item(deal, entity, match[2]), name), _content(entity.fields[name], match[4].strip(), deal)


def _item(deal: Deal, entity: Entity, selector: str | None) -> Item:
    if not entity.repeats:
        return (entity.name, 0)
    count = deal.counts.get(entity.name, 0)
    names = {str(f.content): f.item for f in deal.facts if f.item[0] == entity.name and f.field == "name"}
    if selector and selector in names:
        return names[selector]
    if selector and selector.isdigit() and 1 <= int(selector) <= count:
        return (entity.name, int(selector) - 1)
    if not selector and count == 1:
        return (entity.name, 0)
    known = ", ".join(names)
    near = nearest(selector or "", names)
    raise UsageError("U004", text=selector or "", entity=entity.name, names=known, near=near)


def _content(field: Field, text: str, deal: Deal) -> Content | None:
    if not text or means_unknown(text, field):
        return None
    parts = re.split("[,，、]", text) if field.is_several else [text]
    values = [read_scalar(field, part, deal.today) for part in parts if part.strip()]
    if None in values:
        choices = ", ".join(field.label_of) or field.type
        raise UsageError("U005", text=text, field=field.key, choices=choices)
    read = tuple(value for value in values if value is not None)
    return read if field.is_several else read[0]
