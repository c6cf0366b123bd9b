"""CRM exports turned into deal files: what is read, what is left out and said, what an update keeps."""

from __future__ import annotations

import csv
import json
import re
import sys
from datetime import date, datetime
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from openpyxl import Workbook

from playbook.cli import cli
from playbook.errors import DealError
from playbook.load.crm.cells import CellError, Reading, read_amount, read_value
from playbook.load.crm.crmdata import shipped_maps
from playbook.load.crm.dates import AmbiguousDateError, order_of, read_day
from playbook.load.crm.fieldmap import Source
from playbook.load.crm.mapfile import MapError, load_map, parse_map
from playbook.load.crm.table import read_table

SAMPLES = Path(__file__).parent / "data" / "crm"
DAY = date(2026, 11, 20)
SIMPLE = """\
id: 编号
columns:
  商机: deal.name
  客户: account.name
  阶段: {field: deal.stage, values: {初访: target, 报价: evaluation}}
  金额: {field: deal.amount_cny, unit: 万元}
  签约日: deal.expected_decision_date
  赢率: deal.win_prob_rep
  备注: notes
"""
HEAD = "编号,商机,客户,阶段,金额,签约日,赢率,备注\n"


@pytest.fixture
def crm(tmp_path):
    """Runs the import: `crm(csv text or file, map text or name)`; `crm.out` is the folder of the deal files."""

    class Runner:
        out = tmp_path / "deals"

        def __call__(self, export, field_map=SIMPLE, *args, lang="zh"):
            file = export if isinstance(export, Path) else tmp_path / "opps.csv"
            if not isinstance(export, Path):
                file.write_bytes(export if isinstance(export, bytes) else export.encode())
            name = field_map
            if "\n" in field_map:
                name = str(tmp_path / "map.yaml")
                Path(name).write_text(field_map, encoding="utf-8")
            options = ["--map", name, "-o", str(self.out), "--as-of", DAY.isoformat(), "--lang", lang]
            return CliRunner().invoke(cli, ["import", str(file), *options, *args])

        def deal(self, name):
            return yaml.safe_load((self.out / f"{name}.yaml").read_text(encoding="utf-8"))

        def rejected(self):
            return list(csv.reader((self.out / "rejected.csv").read_text(encoding="utf-8-sig").splitlines()))

        def warnings(self):
            return list(csv.reader((self.out / "warnings.csv").read_text(encoding="utf-8-sig").splitlines()))[1:]

        def names(self):
            return sorted(path.stem for path in self.out.glob("*.yaml"))

    return Runner()


def codes(findings):
    return [finding.code for finding in findings]


# The ready-made maps


def test_a_salesforce_report_becomes_deal_files(crm):
    result = crm(SAMPLES / "salesforce.csv", "salesforce", "--rate", "USD=7.12", "--rate", "EUR=7.8")
    assert result.exit_code == 1  # a row was not used
    assert "\x1b" not in result.output
    assert "13 行：6 个商机，1 行并入同一商机，1 行未采用，5 行不是商机，已跳过（第 11-15 行）" in result.output
    deal = crm.deal("Dongjiang-Paper-PM2-drive-upgrade")
    source = "Salesforce 导出：salesforce.csv"
    known = {"source": source, "date": date(2026, 11, 12)}
    assert deal["deal"] == {
        "name": "Dongjiang Paper - PM2 drive upgrade",
        "stage": {"value": "evaluation", "source": source},  # a date would say since when
        "status": "open",
        "amount_cny": {"value": 8_000_000, **known},
        "initiation": "reactive",
        "expected_decision_date": {"value": date(2026, 12, 18), **known},
        "days_in_stage": date(2026, 10, 20),
        "next_step": "Submit technical answers to tender office",
        "win_prob_rep": {"value": 75, **known},
        "forecast_category": {"value": "commit", **known},
        "close_date_slips": 1,
    }
    assert deal["stakeholders"] == [
        {"name": "He Jianguo", "title": "General Manager", "buying_role": "decision_maker"},
        {"name": "Luo Ming", "title": "Head of Equipment", "buying_role": "technical"},
    ]
    assert deal["competitors"] == [{"name": "Siemens"}, {"name": "Hollysys"}]
    assert deal["team"] == {"rep": "Wang Lei"}


def test_won_and_lost_opportunities_of_salesforce(crm):
    crm(SAMPLES / "salesforce.csv", "salesforce")
    won, lost = crm.deal("Huijun-lubricants-frame-2026"), crm.deal("Linjin-Metro-depot-lighting")
    assert won["deal"]["stage"]["value"] == "implementation"
    assert won["deal"]["status"] == "won"
    assert "win_prob_rep" not in won["deal"]
    assert lost["deal"]["stage"]["value"] == lost["deal"]["status"] == "lost"
    assert lost["loss"] == {"days_since": date(2026, 11, 3)}
    assert "expected_decision_date" not in lost["deal"]
    assert lost["notes"] == "Lead Source：Trade Show"


def test_a_hubspot_export(crm):
    result = crm(SAMPLES / "hubspot.csv", "HubSpot", "--rate", "USD=7.12", lang="en")
    assert result.exit_code == 0, result.output
    deal = crm.deal("清源水务三厂自控系统")
    assert deal["deal"]["stage"]["value"] == "commitment"  # Contract Sent (Sales Pipeline)
    assert deal["deal"]["win_prob_rep"]["value"] == 90  # 0.9
    assert deal["account"]["name"] == "云江市清源水务投资集团"
    assert [person["name"] for person in deal["stakeholders"]] == ["周立群", "刘慧敏"]  # without their addresses
    assert deal["team"]["rep"] == "陈志"
    crane = crm.deal("Westport-terminal-cranes")["deal"]["amount_cny"]
    assert crane == {"value": 8_900_000, "source": "HubSpot export hubspot.csv - USD 1250000 × 7.12"}


def test_a_chinese_export_in_its_own_encoding_and_unit(crm):
    result = crm(SAMPLES / "商机导出.csv", "chinese")
    assert "9 行：6 个商机，2 行未采用，1 行不是商机" in result.output
    deal = crm.deal("东江纸业二期扩产传动系统")
    assert deal["deal"]["amount_cny"]["value"] == 8_000_000  # 预计金额（万元）: 800
    assert deal["deal"]["reactive_mode"] == "tender"
    assert deal["stakeholders"] == [
        {"name": "何建国", "buying_role": "decision_maker"},
        {"name": "罗明", "title": "设备科长"},
        {"name": "周敏", "title": "采购主管"},
    ]
    lost = crm.deal("临津轨道车辆段照明")  # still at 投标 in the CRM, but its state is 输单
    assert (lost["deal"]["stage"]["value"], lost["deal"]["status"]) == ("lost", "lost")
    assert lost["loss"]["reason"]["value"] == "price"


