"""Rule files and company packs: each fault has its code, its place and advice what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import yaml

import playbook
from playbook.check.checked import load_rulebook
from playbook.compile.ruleset import check_limits
from playbook.errors import Finding, RuleError
from playbook.load import packs as packs_module
from playbook.load.rulefile import parse_rules
from playbook.load.unarytest import read_test
from playbook.load.yamlsource import read_text
from playbook.model import rulebook as rulebook_module
from playbook.model.rulebook import Rulebook
from playbook.model.rules import AUDIENCES, AnyOf, Due, Pattern, Rule
from playbook.model.texts import Placeholder, fill, malformed, placeholders
from playbook.model.unary import (
    Between,
    Compare,
    Day,
    Is,
    Join,
    Known,
    Not,
    OneOf,
    Param,
    Scope,
    Several,
    Test,
    Unknown,
    predicate,
)
from playbook.model.vocabulary import Text, Vocabulary
from playbook.resources import data_text, rules_folder

Parse = Callable[[str], tuple[list[Rule], list[Finding]]]

GOOD = """\
# 设计到签约：接触最高决策者
- id: reach-top-decision-maker
  title: {zh: 尚未接触最高决策者, en: Top decision-maker not met}
  source: [S0-warn-03-never-met-top]
  audience: [rep, coach]
  owner: 大客户部王磊
  status: active
  effective: {from: 2026-01-01, until: 2027-12-31}
  when:
    - deal: {size_class: not small_routine, stage: design..commitment, win_prob_rep: ">= param.win_prob_high_pct"}
    - stakeholder as boss: {is_final_decider: yes, contact_status: none}
    - no stakeholder: {level: decision, contact_status: [regular, trusted], sways: = boss.name}
    - at least 2 of info as gaps: {p*: [unknown, hearsay]}
    - any:
        - bid: {deadline: "<= today+14d", issue_date: older than 30d}
        - deal: {inquiry_signals: "at least 2 of [price_only, fast_decision, multiple_quotes]"}
  advise:
    kind: action
    priority: critical
    due: visit.planned_date - 1d
    cluster: top-decider
    gate: decision
    person: boss
    do:
      zh: 三天内请{{ boss.name }}的下属引荐，先补齐{{ gaps }}。
      en: Within three days ask for an introduction to {{ boss.name }}; complete {{ gaps }} first.
    why:
      zh: 没见过拍板人的项目，最容易在最后丢单。
      en: Deals in which nobody met the decider are lost at the end.
- id: ask-for-the-budget
  title: {zh: 预算不清楚, en: Budget unknown}
  when:
    - deal: {budget_status: unknown}
  ask:
    field: deal.budget_status
    question: {zh: 这笔钱批下来了吗？, en: Has the money been approved?}
    whom: {zh: 财务科长, en: The head of finance}
    why: {zh: 没有预算就没有项目。, en: No budget no project.}
- id: partner-when-both-needs-are-met
  title: {zh: 伙伴关系, en: Partner}
  when:
    - stakeholder as person: {org_need_met: yes, personal_need_met: yes}
  conclude: {person.relation_type: partner}
- id: hold-gifts-for-officials
  title: {zh: 公职人员不送礼, en: No gifts for officials}
  when:
    - stakeholder as official: {public_official: yes}
  guard:
    clusters: [hospitality]
    person: official
    effect: rewrite
    do: {zh: "{{ do }}（不送礼品）", en: "{{ do }} (no gifts)"}
    reason: {zh: 法律禁止。, en: The law forbids it.}
