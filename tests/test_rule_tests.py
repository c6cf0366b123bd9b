"""Sidecar tests: what a case may say, what a failing one tells, and what passing ones cover."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from playbook.cli import cli
from playbook.load.casefile import case_files, parse_cases
from playbook.resources import rules_folder
from playbook.workbench.testrun import Coverage, covered, load_suite, run_cases

RULES = """\
- id: meet-the-decider
  title: {zh: 拍板人没见过, en: The decider has not been met}
  when:
    - deal: {stage: ">= evaluation"}
    - stakeholder as boss: {is_final_decider: yes, contact_status: none}
  advise:
    kind: action
    priority: critical
    due: 3d
    person: boss
    do: {zh: "三天内约{{ boss.name }}见一面，带上一页收益测算。", en: "Meet {{ boss.name }} within three days."}
    why: {zh: 没见过拍板人的项目最容易在最后丢单。, en: Deals in which nobody met the decider are lost at the end.}
- id: ally-means-partner
  title: {zh: 盟友就是伙伴, en: An ally is a partner}
  when:
    - stakeholder as friend: {stance: ally}
  conclude: {friend.relation_type: partner}
"""
CASES = """\
- name: 定案前还没见过拍板人
  facts:
    deal: {name: 二期扩产, stage: evaluation}
    stakeholders:
      - {name: 何总, is_final_decider: yes, contact_status: none}
      - {name: 罗工, stance: ally}
  fires: [meet-the-decider]
  concludes: {"stakeholder[罗工].relation_type": partner}
  cards:
    meet-the-decider: {status: shown, person: 何总, do: 约何总见一面}
  variants:
    - name: 已经常来往
      set: {"stakeholder[何总].contact_status": regular}
      silent: [meet-the-decider]
    - name: 还早
      set: {deal.stage: need}
      silent: [meet-the-decider]
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    (tmp_path / "decider.yaml").write_text(RULES, encoding="utf-8")
    (tmp_path / "decider.test.yaml").write_text(CASES, encoding="utf-8")
    return tmp_path


def run(pack: Path, *arguments: str):
    return CliRunner().invoke(cli, ["rules", "test", "--rules", str(pack), *arguments])


def change(pack: Path, good: str, bad: str) -> None:
    path = pack / "decider.test.yaml"
    text = path.read_text(encoding="utf-8")
    assert good in text
    path.write_text(text.replace(good, bad, 1), encoding="utf-8")


def test_the_cases_beside_a_companys_rules_run(pack):
    result = run(pack)
    assert result.exit_code == 0
    assert result.stdout == "3 个测试，3 个通过，0 个失败\n"


@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [
        # A rule that should have fired: which condition it failed, and what is nearest.
        ("silent: [meet-the-decider]", "fires: [meet-the-decider]", ["应触发 meet-the-decider", "何总的接触程度"]),
        # A rule that should have kept silent: the facts that it fired on.
        ("fires: [meet-the-decider]", "silent: [meet-the-decider]", ["不该触发 meet-the-decider", "何总", "├─"]),
        ("relation_type\": partner", "relation_type\": friend", ["罗工的", "friend", "伙伴"]),
        ("status: shown", "status: guarded", ["应为  status: guarded", "实际  status: shown"]),
        ("person: 何总", "person: 罗工", ["应为  status: shown, person: 罗工", "实际  status: shown, person: 何总"]),
        ("约何总见一面", "请何总吃饭", ["请何总吃饭", "三天内约何总见一面"]),
    ],
)  # fmt: skip
def test_a_failing_case_shows_expected_actual_and_why(pack, good, bad, told):
    change(pack, good, bad)
    result = run(pack)
    assert result.exit_code == 1
    assert "1 个失败" in result.stdout
    for piece in told:
        assert piece in result.stdout