@pytest.mark.parametrize("sample", ["salesforce", "hubspot", "商机导出"])
@pytest.mark.parametrize("labels", [(), ("--labels",)])
def test_imported_deals_can_be_briefed(crm, advisor, sample, labels):
    crm(SAMPLES / f"{sample}.csv", sample if sample != "商机导出" else "chinese", *labels)
    for path in crm.out.glob("*.yaml"):
        briefing = advisor.brief(advisor.read(path))
        assert briefing.activations


def test_labels_are_the_same_deal_in_the_words_of_the_language(crm, advisor):
    crm(SAMPLES / "商机导出.csv", "chinese", "--labels")
    path = crm.out / "北峦重工空压站更新.yaml"
    assert "  当前采购阶段: {value: 发现需求," in path.read_text(encoding="utf-8")
    deal = advisor.read(path)
    assert {fact.field: fact.content for fact in deal.facts}["stage"] == "need"


@pytest.mark.parametrize("name", sorted(shipped_maps()))
def test_the_stages_of_a_ready_made_map_follow_the_sale(name, vocabulary):
    """No CRM stage stands before an earlier one, and every one has a place."""
    field_map = load_map(name, vocabulary)
    stages = next(s for s in field_map.sources if s.field and s.field.key == "deal.stage")
    order = [*vocabulary.field("deal.stage").order, "lost"]
    places = [order.index(dict(settings)["deal.stage"]) for settings in stages.values.values()]
    assert places == sorted(places)
    assert {"deal.name", "deal.stage", "account.name"} <= {s.field.key for s in field_map.sources if s.field}


# What rows and cells say


def test_no_row_is_lost(crm):
    export = (
        HEAD
        + "1,扩产,东江,报价,800,2026-12-18,75,\n2,,东江,报价,,,,\n3,备件,东江,,,,,\n"
        + "4,技改,东江,评审,,,,\n5,水泵,东江,报价,1,2,3,4,错位\n"
    )
    result = crm(export)
    assert result.exit_code == 1
    rows = crm.rejected()
    assert rows[0][:4] == ["行号", "原因", "编号", "商机"]
    assert [(row[0], row[2], row[3]) for row in rows[1:]] == [
        ("3", "2", ""),
        ("4", "3", "备件"),
        ("5", "4", "技改"),
        ("6", "5", "水泵"),
    ]
    assert "没有商机名称" in rows[1][1]
    assert "没有阶段" in rows[2][1]
    assert "“评审”不在对照表里" in rows[3][1]
    assert rows[4][-1] == "错位"
    assert "多出“错位”" in rows[4][1]
    for code in ("I030", "I031", "I032", "I033"):
        assert code in result.output
    assert "5 行：1 个商机，4 行未采用" in result.output


def test_mended_rows_are_imported_from_the_list_of_rejected_ones(crm):
    crm(HEAD + "1,扩产,东江,报价,,,,\n2,技改,东江,评审,800,,,\n")
    path = crm.out / "rejected.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("评审,800", "报价,800"), encoding="utf-8")
    result = crm(path)
    assert result.exit_code == 0, result.output
    assert crm.deal("技改")["deal"]["amount_cny"]["value"] == 8_000_000
    assert len(crm.rejected()) == 1  # nothing is left


def test_formulas_in_the_lists_do_not_run(crm):
    crm(HEAD + '1,"=HYPERLINK(""http://x"")",东江,评审,,,,\n2,-5,东江,评审,,,,\n')
    assert [row[3] for row in crm.rejected()[1:]] == ['\'=HYPERLINK("http://x")', "-5"]
    crm(crm.out / "rejected.csv", SIMPLE.replace("初访:", "评审: need, 初访:"), lang="en")
    assert crm.deal("HYPERLINK(-http-x-)")["deal"]["name"] == '=HYPERLINK("http://x")'


def test_a_cell_that_cannot_be_read_does_not_cost_the_row(crm):
    result = crm(HEAD + "1,扩产,东江,报价,看情况,尽快,很高,\n2,技改,东江,报价,0,2026-13-01,175%,\n")
    assert result.exit_code == 0
    assert crm.deal("扩产")["deal"] == {
        "name": "扩产",
        "stage": {"value": "evaluation", "source": "CRM 导出：opps.csv"},
    }
    assert [(row, column, cell) for row, column, cell, _ in crm.warnings()] == [
        ("2", "金额", "看情况"), ("2", "签约日", "尽快"), ("2", "赢率", "很高"),
        ("3", "金额", "0"), ("3", "签约日", "2026-13-01"), ("3", "赢率", "175%"),
    ]  # fmt: skip
    for code in ("I049", "I040", "I045", "I048"):
        assert code in result.output


def test_rows_of_one_opportunity_are_one_deal(crm):
    field_map = SIMPLE + "stakeholders:\n  - {name: 联系人, title: 职务}\n"
    head = HEAD.strip() + ",联系人,职务\n"
    result = crm(
        head
        + "1,扩产,东江,报价,800,,,,何总,总经理\n2,技改,东江,初访,,,,,,\n1,扩产,东江,报价,900,2026-12-18,,,罗工,主管\n"
        + "1,,东江,报价,,,,,无名,\n1,扩产,东江,报价,,,,,何总,董事长\n1,扩产,东江,报价,,,,,,采购员\n",
        field_map,
    )
    deal = crm.deal("扩产")
    assert [(p["name"], p["title"]) for p in deal["stakeholders"]] == [("何总", "总经理"), ("罗工", "主管")]
    assert deal["deal"]["amount_cny"]["value"] == 8_000_000
    assert deal["deal"]["expected_decision_date"]["value"] == date(2026, 12, 18)
    assert "I047" in result.output  # 900 differs
    assert "I054" in result.output  # 董事长 differs
    assert "I051" in result.output  # 采购员 belongs to nobody
    assert "6 行：2 个商机，3 行并入同一商机，1 行未采用" in result.output


def test_without_an_id_unlike_rows_of_one_name_are_two_deals(crm):
    field_map = SIMPLE.replace("id: 编号\n", "")
    result = crm(
        HEAD + "1,年度框架,东江,报价,800,,,\n2,年度框架,东江,报价,800,,,\n3,年度框架,东江,初访,300,,,\n", field_map
    )
    assert crm.names() == ["年度框架-东江", "年度框架-东江-2"]
    assert "I053" in result.output
    assert "1 行并入同一商机" in result.output


