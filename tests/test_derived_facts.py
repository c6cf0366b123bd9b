"""What follows from stated facts by arithmetic, and what stays unknown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from playbook.evaluate.derive import working_memory
from playbook.load.deal import parse_deal
from playbook.model.facts import WorkingMemory
from playbook.model.vocabulary import Vocabulary

HEAD = "deal: {name: 临湖医院新院区照明, stage: design}\n"

Memory = Callable[[str], WorkingMemory]


@pytest.fixture
def memory(vocabulary: Vocabulary, today: date) -> Memory:
    return lambda text: working_memory(parse_deal(HEAD + text, vocabulary, today), vocabulary)


def known(memory: WorkingMemory, key: str) -> Any:
    """The content of `entity.field`, or of `entity[2].field`; None when unknown."""
    entity, _, name = key.partition(".")
    entity, _, position = entity.rstrip("]").partition("[")
    return memory.get((entity, int(position or 0)), name)


def origin(memory: WorkingMemory, key: str) -> str:
    entity, _, name = key.partition(".")
    fact = memory.fact((entity, 0), name)
    assert fact is not None
    return fact.origin


# Support


def test_support_is_weighted_by_influence(memory: Memory) -> None:
    wm = memory("""
stakeholders:
  - {name: 谢明远, influence: 10, stance: 中立}
  - {name: 梁海波, influence: 6, stance: 支持}
  - {name: 郑国强, influence: 4, stance: ally}
""")
    assert known(wm, "account.support_coverage_pct") == 50
    assert origin(wm, "account.support_coverage_pct") == "computed"


def test_somebody_whose_stance_is_unknown_does_not_support_us(memory: Memory) -> None:
    wm = memory("stakeholders: [{name: 甲, influence: 9}, {name: 乙, influence: 1, stance: supporter}]")
    assert known(wm, "account.support_coverage_pct") == 10


def test_somebody_without_a_known_influence_weighs_nothing(memory: Memory) -> None:
    wm = memory("stakeholders: [{name: 甲, stance: opponent}, {name: 乙, influence: 5, stance: supporter}]")
    assert known(wm, "account.support_coverage_pct") == 100


@pytest.mark.parametrize("people", ["", "stakeholders: []", "stakeholders: [{name: 甲, stance: supporter}]"])
def test_without_influence_the_support_is_unknown(memory: Memory, people: str) -> None:
    assert known(memory(people), "account.support_coverage_pct") is None


def test_a_stated_support_wins(memory: Memory) -> None:
    wm = memory("account: {support_coverage_pct: 35}\nstakeholders: [{name: 甲, influence: 5, stance: ally}]")
    assert known(wm, "account.support_coverage_pct") == 35
    assert origin(wm, "account.support_coverage_pct") == "stated"


# Days


@pytest.mark.parametrize(("deadline", "days"), [("+9d", 9), ("today", 0), ("-2d", -2), ("2026-12-01", 10)])
def test_days_left_until_the_bid_deadline(memory: Memory, deadline: str, days: int) -> None:
    assert known(memory(f"bid: {{deadline: {deadline}}}"), "bid.days_left") == days


def test_days_left_are_unknown_without_a_deadline(memory: Memory) -> None:
    assert known(memory("bid: {deadline: 未知}"), "bid.days_left") is None


def test_a_stated_number_of_days_left_wins(memory: Memory) -> None:
    assert known(memory("bid: {deadline: +9d, days_left: 5}"), "bid.days_left") == 5


def test_the_dated_stage_tells_how_long_the_deal_has_stood_there(vocabulary: Vocabulary, today: date) -> None:
    text = "deal: {name: 临湖, stage: {value: design, date: -18d}, top3_ksf: {value: [防眩光, 总价], date: -8d}}"
    wm = working_memory(parse_deal(text, vocabulary, today), vocabulary)
    assert known(wm, "deal.days_in_stage") == 18
    assert known(wm, "deal.ksf_checked_days") == 8
    assert known(wm, "loss.days_since") is None


def test_a_dated_loss_tells_how_long_ago_it_was(vocabulary: Vocabulary, today: date) -> None:
    text = "deal: {name: 临湖, stage: {value: 已丢单, date: 2026-11-01}}"
    wm = working_memory(parse_deal(text, vocabulary, today), vocabulary)
    assert known(wm, "loss.days_since") == 20


def test_an_undated_stage_tells_nothing(memory: Memory) -> None:
    wm = memory("")
    assert known(wm, "deal.days_in_stage") is None
    assert known(wm, "deal.ksf_checked_days") is None


# Information points and rivals


def test_age_and_sources_of_the_information_points_come_from_their_evidence(memory: Memory) -> None:
    wm = memory("""
info:
  p1_push_steps: {value: 听说, source: 梁海波}
  p5_funds_credit: {value: 多源验证, source: [财务科长, 设计院], date: -12d}
  p8_competitors: {value: 单一来源, date: -70d}
  p9_success_factors: 听说
""")
    ages, sources = wm.fact(("info", 0), "age_days"), wm.fact(("info", 0), "source_count")
    assert ages is not None
    assert sources is not None
    assert dict(zip(ages.keys, ages.content, strict=True)) == {"p5": 12, "p8": 70}  # type: ignore[arg-type]
    assert dict(zip(sources.keys, sources.content, strict=True)) == {"p1": 1, "p5": 2}  # type: ignore[arg-type]


def test_points_without_evidence_have_no_age_and_no_sources(memory: Memory) -> None:
    wm = memory("info: {p1_push_steps: 听说, external_channels: {value: [设计院], source: 苏航, date: -3d}}")
    assert known(wm, "info.age_days") is None
    assert known(wm, "info.source_count") is None


def test_stated_ages_win(memory: Memory) -> None:
    wm = memory("info: {age_days: {p5: 90}, p5_funds_credit: {value: 听说, date: -3d}}")
    assert known(wm, "info.age_days") == (90,)


def test_what_we_know_of_a_rival_is_as_old_as_the_newest_evidence(memory: Memory) -> None:
    wm = memory("""