"""


@pytest.fixture
def parse(vocabulary: Vocabulary) -> Parse:
    def read(text: str) -> tuple[list[Rule], list[Finding]]:
        findings: list[Finding] = []
        return parse_rules(text, vocabulary, findings.append), findings

    return read


def placed(findings: list[Finding]) -> list[str]:
    """`line:col: CODE` of each finding, in the order of places."""
    return [f"{f.at.line}:{f.at.column}: {f.code}" for f in sorted(findings, key=lambda f: (f.at, f.code))]


def marked(text: str) -> tuple[str, list[str]]:
    """A text without its `§` marks, and the place of each as `line:col`."""
    places = []
    while "§" in text:
        before, _, after = text.partition("§")
        places.append(f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}")
        text = before + after
    return text, places


def test_the_good_file_is_good(parse: Parse) -> None:
    rules, findings = parse(GOOD)
    assert findings == []
    assert [rule.id for rule in rules] == [
        "reach-top-decision-maker",
        "ask-for-the-budget",
        "partner-when-both-needs-are-met",
        "hold-gifts-for-officials",
    ]


# One case for each code: the code, a piece of the good file, and the same piece gone wrong, where § marks the place
# at which the finding must stand.
CASES = [
    ("R002", "- id: ask-for-the-budget\n", "- §预算不清楚就去问\n- id: ask-for-the-budget\n"),
    (
        "R003",
        "- id: ask-for-the-budget\n  title: {zh: 预算不清楚, en: Budget unknown}\n",
        "- §id: ask-for-the-budget\n",
    ),
    ("R003", "    priority: critical\n    due", "    priority:\n    due"),
    ("R003", "    kind: action\n    priority", "    §priority"),
    ("R003", "    field: deal.budget_status\n    question", "    §question"),
    ("R004", "  conclude: {person.relation_type: partner}\n", ""),
    ("R004", "{person.relation_type: partner}", "{}"),
    ("R005", "effective: {from: 2026-01-01, until: 2027-12-31}", "effective: §2026-01-01"),
    ("R005", "conclude: {person.relation_type: partner}", "conclude: §partner"),
    ("R006", "  owner: 大客户部王磊", "  §ownr: 大客户部王磊"),
    ("R006", "    cluster: top-decider", "    §zzz: top-decider"),
    ("R008", "id: ask-for-the-budget", "id: §问预算"),
    ("R008", "id: ask-for-the-budget", "id: §Ask_For_The_Budget"),
    ("R003", "- id: ask-for-the-budget\n  title", "- §title"),
    ("R009", "owner: 大客户部王磊", "owner: §[大客户部, 王磊]"),
    ("R009", "zh: 没见过拍板人的项目，最容易在最后丢单。", "zh: §{a: b}"),
    ("R010", "kind: action", "kind: §行动"),
    ("R010", "[rep, coach]", "[rep, §boss]"),
    ("R010", "status: active", "status: §aktive"),
    ("R010", "gate: decision", "gate: §decisions"),
    ("R010", "effect: rewrite", "effect: §block"),
    ("R011", "from: 2026-01-01", "from: §明年"),
    ("R011", "from: 2026-01-01", "from: §-30d"),
    ("R012", "{zh: 预算不清楚, en: Budget unknown}", "§预算不清楚"),
    ("R012", "{zh: 预算不清楚, en: Budget unknown}", "§{}"),
    ("R013", "zh: 三天内请{{ boss.name }}的下属引荐", "zh: §三天内请{{ boss.name | upper }}的下属引荐"),
    ("R013", "zh: 三天内请{{ boss.name }}的下属引荐", "zh: §三天内请{{ 拍板人 姓名 }}的下属引荐"),
    ("R013", "zh: 没见过", "zh: §没见过{% if boss %}"),
    (
        "R014",
        "en: Within three days ask for an introduction to {{ boss.name }}",
        "en: §Within three days see {{ chief.name }}",
    ),
    ("R014", "sways: = boss.name", "sways: §= chief.name"),
    ("R015", "zh: 三天内请{{ boss.name }}的下属", "zh: §三天内请{{ boss.nmae }}的下属"),
    ("R015", "budget_status: unknown}", "§budget_stat: unknown}"),
    ("R015", "sways: = boss.name", "sways: §= boss.nmae"),
    ("R017", "when:\n    - deal: {budget_status: unknown}", "when:\n    §deal: {budget_status: unknown}"),
    ("R017", "when:\n    - deal: {budget_status: unknown}", "when: §[]"),
    ("R018", "- deal: {budget_status: unknown}", "- §deal budget_status unknown"),
    ("R018", "- deal: {budget_status: unknown}", "- §deal: {budget_status: unknown}\n      account: {is_key: yes}"),
    ("R019", "- stakeholder as person:", "- §some stakeholder as person:"),
    ("R019", "- deal: {budget_status: unknown}", "- §deel: {budget_status: unknown}"),
    ("R020", "budget_status: unknown", "budget_status: §{is: unknown}"),
    ("R021", "budget_status: unknown", "budget_status: §[]"),
    ("R021", "budget_status: unknown", 'budget_status: §"not []"'),
    ("R022", "budget_status: unknown", 'budget_status: §"all of [none, estimated]"'),
    (
        "R023",
        '"at least 2 of [price_only, fast_decision, multiple_quotes]"',
        '§"at least 3 of [price_only, fast_decision]"',
    ),
    (
        "R023",
        "- at least 2 of info as gaps: {p*: [unknown, hearsay]}",
        "- §at least 2 of info as gaps: {p1_push_steps: hearsay}",
    ),
    ("R024", "issue_date: older than 30d", "issue_date: §older than 两周"),
    ("R024", "issue_date: older than 30d", "issue_date: §older than 999999d"),
    ("R024", "contact_status: none}", "contact_status: none, influence: §older than 30d}"),
    ("R025", "size_class: not small_routine", 'size_class: §">= small_routine"'),
    ("R026", "stage: design..commitment", 'stage: §">= param.win_prob_high_pct"'),
    ("R027", "stage: design..commitment", 'stage: §">= lost"'),
    ("R028", "size_class: not small_routine", "size_class: §not small"),
    ("R028", "partner}", "§partnership}"),
    ("R028", "partner}", "§unknown}"),
    ("R030", "is_final_decider: yes", "is_final_decider: §大概"),
    ("R030", '">= param.win_prob_high_pct"', '§">= 很高"'),
    ("R031", "- no stakeholder: {level", "- §stakeholder as boss: {level"),
    ("R031", "- stakeholder as person:", "- §stakeholder as today: {}\n    - stakeholder as person:"),
    ("R031", "- stakeholder as official:", "- §stakeholder as account: {}\n    - stakeholder as official:"),
    (
        "R032",
        "- at least 2 of info as gaps: {p*: [unknown, hearsay]}",
        "- §at least 2 of competitor as gaps: {price_war: yes}",
    ),
    ("R033", "- deal: {budget_status: unknown}", "- §no deal: {budget_status: unknown}"),
    ("R034", "- at least 2 of info as", "- §at least 0 of info as"),
    ("R034", "- no stakeholder:", "- §fewer than 00 stakeholder:"),
    ("R035", "- deal: {budget_status: unknown}", "- deal: §budget_status"),
    ("R036", "sways: = boss.name", "sways: §[= boss.name, 院长]"),
    ("R036", "sways: = boss.name", 'sways: §"!= boss.name"'),
    ("R036", "sways: = boss.name", "sways: §not = boss.name"),
    ("R037", "sways: = boss.name", "sways: §= boss.influence"),
    ("R037", "sways: = boss.name", 'sways: §"> boss.name"'),
    ("R038", "info as gaps: {p*: [unknown, hearsay]}", "visit as gaps: {purpose: unknown, with: §= boss.name}"),
    ("R039", "field: deal.budget_status", "field: §budget_status"),
    ("R039", "person.relation_type: partner", "§person.relation: partner"),
    ("R039", "person.relation_type: partner", "§stakeholder.relation_type: partner"),
    ("R040", "    clusters: [hospitality]\n    person", "    §person"),
    ("R040", "    clusters: [hospitality]\n", "    §clusters: []\n"),
    ("R041", "person: boss", "person: §chief"),
    ("R041", "person: official", "person: §deal"),
    ("R042", "due: visit.planned_date - 1d", "due: §三天"),
    ("R042", "due: visit.planned_date - 1d", "due: §visit.purpose"),
    ("R053", "- deal: {budget_status: unknown}", "- §deal as opportunity: {budget_status: unknown}"),
    ("R054", "design..commitment", "§commitment..design"),
    ("R054", "{from: 2026-01-01, until: 2027-12-31}", "{from: §2028-01-01, until: 2027-12-31}"),
    ("R054", '"<= today+14d"', "§today+14d..today"),
]

# Where the finding stands elsewhere than in the changed piece: at the rule or at the output.
ELSEWHERE = {
    ("R003", "    priority:\n    due"): "18:5",
    ("R004", ""): "39:3",
    ("R004", "{}"): "39:3",
}


@pytest.mark.parametrize(("code", "good", "bad"), CASES, ids=[f"{c}-{n}" for n, (c, _, _) in enumerate(CASES)])
def test_a_fault_is_found_at_its_place(parse: Parse, code: str, good: str, bad: str) -> None:
    assert GOOD.count(good) == 1, "the piece stands once in the good file"
    text, places = marked(GOOD.replace(good, bad))
    _, findings = parse(text)
    expected = places[0] if places else ELSEWHERE[(code, bad)]
    assert placed(findings) == [f"{expected}: {code}"]
    for lang in ("zh", "en"):
        message = findings[0].text(lang)
        assert message.startswith(f"rules.yaml:{expected}: {code} ")
        assert not re.search(r"[‹›]|\{\w*\}(?!\})|“”|''", message), message


def test_an_unquoted_unequal_sign_is_not_lost(parse: Parse) -> None:
    text, places = marked(GOOD.replace("size_class: not small_routine", "size_class: §!= small_routine"))
    findings = parse(text)[1]
    assert placed(findings) == [f"{places[0]}: Y019"]
    assert "“!=”" in findings[0].text("zh")


def test_what_follows_from_a_condition_that_cannot_be_read_is_not_reported_too(parse: Parse) -> None:
    assert placed(parse(GOOD.replace("- stakeholder as boss:", "- stakholder as boss:"))[1]) == ["11:7: R019"]
    assert placed(parse(GOOD.replace("- stakeholder as person:", "- any stakeholder as person:"))[1]) == ["42:7: R019"]


def test_the_file_is_a_list_of_rules(parse: Parse) -> None:
    assert placed(parse("id: reach-top\ntitle: {zh: 见高层}\n")[1]) == ["1:1: R001"]
    assert placed(parse("见高层")[1]) == ["1:1: R001"]
    assert parse("") == ([], [])
    assert parse("# 还没有规则\n[]\n") == ([], [])


def test_a_guard_that_rewrites_says_how(parse: Parse) -> None:
    text = GOOD.replace('    do: {zh: "{{ do }}（不送礼品）", en: "{{ do }} (no gifts)"}\n', "")
    assert placed(parse(text)[1]) == ["49:5: R003"]


def test_whom_a_card_deals_with(parse: Parse) -> None:
    """Words for the customer's ear are for the customer unless the rule says otherwise."""
    kinds = {"action": "us", "warning": "us", "talk-track": "customer", "question": "customer"}
    for kind, party in kinds.items():
        rule = parse(GOOD.replace("kind: action", f"kind: {kind}"))[0][0]
        assert rule.advise is not None
        assert rule.advise.party == party
    rules, findings = parse(GOOD.replace("kind: action", "kind: question\n    party: agent"))
    assert findings == []
    assert rules[0].advise is not None
    assert rules[0].advise.party == "agent"
    assert rules[1].ask is not None
    assert rules[1].ask.party == "customer"