@pytest.mark.parametrize(
    ("good", "bad", "problem"),
    [
        ("facts:", "fact:", "2:3: C002 测试里没有“fact”（是否想写 facts？"),
        ("- name: 定案前还没见过拍板人\n  facts:", "- facts:", "1:3: C003 这个测试缺少 name"),
        ("fires: [meet-the-decider]\n", "fires: [met-the-decider]\n", "7:11: C005 没有规则“met-the-decider”"),
        ("status: shown", "status: shwon", "10:32: R010 “shwon”不可用"),
        ("stage: evaluation", "stage: evaluatoin", "3:31: D016"),
        ("deal.stage: need", "deal.stag: need", "16:13: U003"),
        ("      silent: [meet-the-decider]\n    - name: 还早", "    - name: 还早", "12:7: C004 这个测试什么也没要求"),
        ("set: {deal.stage: need}", "set: 需求", "15:7: C003 这个测试缺少 set"),
        ("  facts:\n", "  as_of: 昨日\n  facts:\n", "2:10: R011"),
        ("- name: 定案前还没见过拍板人\n", "- 定案前还没见过拍板人\n- name: 定案前\n", "1:3: C001"),
    ],
)  # fmt: skip
def test_a_wrong_case_is_told_at_its_place(pack, good, bad, problem):
    change(pack, good, bad)
    result = run(pack)
    assert result.exit_code == 4
    assert problem in result.stderr


def test_there_must_be_tests(tmp_path):
    (tmp_path / "decider.yaml").write_text(RULES, encoding="utf-8")
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "C006" in result.stderr


def test_coverage_counts_rules_seen_firing_and_conditions_seen_silencing(pack, advisor):
    advisor = type(advisor).load([pack], advisor.today)
    suite = load_suite(advisor.rulebook, [pack])
    coverage = Coverage()
    assert not [result for result in run_cases(advisor, suite.cases, "zh", coverage) if result.failures]
    parts = {each.rule.id: each.parts for each in covered(suite.rules, coverage)}
    # The decider's rule fires, and each of its two conditions silences it; the other was never said to fire.
    assert parts == {"meet-the-decider": (3, 3), "ally-means-partner": (0, 2)}


def test_coverage_is_shown_and_may_be_demanded(pack):
    result = run(pack, "--coverage", "--missing", "--lang", "en", "--fail-under", "60")
    assert result.exit_code == 0
    assert " 60%  1/2         2/3 " in result.stdout
    assert "ally-means-partner: no test makes it fire" in result.stdout
    result = run(pack, "--fail-under", "61")
    assert result.exit_code == 1
    assert "C007 覆盖率 60.0%" in result.stderr


def test_junit_names_each_case_and_what_failed(pack, tmp_path):
    change(pack, "silent: [meet-the-decider]", "fires: [meet-the-decider]")
    result = run(pack, "--format", "junit", "-o", str(tmp_path / "out.xml"))
    assert result.exit_code == 1
    (suite,) = ElementTree.parse(tmp_path / "out.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    failed = [case for case in suite if len(case)]
    assert [case.get("name") for case in failed] == ["定案前还没见过拍板人 · 已经常来往"]
    assert "meet-the-decider" in failed[0][0].get("message", "")


def test_a_case_may_name_its_day_and_its_reader(advisor):
    text = CASES.replace("  facts:\n", "  as_of: 2027-01-04\n  for: manager\n  facts:\n")
    findings = []
    cases = parse_cases(text, advisor.rulebook.vocabulary, {"meet-the-decider"}, findings.append)
    assert findings == []
    assert {str(case.as_of) for case in cases} == {"2027-01-04"}
    assert [case.audience for case in cases] == ["manager", "manager", "manager"]


def test_every_test_beside_the_built_in_rules_passes(advisor):
    suite = load_suite(advisor.rulebook, [rules_folder()])
    failed = [result for result in run_cases(advisor, suite.cases, "zh", Coverage()) if result.failures]
    assert [(str(result.case.at), [f.what for f in result.failures]) for result in failed] == []


def test_every_built_in_rule_file_has_tests_beside_it(advisor):
    files = {rules_folder().parent / rule.at.file for rule in advisor.rulebook.rules}
    assert [file for file in sorted(files) if not case_files([file])[0].exists()] == []


def test_guards_gates_and_classifications_are_tested_both_ways(advisor):
    suite = load_suite(advisor.rulebook, [rules_folder()])
    fires = {ident for case in suite.cases for ident in case.fires}
    silent = {ident for case in suite.cases for ident in case.silent}
    important = {
        r.id for r in advisor.rulebook.rules if r.guard or r.conclude or (r.advise and r.advise.kind == "gate")
    }
    assert important - fires == set()
    assert important - silent == set()
