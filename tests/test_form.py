"""The Excel form of a deal: what is exported comes back whole, and every fault is told at its cell."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook, load_workbook

from playbook.cli import cli
from playbook.load.deal import parse_deal, read_deal
from playbook.load.interview.form import merged_text, new_text, read_form
from playbook.model.facts import Deal
from playbook.model.vocabulary import Vocabulary
from playbook.render.deals.form import form_bytes
from playbook.resources import examples_folder

EXAMPLES = sorted(examples_folder().glob("*.yaml"))
FULL = """\
deal:
  name: =中央厨房冷库
  stage: {value: design, source: [刘工, 送审图纸], date: -18d}
  amount_cny: 380万
  obstacles: [贵，但快, '=HYPERLINK("x")', 图纸没定]
  next_step_due: +2d
account: {name: 稻香苑餐饮, ownership: private}
stakeholders:
  - name: 老周
    influence: 9
    stance: {value: supporter, source: [刘工, a @b], date: -3d}
    is_final_decider: {value: yes, source: 刘工}
  - {name: 刘工, title: '@设备部 @主任', interests: [篮球、足球, 书法]}
competitors: [{name: 寒山制冷, strengths: {value: [价低], source: 同行, date: -9d}}]
info:
  p2_buying_process: {value: single, source: 老周, date: -3d}
  p4_decision_structure: hearsay
  age_days: {p1: 4, p2: 70}
visits:
  - {planned_date: -9d, with: [刘工], commitment: advance}
  - {planned_date: +2d, with: [老周, 刘工], purpose: 看冷库图}
bid: {our_price: 3760000.5, deadline: +30d}
notes: |
  老周爱谈成本
  下次带样本
