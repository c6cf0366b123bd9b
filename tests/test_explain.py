"""Why a card is there, why another is not, and what a change of facts would do."""

from __future__ import annotations

import pytest

from playbook.advise.difference import difference
from playbook.advise.explain import Explainer
from playbook.advise.words.wording import Wording
from playbook.errors import UsageError
from playbook.load.supposition import with_settings
from playbook.render.report import tree

INQUIRY = """
deal: {name: 法兰询价, stage: evaluation, expected_decision_date: +5d,
       inquiry_signals: {value: [price_only, fast_decision], source: 询价邮件, date: -1d}}
account: {name: 华砺机械}
"""


@pytest.fixture
def explainer(advisor, deal_of):
    def make(text, lang="zh"):
        evaluation = advisor.evaluate(deal_of(text))
        return Explainer(advisor.rulebook, evaluation, Wording(advisor.rulebook.vocabulary, lang, advisor.today))

    return make


def activation(explainer, rule):
    return next(a for a in explainer.evaluation.activations if a.rule == rule)


def test_why_goes_through_concluded_facts_down_to_stated_ones(explainer):
    found = explainer(INQUIRY)
    text = tree(found.why(activation(found, "quote-same-day-for-fast-decision")))
    lines = text.splitlines()
    assert "内在价值型（由规则推出）" in text
    assert "signals-point-to-intrinsic" in text
    assert any("询价邮件" in line and "11月20日" in line for line in lines)


def test_why_in_english(explainer):
    found = explainer(INQUIRY, "en")
    text = tree(found.why(activation(found, "quote-same-day-for-fast-decision")))
    assert "Intrinsic value (concluded)" in text


def test_why_not_names_the_first_failing_condition_and_the_nearest_change(explainer, rulebook):
    found = explainer(
        "deal: {name: 甲, stage: design}\nstakeholders: [{name: 周总, is_final_decider: yes}, {name: 李工}]\n"
    )
    answer = found.why_not(rulebook.rule_by_id["decision-gate-open"])
    assert answer.failure is not None
    assert any("周总" in change for change in answer.failure.changes)
    assert not any("李工" in change for change in answer.failure.changes)


def test_why_not_of_a_rule_that_fires_has_no_failure(explainer, rulebook):
    found = explainer(INQUIRY)
    assert found.why_not(rulebook.rule_by_id["quote-same-day-for-fast-decision"]).failure is None


def test_why_not_follows_the_longest_match_over_several_people(explainer, rulebook):
    rule = rulebook.rule_by_id["reach-top-decision-maker-through-coach"]
    text = """
deal: {name: 乙, stage: evaluation, amount_cny: 900万}
stakeholders: [{name: 吴总, is_final_decider: yes, contact_status: none}, {name: 小赵}]
"""
    answer = explainer(text).why_not(rule)
    assert len(answer.holding) == 2
    assert "教练" in answer.failure.condition


def test_what_if_shows_what_appears_and_goes(advisor, deal_of):
    deal = deal_of(
        "deal: {name: 丙, stage: evaluation, amount_cny: 900万}\n"
        "stakeholders: [{name: 吴总, is_final_decider: yes, contact_status: none, influence: 9}]\n"
    )
    changed = with_settings(
        deal, ["关键人[吴总].接触程度=常来往", "stakeholder[1].stance=ally"], advisor.rulebook.vocabulary
    )
    found = difference(advisor.brief(deal), advisor.brief(changed))
    assert "决定门" in found.opened
    assert any(card.cluster == "top-decider" for card in found.disappears)
    assert found.readiness[1] > found.readiness[0]


def test_what_if_with_the_same_value_changes_nothing(advisor, deal_of):
    deal = deal_of(INQUIRY)
    same = with_settings(deal, ["deal.stage=招标评估"], advisor.rulebook.vocabulary)
    found = difference(advisor.brief(deal), advisor.brief(same))
    assert found.appears == found.disappears == found.moves == ()


def test_what_if_can_take_a_fact_away_and_set_several_values(advisor, deal_of):
    deal = deal_of(INQUIRY)
    changed = with_settings(
        deal,
        ["deal.inquiry_signals=asks_service,求选型使用指导", "deal.expected_decision_date=unknown"],
        advisor.rulebook.vocabulary,
    )
    facts = {fact.field: fact.content for fact in changed.facts}
    assert facts["inquiry_signals"] == ("asks_service", "asks_guidance")
    assert "expected_decision_date" not in facts


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("stage", "U001"),
        ("dael.stage=need", "U002"),
        ("deal.stge=need", "U003"),
        ("stakeholder[张三].stance=ally", "U004"),
        ("deal.stage=neeed", "U005"),
    ],
)
def test_what_if_says_what_is_wrong_with_a_setting(advisor, deal_of, setting, code):
    with pytest.raises(UsageError) as caught:
        with_settings(deal_of(INQUIRY), [setting], advisor.rulebook.vocabulary)
    assert caught.value.findings[0].code == code
    assert caught.value.findings[0].text("zh")
    assert caught.value.findings[0].text("en")
