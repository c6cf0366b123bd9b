"""The durable_rules engine and the naive matcher mean the same by every rulebook, and what they mean."""

from __future__ import annotations

import random
from types import ModuleType

import pytest
from generator import TODAY, Roll, Sample, differences, read_rulebook, vocabulary
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import Case, Rearranged, cases, rearranged_cases

from playbook.evaluate.engine import DurableEngine, load_module
from playbook.evaluate.evaluation import Activation, Evaluation
from playbook.evaluate.reference import Reference
from playbook.load.deal import parse_deal
from playbook.load.rulefile import parse_rules
from playbook.model.facts import Content, Deal, FactKey, Item
from playbook.model.rulebook import Rulebook
from playbook.model.rulestore import RuleStore

_loaded = load_module()
if _loaded is None:
    pytest.skip("the C extension durable_rules_engine cannot be loaded here", allow_module_level=True)
MODULE: ModuleType = _loaded

PROFILE = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


def by_engine(rulebook: Rulebook, deal: Deal) -> Evaluation:
    return DurableEngine(rulebook, TODAY, MODULE).evaluate(deal)


# Properties


@settings(PROFILE, max_examples=1400)
@given(cases(deals=2))
def test_engine_and_reference_agree(case: Case) -> None:
    engine, reference = DurableEngine(case.rulebook, TODAY, MODULE), Reference(case.rulebook, TODAY)
    for deal in case.deals:
        found, expected = engine.evaluate(deal), reference.evaluate(deal)
        assert differences(found, expected) == []
        assert (found.activations, found.overridden) == (expected.activations, expected.overridden)
        assert found.memory.facts == expected.memory.facts


@settings(PROFILE, max_examples=700)
@given(rearranged_cases())
def test_order_of_rules_facts_and_people_means_nothing(pair: Rearranged) -> None:
    before = by_engine(pair.case.rulebook, pair.case.deals[0])
    for after in (by_engine(pair.rulebook, pair.deal), Reference(pair.rulebook, TODAY).evaluate(pair.deal)):
        assert {_moved(a, pair.moved) for a in before.activations} == set(after.activations)
        assert _contents(before, pair.moved) == _contents(after, {})


@settings(PROFILE, max_examples=700)
@given(cases(deals=2))
def test_one_engine_forgets_the_deal_before(case: Case) -> None:
    engine = DurableEngine(case.rulebook, TODAY, MODULE)
    first, between, again = (engine.evaluate(deal) for deal in (*case.deals, case.deals[0]))
    assert differences(first, again) == []
    assert differences(between, by_engine(case.rulebook, case.deals[1])) == []


@pytest.fixture(scope="module")
def built_in_engine(rulebook: Rulebook) -> DurableEngine:
    return DurableEngine(rulebook, TODAY, MODULE)


@pytest.fixture(scope="module")
def built_in_reference(rulebook: Rulebook) -> Reference:
    return Reference(rulebook, TODAY)


@settings(PROFILE, max_examples=100)
@given(seed=st.integers(0, 2**32))
def test_engines_agree_on_the_built_in_rulebook(
    rulebook: Rulebook, built_in_engine: DurableEngine, built_in_reference: Reference, seed: int
) -> None:
    fields = [field for entity in rulebook.vocabulary.entities.values() for field in entity.fields.values()]
    deal = Sample("", rulebook, tuple(fields)).deal(Roll(random.Random(seed).randint))
    assert differences(built_in_engine.evaluate(deal), built_in_reference.evaluate(deal)) == []


def _moved(activation: Activation, moved: dict[Item, Item]) -> Activation:
    binding = ((alias, moved.get(item, item)) for alias, item in activation.binding)
    return Activation(activation.rule, tuple(binding))


def _contents(evaluation: Evaluation, moved: dict[Item, Item]) -> dict[FactKey, tuple[Content, str]]:
    facts = evaluation.memory.facts.values()
    return {(*moved.get(f.item, f.item), f.field): (f.content, f.origin) for f in facts}


# What the language means, in examples. Each is put to both engines.

PEOPLE = """
deal: {name: D, stage: design}
stakeholders:
  - {name: An, level: decision, stance: ally, influence: 9, sways: Bo}
  - {name: Bo, level: management, stance: neutral, influence: 5}
  - {name: Chen, level: operation, influence: 2, sways: An}
"""
NOBODY = "deal: {name: D, stage: design}"


def evaluate(rules: str, deal: str = PEOPLE) -> Evaluation:
    """What both engines say; `rules` is one item `when -> conclusion` a line, the conclusion optional."""
    rulebook = read_rulebook("\n".join(_rule(n, line) for n, line in enumerate(rules.strip().splitlines(), 1)))
    read = parse_deal(deal, vocabulary(), TODAY)
    found, expected = by_engine(rulebook, read), Reference(rulebook, TODAY).evaluate(read)
    assert differences(found, expected) == []
    return found


def _rule(number: int, line: str) -> str:
    when, _, conclusion = line.strip().partition(" -> ")
    end = (
        f"conclude: {{{conclusion}}}"
        if conclusion
        else "advise: {kind: note, priority: low, do: {en: x}, why: {en: x}}"
    )
    return f"- id: r{number}\n  title: {{en: x}}\n  when: [{when}]\n  {end}"