def test_a_guard_may_govern_a_party_alone(parse: Parse) -> None:
    rules, findings = parse(GOOD.replace("clusters: [hospitality]", "parties: [customer, agent]"))
    assert findings == []
    assert rules[3].guard is not None
    assert rules[3].guard.parties == ("customer", "agent")
    (finding,) = parse(GOOD.replace("clusters: [hospitality]", "parties: [client]"))[1]
    assert finding.code == "R010"
    assert "customer, agent, us" in finding.text("en")


def test_an_invented_field_of_an_output_is_told_with_the_likely_word(parse: Parse) -> None:
    (finding,) = parse(GOOD.replace("{{ boss.name }}的下属", "{{ boss.nmae }}的下属"))[1]
    assert finding.text("zh").endswith(
        "R015 “关键人”没有“nmae”字段（是否想写 name？playbook rules facts 列出全部字段）"
    )
    (finding,) = parse(GOOD.replace("kind: action", "kind: acton"))[1]
    assert finding.text("en").endswith(
        "'acton' is not allowed (did you mean action? use action, question, talk-track, warning, gate, avoid, note)"
    )


@pytest.mark.parametrize("colon", ["：", ":"])
def test_a_colon_of_the_wrong_kind_is_blamed(parse: Parse, colon: str) -> None:
    code = "Y008" if colon == "：" else "Y009"
    assert placed(
        parse(GOOD.replace("title: {zh: 预算不清楚, en: Budget unknown}", f"title:\n    zh{colon}预算不清楚"))[1]
    ) == [f"32:7: {code}"]


def test_only_a_rewriting_guard_knows_the_text_before(parse: Parse) -> None:
    assert placed(parse(GOOD.replace("zh: 没见过拍板人的项目", "zh: '{{ do }}'"))[1]) != []
    assert placed(parse(GOOD.replace("{zh: 法律禁止。,", "{zh: '{{ do }}法律禁止。',"))[1]) == ["53:18: R014"]


@pytest.mark.parametrize("piece", ["{{ gaps.name }}", "{{ param }}", "{{ today.day }}", "{{ stakeholder.name }}"])
def test_a_placeholder_must_stand_for_something(parse: Parse, piece: str) -> None:
    assert [f.code for f in parse(GOOD.replace("先补齐{{ gaps }}", f"先补齐{piece}"))[1]] == ["R014"]


@pytest.mark.parametrize(
    "piece",
    [
        "{{ gaps }}",
        "{{ boss }}",
        "{{ deal.industry or '同行业' }}",
        "{{ param.support_target_pct }}",
        "{{ today }}",
        "{{boss.title}}",
    ],
)
def test_what_a_text_may_name(parse: Parse, piece: str) -> None:
    assert parse(GOOD.replace("先补齐{{ gaps }}", f"先补齐{piece}"))[1] == []


def test_nobody_can_be_named_after_a_no(parse: Parse) -> None:
    text = GOOD.replace("- no stakeholder: {", "- no stakeholder as nobody: {")
    assert parse(text)[1] == []
    assert [f.code for f in parse(text.replace("先补齐{{ gaps }}", "先补齐{{ nobody }}"))[1]] == ["R014"]


# Aliases over alternatives


ANY = """\
- id: see-a-friend
  title: {zh: 见朋友, en: See a friend}
  when:
    - any:
        - stakeholder as friend: {is_coach: yes}
        - ALTERNATIVE
    - account: {is_key: yes}
    LATER
  advise:
    kind: action
    priority: high
    do: {zh: "见{{ friend.name }}", en: "See {{ friend.name }}"}
    why: {zh: 他信任我们。, en: There is trust.}
"""


def any_rule(alternative: str, later: str = "") -> str:
    return ANY.replace("ALTERNATIVE", alternative).replace("    LATER\n", f"    - {later}\n" if later else "")


def test_an_alias_that_every_alternative_binds_may_be_used_later(parse: Parse) -> None:
    text = any_rule("stakeholder as friend: {stance: ally}", "no stakeholder: {sways: = friend.name}")
    assert parse(text)[1] == []


