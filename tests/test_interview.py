"""The interview: it asks first for what changes the advice most, and writes answers into the deal file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playbook.advise.interview.questions import ADD, Interviewer, Question, questions
from playbook.advise.interview.words import AskWords
from playbook.advisor import Advisor
from playbook.cli import cli
from playbook.evaluate.reference import Reference
from playbook.evaluate.supposing import Supposer, activations_after
from playbook.load.deal import parse_deal
from playbook.load.interview.answers import (
    join_evidence,
    join_values,
    read_answer,
    split_evidence,
    split_values,
    with_fact,
)
from playbook.model.facts import Deal, Fact
from playbook.model.vocabulary import Vocabulary
from playbook.resources import examples_folder

EXAMPLES = sorted(examples_folder().glob("*.yaml"))
FIRST_CALL = """\
# 第一次通电话后的记录
deal:
  name: 石桥农机厂除尘设备   # 客户自己的叫法
  stage: need
account:
  name: 石桥农机厂

stakeholders:
  - name: 老邓   # 车间的
    title: 车间主任
"""
BROAD = """\
deal: {name: 灌装线水处理改造, stage: evaluation, amount_cny: 620万}
account: {name: 瑞禾饮料, ownership: private}
procurement: {method: direct}
stakeholders:
  - {name: 何总, title: 总经理, is_final_decider: yes, influence: 9, contact_status: regular, stance: 不清楚}
  - {name: 罗工, title: 设备部主任, influence: 6, stance: supporter, contact_status: trusted}
"""

Ask = Callable[..., Result]


@pytest.fixture
def interviewer(advisor: Advisor) -> Interviewer:
    return Interviewer(advisor.rulebook, advisor.today)


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Runs a command on a terminal: the answers are what is typed, line by line."""
    monkeypatch.setattr("playbook.cli.interview._is_terminal", lambda: True)

    def run(command: str, *arguments: str, typed: str = "") -> Result:
        return CliRunner().invoke(cli, [command, *arguments, "--as-of", "2026-11-21"], input=typed)

    return run


@pytest.fixture
def first_call(tmp_path: Path) -> Path:
    path = tmp_path / "石桥.yaml"
    path.write_text(FIRST_CALL, encoding="utf-8")
    return path


def keys(found: tuple[Question, ...]) -> list[str]:
    return [f"{q.item[0]}.{q.name}" for q in found]


def skips(ask: Ask, path: Path, fact: str) -> str:
    """As many empty lines as there are questions before the one about a fact."""
    listed = json.loads(ask("ask", str(path), "--list", "99", "--format", "json").output)
    return "\n" * [each["path"] for each in listed].index(fact)


# What a supposition changes is what a whole evaluation would find


@pytest.mark.parametrize("path", EXAMPLES[::3], ids=lambda path: path.stem)
def test_a_supposition_finds_what_evaluating_everything_again_finds(path: Path, advisor: Advisor):
    reference = Reference(advisor.rulebook, advisor.today)
    deal = advisor.read(path)
    now = reference.evaluate(deal)
    situation = Supposer(advisor.rulebook, advisor.today).about(deal, now)
    tried = 0
    for entity in advisor.rulebook.vocabulary.entities.values():
        for item, contents in now.memory.of(entity.name) if entity.stated else ():
            for field in entity.fields.values():
                if field.name in contents or not (field.is_enum or field.type == "boolean"):
                    continue
                value = field.choices[-1][0] if field.is_enum else True
                fact = Fact(item, field.name, (value,) if field.is_several else value)
                whole = reference.evaluate(replace(deal, facts=(*deal.facts, fact)))
                supposed = situation.suppose((fact,))
                assert sorted(activations_after(situation, supposed)) == list(whole.activations), fact
                tried += 1
    assert tried > 20


# The order of the questions


def test_a_coach_would_begin_a_first_call_with_money_reason_process_and_people(advisor, interviewer, deal_of):
    found = keys(interviewer.questions(deal_of(FIRST_CALL), advisor.evaluate))
    assert {"deal.amount_cny", "deal.trigger_reason", "info.p2_buying_process"} <= set(found[:4])
    assert "stakeholder.influence" in found[:8]


