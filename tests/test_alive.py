"""Every built-in rule is alive: there is a deal on which it fires, and each condition can silence it."""

from __future__ import annotations

from functools import cache

import pytest

from playbook.check.witness import candidates, near_misses
from playbook.evaluate.reference import Reference
from playbook.model.facts import Deal
from playbook.model.rules import Rule


@pytest.fixture(scope="module")
def fires(advisor):
    def check(rule: Rule, deal: Deal) -> bool:
        return any(activation.rule == rule.id for activation in advisor.evaluate(deal).activations)

    return check


@pytest.fixture(scope="module")
def witness(advisor, fires):
    @cache
    def find(ident: str) -> Deal | None:
        rule = advisor.rulebook.rule_by_id[ident]
        return next((d for d in candidates(advisor.rulebook, rule, advisor.today) if fires(rule, d)), None)

    return find


def test_every_rule_has_a_witness(advisor, witness):
    assert [rule.id for rule in advisor.rulebook.rules if witness(rule.id) is None] == []


def test_each_condition_has_a_near_miss(advisor, witness):
    """By the naive matcher, which is three times as fast; that both engines agree is tested elsewhere."""
    reference = Reference(advisor.rulebook, advisor.today)

    def fires(rule: Rule, deal: Deal) -> bool:
        return any(activation.rule == rule.id for activation in reference.evaluate(deal).activations)

    never_silent = []
    for rule in advisor.rulebook.rules:
        for number, condition in enumerate(rule.when):
            misses = near_misses(advisor.rulebook, condition, witness(rule.id), advisor.today)
            if all(fires(rule, deal) for deal in misses):
                never_silent.append(f"{rule.id}: condition {number + 1}")
    assert never_silent == []


def test_a_rule_that_can_never_fire_has_no_witness(advisor, fires, vocabulary):
    from playbook.load.rulefile import parse_rules

    text = """
- id: never
  title: {zh: 不可能, en: Impossible}
  when: [{deal: {stage: design}}, {deal: {stage: evaluation}}]
  advise: {kind: note, priority: low, do: {zh: 做, en: Do}, why: {zh: 因, en: Why}}
"""
    (rule,) = parse_rules(text, vocabulary, lambda finding: None)
    assert list(candidates(advisor.rulebook, rule, advisor.today)) == []