def test_an_alias_that_one_alternative_leaves_out_may_not(parse: Parse) -> None:
    assert [f.code for f in parse(any_rule("visit: {with: known}"))[1]] == ["R014", "R014"]


def test_an_alias_of_one_alternative_is_taken_for_what_follows(parse: Parse) -> None:
    text = any_rule("stakeholder as friend: {stance: ally}", "stakeholder as friend: {level: decision}")
    assert placed(parse(text)[1]) == ["8:7: R031"]


def test_an_alias_means_one_sort_of_thing_in_all_alternatives(parse: Parse) -> None:
    assert "R031" in [f.code for f in parse(any_rule("competitor as friend: {price_war: no}"))[1]]


def test_the_same_alias_twice_is_an_error_even_when_it_is_the_entity(parse: Parse) -> None:
    text = any_rule(
        "stakeholder as friend: {stance: ally}",
        "stakeholder as stakeholder: {level: decision}\n    - stakeholder as stakeholder: {level: operation}",
    )
    assert placed(parse(text)[1]) == ["9:7: R031"]


def test_patterns_without_alias_never_share_a_name(parse: Parse) -> None:
    text = any_rule(
        "[stakeholder as friend: {stance: ally}, stakeholder: {level: decision}]", "stakeholder: {influence: 9}"
    )
    (rule,) = parse(text)[0]
    last = rule.when[-1]
    inner = rule.when[0]
    assert isinstance(last, Pattern)
    assert isinstance(inner, AnyOf)
    names = [p.alias for p in inner.alternatives[1] if isinstance(p, Pattern)]
    assert last.alias not in names


# Reading rules


def test_a_rule_is_read_as_it_is_written(parse: Parse) -> None:
    rules, _ = parse(GOOD)
    rule = rules[0]
    assert str(rule.at) == "rules.yaml:2:3"
    assert rule.source == ("S0-warn-03-never-met-top",)
    assert rule.audience == ("rep", "coach")
    assert (rule.since, rule.until) == (date(2026, 1, 1), date(2027, 12, 31))
    assert rule.advise is not None
    assert rule.advise.due == Due(-1, "visit.planned_date")
    assert rules[1].audience == AUDIENCES
    assert rules[2].conclude[0].key == "stakeholder.relation_type"


@pytest.mark.parametrize(
    ("head", "quantifier", "entity", "alias", "count"),
    [
        ("deal", "one", "deal", "deal", 1),
        ("商机", "one", "deal", "deal", 1),
        ("stakeholder", "each", "stakeholder", "stakeholder", 1),
        ("stakeholder as boss", "each", "stakeholder", "boss", 1),
        ("stakeholders as 老板", "each", "stakeholder", "老板", 1),
        ("关键人 as boss", "each", "stakeholder", "boss", 1),
        ("competitor as rival", "each", "competitor", "rival", 1),
        ("no stakeholder", "no", "stakeholder", "", 1),
        ("at least 2 stakeholder as fans", "at least", "stakeholder", "fans", 2),
        ("fewer than 4 stakeholder", "fewer than", "stakeholder", "", 4),
        ("fewer than param.allies_required stakeholder", "fewer than", "stakeholder", "", Param("allies_required")),
        ("all stakeholder", "all", "stakeholder", "", 1),
        ("at least 1 of visit as gaps", "fields", "visit", "gaps", 1),
        ("fewer than 1 of account", "few fields", "account", "", 1),
    ],
)
def test_the_head_of_a_pattern(parse: Parse, head: str, quantifier: str, entity: str, alias: str, count: Any) -> None:
    test = {"deal": "stage: known", "visit": "purpose: known", "account": "is_key: yes"}.get(entity, "name: known")
    rules, findings = parse(GOOD.replace("- deal: {budget_status: unknown}", f"- {head}: {{{test}}}"))
    assert findings == []
    pattern = rules[1].when[0]
    assert isinstance(pattern, Pattern)
    assert (pattern.quantifier, pattern.entity, pattern.alias, pattern.number) == (quantifier, entity, alias, count)


def test_a_star_stands_for_several_fields(parse: Parse) -> None:
    rules, _ = parse(GOOD)
    pattern = rules[0].when[3]
    assert isinstance(pattern, Pattern)
    assert [name[:3] for name, _ in pattern.tests] == [f"p{n}_" for n in range(1, 10)]


@pytest.mark.parametrize(
    ("due", "read"),
    [
        ("today", Due(0)),
        ("3d", Due(3)),
        ("2w", Due(14)),
        ("visit.planned_date", Due(0, "visit.planned_date")),
        ("visit.planned_date - 1d", Due(-1, "visit.planned_date")),
        ("bid.deadline +2d", Due(2, "bid.deadline")),
    ],
)
def test_due_dates(parse: Parse, due: str, read: Due) -> None:
    rules, findings = parse(GOOD.replace("visit.planned_date - 1d", due))
    assert findings == []
    assert rules[0].advise is not None
    assert rules[0].advise.due == read


@pytest.mark.parametrize(
    ("dates", "status", "in_force"),
    [
        ("{from: 2026-01-01, until: 2027-12-31}", "active", True),
        ("{from: 2026-11-21}", "active", True),
        ("{from: 2026年11月22日}", "active", False),
        ("{until: 2026-11-21}", "active", True),
        ("{until: 2026/11/20}", "active", False),
        ("{}", "active", True),
        ("{}", "draft", False),
        ("{}", "retired", False),
    ],
)
def test_effective_dates_and_status(parse: Parse, today: date, dates: str, status: str, in_force: bool) -> None:
    text = GOOD.replace("{from: 2026-01-01, until: 2027-12-31}", dates).replace("status: active", f"status: {status}")
    rules, findings = parse(text)
    assert findings == []
    assert rules[0].in_force(today) is in_force


def test_a_pack_may_write_one_language_only(parse: Parse) -> None:
    rules, findings = parse(GOOD.replace("title: {zh: 预算不清楚, en: Budget unknown}", "title: {zh: 预算不清楚}"))
    assert findings == []
    assert rules[1].title.get("en") == "预算不清楚"


# Unary tests


