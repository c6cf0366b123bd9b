"""Tests, heads and due dates of rules as texts that the rule reader takes back to what they were."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from playbook.load.tables.columns import Head, table_word
from playbook.load.tables.sheets import CellPlace
from playbook.load.tables.tablefile import test_node
from playbook.load.unarytest import read_test
from playbook.model.rules import Due, Pattern
from playbook.model.spelling import spell_test, spell_value
from playbook.model.unary import Is, OneOf, Operand, Test, Unknown
from playbook.model.vocabulary import Entity, Field, Lang

Spell = Callable[[Operand | None], str]
_NOWHERE = CellPlace("")
_COMMA = {"zh": "、", "en": ", "}


def written_test(test: Test, field: Field, lang: Lang = "") -> str:
    """A test as a cell of a table in `lang`, or as a rule file has it.

    Where labels would read as something else, keys or quotes stand instead. What no text can say
    comes out as the nearest text; the caller compares.
    """
    for text in _ways(test, field, lang):
        if read_test(test_node(text, field, _NOWHERE), field, lambda finding: None) == test:
            return text
    return spell_test(test)


def _ways(test: Test, field: Field, lang: Lang) -> Iterator[str]:
    labels = partial(written_value, field=field, lang=lang)
    if lang and field.is_enum and isinstance(test, OneOf) and all(isinstance(t, Is | Unknown) for t in test.tests):
        yield _COMMA[lang].join(spell_test(each, labels) for each in test.tests)
    yield spell_test(test, labels)
    yield spell_test(test)
    yield spell_test(test, lambda operand: _quoted(labels(operand)))
    yield spell_test(test, lambda operand: _quoted(_quoted(spell_value(operand))))


def written_value(value: Operand | None, field: Field, lang: Lang = "") -> str:
    """A value by its label in `lang`, or as a rule file names it; None is what is not known."""
    if not lang:
        return spell_value(value)
    if value is None:
        return table_word("unknown", lang)
    if isinstance(value, bool):
        return table_word("yes" if value else "no", lang)
    if field.is_enum and isinstance(value, str):
        return field.label_of[value].get(lang)
    return spell_value(value)


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'


def head_of(pattern: Pattern) -> Head:
    """What a pattern is about, in the parts that a header shows."""
    own_name = pattern.alias in ("", pattern.entity) or "#" in pattern.alias
    limit = {"one": "", "each": "", "fields": "at least", "few fields": "fewer than"}.get(
        pattern.quantifier, pattern.quantifier
    )
    counted = limit in ("at least", "fewer than")
    return Head(
        pattern.entity,
        "" if own_name else pattern.alias,
        limit,
        spell_value(pattern.number) if counted else "",
        pattern.quantifier in ("fields", "few fields"),
    )


def fields_tested(pattern: Pattern, entity: Entity) -> list[tuple[str, Field, Test]]:
    """The tests of a pattern by field, those of all its numbered fields (`p1` … `p9`) as one of `p*`."""
    tests = [(name, entity.fields[name], test) for name, test in pattern.tests]
    prefix = re.match(r"[a-z_]+(?=\d)", tests[0][0]) if tests and head_of(pattern).of else None
    if prefix and len({test for _, test in pattern.tests}) == 1:
        every = [name for name in entity.fields if re.fullmatch(re.escape(prefix[0]) + r"\d.*", name)]
        if [name for name, _ in pattern.tests] == every:
            return [(f"{prefix[0]}*", *tests[0][1:])]
    return tests


def written_due(due: Due) -> str:
    """`today`, `3d`, `visit.planned_date - 1d`."""
    if not due.field:
        return f"{due.days}d" if due.days else "today"
    return f"{due.field} {'-' if due.days < 0 else '+'} {abs(due.days)}d" if due.days else due.field