def test_the_first_question_changes_most(advisor, deal_of):
    """By hand: the amount concludes the sale's nature, on which hundreds of rules rest; nothing else moves as much."""
    deal = deal_of(FIRST_CALL)
    found = questions(advisor.rulebook, deal, advisor.evaluate)
    amount = next(q for q in found if q.name == "amount_cny")
    assert amount.cards == max(q.cards for q in found)
    assert amount.key in [q.key for q in found[:2]]

    def changed(name: str, content: object) -> int:
        before = set(advisor.evaluate(deal).activations)
        return len(
            before
            ^ set(advisor.evaluate(replace(deal, facts=(*deal.facts, Fact(("deal", 0), name, content)))).activations)
        )

    assert changed("amount_cny", 500_000) > changed("sale_form", "project")


def test_the_stance_that_opens_a_gate_comes_before_facts_that_open_none(advisor, interviewer, deal_of):
    found = interviewer.questions(deal_of(BROAD), advisor.evaluate)
    stance = next(q for q in found if q.key == ("stakeholder", 0, "stance"))
    assert "decision" in stance.opens
    assert found.index(stance) < 3


def test_a_question_says_how_many_cards_depend_on_it_and_gives_one(advisor, interviewer, deal_of):
    deal = deal_of(BROAD)
    words = AskWords(advisor.rulebook, advisor.evaluate(deal), "zh")
    found = interviewer.questions(deal, advisor.evaluate)
    stance = words.asked(next(q for q in found if q.key == ("stakeholder", 0, "stance")))
    assert stance.path == "stakeholder[何总].stance"
    assert stance.question == "何总的立场是哪种情况？"
    assert [choice.label for choice in stance.choices] == ["反对", "中立", "支持", "盟友"]
    assert stance.reason.startswith("回答后可能改变 ")
    assert "决定门" in stance.reason
    assert "例如答“反对”，会提醒：" in stance.reason


def test_what_is_known_or_changes_nothing_is_not_asked(advisor, interviewer, deal_of):
    found = keys(interviewer.questions(deal_of(BROAD), advisor.evaluate))
    assert "deal.amount_cny" not in found
    assert "deal.status" not in found  # a deal is open until somebody says otherwise
    assert "delivery.status" not in found  # nothing is delivered during evaluation
    assert all(not key.startswith(("rep.", "manager.")) for key in found)


def test_only_one_person_can_be_the_final_decider(advisor, interviewer, deal_of):
    found = interviewer.questions(deal_of(BROAD), advisor.evaluate)
    assert ("stakeholder", 1, "is_final_decider") not in [q.key for q in found]


def test_what_comes_of_a_visit_is_not_asked_before_it(advisor, interviewer, deal_of):
    planned = keys(interviewer.questions(deal_of(BROAD + "visit: {planned_date: +2d, with: [何总]}"), advisor.evaluate))
    held = keys(interviewer.questions(deal_of(BROAD + "visit: {planned_date: -1d, with: [何总]}"), advisor.evaluate))
    assert "visit.commitment" not in planned
    assert "visit.commitment" in held


def test_in_a_tender_what_the_customer_would_have_to_tell_comes_last_with_the_reason(advisor, interviewer):
    deal = advisor.read(examples_folder() / "late-stage-closed-gates.yaml")
    found = interviewer.questions(deal, advisor.evaluate)
    assert [q for q in found if q.held]
    first_held = next(n for n, q in enumerate(found) if q.held)
    assert not any(q.held for q in found[:first_held])
    assert all(q.held for q in found[first_held:])
    assert {"bid.scoring_method", "bid.qualification_status"} <= set(keys(found[:5]))
    words = AskWords(advisor.rulebook, advisor.evaluate(deal), "zh")
    held = words.asked(found[first_held])
    assert "招标投标法第四十三条" in held.held
    assert held.find_out == ""


def test_outside_a_tender_nothing_is_held_back(advisor, interviewer, deal_of):
    assert not [q for q in interviewer.questions(deal_of(BROAD), advisor.evaluate) if q.held]


