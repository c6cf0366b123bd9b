"""The decision log: what is logged, how a briefing remembers, what feedback does, and what happens to bad files."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import ValidationError

from playbook.advise.briefing import Briefing
from playbook.advise.memory.fingerprints import fingerprint
from playbook.cli import cli
from playbook.errors import UsageError
from playbook.memory.choosing import choose
from playbook.memory.history import Entry, Key, LoggedCard
from playbook.memory.log import Log, LogError
from playbook.render.schema import model_of

DEAL = """\
deal: {name: 二期扩产, stage: 招标评估, amount_cny: 800万, size_class: large_complex}
account: {name: 东江纸业, funds_status: {value: tight, source: 财务科长, date: 2026-11-09}}
stakeholders:
  - {name: 何总, title: 总经理, 最终拍板人: 是, contact_status: none, influence: 10}
  - {name: 罗工, title: 设备主管, is_coach: yes, stance: supporter, influence: 5, contact_status: trusted}
visit: {with: [罗工], planned_date: 2026-12-20, purpose: 核对技术附件}
"""
INTRODUCE = "reach-top-decision-maker-through-coach"
DEPARTMENTS = "contacts-in-one-department"
TRUSTED = "contact_status: trusted"


def run(*args: str) -> Result:
    return CliRunner().invoke(cli, list(args))


def opened(path: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(path, isolation_level=None))


class Workspace:
    """A workspace with one deal, used through the command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / ".playbook" / "log.sqlite"
        self.deal = folder / "deals" / "paper.yaml"
        (folder / ".playbook").mkdir()
        (folder / "deals").mkdir()
        self.deal.write_text(DEAL, encoding="utf-8")

    def text(self, day: str = "2026-11-21", *args: str) -> str:
        result = run("brief", str(self.deal), "--as-of", day, *args)
        assert result.exit_code == 0, result.output
        return result.stdout

    def brief(self, day: str = "2026-11-21", *args: str) -> dict:
        return json.loads(self.text(day, "--format", "json", *args))

    def say(self, *args: str, day: str = "2026-11-21") -> Result:
        return run("feedback", str(self.deal), *args, "--as-of", day)

    def change(self, old: str, new: str) -> None:
        text = self.deal.read_text(encoding="utf-8")
        assert old in text
        self.deal.write_text(text.replace(old, new), encoding="utf-8")

    def count(self, table: str) -> int:
        with opened(self.log) as db:
            return db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.delenv("PLAYBOOK_LOG", raising=False)
    return Workspace(tmp_path)


def statuses(briefing: dict, rule: str) -> list[str]:
    return [card["status"] for card in briefing["activations"] if card["rule"] == rule]


def test_outside_a_workspace_nothing_is_logged_and_the_briefing_is_the_same(space, tmp_path_factory):
    inside = space.text()
    (other := tmp_path_factory.mktemp("plain") / "paper.yaml").write_text(DEAL, encoding="utf-8")
    outside = run("brief", str(other), "--as-of", "2026-11-21")
    assert outside.stdout == inside
    assert os.listdir(other.parent) == ["paper.yaml"]
    assert "memory" not in json.loads(run("brief", str(other), "--format", "json").stdout)


