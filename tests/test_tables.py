"""Decision tables in Excel and CSV: they say what rule files say, and every fault is told at its cell."""

from __future__ import annotations

import csv
import io
import re
import sys
import warnings
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from playbook.advisor import Advisor
from playbook.cli import cli
from playbook.errors import Finding, RuleError
from playbook.load.rulefile import parse_rules, read_rules
from playbook.load.tables.columns import Column, Columns, Head
from playbook.load.tables.sheets import guarded, unguarded
from playbook.load.writing.rulefile import rules_text
from playbook.model.rulebook import Rulebook, digest_of
from playbook.model.rules import AnyOf, Rule
from playbook.model.vocabulary import Text, Vocabulary
from playbook.render.tables.sheet import RuleTable, rule_table, unplaced
from playbook.render.tables.workbook import csv_bytes, workbook_bytes

ROOT = Path(__file__).parent.parent
Read = Callable[[Path], tuple[list[Rule], list[Finding]]]
Rows = list[list[Any]]

HEADER = ["编号", "标题", "商机·当前采购阶段", "客户·企业性质", "类别", "优先级", "期限", "做什么", "为什么"]
SOE = ["soe-first", "国企先过会", "招标评估", "国有", "行动", "高", "3d", "先问清价格要过哪个会。", "国企怕审计。"]
PRIVATE = [
    "private-fast",
    "民营当天报价",
    "招标评估",
    "民营",
    "行动",
    "高",
    "1d",
    "当天给老板一页纸报价。",
    "老板定得快。",
]

SOE_RULE = """\
- id: soe-first
  title: {zh: 国企先过会}
  when:
    - deal: {stage: evaluation}
    - account: {ownership: soe}
  advise:
    kind: action
    priority: high
    due: 3d
    do: {zh: 先问清价格要过哪个会。}
    why: {zh: 国企怕审计。}
"""


@pytest.fixture
def read(vocabulary: Vocabulary) -> Read:
    def rules_of(path: Path) -> tuple[list[Rule], list[Finding]]:
        findings: list[Finding] = []
        return read_rules(path, vocabulary, "", findings.append, path.name), findings

    return rules_of


def csv_file(path: Path, rows: Rows, encoding: str = "utf-8-sig", delimiter: str = ",") -> Path:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def excel_file(path: Path, rows: Rows, change: Callable[[Any, Workbook], None] | None = None) -> Path:
    book = Workbook()
    sheet = book.active
    sheet.title = "价格"
    for row in rows:
        sheet.append(row)
    if change:
        change(sheet, book)
    book.save(path)
    return path


def told(findings: list[Finding]) -> list[str]:
    """`B3 T014` of each finding, in the order in which a user sees them."""
    return [f"{str(f.at).rpartition('!')[2]} {f.code}" for f in RuleError(findings).findings]


def run(*args: str) -> Any:
    return CliRunner().invoke(cli, list(args))


def all_tables(rulebook: Rulebook, lang: str) -> tuple[list[RuleTable], list[Finding]]:
    """A table for every built-in rule file, and what no row can say."""
    files: dict[str, list[Rule]] = {}
    for rule in sorted(rulebook.rules, key=lambda rule: rule.at):
        files.setdefault(rule.at.file, []).append(rule)
    made = [rule_table(Path(file).stem, rules, rulebook.vocabulary, lang) for file, rules in files.items()]
    return [table for table, _ in made if table.cells], [finding for _, left in made for finding in left]


# A table says what a rule file says


def test_a_row_is_the_rule_that_a_file_would_hold(read, vocabulary, tmp_path):
    (from_file,) = parse_rules(SOE_RULE, vocabulary, lambda finding: None)
    for path in (csv_file(tmp_path / "价格.csv", [HEADER, SOE]), excel_file(tmp_path / "价格.xlsx", [HEADER, SOE])):
        rules, findings = read(path)
        assert findings == []
        assert [unplaced(rule) for rule in rules] == [unplaced(from_file)]


def test_headers_and_values_may_be_names_or_labels_of_either_language(read, tmp_path):
    names = ["id", "title zh", "deal.stage", "account.ownership", "kind", "advise.priority", "due", "do.zh", "why(zh)"]
    keys = ["soe-first", "国企先过会", "evaluation", "soe", "action", "high", *SOE[6:]]
    english = ["Rule id", "标题（中文）", "Deal · Current procurement stage", "Account: Ownership", "Kind", "PRIORITY"]
    labels = ["soe-first", "国企先过会", "Tender and evaluation", "State-owned", "Action", "High", *SOE[6:]]
    (wanted,) = read(csv_file(tmp_path / "a.csv", [HEADER, SOE]))[0]
    for header, row in ((names, keys), (english + HEADER[6:], labels), (names, SOE), (HEADER, labels)):
        rules, findings = read(csv_file(tmp_path / "b.csv", [header, row]))
        assert findings == []
        assert [unplaced(rule) for rule in rules] == [unplaced(wanted)]