def test_without_anybody_on_the_chart_it_asks_who_has_a_say(advisor, interviewer, deal_of):
    deal = deal_of("deal: {name: 冷库, stage: design, amount_cny: 800万}\naccount: {name: 稻香苑}")
    found = interviewer.questions(deal, advisor.evaluate)
    assert ("stakeholder", 0, ADD) in [q.key for q in found[:5]]


def test_a_team_file_is_asked_about_the_team(advisor, deal_of):
    deal = deal_of("rep: {name: 小王, quota_cny: 800万}\n")
    found = Interviewer(advisor.rulebook, advisor.today, "manager").questions(deal, advisor.evaluate)
    assert found
    assert {q.item[0] for q in found} <= {"rep", "manager"}


# Lists


def test_list_prints_the_most_valuable_questions_with_reasons(ask, first_call):
    result = ask("ask", str(first_call), "--list", "3")
    assert result.exit_code == 0
    assert result.output.count("为什么问：") == 3
    assert "预计金额是多少？" in result.output
    assert first_call.read_text(encoding="utf-8") == FIRST_CALL


def test_without_a_terminal_it_lists_and_waits_for_nothing(first_call):
    result = CliRunner().invoke(cli, ["ask", str(first_call), "--lang", "en", "--as-of", "2026-11-21"])
    assert result.exit_code == 0
    assert result.output.count("   Why: ") == 10


def test_the_json_list_is_for_programs(ask, first_call):
    found = json.loads(ask("ask", str(first_call), "--list", "2", "--format", "json", "--lang", "en").output)
    assert {each["path"] for each in found} == {"deal.trigger_reason", "deal.amount_cny"}
    assert max(each["cards"] for each in found) > 20
    assert all("for example" in each["reason"] for each in found)


def test_the_held_back_are_counted_in_the_list(ask):
    result = ask("ask", str(examples_folder() / "late-stage-closed-gates.yaml"), "--list", "2")
    assert "现在不去打听" in result.output


# Answers


def test_an_answer_is_written_at_once_and_what_it_changes_is_told(ask, first_call):
    before = skips(ask, first_call, "deal.trigger_reason")
    ask("ask", str(first_call), typed=before + "去年粉尘超标被罚 @老邓 @-2d\nq\n")
    result = ask("ask", str(first_call), typed=skips(ask, first_call, "deal.amount_cny") + "350万\nq\n")
    assert result.exit_code == 0, result.output
    text = first_call.read_text(encoding="utf-8")
    assert "  trigger_reason: {value: 去年粉尘超标被罚, source: 老邓, date: 2026-11-19}\n" in text
    assert "  amount_cny: 3500000\n" in text
    assert "✓ 已记下：预计金额 = 350万元" in result.output
    assert "新建议" in result.output
    assert [line for line in FIRST_CALL.splitlines() if line not in text.splitlines()] == []


def test_it_goes_on_where_it_stopped(ask, first_call):
    ask("ask", str(first_call), typed=skips(ask, first_call, "deal.amount_cny") + "350万\nq\n")
    again = ask("ask", str(first_call), typed="\n" * 5 + "q\n")
    assert again.output.count("为什么问：") == 6
    assert "预计金额是多少？" not in again.output


def test_a_skipped_question_is_not_asked_again_in_this_session(ask, first_call):
    result = ask("ask", str(first_call), typed="\n不清楚\n" + "\n" * 8 + "q\n")
    asked = [part.split("\n")[0] for part in result.output.split("\n\n")[1:]]
    assert len(asked) == len(set(asked)) == 11
    assert first_call.read_text(encoding="utf-8") == FIRST_CALL


def test_a_wrong_answer_is_explained_and_asked_again(ask, first_call):
    before = skips(ask, first_call, "deal.amount_cny")
    result = ask("ask", str(first_call), typed=before + "很多\n?\n350万\nq\n")
    assert "“很多”" in result.output
    assert "金额可以写 350万、1.2亿" in result.output
    assert "amount_cny: 3500000" in first_call.read_text(encoding="utf-8")