def test_sqlite_is_not_loaded_outside_a_workspace(tmp_path):
    (tmp_path / "paper.yaml").write_text(DEAL, encoding="utf-8")
    code = (
        "import sys; from click.testing import CliRunner; from playbook.cli import cli;"
        "result = CliRunner().invoke(cli, ['brief', 'paper.yaml']); print(result.exit_code, 'sqlite3' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "False"]


def test_init_makes_a_workspace_whose_briefings_are_logged(tmp_path, monkeypatch):
    monkeypatch.delenv("PLAYBOOK_LOG", raising=False)
    assert run("init", str(tmp_path / "sales")).exit_code == 0
    deal = tmp_path / "sales" / "deals" / "design-stage-hospital.yaml"
    assert run("brief", str(deal)).exit_code == 0
    assert (tmp_path / "sales" / ".playbook" / "log.sqlite").exists()


def test_the_log_can_be_elsewhere_or_off(space, monkeypatch, tmp_path):
    monkeypatch.setenv("PLAYBOOK_LOG", "off")
    assert "memory" not in space.brief()
    assert not space.log.exists()
    monkeypatch.setenv("PLAYBOOK_LOG", str(tmp_path / "elsewhere" / "team.sqlite"))
    space.brief()
    assert Log(tmp_path / "elsewhere" / "team.sqlite").latest("deals/paper.yaml") is not None


def test_a_briefing_is_logged_once_a_day_whatever_the_order_and_comments_of_the_file(space):
    first = space.text()
    lines = DEAL.splitlines()
    lines[3], lines[4] = lines[4], lines[3]
    space.deal.write_text("# 周六整理\n" + "\n".join([*lines[5:], *lines[:5]]), encoding="utf-8")
    assert space.text() == first
    assert space.count("briefing") == 1
    space.brief("2026-11-22")
    space.brief("2026-11-22", "--for", "manager")
    assert space.count("briefing") == 3


def test_an_entry_holds_who_what_and_where_on_the_briefing(space, advisor):
    briefing = space.brief()
    entry = Log(space.log).latest("deals/paper.yaml")
    assert entry.key[:3] == ("deals/paper.yaml", "rep", date(2026, 11, 21))
    assert entry.key.facts == fingerprint(advisor.read(space.deal))
    assert (entry.name, entry.key.rulebook, entry.readiness) == (
        "二期扩产", briefing["rulebook"], briefing["readiness"]["score"],
    )  # fmt: skip
    assert [c.id for c in sorted(entry.cards, key=lambda c: c.top) if c.top] == briefing["top"]
    assert [c.id for c in entry.numbered[:3]] == briefing["top"]
    assert {c.id for c in entry.cards} == {c["id"] for c in briefing["activations"]}


def test_what_was_done_is_left_out_until_its_facts_change(space):
    assert statuses(space.brief(), INTRODUCE) == ["shown"]
    assert space.say(INTRODUCE, "--done", "--by", "小李").exit_code == 0
    later = space.brief("2026-11-24")
    assert statuses(later, INTRODUCE) == ["done"]
    assert [card["id"] for card in later["memory"]["done"]] == [f"{INTRODUCE}@何总"]
    shown = [ident for part in ("top", "actions", "questions") for ident in later[part]]
    assert f"{INTRODUCE}@何总" not in shown
    # Told once, left out ever after, until something that the card rests on changes.
    assert space.brief("2026-11-26")["memory"]["done"] == []
    space.say(DEPARTMENTS, "--done", day="2026-11-26")
    space.change(TRUSTED, "contact_status: regular")
    assert statuses(space.brief("2026-11-27"), DEPARTMENTS) == ["shown"]


def test_a_day_that_passes_does_not_bring_back_what_was_done(space):
    space.change("visit:", "visits:\n  - {with: [罗工], planned_date: 2026-10-01}\n  -")
    card = next(
        c for c in space.brief()["activations"]
        if c["status"] == "shown"
        and any("last_contact_days" in f["key"] and f["origin"] == "computed" for f in c["facts"])
    )  # fmt: skip
    space.say(card["id"], "--done")
    assert {c["id"]: c["status"] for c in space.brief("2026-11-25")["activations"]}[card["id"]] == "done"


def test_accepting_takes_earlier_words_back(space):
    space.brief()
    space.say(INTRODUCE, "--done")
    assert statuses(space.brief(), INTRODUCE) == ["done"]
    space.say(INTRODUCE, "--accept")
    assert statuses(space.brief(), INTRODUCE) == ["shown"]


def test_bad_timing_rests_for_fourteen_days(space):
    space.brief()
    space.say(DEPARTMENTS, "--reject", "时候不对")
    resting = space.brief("2026-12-04")
    assert statuses(resting, DEPARTMENTS) == ["rested"]
    (rested,) = resting["memory"]["rested"]
    assert (rested["reason"], rested["until"]) == ("wrong_time", "2026-12-05")
    assert statuses(space.brief("2026-12-05"), DEPARTMENTS) == ["shown"]


@pytest.mark.parametrize(
    ("reason", "status"), [("does_not_fit", "rested"), ("Already done", "done"), ("不适合", "rested")]
)
def test_what_does_not_fit_or_is_done_rests_until_the_facts_of_the_card_change(space, reason, status):
    space.brief()
    space.say(DEPARTMENTS, "--reject", reason)
    space.change("influence: 5", "influence: 6")  # nothing that the card looks at
    assert statuses(space.brief("2027-01-20"), DEPARTMENTS) == [status]
    space.change(TRUSTED, "contact_status: regular")
    assert statuses(space.brief("2027-01-21"), DEPARTMENTS) == ["shown"]


def test_doubted_facts_become_a_question_until_the_deal_file_changes(space):
    space.brief()
    space.say(DEPARTMENTS, "--reject", "facts_wrong")
    doubted = space.brief("2026-11-22")
    card, check = (c for c in doubted["activations"] if c["rule"] == DEPARTMENTS)
    assert (card["status"], check["status"], check["kind"]) == ("rested", "shown", "question")
    assert "罗工的接触程度：信任" in check["do"]
    assert check["id"] in doubted["top"] + doubted["actions"]
    space.change("influence: 5", "influence: 6")
    assert statuses(space.brief("2026-11-23"), DEPARTMENTS) == ["shown"]


def test_checking_doubted_facts_brings_the_advice_back(space):
    space.brief()
    space.say(DEPARTMENTS, "--reject", "facts_wrong")
    space.brief()
    assert space.say(f"{DEPARTMENTS}/check", "--done", "--note", "问过罗工，没错").exit_code == 0
    assert statuses(space.brief(), DEPARTMENTS) == ["shown"]


def test_feedback_is_about_a_person(space):
    space.change(
        "visit:", "  - {name: 周姐, title: 采购, is_coach: yes, influence: 4, contact_status: regular}\nvisit:"
    )
    before = space.brief()
    both = [c["id"] for c in before["activations"] if c["rule"] == "test-unverified-coach" and c["kind"] != "question"]
    assert both == ["test-unverified-coach@罗工", "test-unverified-coach@周姐"]
    assert statuses(before, "test-unverified-coach")[:2] == ["shown", "clustered"]
    space.say("test-unverified-coach", "--done")  # the one that is shown
    now = {c["id"]: c["status"] for c in space.brief()["activations"]}
    # The next best of the cluster moves up; the question that goes with an action is done with it.
    assert (now[both[0]], now[both[1]]) == ("done", "shown")
    assert now[f"{both[0]}/ask"] == "done"


def test_a_rule_that_is_shown_for_several_people_is_not_guessed_at():
    key = Key("deals/paper.yaml", "rep", date(2026, 11, 21), "facts", "rules")
    cards = tuple(
        LoggedCard(f"call-him@{name}", "call-him", "action", "shown", name, "打电话", "basis", n, n)
        for n, name in enumerate(("何总", "罗工"), 1)
    )
    entry = Entry(key, "二期扩产", "zh", "open", 10, (), cards)
    with pytest.raises(UsageError) as caught:
        choose(entry, "call-him")
    assert caught.value.findings[0].code == "M007"
    assert "call-him@何总, call-him@罗工" in caught.value.findings[0].message("zh")
    assert choose(entry, "CALL-HIM@罗工") == choose(entry, "2") == cards[1]


def test_the_next_briefing_tells_what_changed(space):
    space.brief()
    space.change("contact_status: none", "contact_status: regular, stance: supporter")
    space.brief("2026-11-28")
    memory = space.brief("2026-11-28")["memory"]
    assert memory["last"] == "2026-11-21"
    assert memory["readiness_before"] < memory["readiness_now"]
    assert memory["opened"] == ["决定门"]
    assert f"{INTRODUCE}@何总" in [card["id"] for card in memory["gone"]]
    assert memory["new"]
    back = DEAL
    space.deal.write_text(back, encoding="utf-8")
    assert space.brief("2026-11-30")["memory"]["shut"] == ["决定门"]


@pytest.mark.parametrize(
    ("form", "heading"), [("text", "━━ 与上次相比"), ("md", "## 与上次相比"), ("html", "<h3>与上次相比")]
)
def test_every_format_has_the_section_once_there_is_something_to_tell(space, form, heading):
    assert heading not in space.text("2026-11-21", "--format", form)
    space.say(INTRODUCE, "--done")
    page = space.text("2026-11-22", "--format", form)
    assert page.count(heading) == 1
    assert "没见过拍板人：请教练引荐" in page.split(heading)[1]
    assert space.text("2026-11-22", "--format", form) == page


def test_nothing_new_is_said_in_so_many_words(space):
    space.text()
    page = space.text("2026-11-21", "--lang", "en")
    assert "Since last time" not in page
    assert "Since last time (last briefing: Sat 21 Nov)\nNothing has changed" in space.text(
        "2026-11-22", "--lang", "en"
    )


def test_a_page_of_the_past_knows_nothing_of_the_future(space):
    space.brief()
    page = space.text("2026-11-20")
    space.say(INTRODUCE, "--done")
    space.brief("2026-11-22")
    assert space.text("2026-11-20") == page


def test_a_briefing_with_memory_fits_the_schema(space):
    space.brief()
    space.say(DEPARTMENTS, "--reject", "wrong_time")
    text = space.text("2026-11-22", "--format", "json")
    assert model_of(Briefing).model_validate_json(text).memory is not None
    bad = json.loads(text)
    bad["memory"]["rested"][0]["mood"] = "坏"
    with pytest.raises(ValidationError):
        model_of(Briefing).model_validate(bad)


def test_why_tells_that_a_card_rests(space):
    space.brief()
    space.say(INTRODUCE, "--done")
    said = run("why", str(space.deal), INTRODUCE, "--as-of", "2026-11-21").stdout
    assert "已完成，不再显示（11月21日（周六）记为已完成）" in said
    assert space.count("briefing") == 1


def test_without_a_card_the_last_briefing_is_listed_with_numbers_and_words(space):
    space.brief()
    listed = run("feedback", str(space.deal)).stdout.splitlines()
    assert listed[0] == "二期扩产 · 2026-11-21 · 销售"
    assert listed[1] == f"  1. 没见过拍板人：请教练引荐  [{INTRODUCE}@何总]"
    space.say("１", "--accept", "--by", "小李", "--note", "周一办")
    listed = run("feedback", str(space.deal)).stdout.splitlines()
    assert listed[1].endswith("→ 2026-11-21 已采纳（小李，周一办）")


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["reach-top-decision-maker-through-coch", "--done"], "M006", INTRODUCE),
        (["99", "--done"], "M009", "99"),
        (["1"], "M008", "--reject"),
        (["1", "--done", "--accept"], "M008", "--reject"),
        (["--done"], "M008", "--reject"),
        (["1", "--reject", "wrong_tme"], "M010", "wrong_time"),
    ],
)
def test_feedback_that_cannot_be_read_is_refused_with_a_hint(space, args, code, words):
    space.brief()
    result = space.say(*args)
    assert result.exit_code == 2
    assert code in result.stderr
    assert words in result.stderr
    assert space.count("feedback") == 0


