"""`playbook rules diff`: a change of rules shown as changed advice on real deals."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from playbook.cli import cli

DEALS = {
    "paper.yaml": """
deal: {name: 东江纸业二期, stage: evaluation, amount_cny: 800万}
procurement: {method: rfq}
account: {name: 东江纸业, support_coverage_pct: 55}
stakeholders:
  - {name: 何总, is_final_decider: yes, contact_status: none, influence: 10}
  - {name: 罗工, is_coach: yes, coach_verified: yes, stance: supporter, contact_status: trusted}
""",
    "team.yaml": "rep: {name: 马晓东, quota_cny: 3000万, funnel_value_cny: 2000万}\n",
}
PACK = """
name: huadong
disable:
  - {rule: reach-top-decision-maker-through-coach, reason: 我们由总监约见}
parameters: {support_required_pct: 60}
"""
RULE = """
- id: call-before-the-decision
  title: {zh: 定案前打一次电话, en: One call before the decision}
  owner: 华东大客户部
  when:
    - deal: {stage: evaluation}
  advise:
    kind: gate
    priority: critical
    due: 1d
    do: {zh: 明天上午给采购经办打一次电话，问清定案会是哪天。, en: Call the buyer tomorrow morning for the date.}
    why: {zh: 不知道日期就排不了人。, en: Without the date nobody can be planned.}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in DEALS.items():
        path = tmp_path / "deals" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "pack.yaml").write_text(PACK, encoding="utf-8")
    (tmp_path / "pack" / "ours.yaml").write_text(RULE, encoding="utf-8")
    return tmp_path


def diff(*arguments: str):
    return CliRunner().invoke(cli, ["rules", "diff", *arguments, "--deals", "deals", "--as-of", "2026-11-21"])


def test_the_summary_comes_first_then_rules_parameters_and_deals(folder):
    result = diff("builtin", "pack")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "规则变动对建议的影响：builtin → pack"
    assert lines[1] == "2 个商机中 1 个的建议有变化；1 个的第一件事变了。"
    shown = "\n".join(lines)
    assert "━━ 新增规则 (1)\n  + call-before-the-decision" in shown
    assert "━━ 删去或停用的规则 (1)\n  - reach-top-decision-maker-through-coach" in shown
    assert "━━ 改动的参数\n  ~ support_required_pct: 50 → 60" in shown
    assert (
        "━━ 东江纸业二期（deals/paper.yaml）\n\n前三件事\n  → 1. 定案前打一次电话  [call-before-the-decision]" in shown
    )
    assert "  - 不再出现：没见过拍板人：请教练引荐  [reach-top-decision-maker-through-coach@何总]" in shown
    assert "team.yaml" not in shown


def test_json_holds_the_same(folder):
    found = json.loads(diff("builtin", "pack", "--format", "json").stdout)
    assert (found["deals"], found["changed"], found["lose_top"]) == (2, 1, 1)
    (deal,) = found["details"]
    assert deal["top"]["after"][0] == "call-before-the-decision"
    assert deal["top"]["in"] == [ident for ident in deal["top"]["after"] if ident not in deal["top"]["before"]]
    assert "call-before-the-decision" in deal["appears"]


def test_nothing_changes_between_a_version_and_itself(folder):
    result = diff("pack", "pack", "--lang", "en")
    assert result.stdout.splitlines()[1:] == ["The advice on all 2 deals stays the same."]


def test_a_rewording_is_a_change_without_moving_a_card(folder):
    (folder / "reworded").mkdir()
    (folder / "reworded" / "pack.yaml").write_text(PACK, encoding="utf-8")
    (folder / "reworded" / "ours.yaml").write_text(RULE.replace("打一次电话，", "打电话，"), encoding="utf-8")
    (deal,) = json.loads(diff("pack", "reworded", "--format", "json").stdout)["details"]
    assert deal["reworded"] == ["call-before-the-decision"]
    assert deal["appears"] == deal["disappears"] == deal["moves"] == []


def git(*arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


def test_a_revision_is_compared_with_the_working_tree(folder):
    git("init", "-q")
    git("add", "pack")
    git("commit", "-q", "-m", "pack")
    (folder / "pack" / "ours.yaml").unlink()
    by_default = diff("HEAD", "pack", "--format", "json")
    by_path = diff("HEAD:pack", "pack", "--format", "json")
    found = json.loads(by_default.stdout)
    assert found["rules"] == {"added": [], "removed": ["call-before-the-decision"], "changed": []}
    assert {**json.loads(by_path.stdout), "old": "HEAD"} == found


def test_a_folder_that_holds_a_whole_playbook_takes_the_place_of_the_built_in_one(folder, rulebook):
    from shutil import copytree

    from playbook.resources import rules_folder

    whole = copytree(rules_folder(), folder / "rules-2")
    text = (whole / "parameters.yaml").read_text(encoding="utf-8")
    (whole / "parameters.yaml").write_text(text.replace("value: 50\n", "value: 60\n"), encoding="utf-8")
    found = json.loads(diff("builtin", "rules-2", "--format", "json").stdout)
    assert found["rules"] == {"added": [], "removed": [], "changed": []}
    assert found["parameters"]["support_required_pct"] == {"before": 50, "after": 60}
    assert len(rulebook.rules) > 800


@pytest.mark.parametrize("word", ["no-such-thing", "HEAD~1", "--output=/etc/passwd"])
def test_a_word_that_names_nothing_is_told(folder, word):
    result = diff("builtin", "--", word) if word.startswith("-") else diff("builtin", word)
    assert result.exit_code == 2


def test_bad_deals_are_all_told_at_once(folder):
    for name in ("a.yaml", "b.yaml"):
        (folder / "deals" / name).write_text("deal: {name: 甲, stage: 二期}\n", encoding="utf-8")
    result = diff("builtin", "pack")
    assert result.exit_code == 3
    assert [line.split(" ")[0] for line in result.stderr.splitlines()] == ["deals/a.yaml:1:24:", "deals/b.yaml:1:24:"]


def test_html_is_one_file_and_escapes_what_deals_say(folder):
    path = folder / "deals" / "paper.yaml"
    path.write_text(DEALS["paper.yaml"].replace("东江纸业二期", "<script>alert(1)</script>"), encoding="utf-8")
    page = diff("builtin", "pack", "--format", "html").stdout
    assert page.startswith("<!DOCTYPE html>")
    assert "<script>" not in page
    assert "http" not in page
    assert "&lt;script&gt;" in page
