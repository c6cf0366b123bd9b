"""The fact vocabulary: entities and fields with types, labels and values (`data/vocabulary.yaml`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

Lang = str  # "zh" or "en"


class Text(NamedTuple):
    """A text in both languages; a company pack may leave one empty."""

    zh: str = ""
    en: str = ""

    def get(self, lang: Lang) -> str:
        """The text in `lang`, or in the other language where this one is missing."""
        first, second = (self.en, self.zh) if lang == "en" else (self.zh, self.en)
        return first or second


NOTHING = Text()


@dataclass(frozen=True)
class Field:
    """One property of an entity; `order` ranks enum values from lowest (0) up.

    `outcome`: known of a visit only after it, and remembered until the next one has been held.
    """

    entity: str
    name: str
    label: Text
    type: str
    tier: str
    required: bool = False
    unit: str = ""
    since: bool = False
    note: str = ""
    keys: tuple[str, ...] = ()
    range: tuple[float, float] | None = None
    choices: tuple[tuple[str, Text], ...] = ()
    order: tuple[str, ...] = ()
    outcome: bool = False

    @property
    def key(self) -> str:
        return f"{self.entity}.{self.name}"

    @property
    def is_enum(self) -> bool:
        return self.type in ("enum", "multi_enum")

    @property
    def is_several(self) -> bool:
        """Whether it can hold several values at once."""
        return self.type in ("multi_enum", "list", "map")

    @cached_property
    def choice_by_name(self) -> dict[str, str]:
        """Enum value by lower-case key or label in either language."""
        names: dict[str, str] = {}
        for value, text in self.choices:
            for name in (text.zh, text.en):
                names.setdefault(name.lower(), value)
        names.update({value.lower(): value for value, _ in self.choices})
        return names

    @cached_property
    def label_of(self) -> dict[str, Text]:
        return dict(self.choices)

    @cached_property
    def rank(self) -> dict[str, int]:
        return {value: n for n, value in enumerate(self.order)}


@dataclass(frozen=True)
class Entity:
    """Something a deal file describes; `repeats` when there are several items (people, rivals)."""

    name: str
    label: Text
    fields: dict[str, Field]
    list_key: str = ""
    repeats: bool = False
    stated: bool = True

    @cached_property
    def field_by_name(self) -> dict[str, str]:
        """Field name by lower-case name or label in either language."""
        names: dict[str, str] = {}
        for field in self.fields.values():
            for label in (field.label.zh, field.label.en):
                names.setdefault(label.lower(), field.name)
        names.update({name: name for name in self.fields})
        return names


@dataclass(frozen=True)
class Vocabulary:
    entities: dict[str, Entity]

    def field(self, key: str) -> Field | None:
        """The field of `entity.name`, or None."""
        entity, _, name = key.partition(".")
        found = self.entities.get(entity)
        return found.fields.get(name) if found else None

    @cached_property
    def several(self) -> frozenset[str]:
        """Keys of the fields that can hold several values at once."""
        return frozenset(f.key for e in self.entities.values() for f in e.fields.values() if f.is_several)

    @cached_property
    def entity_by_name(self) -> dict[str, str]:
        """Entity name by name, list key or label."""
        names: dict[str, str] = {}
        for entity in self.entities.values():
            for name in (entity.name, entity.list_key, entity.label.zh, entity.label.en):
                if name:
                    names.setdefault(name.lower(), entity.name)
        return names


def nearest(word: str, names: Iterable[str]) -> str:
    """The name most like `word`, or an empty text when none comes near."""
    import difflib  # only for suggestions, so not at start-up

    found = difflib.get_close_matches(word.strip().lower(), list(names), n=1, cutoff=0.6)
    return found[0] if found else ""


def build_vocabulary(data: dict[str, Any]) -> Vocabulary:
    """The vocabulary from the loaded content of `data/vocabulary.yaml`."""
    entities = {}
    for name, about in data["entities"].items():
        fields = {f: _field(name, f, spec) for f, spec in data["fields"][name].items()}
        entities[name] = Entity(
            name,
            Text(about["zh"], about["en"]),
            fields,
            about.get("list", ""),
            about.get("repeats", False),
            about.get("stated", True),
        )
    return Vocabulary(entities)


def _field(entity: str, name: str, spec: dict[str, Any]) -> Field:
    bounds = spec.get("range")
    return Field(
        entity,
        name,
        Text(spec["label"]["zh"], spec["label"]["en"]),
        spec["type"],
        spec["tier"],
        spec.get("required", False),
        spec.get("unit", ""),
        spec.get("since", False),
        spec.get("note", ""),
        tuple(spec.get("keys", ())),
        (bounds[0], bounds[1]) if bounds else None,
        tuple((v, Text(t["zh"], t["en"])) for v, t in spec.get("values", {}).items()),
        tuple(spec.get("order", ())),
        spec.get("outcome", False),
    )
