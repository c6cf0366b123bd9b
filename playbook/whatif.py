"""What if: a deal with some facts set otherwise, and how the advice changes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from playbook.briefing import Briefing, Card
from playbook.errors import UsageError
from playbook.facts import Content, Deal, Fact, Item
from playbook.values import is_unknown, read_scalar
from playbook.vocabulary import Entity, Field, Vocabulary, nearest

_SETTING = re.compile(r"\s*([^\W\d]\w*)(?:\[(.+?)\])?\.([^\W\d]\w*)\s*=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Move:
    """A card that is shown before and after, at another place among the shown cards (from 1)."""

    card: Card
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Difference:
    """How one briefing differs from another, by stable card ids."""

    appears: tuple[Card, ...]
    disappears: tuple[Card, ...]
    moves: tuple[Move, ...]
    held: tuple[Card, ...]
    released: tuple[Card, ...]
    opened: tuple[str, ...]
    shut: tuple[str, ...]
    readiness: tuple[int, int]
    top: tuple[tuple[str, ...], tuple[str, ...]]


def with_settings(deal: Deal, settings: Iterable[str], vocabulary: Vocabulary) -> Deal:
    """The deal with `entity.field=value` and `stakeholder[name].field=value` applied.

    Names and values may be labels; several values are separated by commas; `unknown` takes a value
    away. Raises `UsageError`.
    """
    for setting in settings:
        deal = _with_setting(deal, setting, vocabulary)
    return deal


def _with_setting(deal: Deal, setting: str, vocabulary: Vocabulary) -> Deal:
    match = _SETTING.fullmatch(setting)
    if not match:
        raise UsageError("U001", text=setting)
    entity = vocabulary.entities.get(vocabulary.entity_by_name.get(match[1].lower(), ""))
    if entity is None or not entity.stated:
        raise UsageError("U002", text=match[1], near=nearest(match[1], vocabulary.entity_by_name))
    name = entity.field_by_name.get(match[3].lower())
    if name is None:
        near = nearest(match[3], entity.field_by_name)
        raise UsageError("U003", text=match[3], entity=entity.name, near=near)
    item = _item(deal, entity, match[2])
    content = _content(entity.fields[name], match[4].strip(), deal)
    others = tuple(f for f in deal.facts if f.key != (*item, name))
    if content is None:
        return replace(deal, facts=others)
    return replace(deal, facts=(*others, Fact(item, name, content)))


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
    if not text or is_unknown(text):
        return None
    parts = re.split("[,，、]", text) if field.is_several else [text]
    values = [read_scalar(field, part, deal.today) for part in parts if part.strip()]
    if None in values:
        choices = ", ".join(field.label_of) or field.type
        raise UsageError("U005", text=text, field=field.key, choices=choices)
    read = tuple(value for value in values if value is not None)
    return read if field.is_several else read[0]


def difference(before: Briefing, after: Briefing) -> Difference:
    """What changes from one briefing to the other."""
    old, new = _shown(before), _shown(after)
    old_place = {ident: n for n, ident in enumerate(old, 1)}
    new_place = {ident: n for n, ident in enumerate(new, 1)}
    # Only cards that pass another one have moved; being pushed down by a new card is no change.
    stay = [ident for ident in new if ident in old]
    stayed = [ident for ident in old if ident in new]
    moved = [ident for ident in stay if stay.index(ident) != stayed.index(ident)]
    old_held = {c.id for c in before.activations if c.status == "guarded"}
    new_held = {c.id for c in after.activations if c.status == "guarded"}
    old_open = {g.label for g in before.gates if g.open}
    new_open = {g.label for g in after.gates if g.open}
    return Difference(
        appears=tuple(new[i] for i in new if i not in old),
        disappears=tuple(old[i] for i in old if i not in new and i not in new_held),
        moves=tuple(Move(new[i], old_place[i], new_place[i]) for i in moved),
        held=tuple(after.card(i) for i in sorted(new_held - old_held)),
        released=tuple(before.card(i) for i in sorted(old_held - new_held)),
        opened=tuple(sorted(new_open - old_open)),
        shut=tuple(sorted(old_open - new_open)),
        readiness=(before.readiness.score, after.readiness.score),
        top=(before.top, after.top),
    )


def _shown(briefing: Briefing) -> dict[str, Card]:
    return {c.id: c for c in briefing.activations if c.status == "shown" and c.kind not in ("conclusion", "guard")}
