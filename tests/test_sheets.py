"""The sheet that people carry: one page of A4, then the annex, as PDF, Word file, HTML and Markdown."""

from __future__ import annotations

import io
import re
import sys
import zipfile
from collections.abc import Callable
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest
import yaml
from click.testing import CliRunner
from docx import Document
from docx.shared import Pt

from playbook.advise.briefing import Briefing
from playbook.cli import cli
from playbook.errors import UsageError
from playbook.render.briefing import render
from playbook.render.phrases import words
from playbook.render.sheet import fonts
from playbook.render.sheet.docx import docx
from playbook.render.sheet.fit import ROOMS, fitting_room
from playbook.render.sheet.pdf import pdf
from playbook.render.sheet.people_map import people_map
from playbook.resources import templates_folder

EXAMPLES = Path(__file__).parent.parent / "examples"
A4 = (595.3, 841.9)
DEALS = ("sparse-first-call", "late-stage-closed-gates", "design-stage-hospital", "small-routine-order")

HOSPITAL = """
deal: {name: 新院区智能照明, stage: design, amount_cny: 680万, size_class: large_complex}
account: {name: 临湖市第二人民医院}
stakeholders:
  - {name: 谢明远, title: 院长, level: decision, function: top, influence: 10, is_final_decider: yes}
  - {name: 郑国强, level: management, function: technical, influence: 8, stance: neutral, contact_status: met}
  - {name: 罗秀芳, title: 护理部主任, function: user, influence: 5, stance: ally, contact_status: trusted}
  - {name: 何建军, title: 财务科长, level: management, influence: 4, stance: opponent, contact_status: regular}
  - {name: 老孙, title: 经办}
info: {p6_reason_needs: verified, p8_competitors: single, p4_decision_structure: {value: hearsay, date: -90d}}
visit: {with: [郑国强], planned_date: +2d, purpose: 谈样板间测试}
"""


