"""Watching rule files: what a save brings, before and after an error."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from playbook.advise.words.wording import Wording
from playbook.errors import UsageError
from playbook.model.facts import Deal
from playbook.render.workbench.watch import render_saved, render_start
from playbook.workbench.watch import Session, saves

RULE = """\
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
CASE = """\
- name: 评估期打电话
  facts:
    deal: {name: 二期扩产, stage: evaluation}
  fires: [call-before-the-decision]
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    (tmp_path / "ours.yaml").write_text(RULE, encoding="utf-8")
    (tmp_path / "ours.test.yaml").write_text(CASE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def session(pack: Path, deal_of, today) -> Session:
    deals: dict[str, Deal] = {
        "paper.yaml": deal_of("deal: {name: 东江纸业二期, stage: evaluation}"),
        "steel.yaml": deal_of("deal: {name: 钢厂除尘, stage: design}"),
    }
    session = Session([pack], deals, today, "zh")
    assert session.look() == ((), (), ())
    return session


def save(session: Session, pack: Path, good: str, bad: str, name: str = "ours.yaml"):
    path = pack / name
    text = path.read_text(encoding="utf-8")
    assert good in text
    path.write_text(text.replace(good, bad), encoding="utf-8")
    return session.look([path])


def test_a_save_shows_the_deals_whose_advice_changes_and_runs_the_tests_of_the_rule(session, pack, today):
    seen = save(session, pack, "stage: evaluation", "stage: design")
    assert seen.findings == ()
    (result,) = seen.results
    assert [failure.what for failure in result.failures] == ["call-before-the-decision"]
    assert {change.file for change in seen.changes} == {"paper.yaml", "steel.yaml"}
    (steel,) = [change for change in seen.changes if change.file == "steel.yaml"]
    assert steel.entered_top[0] == "call-before-the-decision"


def test_an_error_stops_and_the_next_good_save_is_compared_with_the_last_good_one(session, pack):
    broken = save(session, pack, "kind: gate", "kind: gte")
    assert [finding.code for finding in broken.findings] == ["R010"]
    assert broken.results == broken.changes == ()
    mended = save(session, pack, "kind: gte", "kind: gate")
    assert mended == ((), (), ())


def test_saving_a_test_file_runs_it(session, pack):
    seen = save(session, pack, "fires:", "silent:", "ours.test.yaml")
    (result,) = seen.results
    assert [failure.kind for failure in result.failures] == ["silent"]
    assert seen.changes == ()


def test_what_is_printed(session, pack, vocabulary, today):
    wording = Wording(vocabulary, "zh", today)
    assert render_start(session, session.look(), wording).startswith("正在留意 rules、")
    path = pack / "ours.yaml"
    text = render_saved([path], save(session, pack, "stage: evaluation", "stage: design"), 0.44, session, wording)
    assert text.startswith(f"── {path}  (0.4 s)\n✗ {pack}/ours.test.yaml:1:3: 评估期打电话")
    assert "1 个测试，0 个通过，1 个失败" in text
    assert "━━ 钢厂除尘（steel.yaml）" in text
    broken = render_saved([path], save(session, pack, "kind: gate", "kind: gte"), 0.2, session, wording)
    assert broken.endswith("先改好错误，再看测试和建议。\n")


def test_without_watchfiles_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with pytest.raises(UsageError) as caught:
        saves([Path()])
    assert "playbook-advisor[watch]" in caught.value.findings[0].text("zh")
