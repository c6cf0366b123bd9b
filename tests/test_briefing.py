"""What a briefing puts on top, groups, holds back and leaves to others."""

from __future__ import annotations

import json

import pytest

from playbook.advise.advice import clip

LATE = """
deal: {name: 二期扩产项目, stage: evaluation, amount_cny: 800万, forecast_category: commit, win_prob_rep: 80}
account: {name: 东江纸业}
procurement: {method: rfq}
stakeholders:
  - {name: 何总, title: 总经理, is_final_decider: yes, contact_status: none, influence: 10, level: decision}
  - {name: 罗工, title: 设备主管, is_coach: yes, coach_verified: yes, stance: supporter, influence: 5,
     contact_status: trusted, function: user}
"""


def ids(cards):
    return [card.id for card in cards]


def shown(briefing, rule):
    return [card for card in briefing.activations if card.rule == rule and card.status == "shown"]


def test_the_unmet_decider_comes_first_late_in_a_deal(brief):
    briefing = brief(LATE)
    first = briefing.card(briefing.top[0])
    assert first.rule == "reach-top-decision-maker-through-coach"
    assert first.person == "何总"
    assert "罗工" in first.do


def test_the_top_three_are_different_things_due_this_week(brief, today):
    briefing = brief(LATE)
    cards = [briefing.card(ident) for ident in briefing.top]
    assert len(cards) == 3
    assert len({card.rule for card in cards}) == 3
    clusters = [card.cluster for card in cards if card.cluster]
    assert len(clusters) == len(set(clusters))
    assert all(0 <= (card.due - today).days <= 7 for card in cards)


def test_a_cluster_shows_its_best_card_and_marks_the_rest(brief):
    briefing = brief(LATE)
    deciders = [card for card in briefing.activations if card.cluster == "top-decider" and card.kind != "question"]
    assert [card.status for card in deciders].count("shown") == 1
    assert "clustered" in {card.status for card in deciders}
    best = max(deciders, key=lambda card: card.score)
    assert best.status == "shown"


def test_tender_evaluation_holds_back_meeting_the_decider(brief):
    tender = LATE.replace("method: rfq", "method: open_tender")
    briefing = brief(tender)
    card = next(c for c in briefing.activations if c.rule == "reach-top-decision-maker-through-coach")
    assert card.status == "guarded"
    assert card.id in briefing.held
    assert "招标投标法" in card.note
    assert not any("约见" in briefing.card(ident).do and "何总" in briefing.card(ident).do for ident in briefing.top)


def test_tender_evaluation_holds_back_every_word_with_the_customer_but_not_the_agent(brief):
    facts = LATE + "bid: {decision: bid}\n"
    tender, purchase = brief(facts.replace("method: rfq", "method: open_tender")), brief(facts)
    assert "ask-for-the-hard-date" in {purchase.card(ident).rule for ident in purchase.questions}
    shown = [tender.card(ident) for ident in (*tender.top, *tender.questions)]
    asked = [card for card in shown if card.kind == "question"]
    assert {card.rule for card in asked} == {"ask-bid-deadline"}
    assert not [card for card in tender.activations if card.kind == "talk-track" and card.status == "shown"]


def test_a_tender_that_is_lost_may_be_talked_over(brief):
    tender = LATE.replace("method: rfq", "method: open_tender")
    assert "no-private-contact-during-tender-evaluation" in {card.rule for card in brief(tender).activations}
    lost = brief(tender.replace("stage: evaluation,", "stage: evaluation, status: lost,"))
    assert "no-private-contact-during-tender-evaluation" not in {card.rule for card in lost.activations}


def test_the_same_guard_leaves_an_ordinary_purchase_alone(brief):
    card = next(c for c in brief(LATE).activations if c.rule == "reach-top-decision-maker-through-coach")
    assert card.status == "shown"
    assert card.held_by == ""


def test_an_unknown_method_in_evaluation_asks_for_the_method_before_the_meeting(brief):
    rule = "reach-top-decision-maker-through-coach"
    unknown = LATE.replace("procurement: {method: rfq}\n", "")
    (card,) = [c for c in brief(unknown).activations if c.rule == rule]
    assert card.status == "shown"
    assert "先核实采购方式" in card.do
    (known,) = [c for c in brief(LATE).activations if c.rule == rule]
    assert "先核实采购方式" not in known.do