def test_several_people_in_one_cell(crm):
    people = """\
stakeholders:
  - name: {column: 联系人, split: ;}
    title: {column: 职务, split: ;}
    public_official: 公职
    constants: {contact_status: met}
"""
    head = HEAD.strip() + ",联系人,职务,公职\n"
    result = crm(
        head + "1,扩产,东江,报价,,,,,何总; 罗工,总经理;主管,\n2,技改,东江,报价,,,,,周敏;丁一,采购员,1\n",
        SIMPLE + people,
    )
    assert crm.deal("扩产")["stakeholders"] == [
        {"name": "何总", "title": "总经理", "contact_status": "met"},
        {"name": "罗工", "title": "主管", "contact_status": "met"},
    ]
    assert [p["name"] for p in crm.deal("技改")["stakeholders"]] == ["周敏", "丁一"]
    assert result.output.count("I052") == 2  # one title and one mark for two people


def test_first_and_last_name_are_joined(crm):
    people = "stakeholders:\n  - name: {column: 姓, join: [名]}\n"
    crm(HEAD.strip() + ",姓,名\n1,扩产,东江,报价,,,,,何,建国\n2,Westport,东江,报价,,,,,Anna,Li\n", SIMPLE + people)
    assert crm.deal("扩产")["stakeholders"] == [{"name": "何建国"}]
    assert crm.deal("Westport")["stakeholders"] == [{"name": "Anna Li"}]


def test_columns_and_words_that_the_map_does_not_know_are_told(crm):
    field_map = SIMPLE + "ignore: [序号]\n" + "competitors:\n  - {name: 对手, position: 地位}\n"
    export = (
        HEAD.strip()
        + ",序号,客户级别,空列,对手,地位\n"
        + "1,扩产,东江,报价,,,,,1,A级,,西门子,领先\n2,技改,东江,报价,,,,,2,B级,,ABB,第二\n"
    )
    result = crm(export, field_map)
    assert "映射里没有：客户级别（如“A级”）\n" in result.output
    assert "不需要：序号" in result.output
    assert crm.deal("扩产")["competitors"] == [{"name": "西门子", "position": "front"}]
    assert "第 3 行（地位）：I044" in result.output


def test_totals_and_unwanted_rows_are_skipped_and_counted(crm):
    field_map = SIMPLE + "skip:\n  lines: [合计, 小计*]\n  where: {备注: [续费]}\n"
    result = crm(
        HEAD + "1,扩产,合计,报价,,,,\n小计（1）,,,,800,,,\n2,维保,东江,报价,,,,续费\n合计,,,,,,,\n\n导出人：王蕾\n",
        field_map,
    )
    assert crm.names() == ["扩产"]  # a customer may be called 合计
    assert "4 行不是商机，已跳过（第 3-5, 7 行）" in result.output


def test_a_deal_after_a_blank_row_is_still_a_deal(crm):
    crm(HEAD + "1,扩产,东江,报价,,,,\n\n2,技改,东江,报价,,,,\n\n仅有名称,,,,,,,\n")
    assert crm.names() == ["扩产", "技改"]


def test_a_report_with_titles_and_groups(crm, tmp_path):
    """A formatted report: titles above, the stage only on the first row of its group, subtotals, page end."""
    book = Workbook()
    sheet = book.active
    for row in (
        ["大客户商机"], ["截至 2026-11-20"], [], ["阶段", "商机", "客户", "金额"],
        ["初访", "扩产", "东江", 800], [None, "技改", "东江", 120], ["小计", None, None, 920],
        ["报价", "空压站", "北峦", "=400+20"], ["合计", None, None, 1340], [], ["机密信息，请勿外传"],
    ):  # fmt: skip
        sheet.append(row)
    book.save(tmp_path / "report.xlsx")
    field_map = SIMPLE.replace("id: 编号\n", "").replace("values:", "fill_down: yes, values:")
    result = crm(tmp_path / "report.xlsx", field_map + "skip: {lines: [小计, 合计]}\n")
    assert {name: crm.deal(name)["deal"]["stage"]["value"] for name in crm.names()} == {
        "扩产": "target", "技改": "target", "空压站": "evaluation",
    }  # fmt: skip
    assert "6 行：3 个商机，0 行未采用，3 行不是商机，已跳过（第 7, 9, 11 行）" in result.output
    assert "第 8 行（金额）：I050" in result.output  # openpyxl saves no results of formulas


def test_defaults_and_constants(crm):
    crm(
        HEAD + "1,扩产,东江,,,,,\n",
        SIMPLE + "defaults: {deal.stage: need, deal.status: 进行中}\nconstants: {deal.sale_form: project}\n",
    )
    assert crm.deal("扩产")["deal"] == {"name": "扩产", "stage": "need", "status": "open", "sale_form": "project"}


def test_several_notes_name_their_columns(crm):
    field_map = SIMPLE + "  跟进: notes\n"
    crm(HEAD.strip() + ",跟进\n1,扩产,东江,报价,,,,二期,已报价\n2,技改,东江,报价,,,,,待定\n", field_map)
    assert crm.deal("扩产")["notes"] == "备注：二期\n跟进：已报价\n"
    assert "notes" not in crm.deal("技改")


# Evidence and its age


def test_evidence_carries_the_last_activity_and_never_a_day_to_come(crm):
    field_map = SIMPLE + "evidence: {source: 公司 CRM, date: [跟进, 修改]}\n"
    head = HEAD.strip() + ",跟进,修改\n"
    crm(
        head
        + "1,扩产,东江,报价,8,,,,2026-11-02,2026-11-19\n2,技改,东江,报价,8,,,,2026-12-02,2026-11-19\n"
        + "3,备件,东江,报价,8,,,,,\n",
        field_map,
    )
    days = {name: crm.deal(name)["deal"]["amount_cny"].get("date") for name in crm.names()}
    assert days == {"扩产": date(2026, 11, 2), "技改": date(2026, 11, 19), "备件": None}
    assert crm.deal("扩产")["deal"]["amount_cny"]["source"] == "公司 CRM"


def test_without_a_column_for_it_evidence_is_as_old_as_the_export(crm):
    crm(HEAD + "1,扩产,东江,报价,8,,,\n")
    assert crm.deal("扩产")["deal"]["amount_cny"]["date"] == DAY


