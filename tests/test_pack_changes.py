"""Changing a company pack: a new rule with its test, and what an upgrade changes beneath the pack."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner

from playbook.check.checked import load_rulebook
from playbook.cli import cli
from playbook.load.casefile import parse_cases
from playbook.resources import built_in_rules, rules_folder
from playbook.workbench.audit import audit
from playbook.workbench.scaffold import _cases, place_of

NEW = (
    "--when", "account.funds_status=[unknown, tight]", "--when", "stakeholder.stance=ally",
    "--title", "资金没问清", "--do", "签约前三天请{{ person.name }}引见财务科长，确认这笔钱哪天到账。",
    "--why", "没有钱就没有项目。", "--owner", "王磊",
)  # fmt: skip


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "pack.yaml").write_text("name: huadong\n", encoding="utf-8")
    return tmp_path / "pack"


def run(*arguments: str, answers: str = ""):
    return CliRunner().invoke(cli, ["rules", *arguments], input=answers)


def test_a_new_rule_stands_in_the_right_file_with_a_test_that_passes(pack, today):
    result = run("new", "call-finance", *NEW)
    assert result.exit_code == 0, result.output
    assert result.stdout.split() == ["pack/opportunity.yaml", "pack/opportunity.test.yaml"]
    text = (pack / "opportunity.yaml").read_text(encoding="utf-8")
    # The choices of each field stand above the conditions, for whoever edits the rule next.
    assert "# account.funds_status 资金情况: unknown 不清楚, tight 紧张" in text
    assert audit([pack], today) == []
    assert run("test", "--rules", "pack").stdout == "2 个测试，2 个通过，0 个失败\n"


def test_a_second_rule_is_added_behind_the_first(pack):
    run("new", "call-finance", *NEW)
    result = run("new", "call-finance-again", *NEW)
    assert result.exit_code == 0, result.output
    rules = load_rulebook([pack]).rule_by_id
    assert {"call-finance", "call-finance-again"} <= set(rules)
    assert run("test", "--rules", "pack").stdout == "4 个测试，4 个通过，0 个失败\n"


@pytest.mark.parametrize(
    ("arguments", "problem", "exit_code"),
    [
        (("reach-top-decision-maker-through-coach", *NEW), "U018", 2),
        (("call-finance", "--when", "account.fund=x", *NEW[4:]), "R015 “客户”没有“fund”字段（是否想写 funds？", 4),
        (("call-finance", "--when", "account.funds_status=rich", *NEW[4:]), "R028", 4),
        (("call-finance", "--when", "funds", *NEW[4:]), "U019", 2),
        (("call-finance", *NEW[:4]), "U020 缺少 --title", 2),
        (("call-finance", "--when", "deal.amount_cny=not [unknown, known]", *NEW[4:-4], *NEW[-4:]), "K011", 4),
    ],
)
def test_a_wrong_rule_is_not_written(pack, arguments, problem, exit_code):
    if "K011" in problem:
        arguments = tuple(a.replace("{{ person.name }}", "客户") for a in arguments)
    result = run("new", *arguments)
    assert result.exit_code == exit_code, result.output
    assert problem in result.stderr
    assert [path.name for path in pack.iterdir()] == ["pack.yaml"]


def test_every_built_in_rule_could_be_given_its_test_this_way(advisor):
    for rule in advisor.rulebook.rules[::23]:
        if any(field in str(rule.when) for field in ("age_days", "source_count")):
            continue  # computed from the dates of evidence, which a list of facts cannot hold
        findings = []
        cases = parse_cases(_cases(advisor, rule, "zh"), advisor.rulebook.vocabulary, {rule.id}, findings.append)
        assert [finding.text("en") for finding in findings] == []
        assert cases[0].fires == (rule.id,)


def test_a_rule_belongs_where_the_built_in_pack_has_its_like(rulebook):
    assert place_of(rulebook, ["competitor.position"]) == "competition"
    assert place_of(rulebook, ["bid.deadline"]) == "bidding"
    assert place_of(rulebook, ["deal.budget_cny"]) == "our-rules"


# Upgrades

CHANGES = """
name: huadong
disable:
  - {rule: ask-scoring-method, reason: 由投标部统一问}
"""
REPLACING = """
- id: our-decider-rule
  replaces: reach-top-decision-maker-through-coach
  reason: {zh: 我们由总监约见, en: Our director arranges it}
  title: {zh: 由总监约见拍板人, en: Our director meets the decider}
  when:
    - stakeholder as boss: {is_final_decider: yes, contact_status: none}
  advise:
    kind: action
    priority: critical
    do: {zh: "今天请总监约{{ boss.name }}。", en: "Ask our director to meet {{ boss.name }}."}
    why: {zh: 级别对等。, en: Equal rank.}
"""


@pytest.fixture
def changed_pack(pack: Path) -> Path:
    (pack / "pack.yaml").write_text(CHANGES, encoding="utf-8")
    (pack / "people.yaml").write_text(REPLACING, encoding="utf-8")
    return pack


def test_what_a_pack_changes_is_recorded_and_then_quiet(changed_pack):
    first = run("upgrade", "pack")
    assert first.exit_code == 1
    assert "还没有记下当时的内置版本" in first.stdout
    assert run("upgrade", "pack", "--accept").exit_code == 0
    assert (changed_pack / "base.lock").is_file()
    quiet = run("upgrade", "pack")
    assert quiet.exit_code == 0
    assert quiet.stdout.splitlines()[1] == "本包改动了 2 条内置规则，其中 0 条的内置版本有变化。"


def test_a_change_beneath_a_replacement_is_shown_three_ways(changed_pack, tmp_path):
    run("upgrade", "pack", "--accept")
    newer = copytree(rules_folder(), tmp_path / "newer")
    (place,) = [
        p for p in newer.rglob("*.yaml") if "- id: reach-top-decision-maker-through-coach\n" in p.read_text("utf-8")
    ]
    text = place.read_text(encoding="utf-8")
    at = text.index("- id: reach-top-decision-maker-through-coach\n")
    place.write_text(text[:at] + text[at:].replace("priority: critical", "priority: high", 1), encoding="utf-8")
    with built_in_rules(newer):
        result = run("upgrade", "pack")
    assert result.exit_code == 1
    shown = result.stdout
    assert "本包改动了 2 条内置规则，其中 1 条的内置版本有变化。" in shown
    assert "━━ reach-top-decision-maker-through-coach：已替换\n当时的原因：我们由总监约见" in shown
    was_now, now_own = shown.split("内置规则：原来 → 现在")[1].split("内置规则现在 → 本包的")
    assert "-     priority: critical" in was_now
    assert "+     priority: high" in was_now
    assert "+     priority: critical" in now_own
    assert "今天请总监约{{ boss.name }}。" in now_own
    assert "ask-scoring-method" not in shown


def test_upgrade_wants_a_pack(tmp_path):
    assert run("upgrade", str(tmp_path / "nothing")).exit_code == 2
