"""What the checks claim about conditions holds on every deal: contradictions never fire, implications always follow."""

from __future__ import annotations

from itertools import permutations

import pytest
from generator import TODAY
from hypothesis import HealthCheck, assume, given, settings
from strategies import Case, cases

from playbook.check.logic import Logic
from playbook.check.similarity import shingles
from playbook.evaluate.reference import Reference
from playbook.load.rulefile import parse_rules
from playbook.load.unarytest import read_test
from playbook.load.yamlsource import Scalar
from playbook.model.facts import WorkingMemory, values_of
from playbook.model.rules import patterns_of
from playbook.model.spelling import spell_test

PROFILE = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


def has_conflict(memory: WorkingMemory) -> bool:
    """Whether rules concluded different values for a field of one value; such a field passes any of their tests."""
    return any(f.origin == "concluded" and isinstance(f.content, tuple) for f in memory.facts.values())


def is_in_range(case: Case) -> bool:
    """Whether a deal file could hold the numbers of the deals."""
    entities = case.rulebook.vocabulary.entities
    for fact in (fact for deal in case.deals for fact in deal.facts):
        bounds = entities[fact.item[0]].fields[fact.field].range
        if bounds and not all(bounds[0] <= float(str(v)) <= bounds[1] for v in values_of(fact.content)):
            return False
    return True


@settings(PROFILE, max_examples=400)
@given(cases(deals=3))
def test_what_is_called_impossible_never_fires_and_what_is_implied_does(case: Case) -> None:
    assume(is_in_range(case))
    logic = Logic(case.rulebook, TODAY)
    rules = case.rulebook.rules
    impossible = {
        rule.id
        for rule in rules
        if (found := logic.conjunctions(rule.when)) and all(logic.contradiction(c) for c in found)
    }
    implied = [(a.id, b.id) for a, b in permutations(rules, 2) if logic.implies(a.when, b.when)]
    apart = [(a.id, b.id) for a, b in permutations(rules, 2) if not logic.may_hold_together(a.when, b.when)]
    for deal in case.deals:
        evaluation = Reference(case.rulebook, TODAY).evaluate(deal)
        assume(not has_conflict(evaluation.memory))
        fired = {activation.rule for activation in evaluation.activations}
        assert not impossible & fired
        assert not [pair for pair in implied if pair[0] in fired and pair[1] not in fired]
        assert not [pair for pair in apart if set(pair) <= fired]


def rules_of(vocabulary, *conditions: str):
    text = "".join(
        f"- id: rule-{number}\n  title: {{zh: 规则, en: Rule}}\n  when:\n    {when}\n"
        "  conclude: {deal.risk_level: high}\n"
        for number, when in enumerate(conditions, 1)
    )
    findings = []
    rules = parse_rules(text, vocabulary, findings.append)
    assert findings == []
    return rules


@pytest.mark.parametrize(
    ("strong", "weak", "follows"),
    [
        ("- deal: {stage: design}", "- deal: {stage: need..evaluation}", True),
        ("- deal: {stage: need..evaluation}", "- deal: {stage: design}", False),
        ("- deal: {stage: design, amount_cny: '> 500万'}", "- deal: {amount_cny: '>= 100万'}", True),
        ("- deal: {amount_cny: '> 500万'}", "- deal: {amount_cny: known}", True),
        ("- account: {funds_status: tight}", "- account: {funds_status: 'not [adequate, strong]'}", True),
        ("- stakeholder as a: {stance: ally, level: decision}", "- stakeholder as b: {stance: ally}", True),
        ("- stakeholder as a: {stance: ally}", "- at least 1 stakeholder: {stance: ally}", True),
        ("- stakeholder as a: {stance: ally}", "- at least 2 stakeholder: {stance: ally}", False),
        ("- no stakeholder: {level: decision}", "- no stakeholder: {level: decision, stance: ally}", True),
        ("- no stakeholder: {level: decision, stance: ally}", "- no stakeholder: {level: decision}", False),
        ("- at least 3 stakeholder: {stance: ally}", "- at least 2 stakeholder: {stance: [supporter, ally]}", True),
        ("- all stakeholder: {stance: ally}", "- all stakeholder: {stance: [supporter, ally]}", True),
        ("- any: [{deal: {stage: need}}, {deal: {stage: design}}]", "- deal: {stage: need..design}", True),
        ("- deal: {stage: design}", "- any: [{deal: {stage: need}}, {deal: {stage: design}}]", True),
    ],
)  # fmt: skip
def test_implication(vocabulary, rulebook, today, strong, weak, follows):
    first, second = rules_of(vocabulary, strong, weak)
    assert Logic(rulebook, today).implies(first.when, second.when) is follows


@pytest.mark.parametrize(
    ("conditions", "possible"),
    [
        ("- deal: {stage: design}\n    - deal: {stage: '>= evaluation'}", False),
        ("- deal: {stage: design}\n    - deal: {stage: '<= evaluation'}", True),
        ("- deal: {amount_cny: '> 500万'}\n    - deal: {amount_cny: '< 100万'}", False),
        ("- stakeholder as a: {stance: ally}\n    - no stakeholder: {stance: [supporter, ally]}", False),
        ("- stakeholder as a: {stance: ally}\n    - no stakeholder: {stance: ally, level: decision}", True),
        ("- at least 2 stakeholder: {stance: ally}\n    - fewer than 2 stakeholder: {stance: ally}", False),
        ("- stakeholder as a: {stance: ally}\n    - fewer than 2 stakeholder: {stance: ally}", True),
        ("- deal: {inquiry_signals: price_only}\n    - deal: {inquiry_signals: fast_decision}", True),
        ("- deal: {inquiry_signals: unknown}\n    - deal: {inquiry_signals: fast_decision}", False),
    ],
)
def test_contradiction(vocabulary, rulebook, today, conditions, possible):
    (rule,) = rules_of(vocabulary, conditions)
    logic = Logic(rulebook, today)
    (conjunction,) = logic.conjunctions(rule.when)
    assert (logic.contradiction(conjunction) is None) is possible


def test_every_test_of_the_built_in_rules_is_spelt_as_it_could_be_written(rulebook, vocabulary):
    for rule in rulebook.rules:
        for pattern in patterns_of(rule.when):
            for name, test in pattern.tests:
                field = vocabulary.entities[pattern.entity].fields[name]
                findings = []
                assert read_test(Scalar(spell_test(test), rule.at), field, findings.append) == test
                assert findings == []


def test_alike_texts_share_their_words_whatever_the_names():
    one = "三天内请{{ boss.name }}的财务科长确认这笔钱哪天到账。"
    other = "三天内请{{ account.name or '客户' }}的财务科长确认这笔钱哪天到账！"
    assert shingles(one) == shingles(other)
    assert shingles("Ask the head of finance") & shingles("ask the Head of sales") == {("ask", "the"), ("the", "head"), ("head", "of")}  # fmt: skip  # noqa: E501
