"""Deal files: what a rep writes is read as it was meant, and what is wrong is said at its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from playbook.errors import DealError
from playbook.load.deal import parse_deal, read_deal
from playbook.model.facts import Content, Deal, Evidence, Fact
from playbook.model.vocabulary import Vocabulary
from playbook.resources import examples_folder

Read = Callable[..., Deal]
Problems = Callable[..., list[str]]

HEAD = "deal: {name: 临湖医院新院区照明, stage: design}\n"


@pytest.fixture
def read(vocabulary: Vocabulary, today: date) -> Read:
    def parse(text: str, file: str = "deal.yaml") -> Deal:
        return parse_deal(text, vocabulary, today, file)

    return parse


@pytest.fixture
def problems(read: Read) -> Problems:
    """Every finding of a text, worded in Chinese (or `lang`)."""

    def find(text: str, lang: str = "zh", file: str = "deal.yaml") -> list[str]:
        with pytest.raises(DealError) as caught:
            read(text, file)
        return [finding.text(lang) for finding in caught.value.findings]

    return find


def fact(deal: Deal, key: str) -> Fact:
    """The fact of `entity.field`, or of `entity[2].field`."""
    entity, _, name = key.partition(".")
    entity, _, position = entity.rstrip("]").partition("[")
    return next(f for f in deal.facts if f.key == (entity, int(position or 0), name))


def value(deal: Deal, key: str) -> Content:
    return fact(deal, key).content


def field_value(read: Read, entity: str, line: str) -> Any:
    """What one line under an entity is read as; None when it counts as unknown."""
    deal = read(
        f"{HEAD}{entity}:\n  {line}\n" if entity != "deal" else f"deal:\n  name: 临湖\n  stage: design\n  {line}\n"
    )
    found = [f for f in deal.facts if f.item[0] == entity and f.field not in ("name", "stage")]
    return found[0].content if found else None


# Names: keys and values in either language


def test_a_deal_in_chinese_labels_and_one_in_keys_are_the_same_deal(read: Read) -> None:
    chinese = read("""
商机: {商机名称: 临湖医院, 当前采购阶段: 招标评估, 询盘信号: [求选型使用指导, 问安装培训保养]}
关键人:
  - {姓名或代号: 谢明远, 层级: 决策层, 最终拍板人: 是, 立场: 支持}
竞争对手: [{对手名称: 澄光智控, 参与定标准: 有}]
""")
    keys = read("""
deal: {name: 临湖医院, stage: evaluation, inquiry_signals: [asks_guidance, asks_service]}
stakeholders:
  - {name: 谢明远, level: decision, is_final_decider: yes, stance: supporter}