competitors:
  - {name: 澄光智控, strengths: {value: [单灯控制], date: -40d}, wrote_spec: {value: 有, date: -12d}}
  - {name: 华灯}
""")
    assert known(wm, "competitor[0].info_age_days") == 12
    assert known(wm, "competitor[1].info_age_days") is None


# Visits


VISITS = """
stakeholders: [{name: 梁海波}, {name: 郑国强}, {name: 谢明远, last_contact_days: 3}, {name: 未见过的人}]
visits:
  - {planned_date: -100d, with: [梁海波, 谢明远], commitment: 下单}
  - {planned_date: -30d, with: 郑国强, commitment: 有具体推进动作}
  - {planned_date: -10d, with: [梁海波], commitment: 仅说再联系}
  - {planned_date: +2d, with: [郑国强]}
"""


def test_the_last_contact_is_the_latest_past_visit_with_that_person(memory: Memory) -> None:
    wm = memory(VISITS)
    assert known(wm, "stakeholder[0].last_contact_days") == 10
    assert known(wm, "stakeholder[1].last_contact_days") == 30


def test_a_stated_last_contact_wins_and_an_unseen_person_has_none(memory: Memory) -> None:
    wm = memory(VISITS)
    assert known(wm, "stakeholder[2].last_contact_days") == 3
    assert known(wm, "stakeholder[3].last_contact_days") is None


def test_progress_is_the_latest_visit_with_a_commitment_to_act(memory: Memory) -> None:
    assert known(memory(VISITS), "deal.last_progress_days") == 30


def test_visits_of_the_last_ninety_days_are_counted(memory: Memory) -> None:
    assert known(memory(VISITS), "visit.count_90d") == 2


@pytest.mark.parametrize("visits", ["", "visits: [{planned_date: +2d, with: [梁海波]}]", "visit: {with: [梁海波]}"])
def test_without_past_visits_nothing_follows_from_them(memory: Memory, visits: str) -> None:
    wm = memory(f"stakeholders: [{{name: 梁海波}}]\n{visits}")
    for key in ("stakeholder.last_contact_days", "deal.last_progress_days", "visit.count_90d"):
        assert known(wm, key) is None


def test_visits_without_progress_leave_the_last_progress_unknown(memory: Memory) -> None:
    wm = memory("visits: [{planned_date: -5d, commitment: continuation}, {planned_date: -9d}]")
    assert known(wm, "deal.last_progress_days") is None
    assert known(wm, "visit.count_90d") == 2


# Funnel and forecast


def test_the_funnel_covers_the_remaining_quota(memory: Memory) -> None:
    wm = memory("rep: {quota_cny: 1200万, actual_cny: 200万, funnel_value_cny: 2500万}")
    assert known(wm, "rep.funnel_coverage") == 2.5


@pytest.mark.parametrize(
    "rep",
    [
        "{quota_cny: 1200万, actual_cny: 200万}",
        "{actual_cny: 200万, funnel_value_cny: 2500万}",
        "{quota_cny: 1200万, funnel_value_cny: 2500万}",
        "{quota_cny: 1200万, actual_cny: 1200万, funnel_value_cny: 2500万}",
        "{quota_cny: 0, actual_cny: 0, funnel_value_cny: 2500万}",
    ],
)
def test_coverage_is_unknown_without_every_input_or_with_nothing_left_to_cover(memory: Memory, rep: str) -> None:
    assert known(memory(f"rep: {rep}"), "rep.funnel_coverage") is None


@pytest.mark.parametrize(
    ("forecast", "actual", "accuracy"),
    [("100万", "80万", 80), ("100万", "120万", 80), ("100万", "0", 0), ("100万", "500万", 0), ("100万", "100万", 100)],
)
def test_forecast_accuracy(memory: Memory, forecast: str, actual: str, accuracy: int) -> None:
    wm = memory(f"rep: {{forecast_cny: {forecast}, actual_cny: {actual}}}")
    assert known(wm, "rep.forecast_accuracy_pct") == accuracy


@pytest.mark.parametrize("rep", ["{forecast_cny: 100万}", "{actual_cny: 100万}", "{forecast_cny: 0, actual_cny: 5万}"])
def test_accuracy_is_unknown_without_a_forecast_and_a_result(memory: Memory, rep: str) -> None:
    assert known(memory(f"rep: {rep}"), "rep.forecast_accuracy_pct") is None


def test_stated_figures_of_the_rep_win(memory: Memory) -> None:
    wm = memory(
        "rep: {quota_cny: 1200万, actual_cny: 200万, funnel_value_cny: 2500万, funnel_coverage: 3.2倍, "
        "forecast_cny: 100万, forecast_accuracy_pct: 66%}"
    )
    assert (known(wm, "rep.funnel_coverage"), known(wm, "rep.forecast_accuracy_pct")) == (3.2, 66)


def test_a_fact_stated_as_unknown_is_still_computed(memory: Memory) -> None:
    assert known(memory("bid: {deadline: +9d, days_left: 未知}"), "bid.days_left") == 9
