"""The schemas of rule files and of a company pack's `pack.yaml`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import get_args, get_type_hints

from playbook.load.packs import CHANGE_KEYS, PACK_KEYS
from playbook.load.rulefile import ADVISE_KEYS, ASK_KEYS, GUARD_KEYS, ID, RULE_KEYS
from playbook.model.rulebook import Parameter, Rulebook
from playbook.model.rules import AUDIENCES, GATES, KINDS, PARTIES, PRIORITIES, Guard
from playbook.model.vocabulary import Entity, Field, Text
from playbook.render.schemas import patterns
from playbook.render.schemas.conditions import Conditions
from playbook.render.schemas.facts import Facts, is_flag
from playbook.render.schemas.parts import (
    ANYTHING,
    FILLED,
    TELLS_APART,
    Parts,
    Schema,
    at_least_one,
    beside,
    item_snippet,
    sentence,
)

_STATUSES = ("draft", "active", "retired")
_OUTPUTS = ("advise", "ask", "conclude", "guard")
_GOVERNED = ("rules", "clusters", "sources", "parties")


class RuleFiles:
    """Makes the schemas of rules and packs, with their definitions in `parts`."""

    def __init__(self, rulebook: Rulebook, parts: Parts) -> None:
        self.rulebook = rulebook
        self.vocabulary = rulebook.vocabulary
        self.parts = parts
        self.words = parts.words
        self.facts = Facts(self.vocabulary, parts)
        self.conditions = Conditions(rulebook, self.facts, parts)

    def rules(self) -> Schema:
        """A rule file: a list of rules."""
        rule = self.parts.ref("rule", self._rule)
        snippets = [item_snippet(output, self.words) for output in _OUTPUTS]
        return {"type": ["array", "null"], "items": rule, "defaultSnippets": snippets}

    def pack(self) -> Schema:
        """`pack.yaml`: parameters set otherwise, rules switched off or narrowed."""
        changes = {kind: self._change(kind, known) for kind, known in CHANGE_KEYS.items()}
        values = {"name": self.parts.word(), "parameters": self._overrides(), **changes}
        return self.parts.keys("pack", PACK_KEYS, values, ())

    # Rules

    def _rule(self) -> Schema:
        bilingual = self.parts.bilingual()
        values: dict[str, Schema] = {
            "id": self._new_id(),
            "title": bilingual,
            "source": self.parts.one_or_more(self._tactic()),
            "audience": self.parts.one_or_more(self.parts.choice("audience", AUDIENCES)),
            "when": self.conditions.when(),
            "advise": self.parts.ref("advise", self._advise),
            "ask": self.parts.ref("ask", self._ask),
            "conclude": self.parts.ref("conclude", self._conclude),
            "guard": self.parts.ref("guard", self._guard),
            "owner": self.parts.word(),
            "status": self.parts.choice("status", _STATUSES),
            "effective": self._effective(),
            "replaces": self.rule_id(),
            "reason": bilingual,
        }
        schema = self.parts.keys("rule", RULE_KEYS, values, ("id", "title", "when"))
        said = {"type": "object", "minProperties": 1}
        error = self.words.text(sentence("no_output", outputs=", ".join(_OUTPUTS)))
        replaces = {"required": ["replaces"], "properties": {"replaces": {"type": "string"}}}
        schema["allOf"] = [
            at_least_one(_OUTPUTS, error, said),
            {"if": replaces, "then": {"required": ["reason"]}},
        ]
        return schema

    def _new_id(self) -> Schema:
        error = self.words.text(sentence("bad_id"))
        pattern = patterns.whole(ID.pattern)
        return {"type": ["string", "number"], "pattern": pattern, "patternErrorMessage": error}

    def _effective(self) -> Schema:
        error = self.words.text(sentence("absolute_date"))
        pattern = patterns.whole(patterns.absolute_date())
        day = {"type": "string", "pattern": pattern, "patternErrorMessage": error, **TELLS_APART}
        return self.parts.keys("effective", ("from", "until"), {"from": day, "until": day}, ())

    def _card(self) -> dict[str, Schema]:
        """What a card and a question have in common."""
        labels = self.vocabulary.entities["gate"].fields
        about = {gate: self.words.text(labels[gate].label) for gate in GATES}
        return {
            "priority": self.parts.choice("priority", PRIORITIES),
            "due": self._due(),
            "cluster": self._cluster(),
            "gate": self.parts.listed(about),
            "person": self._alias(),
            "party": self.parts.choice("party", PARTIES),
        }

    def _advise(self) -> Schema:
        texts = dict.fromkeys(("do", "why", "say"), self.parts.bilingual())
        values = {**self._card(), **texts, "kind": self.parts.choice("kind", KINDS)}
        return self.parts.keys("advise", ADVISE_KEYS, values, ("kind", "priority", "do", "why"))

    def _ask(self) -> Schema:
        texts = dict.fromkeys(("question", "whom", "why"), self.parts.bilingual())
        values = {**self._card(), **texts, "field": self._asked()}
        return self.parts.keys("ask", ASK_KEYS, values, ("field", "question", "whom", "why"))

    def _guard(self) -> Schema:
        bilingual = self.parts.bilingual()
        several = self.parts.one_or_more
        values = {
            "effect": self.parts.choice("effect", get_args(get_type_hints(Guard)["effect"])),
            "rules": several(self.rule_id()),
            "clusters": several(self._cluster()),
            "sources": several(self._tactic()),
            "parties": several(self.parts.choice("party", PARTIES)),
            "reason": bilingual,
            "do": bilingual,
            "person": self._alias(),
        }
        schema = self.parts.keys("guard", GUARD_KEYS, values, ("reason",))
        named = {"type": ["string", "array"], "minItems": 1}
        error = self.words.text(sentence("governs_nothing", keys=", ".join(_GOVERNED)))
        rewrites = {"required": ["effect"], "properties": {"effect": {"const": "rewrite"}}}
        schema["allOf"] = [
            at_least_one(_GOVERNED, error, named),
            {"if": rewrites, "then": {"required": ["do"]}},
        ]
        return schema

    def _alias(self) -> Schema:
        """The alias of a person: any name but that of another entity."""
        others = patterns.one_of((name for name in self.vocabulary.entities if name != "stakeholder"), form=False)
        pattern = patterns.whole(rf"(?!{others}\s*$){patterns.NAME}")
        return self.parts.ref("alias", lambda: {"type": "string", "pattern": pattern, **TELLS_APART})

    def _due(self) -> Schema:
        def make() -> Schema:
            single = [e for e in self.vocabulary.entities.values() if not e.repeats]
            days = [field for e in single for field in e.fields.values() if field.type == "date"]
            shift = rf"(?:\s*[+-]\s*{patterns.DIGIT}{{1,3}}d)?"
            keys = patterns.one_of((field.key for field in days), form=False)
            forms = rf"today|{patterns.DIGIT}{{1,3}}\s*[dw]|{keys}{shift}"
            about = {word: self.words.say("choices", "due", word) for word in ("today", "3d", "1w")}
            about |= {field.key: self.words.text(field.label) for field in days}
            return self.parts.named(about, patterns.whole(forms), sentence("bad_due"))

        return self.parts.ref("due", make)

    # Fields of aliases

    def _asked(self) -> Schema:
        single, repeated = self._by_kind()
        known = {field.key: self.words.text(field.label) for entity in single for field in entity.fields.values()}
        named = patterns.one_of((name for entity in repeated for name in entity.fields), form=False)
        pattern = patterns.whole(rf"{self._an_alias()}\.{named}|{patterns.one_of(known, form=False)}")
        return self.parts.named(known, pattern, sentence("bad_field"))

    def _conclude(self) -> Schema:
        single, repeated = self._by_kind()
        fields = [field for entity in single for field in entity.fields.values()]
        properties = {
            field.key: {"description": self.words.text(field.label), **beside(self._concluded(field))}
            | ({} if field.tier == "derived" else {"doNotSuggest": True})
            for field in fields
        }
        several = {
            patterns.whole(rf"{self._an_alias()}\.{name}"): {"anyOf": [self._concluded(field) for field in found]}
            for name, found in _by_name(repeated).items()
        }
        spaced = patterns.whole(patterns.one_of(properties, form=False))
        return {
            "type": "object",
            "minProperties": 1,
            "properties": properties,
            "patternProperties": {spaced: True, **several},
            "additionalProperties": False,
        }

    def _by_kind(self) -> tuple[list[Entity], list[Entity]]:
        """The entities that exist once, and those of which there are several."""
        entities = self.vocabulary.entities.values()
        return [e for e in entities if not e.repeats], [e for e in entities if e.repeats]

    def _an_alias(self) -> str:
        """An alias of a person or rival: any name but that of an entity that exists once."""
        single = patterns.one_of((entity.name for entity in self._by_kind()[0]), form=False)
        return rf"(?!{single}\.){patterns.NAME}"

    def _concluded(self, field: Field) -> Schema:
        """The value that a rule may conclude: one, known, and a date only as such."""
        if field.is_enum:
            pattern = rf"^(?!\s*{patterns.unknown()}\s*$)\s*{patterns.one_of(field.choice_by_name)}\s*$"
            flag = [self.parts.flag()] if is_flag(field) else []
            return self.parts.ref(
                f"{field.key}.concluded",
                lambda: {"anyOf": [self.facts.choice(field), {"type": "string", "pattern": pattern}, *flag]},
            )
        return self.parts.ref(f"concluded-{field.type}{f'-{field.unit}' if field.unit else ''}", self._plain(field))

    def _plain(self, field: Field) -> Callable[[], Schema]:
        def text(pattern: str) -> Schema:
            return {"type": "string", "pattern": patterns.whole(pattern)}

        def make() -> Schema:
            if field.type == "boolean":
                return {"anyOf": [self.facts.yes_or_no(), text(patterns.yes_or_no()), self.parts.flag()]}
            if field.type == "date":
                return text(patterns.absolute_date())
            if field.type in ("integer", "number", "map"):
                kind = "integer" if field.type == "integer" else "number"
                return {"anyOf": [{"type": kind}, text(patterns.number(field.unit))]}
            return {"anyOf": [text(rf"(?!{patterns.unknown()}\s*$)[\s\S]*"), {"type": "number"}, self.parts.flag()]}

        return make

    # Names of things in the rulebook

    def rule_id(self) -> Schema:
        """A rule; those known now are offered, and others allowed: a pack brings its own."""

        def make() -> Schema:
            known = {rule.id: self.words.text(rule.title) for rule in self.rulebook.rules}
            return self.parts.named(known, patterns.whole(ID.pattern), sentence("bad_id"))

        return self.parts.ref("rule-id", make)

    def _cluster(self) -> Schema:
        known = {cluster.name: self.words.text(cluster.label) for cluster in self.rulebook.clusters.values()}
        return self.parts.ref("cluster", lambda: self.parts.listed(known))

    def _tactic(self) -> Schema:
        known = {
            tactic.id: f"{self.words.text(tactic.document)}\n{self.words.text(tactic.section)}"
            for tactic in self.rulebook.tactics.values()
        }
        error = self.words.text(sentence("bad_tactic"))
        return self.parts.ref("tactic", lambda: {**self.parts.listed(known), "errorMessage": error})

    # Packs

    def _overrides(self) -> Schema:
        form = {"type": ["number", "string"], "pattern": patterns.whole(patterns.number())}
        number = self.parts.ref("any-number", lambda: form)
        known = {
            name: {"description": self._parameter(p), **beside(number)} for name, p in self.rulebook.parameters.items()
        }
        return {"type": "object", "properties": known, "additionalProperties": False}

    def _parameter(self, parameter: Parameter) -> str:
        value = self.words.text(sentence("built_in", value=f"{parameter.value:g}"))
        return f"{self.words.text(parameter.label)}\n{value}"

    def _change(self, kind: str, keys: Iterable[str]) -> Schema:
        values = {"rule": self.rule_id(), "reason": self._reason(), "when": self.conditions.when()}
        return self.parts.one_or_more(self.parts.keys(kind, keys, values, keys))

    def _reason(self) -> Schema:
        """A text, or one for each language."""
        texts = {lang: {"description": self.words.say("keys", "text", lang), **ANYTHING} for lang in Text._fields}
        either = at_least_one(texts, self.words.text(sentence("bad_text")), FILLED)
        mapping = {"type": "object", "properties": texts, **either}
        alone = {"type": ["string", "number"], "pattern": patterns.FILLED}
        return self.parts.ref("reason", lambda: {"anyOf": [alone, mapping]})


def _by_name(entities: Iterable[Entity]) -> dict[str, list[Field]]:
    """The fields of several entities by name."""
    found: dict[str, list[Field]] = {}
    for entity in entities:
        for field in entity.fields.values():
            found.setdefault(field.name, []).append(field)
    return found
