"""The schema of sidecar tests: cases with a deal and what must come of it."""

from __future__ import annotations

from playbook.load.casefile import CARD_KEYS, CASE_KEYS, DAY, EXPECTED_KEYS, VARIANT_KEYS
from playbook.load.casefile import STATUSES as CARD_STATUSES
from playbook.model.rulebook import Rulebook
from playbook.model.rules import AUDIENCES
from playbook.model.vocabulary import Field
from playbook.render.schemas import patterns
from playbook.render.schemas.parts import TELLS_APART, Parts, Schema, at_least_one, beside, item_snippet, sentence
from playbook.render.schemas.rulefiles import RuleFiles


class Cases:
    """Makes the schema of sidecar tests, with its definitions in `parts`."""

    def __init__(self, rulebook: Rulebook, parts: Parts) -> None:
        self.vocabulary = rulebook.vocabulary
        self.parts = parts
        self.words = parts.words
        self.rules = RuleFiles(rulebook, parts)
        self.facts = self.rules.facts

    def cases(self) -> Schema:
        """A sidecar file: a list of cases."""
        case = self.parts.ref("case", self._case)
        return {"type": ["array", "null"], "items": case, "defaultSnippets": [item_snippet("case", self.words)]}

    def _case(self) -> Schema:
        day = patterns.whole(patterns.absolute_date())
        error = self.words.text(sentence("absolute_date"))
        values: dict[str, Schema] = {
            **self._expected(),
            "as_of": {"type": "string", "pattern": day, "patternErrorMessage": error, **TELLS_APART},
            "facts": self.facts.deal(),
            "variants": self.parts.one_or_more(self.parts.ref("variant", self._variant)),
        }
        schema = self.parts.keys("case", CASE_KEYS, values, ("name", "facts"))
        schema["properties"]["as_of"]["description"] = self.words.say("keys", "case", "as_of", day=DAY.isoformat())
        return schema | at_least_one((*EXPECTED_KEYS, "variants"), self.words.text(sentence("expects_nothing")))

    def _variant(self) -> Schema:
        values = {**self._expected(), "set": self._settings(stated=True)}
        schema = self.parts.keys("case", VARIANT_KEYS, values, ("set",))
        schema |= at_least_one(EXPECTED_KEYS, self.words.text(sentence("expects_nothing")))
        return {**schema, "title": self.words.say("titles", "variant")}

    def _expected(self) -> dict[str, Schema]:
        rules = self.parts.one_or_more(self.rules.rule_id())
        card = self.parts.one_or_more(self.parts.ref("card", self._card))
        known = {"propertyNames": self.rules.rule_id(), "additionalProperties": card}
        name = {"type": "object", "properties": {lang: self.parts.word() for lang in ("zh", "en")}}
        return {
            "name": {"anyOf": [self.parts.word(), name]},
            "fires": rules,
            "silent": rules,
            "concludes": self._settings(stated=False),
            "cards": {"type": "object", **known},
            "for": self.parts.choice("audience", AUDIENCES),
        }

    def _card(self) -> Schema:
        values = {
            "status": self.parts.choice("card_status", CARD_STATUSES),
            "person": self.parts.word(),
            "do": self.parts.word(),
            "held_by": self.rules.rule_id(),
        }
        return self.parts.keys("card", CARD_KEYS, values, ())

    def _settings(self, stated: bool) -> Schema:
        """Facts by `entity.field` or `entity[name].field`, in names of either language."""

        def make() -> Schema:
            entities = [e for e in self.vocabulary.entities.values() if e.stated or not stated]
            fields = [field for entity in entities for field in entity.fields.values()]
            offered = [f for f in fields if stated or f.tier == "derived"]
            single = [f for f in offered if not self.vocabulary.entities[f.entity].repeats]
            return {
                "type": "object",
                "properties": {f.key: self._setting(f) for f in single},
                "patternProperties": {self._place(f): self._setting(f) for f in fields},
                "additionalProperties": False,
            }

        return self.parts.ref("settings" if stated else "conclusions", make)

    def _setting(self, field: Field) -> Schema:
        value = self.facts.setting(field)
        return self.parts.ref(f"{field.key}.setting", lambda: self.facts.about(field, beside(value)))

    def _place(self, field: Field) -> str:
        by_name = self.vocabulary.entities[field.entity].field_by_name
        entities = patterns.one_word(
            n for n, entity in self.vocabulary.entity_by_name.items() if entity == field.entity
        )
        names = patterns.one_word(n for n, other in by_name.items() if other == field.name)
        return patterns.whole(rf"{patterns.one_of(entities)}(?:\[[\s\S]+?\])?\.{patterns.one_of(names)}")