"""

Fill = Callable[[dict[tuple[str, str], object]], Path]


@pytest.fixture
def run() -> Callable[..., Result]:
    return lambda *arguments: CliRunner().invoke(cli, ["form", *arguments, "--as-of", "2026-11-21"])


@pytest.fixture
def fill(tmp_path: Path, vocabulary: Vocabulary, today: date) -> Fill:
    """A form of a small deal, with cells filled in otherwise."""

    def make(cells: dict[tuple[str, str], object]) -> Path:
        deal = parse_deal("deal: {name: 冷库, stage: design}\nstakeholders: [{name: 老周}]", vocabulary, today)
        book = load_workbook(io.BytesIO(form_bytes(vocabulary, "zh", deal)))
        for (sheet, cell), value in cells.items():
            book[sheet][cell] = value
        path = tmp_path / "form.xlsx"
        book.save(path)
        return path

    return make


def said(deal: Deal) -> dict[object, object]:
    """Everything that a deal states, without where it stands in the file."""
    facts = {fact.key: (fact.content, fact.keys, fact.evidence) for fact in deal.facts if fact.item[0] != "visit"}
    visits = [{name: (fact.content, fact.evidence) for name, fact in visit.items()} for visit in deal.visits]
    return {"facts": facts, "visits": visits, "notes": deal.notes.strip()}


def back(content: bytes, tmp_path: Path, vocabulary: Vocabulary, today: date) -> Deal:
    path = tmp_path / "form.xlsx"
    path.write_bytes(content)
    return read_form(path, vocabulary, today)


def row_of(path: Path, sheet: str, label: str) -> int:
    rows = load_workbook(path)[sheet].iter_rows(min_col=2, max_col=2)
    return next(cell.row for (cell,) in rows if cell.value == label)


# There and back


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_form_of_a_deal_says_what_the_deal_says(path, lang, tmp_path, vocabulary, today):
    deal = read_deal(path, vocabulary, today)
    again = back(form_bytes(vocabulary, lang, deal), tmp_path, vocabulary, today)
    assert said(again) == said(deal)
    assert said(parse_deal(new_text(again, vocabulary), vocabulary, today)) == said(deal)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_is_lost_evidence_visits_and_signs_included(lang, tmp_path, vocabulary, today):
    deal = parse_deal(FULL, vocabulary, today)
    again = back(form_bytes(vocabulary, lang, deal), tmp_path, vocabulary, today)
    assert said(again) == said(deal)
    assert said(parse_deal(new_text(again, vocabulary), vocabulary, today)) == said(deal)


def test_an_unchanged_form_changes_no_file(tmp_path, vocabulary, today):
    for path in EXAMPLES:
        deal = read_deal(path, vocabulary, today)
        form = back(form_bytes(vocabulary, "zh", deal), tmp_path, vocabulary, today)
        before, after, count = merged_text(path, form, vocabulary)
        assert (after, count) == (before, 0)


def test_the_same_deal_gives_the_same_bytes(vocabulary, today):
    deal = parse_deal(FULL, vocabulary, today)
    assert form_bytes(vocabulary, "zh", deal) == form_bytes(vocabulary, "zh", deal)


# The form itself


def test_nothing_in_a_form_runs_as_a_formula(vocabulary, today):
    book = load_workbook(io.BytesIO(form_bytes(vocabulary, "zh", parse_deal(FULL, vocabulary, today))))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert "=中央厨房冷库" in [cell.value for cell in cells]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert all(cell.quotePrefix for cell in cells if str(cell.value).startswith("="))


def test_a_form_offers_labels_and_explains_itself(vocabulary):
    book = load_workbook(io.BytesIO(form_bytes(vocabulary, "zh")))
    assert book.sheetnames == [
        "商机与客户", "关键人", "竞争对手", "九个信息点", "采购与团队", "拜访", "投标合同交付", "#填写说明", "#选项",
    ]  # fmt: skip
    people = book["关键人"]
    heads = {cell.value: cell for cell in people[1]}
    assert {"姓名或代号", "立场", "最终拍板人"} <= set(heads)
    assert "距上次接触天数" not in heads  # worked out from the visits
    ranges = [str(each.sqref) for each in people.data_validations.dataValidation]
    letter = heads["立场"].column_letter
    assert any(each.startswith(f"{letter}2:") for each in ranges)
    assert "反对" in [cell.value for row in book["#选项"].iter_rows() for cell in row]
    assert people.freeze_panes == "B2"
    stage = next(row for row in book["商机与客户"].iter_rows(min_row=2) if row[1].value == "当前采购阶段")
    assert "必填" in stage[1].comment.text


def test_an_english_form_is_english(vocabulary):
    book = load_workbook(io.BytesIO(form_bytes(vocabulary, "en")))
    assert "Stakeholders" in book.sheetnames
    assert [cell.value for cell in book["Nine points"][1]] == ["Section", "Fact", "Value", "Source", "Date"]


# Filling it in


def test_a_filled_in_form_becomes_a_deal_file(run, fill, tmp_path):
    form = fill({
        ("关键人", "A3"): "刘工", ("关键人", "B3"): "设备部", ("商机与客户", "C6"): "380万",
        ("九个信息点", "C2"): "单一来源", ("九个信息点", "D2"): "老周、刘工", ("九个信息点", "E2"): "-3d",
    })  # fmt: skip
    assert load_workbook(form)["商机与客户"]["B6"].value == "预计金额(元)"
    path = tmp_path / "deal.yaml"
    result = run("import", str(form), "-o", str(path))
    assert result.exit_code == 0, result.output
    text = path.read_text(encoding="utf-8")
    assert "amount_cny: 3800000" in text
    assert "  - name: 老周\n  - name: 刘工\n    title: 设备部\n" in text
    assert "p1_push_steps: {value: single, source: [老周, 刘工], date: 2026-11-18}" in text


def test_every_fault_is_told_at_its_cell(run, fill, tmp_path):
    form = fill({
        ("商机与客户", "C6"): "很多", ("关键人", "C2"): "大领导", ("关键人", "D1"): "职务能力",
        ("九个信息点", "B3"): "九点之外", ("九个信息点", "C3"): "听说",
        ("九个信息点", "A4"): "别处", ("九个信息点", "C4"): "听说",
    })  # fmt: skip
    result = run("import", str(form), "-o", str(tmp_path / "deal.yaml"))
    assert result.exit_code == 3
    assert f"{form}!商机与客户!C6: D010" in result.output
    assert f"{form}!关键人!C2: D016" in result.output
    assert f"{form}!九个信息点!B3: D006" in result.output
    assert f"{form}!九个信息点!A4: F011" in result.output
    assert f"{form}!关键人!D1: F013" in result.output
    assert not (tmp_path / "deal.yaml").exists()


def test_a_stage_left_empty_is_told_at_its_cell(run, fill, tmp_path):
    form = fill({})
    row = row_of(form, "商机与客户", "当前采购阶段")
    result = run("import", str(fill({("商机与客户", f"C{row}"): None})), "-o", str(tmp_path / "deal.yaml"))
    assert f"form.xlsx!商机与客户!C{row}: F016 还没有填当前采购阶段" in result.output


def test_a_workbook_that_is_no_form_is_refused(run, tmp_path):
    book = Workbook()
    book.worksheets[0].title = "客户名单"
    book.worksheets[0]["A1"] = "老周"
    book.create_sheet("九个信息点")["A1"] = "随便"
    path = tmp_path / "list.xlsx"
    book.save(path)
    result = run("import", str(path), "-o", str(tmp_path / "deal.yaml"))
    assert result.exit_code == 3
    assert f"{path}!客户名单: F010" in result.output
    assert f"{path}!九个信息点!A1: F012" in result.output


# Updating


def test_update_changes_what_differs_and_keeps_the_rest_byte_for_byte(run, tmp_path):
    source = examples_folder() / "design-stage-hospital.yaml"
    path, form = tmp_path / "deal.yaml", tmp_path / "form.xlsx"
    path.write_bytes(source.read_bytes())
    assert run("export", str(path), "-o", str(form)).exit_code == 0
    book = load_workbook(form)
    people = book["关键人"]
    column = next(cell.column for cell in people[1] if cell.value == "立场")
    people.cell(2, column).value = "支持 @梁海波 @-2d"
    book.save(form)
    result = run("import", str(form), "-o", str(path), "--update")
    assert "1 项事实有变化" in result.output
    old, new = (each.read_text(encoding="utf-8").splitlines() for each in (source, path))
    assert [line for line in new if line not in old] == ["    立场: {value: 支持, source: 梁海波, date: 2026-11-19}"]
    assert len(old) == len(new)


def test_update_adds_people_and_visits_and_finds_a_visit_put_off(vocabulary, today, tmp_path):
    path, form = tmp_path / "deal.yaml", tmp_path / "form.xlsx"
    path.write_text(FULL, encoding="utf-8")
    form.write_bytes(form_bytes(vocabulary, "zh", parse_deal(FULL, vocabulary, today)))
    book = load_workbook(form)
    book["关键人"]["A4"] = "小秦"
    book["拜访"]["A3"] = "+6d"
    book["拜访"]["A4"] = "+9d"
    book.save(form)
    _, after, count = merged_text(path, read_form(form, vocabulary, today), vocabulary)
    deal = parse_deal(after, vocabulary, today)
    assert count == 3
    assert [visit["planned_date"].content for visit in deal.visits] == [
        date(2026, 11, 12),
        date(2026, 11, 27),
        date(2026, 11, 30),
    ]
    assert deal.visits[1]["purpose"].content == "看冷库图"
    assert deal.counts["stakeholder"] == 3
    assert "- {planned_date: -9d, with: [刘工], commitment: advance}" in after


def test_an_empty_cell_removes_nothing(vocabulary, today, tmp_path):
    path, form = tmp_path / "deal.yaml", tmp_path / "form.xlsx"
    path.write_text(FULL, encoding="utf-8")
    form.write_bytes(
        form_bytes(vocabulary, "zh", parse_deal("deal: {name: =中央厨房冷库, stage: design}", vocabulary, today))
    )
    _, after, _ = merged_text(path, read_form(form, vocabulary, today), vocabulary)
    assert "amount_cny: 380万" in after
    assert "老周" in after


def test_nothing_is_overwritten_unasked(run, fill, tmp_path):
    path = tmp_path / "deal.yaml"
    path.write_text("# 我的笔记\n", encoding="utf-8")
    result = run("import", str(fill({})), "-o", str(path))
    assert result.exit_code == 2
    assert "F015" in result.output
    assert path.read_text(encoding="utf-8") == "# 我的笔记\n"
    assert "F014" in run("export", "-o", str(tmp_path / "form.docx")).output