CONDITIONS = [
    (["deal.stage"], ["not [招标评估, lost]"], "deal: {stage: 'not [evaluation, lost]'}"),
    (["deal.stage"], ["方案与标准设计、招标评估"], "deal: {stage: [design, evaluation]}"),
    (["deal.stage"], ["Specification design, 招标评估"], "deal: {stage: [design, evaluation]}"),
    (["deal.stage", "deal.industry"], ["evaluation", "-"], "deal: {stage: evaluation}"),
    (["deal.amount_cny"], [">= 300万"], "deal: {amount_cny: '>= 3000000'}"),
    (["客户·客户价值类型"], ["未判断"], "account: {value_type: unknown}"),
    (["投标·偏离表"], ["Not done"], "bid: {deviation_status: none}"),
    (["关键人（boss）·最终拍板人", "关键人（boss）·立场"], ["是", "未知、中立"],
     "stakeholder as boss: {is_final_decider: yes, stance: [unknown, neutral]}"),
    (["没有关键人·层级"], ["决策层"], "no stakeholder: {level: decision}"),
    (["没有竞争对手"], ["是"], "no competitor: {}"),
    (["至少2个关键人（fans）·立场"], [">= 支持"], "at least 2 stakeholder as fans: {stance: '>= supporter'}"),
    (["Fewer than param.allies_required stakeholder · Stance"], ["Ally"],
     "fewer than param.allies_required stakeholder: {stance: ally}"),
    (["所有竞争对手·竞争地位"], ["known"], "all competitor: {position: known}"),
    (["至少 2 项九个信息点（gaps）·p*"], ["未知、听说"], "at least 2 of info as gaps: {p*: [unknown, hearsay]}"),
    (["商机·询盘信号", "商机·询盘信号（2）"], ["只问最低价", "not 采购周期数月"],
     "[deal: {inquiry_signals: price_only}, deal: {inquiry_signals: not long_cycle}]"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "cells", "condition"), CONDITIONS)
def test_conditions_of_every_form(read, vocabulary, tmp_path, header, cells, condition):
    row = [*SOE[:2], *cells, *SOE[4:]]
    rules, findings = read(csv_file(tmp_path / "a.csv", [[*HEADER[:2], *header, *HEADER[4:]], row]))
    assert findings == []
    when = condition[1:-1].replace("}, ", "}\n    - ") if condition.startswith("[") else condition
    text = re.sub(r"when:\n(    - .*\n)+", f"when:\n    - {when}\n", SOE_RULE)
    (wanted,) = parse_rules(text, vocabulary, lambda finding: pytest.fail(finding.text("en")))
    assert [unplaced(rule) for rule in rules] == [unplaced(wanted)]


def test_questions_conclusions_and_guards_have_columns_too(read, tmp_path):
    header = [
        "id", "标题", "关键人（boss）·组织需求", "认定 boss·关系类型", "=> account.is_key", "要问清的字段", "问题",
        "问谁", "为什么问", "守卫方式", "管打交道的是谁", "管哪些规则", "守卫原因", "给谁看", "状态", "生效日期",
    ]  # fmt: skip
    field = "关键人（boss）·立场"
    row = [
        "one-of-all", "样样都有", "known", "合作伙伴", "是", field, "您怎么看？", "{{ boss.name }}", "要知道。",
        "拦下", "客户、招标代理", "a-rule, b-rule", "招标期间。", "销售，销售教练", "草稿", "2026/12/31",
    ]  # fmt: skip
    (rule,), findings = read(csv_file(tmp_path / "a.csv", [header, row]))
    assert findings == []
    assert [(c.alias, c.name, c.value) for c in rule.conclude] == [
        ("boss", "relation_type", "partner"),
        ("account", "is_key", True),
    ]
    assert rule.ask is not None
    assert (rule.ask.field, rule.ask.whom) == ("boss.stance", Text("{{ boss.name }}"))
    assert rule.guard is not None
    assert (rule.guard.parties, rule.guard.rules) == (("customer", "agent"), ("a-rule", "b-rule"))
    assert (rule.audience, rule.status, rule.since) == (("rep", "coach"), "draft", date(2026, 12, 31))


def test_what_is_left_empty_or_named_with_a_hash_is_not_read(read, tmp_path):
    def more_sheets(_: Any, book: Workbook) -> None:
        book.create_sheet("#说明").append(["随便写"])
        book.create_sheet("Sheet2")

    rows = [[None] * 3, [*HEADER, "#备注"], [], [*SOE, "问过老王"], [None] * 3, ["-"] * 9, [*PRIVATE, None]]
    rules, findings = read(excel_file(tmp_path / "a.xlsx", rows, more_sheets))
    assert findings == []
    assert [str(rule.at) for rule in rules] == ["a.xlsx!价格!A4", "a.xlsx!价格!A7"]