competitors: [{name: 澄光智控, wrote_spec: yes}]
""")
    assert [(f.key, f.content) for f in chinese.facts] == [(f.key, f.content) for f in keys.facts]


@pytest.mark.parametrize("key", ["deal", "Deal", "DEAL", "商机", " 商机 "])
def test_an_entity_is_named_by_key_or_label(read: Read, key: str) -> None:
    assert value(read(f'"{key}": {{name: 临湖, stage: design}}'), "deal.name") == "临湖"


@pytest.mark.parametrize("key", ["stakeholders", "stakeholder", "关键人", "Stakeholder"])
def test_a_list_is_named_by_its_list_key_its_entity_or_its_label(read: Read, key: str) -> None:
    deal = read(f"{HEAD}{key}:\n  - name: 梁海波\n  - name: 郑国强\n")
    assert deal.counts["stakeholder"] == 2
    assert value(deal, "stakeholder[1].name") == "郑国强"


@pytest.mark.parametrize(
    "key", ["amount_cny", "预计金额(元)", "预计金额（元）", "Estimated amount (CNY)", "AMOUNT_CNY"]
)
def test_a_field_is_named_by_key_or_label_in_any_width_and_case(read: Read, key: str) -> None:
    assert field_value(read, "deal", f"{key}: 350万") == 3_500_000


@pytest.mark.parametrize("text", ["design", "方案与标准设计", "Specification design", "DESIGN", '"design"'])
def test_a_choice_is_named_by_key_or_label(read: Read, text: str) -> None:
    assert value(read(f"deal: {{name: 临湖, stage: {text}}}"), "deal.stage") == "design"


def test_a_single_value_may_stand_for_a_list_of_one(read: Read) -> None:
    assert field_value(read, "deal", "obstacles: 院长没接触过") == ("院长没接触过",)
    assert field_value(read, "deal", "inquiry_signals: 只问最低价") == ("price_only",)
    assert read(f"{HEAD}stakeholders: {{name: 梁海波}}").counts["stakeholder"] == 1


def test_a_value_listed_twice_counts_once(read: Read) -> None:
    assert field_value(read, "deal", "inquiry_signals: [price_only, 只问最低价, long_cycle]") == (
        "price_only",
        "long_cycle",
    )


# Values: numbers, dates, yes and no


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("3500000", 3_500_000),
        ("350万", 3_500_000),
        ("350 万元", 3_500_000),
        ("3.3万", 33_000),
        ("0.57万", 5_700),
        ("1.2亿", 120_000_000),
        ("1.2亿元", 120_000_000),
        ("3千万", 30_000_000),
        ("5百万", 5_000_000),
        ('"1,280,000"', 1_280_000),
        ('"1,280,000.50"', 1_280_000.5),
        ('"128,0000"', 1_280_000),
        ('"¥3,500"', 3_500),
        ("￥３５００", 3_500),
        ("CNY 5m", 5_000_000),
        ("1_000_000", 1_000_000),
        ("1e6", 1_000_000),
        ("0123", 123),
        ("-20000", -20_000),
        (".5", 0.5),
    ],
)
def test_amounts_as_people_write_them(read: Read, written: str, amount: float) -> None:
    read_as = field_value(read, "deal", f"amount_cny: {written}")
    assert read_as == amount
    assert type(read_as) is type(amount)


@pytest.mark.parametrize(
    "written",
    ["三百五十万", "约350万", '"1,5"', '"1,28"', "350美元", "3个月", "0x1F", "1e20", "12:30", ".inf", ".nan", "一"],
)
def test_what_is_no_amount_is_said_to_be_none(problems: Problems, written: str) -> None:
    (problem,) = problems(f"deal:\n  name: 临湖\n  stage: design\n  amount_cny: {written}\n")
    assert problem.startswith("deal.yaml:4:15: D010 ")
    assert "数字，如 350万" in problem


@pytest.mark.parametrize(("written", "percent"), [("12%", 12), ("12.5％", 12.5), ("12", 12), ("0", 0)])
def test_percentages(read: Read, written: str, percent: float) -> None:
    assert field_value(read, "deal", f"margin_pct: {written}") == percent


@pytest.mark.parametrize(("written", "count"), [("3", 3), ("3家", 3), ("3.0", 3), ("０３", 3)])
def test_counts(read: Read, written: str, count: int) -> None:
    assert field_value(read, "deal", f"quotes_in_hand: {written}") == count


def test_a_unit_of_another_kind_is_not_ignored(read: Read, problems: Problems) -> None:
    assert field_value(read, "deal", "days_in_stage: 12天") == 12
    assert field_value(read, "deal", "cycle_months: 3个月") == 3
    assert "D010" in problems("deal:\n  name: 临湖\n  stage: design\n  days_in_stage: 3个月\n")[0]
    assert "D010" in problems("deal:\n  name: 临湖\n  stage: design\n  cycle_months: 3m\n")[0]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-12-05", date(2026, 12, 5)),
        ("2026-12-5", date(2026, 12, 5)),
        ("2026/12/5", date(2026, 12, 5)),
        ("2026.12.05", date(2026, 12, 5)),
        ("2026年12月5日", date(2026, 12, 5)),
        ("２０２６年１２月５日", date(2026, 12, 5)),
        ("2026-12-05T08:30:00Z", date(2026, 12, 5)),
        ("2026-12-05 08:30", date(2026, 12, 5)),
        ("today", date(2026, 11, 21)),
        ("今天", date(2026, 11, 21)),
        ("+7d", date(2026, 11, 28)),
        ("-3d", date(2026, 11, 18)),
        ("today+2w", date(2026, 12, 5)),
        ("+14天", date(2026, 12, 5)),
        ("今天+2周", date(2026, 12, 5)),
        ("+1个月", date(2026, 12, 21)),
    ],
)
def test_dates_absolute_and_relative(read: Read, written: str, day: date) -> None:
    assert field_value(read, "bid", f"deadline: {written}") == day


@pytest.mark.parametrize(
    "written", ["下周三", "2026-02-30", "12月5日", "+7", "2026-12-05左右", "20261205", "+99999m", "2026"]
)
def test_what_is_no_date_is_said_to_be_none(problems: Problems, written: str) -> None:
    (problem,) = problems(f"{HEAD}bid:\n  deadline: {written}\n")
    assert problem == f"deal.yaml:3:13: D010 “{written}”不能用在这里（这里应填日期，如 2026-05-02 或 +7d）"


def test_relative_dates_move_with_the_day_of_evaluation(vocabulary: Vocabulary) -> None:
    deal = parse_deal(f"{HEAD}bid: {{deadline: +9d}}", vocabulary, date(2027, 1, 1))
    assert value(deal, "bid.deadline") == date(2027, 1, 10)


@pytest.mark.parametrize(
    ("written", "days"), [("18", 18), ("-18d", 18), ("2026-11-03", 18), ("today", 0), ("18天", 18)]
)
def test_a_days_since_field_takes_days_or_the_date_itself(read: Read, written: str, days: int) -> None:
    assert field_value(read, "deal", f"days_in_stage: {written}") == days


@pytest.mark.parametrize("written", ["+3d", "2026-12-01", "-3"])
def test_days_since_something_cannot_lie_ahead(problems: Problems, written: str) -> None:
    (problem,) = problems(f"{HEAD}stakeholders:\n  - name: 梁海波\n    last_contact_days: {written}\n")
    assert problem.startswith("deal.yaml:4:24: D019 距上次接触天数不能在今天之后")
    assert written in problem


@pytest.mark.parametrize("written", ["yes", "Yes", "true", "on", "y", "是", "有", "对"])
def test_yes(read: Read, written: str) -> None:
    assert field_value(read, "account", f"is_key: {written}") is True


@pytest.mark.parametrize("written", ["no", "No", "false", "off", "n", "否", "无", "没有", "不是"])
def test_no(read: Read, written: str) -> None:
    assert field_value(read, "account", f"is_key: {written}") is False


@pytest.mark.parametrize(
    "written", ["no", "on", "off", "12:30", "1_000", "0123", "1e3", "2026-05-02", "true", "=", "1.0", "<<"]
)
def test_a_text_stays_what_was_typed(read: Read, written: str) -> None:
    assert field_value(read, "deal", f"next_step: {written}") == written


def test_a_choice_called_off_or_none_is_a_choice(read: Read) -> None:
    assert field_value(read, "deal", "strategic_fit: off") == "off"
    assert field_value(read, "deal", "budget_status: none") == "none"
    assert field_value(read, "deal", "budget_status: 没有") == "none"


# Unknown is a value


@pytest.mark.parametrize(
    "written", ["unknown", "Unknown", "未知", "不清楚", "不知道", "待查", "'?'", "？", "n/a", "", "~", "null", "'未知'"]
)
@pytest.mark.parametrize("line", ["budget_status", "amount_cny", "expected_decision_date", "obstacles", "cycle_months"])
def test_every_way_to_say_that_something_is_not_known(read: Read, line: str, written: str) -> None:
    assert field_value(read, "deal", f"{line}: {written}") is None


def test_what_was_stated_as_unknown_is_kept_as_such(read: Read) -> None:
    deal = read(f"{HEAD}stakeholders:\n  - {{name: 谢明远, stance: 不清楚}}\n  - {{name: 梁海波}}\n")
    assert ("stakeholder", 0, "stance") in deal.unknown
    assert ("stakeholder", 1, "stance") not in deal.unknown


def test_a_quoted_text_is_a_text_even_when_it_reads_unknown(read: Read) -> None:
    assert field_value(read, "deal", 'next_step: "unknown"') == "unknown"
    assert field_value(read, "deal", 'next_step: "~"') == "~"
    assert field_value(read, "deal", 'next_step: ""') is None


def test_an_empty_or_unknown_section_is_no_error(read: Read) -> None:
    deal = read(f"{HEAD}account:\ncompetitors: 未知\nstakeholders: []\n")
    assert deal.counts == {"deal": 1, "account": 0, "competitor": 0, "stakeholder": 0}


# Evidence


def test_evidence_names_one_source_and_a_date(read: Read) -> None:
    deal = read(
        "deal:\n  name: 临湖\n  stage: {value: 招标评估, source: 财务科长, date: 2026-05-02, note: 电话里说的}\n"
    )
    assert value(deal, "deal.stage") == "evaluation"
    assert fact(deal, "deal.stage").evidence == Evidence(("财务科长",), date(2026, 5, 2))


def test_evidence_from_several_sources_counts_each_once(read: Read) -> None:
    deal = read(
        f"{HEAD}info:\n  p5_funds_credit: {{value: 多源验证, source: [财务科长, 设计院, 财务科长], date: -12d}}\n"
    )
    assert fact(deal, "info.p5_funds_credit").evidence == Evidence(("财务科长", "设计院"), date(2026, 11, 9))


def test_evidence_in_chinese_keys(read: Read) -> None:
    deal = read(
        f"{HEAD}account:\n  资金情况:\n    值: 紧张\n    来源: 财务科长\n    日期: 2026年11月1日\n    备注: 酒后说的\n"
    )
    assert value(deal, "account.funds_status") == "tight"
    assert fact(deal, "account.funds_status").evidence == Evidence(("财务科长",), date(2026, 11, 1))


@pytest.mark.parametrize("extra", ["", ", source: ~", ", source: 未知", ", date: unknown", ", note: 听说"])
def test_evidence_that_names_nobody_and_no_day_is_none(read: Read, extra: str) -> None:
    deal = read(f"deal:\n  name: 临湖\n  stage: {{value: design{extra}}}\n")
    assert fact(deal, "deal.stage").evidence is None


def test_a_list_and_a_map_may_carry_evidence_too(read: Read) -> None:
    deal = read(
        HEAD + "account: {stated_priority: {value: [专业建议, 服务], source: 梁海波}}\n"
        "info: {age_days: {value: {p1: 10, p5: 45天}, source: 周会}}\n"
    )
    assert value(deal, "account.stated_priority") == ("advice", "service")
    assert (fact(deal, "info.age_days").keys, value(deal, "info.age_days")) == (("p1", "p5"), (10, 45))
    assert fact(deal, "info.age_days").evidence == Evidence(("周会",))


def test_unknown_may_carry_evidence(read: Read) -> None:
    deal = read(f"{HEAD}account: {{funds_status: {{value: 不清楚, source: 财务科长}}}}\n")
    assert ("account", 0, "funds_status") in deal.unknown


@pytest.mark.parametrize(
    ("evidence", "problem"),
    [
        ("{source: 财务科长}", "4:17: D009 这里有证据却没有 value（补上 value: …）"),
        ("{value: tight, date: +3d}", "4:38: D013 证据日期“+3d”在今天之后（证据只能来自过去）"),
        ("{value: tight, date: 上周}", "4:38: D010 “上周”不能用在这里（这里应填日期，如 2026-05-02 或 +7d）"),
        (
            "{value: tight, sourse: 财务科长}",
            "4:32: D008 证据里没有“sourse”（只能写 value、source、date、note；是否想写 source？）",
        ),
        ("{value: tight, 谁: 财务科长}", "4:32: D008 证据里没有“谁”（只能写 value、source、date、note）"),
        ("{value: tight, 值: ample}", "4:32: D011 “值”重复了：同一内容已用另一个名称写过（删去其中一个）"),
        ("{value: tight, source: {谁: 财务}}", "4:40: D010 “{…}”不能用在这里（这里应填一段文字）"),
    ],
)
def test_what_can_be_wrong_with_evidence(problems: Problems, evidence: str, problem: str) -> None:
    assert problems(f"{HEAD}account:\n  name: 临湖市第二人民医院\n  funds_status: {evidence}\n") == [
        f"deal.yaml:{problem}"
    ]


# Visits and notes


def test_the_visit_is_the_next_planned_one(read: Read) -> None:
    deal = read(
        HEAD + "visits:\n"
        "  - {planned_date: -20d, purpose: 初次拜访}\n"
        "  - {planned_date: +9d, purpose: 样板参观}\n"
        "  - {planned_date: +2d, purpose: 见科长}\n"
    )
    assert value(deal, "visit.purpose") == "见科长"
    assert deal.counts["visit"] == 1
    assert len(deal.visits) == 3


def test_a_visit_today_is_still_ahead(read: Read) -> None:
    deal = read(
        f"{HEAD}visits:\n  - {{planned_date: today, purpose: 今天见}}\n  - {{planned_date: +2d, purpose: 后天见}}\n"
    )
    assert value(deal, "visit.purpose") == "今天见"


def test_without_a_planned_visit_it_is_the_latest_past_one(read: Read) -> None:
    deal = read(f"{HEAD}visits:\n  - {{planned_date: -3d, purpose: 复访}}\n  - {{planned_date: -20d, purpose: 初访}}\n")
    assert value(deal, "visit.purpose") == "复访"


def test_without_dates_it_is_the_last_one_written(read: Read) -> None:
    assert value(read(f"{HEAD}visits: [{{purpose: 初访}}, {{purpose: 复访}}]\n"), "visit.purpose") == "复访"


def test_a_single_visit_is_written_without_a_list(read: Read) -> None:
    assert value(read(f"{HEAD}拜访互动: {{见谁: [梁海波, 郑国强]}}\n"), "visit.with") == ("梁海波", "郑国强")


@pytest.mark.parametrize("key", ["notes", "note", "备注", "Notes"])
def test_notes_are_kept_as_written(read: Read, key: str) -> None:
    assert read(f"{HEAD}{key}: |\n  院长下月出国\n  yes: 1_000\n").notes == "院长下月出国\nyes: 1_000\n"


def test_notes_may_be_a_list(read: Read, problems: Problems) -> None:
    assert read(f"{HEAD}备注: [院长下月出国, 设备科换人]\n").notes == "院长下月出国\n设备科换人"
    assert problems(f"{HEAD}备注: {{a: b}}\n") == ["deal.yaml:2:5: D010 “{…}”不能用在这里（这里应填一段文字）"]
    assert problems(f"{HEAD}备注: 一\nnotes: 二\n") == [
        "deal.yaml:3:1: D011 “notes”重复了：同一内容已用另一个名称写过（删去其中一个）"
    ]


# What a file may leave out


@pytest.mark.parametrize(
    "text", ["rep: {name: 王磊, quota_cny: 1200万}", "团队管理: {}", "rep: {name: 王磊}\nteam: {}\nnotes: 周会"]
)
def test_a_file_of_team_facts_needs_no_deal(read: Read, text: str) -> None:
    assert "deal" not in read(text).counts


def test_a_deal_needs_a_name_and_a_stage(problems: Problems) -> None:
    assert problems("# 新商机\n商机:\n  客户行业: 医疗\n") == [
        "deal.yaml:2:1: D018 缺少商机名称（在 deal: 下补上 name: …）",
        "deal.yaml:2:1: D018 缺少当前采购阶段（在 deal: 下补上 stage: …）",
    ]
    assert problems("account: {name: 临湖医院}\n", "en") == [
        "deal.yaml:1:1: D018 Deal name is missing (add name: … under deal:)",
        "deal.yaml:1:1: D018 Current procurement stage is missing (add stage: … under deal:)",
    ]


def test_what_is_there_but_wrong_is_not_called_missing(problems: Problems) -> None:
    (problem,) = problems("deal:\n  name: 临湖\n  stage: 方案期\n")
    assert ":3:10: D016 " in problem
    (problem,) = problems("deel:\n  name: 临湖\n  stage: design\n")
    assert ":1:1: D002 " in problem


@pytest.mark.parametrize("text", ["", "\n\n", "# 只有注释\n", "~", "---\n"])
def test_an_empty_file(problems: Problems, text: str) -> None:
    assert problems(text) == ["deal.yaml: D001 文件里没有商机内容（至少写 deal: 下的 name 和 stage）"]


@pytest.mark.parametrize("text", ["临湖医院新院区照明", "- name: 临湖\n  stage: design\n", "42"])
def test_a_file_that_is_no_mapping(problems: Problems, text: str) -> None:
    assert problems(text, "en") == [
        "deal.yaml:1:1: D001 the file holds no deal (write at least name and stage under deal:)"
    ]


# Errors of content


def test_all_errors_of_a_file_are_told_at_once_in_their_order(problems: Problems) -> None:
    text = """\