TESTS: list[tuple[str, str, Test]] = [
    ("deal.stage", "evaluation", Is("evaluation")),
    ("deal.stage", "招标评估", Is("evaluation")),
    ("deal.stage", "= evaluation", Is("evaluation")),
    ("deal.stage", '"!= evaluation"', Not(Is("evaluation"))),
    ("deal.stage", "[design, 招标评估]", OneOf((Is("design"), Is("evaluation")))),
    ("deal.stage", '"[design, evaluation]"', OneOf((Is("design"), Is("evaluation")))),
    ("deal.stage", '["not lost", ">= design"]', OneOf((Not(Is("lost")), Compare(">=", "design")))),
    ("deal.stage", "not evaluation", Not(Is("evaluation"))),
    ("deal.stage", "not [lost, growth]", Not(OneOf((Is("lost"), Is("growth"))))),
    ("deal.stage", "not [lost, unknown]", Not(OneOf((Is("lost"), Unknown())))),
    ("deal.stage", "not [not lost, growth]", Not(OneOf((Not(Is("lost")), Is("growth"))))),
    ("deal.stage", '">= evaluation"', Compare(">=", "evaluation")),
    ("deal.stage", "≥ 招标评估", Compare(">=", "evaluation")),
    ("deal.stage", "design..commitment", Between("design", "commitment")),
    ("deal.stage", "design .. commitment", Between("design", "commitment")),
    ("deal.stage", "unknown", Unknown()),
    ("deal.stage", "未知", Unknown()),
    ("deal.stage", "known", Known()),
    ("deal.stage", "not unknown", Not(Unknown())),
    ("deal.budget_status", "不清楚", Unknown()),
    ("deal.budget_status", "none", Is("none")),
    ("deal.quotes_in_hand", "3", Is(3)),
    ("deal.quotes_in_hand", '"< 3"', Compare("<", 3)),
    ("deal.quotes_in_hand", "1..5", Between(1, 5)),
    ("deal.quotes_in_hand", "1..param.allies_required", Between(1, Param("allies_required"))),
    ("deal.amount_cny", '"> 350万"', Compare(">", 3_500_000)),
    ("deal.margin_pct", '"<= 12.5%"', Compare("<=", 12.5)),
    ("deal.margin_pct", '"< param.margin_floor_pct"', Compare("<", Param("margin_floor_pct"))),
    ("deal.margin_pct", "param.margin_floor_pct", Is(Param("margin_floor_pct"))),
    ("account.is_key", "yes", Is(True)),
    ("account.is_key", "否", Is(False)),
    ("account.is_key", "not yes", Not(Is(True))),
    ("deal.industry", "医疗", Is("医疗")),
    ("deal.industry", "no", Is("no")),
    ("deal.industry", "a..b", Is("a..b")),
    ("deal.industry", '["医院, 学校", "not 医疗"]', OneOf((Is("医院, 学校"), Not(Is("医疗"))))),
    ("deal.industry", "not ['医院, 学校', 银行]", Not(OneOf((Is("医院, 学校"), Is("银行"))))),
    ("bid.deadline", '"<= today+7d"', Compare("<=", Day(7))),
    ("bid.deadline", "today..today+7d", Between(Day(0), Day(7))),
    ("bid.deadline", "-7d..+7d", Between(Day(-7), Day(7))),
    ("bid.deadline", "older than 30d", Compare("<", Day(-30))),
    ("bid.deadline", "past", Compare("<", Day(0))),
    ("bid.deadline", "future", Compare(">", Day(0))),
    ("bid.deadline", '"> 2026-12-31"', Compare(">", date(2026, 12, 31))),
    ("deal.inquiry_signals", "price_only", Is("price_only")),
    ("deal.inquiry_signals", "at least 2 of [price_only, 一两周内定]", Several(2, ("price_only", "fast_decision"))),
    ("deal.inquiry_signals", "all of [price_only, fast_decision]", Several(2, ("price_only", "fast_decision"))),
    ("info.age_days", '"> param.stale_days_late"', Compare(">", Param("stale_days_late"))),
    ("stakeholder.name", "= visit.with", Join("=", "visit", "with")),
    ("deal.amount_cny", '"> bid.ceiling_price"', Join(">", "bid", "ceiling_price")),
]


@pytest.mark.parametrize(("key", "written", "meaning"), TESTS, ids=[f"{k}-{w}" for k, w, _ in TESTS])
def test_a_unary_test_means_what_the_documentation_says(
    vocabulary: Vocabulary, key: str, written: str, meaning: Test
) -> None:
    findings: list[Finding] = []
    field = vocabulary.field(key)
    node = read_text(f"- {written}", "t.yaml", findings.append)
    assert field is not None
    assert read_test(node.items[0], field, findings.append) == meaning  # type: ignore[union-attr]
    assert findings == []


@pytest.mark.parametrize(
    ("key", "written", "holds", "fails"),
    [
        ("deal.stage", "not evaluation", ["design", None], ["evaluation"]),
        ("deal.stage", "not [evaluation, unknown]", ["design"], ["evaluation", None]),
        ("deal.stage", '">= evaluation"', ["evaluation", "growth"], ["design", "lost", None]),
        ("deal.stage", '"< evaluation"', ["target"], ["evaluation", "lost", None]),
        ("deal.stage", "design..commitment", ["design", "commitment"], ["approval", "lost", None]),
        ("deal.stage", "known", ["design"], [None]),
        ("deal.quotes_in_hand", "[unknown, 0]", [None, 0], [1]),
        ("deal.inquiry_signals", "price_only", [("long_cycle", "price_only")], [("long_cycle",), None]),
        ("deal.inquiry_signals", "not price_only", [("long_cycle",), None], [("long_cycle", "price_only")]),
        ("deal.inquiry_signals", "all of [price_only, long_cycle]", [("long_cycle", "price_only")], [("price_only",)]),
        ("bid.deadline", "today..today+7d", [date(2026, 11, 21), date(2026, 11, 28)], [date(2026, 11, 29), None]),
        ("bid.deadline", "past", [date(2026, 11, 20)], [date(2026, 11, 21), None]),
        ("bid.deadline", "older than 30d", [date(2026, 10, 21)], [date(2026, 10, 22), None]),
        ("deal.margin_pct", '"< param.margin_floor_pct"', [14.9], [15, None]),
        ("info.age_days", '"> 30"', [(10, 31)], [(10, 30), None]),
    ],
)
def test_when_a_unary_test_holds(
    vocabulary: Vocabulary, today: date, key: str, written: str, holds: list[Any], fails: list[Any]
) -> None:
    field = vocabulary.field(key)
    node = read_text(f"- {written}", "t.yaml", print)
    assert field is not None
    test = read_test(node.items[0], field, print)  # type: ignore[union-attr]
    assert test is not None
    passes = predicate(test, field, Scope(today, {"margin_floor_pct": 15}))
    assert [passes(content) for content in holds] == [True] * len(holds)
    assert [passes(content) for content in fails] == [False] * len(fails)