def test_a_rewriting_guard_adds_the_legal_boundary_once(brief):
    deal = """
deal: {name: 园区照明, stage: design, amount_cny: 300万}
account: {name: 滨河区城建局, ownership: government}
procurement: {method: open_tender, mandatory_tender: yes}
stakeholders: [{name: 小秦, stance: supporter, contact_status: regular, influence: 4, public_official: yes}]
"""
    card = next(c for c in brief(deal).activations if c.rule == "develop-coach-from-supporters")
    assert card.do.count("边界") == 1
    assert card.status == "shown"


def test_a_small_routine_order_gets_no_relationship_campaign(brief):
    deal = """
deal: {name: 备件补货, stage: evaluation, amount_cny: 4万, inquiry_signals: [price_only, fast_decision]}
account: {name: 顺达机修}
stakeholders: [{name: 小方, contact_status: met}]
"""
    briefing = brief(deal)
    campaign = {"coach", "top-decider", "support-breadth", "org-map", "stance"}
    assert not [
        c for c in briefing.activations if c.cluster in campaign and c.status == "shown" and c.kind != "question"
    ]
    assert briefing.card(briefing.top[0]).rule != "identify-final-decider"


def test_reviews_are_for_managers_and_coaches(brief):
    rep, manager = brief(LATE), brief(LATE, audience="manager")
    rule = "review-the-unmet-decider"
    assert not shown(rep, rule)
    assert {c.status for c in rep.activations if c.rule == rule} == {"other-audience"}
    assert shown(manager, rule)


def test_every_score_adds_up_and_orders_the_cards(brief):
    briefing = brief(LATE)
    scored = [card for card in briefing.activations if card.kind not in ("conclusion", "guard")]
    assert all(card.score == sum(points for _, points in card.score_parts) for card in scored)
    assert [card.score for card in scored] == sorted((card.score for card in scored), reverse=True)


def test_three_gates_say_what_is_missing(brief):
    gates = {gate.name: gate for gate in brief(LATE).gates}
    assert not gates["decision"].open
    assert any("何总" in line and "没见过" in line for line in gates["decision"].missing)
    assert any("决策结构" in line for line in gates["information"].missing)


def test_three_open_gates(brief):
    points = ", ".join(f"{name}: verified" for name in (
        "p1_push_steps", "p2_buying_process", "p3_org_support", "p4_decision_structure", "p5_funds_credit",
        "p6_reason_needs", "p7_resources", "p8_competitors", "p9_success_factors",
    ))  # fmt: skip
    deal = f"""
deal: {{name: 年框, stage: commitment}}
account: {{name: 云杉医疗}}
info: {{{points}}}
stakeholders:
  - {{name: 孔总, is_final_decider: yes, contact_status: regular, stance: ally, influence: 9}}
  - {{name: 小米, stance: neutral, influence: 3}}
"""
    briefing = brief(deal)
    assert [gate.open for gate in briefing.gates] == [True, True, True]
    assert all(gate.missing == () for gate in briefing.gates)


def test_readiness_falls_when_something_important_is_unknown(brief):
    known = brief(LATE + "info: {p4_decision_structure: verified, p5_funds_credit: single}\n")
    unknown = brief(LATE)
    assert unknown.readiness.score < known.readiness.score <= 100
    assert sum(part.maximum for part in unknown.readiness.parts) == 100


def test_readiness_counts_alternatives(advisor, deal_of):
    from playbook.advise.readiness import readiness
    from playbook.advise.words.wording import Wording
    from playbook.load.rulefile import parse_rules
    from playbook.model.settings import ReadinessGroup, ReadinessItem
    from playbook.model.vocabulary import Text

    text = """
- id: either
  title: {zh: 甲, en: A}
  when: [{any: [{deal: {budget_status: approved}}, {account: {funds_status: strong}}]}]
  conclude: {gate.information: open}
"""
    (rule,) = parse_rules(text, advisor.rulebook.vocabulary, lambda finding: None)
    groups = (ReadinessGroup("funds", Text("资金"), (ReadinessItem(10, 1, Text("有钱"), rule.when, False),)),)
    wording = Wording(advisor.rulebook.vocabulary, "zh", advisor.today)

    def score(funds):
        evaluation = advisor.evaluate(deal_of(f"deal: {{name: 甲, stage: need}}\naccount: {{funds_status: {funds}}}"))
        return readiness(groups, advisor.rulebook, evaluation, wording).score

    assert (score("strong"), score("tight")) == (10, 0)