def test_every_sheet_is_a_table(read, tmp_path):
    def second(_: Any, book: Workbook) -> None:
        sheet = book.create_sheet("民营")
        sheet.append(HEADER)
        sheet.append([*PRIVATE[:4], "干活", *PRIVATE[5:]])

    rules, findings = read(excel_file(tmp_path / "a.xlsx", [HEADER, SOE, ["x y", *SOE[1:]]], second))
    assert [rule.id for rule in rules] == ["soe-first"]
    assert [str(f.at) for f in RuleError(findings).findings] == ["a.xlsx!价格!A3", "a.xlsx!民营!E2"]


def test_cells_are_read_as_they_are_shown(read, tmp_path):
    header = [*HEADER[:2], "合同·预付款%", "合同·账期(天)", "投标·投标截止日", "我方团队·技术人员可用", *HEADER[4:]]
    header[5] = "客户·是否大客户"

    def percentages(sheet: Any, _: Workbook) -> None:
        sheet["C2"].number_format = "0%"

    row = [*SOE[:2], 0.3, 30.0, datetime(2026, 12, 31), True, *SOE[4:]]
    (rule,), findings = read(excel_file(tmp_path / "a.xlsx", [header, row], percentages))
    assert findings == []
    tests = {name: test.operand for pattern in rule.when for name, test in pattern.tests}  # type: ignore[union-attr]
    assert tests == {"prepay_pct": 30, "payment_days": 30, "deadline": date(2026, 12, 31), "is_key": True}


# Faults

FAULTS: list[tuple[list[Any], list[list[Any]], list[str]]] = [
    (HEADER, [["Soe First", *SOE[1:]]], ["A2 R008"]),
    (HEADER, [["", *SOE[1:]], [*SOE[:7], "", ""]], ["A2 T014", "H3 T014", "I3 T014"]),
    (HEADER, [[*SOE[:2], "谈判", "国营", "干活", "很高", "下周", *SOE[7:]]],
     ["C2 R028", "D2 R028", "E2 R010", "F2 R010", "G2 R042"]),
    (HEADER, [[*SOE[:7], "找{{ bos.name }}", "{{ x"]], ["H2 R014", "I2 R013"]),
    (HEADER, [[*SOE[:2], "", "-", *SOE[4:]]], ["A2 T017"]),
    ([*HEADER[:3], "客户·企业性制", *HEADER[4:]], [SOE], ["D1 R015"]),
    ([*HEADER[:5], "优先集", *HEADER[6:]], [SOE], ["F1 T010"]),
    ([*HEADER[:2], "采购阶段", "性质", *HEADER[4:]], [SOE], ["C1 T010", "D1 T010"]),
    ([*HEADER[:3], "商机：当前采购阶段", *HEADER[4:]], [SOE], ["D1 T011"]),
    ([*HEADER[:3], "没有客户·企业性质", *HEADER[4:]], [SOE], ["D1 R033"]),
    ([*HEADER[:3], "at least 0 stakeholder.stance", *HEADER[4:]], [SOE], ["D1 R034"]),
    ([*HEADER[:3], "商机", *HEADER[4:]], [SOE], ["D1 T010"]),
    ([*HEADER[:3], "认定 bos·关系类型", *HEADER[4:]], [SOE], ["D1 R014"]),
    ([*HEADER[:3], "认定 客户·性子", *HEADER[4:]], [SOE], ["D1 R015"]),
    (HEADER[1:], [SOE[1:]], ["A1 T012"]),
    (HEADER[:1] + HEADER[2:7], [SOE[:1] + SOE[2:7]], ["A1 T012"] * 3),
    (HEADER[:2] + HEADER[4:], [SOE[:2] + SOE[4:]], ["A1 T013"]),
    (HEADER[:4], [SOE[:4]], ["A1 T013"]),
    (HEADER, [[*SOE, "备忘"], [*PRIVATE, "又一条"]], ["J2 T015"]),
    ([*HEADER[:3], "没有竞争对手", *HEADER[4:]], [[*SOE[:3], "也许", *SOE[4:]]], ["D2 T016"]),
    ([*HEADER, "条件次序"], [[*SOE, "客户·企业性质\n商机·状态"]], ["J2 T022"]),
    ([*HEADER[:3], "关键人（boss）·立场", *HEADER[4:]], [[*SOE[:3], "= bos.stance", *SOE[4:]]], ["D2 R014"]),
]  # fmt: skip