# Placeholders


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("见{{ boss.name }}", [Placeholder("boss", "name")]),
        ("{{boss}}和{{ fans }}", [Placeholder("boss"), Placeholder("fans")]),
        ("{{ deal.industry or '同行业' }}", [Placeholder("deal", "industry", "同行业")]),
        ('{{ deal.industry or "your sector" }}', [Placeholder("deal", "industry", "your sector")]),
        ("{{ 老板.name }}", [Placeholder("老板", "name")]),
        ("没有", []),
    ],
)
def test_placeholders(text: str, found: list[Placeholder]) -> None:
    assert list(placeholders(text)) == found
    assert malformed(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "{{ }}",
        "{{ boss.name",
        "boss }}",
        "{{ boss|e }}",
        "{{ 1 + 1 }}",
        "{{ boss.__class__() }}",
        "{% for x in y %}",
        "{{ {{ a }}",
    ],
)
def test_what_is_no_placeholder_is_found(text: str) -> None:
    assert malformed(text)


def test_a_value_is_never_read_as_a_text_again() -> None:
    assert fill("见{{ boss }}", lambda _: "{{ deal.name }}") == "见{{ deal.name }}"


# Packs. A small built-in pack stands in for the real one, so that many packs can be laid over it.


@dataclass
class Packs:
    """Writes packs and loads them over a small built-in pack."""

    folder: Path

    def write(self, files: dict[str, str], name: str = "acme") -> Path:
        for file, text in files.items():
            path = self.folder / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return self.folder / name

    def load(self, *packs: dict[str, str]) -> Rulebook:
        rulebook = load_rulebook([self.write(files, f"pack{n}") for n, files in enumerate(packs)])
        if findings := list(check_limits(rulebook)):
            raise RuleError(findings)
        return rulebook

    def problems(self, *packs: dict[str, str], lang: str = "zh") -> list[str]:
        """Every finding, with the folder of the packs left out."""
        with pytest.raises(RuleError) as caught:
            self.load(*packs)
        return [f.text(lang).replace(f"{self.folder}/", "") for f in caught.value.findings]


def rule(ident: str, when: str = "- deal: {stage: design}", extra: str = "", output: str = "") -> str:
    """A short rule that advises, or does what `output` says."""
    advise = (
        "advise: {kind: action, priority: high, do: {zh: 去见客户, en: See them}, why: {zh: 该见了, en: It is time}}"
    )
    return f"- id: {ident}\n  title: {{zh: 规则}}\n  when:\n    {when}\n{extra}  {output or advise}\n"


@pytest.fixture
def packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Packs:
    built_in = tmp_path / "built-in"
    built_in.mkdir()
    for name in ("parameters.yaml", "clusters.yaml", "sources.yaml"):
        (built_in / name).write_bytes((rules_folder() / name).read_bytes())
    guard = "guard: {rules: [see-the-boss], reason: {zh: 合规, en: Compliance}}"
    text = rule("see-the-boss", "- stakeholder as boss: {level: decision}") + rule("see-the-staff")
    (built_in / "people.yaml").write_text(text + rule("keep-it-legal", output=guard), encoding="utf-8")
    for module in (rulebook_module, packs_module):
        monkeypatch.setattr(module, "rules_folder", lambda: built_in)
    return Packs(tmp_path / "packs")


def test_a_pack_adds_rules_in_any_of_its_folders(packs: Packs) -> None:
    loaded = packs.load(
        {"a.yaml": rule("acme-one"), "deep/er/b.yml": rule("acme-two"), "a.test.yaml": "- 测试: 不是规则"}
    )
    assert {"acme-one", "acme-two", "see-the-boss"} <= set(loaded.rule_by_id)
    assert loaded.rule_by_id["acme-one"].pack == "pack0"
    assert str(loaded.rule_by_id["see-the-boss"].at) == "rules/people.yaml:1:3"
    assert loaded.changes == ()


def test_a_pack_may_be_a_single_file(packs: Packs) -> None:
    path = packs.write({"own.yaml": rule("acme-one")}) / "own.yaml"
    loaded = load_rulebook([path])
    assert str(loaded.rule_by_id["acme-one"].at) == f"{path}:1:3"


def test_a_pack_replaces_a_rule_with_a_reason(packs: Packs) -> None:
    text = rule(
        "acme-boss", extra="  replaces: see-the-boss\n  reason: {zh: 我们先见总工, en: We see the engineer first}\n"
    )
    loaded = packs.load({"a.yaml": text, "pack.yaml": "name: 临湖照明\n"})
    assert "see-the-boss" not in loaded.rule_by_id
    (change,) = loaded.changes
    assert (change.rule, change.kind, change.pack, change.by) == ("see-the-boss", "replace", "临湖照明", "acme-boss")
    assert change.reason == Text("我们先见总工", "We see the engineer first")


def test_a_guard_over_a_replaced_rule_governs_its_replacement(packs: Packs) -> None:
    reason = "  reason: {zh: 我们的做法}\n"
    first = {"a.yaml": rule("acme-boss", extra=f"  replaces: see-the-boss\n{reason}")}
    second = {"b.yaml": rule("acme-boss-2", extra=f"  replaces: acme-boss\n{reason}")}
    guard = packs.load(first, second).rule_by_id["keep-it-legal"].guard
    assert guard is not None
    assert guard.rules == ("acme-boss-2",)


def test_a_rule_may_be_replaced_under_its_own_id(packs: Packs) -> None:
    text = rule("see-the-boss", extra="  replaces: see-the-boss\n  reason: {zh: 我们的做法}\n")
    assert packs.load({"a.yaml": text}).rule_by_id["see-the-boss"].pack == "pack0"


def test_a_pack_disables_a_rule_with_a_reason(packs: Packs) -> None:
    loaded = packs.load({"pack.yaml": "disable:\n  - {rule: see-the-boss, reason: 我们只做渠道}\n"})
    assert "see-the-boss" not in loaded.rule_by_id
    assert loaded.changes[0].reason == Text("我们只做渠道", "我们只做渠道")
    guard = loaded.rule_by_id["keep-it-legal"].guard
    assert guard is not None
    assert guard.rules == ()


