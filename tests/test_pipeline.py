"""The weekly pipeline review over a folder of deals: what counts, what the rules say, what it looks like."""

from __future__ import annotations

import builtins
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from click.testing import CliRunner, Result
from rich.cells import cell_len

from playbook.advise.pipeline.build import pipeline
from playbook.advise.pipeline.review import Pipeline
from playbook.advisor import Advisor
from playbook.cli import cli
from playbook.errors import UsageError
from playbook.model.facts import Deal
from playbook.render.pipeline.review import render_pipeline
from playbook.render.pipeline.workbook import pipeline_workbook
from playbook.resources import templates_folder
from playbook.workbench.packdiff import read_deals
from playbook.workbench.pipeline import reviews

DEALS = Path(__file__).parent / "data" / "pipeline"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["pipeline", *arguments, "--as-of", "2026-11-21"])


def review_of(advisor: Advisor, deals: dict[str, Deal], lang: str = "zh", rep: str = "") -> Pipeline:
    return pipeline(reviews(deals, advisor, lang), advisor.rulebook, lang, advisor.today, rep)


@pytest.fixture(scope="module")
def matcher(today: Any) -> Advisor:
    return Advisor.load(today=today, engine="reference")


@pytest.fixture(scope="module")
def review(matcher: Advisor) -> Pipeline:
    return review_of(matcher, read_deals([DEALS], matcher))


def deal_in(review: Pipeline, name: str) -> Any:
    return next(each for each in review.opportunities if each.name == name)


def test_the_funnel_adds_up_by_level_and_leaves_closed_deals_out(review: Pipeline) -> None:
    assert [(line.level, line.deals, line.amount_cny) for line in review.levels] == [
        (1, 1, 2_600_000),
        (2, 1, 3_200_000),
        (3, 1, 12_800_000),
        (4, 2, 26_900_000),
        (5, 2, 9_680_000),
    ]
    assert review.open_cny == 55_180_000
    # 10, 25, 50, 75 and 90 percent of the levels
    assert review.weighted_cny == 260_000 + 800_000 + 6_400_000 + 20_175_000 + 8_712_000
    assert (len(review.won), len(review.lost)) == (1, 2)
    assert review.win_pct == 33
    assert {each.reason for each in review.lost} == {"没搞定决策层", "标准不利"}


def test_a_level_claimed_ahead_of_the_customer_counts_as_the_rules_have_it(review: Pipeline) -> None:
    brewery = deal_in(review, "东阳啤酒灌装线变频改造")
    assert (brewery.level, brewery.level_stated) == (2, 4)
    assert brewery.weighted_cny == 800_000


def test_a_commit_whose_decider_was_never_met_is_not_supported(review: Pipeline) -> None:
    hospital = deal_in(review, "临江市中医院净化工程")
    assert (hospital.claimed, hospital.supported) == ("commit", "pipeline")
    assert hospital.missing[0].name == "decision"
    assert "高院长的接触程度：现为没见过" in hospital.missing[0].missing[0]
    assert "commit-claimed-with-one-gate-or-none" in {each.rule for each in hospital.objections}


def test_a_commit_with_all_gates_open_stands_and_an_upside_with_two(review: Pipeline) -> None:
    assert (deal_in(review, "元禾化工蒸汽余热回收").supported, deal_in(review, "金山港集装箱堆场照明").supported) == (
        "commit",
        "upside",
    )
    small = deal_in(review, "云海泵业轴承补货")
    assert (small.is_gated, small.supported) == (False, "commit")
    commit = review.categories[0]
    assert (commit.claimed_cny, commit.supported_cny) == (22_480_000, 9_680_000)


def test_an_unreported_deal_with_open_gates_may_be_raised(matcher: Advisor) -> None:
    text = (DEALS / "yuanhe-chemical.yaml").read_text(encoding="utf-8")
    path_deals = {"deal.yaml": parsed(matcher, text.replace("forecast_category: commit", "forecast_category: upside"))}
    assert deal_in(review_of(matcher, path_deals), "元禾化工蒸汽余热回收").is_understated


def parsed(advisor: Advisor, text: str) -> Deal:
    from playbook.load.deal import parse_deal

    return parse_deal(text, advisor.rulebook.vocabulary, advisor.today)


def test_a_company_rule_decides_on_categories_too(tmp_path: Path, today: Any) -> None:
    (tmp_path / "pack.yaml").write_text("name: ours\n", encoding="utf-8")
    rule = """
- id: no-commit-without-board-paper
  title: {zh: 没有董事会批文不报承诺, en: No commit without the board's paper}
  owner: 华东大客户部
  when:
    - deal: {forecast_category: commit, budget_status: not earmarked}
  advise:
    kind: gate
    priority: high
    due: 3d
    cluster: evidence-forecast
    do: {zh: 三天内拿到董事会批文，拿不到降一级。, en: Get the board's paper within three days or go down a level.}
    why: {zh: 没有批文就没有钱。, en: Without it there is no money.}
"""
    (tmp_path / "ours.yaml").write_text(rule, encoding="utf-8")
    advisor = Advisor.load([tmp_path], today, "reference")
    chemical = deal_in(review_of(advisor, read_deals([DEALS], advisor)), "元禾化工蒸汽余热回收")
    assert chemical.supported == "upside"
    assert [each.title for each in chemical.objections] == ["没有董事会批文不报承诺"]


def test_stalled_and_slipped_deals_are_named_the_longest_first(review: Pipeline) -> None:
    assert [(each.name, each.is_stalled, each.is_slipped) for each in review.standing] == [
        ("东阳啤酒灌装线变频改造", True, False),
        ("临江市中医院净化工程", True, True),
        ("西城地铁车站空调", True, True),
    ]
    assert deal_in(review, "临江市中医院净化工程").is_overdue