def test_a_date_to_come_is_no_evidence(ask, first_call):
    result = ask("ask", str(first_call), typed="老设备超标 @老邓 @+3d\nq\n")
    assert "已记下" not in result.output
    assert first_call.read_text(encoding="utf-8") == FIRST_CALL


def test_an_opened_gate_is_told(ask, tmp_path):
    path = tmp_path / "deal.yaml"
    path.write_text(BROAD, encoding="utf-8")
    result = ask("ask", str(path), typed=skips(ask, path, "stakeholder[何总].stance") + "支持 @罗工\nq\n")
    assert "决定门打开" in result.output
    assert "stance: {value: 支持, source: 罗工}" in path.read_text(encoding="utf-8").replace("supporter", "支持")


def test_the_first_person_leads_to_more(ask, tmp_path):
    path = tmp_path / "deal.yaml"
    path.write_text("deal: {name: 冷库, stage: design, amount_cny: 800万}\naccount: {name: 稻香苑}\n", encoding="utf-8")
    result = ask("ask", str(path), typed=skips(ask, path, "stakeholders[+]") + "老周\n刘工\n\nq\n")
    assert "还有谁说得上话？" in result.output
    assert "  - name: 老周\n  - name: 刘工\n" in path.read_text(encoding="utf-8")


def test_the_planned_visit_is_the_one_that_answers_go_to(deal_of, advisor, tmp_path):
    text = BROAD + "visits:\n  - {planned_date: +2d, with: [何总]}   # 下次\n  - {planned_date: -9d, with: [罗工]}\n"
    path = tmp_path / "deal.yaml"
    path.write_text(text, encoding="utf-8")
    changed = with_fact(advisor.read(path), path, ("visit", 0), "purpose", "听他的顾虑", advisor.rulebook.vocabulary)
    assert "  - {planned_date: +2d, with: [何总], purpose: 听他的顾虑}   # 下次\n" in changed


def test_a_json_file_is_left_alone(ask, tmp_path):
    path = tmp_path / "deal.json"
    path.write_text('{"deal": {"name": "冷库", "stage": "design"}, "account": {"name": "稻香苑"}}', encoding="utf-8")
    before = path.read_bytes()
    result = ask("ask", str(path), typed="800万\nq\n")
    assert "F001" in result.output
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("stakeholder.stance", "3", "supporter"),
        ("stakeholder.stance", "盟友", "ally"),
        ("stakeholder.stance", "Opponent", "opponent"),
        ("stakeholder.is_coach", "1", True),
        ("stakeholder.is_coach", "否", False),
        ("deal.expected_decision_date", "+7d", "2026-11-28"),
        ("deal.amount_cny", "1.2亿", 120_000_000),
        ("deal.obstacles", "图纸没定、预算没批", ["图纸没定", "预算没批"]),
        ("team.roles_missing", "1 5", ["presales", "executive"]),
        ("deal.budget_status", "不知道", None),
        ("account.name", "a@b 公司", "a@b 公司"),
    ],
)
def test_how_an_answer_is_read(key, text, value, vocabulary: Vocabulary, today):
    field = vocabulary.field(key)
    assert field is not None
    read = read_answer(field, text, today)
    assert (str(read) if field.type == "date" else read) == value


texts = st.text(st.sampled_from("甲乙 @＠、，,;•\n3-+d"), min_size=1, max_size=12)


@given(texts, st.lists(st.sampled_from(["老邓", "a @b", "@财务", "周 ＠李"]), max_size=2))
def test_what_a_cell_says_and_who_said_it_can_be_told_apart(said, sources):
    from datetime import date

    today = date(2026, 11, 21)
    said = said.strip()
    kept = [source.strip() for source in sources]
    joined = join_evidence(said, kept, date(2026, 11, 3))
    assert split_evidence(joined, today) == (said, tuple(kept), "2026-11-03")


@given(st.lists(st.sampled_from(["图纸没定", "贵，但快", "a, b", "3、4月", "•圆点"]), min_size=1, max_size=4))
def test_several_values_in_one_cell_can_be_told_apart(parts):
    plain = [part.removeprefix("•") for part in parts]
    assert split_values(join_values(plain, "、")) == plain