def fired(rules: str, deal: str = PEOPLE) -> list[str]:
    """The numbers of the rules that fire, each with the names of those whom it matched."""
    found = evaluate(rules, deal)
    names = [[str(found.memory.get(item, "name")) for _, item in a.binding] for a in found.activations]
    return [" ".join([a.rule[1:], *people]) for a, people in zip(found.activations, names, strict=True)]


def content(evaluation: Evaluation, key: str, position: int = 0) -> Content | None:
    entity, name = key.split(".")
    return evaluation.memory.get((entity, position), name)


COUNTS = """
{no stakeholder: {level: decision}}
{at least 2 stakeholder: {influence: ">= 5"}}
{fewer than 2 stakeholder: {influence: ">= 5"}}
{all stakeholder: {influence: known}}
{all stakeholder: {stance: known}}
{no stakeholder: {}}
"""


def test_counted_patterns() -> None:
    assert fired(COUNTS) == ["2", "4"]


def test_of_nobody_there_are_few_and_not_all() -> None:
    assert fired(COUNTS, NOBODY) == ["1", "3", "6"]


def test_counting_tests_that_hold() -> None:
    deal = NOBODY + "\ninfo: {p1_push_steps: hearsay, p2_buying_process: single}"
    rules = "{at least 8 of info: {p*: [unknown, hearsay]}}\n{fewer than 8 of info: {p*: [unknown, hearsay]}}"
    assert fired(rules, deal) == ["1"]


def test_unknown_passes_not_but_no_comparison() -> None:
    rules = """
    {stakeholder: {stance: not ally}}
    {stakeholder: {stance: "not [ally, unknown]"}}
    {stakeholder: {stance: unknown}}
    {stakeholder: {stance: "< ally"}}
    {deal: {amount_cny: "< 5"}}, {deal: {amount_cny: ">= 5"}}
    {deal: {amount_cny: "not < 5"}}
    """
    assert fired(rules) == ["1 Bo", "1 Chen", "2 Bo", "3 Chen", "4 Bo", "6"]


def test_a_value_outside_the_order_passes_no_comparison() -> None:
    rules = """
    {deal: {stage: "< design"}}
    {deal: {stage: ">= target"}}
    {deal: {stage: "not >= target"}}
    {deal: {stage: "<= deal.stage"}}
    {deal: {stage: "= deal.stage"}}
    {deal: {stage: target..growth}}
    """
    assert fired(rules, "deal: {name: D, stage: lost}") == ["3", "5"]
    assert fired(rules, "deal: {name: D, stage: need}") == ["1", "2", "4", "5", "6"]


def test_of_several_values_one_must_pass_and_not_wants_none() -> None:
    deal = "deal: {name: D, stage: design, inquiry_signals: [price_only, long_cycle]}"
    rules = """
    {deal: {inquiry_signals: price_only}}
    {deal: {inquiry_signals: not price_only}}
    {deal: {inquiry_signals: not fixed_spec}}
    {deal: {inquiry_signals: "all of [price_only, long_cycle]"}}
    {deal: {inquiry_signals: "at least 2 of [price_only, fixed_spec]"}}
    """
    assert fired(rules, deal) == ["1", "3", "4"]
    assert fired(rules, NOBODY) == ["2", "3"]


def test_two_patterns_match_two_people() -> None:
    assert fired('{stakeholder as a: {influence: ">= 5"}}, {stakeholder as b: {influence: ">= 5"}}') == [
        "1 An Bo",
        "1 Bo An",
    ]


def test_joins_with_people() -> None:
    rules = """
    {stakeholder as a: {}}, {stakeholder as b: {name: = a.sways}}
    {stakeholder as a: {}}, {stakeholder as b: {influence: < a.influence, level: < a.level}}
    {stakeholder as a: {}}, {"no stakeholder": {sways: = a.name}}
    """
    assert fired(rules) == ["1 An Bo", "1 Chen An", "2 An Bo", "2 An Chen", "2 Bo Chen", "3 Chen"]


def test_join_with_several_values() -> None:
    assert fired("{stakeholder: {name: = visit.with}}", PEOPLE + "visit: {with: [An, Chen, Du]}") == ["1 An", "1 Chen"]
    assert fired("{stakeholder: {name: = visit.with}}") == []


def test_alternatives_fire_once() -> None:
    rule = "{any: [{deal: {stage: design}}, [{deal: {stage: known}}, {stakeholder as a: {level: decision}}]]}"
    assert fired(f"{rule}, {{deal: {{amount_cny: unknown}}}}") == ["1", "1 An"]
    assert fired("{any: [{stakeholder as a: {influence: 9}}, {stakeholder as a: {level: decision}}]}") == ["1 An"]


CHAIN = [
    "{no stakeholder: {level: operation}} -> gate.relationship: open",
    "{gate: {relationship: unknown}} -> deal.size_class: large_complex",
    "{deal: {size_class: large_complex}}, {stakeholder as a: {level: decision}} -> a.relation_type: partner",
    "{no stakeholder: {relation_type: partner}} -> account.value_type: intrinsic",
    "{account: {value_type: unknown}} -> deal.funnel_level: 3",
]