def test_feedback_and_log_need_a_workspace_and_a_briefing(space, tmp_path_factory, monkeypatch):
    early = space.say("1", "--done")
    assert early.exit_code == 2
    assert "M005" in early.stderr
    assert "M005" in run("log", str(space.deal)).stderr
    monkeypatch.chdir(tmp_path_factory.mktemp("plain"))
    assert "M004" in run("log").stderr


def test_the_log_of_a_deal_is_its_history(space):
    space.brief()
    space.say(INTRODUCE, "--done", "--note", "已约")
    space.brief("2026-11-24")
    lines = run("log", str(space.deal)).stdout.splitlines()
    assert lines[0].startswith("2026-11-21  简报（销售） · 准备度 ")
    assert lines[1].strip() == "1. 没见过拍板人：请教练引荐"
    assert f"[{INTRODUCE}@何总] → 已完成（已约）" in "\n".join(lines)
    data = json.loads(run("log", str(space.deal), "--since", "2026-11-22", "--format", "json").stdout)
    assert [b["day"] for b in data["briefings"]] == ["2026-11-24"]
    assert data["feedback"] == []


def test_the_log_by_rule_counts_and_sets_against_outcomes(space, monkeypatch):
    space.brief()
    space.say(INTRODUCE, "--accept")
    space.say(INTRODUCE, "--done")
    space.say(DEPARTMENTS, "--reject", "wrong_time")
    space.brief("2026-11-24")
    space.change("stage: 招标评估", "stage: 已丢单, status: 丢单")
    space.brief("2026-12-20")
    rules = {r["rule"]: r for r in json.loads(run("log", str(space.deal), "--rules", "--format", "json").stdout)}
    assert rules[INTRODUCE] == {
        "rule": INTRODUCE, "fired": 2, "shown": 1, "top": 1, "accepted": 0, "done": 1,
        "rejected": [], "won": 0, "lost": 1,
    }  # fmt: skip
    assert rules[DEPARTMENTS]["rejected"] == [["wrong_time", 1]]
    assert rules[DEPARTMENTS]["done"] == 0
    monkeypatch.chdir(space.folder)
    table = run("log", "--rules", "--lang", "en").stdout
    assert f"{DEPARTMENTS}\twrong time 1" in table
    assert run("log").stdout.strip() == "deals/paper.yaml  二期扩产 · 3 份简报 · 最近 2026-12-20 · 丢单"