def test_evidence_may_be_limited_or_left_out(crm):
    crm(HEAD + "1,扩产,东江,报价,8,,60,\n", SIMPLE + "evidence: {fields: [deal.amount_cny]}\n")
    assert crm.deal("扩产")["deal"]["win_prob_rep"] == 60
    assert crm.deal("扩产")["deal"]["amount_cny"]["value"] == 80_000
    crm.out = crm.out.parent / "plain"
    crm(HEAD + "1,扩产,东江,报价,8,,60,\n", SIMPLE + "evidence: no\n")
    assert crm.deal("扩产")["deal"]["amount_cny"] == 80_000


def test_days_in_stage_become_the_date_since_when(crm):
    """A number of days would stand still in the file; and the date of the evidence is not that of the stage."""
    result = crm(
        HEAD.strip() + ",停留\n1,扩产,东江,报价,,,,,12\n2,技改,东江,报价,,,,,2026-12-24\n3,水泵,东江,报价,,,,,很久\n",
        SIMPLE + "  停留: deal.days_in_stage\n",
    )
    assert crm.deal("扩产")["deal"]["days_in_stage"] == date(2026, 11, 8)
    assert "第 3 行（停留）：I046" in result.output
    assert "第 4 行（停留）：I042" in result.output


# Dates, money, percentages


@pytest.mark.parametrize(
    ("text", "order"),
    [("2026-12-31", ""), ("2026/12/31 15:02", ""), ("2026年12月31日", ""), ("2026年12月31日 (周四)", ""),
     ("20261231", ""), ("2026-12-31T15:02:00.000Z", ""), ("31/12/2026", ""), ("12/31/2026", ""), ("46387", ""),
     ("12/31/2026 3:02 PM", "mdy"), ("31.12.26", "dmy"), ("31-Dec-2026", ""), ("December 31, 2026", ""),
     ("31 December 2026", ""), ("46387.625", ""), ("２０２６－１２－３１", ""), ("2026-12-31 上午 10:30", ""),
     ("Thursday, 31 Dec 2026", "")],
)  # fmt: skip
def test_dates_as_exports_write_them(text, order):
    assert read_day(text, order) == date(2026, 12, 31)


@pytest.mark.parametrize("text", ["尽快", "2026-13-01", "31/31/2026", "31/02/2026", "12", "2026", "1e9", "13/1/2026"])
def test_what_is_no_date(text):
    assert read_day(text, "mdy") is None


def test_the_order_of_day_and_month_is_told_by_the_other_dates(crm):
    assert order_of(["3/4/2026", "12/31/2026"]) == "mdy"
    assert order_of(["3/4/2026", "31/12/2026"]) == "dmy"
    assert order_of(["31/12/2026", "12/31/2026"]) == ""
    with pytest.raises(AmbiguousDateError):
        read_day("3/4/2026", "")
    result = crm(HEAD + "1,扩产,东江,报价,,3/4/2026,,\n2,技改,东江,报价,,31/12/2026,,\n")
    assert crm.deal("扩产")["deal"]["expected_decision_date"]["value"] == date(2026, 4, 3)
    assert "按日/月/年读取" in result.output


def test_a_date_that_may_be_read_both_ways_is_left_out_until_somebody_says(crm):
    export = HEAD + "1,扩产,东江,报价,,3/4/2026,,\n"
    assert "I041" in crm(export).output
    assert "expected_decision_date" not in crm.deal("扩产")["deal"]
    crm(export, SIMPLE, "--dates", "mdy", "--update")
    assert crm.deal("扩产")["deal"]["expected_decision_date"]["value"] == date(2026, 3, 4)


@pytest.mark.parametrize(
    ("text", "currency", "expected"),
    [("8,000,000.00", "", 8_000_000), ("800万", "", 8_000_000), ("1.2亿元", "", 120_000_000), ("¥ 5 000", "", 5000),
     ("CNY 8,000", "", 8000), ("8000 RMB", "", 8000), ("人民币8000元", "", 8000), ("$1,000", "", 7120),
     ("USD 1,000.50", "", 7123.56), ("1000美元", "", 7120), ("10万美元", "", 712_000), ("1,000", "USD", 7120),
     ("350k", "", 350_000), ("1.5M", "", 1_500_000), ("(1,200)", "", -1200),
     ("USD 1,000 (CNY 7,000)", "", 7000), ("EUR 10 (USD 11)", "", 78.32), ("HK$ 100", "", None), ("一百万", "", None),
     ("0.00", "", None), ("12 chf", "", None)],
)  # fmt: skip
def test_money_as_exports_write_it(vocabulary, text, currency, expected):
    field = vocabulary.field("deal.amount_cny")
    source = Source((), field, read_table(SAMPLES / "hubspot.csv").place(1))
    reading = Reading(DAY, rates={"USD": 7.12})
    if expected is None:
        with pytest.raises(CellError):
            read_amount(text, field, source, reading, currency)
    else:
        assert read_amount(text, field, source, reading, currency).value == expected


def test_foreign_amounts_want_a_rate(crm):
    field_map = SIMPLE.replace("unit: 万元", "currency_column: 币种") + "amounts: {rates: {EUR: 7.8}}\n"
    export = HEAD.strip() + ",币种\n1,扩产,东江,报价,1000,,,,EUR\n2,技改,东江,报价,1000,,,,港币\n"
    result = crm(export, field_map)
    assert crm.deal("扩产")["deal"]["amount_cny"]["value"] == 7800
    assert "I043" in result.output
    assert "--rate HKD=" in result.output
    result = crm(export, field_map, "--rate", "港币=0.91", "--rate", "EUR=8", "--update")
    assert crm.deal("技改")["deal"]["amount_cny"]["value"] == 910
    assert crm.deal("扩产")["deal"]["amount_cny"]["value"] == 8000
    result = crm(export, field_map, "--rate", "USD")
    assert result.exit_code == 2
    assert "I063" in result.output


def test_an_unnamed_currency_is_an_assumption_that_is_told(crm):
    export = HEAD + "1,扩产,东江,报价,8,,,\n"
    assert "按人民币元读取" in crm(export).output
    result = crm(export, SIMPLE, "--currency", "usd", "--rate", "USD=7", "--update")
    assert "按人民币元读取" not in result.output
    assert crm.deal("扩产")["deal"]["amount_cny"]["value"] == 560_000