@pytest.mark.parametrize(("header", "rows", "faults"), FAULTS)
def test_every_fault_is_told_once_at_its_cell(read, tmp_path, header, rows, faults):
    assert told(read(csv_file(tmp_path / "价格.csv", [header, *rows]))[1]) == faults


def test_a_finding_reads_like_any_other_and_says_what_to_do(read, tmp_path):
    path = excel_file(tmp_path / "价格.xlsx", [[*HEADER[:5], "优先集", *HEADER[6:]], [*SOE[:4], "干活", *SOE[5:]]])
    lines = [finding.text("zh") for finding in RuleError(read(path)[1]).findings]
    assert lines[0].startswith("价格.xlsx!价格!F1: T010 没有“优先集”这一列（是否想写 优先级？")
    assert lines[1] == "价格.xlsx!价格!E2: R010 “干活”不可用（可选：行动、追问、话术、提醒、把关、红线、备注）"


def test_merged_cells_formulas_and_error_values_are_refused(read, tmp_path):
    def spoil(sheet: Any, _: Workbook) -> None:
        sheet["C2"] = "=A1"
        sheet["D2"] = "#N/A"
        sheet["D2"].data_type = "e"
        sheet.merge_cells("E2:E3")

    findings = read(excel_file(tmp_path / "a.xlsx", [HEADER, SOE, PRIVATE], spoil))[1]
    assert told(findings) == ["C2 T008", "D2 T008", "E2 T007"]
    assert "=A1" in findings[1].text("en")


