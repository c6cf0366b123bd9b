"""The schema of conditions: pattern heads, and the unary tests that each field takes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from playbook.load.conditions import RESERVED
from playbook.model.rulebook import Rulebook
from playbook.model.values import TYPE_NAMES
from playbook.model.vocabulary import Entity, Field, Text
from playbook.render.schemas import patterns
from playbook.render.schemas.facts import Facts, is_flag
from playbook.render.schemas.parts import Parts, Schema, alias_of, beside, sentence

_NUMBERED = re.compile(r"([a-z]\w*?)\d")
_NUMBERS = ("integer", "number", "map")
_SUGGESTED_COUNT = "2"


class Conditions:
    """Makes schemas of conditions, with their definitions in `parts`."""

    def __init__(self, rulebook: Rulebook, facts: Facts, parts: Parts) -> None:
        self.rulebook = rulebook
        self.vocabulary = rulebook.vocabulary
        self.facts = facts
        self.parts = parts
        self.words = parts.words

    def when(self) -> Schema:
        """A list of conditions that must all hold."""
        return self.parts.ref("conditions", lambda: {"type": "array", "items": self.condition(), "minItems": 1})

    def condition(self) -> Schema:
        return self.parts.ref("condition", self._condition)

    def _condition(self) -> Schema:
        suggested: dict[str, Schema] = {}
        heads: dict[str, Schema] = {}
        for entity in self.vocabulary.entities.values():
            for quantifier, head, pattern in self._heads(entity):
                about = {"description": self.words.say("conditions", quantifier)}
                tests = self._tests(entity, counted=quantifier in ("fields", "few fields"))
                if head:
                    suggested[head] = {**about, "type": "object", **beside(tests)}
                heads[patterns.whole(pattern)] = tests
        about = {"description": self.words.say("conditions", "any")}
        suggested["any"] = {**about, "type": "array", "items": self._alternative(), "minItems": 1}
        return {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "properties": suggested,
            "patternProperties": heads | {patterns.whole("any"): {"type": "array", "minItems": 1}},
            "additionalProperties": False,
        }

    def _alternative(self) -> Schema:
        return {"anyOf": [self.condition(), self.when()]}

    def _heads(self, entity: Entity) -> Iterable[tuple[str, str, str]]:
        """The forms that a condition on an entity takes: quantifier, an example where useful, pattern."""
        names = (name for name, other in self.vocabulary.entity_by_name.items() if other == entity.name)
        name = patterns.one_of(patterns.one_word(names))
        taken = patterns.one_of([*RESERVED, *(e for e in self.vocabulary.entities if e != entity.name)], form=False)
        alias = rf"(?:\s+as\s+(?!{taken}\s*$){patterns.NAME})?"
        count = rf"(?:(?![0０]+\s){patterns.DIGIT}{{1,3}}|{self._parameter()})"
        if not entity.repeats:
            yield "one", entity.name, name
            example = f"at least {_SUGGESTED_COUNT} of {entity.name}" if self._starred(entity) else ""
            yield "fields", example, rf"at least {count}\s+of\s+{name}{alias}"
            yield "few fields", "", rf"fewer than {count}\s+of\s+{name}{alias}"
            return
        yield "each", f"{entity.name} as {alias_of(entity.name)}", f"{name}{alias}"
        yield "no", f"no {entity.name}", rf"no\s+{name}{alias}"
        yield "all", f"all {entity.name}", rf"all\s+{name}{alias}"
        for counted in ("at least", "fewer than"):
            yield counted, f"{counted} {_SUGGESTED_COUNT} {entity.name}", rf"{counted} {count}\s+{name}{alias}"

    def _starred(self, entity: Entity) -> dict[str, Field]:
        """Prefixes such as `p*` that stand for several fields with the same values, with one of those fields."""
        groups: dict[str, list[Field]] = {}
        for field in entity.fields.values():
            if match := _NUMBERED.match(field.name):
                groups.setdefault(f"{match[1]}*", []).append(field)
        alike = {name: found for name, found in groups.items() if len({field.choices for field in found}) == 1}
        return {name: found[0] for name, found in alike.items() if len(found) > 1}

    # Tests

    def _tests(self, entity: Entity, counted: bool) -> Schema:
        """The tests on an entity; where they are counted, a star stands for several fields."""
        plain = self.parts.ref(f"tests.{entity.name}", lambda: self._plain_tests(entity))
        if not counted:
            return plain
        return self.parts.ref(f"tests.{entity.name}.counted", lambda: self._counted_tests(entity))

    def _plain_tests(self, entity: Entity) -> Schema:
        return self.facts.fields(entity, {field.name: self.test(field) for field in entity.fields.values()})

    def _counted_tests(self, entity: Entity) -> Schema:
        schema = self._plain_tests(entity)
        schema["properties"] |= {prefix: self.test(field) for prefix, field in self._starred(entity).items()}
        schema["patternProperties"][r"^\s*[a-z0-9_]*\*\s*$"] = {"not": {"type": ["object", "null"]}}
        return schema

    def test(self, field: Field) -> Schema:
        """What may stand after a field's key in a condition."""
        return self.parts.ref(f"{field.key}.test", lambda: self._test(field))

    def _test(self, field: Field) -> Schema:
        ordered = _is_ordered(field)
        names = (name for entity in self.vocabulary.entities.values() for name in entity.fields)
        comparison = self.parts.ref(
            f"comparison{'-ordered' if ordered else ''}",
            lambda: {"type": "string", "pattern": patterns.comparison(ordered, names)},
        )
        return {
            "description": self.facts.described(field, *self._forms(field)),
            "anyOf": [self._item(field), comparison],
        }

    def _forms(self, field: Field) -> list[Text]:
        forms = [sentence("expected", type=TYPE_NAMES[field.type]), sentence("test")]
        if _is_ordered(field):
            forms.append(sentence("test_ordered"))
        if field.is_several:
            forms.append(sentence("test_several"))
        if field.type in _NUMBERS:
            forms.append(sentence("test_number"))
        return forms

    def _item(self, field: Field) -> Schema:
        """A test that may also stand in a list."""
        if field.is_enum:
            name = f"{field.key}.item"
        elif field.type in _NUMBERS:
            name = f"number{f'-{field.unit}' if field.unit else ''}{'-several' if field.is_several else ''}.item"
        else:
            name = f"{field.type}.item"

        def make() -> Schema:
            several = self.parts.several({"$ref": f"#/definitions/{name}"})
            return {"anyOf": [*self._single(field), {**several, "minItems": 1}]}

        return self.parts.ref(name, make)

    def _single(self, field: Field) -> list[Schema]:
        known = ["unknown"] if "known" in field.label_of else ["unknown", "known"]
        states = self.parts.ref("-or-".join(known), lambda: self.parts.choice("test", known))
        if field.is_enum:
            flag = [self.parts.flag()] if is_flag(field) else []
            return [self.facts.choice(field), states, self._pattern(field, self._enum(field)), *flag]
        if field.type == "boolean":
            return [self.facts.yes_or_no(), states, self._pattern(field, self._boolean()), self.parts.flag()]
        if field.type in _NUMBERS:
            return [{**self._pattern(field, self._number(field)), "type": ["string", "number"]}, states]
        if field.type == "date":
            return [self._pattern(field, self._date()), states]
        return [{**self._pattern(field, patterns.text_test()), "type": ["string", "number"]}, self.parts.flag(), states]

    def _pattern(self, field: Field, pattern: str) -> Schema:
        error = self.words.sentences(sentence("bad_test"), *self._forms(field))
        return {"type": "string", "pattern": pattern, "patternErrorMessage": error}

    def _enum(self, field: Field) -> str:
        names = list(field.choice_by_name)
        value = f"{patterns.one_of(names)}|{_states()}"
        outside = [name for name, choice in field.choice_by_name.items() if choice not in field.rank]
        outside += ["unknown"] if "known" in field.label_of else ["unknown", "known"]
        return patterns.unary(
            value,
            ordered=bool(field.order),
            several=field.is_several,
            unordered=patterns.one_of(outside),
            with_comma=[name for name in names if "," in name],
        )

    def _boolean(self) -> str:
        return patterns.unary(f"{patterns.yes_or_no()}|{_states()}", ordered=False)

    def _number(self, field: Field) -> str:
        plain, grouped = (patterns.number(field.unit, grouped=each) for each in (False, True))
        value = f"{self._parameter()}|{_states()}|{plain}"
        tests = patterns.unary(value, ordered=True, several=field.is_several, unordered=_states())
        alone = rf"^\s*(?:{patterns.any_form('not')}\s+)*(?:>=|<=|!=|[<>=≥≤])?\s*{grouped}(?:\s*\.\.\s*{grouped})?\s*$"
        return f"{tests}|{alone}"

    def _parameter(self) -> str:
        return rf"param\.{patterns.one_of(self.rulebook.parameters, form=False)}"

    def _date(self) -> str:
        older = rf"{patterns.any_form('older than')}\s+[0０]*{patterns.DIGIT}{{1,5}}\s*{patterns.any_form('d')}?"
        states = f"{older}|{patterns.one_of(['past', 'future'])}|{_states()}"
        return patterns.unary(f"{patterns.date()}|{states}", ordered=True, unordered=states)


def _states() -> str:
    return f"{patterns.unknown()}|{patterns.any_form('known')}"


def _is_ordered(field: Field) -> bool:
    return field.type in (*_NUMBERS, "date") or bool(field.order)