def test_an_empty_log_says_so(space, monkeypatch):
    monkeypatch.chdir(space.folder)
    assert "还没有记录" in run("log").stdout
    assert "nothing logged yet" in run("log", "--rules", "--lang", "en").stdout
    assert not space.log.exists()


# Files that cannot be used


def foreign(path: Path) -> None:
    with opened(path) as db:
        db.execute("CREATE TABLE orders (id INTEGER)")


def newer(path: Path) -> None:
    with opened(path) as db:
        db.execute("PRAGMA application_id = 0x506C6179")
        db.execute("PRAGMA user_version = 99")
        db.execute("CREATE TABLE briefing (id INTEGER, mood TEXT)")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda path: path.write_bytes("这是一份合同\n".encode() * 400), "M001"),
        (foreign, "M001"),
        (newer, "M002"),
        (lambda path: path.mkdir(), "M003"),
    ],
    ids=["not a database", "another program's", "newer", "a folder"],
)
def test_a_bad_log_costs_a_warning_but_never_the_briefing(space, spoil, code):
    good = space.text()
    space.log.unlink()
    spoil(space.log)
    result = run("brief", str(space.deal), "--as-of", "2026-11-21")
    assert (result.exit_code, result.stdout) == (0, good)
    assert f"{space.log}: {code} " in result.stderr
    assert "Traceback" not in result.stderr
    assert run("log", str(space.deal)).exit_code == 1
    assert code in run("feedback", str(space.deal), "1", "--done").stderr