deal:
  name: 临湖医院
  stage: 方案设记
  amount_cny: 很多
  budgetstatus: approved
stakeholders:
  - name: 谢明远
    influence: 12
  - name: 梁海波
    is_coach: 大概吧
acount: {name: 临湖}
"""
    assert [problem.split(" ")[:2] for problem in problems(text)] == [
        ["deal.yaml:3:10:", "D016"],
        ["deal.yaml:4:15:", "D010"],
        ["deal.yaml:5:3:", "D006"],
        ["deal.yaml:8:16:", "D014"],
        ["deal.yaml:10:15:", "D010"],
        ["deal.yaml:11:1:", "D002"],
    ]


def test_a_misspelt_section_field_or_value_comes_with_the_likely_word(problems: Problems) -> None:
    assert problems(f"{HEAD}stakeholdres: []\n", "en")[0].startswith(
        "deal.yaml:2:1: D002 unknown section 'stakeholdres' (did you mean stakeholders? use deal account"
    )
    assert problems(f"{HEAD}account: {{fund_status: tight}}\n") == [
        "deal.yaml:2:11: D006 “客户”里没有“fund_status”（是否想写 funds_status？playbook rules facts 列出全部字段）"
    ]
    assert problems("deal: {name: 临湖, stage: 招标评古}\n")[0].startswith(
        "deal.yaml:1:25: D016 “招标评古”不是当前采购阶段的选项（是否想写 招标评估？可选：target（目标锁定）、"
    )


def test_without_a_likely_word_the_message_says_where_to_look(problems: Problems) -> None:
    assert problems(f"{HEAD}account: {{zzz: 1}}\n", "en") == [
        "deal.yaml:2:11: D006 account has no field 'zzz' (playbook rules facts lists every field)"
    ]
    (problem,) = problems(f"{HEAD}xyz: 1\n")
    assert problem.startswith("deal.yaml:2:1: D002 没有“xyz”这一部分（可用：deal account")


@pytest.mark.parametrize("key", ["gate", "三道门"])
def test_the_gates_are_concluded_and_cannot_be_stated(problems: Problems, key: str) -> None:
    (problem,) = problems(f"{HEAD}{key}: {{information: open}}\n")
    assert problem.startswith(f"deal.yaml:2:1: D002 没有“{key}”这一部分（可用：")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("deal:\n  name: 甲\n  stage: design\n  name: 乙\n", "4:3: Y004 “name”写了两次，第 2 行已有（删去其中一个）"),
        ("deal:\n  name: 甲\n  stage: design\n  商机名称: 乙\n", "4:3: D011 “商机名称”重复了"),
        (f"{HEAD}商机: {{name: 乙}}\n", "2:1: D011 “商机”重复了"),
        (f"{HEAD}visit: {{}}\nvisits: []\n", "3:1: D011 “visits”重复了"),
        (f"{HEAD}deal: {{}}\n", "2:1: Y004 “deal”写了两次，第 1 行已有"),
    ],
)
def test_nothing_may_be_said_twice(problems: Problems, text: str, problem: str) -> None:
    (found,) = problems(text)
    assert found.startswith(f"deal.yaml:{problem}")


@pytest.mark.parametrize(
    ("entity", "line", "expected"),
    [
        ("deal", "amount_cny: [1, 2]", "a number such as 3500000 or 12.5"),
        ("deal", "quotes_in_hand: 2.5", "a whole number"),
        ("deal", "quotes_in_hand: 两家", "a whole number"),
        ("deal", "expected_decision_date: 年底", "a date such as 2026-05-02 or +7d"),
        ("deal", "next_step: [拜访, 报价]", "a text"),
        ("deal", "budget_status: [approved]", "one of the choices"),
        ("account", "is_key: 也许", "yes or no"),
        ("info", "age_days: 10", "a number for each point, such as {p1: 10}"),
        ("info", "age_days: {p1: 很久}", "a number such as 3500000 or 12.5"),
        ("deal", "obstacles: [[院长没接触过]]", "a list of texts"),
        ("deal", "inquiry_signals: [[price_only]]", "a list of choices"),
    ],
)
def test_a_value_of_the_wrong_type(problems: Problems, entity: str, line: str, expected: str) -> None:
    head = "deal: {name: 临湖, stage: design}\n" if entity != "deal" else ""
    core = "name: 临湖\n  stage: design\n  " if entity == "deal" else ""
    (problem,) = problems(f"{head}{entity}:\n  {core}{line}\n", "en")
    assert "D010" in problem
    assert problem.endswith(f" does not fit here (expected {expected})")


@pytest.mark.parametrize(("line", "low", "high"), [("influence: 0", 1, 10), ("influence: 11", 1, 10)])
def test_a_number_out_of_range(problems: Problems, line: str, low: int, high: int) -> None:
    (problem,) = problems(f"{HEAD}stakeholders:\n  - name: 梁海波\n    {line}\n")
    assert problem == f"deal.yaml:4:16: D014 影响力1-10应在 {low} 到 {high} 之间，这里是 {line.split()[-1]}"
    assert "D014" in problems(f"{HEAD}account: {{support_coverage_pct: 120%}}\n")[0]


def test_the_ends_of_a_range_belong_to_it(read: Read) -> None:
    assert field_value(read, "account", "support_coverage_pct: 100") == 100
    assert field_value(read, "account", "support_coverage_pct: 0%") == 0


def test_a_field_under_the_wrong_entity_is_sent_where_it_belongs(problems: Problems) -> None:
    assert problems(f"{HEAD}account:\n  影响力1-10: 8\n  win_prob_rep: 60\n") == [
        "deal.yaml:3:3: D012 “影响力1-10”不属于“客户”，应写在 stakeholders 下",
        "deal.yaml:4:3: D012 “win_prob_rep”不属于“客户”，应写在 deal 下",
    ]


def test_an_unknown_key_of_a_map(problems: Problems) -> None:
    (problem,) = problems(f"{HEAD}info: {{age_days: {{p1: 3, p10: 4}}}}\n")
    assert problem.startswith("deal.yaml:2:26: D015 没有“p10”这个键（可用：p1, p2,")


def test_a_list_where_there_is_only_one(problems: Problems) -> None:
    assert problems("deal:\n  - {name: 临湖, stage: design}\n") == [
        "deal.yaml:2:3: D004 “商机”只能有一个，不能写成列表（去掉短横线或方括号）"
    ]


def test_a_text_where_fields_are_due(problems: Problems) -> None:
    assert problems(f"{HEAD}account: 临湖医院\n") == ["deal.yaml:2:10: D005 “客户”要写成“字段: 值”的形式"]
    assert problems(f"{HEAD}stakeholders: [谢明远, 梁海波]\n", "en") == [
        "deal.yaml:2:16: D005 'Stakeholder' must be written as 'field: value' lines",
        "deal.yaml:2:21: D005 'Stakeholder' must be written as 'field: value' lines",
    ]


# Errors of form


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("deal:\n\tname: 临湖\n", "2:1: Y007 这里用了制表符 Tab"),
        ("deal:\n  name: 临湖\n  stage：design\n", "3:8: Y008 这里的“：”是中文标点"),
        ("deal：\n  name: 临湖\n  stage: design\n", "1:5: Y008 这里的“：”是中文标点"),
        ("deal:\n  name：临湖\n  stage：design\n", "2:7: Y008 这里的“：”是中文标点"),
        ("商机名称：临湖\n", "1:5: Y008 这里的“：”是中文标点"),
        ("deal: {name: 临湖，stage: design}\n", "1:16: Y008 这里的“，”是中文标点"),
        ("deal:\n  name: “临湖: 二期”\n  stage: design\n", "2:9: Y008 这里的““”是中文标点"),
        ("deal:\n  name:临湖\n  stage: design\n", "2:7: Y009 冒号后面要空一格"),
        ("deal:\n  name:临湖\n  stage:design\n", "2:7: Y009 冒号后面要空一格"),
        ('deal:\n  name: "临湖\n  stage: design\n', "2:9: Y010 这个引号没有配对"),
        ("deal:\n  name: 临湖: 二期\n  stage: design\n", "2:11: Y011 这里多出一个冒号"),
        (
            "deal:\n  name: 临湖\n  stage\n  next_step: 拜访\n",
            "4:3: Y011 这里多出一个冒号，或这一行缩进过深，或上一行漏了冒号",
        ),
        ("{deal: {name: 临湖, stage: design}}\n备注\n", "2:1: Y016 这一行的缩进"),
        ("deal:\n  name: *hospital\n  stage: design\n", "2:9: Y012 “*hospital”没有对应的“&hospital”"),
        ("deal:\n  name: *临湖\n  stage: design\n", "2:9: Y017 文字不能以这个符号开头"),
        ("deal:\n  name: 临湖\n  stage: ?\n", "3:10: Y017 文字不能以这个符号开头"),
        ("deal: {name: 甲, stage: design}\n---\ndeal: {}\n", "2:1: Y013 一个文件只能写一份内容"),
        ("deal: {name: 临湖, stage: design\nbid: {}\n", "1:7: Y015 从这里开始的括号没有配对"),
        ("deal:\n  name: 临湖\n stage: design\n", "3:2: Y016 这一行的缩进与同级各行没有对齐"),
        ("deal:\n  name: @临湖\n", "2:9: Y017 文字不能以这个符号开头"),
        ("deal:\n  name: 临\x07湖\n", "2:10: Y018 这里有看不见的控制字符"),
        ('deal:\n  name: "\\q"\n', "2:10: Y003 YAML 格式有误"),
        ("? {a: b}\n: 1\ndeal: {name: 临湖, stage: design}\n", "1:3: Y006 以括号开头的文字没有加引号"),
    ],
)
def test_what_breaks_the_yaml_is_told_in_plain_words_at_its_place(problems: Problems, text: str, problem: str) -> None:
    (found,) = problems(text)
    assert found.startswith(f"deal.yaml:{problem}")


def test_chinese_punctuation_inside_a_text_is_not_blamed_for_another_fault(problems: Problems) -> None:
    (problem,) = problems("deal:\n  trigger_reason: 老院区投诉多，电费年年超：“必须改”\n stage: design\n")
    assert problem.startswith("deal.yaml:3:2: Y016 ")


def test_chinese_punctuation_inside_a_text_is_just_text(read: Read) -> None:
    assert field_value(read, "deal", "next_step: 见院长：谈“投入产出”，带样板") == "见院长：谈“投入产出”，带样板"


def test_a_file_in_gbk(tmp_path: Path, vocabulary: Vocabulary, today: date) -> None:
    path = tmp_path / "临湖.yaml"
    path.write_bytes("deal:\n  name: 临湖医院\n".encode("gbk"))
    with pytest.raises(DealError) as caught:
        read_deal(path, vocabulary, today)
    assert [f.text("zh") for f in caught.value.findings] == [
        f"{path}:2:1: Y002 文件不是 UTF-8 编码（请在编辑器中另存为 UTF-8）"
    ]


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(
    tmp_path: Path, vocabulary: Vocabulary, today: date
) -> None:
    path = tmp_path / "deal.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + "deal:\r\n  name: 临湖\r\n  stage: design\r\n".encode())
    assert value(read_deal(path, vocabulary, today), "deal.name") == "临湖"


def test_a_file_that_is_not_there_or_cannot_be_read(tmp_path: Path, vocabulary: Vocabulary, today: date) -> None:
    for path, code in ((tmp_path / "没有.yaml", "Y014"), (tmp_path, "Y001"), (Path("a\0b.yaml"), "Y001")):
        with pytest.raises(DealError) as caught:
            read_deal(path, vocabulary, today)
        assert [finding.code for finding in caught.value.findings] == [code]
        assert caught.value.exit_code == 3


# Hostile and unusual content


def test_an_alias_bomb_is_refused_at_once(problems: Problems) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    started = perf_counter()
    assert "Y005" in problems("\n".join(lines))[0]
    assert perf_counter() - started < 2


@pytest.mark.parametrize(
    "text", ["a: &a [*a]\n", "&d deal: &d {name: *d}\n", "deal: &d\n  name: 临湖\n  stage: {value: *d}\n"]
)
def test_a_reference_to_itself_is_refused(problems: Problems, text: str) -> None:
    assert any("Y005" in problem or "D0" in problem for problem in problems(text))


@pytest.mark.parametrize("piece", ["[", "- ", "? ", "{a: ", "[a, {b: ", "!!str [", "&x ["])
def test_bottomless_nesting_is_refused_at_once(problems: Problems, piece: str) -> None:
    started = perf_counter()
    assert problems(piece * 50_000)[0].split(" ")[1].startswith("Y0")
    assert perf_counter() - started < 2


def test_an_anchor_may_be_used_for_what_it_is_good_for(read: Read) -> None:
    deal = read(f"{HEAD}stakeholders:\n  - {{name: 甲, level: &top decision}}\n  - {{name: 乙, level: *top}}\n")
    assert value(deal, "stakeholder[1].level") == "decision"


@pytest.mark.parametrize(
    "tag",
    [
        "!= 临湖",
        "! 临湖",
        "!!python/object/apply:os.system [echo 坏]",
        '!!python/name:os.system ""',
        "!!python/object:playbook.load.deal.Deal {}",
        "!x y",
    ],
)
def test_a_tag_never_constructs_anything_and_is_not_dropped_in_silence(problems: Problems, tag: str) -> None:
    found = problems(f"deal:\n  name: {tag}\n  stage: design\n")
    assert any(problem.startswith("deal.yaml:2:9: Y019 ") for problem in found)


def test_a_tag_that_only_names_a_plain_type_is_harmless(read: Read) -> None:
    assert field_value(read, "deal", "next_step: !!str 123") == "123"


def test_a_note_of_a_megabyte(read: Read) -> None:
    note = "院长说明年再看。" * 130_000
    started = perf_counter()
    assert read(f"{HEAD}notes: {note}\n").notes == note
    assert perf_counter() - started < 2


def test_a_key_of_a_megabyte_is_not_repeated_in_full(problems: Problems) -> None:
    started = perf_counter()
    (problem,) = problems(f"{HEAD}? {'长' * 1_000_000}\n: 1\n")
    assert len(problem) < 1_000
    assert perf_counter() - started < 3


def test_emoji_and_right_to_left_text_are_kept_and_counted_right(read: Read, problems: Problems) -> None:
    deal = read("deal: {name: 🏥临湖👩‍⚕️, stage: design, next_step: شركة النور}\n")
    assert value(deal, "deal.name") == "🏥临湖👩‍⚕️"
    assert value(deal, "deal.next_step") == "شركة النور"
    assert problems("deal: {name: 🏥🏥, stage: 坏}\n")[0].startswith("deal.yaml:1:25: D016 ")


def test_a_message_shows_nothing_that_steers_the_terminal(problems: Problems) -> None:
    (problem,) = problems(f'{HEAD}"\\e[31m红\\u202e\\n头": 1\n')
    assert "\x1b" not in problem
    assert "\u202e" not in problem
    assert "\n" not in problem
    assert "红" in problem


# JSON


def test_a_json_file_with_tabs_escapes_and_emoji(read: Read) -> None:
    text = json.dumps(
        {"deal": {"name": '临湖🏥 "二期"\\A/B', "stage": "design", "amount_cny": 3.5e6, "next_step": None}},
        indent="\t",
        ensure_ascii=True,
    )
    assert "\\ud83c" in text
    deal = read(text.replace("/", "\\/"), "deal.JSON")
    assert value(deal, "deal.name") == '临湖🏥 "二期"\\A/B'
    assert value(deal, "deal.amount_cny") == 3_500_000
    assert ("deal", 0, "next_step") in deal.unknown


def test_json_without_spaces(read: Read) -> None:
    deal = read(
        '{"deal":{"name":"临湖","stage":"design"},"account":{"is_key":true},"stakeholders":[{"name":"甲"}]}', "d.json"
    )
    assert value(deal, "account.is_key") is True


@pytest.mark.parametrize(
    "text", ['{"deal": "\\ud83d"}', '{"deal": "\\ud8zz\\udczz"}', '{"deal": {"name": }', "{", '{"a": 1,}']
)
def test_broken_json_is_told(problems: Problems, text: str) -> None:
    assert problems(text, file="deal.json")[0].startswith("deal.json:")


# Examples


@pytest.mark.parametrize("path", sorted(examples_folder().glob("*.yaml")), ids=lambda path: path.stem)
def test_the_examples_are_read(path: Path, vocabulary: Vocabulary, today: date) -> None:
    assert read_deal(path, vocabulary, today).facts


def test_what_came_of_the_last_visit_counts_until_the_next_one_is_held(deal_of):
    def outcome(text: str) -> dict[str, object]:
        return {fact.field: fact.content for fact in deal_of(text).facts if fact.item[0] == "visit"}

    visits = """