def test_a_pack_restricts_a_rule_and_may_speak_of_its_aliases(packs: Packs) -> None:
    loaded = packs.load(
        {
            "pack.yaml": "restrict:\n  - rule: see-the-boss\n    reason: 只对大单\n    when:\n"
            "      - deal: {size_class: large_complex}\n      - no stakeholder: {sways: = boss.name}\n"
        }
    )
    assert [p.entity for p in loaded.rule_by_id["see-the-boss"].when if isinstance(p, Pattern)] == [
        "stakeholder",
        "deal",
        "stakeholder",
    ]
    assert loaded.changes[0].kind == "restrict"


def test_a_restriction_cannot_take_an_alias_of_the_rule(packs: Packs) -> None:
    text = "restrict:\n  - {rule: see-the-boss, reason: 试, when: [stakeholder as boss: {is_coach: yes}]}\n"
    assert packs.problems({"pack.yaml": text}) == [
        "pack0/pack.yaml:2:44: R031 别名“boss”已用过，或是保留的名称（换一个）"
    ]


def test_a_pack_overrides_parameters(packs: Packs) -> None:
    loaded = packs.load({"pack.yaml": "parameters: {support_required_pct: 60%, large_amount_cny: 200万}\n"})
    assert loaded.parameters["support_required_pct"].value == 60
    assert loaded.parameters["large_amount_cny"].value == 2_000_000
    assert loaded.parameters["support_required_pct"].label.zh


def test_later_packs_lie_over_earlier_ones(packs: Packs) -> None:
    loaded = packs.load(
        {"pack.yaml": "parameters: {support_required_pct: 60}\n", "a.yaml": rule("acme-one")},
        {"pack.yaml": "parameters: {support_required_pct: 65}\ndisable: [{rule: acme-one, reason: 停用}]\n"},
    )
    assert loaded.parameters["support_required_pct"].value == 65
    assert "acme-one" not in loaded.rule_by_id


def test_an_empty_pack_yaml_changes_nothing(packs: Packs) -> None:
    loaded = packs.load({"pack.yaml": "name:\nparameters: {}\ndisable: []\nrestrict:\n"})
    assert loaded.changes == ()


def test_the_path_of_pack_yaml_itself_is_read_too(packs: Packs) -> None:
    path = packs.write({"pack.yaml": "parameters: {support_required_pct: 60}\n"}) / "pack.yaml"
    assert load_rulebook([path]).parameters["support_required_pct"].value == 60


def test_another_language_is_enough_for_a_reason(packs: Packs) -> None:
    loaded = packs.load({"pack.yaml": "disable: [{rule: see-the-boss, reason: {en: We sell through partners}}]\n"})
    assert loaded.changes[0].reason.get("zh") == "We sell through partners"


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (
            {"a.yaml": rule("a-b", extra="  replaces: see-the-bos\n  reason: {zh: 因}\n")},
            "a.yaml:1:3: P002 没有规则“see-the-bos”（是否想写 see-the-boss？）",
        ),
        ({"a.yaml": rule("a-b", extra="  replaces: see-the-boss\n")}, "a.yaml:1:3: P003 改动 a-b 要写明原因"),
        ({"a.yaml": rule("see-the-boss")}, "a.yaml:1:3: P004 规则编号 see-the-boss 与 rules/people.yaml:1:3 相同"),
        (
            {"a.yaml": rule("a-b"), "b.yaml": rule("a-b")},
            "b.yaml:1:3: R043 规则编号 a-b 重复，已在 pack0/a.yaml:1:3 出现".replace("pack0", "PACK"),
        ),
        ({"pack.yaml": "- disable\n"}, "pack.yaml:1:1: P005 pack.yaml 要写成“键: 值”的形式"),
        ({"pack.yaml": "disable：见老板\n"}, "pack.yaml:1:8: Y008 这里的“：”是中文标点"),
        (
            {"pack.yaml": "disabled: []\n"},
            "pack.yaml:1:1: P006 这里没有“disabled”这个键（是否想写 disable？可用：name,",
        ),
        (
            {"pack.yaml": "disable: [{rule: see-the-boss, reason: 因, becuse: 因}]\n"},
            "pack.yaml:1:43: P006 这里没有“becuse”这个键（可用：rule, reason）",
        ),
        (
            {"pack.yaml": "parameters: {support_required_pct: 高}\n"},
            "pack.yaml:1:36: P007 参数 support_required_pct 的值要是数字",
        ),
        (
            {"pack.yaml": "parameters: {suport_required_pct: 60}\n"},
            "pack.yaml:1:14: R044 没有参数“suport_required_pct”（是否想写 support_required_pct？",
        ),
        ({"pack.yaml": "parameters: [support_required_pct]\n"}, "pack.yaml:1:13: P009 parameters 要写成"),
        (
            {"pack.yaml": "disable: [see-the-boss]\n"},
            "pack.yaml:1:11: P008 disable 的每一项要写 rule 和 reason（如 - {rule: 规则编号, reason: 原因}）",
        ),
        ({"pack.yaml": "disable: see-the-boss\n"}, "pack.yaml:1:10: P008 disable"),
        ({"pack.yaml": "disable: [{rule: see-the-bos, reason: 因}]\n"}, "pack.yaml:1:18: P002 没有规则“see-the-bos”"),
        ({"pack.yaml": "disable: [{rule: see-the-boss}]\n"}, "pack.yaml:1:11: P003 改动 see-the-boss 要写明原因"),
        ({"pack.yaml": "disable: [{rule: see-the-boss, reason: ~}]\n"}, "pack.yaml:1:11: P003"),
        ({"pack.yaml": "restrict: [{rule: see-the-boss, reason: 因}]\n"}, "pack.yaml:1:12: R003 缺少 when"),
        (
            {"pack.yaml": "restrict: [{rule: see-the-boss, reason: 因, when: [deal: {stag: design}]}]\n"},
            "pack.yaml:1:58: R015",
        ),
        ({"parameters.yaml": "support_required_pct: 60\n"}, "parameters.yaml:1:1: R001 规则文件应是一个列表"),
    ],
)
def test_what_can_be_wrong_with_a_pack(packs: Packs, files: dict[str, str], problem: str) -> None:
    (found,) = packs.problems(files)
    assert found.startswith(f"pack0/{problem}".replace("PACK", "pack0"))