def test_a_table_with_a_stray_cell_far_away_is_refused_not_endless(read, tmp_path):
    def stray(sheet: Any, _: Workbook) -> None:
        sheet.cell(1_000_000, 50, "x")

    findings = read(excel_file(tmp_path / "a.xlsx", [HEADER, SOE], stray))[1]
    assert [finding.text("en").partition(" (")[0] for finding in findings] == [
        "a.xlsx!价格: T006 the table is too large"
    ]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.xlsx", b"PK\x03\x04 broken", "T002"),
        ("a.xlsx", "编号,标题".encode(), "T002"),
        ("a.xls", b"\xd0\xcf\x11\xe0", "T003"),
        ("a.csv", b"", "T009"),
        ("a.csv", b"\r\n , \r\n", "T009"),
        ("a.csv", b"id,\xff\xfe\x81", "T004"),
        ("a.csv", "编号,标题\n甲乙丙丁戊己庚辛,商机".encode()[:-1], "T004"),
        ("a.csv", b'id,"title', "T005"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(read, tmp_path, name, content, code):
    path = tmp_path / name
    path.write_bytes(content)
    assert [finding.code for finding in read(path)[1]] == [code]


def test_a_missing_file_and_an_empty_workbook(read, tmp_path):
    assert [f.code for f in read(tmp_path / "no.csv")[1]] == ["Y014"]
    assert [f.code for f in read(excel_file(tmp_path / "a.xlsx", []))[1]] == ["T009"]


def test_without_openpyxl_the_message_says_what_to_install(read, tmp_path, monkeypatch, vocabulary):
    path = excel_file(tmp_path / "a.xlsx", [HEADER, SOE])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    (finding,) = read(path)[1]
    assert finding.code == "T001"
    assert "pip install 'playbook-advisor[excel]'" in finding.text("zh")
    assert read(csv_file(tmp_path / "a.csv", [HEADER, SOE]))[1] == []
    result = run("rules", "table", "export", "classify-before-quoting", "-o", str(tmp_path / "b.xlsx"))
    assert (result.exit_code, "T001" in result.stderr) == (2, True)


# CSV


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_as_any_program_saves_it(read, tmp_path, encoding, delimiter):
    rules, findings = read(csv_file(tmp_path / "a.csv", [HEADER, SOE], encoding, delimiter))
    assert findings == []
    assert rules[0].title == Text("国企先过会")


def test_csv_is_written_for_excel(rulebook, vocabulary):
    table, _ = rule_table("a", [rulebook.rule_by_id["classify-before-quoting"]], vocabulary, "zh")
    content = csv_bytes(table, Columns(vocabulary), "zh")
    assert content.startswith("\ufeff编号,".encode())
    assert content.count(b"\r\n") == 2


@pytest.mark.parametrize(
    "text", ["= boss.name", "+7d", "-1", "- x", "@x", "'=x", "''=x", "＝x", ">= 5", "x", "'x", "-5"]
)
def test_no_text_runs_as_a_formula_and_none_is_changed(text):
    assert unguarded(guarded(text)) == text
    assert not re.match(r"[=+@＝]|-(?!\d+$)", guarded(text))


# Round trips


@pytest.mark.parametrize(("suffix", "lang"), [(".xlsx", "zh"), (".csv", "zh"), (".csv", "en")])
def test_every_built_in_rule_that_can_be_a_row_comes_back_as_it_was(rulebook, read, tmp_path, suffix, lang):
    tables, left_out = all_tables(rulebook, lang)
    columns = Columns(rulebook.vocabulary)
    if suffix == ".xlsx":
        contents = {"all": workbook_bytes(tables, columns, rulebook.clusters, lang)}
    else:
        contents = {str(number): csv_bytes(table, columns, lang) for number, table in enumerate(tables)}
    back: dict[str, Rule] = {}
    for name, content in contents.items():
        path = tmp_path / f"{name}{suffix}"
        path.write_bytes(content)
        rules, findings = read(path)
        assert findings == []
        back |= {rule.id: rule for rule in rules}
    split = {rule.id for rule in rulebook.rules if any(isinstance(each, AnyOf) for each in rule.when)}
    assert set(back) == set(rulebook.rule_by_id) - split
    assert [ident for ident, rule in back.items() if unplaced(rule) != unplaced(rulebook.rule_by_id[ident])] == []
    assert sorted(finding.args["rule"] for finding in left_out) == sorted(split)
    assert {finding.code for finding in left_out} == {"T018"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_table_read_and_written_again_has_the_same_cells(rulebook, vocabulary, lang):
    for table in all_tables(rulebook, lang)[0]:
        rules = [rulebook.rule_by_id[row[Column("", "id")]] for row in table.cells]
        back = parse_rules(rules_text(rules, vocabulary), vocabulary, lambda f: pytest.fail(f.text("en")))
        assert rule_table(table.name, back, vocabulary, lang)[0] == table


def test_a_rule_file_written_from_rules_holds_the_same_rules(rulebook, vocabulary):
    text = rules_text(rulebook.rules, vocabulary)
    back = parse_rules(text, vocabulary, lambda finding: pytest.fail(finding.text("en")))
    assert [unplaced(rule) for rule in back] == [unplaced(rule) for rule in rulebook.rules]
    assert rules_text([], vocabulary) == "[]\n"


def test_a_rule_that_cells_cannot_say_is_left_out_and_named(rulebook, vocabulary):
    rules = parse_rules(
        SOE_RULE.replace("国企怕审计。", "'-'") + SOE_RULE.replace("soe-first", "soe-second"),
        vocabulary,
        lambda finding: None,
    )
    table, left_out = rule_table("a", rules, vocabulary, "zh")
    assert [row[Column("", "id")] for row in table.cells] == ["soe-second"]
    assert [(f.code, f.args["rule"], f.severity) for f in left_out] == [("T019", "soe-first", "warning")]


TRICKY = """\
- id: tricky
  title: {zh: "= 标题", en: "-title"}
  when:
    - account: {ownership: soe}
    - deal: {industry: ["'-'", '"known"', 'a, b', "not x"], name: "'unknown'", expected_decision_date: < today-30d}
    - deal: {amount_cny: 0.5..1234567.25, days_in_stage: param.stage_stall_days, stage: [lost, not known]}
    - stakeholder as boss: {sways: = account.name, influence: "not [1..3, > 8]"}
    - stakeholder: {sways: = boss.name}
    - bid: {sign_seal_status: [none, done], deadline: "not [< today, 2026-12-31]"}
  advise: {kind: avoid, priority: low, due: visit.planned_date + 2d, party: agent, do: {en: "'=x"}, why: {zh: "a\\nb"}}
- id: other-order
  title: {zh: 另一个次序}
  when:
    - bid: {deadline: known, sign_seal_status: none}
    - account: {ownership: soe}
  conclude: {deal.size_class: small_routine, account.is_key: no}
  status: draft
  owner: 王磊
  replaces: reach-top
  reason: {zh: 我司不做}
"""


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_tests_and_texts_that_look_like_something_else_survive(read, vocabulary, tmp_path, lang, suffix):
    found: list[Finding] = []
    text = re.sub(r"param\.\w+", "param.support_required_pct", TRICKY)
    rules = parse_rules(text, vocabulary, found.append)
    assert [finding.text("en") for finding in found] == []
    table, left_out = rule_table("tricky", rules, vocabulary, lang)
    assert left_out == []
    columns = Columns(vocabulary)
    content = workbook_bytes([table], columns, [], lang) if suffix == ".xlsx" else csv_bytes(table, columns, lang)
    path = tmp_path / f"tricky{suffix}"
    path.write_bytes(content)
    back, findings = read(path)
    assert findings == []
    assert [unplaced(rule) for rule in back] == [unplaced(rule) for rule in rules]


def test_every_header_is_read_back_in_both_languages(vocabulary):
    columns = Columns(vocabulary)
    asked = [
        Column("when", name, "", head, number)
        for entity in vocabulary.entities.values()
        for head in (
            [Head(entity.name, "boss"), Head(entity.name, "", "no"), Head(entity.name, "fans", "at least", "param.x_y")]
            if entity.repeats
            else [Head(entity.name), Head(entity.name, "gaps", "fewer than", "3", True)]
        )
        for name in entity.fields
        for number in (1, 2)
    ]
    for lang in ("zh", "en"):
        for column in (*asked, *columns.in_order(lang)):
            assert columns.read(columns.label(column, lang)) == column


# What Excel gets


@pytest.fixture(scope="module")
def workbook(rulebook: Rulebook, vocabulary: Vocabulary, tmp_path_factory: pytest.TempPathFactory) -> Workbook:
    joined = SOE_RULE.replace("account: {ownership: soe}", "stakeholder as host: {name: = visit.with}")
    rules = parse_rules(SOE_RULE + joined.replace("soe-first", "see-host"), vocabulary, lambda finding: None)
    table, _ = rule_table("阶段: 打法?", rules, vocabulary, "zh")
    path = tmp_path_factory.mktemp("book") / "a.xlsx"
    path.write_bytes(workbook_bytes([table, table], Columns(vocabulary), rulebook.clusters, "zh"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return load_workbook(path)


def test_each_table_is_a_sheet_and_notes_follow(workbook):
    assert workbook.sheetnames == ["阶段  打法", "阶段  打法 2", "#选项", "#填写说明"]
    assert workbook["#填写说明"]["A1"].value.startswith("一行是一条规则")


def test_the_header_stays_in_view_and_texts_are_wrapped(workbook):
    sheet = workbook.worksheets[0]
    assert sheet.freeze_panes == "C2"
    headers = {cell.value: cell for cell in sheet[1]}
    assert headers["编号"].font.bold
    do = headers["做什么（中文）"].column_letter
    texts = [cell for cell in sheet[do] if cell.value]
    assert sheet.column_dimensions[do].width > sheet.column_dimensions[headers["期限"].column_letter].width >= 10
    assert len(texts) == 3
    assert all(cell.alignment.wrap_text for cell in texts)


def test_fields_with_choices_have_a_list_of_labels_to_choose_from(workbook, vocabulary):
    sheet, lists = workbook.worksheets[0], workbook["#选项"]
    column = next(cell.column_letter for cell in sheet[1] if cell.value == "商机·当前采购阶段")
    (offered,) = [v for v in sheet.data_validations.dataValidation if f"{column}2" in v.sqref]
    sheet_name, _, cells = offered.formula1.partition("!")
    assert (offered.type, sheet_name, offered.showErrorMessage) == ("list", "'#选项'", False)
    words = [cell.value for row in lists[cells.replace("$", "")] for cell in row]
    stage = vocabulary.entities["deal"].fields["stage"]
    assert words == [*(label.zh for _, label in stage.choices), "未知"]
    assert f"{column}100" in offered.sqref
    kind = next(cell.column_letter for cell in sheet[1] if cell.value == "类别")
    assert any(f"{kind}2" in each.sqref for each in sheet.data_validations.dataValidation)


def test_what_one_may_choose_is_read_as_what_it_says(workbook, vocabulary, read, tmp_path):
    for field in (vocabulary.field("bid.sign_seal_status"), vocabulary.field("account.value_type")):
        for value, label in field.choices:
            for word in label:
                row = [*SOE[:2], "", word, *SOE[4:]]
                header = [*HEADER[:3], field.key, *HEADER[4:]]
                (rule,), findings = read(csv_file(tmp_path / "a.csv", [header, row]))
                assert findings == []
                test = rule.when[0].tests[0][1]
                assert getattr(test, "operand", "unknown") == value


def test_nothing_in_a_workbook_is_a_formula(workbook):
    cells = [cell for sheet in workbook.worksheets for row in sheet.iter_rows() for cell in row if cell.value]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [(c.value, c.quotePrefix, c.number_format) for c in cells if c.value.startswith("=")] == [
        ("= visit.with", True, "@")
    ] * 2


def test_the_same_rules_give_the_same_bytes(rulebook, vocabulary):
    table, _ = rule_table("a", [rulebook.rule_by_id["classify-before-quoting"]], vocabulary, "zh")
    first, second = (workbook_bytes([table], Columns(vocabulary), rulebook.clusters, "zh") for _ in range(2))
    assert first == second


# In a pack


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_a_table_in_a_pack_fires_like_any_rule_file(tmp_path, today, suffix):
    pack = tmp_path / "pack"
    (pack / "华东").mkdir(parents=True)
    (pack / "pack.yaml").write_text("name: 我司\n", encoding="utf-8")
    make = excel_file if suffix == ".xlsx" else csv_file
    make(pack / "华东" / f"价格{suffix}", [HEADER, SOE, PRIVATE])
    make(pack / f"~$价格{suffix}", [["锁"]])
    deal = tmp_path / "deal.yaml"
    deal.write_text(
        "deal: {name: 水厂, stage: 招标评估}\naccount: {name: 水务集团, 企业性质: 国有}\n", encoding="utf-8"
    )
    advisor = Advisor.load([pack], today)
    fired = {activation.rule for activation in advisor.evaluate(advisor.read(deal)).activations}
    assert "soe-first" in fired
    assert "private-fast" not in fired
    place = str(advisor.rulebook.rule_by_id["soe-first"].at)
    assert place.replace("\\", "/").endswith("华东/价格.xlsx!价格!A2" if suffix == ".xlsx" else "华东/价格.csv!A2")
    assert "先问清价格要过哪个会。" in run("brief", str(deal), "--rules", str(pack), "--as-of", "2026-11-21").output


def test_a_table_alone_is_a_pack_and_a_change_to_it_counts(tmp_path, today):
    path = csv_file(tmp_path / "价格.csv", [HEADER, SOE])
    assert "soe-first" in Advisor.load([path], today).rulebook.rule_by_id
    before = digest_of([path])
    csv_file(path, [HEADER, PRIVATE])
    assert digest_of([path]) != before
    assert "soe-first" not in Advisor.load([path], today).rulebook.rule_by_id


def test_a_row_may_take_the_place_of_a_built_in_rule(tmp_path, today):
    header = [*HEADER, "替换哪条规则", "替换原因"]
    path = csv_file(tmp_path / "a.csv", [header, [*SOE, "classify-before-quoting", "我司先看过会"]])
    rulebook = Advisor.load([path], today).rulebook
    assert "classify-before-quoting" not in rulebook.rule_by_id
    assert [(c.rule, c.by, c.reason.zh) for c in rulebook.changes] == [
        ("classify-before-quoting", "soe-first", "我司先看过会")
    ]


def test_a_faulty_table_in_a_pack_stops_the_briefing_with_its_cells(tmp_path):
    excel_file(tmp_path / "价格.xlsx", [HEADER, [*SOE[:2], "谈判", *SOE[3:]], SOE, SOE])
    (tmp_path / "旧表.xls").write_bytes(b"\xd0\xcf")
    result = run("brief", str(ROOT / "examples" / "inquiry-a-price.yaml"), "--rules", str(tmp_path))
    assert result.exit_code == 4
    assert [line.partition(" ")[0].rpartition("/")[2] for line in result.stderr.splitlines()] == [
        "价格.xlsx!价格!C2:",
        "价格.xlsx!价格!A4:",
        "旧表.xls:",
    ]


# Commands


def test_export_names_what_it_wrote_and_what_it_left_out(tmp_path):
    out = tmp_path / "表" / "gates.xlsx"
    result = run("rules", "table", "export", "rules/gates/gates.yaml", "classify-before-quoting", "-o", str(out))
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == str(out)
    assert "规则：1 条规则" in result.stdout
    assert load_workbook(out).sheetnames[:2] == ["gates", "规则"]
    assert "T018" in result.stderr
    assert all("any" in line for line in result.stderr.splitlines())
    assert [path.name for path in out.parent.iterdir()] == ["gates.xlsx"]


def test_export_as_csv_writes_a_file_a_table(tmp_path):
    one = run("rules", "table", "export", "classify-before-quoting", "-o", str(tmp_path / "a.csv"), "--lang", "en")
    assert (one.exit_code, one.stdout.splitlines()[1].strip()) == (0, "Rules in Rules: 1")
    places = ["rules/customer-types", "rules/bidding/strategy.yaml", "rules/competition/strategy.yaml"]
    many = run("rules", "table", "export", *places, "-o", str(tmp_path / "b.csv"))
    assert many.exit_code == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert {"a.csv", "b-classification.csv", "b-bidding-strategy.csv", "b-competition-strategy.csv"} <= names
    assert "b-strategy.csv" not in names


def test_export_of_a_file_that_is_no_part_of_the_playbook(tmp_path):
    source = tmp_path / "ours.yaml"
    source.write_text(SOE_RULE, encoding="utf-8")
    out = tmp_path / "ours.csv"
    assert run("rules", "table", "export", str(source), "-o", str(out)).exit_code == 0
    back = tmp_path / "back.yaml"
    result = run("rules", "table", "import", str(out), "-o", str(back))
    assert result.exit_code == 0
    assert "1 条规则，没有发现问题" in result.stdout
    assert run("rules", "table", "export", str(back), "-o", str(tmp_path / "again.csv")).exit_code == 0
    assert (tmp_path / "again.csv").read_bytes() == out.read_bytes()


@pytest.mark.parametrize(
    ("args", "code", "exit_code"),
    [
        (["export", "nonesuch", "-o", "a.csv"], "T020", 2),
        (["export", "classify-before-quoting", "-o", "a.txt"], "T003", 2),
        (["export", "admit-broken-promise-before-asking-back", "-o", "a.csv"], "T018", 4),
        (["import", "rules.yaml"], "T003", 4),
        (["import", "no.csv"], "Y014", 4),
    ],
)
def test_what_cannot_be_exported_or_imported(args, code, exit_code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("rules", "table", *args)
    assert result.exit_code == exit_code
    assert f": {code} " in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_import_checks_names_against_the_playbook_and_ids_within_the_table(tmp_path):
    header = [*HEADER, "同类建议", "出处"]
    rows = [[*SOE, "top-decidr", "S9-none"], [*PRIVATE, "", ""]]
    unknown = run("rules", "table", "import", str(csv_file(tmp_path / "a.csv", [header, *rows])))
    assert unknown.exit_code == 4
    assert re.findall(r"a\.csv!A2: (R\d+)", unknown.stderr) == ["R046", "R047"]
    twice = run("rules", "table", "import", str(csv_file(tmp_path / "b.csv", [HEADER, SOE, SOE])))
    assert re.findall(r"b\.csv!A3: (R\d+)", twice.stderr) == ["R043"]


def test_import_never_overwrites_unasked(tmp_path):
    table = csv_file(tmp_path / "a.csv", [HEADER, SOE])
    out = tmp_path / "a.yaml"
    out.write_text("# 手写的规则\n", encoding="utf-8")
    result = run("rules", "table", "import", str(table), "-o", str(out))
    assert (result.exit_code, "T021" in result.stderr) == (2, True)
    assert out.read_text(encoding="utf-8") == "# 手写的规则\n"
    assert run("rules", "table", "import", str(table), "-o", str(out), "--force").exit_code == 0
    assert "id: soe-first" in out.read_text(encoding="utf-8")


def test_import_says_that_ids_are_taken(tmp_path):
    out = tmp_path / "a.csv"
    run("rules", "table", "export", "classify-before-quoting", "-o", str(out))
    result = run("rules", "table", "import", str(out), "--lang", "en")
    assert result.exit_code == 0
    assert "ids that existing rules have too: 1" in result.stderr


# Whatever a file holds

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PIECES = st.sampled_from(
    [*HEADER, *SOE, "", "-", "=", "not ", "[", "p*", "（2）", "认定 x·y", "# ", "\n", "'", "1e9", "没有", "·"]
)


@quick
@given(
    rows=st.lists(
        st.lists(st.one_of(PIECES, st.tuples(PIECES, PIECES).map("".join), st.text(max_size=5)), max_size=12),
        max_size=5,
    )
)
def test_whatever_cells_hold_there_are_rules_or_findings(vocabulary, rows):
    from playbook.load.rulefile import table_rules
    from playbook.load.tables.sheets import Sheet
    from playbook.load.tables.tablefile import parse_sheets

    findings: list[Finding] = []
    sheet = Sheet("a.csv", "", tuple(tuple(row) for row in [HEADER, *rows]))
    for cells in (sheet, sheet._replace(rows=sheet.rows[1:])):
        table_rules(parse_sheets([cells], vocabulary, findings.append), vocabulary, "", findings.append)
    assert all(finding.text(lang) for finding in findings for lang in ("zh", "en"))


@quick
@given(content=st.binary(max_size=300), suffix=st.sampled_from([".csv", ".xlsx"]))
def test_whatever_bytes_a_file_holds_reading_ends_in_findings(vocabulary, tmp_path, content, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    findings: list[Finding] = []
    rules = read_rules(path, vocabulary, "", findings.append)
    assert bool(findings) != bool(rules)


# Documentation and messages


@pytest.mark.parametrize("page", ["decision-tables.md", "decision-tables.zh-CN.md"])
def test_the_tables_shown_in_the_documentation_are_right(read, tmp_path, page):
    shown = re.findall(r"```csv\n(.*?)```", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.DOTALL)
    for text in shown:
        path = tmp_path / "a.csv"
        path.write_text(text, encoding="utf-8")
        rules, findings = read(path)
        assert (bool(rules), findings) == (True, [])
    assert len(shown) == 2


def test_every_code_of_tables_has_a_case_here():
    words = (ROOT / "playbook" / "data" / "messages.yaml").read_text(encoding="utf-8")
    text = Path(__file__).read_text(encoding="utf-8")
    assert [code for code in re.findall(r"^(T\d{3}):", words, re.MULTILINE) if code not in text] == []
