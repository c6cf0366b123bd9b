"""What the README and the documentation show works as shown."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from playbook.cli import cli
from playbook.load.casefile import parse_cases
from playbook.load.rulefile import parse_rules
from playbook.workbench.testrun import Coverage, run_cases

ROOT = Path(__file__).parent.parent
PAGES = ["README.md", "README.zh-CN.md", "docs/rule-language.md"]


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_rules_deals_and_tests_shown_are_right(page, vocabulary, advisor, deal_of):
    shown = blocks(page, "yaml")
    assert shown
    for text in shown:
        if text.startswith("- id"):
            findings = []
            assert parse_rules(text, vocabulary, findings.append)
            assert findings == []
        elif text.startswith("- name"):
            findings = []
            cases = parse_cases(text, vocabulary, advisor.rulebook.rule_by_id, findings.append)
            assert findings == []
            assert [result.failures for result in run_cases(advisor, cases, "zh", Coverage())] == [()] * len(cases)
        elif text.startswith("deal:"):
            assert deal_of(text).facts


@pytest.mark.parametrize("page", PAGES[:2])
def test_commands_shown_print_what_is_shown(page, monkeypatch):
    monkeypatch.chdir(ROOT)
    ran = 0
    for block in blocks(page, "console"):
        command, _, output = block.partition("\n")
        if not command.startswith("$ playbook") or "examples/" not in command:
            continue
        arguments = shlex.split(command.removeprefix("$ playbook "))
        result = CliRunner().invoke(cli, [*arguments, "--as-of", "2026-11-21"])
        assert result.exit_code == 0, result.output
        # The version of the rules in a briefing's second line changes with every rule, so the page leaves it out.
        printed = re.sub(r"\b[0-9a-f]{12}$", "…", result.stdout, flags=re.MULTILINE).splitlines()
        missing = [line for line in output.splitlines() if line not in {"", "…", *printed}]
        assert missing == []
        ran += 1
    assert ran >= 4


@pytest.mark.parametrize("page", PAGES[:2])
def test_the_comparison_shown_is_what_the_workspace_gives(page, monkeypatch, tmp_path):
    """The block with `rules diff`, in a fresh workspace with the one parameter that the page names."""
    monkeypatch.chdir(tmp_path)
    (shown,) = [block for block in blocks(page, "console") if block.startswith("$ playbook rules diff")]
    command, _, output = shown.partition("\n")
    assert CliRunner().invoke(cli, ["init", "sales"]).exit_code == 0
    pack = tmp_path / "sales" / "pack" / "pack.yaml"
    text = pack.read_text(encoding="utf-8")
    pack.write_text(text.replace("parameters: {}", "parameters: {support_required_pct: 60}"), encoding="utf-8")
    arguments = shlex.split(command.removeprefix("$ playbook "))
    result = CliRunner().invoke(cli, [*arguments, "--as-of", "2026-11-21"])
    assert result.stdout == output