deal: {name: 二期扩产, stage: design}
visits:
  - {planned_date: -30d, with: [罗工], objection_type: price, talk_share_pct: 40}
  - {planned_date: -6d, with: [姚峰], talk_share_pct: 72, commitment: continuation}
  - {planned_date: +3d, with: [何总], purpose: 谈验收}
"""
    found = outcome(visits)
    assert found["with"] == ("何总",)
    assert (found["talk_share_pct"], found["commitment"]) == (72, "continuation")
    # An objection of the visit before the last one has had its answer.
    assert "objection_type" not in found
    # What the planned visit states itself comes first.
    assert outcome(visits.replace("purpose: 谈验收", "talk_share_pct: 50"))["talk_share_pct"] == 50
    # The last visit alone is simply the visit.
    assert outcome(visits[: visits.rindex("  - {")])["with"] == ("姚峰",)


def test_a_fields_own_word_for_unknown_is_unknown(brief, deal_of):
    for word in ("未判断", "未知", "unknown"):
        deal = deal_of(f"deal: {{name: 甲, stage: design}}\naccount: {{value_type: {word}}}")
        assert [fact for fact in deal.facts if fact.field == "value_type"] == []
    text = "deal: {name: 甲, stage: evaluation, amount_cny: 300万}\naccount: {name: 东江纸业, value_type: %s}"
    left_out = {card.rule for card in brief(text.replace(", value_type: %s", "")).activations}
    assert {card.rule for card in brief(text % "未判断").activations} == left_out


def test_a_misspelt_stage_is_told_once(deal_of):
    with pytest.raises(DealError) as caught:
        deal_of("deal: {name: 甲, stag: design}")
    assert [finding.code for finding in caught.value.findings] == ["D006"]
    with pytest.raises(DealError) as caught:
        deal_of("deal: {name: 甲, 阶段性结论: design}")
    assert "D018" in [finding.code for finding in caught.value.findings]