def test_coverage_is_open_deals_over_what_is_left_of_the_quota(review: Pipeline) -> None:
    by_rep = {line.rep: line.target for line in review.reps}
    assert by_rep["林晓月"] is not None
    assert (by_rep["林晓月"].remaining_cny, by_rep["林晓月"].coverage) == (15_000_000, 1.9)
    assert [target.accuracy_pct for target in review.targets] == [94, 55]


def test_sources_carry_the_share_of_deals_won(review: Pipeline) -> None:
    shares = {line.source: (line.won, line.lost, line.win_pct) for line in review.sources}
    assert shares["公开招标"] == (0, 2, 0)
    assert shares["主动型(我方参与定义)"] == (1, 0, 100)
    assert shares["邀标询价"] == (0, 0, None)


def test_next_actions_come_from_the_team_file_then_from_what_deals_share(review: Pipeline) -> None:
    assert {action.team for action in review.actions if action.team} == {"陈立群", "林晓月"}
    shared = {action.rule: action.deals for action in review.actions if not action.team}
    assert set(shared["stop-moving-the-closing-date"]) == {"临江市中医院净化工程", "西城地铁车站空调"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_tables_are_aligned_and_plain_in_a_pipe(lang: str) -> None:
    page = run(str(DEALS), "--lang", lang).output
    assert "\x1b" not in page
    lines = page.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("───"))
    funnel = lines[start - 1 : start + 6]
    assert {cell_len(line) for line in funnel} == {cell_len(lines[start])}
    assert max(map(cell_len, lines)) <= 110
    assert run(str(DEALS), "--lang", lang).output == page


def test_one_rep_alone_and_a_rep_who_is_not_there() -> None:
    page = run(str(DEALS), "--rep", "陈立群").output
    assert "西城地铁车站空调" in page
    assert "临江市中医院净化工程" not in page
    wrong = run(str(DEALS), "--rep", "陈力群")
    assert wrong.exit_code == 2
    assert "U030" in wrong.output
    assert "陈立群" in wrong.output


def test_every_finding_of_every_file_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("deal: {name: 甲, stage: 没有这个阶段}\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("deal: {name: 乙, stage: need, amount_cny: 很多}\n", encoding="utf-8")
    outcome = run(str(tmp_path))
    assert outcome.exit_code == 3
    assert "a.yaml:1" in outcome.output
    assert "b.yaml:1" in outcome.output


def test_the_page_is_one_file_and_takes_text_as_text(matcher: Advisor) -> None:
    text = (
        "deal: {name: '<script>alert(1)</script>', stage: evaluation, amount_cny: 900万, forecast_category: commit}\n"
    )
    review = review_of(matcher, {"deal.yaml": parsed(matcher, text)})
    page = render_pipeline(review, "html", matcher.rulebook.vocabulary)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert page.count("<svg") == 2
    assert not re.search(r"(?:src|href)=|https?://|url\(", page)


def test_json_has_the_sums() -> None:
    data = json.loads(run(str(DEALS), "--format", "json").output)
    assert data["sums"]["open_cny"] == 55_180_000
    assert len(data["sums"]["overstated"]) == 2
    assert data["as_of"] == "2026-11-21"


def test_the_workbook_holds_numbers_days_and_no_formulas(matcher: Advisor) -> None:
    text = "deal: {name: '=HYPERLINK(1)', stage: need, amount_cny: 120万, next_step: '@见总工', next_step_due: +3d}\n"
    review = review_of(matcher, {"deal.yaml": parsed(matcher, text)})
    data = pipeline_workbook(review, matcher.rulebook.vocabulary)
    assert data == pipeline_workbook(review, matcher.rulebook.vocabulary)
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["总览", "商机", "预测"]
    sheet = book["商机"]
    assert sheet.freeze_panes == "B2"
    row = {str(head.value): cell for head, cell in zip(sheet[1], sheet[2], strict=True)}
    assert (row["商机"].data_type, row["商机"].value, row["商机"].quotePrefix) == ("s", "=HYPERLINK(1)", True)
    assert (row["金额（元）"].value, row["金额（元）"].number_format) == (1_200_000, "#,##0")
    assert (row["赢率"].value, row["赢率"].number_format) == (0.1, "0%")
    assert row["下一步日期"].is_date


def test_without_openpyxl_it_says_what_to_install(
    review: Pipeline, matcher: Advisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., Any] = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name == "openpyxl":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError) as caught:
        pipeline_workbook(review, matcher.rulebook.vocabulary)
    assert "playbook-advisor[excel]" in caught.value.findings[0].text("zh")


def test_a_workbook_needs_a_file_and_the_file_name_chooses_the_format(tmp_path: Path) -> None:
    assert "S004" in run(str(DEALS), "--format", "xlsx").output
    target = tmp_path / "review.xlsx"
    assert run(str(DEALS), "-o", str(target)).exit_code == 0
    assert target.read_bytes()[:2] == b"PK"


def test_every_word_is_there_in_both_languages_and_is_used() -> None:
    words = yaml.safe_load((templates_folder() / "pipeline.yaml").read_text(encoding="utf-8"))
    root = Path(__file__).parent.parent
    sources = [*(root / "playbook" / "render" / "pipeline").glob("*.py"), templates_folder() / "pipeline.html.j2"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    assert [key for key in words if not re.search(rf"""["']{key}["']|terms\.{key}\b""", text)] == []
    pairs = [value for value in words.values() if isinstance(value, dict) and "zh" in value]
    assert all(pair.keys() == {"zh", "en"} and all(map(str, pair.values())) for pair in pairs)