def test_continental_numbers(crm):
    crm(
        "编号;商机;客户;阶段;金额\n1;Hafenkran;东江;报价;1.234.567,89\n",
        SIMPLE.replace("unit: 万元", "currency: CNY") + "amounts: {decimal: comma}\n",
    )
    assert crm.deal("Hafenkran")["deal"]["amount_cny"]["value"] == 1_234_567.89


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [("deal.obstacles", "图纸没定；院长没见过", ["图纸没定", "院长没见过"]), ("account.is_key", "1", True),
     ("account.dedicated_owner", "否", False), ("deal.quotes_in_hand", "3家", 3), ("deal.cycle_months", "6个月", 6),
     ("deal.inquiry_signals", "只问最低价;long_cycle", ["price_only", "long_cycle"]),
     ("deal.next_step", "先见\n何总", "先见 何总")],
)  # fmt: skip
def test_other_sorts_of_values(vocabulary, key, text, expected):
    field = vocabulary.field(key)
    assert (
        read_value(text, field, Source((), field, read_table(SAMPLES / "hubspot.csv").place(1)), Reading(DAY))
        == expected
    )


@pytest.mark.parametrize(
    ("key", "text"), [("account.is_key", "也许"), ("deal.quotes_in_hand", "2.5"), ("deal.inquiry_signals", "急")]
)
def test_other_sorts_that_do_not_fit(vocabulary, key, text):
    field = vocabulary.field(key)
    with pytest.raises(CellError):
        read_value(text, field, Source((), field, read_table(SAMPLES / "hubspot.csv").place(1)), Reading(DAY))


# Tables


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators(crm, encoding, separator):
    export = (HEAD + "1,扩产,东江纸业有限公司,报价,800,,,两台\n").replace(",", separator)
    assert crm(export.encode(encoding)).exit_code == 0
    assert crm.deal("扩产")["account"]["name"] == "东江纸业有限公司"


def test_the_separator_that_excel_names(crm):
    crm("sep=;\n编号;商机;阶段;备注\n1;扩产;报价;二期，先做传动，再做电气\n9;;报价;\n")
    assert crm.names() == ["扩产"]
    assert crm.rejected()[1][0] == "4"  # as a spreadsheet counts


def test_line_breaks_and_quotes_in_cells(crm):
    crm(HEAD + '1,扩产,东江,报价,,,,"第一行\n第二行，""二期"""\n2,技改,东江,评审,,,,\n')
    assert crm.deal("扩产")["notes"] == '第一行\n第二行，"二期"\n'
    assert crm.rejected()[1][0] == "3"


def test_doubled_and_empty_headings(crm):
    result = crm(HEAD.strip() + ",金额,\n1,扩产,东江,报价,8,,,,900,x\n", SIMPLE + "  金额 (2): deal.budget_cny\n")
    assert "I025" in result.output
    assert crm.deal("扩产")["deal"]["budget_cny"]["value"] == 900
    assert "映射里没有：#10（如“x”）" in result.output


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "I024"), (b"\n\n", "I024"), (b"\xd0\xcf\x11\xe0old", "I021"), (b"<html><table></table>", "I021"),
     (b"PK\x03\x04rubbish", "I021"),
     (b"\xff\xfea", "I022"), (HEAD.encode() + b'1,"a,b,c\n2,d,e,f\n', "I023"), (b"a,b\n1,2\n", "I027")],
)  # fmt: skip
def test_tables_that_cannot_be_read(crm, content, code):
    result = crm(content)
    assert result.exit_code == 3
    assert code in result.output
    assert not crm.out.exists()


def test_a_quote_never_closed_is_told_where_it_opens(crm):
    result = crm(HEAD + '1,扩产,东江,报价,,,,\n2,"技改,东江,报价,,,,\n3,水泵,东江,报价,,,,\n')
    assert "opps.csv:3:1: I023" in result.output


def test_a_missing_column_is_told_with_what_is_there(crm):
    result = crm("编号,商机名,阶段\n1,扩产,报价\n", lang="en")
    assert "I027 no column holds Deal name (is it '商机名'?): the map names 商机" in result.output
    assert "the file has 编号, 商机名, 阶段" in result.output


def test_a_missing_file_and_a_wrong_encoding(crm, tmp_path):
    assert "Y014" in crm(tmp_path / "none.csv").output
    assert "I022" in crm(HEAD.encode("gb18030"), SIMPLE, "--encoding", "ascii").output
    assert "Y001" in crm(tmp_path).output


def test_sheets_of_a_workbook(crm, tmp_path):
    book = Workbook()
    book.active.title = "封面"
    sheet = book.create_sheet("商机")
    sheet.append(HEAD.strip().split(","))
    sheet.append([1, "扩产", "东江", "报价", 800, datetime(2026, 12, 18), 0.75, None])
    sheet["G2"].number_format = "0%"
    sheet.append([2, "技改", "东江", "报价", 120.5, 46387, "60%", True])
    sheet["E3"].number_format = "[$$-409]#,##0.00"
    book.save(tmp_path / "opps.xlsx")
    crm(tmp_path / "opps.xlsx", SIMPLE, "--rate", "USD=7")
    first, second = crm.deal("扩产")["deal"], crm.deal("技改")["deal"]
    assert first["expected_decision_date"]["value"] == date(2026, 12, 18)
    assert first["win_prob_rep"]["value"] == 75
    assert first["amount_cny"]["value"] == 8_000_000
    assert second["amount_cny"]["value"] == 8_435_000
    assert second["expected_decision_date"]["value"] == date(2026, 12, 31)
    result = crm(tmp_path / "opps.xlsx", SIMPLE, "--sheet", "台账")
    assert "I026 没有工作表“台账”（有：封面, 商机）" in result.output
    assert "I060" in crm(tmp_path / "opps.xlsx", SIMPLE, "--sheet", "商机").output


def test_without_openpyxl_the_message_says_what_to_install(crm, tmp_path, monkeypatch):
    Workbook().save(tmp_path / "opps.xlsx")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    result = crm(tmp_path / "opps.xlsx")
    assert result.exit_code == 3
    assert "I020" in result.output
    assert "playbook-advisor[excel]" in result.output


# Files


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("二期/扩产: A|B?", "二期-扩产-A-B"),
        ("  ..隐藏 ", "隐藏"),
        ("con", "con-deal"),
        ("???", "7"),
        ("长" * 200, "长" * 50),
    ],
)
def test_file_names_suit_every_system(crm, name, file):
    crm(HEAD + f"7,{name},东江,报价,,,,\n")
    assert crm.names() == [file]
    assert crm.deal(file)["deal"]["name"] == name.strip()