def test_a_pack_that_is_not_there(packs: Packs) -> None:
    with pytest.raises(RuleError) as caught:
        load_rulebook([packs.folder / "没有"])
    assert [f.text("zh") for f in caught.value.findings] == [f"{packs.folder}/没有: P001 没有这个规则包（检查路径）"]
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            rule("a-b", '- deal: {win_prob_rep: ">= param.win_prob_hi"}'),
            "R044 没有参数“win_prob_hi”（是否想写 win_prob_high_pct？参数见 parameters.yaml）",
        ),
        (rule("a-b", '- deal: {win_prob_rep: ["not < param.nope", unknown]}'), "R044 没有参数“nope”"),
        (rule("a-b", "- fewer than param.nope stakeholder: {stance: ally}"), "R044 没有参数“nope”"),
        (rule("a-b").replace("去见客户", "'{{ param.nope }}'"), "R044 没有参数“nope”"),
        (
            rule("a-b", extra="  source: [S0-warn-03-never-met-tap]\n"),
            "R046 规则 a-b 引用的来源“S0-warn-03-never-met-tap”不存在",
        ),
        (rule("a-b", output="guard: {sources: [S9-x], reason: {zh: 因}}"), "R046 规则 a-b 引用的来源“S9-x”不存在"),
        (
            rule("a-b").replace("priority: high,", "priority: high, cluster: top-decidr,"),
            "R047 规则 a-b 的分组“top-decidr”不存在（是否想写 top-decider？）",
        ),
        (rule("a-b", output="guard: {clusters: [zzz], reason: {zh: 因}}"), "R047 规则 a-b 的分组“zzz”不存在"),
        (
            rule("a-b", output="guard: {rules: [see-the-bos], reason: {zh: 因}}"),
            "R048 守卫 a-b 管的规则“see-the-bos”不存在（是否想写 see-the-boss？）",
        ),
        (
            rule("a-b", "\n    ".join(["- stakeholder: {}"] * 17)),
            "R049 规则 a-b 的条件过多：17 个（上限 16，拆成两条规则）",
        ),
        (rule("a-b", "- any: ANY\n    - any: ANY"), "R050 规则 a-b 的组合过多：81 种（上限 64，减少 any 的层数）"),
        (
            rule(
                "a-b",
                "- stakeholder as a: {level: decision}\n    - stakeholder as b: {is_coach: yes}\n"
                "    - no stakeholder: {sways: = a.name, favours_competitor: = b.name}",
            ),
            "R051 规则 a-b 里的计数条件同时引用了两个人（最多一个）",
        ),
    ],
)
def test_what_only_the_whole_rulebook_shows(packs: Packs, text: str, problem: str) -> None:
    text = text.replace("ANY", "[" + ", ".join(f"stakeholder: {{influence: {n}}}" for n in range(1, 10)) + "]")
    (found,) = packs.problems({"a.yaml": text})
    assert found.startswith(f"pack0/a.yaml:1:3: {problem}")


def test_rules_that_wait_for_each_other(packs: Packs) -> None:
    first = rule(
        "size-from-type", "- account: {value_type: unknown}", output="conclude: {deal.size_class: large_complex}"
    )
    second = rule(
        "type-from-size", "- deal: {size_class: small_routine}", output="conclude: {account.value_type: intrinsic}"
    )
    (found,) = packs.problems({"a.yaml": first + second})
    assert found.startswith("pack0/a.yaml:1:3: R045 规则互相等待，无法确定先后：account.value_type → size-from-type → ")
    good = first.replace("unknown", "known")
    assert packs.load({"a.yaml": good + second}).rule_by_id


def test_too_many_patterns_on_one_field(packs: Packs) -> None:
    rules = "".join(rule(f"r-{n}", f"- stakeholder: {{title: 岗位{n}}}") for n in range(980))
    problems = packs.problems({"a.yaml": rules})
    assert len(problems) == 1
    assert "R052 对 stakeholder" in problems[0]
    assert problems[0].endswith("的规则太多：981（上限 960）")


def test_findings_of_several_files_come_all_at_once(packs: Packs) -> None:
    files = {
        "a.yaml": rule("a-b", "- deal: {stag: design}") + rule("A b"),
        "b.yaml": rule("a-c", extra="  source: [S9-x]\n"),
        "c.yaml": "- id: [a-d\n",
        "pack.yaml": "disable: [{rule: nope, reason: 因}]\n",
    }
    assert [problem.split(" ")[0] + problem.split(" ")[1] for problem in packs.problems(files)] == [
        "pack0/a.yaml:4:14:R015",
        "pack0/a.yaml:6:7:R008",
        "pack0/b.yaml:1:3:R046",
        "pack0/c.yaml:1:7:Y015",
        "pack0/pack.yaml:1:18:P002",
    ]


def test_a_guard_is_not_blamed_for_naming_a_rule_that_cannot_be_read(packs: Packs) -> None:
    guard = rule("a-guard", output="guard: {rules: [a-b], reason: {zh: 因}}")
    (found,) = packs.problems({"a.yaml": rule("a-b", "- deal: {stag: design}") + guard})
    assert "R015" in found


def test_a_file_that_is_not_utf8_or_broken_is_told_by_name(packs: Packs) -> None:
    folder = packs.write({"a.yaml": ""})
    (folder / "b.yaml").write_bytes("- id: 规则\n".encode("gbk"))
    with pytest.raises(RuleError) as caught:
        load_rulebook([folder])
    assert [str(f.at) for f in caught.value.findings] == [f"{folder}/b.yaml:1:1"]


# Messages


MESSAGES: dict[str, dict[str, str]] = yaml.safe_load(data_text("messages.yaml"))


def words_in(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_every_code_is_raised_and_every_raised_code_has_words() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in Path(playbook.__file__).parent.rglob("*.py"))
    raised = set(re.findall(r"\"([A-Z]\d{3})\"", source))
    assert raised == set(MESSAGES)


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_a_message_says_the_same_in_both_languages(code: str) -> None:
    message = MESSAGES[code]
    assert set(message) == {"zh", "en"}
    assert words_in(message["zh"]) == words_in(message["en"])
    assert message["zh"].count("‹") == message["en"].count("‹")
    assert re.search("[一-鿿]", message["zh"])
    assert not re.search("[一-鿿]", message["en"].replace("‘", "").replace("’", ""))


def test_no_two_codes_say_the_same() -> None:
    for kind in "YDRPEU":
        texts = [message["zh"] for code, message in MESSAGES.items() if code[0] == kind]
        assert len(set(texts)) == len(texts)


def test_every_code_of_rules_and_packs_has_a_case_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [code for code in MESSAGES if code[0] in "RP" and text.count(code) < 1] == []


def test_the_built_in_rulebook_is_clean(rulebook: Rulebook) -> None:
    assert rulebook.rules
    assert all(str(rule.at).startswith("rules/") for rule in rulebook.rules)