def crowd() -> str:
    """A deal with thirty people of long names, six rivals and long texts."""
    surnames = (
        "欧阳振华 司马玉兰 阿卜杜热依木·买买提江 诸葛明远 上官文静 慕容建国 尉迟敬德堂 东方晓雪 皇甫志强 令狐春生"
    )
    levels, functions = ("decision", "management", "operation"), ("user", "technical", "finance_procurement", "top")
    people = [
        {
            "name": f"{surnames[n % 10]}{'甲乙丙'[n // 10]}",
            "title": ("集团党委委员、副总经理兼总工程师", "信息化推进办公室主任", "招标采购中心机电组组长")[n % 3],
            "influence": 1 + (n * 7) % 10,
            "stance": ("unknown", "opponent", "neutral", "supporter", "ally")[n % 5],
            "contact_status": ("none", "met", "regular", "trusted")[n % 4],
            **({"level": levels[n // 2 % 3]} if n % 7 else {}),
            **({"function": functions[n % 4]} if n % 6 else {}),
        }
        for n in range(30)
    ]
    rivals = [
        {"name": f"{name}自动化系统工程技术有限公司"} for name in ["恒泽川", "澄光", "远景", "博众", "天工", "海岳"]
    ]
    deal = {
        "name": "华东智能制造基地二期动力能源系统整体改造及十年运维服务一体化采购（含设备、安装、培训与备件）",
        "stage": "design",
        "amount_cny": 386000000,
        "next_step": "分别约见使用、技术、财务三边的负责人，把节能分享的算法和验收办法写进技术要求",
    }
    visit = {
        "with": [people[2]["name"], people[3]["name"], people[12]["name"]],
        "planned_date": "+2d",
        "purpose": "听他们对送审技术要求的意见，争取一次由使用和技术两边参加的样机测试",
    }
    account = {"name": "华东联合重型装备制造集团（控股）股份有限公司"}
    whole = {"deal": deal, "account": account, "stakeholders": people, "competitors": rivals, "visit": visit}
    return yaml.safe_dump(whole, allow_unicode=True)


@pytest.fixture
def example(advisor: Any) -> Callable[..., Briefing]:
    """The briefing of a bundled example deal."""

    def make(name: str, lang: str = "zh", audience: str = "rep") -> Briefing:
        return advisor.brief(advisor.read(EXAMPLES / f"{name}.yaml"), lang, audience)

    return make


def pages(data: bytes) -> list[str]:
    """The text of each page of a PDF, without white space and places to break long words."""
    document = pdfium.PdfDocument(data)
    return [re.sub(r"[\s\u200b\ufffe]", "", page.get_textpage().get_text_bounded()) for page in document]


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def paragraphs(data: bytes) -> list[str]:
    """Every paragraph of a Word file in its order, those in tables included."""
    body = Document(io.BytesIO(data)).element.body
    return ["".join(t.text or "" for t in p.iter(f"{{{p.nsmap['w']}}}t")) for p in body.iter(f"{{{body.nsmap['w']}}}p")]


# --- The first page


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", DEALS)
def test_the_first_page_is_one_page_of_a4_and_the_annex_comes_after(example, name, lang):
    made = pdf(example(name, lang))
    assert all(page.get_size() == pytest.approx(A4, abs=0.5) for page in pdfium.PdfDocument(made))
    first, second = pages(made)[:2]
    w = words(lang)
    assert squeezed(w["sheet"]["rep"]) in first
    assert squeezed(w["next_meeting"]) in first
    assert second.startswith(squeezed(w["annex"]))


@pytest.mark.parametrize("words_more", [0, 40, 90, 150, 220, 300])
def test_the_first_page_is_full_but_not_over_full_whatever_the_length_of_texts(brief, words_more):
    briefing = brief(HOSPITAL.replace("amount_cny", f"next_step: {'先问清楚再报价' * (words_more // 7)}好, amount_cny"))
    first, second = pages(pdf(briefing))[:2]
    assert squeezed(words("zh")["next_meeting"]) in first
    assert second.startswith("附页")


@pytest.mark.parametrize("audience", ["rep", "manager", "coach"])
def test_the_first_page_holds_what_a_visit_needs(brief, audience):
    briefing = brief(HOSPITAL, audience=audience)
    first = pages(pdf(briefing))[0]
    w = words("zh")
    parts = ("verdict", "points", "top", "questions", "people_map", "after", "committed", "new_facts", "next_meeting")
    assert [w[part] for part in parts if squeezed(w[part]) not in first] == []
    assert w["sheet"][audience] in first
    assert all(gate.label in first for gate in briefing.gates)
    assert all(squeezed(f"{point.number}{point.label}") in first for point in briefing.points)
    assert [t for t in (briefing.card(ident).title for ident in briefing.top) if squeezed(t) not in first] == []
    assert [person.name for person in briefing.people if person.name not in first] == []
    assert squeezed(briefing.card(briefing.questions[0]).do) in first
    assert "11月23日（周一），见郑国强，谈样板间测试" in first


def test_a_crowded_deal_still_fits_on_the_first_page(brief):
    briefing = brief(crowd())
    first, second, *_ = texts = pages(pdf(briefing))
    assert words("zh")["people_map"] in first
    assert squeezed(words("zh")["next_meeting"]) in first
    assert second.startswith("附页")
    whole = "".join(texts)
    assert [p.name for p in briefing.people if squeezed(p.name) not in whole] == []
    shown = (*briefing.top, *briefing.actions, *briefing.questions, *briefing.risks)
    cards = [briefing.card(ident) for ident in shown]
    assert [card.do for card in cards if squeezed(card.do) not in whole] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_on_a_crowded_page_is_cut_or_lies_on_other_text(brief, lang):
    for page in pdfium.PdfDocument(pdf(brief(crowd(), lang))):
        text = page.get_textpage()
        boxes = [text.get_rect(n) for n in range(text.count_rects())]
        assert boxes
        assert min(box[0] for box in boxes) > 28
        assert max(box[2] for box in boxes) < A4[0] - 28
        assert min(box[1] for box in boxes) > 8
        for a, b in combinations(boxes, 2):
            across, along = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
            lower = min(a[3] - a[1], b[3] - b[1])
            assert across < 1 or along < 0.45 * lower, (a, b)


def test_what_there_is_no_room_for_is_in_the_annex_not_lost(example):
    briefing = example("design-stage-hospital")
    first, *annex = pages(pdf(briefing))
    asked = [squeezed(briefing.card(ident).do) for ident in briefing.questions]
    on_first = [question for question in asked if question in first]
    assert on_first == asked[: len(on_first)]
    assert 2 <= len(on_first) < len(asked)
    assert f"另有{len(asked) - len(on_first)}条，见附页" in first
    assert all(question in "".join(annex) for question in asked[len(on_first) :])


def test_a_manager_without_a_deal_gets_no_visit_to_fill_in(example):
    text = "".join(pages(pdf(example("manager-team", audience="manager"))))
    assert "马晓东" in text
    for part in ("ask_for", "after", "people_map", "points"):
        assert words("zh")[part] not in text


# --- What to ask the customer for


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "stage", ["target", "need", "approval", "design", "evaluation", "commitment", "implementation", "growth", "lost"]
)
def test_every_stage_has_a_best_and_a_least_commitment(brief, stage, lang):
    made = brief(f"deal: {{name: 甲, stage: {stage}}}\nvisit: {{with: [郑国强]}}", lang).commitment
    assert "郑国强" in made.best
    assert "郑国强" in made.least
    assert made.best != made.least
    assert "{" not in made.best + made.least
    assert not made.held


def test_a_small_purchase_may_be_closed_on_the_spot(brief):
    made = brief("deal: {name: 甲, stage: need, size_class: small_routine}").commitment
    assert made.best == "对方当场下单。"


def test_many_people_are_not_listed_in_a_commitment(brief):
    made = brief("deal: {name: 甲, stage: need}\nvisit: {with: [赵一, 钱二, 孙三]}").commitment
    assert made.best.startswith("对方")


@pytest.mark.parametrize("form", ["html", "md", "pdf", "docx"])
def test_during_a_tender_the_sheet_asks_the_customer_for_nothing(example, form):
    briefing = example("late-stage-closed-gates")
    assert (briefing.commitment.best, briefing.commitment.least) == ("", "")
    if form == "pdf":
        page = pages(pdf(briefing))[0]
    elif form == "docx":
        page = "".join(paragraphs(docx(briefing)))
    else:
        page = render(briefing, form)
    assert "现在不向客户要承诺" in page
    assert "招标投标法第四十三条" in page
    assert words("zh")["own_target"] not in page


def test_a_visit_that_is_not_arranged_leaves_a_line_to_fill_in(brief):
    briefing = brief("deal: {name: 甲, stage: need}")
    blank = words("zh")["no_visit"]
    assert squeezed(blank) in pages(pdf(briefing))[0]
    assert any(blank in text and "＿＿＿" in text for text in paragraphs(docx(briefing)))
    assert blank in render(briefing, "html")
    assert blank in render(briefing, "md")


# --- The map of people


def test_people_stand_at_their_level_and_function(brief):
    placed = people_map(brief(HOSPITAL))
    assert [row.level.label for row in placed.rows] == ["决策层", "管理层", "操作层", ""]
    assert [column.label for column in placed.columns] == ["使用部门", "技术部门", "财务采购", "最高管理", "其他", ""]
    where = {
        spot.person.name: (row.level.label, column.label, spot.size)
        for row in placed.rows
        for column, cell in zip(placed.columns, row.cells, strict=True)
        for spot in cell
    }
    assert where == {
        "谢明远": ("决策层", "最高管理", 3),
        "郑国强": ("管理层", "技术部门", 3),
        "罗秀芳": ("", "使用部门", 2),
        "何建军": ("管理层", "", 1),
    }
    assert [spot.person.name for spot in placed.unplaced] == ["老孙"]


def test_a_part_in_the_purchase_places_whom_no_level_or_function_places(brief):
    placed = people_map(
        brief(
            "deal: {name: 甲, stage: need}\nstakeholders: [{name: 王总, is_final_decider: yes},"
            " {name: 李工, buying_role: technical, level: operation}, {name: 周教练, buying_role: coach}]"
        )
    )
    assert [spot.person.name for spot in placed.rows[0].cells[3]] == ["王总"]
    assert [spot.person.name for spot in placed.rows[2].cells[1]] == ["李工"]
    assert [spot.person.name for spot in placed.unplaced] == ["周教练"]


def test_marks_tell_stance_contact_and_whom_the_visit_is_to_without_colour(brief):
    page = render(brief(HOSPITAL), "md")
    assert "| 管理层 |  | ○ **郑国强** 8 ■□□ 【本次要见】 |" in page
    assert "？ **谢明远** 10 ？ 【拍板】" in page
    assert "◆ 罗秀芳 5 ■■■" in page
    assert "✕ 何建军 4 ■■□" in page
    assert "层级、职能都没填：？ 老孙 ？" in page
    first = pages(pdf(brief(HOSPITAL)))[0]
    assert "郑国强8■□□本次要见" in first
    cells = [[cell.text for cell in row.cells] for row in grid_of(docx(brief(HOSPITAL))).rows]
    assert cells[0] == ["", "使用部门", "技术部门", "财务采购", "最高管理", "其他", "职能未填"]
    assert cells[2][0] == "管理层"
    assert cells[2][2] == "○ 郑国强 8 ■□□ [本次要见]"


def grid_of(data: bytes) -> Any:
    """The table of the map in a Word file."""
    tables = Document(io.BytesIO(data)).tables
    return next(table for table in tables if table.style.name == "Sheet Grid" and len(table.columns) != 9)


def test_the_nine_points_stand_in_one_row_with_their_state_and_age(brief):
    briefing = brief(HOSPITAL)
    strip = next(t for t in Document(io.BytesIO(docx(briefing))).tables if len(t.columns) == 9)
    assert len(strip.rows) == 1
    cells = [cell.text.split("\n") for cell in strip.rows[0].cells]
    assert cells[5][:2] == ["6 立项原因与真实需求", "● 多源验证"]
    assert cells[3][1:] == ["◔ 听说", "90天前", "▲ 已过期"]
    assert cells[0] == ["1 我方推进步骤与难点", "○ 未知"]


# --- PDF


def test_the_text_of_a_pdf_can_be_copied_in_both_languages(example):
    chinese, english = (pages(pdf(example("design-stage-hospital", lang)))[0] for lang in ("zh", "en"))
    assert "临湖市第二人民医院新院区智能照明与能耗管理" in chinese
    assert "拜访后填写" in chinese
    assert "Whattoaskthecustomerfor" in english
    assert "郑国强" in english


def test_fonts_are_in_the_pdf():
    made = pdf(sheetless())
    assert b"/FontFile" in made
    assert b"NotoSansCJK" in made


def sheetless() -> Briefing:
    """The smallest briefing, made without the rules."""
    from playbook.advise.briefing import Header, Readiness

    return Briefing(
        1, "zh", "rep", date(2026, 11, 21), "甲", Header("最小的商机", "", "", "", "", "", "", "", "", ()), (),
        Readiness(0, ()), (), (), (), (), (), (), (), (), (), (), (),
    )  # fmt: skip


@pytest.mark.parametrize("make", [pdf, docx])
def test_the_same_briefing_gives_the_same_file(example, make):
    assert make(example("design-stage-hospital")) == make(example("design-stage-hospital"))


def test_the_day_in_a_file_is_the_day_of_the_briefing(example):
    briefing = example("sparse-first-call")
    assert pdfium.PdfDocument(pdf(briefing)).get_metadata_dict()["CreationDate"].startswith("D:20261121")
    about = Document(io.BytesIO(docx(briefing))).core_properties
    assert (about.created.date(), about.title) == (briefing.as_of, "石桥农机厂除尘设备")


def test_a_character_without_a_glyph_is_named_and_no_box_is_printed(brief, monkeypatch):
    families = fonts._families
    monkeypatch.setattr(fonts, "_families", lambda folder: families(folder) if folder else {})
    with pytest.raises(UsageError) as caught:
        pdf(brief("deal: {name: 甲, stage: need}\nstakeholders: [{name: 王𫚔}]"))
    text = caught.value.findings[0].text("zh")
    assert "S003" in text
    assert "𫚔 (U+2B694)" in text


def test_without_any_chinese_font_no_pdf_is_made(brief, monkeypatch):
    monkeypatch.setattr(fonts, "packaged_folder", lambda: None)
    monkeypatch.setattr(fonts, "_families", lambda folder: {})
    with pytest.raises(UsageError) as caught:
        pdf(brief("deal: {name: 甲, stage: need}"))
    assert "S002 找不到中文字体" in caught.value.findings[0].text("zh")
    assert "fonts-noto-cjk" in caught.value.findings[0].text("en")


def test_the_packaged_font_has_what_chinese_names_are_written_with():
    found = fonts.fonts_for(["临湖市第二人民医院，“引号”——㛃堃喆犇𠮷 ABC ①②③ ●○◆◑■□▲？"])
    assert found.families == ("Noto Sans CJK SC",)
    assert found.western == "Noto Sans CJK KR"
    assert not found.system


# --- Word


def test_the_first_page_of_a_word_file_ends_where_the_annex_begins(brief):
    document = Document(io.BytesIO(docx(brief(HOSPITAL))))
    breaks = [p for p in document.paragraphs if p.paragraph_format.page_break_before]
    assert [p.text for p in breaks] == ["附页"]
    section = document.sections[0]
    assert (section.page_width.mm, section.page_height.mm) == pytest.approx((210, 297), abs=0.2)
    texts = paragraphs(docx(brief(HOSPITAL)))
    before = texts[: texts.index("附页")]
    for part in ("verdict", "points", "people_map", "own_target"):
        assert any(text.startswith(words("zh")[part]) for text in before), part
    for part in ("new_facts", "stance_changes", "next_meeting"):
        assert words("zh")[part] + "：" in before


def test_every_question_of_the_first_page_has_a_line_to_write_on(brief):
    document = Document(io.BytesIO(docx(brief(HOSPITAL))))
    asked = next(t for t in document.tables if len(t.columns) == 2)
    styles = [
        p.style.name for cell in asked.rows[0].cells for p in cell.paragraphs if p.text or "Write" in p.style.name
    ]
    questions = [n for n, style in enumerate(styles) if style.startswith("Sheet Question")]
    assert len(questions) >= 3
    assert styles.count("Sheet Write (page 1)") == len(questions)


def test_the_sheet_takes_the_styles_of_a_template(brief, tmp_path):
    own = Document(str(templates_folder() / "sheet.docx"))
    own.styles["Sheet Title"].font.name = "KaiTi"
    own.styles["Sheet Text"].font.size = Pt(11)
    own.sections[0].header.paragraphs[0].text = "某某公司　内部资料"
    own.add_paragraph("要删掉的说明", style="Sheet Text")
    own.save(str(tmp_path / "ours.docx"))
    made = docx(brief(HOSPITAL), template=tmp_path / "ours.docx")
    document = Document(io.BytesIO(made))
    assert document.sections[0].header.paragraphs[0].text == "某某公司　内部资料"
    title = next(p for p in document.paragraphs if p.text == "新院区智能照明")
    assert title.style.base_style.font.name == "KaiTi"
    assert document.styles["Sheet Text"].font.size == Pt(11)
    assert "要删掉的说明" not in paragraphs(made)
    room = fitting_room(brief(HOSPITAL), "docx")
    assert document.styles["Sheet Text (page 1)"].font.size.pt == pytest.approx(room.size, abs=0.25)


def test_a_sheet_can_itself_be_the_template(brief, tmp_path):
    (tmp_path / "sheet.docx").write_bytes(docx(brief(HOSPITAL)))
    again = docx(brief(HOSPITAL), template=tmp_path / "sheet.docx")
    assert paragraphs(again) == paragraphs(docx(brief(HOSPITAL)))
    names = [style.name for style in Document(io.BytesIO(again)).styles]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("content", [None, b"not a Word file", b"PK\x03\x04 broken"])
def test_a_template_that_cannot_be_opened_is_told(brief, tmp_path, content):
    path = tmp_path / "ours.docx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        docx(brief(HOSPITAL), template=path)
    text = caught.value.findings[0].text("zh")
    assert "S005" in text
    assert ("没有这个文件" if content is None else "不是 Word 文件") in text


def test_a_template_without_the_styles_is_told_which(brief, tmp_path):
    Document().save(str(tmp_path / "plain.docx"))
    with pytest.raises(UsageError) as caught:
        docx(brief(HOSPITAL), template=tmp_path / "plain.docx")
    assert re.search("S006 .*Sheet Title.*Sheet Box", caught.value.findings[0].text("en"))


def test_a_narrow_page_of_a_template_gets_smaller_text(brief, tmp_path):
    own = Document(str(templates_folder() / "sheet.docx"))
    own.sections[0].top_margin = Pt(150)
    own.save(str(tmp_path / "letterhead.docx"))
    usual, narrow = (
        Document(io.BytesIO(docx(brief(HOSPITAL), template=template))).styles["Sheet Text (page 1)"].font.size
        for template in (None, tmp_path / "letterhead.docx")
    )
    assert narrow < usual


def test_nothing_in_a_word_file_is_outside_it_or_runs(brief):
    with zipfile.ZipFile(io.BytesIO(docx(brief(HOSPITAL)))) as file:
        assert not [name for name in file.namelist() if "vba" in name.lower() or "embed" in name]
        relations = "".join(file.read(name).decode() for name in file.namelist() if name.endswith(".rels"))
        assert 'TargetMode="External"' not in relations
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}


# --- Texts of users

HOSTILE = '<script>alert(1)</script> #eval("1") {{ 7 * 7 }} \x1b[31m&amp; $x$ *b* @a'


def test_a_name_is_never_more_than_a_name(brief):
    text = yaml.safe_dump({"deal": {"name": HOSTILE, "stage": "need"}, "stakeholders": [{"name": HOSTILE}]})
    briefing = brief(text)
    shown = '<script>alert(1)</script> #eval("1") {{ 7 * 7 }} &amp; $x$ *b* @a'
    assert squeezed(shown) in pages(pdf(briefing))[0]
    assert shown in paragraphs(docx(briefing))
    page = render(briefing, "html")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in re.sub(r"\\.", "", render(briefing, "md"))


def test_the_html_needs_nothing_from_outside(example):
    page = render(example("design-stage-hospital"), "html")
    assert not re.search(r"https?:|src=|@import|url\(|<link|<script", page)


def test_a_long_word_is_broken_rather_than_cut(brief):
    link = "https://example.cn/?notice=" + "2026a1b2c3" * 14
    briefing = brief(f"deal: {{name: 甲, stage: need, next_step: '{link}'}}")
    document = pdfium.PdfDocument(pdf(briefing))
    text = document[0].get_textpage()
    assert max(text.get_rect(n)[2] for n in range(text.count_rects())) < A4[0] - 28
    assert link in re.sub(r"[\s\u200b\ufffe]", "", text.get_text_bounded())


# --- How much fits


def test_rooms_go_from_roomy_to_crowded():
    assert ROOMS[0].questions == 5
    for step in {room._replace(size=0.0) for room in ROOMS}:
        sizes = [room.size for room in ROOMS if room._replace(size=0.0) == step]
        assert sizes == sorted(sizes, reverse=True)
    assert min(room.size for room in ROOMS) >= 5
    assert [room.questions for room in ROOMS] == sorted((room.questions for room in ROOMS), reverse=True)


def test_a_crowded_sheet_gets_less_room_than_a_sparse_one(brief, example):
    crowded, sparse = brief(crowd()), example("sparse-first-call")
    for form in ("html", "docx"):
        assert ROOMS.index(fitting_room(crowded, form)) > ROOMS.index(fitting_room(sparse, form))


# --- The command


def run(*arguments: str) -> Any:
    return CliRunner().invoke(cli, ["brief", *arguments, "--as-of", "2026-11-21"])


@pytest.mark.parametrize(("suffix", "start"), [("pdf", b"%PDF-"), ("docx", b"PK")])
def test_the_suffix_of_the_file_chooses_the_format(tmp_path, suffix, start):
    out = tmp_path / f"sheet.{suffix}"
    result = run(str(EXAMPLES / "sparse-first-call.yaml"), "-o", str(out))
    assert result.exit_code == 0, result.output
    assert result.output.strip() == str(out)
    assert out.read_bytes().startswith(start)


def test_format_wins_over_the_suffix_and_a_template_is_used(tmp_path):
    out = tmp_path / "sheet.bin"
    template = str(templates_folder() / "sheet.docx")
    result = run(
        str(EXAMPLES / "sparse-first-call.yaml"),
        "--format",
        "docx",
        "-o",
        str(out),
        "--template",
        template,
        "--lang",
        "en",
    )
    assert result.exit_code == 0, result.output
    assert "Stakeholder map" in paragraphs(out.read_bytes())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--format", "pdf"), "S004 pdf"),
        (("--format", "docx"), "S004 docx"),
        (("--format", "md", "--template", "x.docx"), "S007"),
        (("-o", "sheet.pdf", "--template", "x.docx"), "S007"),
        (("-o", "sheet.docx", "--template", "nowhere.docx"), "S005"),
    ],
)
def test_options_that_do_not_fit_together_are_told(tmp_path, monkeypatch, arguments, code):
    monkeypatch.chdir(tmp_path)
    result = run(str(EXAMPLES / "sparse-first-call.yaml"), *arguments)
    assert result.exit_code == 2
    assert code in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("module", "suffix", "extra"), [("typst", "pdf", "pdf"), ("fontTools", "pdf", "pdf"), ("docx", "docx", "docx")]
)
def test_what_is_not_installed_is_named_with_the_way_to_install_it(tmp_path, monkeypatch, module, suffix, extra):
    for name in [name for name in sys.modules if name == module or name.startswith(f"{module}.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    result = run(str(EXAMPLES / "sparse-first-call.yaml"), "-o", str(tmp_path / f"sheet.{suffix}"))
    assert result.exit_code == 2
    assert "S001" in result.output
    assert f"pip install 'playbook-advisor[{extra}]'" in result.output
    assert list(tmp_path.iterdir()) == []


def test_explain_shows_rules_and_scores(brief):
    briefing = brief(HOSPITAL)
    rule = briefing.card(briefing.top[0]).rule
    assert squeezed(f"规则：{rule}") in "".join(pages(pdf(briefing, explain=True)))
    assert any(f"规则：{rule}" in text for text in paragraphs(docx(briefing, explain=True)))
    assert rule not in "".join(paragraphs(docx(briefing)))