def test_deals_of_one_name_are_told_apart_by_customer(crm):
    crm(
        HEAD
        + "1,年度框架,东江,报价,,,,\n2,年度框架,北峦,报价,,,,\n3,年度框架,北峦,报价,,,,\n"
        + "4,Crane,A,报价,,,,\n5,CRANE,B,报价,,,,\n"
    )
    assert crm.names() == ["CRANE-B", "Crane-A", "年度框架-东江", "年度框架-北峦", "年度框架-北峦-2"]


def test_files_that_are_there_are_never_overwritten(crm):
    crm(HEAD + "1,扩产,东江,报价,,,,\n")
    before = (crm.out / "扩产.yaml").read_bytes()
    result = crm(HEAD + "1,扩产,东江,初访,,,,\n2,技改,东江,报价,,,,\n")
    assert result.exit_code == 2
    assert "I060" in result.output
    assert "扩产.yaml" in result.output
    assert (crm.out / "扩产.yaml").read_bytes() == before
    assert crm.names() == ["扩产"]


def test_the_same_export_gives_the_same_bytes(crm):
    crm(SAMPLES / "商机导出.csv", "chinese")
    first = {path.name: path.read_bytes() for path in crm.out.iterdir()}
    crm.out = crm.out.parent / "again"
    crm(SAMPLES / "商机导出.csv", "chinese")
    assert {path.name: path.read_bytes() for path in crm.out.iterdir()} == first


# Updates

BEFORE = HEAD + "1,扩产,东江,初访,800,2026-12-18,60,\n2,技改,东江,报价,120,,,\n"
AFTER = HEAD + "1,扩产,东江,报价,760,2026-12-18,60,已开标\n2,技改,东江,报价,120,,,\n3,水泵,北峦,初访,,,,\n"


def test_an_update_changes_only_what_the_crm_says_anew(crm):
    crm(BEFORE)
    path = crm.out / "扩产.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace(
        "win_prob_rep: {value: 60, source: CRM 导出：opps.csv, date: 2026-11-20}", "win_prob_rep: 40  # 我看没那么高"
    )
    path.write_text("# 王蕾\n" + text + "stakeholders:\n  - name: 何总   # 拍板的\n", encoding="utf-8")
    result = crm(AFTER, SIMPLE, "--update")
    assert result.exit_code == 0, result.output
    assert path.read_text(encoding="utf-8") == (
        "# 王蕾\n"
        "deal:\n"
        "  name: 扩产\n"
        "  stage: {value: evaluation, source: CRM 导出：opps.csv}\n"
        "  amount_cny: {value: 7600000, source: CRM 导出：opps.csv, date: 2026-11-20}\n"
        "  expected_decision_date: {value: 2026-12-18, source: CRM 导出：opps.csv, date: 2026-11-20}\n"
        "  win_prob_rep: 40  # 我看没那么高\n"
        "account:\n"
        "  name: 东江\n"
        "stakeholders:\n"
        "  - name: 何总   # 拍板的\n"
        "notes: 已开标\n"
    )
    assert "新建 1 个商机文件，更新 1 个，1 个没有变化，文件里改过、CRM 没有变的 1 处不动" in result.output
    assert "  当前采购阶段：目标锁定 → 招标评估\n  预计金额：800万元 → 760万元\n  新增 备注：已开标" in result.output


def test_a_later_word_of_a_person_stands_until_the_crm_knows_better(crm):
    field_map = SIMPLE + "evidence: {source: CRM, date: [跟进]}\n"
    head = HEAD.strip() + ",跟进\n"
    crm(head + "1,扩产,东江,初访,800,,,,2026-11-02\n", field_map)
    path = crm.out / "扩产.yaml"
    own = "{value: 6500000, source: 财务科长, date: 2026-11-12}"
    path.write_text(
        path.read_text(encoding="utf-8").replace("{value: 8000000, source: CRM, date: 2026-11-02}", own),
        encoding="utf-8",
    )
    result = crm(head + "1,扩产,东江,初访,760,,,,2026-11-05\n", field_map, "--update", lang="en")
    assert "Estimated amount: kept 'CNY 6.5 million' of the file (the CRM says 'CNY 7.6 million')" in result.output
    assert own in path.read_text(encoding="utf-8")
    result = crm(head + "1,扩产,东江,初访,760,,,,2026-11-18\n", field_map, "--update")
    assert "预计金额：650万元 → 760万元" in result.output


def test_evidence_that_an_import_wrote_gets_the_later_date(crm):
    field_map = SIMPLE + "evidence: {source: CRM, date: [跟进]}\n"
    head = HEAD.strip() + ",跟进\n"
    crm(head + "1,扩产,东江,初访,800,,,,2026-11-02\n", field_map)
    result = crm(head + "1,扩产,东江,初访,800,,,,2026-11-18\n", field_map, "--update")
    assert crm.deal("扩产")["deal"]["amount_cny"] == {"value": 8_000_000, "source": "CRM", "date": date(2026, 11, 18)}
    assert "更新 1 个" in result.output


def test_people_are_added_completed_and_not_brought_back(crm):
    field_map = SIMPLE + "stakeholders:\n  - {name: 联系人, title: 职务}\n"
    head = HEAD.strip() + ",联系人,职务\n"
    crm(head + "1,扩产,东江,报价,,,,,何总,\n1,扩产,东江,报价,,,,,罗工,主管\n", field_map)
    path = crm.out / "扩产.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("  - name: 罗工\n    title: 主管\n", ""), encoding="utf-8")
    rows = "1,扩产,东江,报价,,,,,何总,总经理\n1,扩产,东江,报价,,,,,罗工,主管\n1,扩产,东江,报价,,,,,周敏,采购\n"
    result = crm(head + rows, field_map, "--update")
    assert crm.deal("扩产")["stakeholders"] == [{"name": "何总", "title": "总经理"}, {"name": "周敏", "title": "采购"}]
    assert "新增 关键人：周敏" in result.output
    assert "新增 何总的职务部门：总经理" in result.output


def test_a_deal_is_known_by_its_id_after_it_was_renamed(crm):
    crm(BEFORE)
    result = crm(HEAD + "1,二期扩产传动,东江,初访,800,,,\n", SIMPLE, "--update")
    assert crm.names() == ["扩产", "技改"]
    assert crm.deal("扩产")["deal"]["name"] == "二期扩产传动"
    assert "这次导出里没有、文件仍保留的商机：技改.yaml" in result.output