@pytest.mark.parametrize("rules", [CHAIN, CHAIN[::-1], CHAIN[2:] + CHAIN[:2]])
def test_chains_wait_for_what_they_deny_in_any_order(rules: list[str]) -> None:
    found = evaluate("\n".join(rules))
    assert content(found, "gate.relationship") is None
    assert content(found, "deal.size_class") == "large_complex"
    assert [content(found, "stakeholder.relation_type", n) for n in range(3)] == ["partner", None, None]
    assert content(found, "account.value_type") is None
    assert content(found, "deal.funnel_level") == 3


def test_positive_chains_may_turn_round() -> None:
    rules = """
    {stakeholder as a: {level: decision}} -> a.relation_type: partner
    {stakeholder as a: {relation_type: partner}}, {stakeholder as b: {sways: = a.name}} -> b.relation_type: partner
    """
    found = evaluate(rules)
    assert [content(found, "stakeholder.relation_type", n) for n in range(3)] == ["partner", None, "partner"]


def test_a_stated_value_wins() -> None:
    found = evaluate(
        "{stakeholder as a: {}} -> a.stance: opponent\n{stakeholder: {stance: opponent}}",
    )
    assert [content(found, "stakeholder.stance", n) for n in range(3)] == ["ally", "neutral", "opponent"]
    assert len(found.overridden) == 2
    assert [dict(a.binding) for a in found.activations if a.rule == "r2"] == [{"stakeholder": ("stakeholder", 2)}]


def test_conflicting_conclusions_both_stand() -> None:
    rules = """
    {deal: {}} -> account.value_type: intrinsic
    {deal: {}} -> account.value_type: strategic
    {account: {value_type: intrinsic}}, {account: {value_type: strategic}}
    {account: {value_type: not intrinsic}}
    """
    assert fired(rules) == ["1", "2", "3"]
    assert content(evaluate(rules), "account.value_type") == ("intrinsic", "strategic")


def test_concluded_values_of_a_list_come_together() -> None:
    rules = """
    {deal: {}} -> deal.inquiry_signals: price_only
    {deal: {inquiry_signals: price_only}} -> deal.inquiry_signals: fixed_spec
    {deal: {inquiry_signals: "all of [price_only, fixed_spec]"}}
    """
    assert fired(rules) == ["1", "2", "3"]


# Differences that the random tests found


def test_unknown_joins_with_nothing_even_where_other_rules_ask_for_unknown() -> None:
    rules = """
    {deal: {amount_cny: = bid.ceiling_price}}
    {deal: {amount_cny: = deal.budget_cny}}
    {deal: {amount_cny: unknown}}
    {bid: {ceiling_price: not 5}}
    {deal: {budget_cny: unknown}}
    """
    assert fired(rules) == ["3", "4", "5"]


def test_a_condition_may_stand_twice() -> None:
    rules = """
    {no competitor: {}}, {no competitor: {}}
    {deal: {inquiry_signals: not price_only}}, {deal: {inquiry_signals: not price_only}}
    {stakeholder as a: {}}, {no stakeholder: {sways: = a.name}}, {no stakeholder: {sways: = a.name}}
    """
    assert fired(rules) == ["1", "2", "3 Chen"]


def test_a_huge_computed_number_leaves_the_other_facts_alone() -> None:
    deal = PEOPLE + "rep: {quota_cny: 0.0001, actual_cny: 0, funnel_value_cny: 1000000000000000}"
    assert fired("{rep: {funnel_coverage: '> 3'}}\n{stakeholder: {level: decision}}", deal) == ["1", "2 An"]


def test_a_sample_shows_what_failed() -> None:
    text = _rule(1, "{deal: {}}")
    case = Case(Sample(text, read_rulebook(text), ()), (parse_deal(NOBODY, vocabulary(), TODAY),))
    assert "deal[0].stage = 'design'" in repr(case)
    assert "id: r1" in repr(case)


def test_more_patterns_than_one_kind_of_fact_can_hold() -> None:
    rules = "".join(
        f"- id: r-{n}\n  title: {{zh: 甲, en: A}}\n  when: [{{deal: {{quotes_in_hand: {n}}}}}]\n"
        "  advise: {kind: note, priority: low, do: {zh: 做, en: do}, why: {zh: 因, en: why}}\n"
        for n in range(2000)
    )
    read = parse_rules(rules, vocabulary(), lambda finding: None)
    rulebook = Rulebook(vocabulary(), RuleStore(read), {}, {}, {})
    for quotes in (0, 959, 960, 1999):
        deal = parse_deal(f"deal: {{name: 甲, stage: need, quotes_in_hand: {quotes}}}", vocabulary(), TODAY)
        for engine in (DurableEngine(rulebook, TODAY, MODULE), Reference(rulebook, TODAY)):
            assert [a.rule for a in engine.evaluate(deal).activations] == [f"r-{quotes}"]
