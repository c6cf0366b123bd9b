"""The schema of a deal file: sections, fields, values and evidence, from the vocabulary."""

from __future__ import annotations

from collections.abc import Iterable

from playbook.load.deal import EVIDENCE, NOTES, NOTES_KEYS, TEAM_ENTITIES
from playbook.model.values import TYPE_NAMES, fold, is_unknown
from playbook.model.vocabulary import Entity, Field, Text, Vocabulary
from playbook.render.schemas import patterns
from playbook.render.schemas.parts import ANYTHING, BOTH, Parts, Schema, beside, sentence, snippet

_NUMBERS = ("integer", "number", "map")
_FLAGS = {"yes", "no", "on", "off", "true", "false"}  # to YAML 1.1


class Facts:
    """Makes schemas of facts, with their definitions in `parts`."""

    def __init__(self, vocabulary: Vocabulary, parts: Parts) -> None:
        self.vocabulary = vocabulary
        self.parts = parts
        self.words = parts.words

    def deal(self) -> Schema:
        """A whole deal, or the facts of a team."""
        return self.parts.ref("deal", self._deal)

    def _deal(self) -> Schema:
        stated = [entity for entity in self.vocabulary.entities.values() if entity.stated]
        sections: dict[str, Schema] = {}
        for entity in stated:
            key = entity.list_key or entity.name
            sections |= self.offered(key, (entity.name, entity.label.zh, entity.label.en), self._section(entity))
        sections |= self.offered(NOTES, NOTES_KEYS, self._notes())
        entity_of = {n: e for n, e in self.vocabulary.entity_by_name.items() if self.vocabulary.entities[e].stated}
        team = [name for name, entity in entity_of.items() if entity in TEAM_ENTITIES]
        return {
            "type": "object",
            "properties": sections,
            "patternProperties": {_any_of([*entity_of, *NOTES_KEYS]): True},
            "additionalProperties": False,
            "anyOf": [
                *_present("deal", [name for name, entity in entity_of.items() if entity == "deal"]),
                {
                    "propertyNames": {"pattern": _any_of([*team, *NOTES_KEYS])},
                    "not": {"propertyNames": {"pattern": _any_of(NOTES_KEYS)}},
                },
            ],
            "defaultSnippets": [snippet("deal", self.words)],
        }

    def _notes(self) -> Schema:
        text = self.parts.optional(self.parts.word())
        return self.parts.described("deal", NOTES, self.parts.one_or_more(text))

    # Names

    def _in_chinese(self, text: str) -> bool:
        return not text.isascii() and self.words.lang in ("zh", BOTH)

    def offered(self, key: str, others: Iterable[str], schema: Schema) -> dict[str, Schema]:
        """The same schema under a key and other names of it, of which an editor offers the Chinese ones."""
        hidden = {**beside(schema), "doNotSuggest": True}
        return {name: schema if self._in_chinese(name) else hidden for name in others} | {key: schema}

    def fields(self, entity: Entity, schema_of: dict[str, Schema]) -> Schema:
        """A mapping from the fields of an entity, by any of their names; a name in an unusual form is let pass."""
        properties: dict[str, Schema] = {}
        for field in entity.fields.values():
            labels = (n for n in field.label if entity.field_by_name.get(fold(n)) == field.name)
            properties |= self.offered(field.name, labels, schema_of[field.name])
        return {
            "type": "object",
            "title": self.words.text(entity.label),
            "properties": properties,
            "patternProperties": {_any_of(entity.field_by_name): True},
            "additionalProperties": False,
        }

    # Sections

    def _section(self, entity: Entity) -> Schema:
        item = self.parts.ref(f"{entity.name}.facts", lambda: self._item(entity))
        options = [{"type": "array", "items": item}, item] if entity.list_key else [item]
        if entity.name != "deal":
            options += [{"type": "string", "pattern": patterns.whole(patterns.unknown())}, self.parts.blank()]
        return {"description": self.words.text(entity.label), "anyOf": options}

    def _item(self, entity: Entity) -> Schema:
        schema = self.fields(entity, {field.name: self._fact(field) for field in entity.fields.values()})
        core = [field for field in entity.fields.values() if _is_core(field)]
        if core:
            schema["allOf"] = [{"anyOf": _present(f.name, (f.name, *f.label))} for f in core]
        return schema

    def _fact(self, field: Field) -> Schema:
        return self.parts.ref(field.key, lambda: self._with_evidence(field))

    def _with_evidence(self, field: Field) -> Schema:
        value = self.value(field)
        evidence = {
            "allOf": [self.parts.ref("evidence", self._evidence)],
            "properties": {name: value for name, part in EVIDENCE.items() if part == "value"},
        }
        options = [*self._values(field), evidence, *([] if self._needs_value(field) else [self.parts.blank()])]
        return self.about(field, {"anyOf": options}, sentence("with_evidence"))

    def about(self, field: Field, schema: Schema, *more: Text) -> Schema:
        """A schema with the label of its field and what may be written there."""
        parts = [*more]
        if field.tier == "derived":
            parts.insert(0, sentence("derived"))
        if field.order:
            parts.insert(0, sentence("order", order=" < ".join(field.order)))
        if field.range:
            parts.insert(0, sentence("range", low=f"{field.range[0]:g}", high=f"{field.range[1]:g}"))
        if field.since:
            parts.insert(0, sentence("since"))
        parts.insert(0, sentence("expected", type=TYPE_NAMES[field.type]))
        return {"description": self.described(field, *parts), **schema}

    def described(self, field: Field, *parts: Text) -> str:
        """The label of a field, and sentences about it on lines of their own."""
        return f"{self.words.text(field.label)}\n{self.words.sentences(*parts)}"

    # Values

    def value(self, field: Field) -> Schema:
        """What may stand after a field's key in a deal: its value or values, or that it is not known."""
        values = self._values(field)
        return {"anyOf": values if self._needs_value(field) else [*values, self.parts.blank()]}

    def setting(self, field: Field) -> Schema:
        """What a test case may set a field to, or expect it to be."""
        values = self.parts.one_or_more(self._number(field))["anyOf"] if field.type == "map" else self._values(field)
        unknown = {"type": "string", "pattern": patterns.whole(patterns.unknown())}
        return {"anyOf": [*values, *([unknown] if _is_core(field) else []), self.parts.blank()]}

    @staticmethod
    def _needs_value(field: Field) -> bool:
        return _is_core(field) or field.type == "map"

    def _values(self, field: Field) -> list[Schema]:
        """A value, or a list of values, where something stands."""
        if field.type == "map":
            return [self.parts.ref(f"{field.key}.value", lambda: self._map(field))]
        if field.is_enum and _is_core(field):
            return [self.choice(field), self.parts.ref(f"{field.key}.value", lambda: self._names_of(field))]
        one = self._one(field)
        return [one, self.parts.several(self.parts.optional(one))] if field.is_several else [one]

    def _one(self, field: Field) -> Schema:
        if field.is_enum:
            return self.parts.ref(f"{field.key}.value", lambda: self._enum(field))
        if field.type in _NUMBERS:
            return self._number(field)
        if field.type == "boolean":
            return self.parts.ref("boolean", self._boolean)
        if field.type == "date":
            return self.parts.ref("date", lambda: self._form("date", ["string"], patterns.date()))
        if _is_core(field):
            filled = {"type": ["string", "number"], "pattern": patterns.FILLED}
            return self.parts.ref("name", lambda: {"anyOf": [filled, self.parts.flag()]})
        return self.parts.word()

    def _map(self, field: Field) -> Schema:
        number = self.parts.optional(self._number(field))
        if not field.keys:
            return {"type": "object", "additionalProperties": number}
        return {"type": "object", "properties": dict.fromkeys(field.keys, number), "additionalProperties": False}

    def _number(self, field: Field) -> Schema:
        kind = "integer" if field.type == "integer" else "number"
        low, high = field.range or (None, None)
        bounds = "" if field.range is None else f"-{low:g}-{high:g}"
        name = f"{kind}{f'-{field.unit}' if field.unit else ''}{'-since' if field.since else ''}{bounds}"

        def make() -> Schema:
            pattern = patterns.number(field.unit, signed=not field.since)
            if field.since:
                pattern = f"(?:{pattern}|{patterns.date(past=True)})"
            limits = {"minimum": 0} if field.since else {} if low is None else {"minimum": low, "maximum": high}
            return {**self._form(kind, ["string", kind], pattern), **limits}

        return self.parts.ref(name, make)

    def _form(self, type_name: str, types: list[str], pattern: str) -> Schema:
        """A value of some types, as text of some form, or the word that it is not known."""
        error = self.words.text(sentence("expected", type=TYPE_NAMES[type_name]))
        known = patterns.whole(f"{pattern}|{patterns.unknown()}")
        return {"type": types, "pattern": known, "patternErrorMessage": error}

    def yes_or_no(self) -> Schema:
        """Yes and no as an editor offers them."""
        words = [word for word in ("yes", "no", "是", "否") if word.isascii() or self._in_chinese(word)]
        return self.parts.ref("yes-or-no", lambda: self.parts.choice("boolean", words))

    def _boolean(self) -> Schema:
        known = f"{patterns.yes_or_no()}|{patterns.unknown()}"
        text = {"type": "string", "pattern": patterns.whole(known)}
        return {"anyOf": [self.yes_or_no(), text, self.parts.flag()]}

    def choice(self, field: Field) -> Schema:
        """The values of an enum, by key or label, as an editor offers them."""
        return self.parts.ref(f"{field.key}.choice", lambda: self._choice(field))

    def _choice(self, field: Field) -> Schema:
        offered: dict[str, str] = {}
        labels: dict[str, str] = {}
        for value, label in field.choices:
            if not is_unknown(value):
                offered[value] = self.words.text(label)
            if self._in_chinese(label.zh) and not is_unknown(label.zh) and field.choice_by_name[label.zh] == value:
                labels.setdefault(label.zh, self.words.text(Text(value, value)))
        offered |= {label: about for label, about in labels.items() if label not in offered}
        return self.parts.listed(offered)

    def _enum(self, field: Field) -> Schema:
        unknown = self.parts.ref("unknown", lambda: self.parts.choice("test", ["unknown"]))
        flag = [self.parts.flag()] if is_flag(field) else []
        return {"anyOf": [self.choice(field), unknown, self._names_of(field, patterns.unknown()), *flag]}

    def _names_of(self, field: Field, *more: str) -> Schema:
        """The values of an enum by any name in any form."""
        names = "|".join([patterns.one_of(field.choice_by_name), *more])
        return {"type": "string", "pattern": patterns.whole(names)}

    def _evidence(self) -> Schema:
        past = self.parts.ref("past", lambda: self._form("date", ["string"], patterns.date(past=True)))
        schemas = {
            "source": self.parts.one_or_more(self.parts.optional(self.parts.word())),
            "date": self.parts.optional(past),
        }
        properties: dict[str, Schema] = {}
        for name, part in EVIDENCE.items():
            about = self.parts.described("evidence", part, schemas.get(part, ANYTHING))
            properties |= self.offered(part, [name], about)
        value = [name for name, part in EVIDENCE.items() if part == "value"]
        return {
            "type": "object",
            "title": self.words.say("titles", "evidence"),
            "properties": properties,
            "patternProperties": {_any_of(EVIDENCE): True},
            "additionalProperties": False,
            "anyOf": _present("value", value),
        }


def is_flag(field: Field) -> bool:
    """Whether YAML 1.1 takes one of an enum's names for true or false."""
    return not _FLAGS.isdisjoint(field.choice_by_name)


def _is_core(field: Field) -> bool:
    """Whether a deal cannot do without it."""
    return field.required and field.entity == "deal"


def _any_of(names: Iterable[str]) -> str:
    return patterns.whole(patterns.one_of(names))


def _present(key: str, names: Iterable[str]) -> list[Schema]:
    """The two ways in which a key may be there: as it is, or under another name or form."""
    return [{"required": [key]}, {"not": {"propertyNames": {"not": {"pattern": _any_of(names)}}}}]