@pytest.mark.parametrize("memory", [None, "rubbish", '{"version": 9, "deals": {}}', "[]"])
def test_without_its_memory_an_update_goes_by_name_and_customer(crm, memory):
    crm(BEFORE)
    (crm.out / "扩产.yaml").rename(crm.out / "东江-大单.yaml")
    state = crm.out / ".crm-import.json"
    state.unlink() if memory is None else state.write_text(memory, encoding="utf-8")
    (crm.out / "坏文件.yaml").write_text("deal: [", encoding="utf-8")
    crm(AFTER, SIMPLE, "--update")
    assert crm.names() == ["东江-大单", "坏文件", "技改", "水泵"]
    assert crm.deal("东江-大单")["deal"]["stage"]["value"] == "evaluation"
    assert set(json.loads(state.read_text(encoding="utf-8"))["deals"]) == {"1", "2", "3"}


@pytest.mark.parametrize(
    "content", ["deal: {name: 扩产, stage: 没有的阶段}\n", "deal: {name: &n 扩产, stage: need}\naccount: {name: *n}\n"]
)
def test_a_file_that_cannot_be_changed_costs_only_its_own_deal(crm, content):
    crm(BEFORE)
    (crm.out / "扩产.yaml").write_text(content, encoding="utf-8")
    result = crm(AFTER.replace("扩产,东江", "扩产,北峦"), SIMPLE, "--update")
    assert result.exit_code == 1
    assert "I035" in result.output
    assert (crm.out / "扩产.yaml").read_text(encoding="utf-8") == content
    assert "水泵" in crm.names()
    assert crm.rejected()[1][3] == "扩产"


def test_a_deal_that_the_reader_refuses_is_rejected_with_its_reason(crm):
    field_map = SIMPLE + "  保证金: bid.bond_rate_pct\nconstants: {deal.last_progress_days: '-5'}\n"
    result = crm(HEAD.strip() + ",保证金\n1,扩产,东江,报价,,,,,2\n", field_map)
    assert result.exit_code == 1
    assert "D019" in result.output
    assert crm.names() == []
    assert "没有写入商机文件" in result.output


def test_many_reasons_are_summed_up_and_listed_in_full(crm):
    rows = "".join(f"{n},商机{n},东江,怪阶段{n % 15},,尽快,,\n" for n in range(30)) + "".join(
        f"{n},商机{n},东江,报价,,尽快,,\n" for n in range(30, 60)
    )
    result = crm(HEAD + rows)
    assert "还有 3 种" in result.output
    assert "第 32-39 等 30 行（签约日）：I040" in result.output
    assert len(crm.rejected()) == 31
    assert len(crm.warnings()) == 30


# Proposed maps


def propose(file, *args):
    return CliRunner().invoke(cli, ["import", str(file), "--as-of", DAY.isoformat(), *args])


@pytest.mark.parametrize(
    ("sample", "name"), [("salesforce", "salesforce"), ("hubspot", "hubspot"), ("商机导出", "chinese")]
)
def test_a_proposed_map_imports_what_the_ready_made_one_does(crm, tmp_path, sample, name):
    saved = tmp_path / "proposed.yaml"
    result = propose(SAMPLES / f"{sample}.csv", "--save-map", str(saved))
    assert result.exit_code == 0, result.output
    assert list(tmp_path.iterdir()) == [saved]  # nothing was imported

    def key_facts():
        crm(
            SAMPLES / f"{sample}.csv",
            str(saved) if crm.out.name == "proposed" else name,
            "--rate",
            "USD=7.12",
            "--rate",
            "EUR=8",
        )
        return {
            each: [fact["value"] if isinstance(fact, dict) else fact for fact in crm.deal(each)["deal"].values()]
            for each in crm.names()
        }

    ready_made = key_facts()
    crm.out = crm.out.parent / "proposed"
    assert key_facts() == ready_made


def test_a_proposal_is_shown_with_what_it_could_not_place(tmp_path):
    file = tmp_path / "台账.csv"
    file.write_text(
        "项目,甲方单位,推进状态,合同额,签单时间,把握,业务员,预算金额,客户级别,联系手机号,空列,金额备注\n"
        "二期扩产,东江纸业,商务谈判,800,3/4/2026,0.6,王蕾,已批,A,13800000001,,含税\n"
        "空压站,北峦重工,需求分析,420,5/6/2026,0.2,陈倩,没定,B,13800000002,,\n"
        "车辆段,临津轨道,内部评审,540,7/8/2026,0.4,陈倩,专款,A,13800000003,,\n",
        encoding="utf-8",
    )
    result = propose(file)
    assert result.exit_code == 0
    lines = {line.split("（")[0].strip(): line for line in result.output.splitlines()}
    assert "按内容推测" in lines["推进状态 → 商机 · 当前采购阶段 deal.stage"]
    assert "标题相符" in lines["项目 → 商机 · 商机名称 deal.name"]
    assert "标题像预算金额(元)，内容不像；如 已批、没定" in lines["预算金额"]
    assert "整列是空的" in lines["空列"]
    assert "是日期，不知道是什么日期" in lines["签单时间"]
    assert "没有意思相近的字段；如 A、B" in lines["客户级别"]
    assert "“推进状态”里没有对应上的词（在映射的 values 下补上）：内部评审" in result.output
    assert "没有导入任何内容" in result.output
    assert "--save-map" in result.output


def test_a_proposal_asks_for_what_is_missing_and_undecided(tmp_path):
    file = tmp_path / "x.csv"
    file.write_text(
        "Customer,Close Date,Budget Approved?\nDongjiang,3/4/2026,Y\nBeiluan,5/6/2026,N\nLinjin,5/5/2026,Y\n",
        encoding="utf-8",
    )
    saved = tmp_path / "m.yaml"
    result = propose(file, "--lang", "en", "--save-map", str(saved))
    assert "No column for Deal name was found" in result.output
    assert "No column for Current procurement stage was found" in result.output
    assert "write dates: mdy or dmy in the map" in result.output
    assert "# dates: mdy" in saved.read_text(encoding="utf-8")


def test_a_saved_map_says_where_it_is_unsure_and_is_not_overwritten(tmp_path):
    saved = tmp_path / "m.yaml"
    propose(SAMPLES / "商机导出.csv", "--save-map", str(saved))
    text = saved.read_text(encoding="utf-8")
    assert "      # 内部评审: ?   # 写明对应什么" in text
    assert "#  客户级别: ?   # A、B" in text
    assert "skip: {lines: [合计]}" in text
    result = propose(SAMPLES / "商机导出.csv", "--save-map", str(saved))
    assert result.exit_code == 2
    assert "I062" in result.output
    assert saved.read_text(encoding="utf-8") == text