def test_the_value_type_says_what_it_was_read_from(brief):
    deal = """
deal: {name: 选型咨询, stage: need, inquiry_signals: [asks_guidance, long_cycle]}
account: {name: 华北重机}
"""
    header = brief(deal).header
    assert header.value_type == "extrinsic"
    assert "求选型使用指导" in header.value_type_basis
    assert (
        brief(deal.replace("name: 华北重机", "name: 华北重机, value_type: intrinsic")).header.value_type == "intrinsic"
    )


def test_a_stated_value_wins_over_a_conclusion(brief):
    deal = "deal: {name: 小单, stage: need, amount_cny: 5000万, size_class: small_routine}\naccount: {name: 甲}\n"
    briefing = brief(deal)
    assert ("销售性质", "小额交易式") in briefing.header.lines
    assert not any(c.rule == "large-by-amount" for c in briefing.activations)


def test_people_are_listed_by_influence_with_their_next_move(brief):
    people = brief(LATE).people
    assert [person.name for person in people] == ["何总", "罗工"]
    assert people[0].is_final_decider
    assert people[0].move
    assert people[1].is_coach


def test_two_people_of_one_name_keep_separate_cards(brief):
    deal = """
deal: {name: 双王, stage: evaluation, amount_cny: 800万}
stakeholders:
  - {name: 王工, is_coach: yes, stance: supporter, contact_status: met}
  - {name: 王工, is_coach: yes, stance: supporter, contact_status: met}
"""
    cards = [c for c in brief(deal).activations if c.rule == "test-unverified-coach"]
    assert len(ids(cards)) == len(set(ids(cards))) >= 2


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_placeholder_is_left_in_any_text(brief, lang):
    for card in brief(LATE, lang=lang).activations:
        for text in (card.title, card.do, card.why, card.say, card.whom, card.note):
            assert "{{" not in text
            assert "}}" not in text


def test_a_summary_ends_with_a_sentence_within_140_characters():
    long = "先" * 100 + "。" + "再" * 60
    assert clip(long) == "先" * 100 + "。"
    assert len(clip("x" * 500)) == 140
    assert clip("短句。") == "短句。"


def test_user_text_is_never_evaluated(brief):
    deal = """
deal: {name: "{{ 7*7 }}", stage: evaluation, amount_cny: 800万}
account: {name: "{% raw %}{{ account.name }}"}
stakeholders: [{name: "{{ param.stale_days_late }}", is_final_decider: yes, contact_status: none, influence: 10}]
"""
    briefing = brief(deal)
    assert briefing.header.deal == "{{ 7*7 }}"
    first = next(c for c in briefing.activations if c.person)
    assert first.person == "{{ param.stale_days_late }}"


def test_two_hundred_people_are_summed_up_not_listed_one_by_one(brief):
    people = "\n".join(
        f"  - {{name: 员工{n}, influence: {n % 10 + 1}, is_coach: yes, stance: supporter}}" for n in range(200)
    )
    briefing = brief(f"deal: {{name: 集团项目, stage: evaluation, amount_cny: 9000万}}\nstakeholders:\n{people}\n")
    by_rule: dict[str, int] = {}
    for card in briefing.activations:
        if card.status == "shown" and card.kind != "conclusion":
            by_rule[card.rule] = by_rule.get(card.rule, 0) + 1
    assert max(by_rule.values()) <= 6
    assert max(len(card.do) for card in briefing.activations) < 500
    assert len(briefing.people) == 200


def test_json_holds_every_activation_with_its_status(brief):
    from playbook.render.briefing import render

    data = json.loads(render(brief(LATE), "json"))
    assert data["top"] == list(brief(LATE).top)
    for activation in data["activations"]:
        assert {"rule", "source", "audience", "kind", "status"} <= activation.keys()
        assert activation["status"] in ("shown", "clustered", "guarded", "other-audience")