@pytest.mark.parametrize("path", [p for p in EXAMPLES if p.stem != "manager-team"], ids=lambda path: path.stem)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_answering_never_loses_a_line_or_a_comment(path: Path, data, advisor: Advisor, tmp_path: Path):
    deal: Deal = advisor.read(path)
    vocabulary = advisor.rulebook.vocabulary
    known = {fact.key for fact in deal.facts} | set(deal.unknown)
    missing = [
        ((entity.name, position), field)
        for entity in vocabulary.entities.values()
        if entity.stated and (entity.name != "visit" or deal.visits)
        for position in range(deal.counts.get(entity.name, 0) if entity.repeats else 1)
        for field in entity.fields.values()
        if (field.is_enum or field.type in ("boolean", "string")) and (entity.name, position, field.name) not in known
    ]
    item, field = missing[data.draw(st.integers(0, len(missing) - 1))]
    typed = (
        "1" if field.is_enum or field.type == "boolean" else data.draw(st.sampled_from(["甲: 乙 # 丙", "[x]", "{a}"]))
    )
    value = read_answer(field, typed + " @老邓 @-2d", advisor.today)
    text = path.read_text(encoding="utf-8")
    changed = with_fact(deal, path, item, field.name, value, vocabulary)
    lines = iter(changed.splitlines())
    kept = [line for line in text.splitlines() if "{" not in line]
    assert all(any(line == other for other in lines) for line in kept)
    after = parse_deal(changed, vocabulary, advisor.today)
    assert len(after.facts) >= len(deal.facts)


# New deals


def test_new_starts_a_deal_with_what_everything_rests_on(ask, tmp_path):
    path = tmp_path / "冷库.yaml"
    result = ask("new", str(path), typed="中央厨房冷库\n稻香苑餐饮\n4\n380万\n老周\n\nq\n")
    assert result.exit_code == 0, result.output
    assert path.read_text(encoding="utf-8") == (
        "deal:\n  name: 中央厨房冷库\n  stage: design\n  amount_cny: 3800000\n"
        "account:\n  name: 稻香苑餐饮\nstakeholders:\n  - name: 老周\n"
    )
    assert "为什么问：" in result.output


def test_new_asks_again_for_a_stage_that_there_is_not(ask, tmp_path):
    path = tmp_path / "deal.yaml"
    result = ask("new", str(path), typed="冷库\n\n下个月\n\n招标评估\n\n\nq\n")
    assert "“下个月”不是当前采购阶段的选项" in result.output
    assert "stage: evaluation" in path.read_text(encoding="utf-8")


def test_new_with_options_alone_writes_the_least_there_must_be(tmp_path):
    path = tmp_path / "deal.yaml"
    result = CliRunner().invoke(
        cli, ["new", str(path), "--name", "冷库", "--stage", "方案与标准设计", "--amount", "380万"]
    )
    assert result.exit_code == 0, result.output
    assert path.read_text(encoding="utf-8") == "deal:\n  name: 冷库\n  stage: design\n  amount_cny: 3800000\n"


def test_new_never_overwrites_and_says_what_is_missing(tmp_path):
    path = tmp_path / "deal.yaml"
    path.write_text("# 我的笔记\n", encoding="utf-8")
    there = CliRunner().invoke(cli, ["new", str(path), "--name", "冷库", "--stage", "design"])
    assert there.exit_code == 2
    assert "F002" in there.output
    assert path.read_text(encoding="utf-8") == "# 我的笔记\n"
    missing = CliRunner().invoke(cli, ["new", str(tmp_path / "b.yaml"), "--name", "冷库"])
    assert missing.exit_code == 2
    assert "--stage" in missing.output
    assert not (tmp_path / "b.yaml").exists()


def test_new_refuses_an_option_that_is_no_value(tmp_path):
    path = tmp_path / "deal.yaml"
    result = CliRunner().invoke(cli, ["new", str(path), "--name", "冷库", "--stage", "明年"])
    assert result.exit_code == 3
    assert "D016" in result.output
    assert not path.exists()
