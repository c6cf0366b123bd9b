"""The commands as a user types them: output, exit codes, files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from playbook.cli import cli

ROOT = Path(__file__).parent.parent
DEAL = str(ROOT / "examples" / "inquiry-a-price.yaml")
DAY = ["--as-of", "2026-11-21"]


def run(*args: str):
    return CliRunner().invoke(cli, list(args))


@pytest.mark.parametrize("form", ["text", "md", "html", "json"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_brief_in_every_format_and_language(form, lang):
    result = run("brief", DEAL, "--format", form, "--lang", lang, *DAY)
    assert result.exit_code == 0, result.output
    assert "华砺机械" in result.output
    assert ("下一步" if lang == "zh" else "next") in result.output.lower() or form == "json"
    assert "\x1b[" not in result.output


def test_the_suffix_of_the_output_file_chooses_the_format(tmp_path):
    out = tmp_path / "sheets" / "a.html"
    assert run("brief", DEAL, "-o", str(out), *DAY).exit_code == 0
    assert out.read_text(encoding="utf-8").lstrip().startswith("<!")
    assert [p.name for p in out.parent.iterdir()] == ["a.html"]


def test_a_team_file_is_briefed_for_the_manager():
    result = run("brief", str(ROOT / "examples" / "manager-team.yaml"), "--format", "json", *DAY)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["audience"] == "manager"


def test_explain_shows_how_a_score_adds_up():
    result = run("brief", DEAL, "--explain", *DAY)
    assert "quote-same-day-for-fast-decision" in result.output
    assert "400" in result.output


def test_why_and_why_not():
    why = run("why", DEAL, "quote-same-day-for-fast-decision", *DAY)
    assert why.exit_code == 0
    assert "signals-point-to-intrinsic" in why.output
    why_not = run("why-not", DEAL, "name-executive-sponsor-for-strategic-deal", "--lang", "en", *DAY)
    assert why_not.exit_code == 0
    assert "✗" in why_not.output
    assert "Strategic value" in why_not.output


def test_why_of_a_rule_that_does_not_fire_points_to_why_not():
    result = run("why", DEAL, "name-executive-sponsor-for-strategic-deal", *DAY)
    assert result.exit_code == 2
    assert "why-not" in result.stderr


def test_an_unknown_rule_gets_a_suggestion():
    result = run("why-not", DEAL, "quote-same-day-for-fast-decison", *DAY)
    assert result.exit_code == 2
    assert "quote-same-day-for-fast-decision" in result.stderr


def test_what_if():
    result = run("what-if", DEAL, "--set", "deal.inquiry_signals=outsourcing,exec_alignment", "--lang", "en", *DAY)
    assert result.exit_code == 0
    assert "Appears" in result.output
    assert "Disappears" in result.output


def test_rules_list_show_and_facts():
    listed = run("rules", "list", "decider", "--lang", "en")
    assert "reach-top-decision-maker" in listed.output
    shown = run("rules", "show", "reach-top-decision-maker-through-coach")
    assert "有一位我方还没见过的拍板人" in shown.output
    assert "rules/people/decider.yaml" in shown.output
    facts = run("rules", "facts")
    assert "stakeholder.is_final_decider" in facts.output


def test_rules_sources_go_from_document_to_rule_and_back():
    everything = run("rules", "sources")
    assert "000 大客户销售的三道门槛: 43/43" in everything.output
    assert everything.output.count("\n  S") == 410
    by_rule = run("rules", "sources", "quote-same-day-for-fast-decision", "--lang", "en")
    found = [line for line in by_rule.output.splitlines() if line.startswith("  S")]
    assert found == [
        "  S1-int-11-fast-quote\tCase: inquiry A\task-closing-hour-of-fast-buyer, quote-same-day-for-fast-decision"
    ]


def test_a_bad_deal_file_exits_with_3_and_lists_every_error(tmp_path):
    deal = tmp_path / "坏.yaml"
    deal.write_text("deal: {name: 甲, stage: 招标评沽, amont_cny: 3}\n", encoding="utf-8")
    result = run("brief", str(deal))
    assert result.exit_code == 3
    assert "坏.yaml:1:24: D016" in result.stderr
    assert "招标评估" in result.stderr
    assert "amount_cny" in result.stderr
    assert result.stdout == ""


def test_a_bad_rule_file_exits_with_4(tmp_path):
    rules = tmp_path / "our.yaml"
    rules.write_text("- id: x\n  titel: {zh: 甲}\n", encoding="utf-8")
    result = run("brief", DEAL, "--rules", str(rules), "--lang", "en", *DAY)
    assert result.exit_code == 4
    assert "our.yaml:2:3" in result.stderr
    assert "title" in result.stderr


def test_usage_errors_exit_with_2():
    assert run("brief").exit_code == 2
    assert run("brief", DEAL, "--as-of", "昨天吧").exit_code == 2
    assert run("brief", DEAL, "--format", "xls").exit_code == 2


def test_a_missing_deal_file_is_a_bad_deal_file(tmp_path):
    result = run("brief", str(tmp_path / "nothing.yaml"))
    assert result.exit_code == 3
    assert "Traceback" not in result.output


def test_init_makes_a_workspace_that_works_and_never_overwrites(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("init", "sales").exit_code == 0
    brief = run("brief", "sales/deals/inquiry-a-price.yaml", "--rules", "sales/pack", *DAY)
    assert brief.exit_code == 0, brief.output
    again = run("init", "sales", "--lang", "en")
    assert again.exit_code == 2
    assert "already holds" in again.stderr


def test_a_company_pack_changes_the_advice(tmp_path):
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "pack.yaml").write_text(
        "name: 我司\ndisable:\n  - {rule: quote-same-day-for-fast-decision, reason: 报价由商务统一出}\n",
        encoding="utf-8",
    )
    result = run("brief", DEAL, "--rules", str(pack), "--format", "json", *DAY)
    assert result.exit_code == 0, result.output
    rules = {card["rule"] for card in json.loads(result.stdout)["activations"]}
    assert "quote-same-day-for-fast-decision" not in rules
    assert "split-quote-into-saving-lines" in rules


def test_reference_engine_gives_the_same_briefing():
    args = ("brief", DEAL, "--format", "json", *DAY)
    reference = run(*args, "--engine", "reference")
    assert reference.exit_code == 0, reference.output
    assert reference.stdout == run(*args).stdout


def test_output_is_the_same_in_every_process(tmp_path):
    def once(seed: str) -> bytes:
        env = os.environ | {"PYTHONHASHSEED": seed, "PLAYBOOK_CACHE": str(tmp_path / seed)}
        command = [sys.executable, "-m", "playbook", "brief", DEAL, "--format", "json", *DAY]
        return subprocess.run(command, capture_output=True, check=True, env=env, cwd=ROOT).stdout

    assert once("1") == once("2") == once("2")


def test_without_the_extension_one_line_says_so(tmp_path):
    blocker = tmp_path / "durable_rules_engine.py"
    blocker.write_text("raise ImportError('absent')\n")
    env = os.environ | {"PYTHONPATH": str(tmp_path), "PLAYBOOK_CACHE": "off"}
    command = [sys.executable, "-m", "playbook", "brief", DEAL, "--lang", "en", *DAY]
    result = subprocess.run(command, capture_output=True, text=True, check=True, env=env, cwd=ROOT)
    assert result.stderr.count("\n") == 1
    assert "durable_rules could not be loaded" in result.stderr
    assert result.stdout == run("brief", DEAL, "--lang", "en", "--engine", "reference", *DAY).stdout


def test_a_damaged_cache_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAYBOOK_CACHE", str(tmp_path / "cache"))
    first = run("brief", DEAL, *DAY)
    for file in (tmp_path / "cache").glob("*.pickle"):
        file.write_bytes(b"\x80garbage")
    second = run("brief", DEAL, *DAY)
    assert second.exit_code == 0
    assert second.stdout == first.stdout