def test_a_damaged_log_is_never_overwritten(space):
    space.brief()
    damaged = space.log.read_bytes()[:5000] + b"\0" * 3000
    space.log.write_bytes(damaged)
    result = run("brief", str(space.deal))
    assert result.exit_code == 0
    assert "M001" in result.stderr
    assert space.log.read_bytes() == damaged


def test_deleting_the_log_loses_only_history(space):
    first = space.text()
    space.say(INTRODUCE, "--done")
    assert space.text() != first
    space.log.unlink()
    assert space.text() == first


def test_a_locked_log_is_waited_for_and_then_told(space, monkeypatch):
    space.brief()
    monkeypatch.setattr("playbook.memory.log._WAIT", 0.05)
    with opened(space.log) as db:
        db.execute("BEGIN EXCLUSIVE")
        result = run("brief", str(space.deal), "--as-of", "2026-11-22")
        db.execute("ROLLBACK")
    assert result.exit_code == 0
    assert "M003" in result.stderr
    assert "locked" in result.stderr


WRITER = """
import sys
from datetime import date, timedelta
from pathlib import Path
from playbook.memory.history import Entry, Key, LoggedCard, Opinion
from playbook.memory.log import Log
log, me = Log(Path(sys.argv[1])), sys.argv[2]
card = LoggedCard("c", "rule", "action", "shown", "", "一件事", "b", 1, 1)
for n in range(15):
    key = Key("deals/a.yaml", "rep", date(2026, 1, 1) + timedelta(days=n), "facts", "rules")  # the same for both
    entry = Entry(key, "甲", "zh", "open", 10, (), (card,) * 1)
    log.append(entry)
    log.append(Entry(key._replace(deal=f"deals/{me}.yaml"), "乙", "zh", "open", 10, (), (card,)))
    log.say(entry, card, Opinion("done"), key.day)
    log.memory(key)
"""


def test_processes_that_write_at_once_lose_nothing(space):
    """Also the making of the tables is raced for."""
    command = [sys.executable, "-c", WRITER, str(space.log)]
    started = [
        subprocess.Popen([*command, name], stderr=subprocess.PIPE, text=True) for name in ("zhang", "li", "wang")
    ]
    assert [process.communicate()[1] for process in started] == ["", "", ""]
    assert space.count("briefing") == 15 + 3 * 15
    assert space.count("card") == 15 + 3 * 15
    assert space.count("feedback") == 3 * 15


def test_the_version_is_checked_and_an_empty_file_is_taken_for_a_new_log(space):
    space.log.touch()
    assert Log(space.log).latest("deals/paper.yaml") is None
    space.brief()
    assert space.count("briefing") == 1
    with opened(space.log) as db:
        db.execute("PRAGMA user_version = 7")
    with pytest.raises(LogError) as caught:
        Log(space.log).latest("deals/paper.yaml")
    assert caught.value.findings[0].code == "M002"
    assert "升级" in caught.value.findings[0].message("zh")