def test_a_ready_made_map_that_fits_is_recommended():
    result = propose(SAMPLES / "hubspot.csv", "--lang", "en")
    assert "--map hubspot -o deals" in result.output


def test_a_map_and_a_folder_belong_together(tmp_path):
    assert "I061" in propose(SAMPLES / "hubspot.csv", "--map", "hubspot").output
    assert "I061" in propose(SAMPLES / "hubspot.csv", "-o", str(tmp_path / "x")).output


def test_a_title_without_a_name_is_not_proposed(tmp_path):
    file = tmp_path / "x.csv"
    file.write_text("商机名称,销售阶段,联系人职务\n扩产,商务谈判,总经理\n技改,需求分析,主管\n", encoding="utf-8")
    result = propose(file, "--save-map", str(tmp_path / "m.yaml"))
    assert "像职务部门，但没有姓名的列" in result.output
    assert "stakeholders" not in (tmp_path / "m.yaml").read_text(encoding="utf-8")


def test_a_table_without_rows_gets_an_answer(tmp_path):
    file = tmp_path / "x.csv"
    file.write_text("商机名称,销售阶段\n", encoding="utf-8")
    result = propose(file)
    assert result.exit_code == 0
    assert result.output.count("整列是空的") == 2


# Map files


PAGES = sorted((Path(__file__).parent.parent / "docs").glob("crm-import*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_documentation_shows_maps_that_work_and_the_stages_as_they_are(page, vocabulary):
    text = page.read_text(encoding="utf-8")
    maps = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert len(maps) == 2
    for each in maps:
        assert parse_map(each, vocabulary).sources
    rows = {
        line.split("`")[1]: line.split("|")
        for line in text.splitlines()
        if line.startswith("| `") and "deal." not in line
    }
    for column, name in ((2, "salesforce"), (3, "hubspot")):
        stages = next(s for s in load_map(name, vocabulary).sources if s.field and s.field.key == "deal.stage")
        for word, settings in stages.values.items():
            assert word in rows[dict(settings)["deal.stage"]][column].lower()


def test_every_mistake_of_a_map_is_told_with_its_place(vocabulary):
    text = """\
nam: 我们的映射
columns:
  商机: deal.nme
  阶段: {field: deal.stage, values: {初访: targett}, currency: CNY}
  金额: {field: deal.amount_cny, unit: 斤, curency: CNY}
  预算: {field: deal.amount_cny}
  联系人: stakeholder.name
  日期: {field: deal.expected_decision_date, dates: ymd}
  赢率: {field: deal.win_prob_rep, by_status: {赢了: ~}}
  说明: {field: notes, values: {a: b}}
  毛利: [deal.margin_pct, {percent: whole}]
stakeholders:
  - {title: 职务, nmae: 姓名}
  - 联系人
amounts: {currency: 人民, rates: {USD: 零}}
skip: [合计]
defaults: {deal.amount_cny: 很多}
"""
    with pytest.raises(MapError) as caught:
        parse_map(text, vocabulary)
    assert [(f.at.line, f.code) for f in caught.value.findings] == [
        (1, "I005"), (3, "I003"), (4, "D016"), (4, "I010"), (5, "R010"), (5, "I005"), (6, "I009"), (7, "I008"),
        (8, "R010"), (9, "D016"), (10, "I010"), (11, "I006"), (13, "I011"), (13, "D006"), (14, "I002"),
        (15, "I012"), (15, "I013"), (16, "I002"), (17, "D010"),
    ]  # fmt: skip
    assert "是否想写 deal.name" in caught.value.findings[1].text("zh")
    assert "did you mean currency" in caught.value.findings[5].text("en")
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("text", "code"),
    [("- a\n", "I001"), ("", "I001"), ("columns:\n  商机: deal.name\n", "I007"), ("based_on: salesforse\n", "I004"),
     ("columns: {a: [b: c]}\n", "I006"), ("columns：a\n", "Y008")],
)  # fmt: skip
def test_maps_that_are_none(vocabulary, text, code):
    with pytest.raises(MapError) as caught:
        parse_map(text, vocabulary)
    assert code in codes(caught.value.findings)


def test_an_unknown_map_is_told_with_those_there_are(crm):
    result = crm(SAMPLES / "hubspot.csv", "hubspott")
    assert result.exit_code == 4
    assert "是否想写 hubspot" in result.output
    assert "chinese, hubspot, salesforce" in result.output


def test_a_map_may_build_on_a_ready_made_one(crm):
    own = """\
based_on: salesforce
columns:
  Stage: {values: {Legal Review: commitment, Qualification: target}}
  Opportunity Owner: ~
  Next Step: {otherwise: skip}
  Renewal Score: notes
"""
    result = crm(SAMPLES / "salesforce.csv", own, "--rate", "USD=7.12", "--rate", "EUR=8")
    assert result.exit_code == 0, result.output
    assert crm.deal("Yuchuan-chassis-outsourcing")["deal"]["stage"]["value"] == "commitment"
    beiluan = crm.deal("Beiluan-compressed-air-renewal")
    assert beiluan["notes"] == "Renewal Score：40"
    assert beiluan["deal"]["next_step"] == "Site survey with presales"
    assert "team" not in beiluan


def test_a_column_may_hold_two_fields_or_none(crm):
    field_map = SIMPLE.replace(
        "签约日: deal.expected_decision_date", "签约日: [deal.expected_decision_date, deal.next_step_due]\n  编号: ~"
    )
    crm(HEAD + "1,扩产,东江,报价,,2026-12-18,,\n", field_map)
    deal = crm.deal("扩产")["deal"]
    assert deal["expected_decision_date"]["value"] == deal["next_step_due"] == date(2026, 12, 18)
    assert "notes" not in crm.deal("扩产")


def test_fields_may_be_named_by_their_labels(vocabulary):
    field_map = parse_map("columns: {项目: 商机.商机名称, 阶段: deal.当前采购阶段}\n", vocabulary)
    assert [source.field.key for source in field_map.sources if source.field] == ["deal.name", "deal.stage"]


def test_a_damaged_workbook_is_told_as_such(tmp_path):
    book = tmp_path / "x.xlsx"
    Workbook().save(book)
    data = bytearray(book.read_bytes())
    data[200:260] = b"\0" * 60
    book.write_bytes(bytes(data))
    with pytest.raises(DealError) as caught:
        read_table(book)
    assert codes(caught.value.findings) in (["I021"], ["I024"])
