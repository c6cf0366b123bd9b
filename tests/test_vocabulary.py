"""The fact vocabulary is the agreed model, and everything in it can be named in both languages."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from playbook.model.values import TYPE_NAMES, UNITS, fold, is_unknown
from playbook.model.vocabulary import Field, Vocabulary

AGREED = json.loads((Path(__file__).parent / "data" / "agreed_facts.json").read_text(encoding="utf-8"))


def fields_of(vocabulary: Vocabulary) -> list[Field]:
    return [field for entity in vocabulary.entities.values() for field in entity.fields.values()]


def test_the_agreed_model_is_there_exactly(vocabulary: Vocabulary) -> None:
    ours = {
        field.key: {"type": field.type, **({"values": list(field.label_of)} if field.choices else {})}
        for field in fields_of(vocabulary)
        if field.entity != "gate"
    }
    assert len(ours) == 237
    assert ours == AGREED


def test_the_only_entity_of_our_own_is_the_gate(vocabulary: Vocabulary) -> None:
    agreed = {key.split(".")[0] for key in AGREED}
    assert set(vocabulary.entities) - agreed == {"gate"}
    assert agreed <= set(vocabulary.entities)
    assert not vocabulary.entities["gate"].stated


def test_lists_are_the_people_the_rivals_and_the_visits(vocabulary: Vocabulary) -> None:
    assert {e.name: e.list_key for e in vocabulary.entities.values() if e.list_key} == {
        "stakeholder": "stakeholders",
        "competitor": "competitors",
        "visit": "visits",
    }
    assert [e.name for e in vocabulary.entities.values() if e.repeats] == ["stakeholder", "competitor"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_label_is_written_and_unique_within_its_entity(vocabulary: Vocabulary, lang: str) -> None:
    for entity in vocabulary.entities.values():
        labels = Counter(fold(getattr(field.label, lang)) for field in entity.fields.values())
        assert "" not in labels, entity.name
        assert not [label for label, times in labels.items() if times > 1], entity.name
        assert getattr(entity.label, lang)


def test_no_label_is_the_key_of_another_field(vocabulary: Vocabulary) -> None:
    for entity in vocabulary.entities.values():
        for field in entity.fields.values():
            for label in (field.label.zh, field.label.en):
                assert entity.field_by_name[fold(label)] == field.name


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_choice_has_a_label_that_no_other_choice_has(vocabulary: Vocabulary, lang: str) -> None:
    for field in fields_of(vocabulary):
        labels = Counter(fold(getattr(text, lang)) for _, text in field.choices)
        assert "" not in labels, field.key
        assert not [label for label, times in labels.items() if times > 1], field.key


def test_every_choice_is_found_by_its_key_and_both_labels(vocabulary: Vocabulary) -> None:
    for field in fields_of(vocabulary):
        for value, text in field.choices:
            names = (value, text.zh, text.en)
            assert [field.choice_by_name[fold(name)] for name in names] == [value] * 3, field.key


def test_only_the_choice_unknown_is_called_unknown(vocabulary: Vocabulary) -> None:
    for field in fields_of(vocabulary):
        for value, text in field.choices:
            says_unknown = [is_unknown(name) for name in (value, text.zh, text.en)]
            assert not any(says_unknown) or value == "unknown", (field.key, value)


def test_every_order_ranks_values_of_its_field_once(vocabulary: Vocabulary) -> None:
    for field in fields_of(vocabulary):
        assert set(field.order) <= set(field.label_of), field.key
        assert len(set(field.order)) == len(field.order), field.key


def test_enums_have_choices_and_nothing_else_has(vocabulary: Vocabulary) -> None:
    assert [field.key for field in fields_of(vocabulary) if bool(field.choices) != field.is_enum] == []


def test_types_units_and_tiers_are_ones_that_the_reader_knows(vocabulary: Vocabulary) -> None:
    for field in fields_of(vocabulary):
        assert field.type in TYPE_NAMES, field.key
        assert field.unit in UNITS, field.key
        assert field.tier in ("core", "quick", "optional", "derived"), field.key
