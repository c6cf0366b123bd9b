"""The coach's pages: a sheet that asks before it answers, a rep's one skill by arithmetic, a team in order."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from playbook.advise.coaching.session import CoachSheet, coach_sheet
from playbook.advise.coaching.skills import Reviewer, TeamReview
from playbook.advise.coaching.words import coaching_data, skills_data
from playbook.advise.words.wording import Wording
from playbook.advisor import Advisor
from playbook.cli import cli
from playbook.model.facts import Deal
from playbook.model.rulebook import Rulebook
from playbook.model.vocabulary import Vocabulary
from playbook.render.coaching.words import FORMS, render_coaching
from playbook.resources import templates_folder

EXAMPLES = Path(__file__).parent.parent / "examples"
DAY = "2026-11-21"

# 设计阶段的设备改造：自评八成，拍板人没见过，事实大多出自李工一个人
BOILER = """
deal:
  name: 三号锅炉脱硝改造
  stage: {value: design, source: 李工, date: -80d}
  amount_cny: 6000000
  win_prob_rep: 80
  spec_author: {value: customer, source: 李工, date: -10d}
  next_step: 再去拜访一次
  next_step_due: +5d
account: {name: 临江热电, value_type: {value: extrinsic, source: 李工, date: -10d}}
stakeholders:
  - name: 何总
    title: 总经理
    level: decision
    influence: 10
    contact_status: none
    is_final_decider: {value: true, source: 李工, date: -10d}
  - name: 李工
    title: 设备主管
    level: operation
    buying_role: user
    influence: 5
    contact_status: regular
    stance: supporter
competitors:
  - {name: 华能环保, position: {value: incumbent, source: [铭牌, 李工], date: -10d}}
team: {rep: 段一鸣}
"""
PUMPS = """
deal: {name: 循环水泵更换, stage: approval, amount_cny: 3000000}
account: {name: 江北化工}
stakeholders:
  - {name: 吴总, title: 董事长, level: decision, influence: 9, contact_status: none, is_final_decider: true}
  - {name: 沈工, title: 设备员, level: operation, buying_role: user, influence: 4, contact_status: met, stance: neutral}
team: {rep: 段一鸣}
"""
VALVES = """
deal: {name: 阀门年度框架, stage: design, amount_cny: 1000000}
account: {name: 云岭石化}
stakeholders:
  - {name: 孟总, level: decision, influence: 9, contact_status: trusted, stance: ally, is_final_decider: true}
team: {rep: 倪海燕}
"""
DELIVERED = """
deal: {name: 老厂风机, stage: implementation, amount_cny: 900000}
account: {name: 云岭石化}
team: {rep: 倪海燕}
"""


@pytest.fixture
def sheet_of(advisor: Advisor, deal_of: Callable[[str], Deal]) -> Callable[..., CoachSheet]:
    """The coach's sheet of a deal given as YAML text or as a file."""

    def make(source: str | Path, lang: str = "zh") -> CoachSheet:
        deal = advisor.read(source) if isinstance(source, Path) else deal_of(source)
        evaluation = advisor.evaluate(deal)
        briefing = advisor.compose(evaluation, lang, "coach")
        return coach_sheet(advisor.rulebook, evaluation, deal, briefing, lambda d: advisor.brief(d, lang, "coach"))

    return make


@pytest.fixture
def team_of(advisor: Advisor, deal_of: Callable[[str], Deal]) -> Callable[..., TeamReview]:
    """The team's plan over deals given as YAML text."""

    def make(*texts: str, lang: str = "zh") -> TeamReview:
        deals = [deal_of(text) for text in texts]
        evaluated = [(deal, advisor.evaluate(deal)) for deal in deals]
        reviewer = Reviewer(advisor.rulebook, lang, advisor.today)
        return reviewer.team((deal, found, advisor.compose(found, lang, "coach")) for deal, found in evaluated)

    return make


def run(*args: object) -> Result:
    return CliRunner().invoke(cli, ["coach", *map(str, args), "--as-of", DAY])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("boiler", BOILER), ("pumps", PUMPS), ("valves", VALVES), ("delivered", DELIVERED)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


# --- Questions


def test_questions_begin_open_then_come_the_review_rules_and_never_those_for_the_customer(
    sheet_of: Callable[..., CoachSheet], rulebook: Rulebook
) -> None:
    sheet = sheet_of(EXAMPLES / "design-stage-hospital.yaml")
    assert sheet.questions[0].ask.startswith("先不讲我们做了什么")
    asked = [question.card.partition("@")[0] for question in sheet.questions if question.card]
    assert asked[0] == "review-the-unmet-decider"
    assert all("rep" not in rulebook.rule_by_id[ident].audience for ident in asked)
    assert all(question.listen for question in sheet.questions)


def test_a_gate_that_no_review_rule_asks_about_is_asked_about_with_its_gaps(
    sheet_of: Callable[..., CoachSheet],
) -> None:
    sheet = sheet_of(EXAMPLES / "sparse-first-call.yaml")
    assert [question.title for question in sheet.questions if question.title] == ["信息门", "关系门", "决定门"]
    assert "竞争对手情况" in sheet.questions[1].ask
    assert "下一步是空的" in sheet.questions[-1].ask
    reviewed = sheet_of(BOILER)
    assert [q.title for q in reviewed.questions if q.title and not q.card] == []
    assert "再去拜访一次" in reviewed.questions[-1].ask


def test_a_lost_deal_is_asked_about_as_lost(sheet_of: Callable[..., CoachSheet], vocabulary: Vocabulary) -> None:
    sheet = sheet_of(EXAMPLES / "lost-to-incumbent.yaml")
    page = render_coaching(sheet, "text", Wording(vocabulary, "zh", sheet.as_of))
    assert "客户选了别家" in sheet.questions[0].ask
    assert "五、这单为什么丢了？" in page
    assert "上一次拜访：10月29日" in page
    assert "光屿照明" in sheet.causes[0].text


def test_where_a_guard_stops_the_way_to_the_decider_the_question_is_what_to_stop(
    sheet_of: Callable[..., CoachSheet],
) -> None:
    sheet = sheet_of(EXAMPLES / "late-stage-closed-gates.yaml")
    question = next(question for question in sheet.questions if question.title == "决定门")
    assert "评标期间不私下接触决策人和评委" in question.ask
    assert "哪些动作要停" in question.ask
    assert sheet.boundaries[0] == "评标期间不私下接触决策人和评委"


# --- Evidence


def test_weak_evidence_is_challenged_by_what_is_weak_about_it(sheet_of: Callable[..., CoachSheet]) -> None:
    found = {challenge.key: challenge for challenge in sheet_of(BOILER).challenges}
    stage = found["deal.stage"]
    assert [reason.id for reason in stage.reasons] == ["single", "stale"]
    assert "80天" in stage.reasons[1].ask
    assert any(reason.id == "unsupported" for challenge in found.values() for reason in challenge.reasons)


def test_a_fact_with_two_sources_or_a_document_is_left_in_peace(sheet_of: Callable[..., CoachSheet]) -> None:
    stated = BOILER.replace("{value: design, source: 李工, date: -80d}", "{value: design, source: 立项批复, date: -9d}")
    keys = {challenge.key for challenge in sheet_of(stated).challenges}
    assert "deal.stage" not in keys
    assert "competitor[华能环保].position" not in keys


def test_the_most_consequential_fact_comes_first(sheet_of: Callable[..., CoachSheet]) -> None:
    weights = [challenge.weight for challenge in sheet_of(EXAMPLES / "design-stage-hospital.yaml").challenges]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] > weights[-1] > 0
    for challenge in sheet_of(BOILER).challenges:
        assert challenge.weight == challenge.cards + coaching_data()["claims"]["gate"] * challenge.gates


def test_a_high_win_rate_is_set_against_the_gates_and_points_that_speak_against_it(
    sheet_of: Callable[..., CoachSheet],
) -> None:
    sheet = sheet_of(EXAMPLES / "late-stage-closed-gates.yaml")
    found = {each.claim.key: each for each in sheet.contradictions}
    assert found.keys() == {"deal.forecast_category", "deal.win_prob_rep"}
    assert {"gate.information", "gate.relationship", "gate.decision"} <= {
        f.key for f in found["deal.win_prob_rep"].against
    }
    decision = next(f for f in found["deal.win_prob_rep"].against if f.key == "gate.decision")
    assert decision.value.startswith("未打开（陈志远")
    assert any("承诺" in question.ask and "改低" in question.ask for question in sheet.questions)


def test_a_deal_whose_judgement_fits_the_facts_is_not_contradicted(sheet_of: Callable[..., CoachSheet]) -> None:
    assert sheet_of(EXAMPLES / "negotiation-strong-position.yaml").contradictions == ()


# --- Blind spots


def test_blind_spots_name_the_unmet_the_uncovered_and_the_one_source(sheet_of: Callable[..., CoachSheet]) -> None:
    texts = [spot.text for spot in sheet_of(BOILER).blind_spots]
    assert "影响力够高却没见过的人：何总" in texts
    assert any(text.endswith("管理层、决策层") for text in texts)
    assert "5条有出处的事实，4条都靠李工一个人" in texts


def test_nobody_contacted_is_one_blind_spot_and_not_five(sheet_of: Callable[..., CoachSheet]) -> None:
    text = BOILER.replace("contact_status: regular", "contact_status: none")
    texts = [spot.text for spot in sheet_of(text).blind_spots]
    assert "名单上看不出接触过客户的任何一个人" in texts
    assert not any("层级" in text for text in texts)


# --- Role-play


def test_the_scene_has_who_plays_whom_and_three_objections_that_the_rules_answer(
    sheet_of: Callable[..., CoachSheet],
) -> None:
    scene = sheet_of(EXAMPLES / "negotiation-strong-position.yaml").scene
    assert scene.partner == "林国栋"
    assert scene.opening
    assert len(scene.objections) == 3
    first = scene.objections[0]
    assert (first.type, first.stated, first.line) == ("price", True, "再让五十万马上签")
    assert all(objection.answer and objection.how for objection in scene.objections)
    assert any("签约日" in text for text in scene.good)


def test_the_value_type_of_the_customer_chooses_the_objections(sheet_of: Callable[..., CoachSheet]) -> None:
    chosen = {}
    for kind in ("extrinsic", "strategic"):
        scene = sheet_of(BOILER.replace("value: extrinsic", f"value: {kind}")).scene
        chosen[kind] = [objection.type for objection in scene.objections]
        assert set(chosen[kind]) <= set(coaching_data()["objections"]["order"][kind])
    assert chosen["extrinsic"] != chosen["strategic"]


def test_no_meeting_is_rehearsed_that_may_not_take_place(sheet_of: Callable[..., CoachSheet]) -> None:
    scene = sheet_of(EXAMPLES / "late-stage-closed-gates.yaml").scene
    assert scene.held
    assert scene.partner == "主管"
    assert "陈志远" not in scene.opening
    assert len(scene.objections) == 3
    assert "招标投标法第四十三条" in scene.cast


# --- Pre-mortem, duties, form


def test_the_premortem_puts_closed_gates_first_then_the_rival(sheet_of: Callable[..., CoachSheet]) -> None:
    causes = sheet_of(BOILER).causes
    kinds = [cause.kind for cause in causes]
    assert kinds[:4] == ["gate", "gate", "gate", "rival"]
    assert causes[0].text.startswith("决定门到最后也没打开")
    assert "华能环保" in causes[3].text
    assert not any("预测" in cause.text for cause in causes)


def test_the_manager_checks_four_duties_and_six_roles_by_their_place_in_the_documents(
    sheet_of: Callable[..., CoachSheet], rulebook: Rulebook
) -> None:
    duties = sheet_of(BOILER).duties
    assert [duty.kind for duty in duties] == ["duty"] * 4 + ["role"] * 3  # the six roles come in three pairs
    assert {duty.source.id for duty in duties} == {ident for ident in rulebook.tactics if ident.startswith("S3-mgr-")}


def test_the_answers_are_the_top_three_and_stand_last_on_the_page(
    sheet_of: Callable[..., CoachSheet], vocabulary: Vocabulary
) -> None:
    sheet = sheet_of(BOILER)
    page = render_coaching(sheet, "text", Wording(vocabulary, sheet.lang, sheet.as_of))
    assert len(sheet.answers) == 3
    assert page.index("一、先问") < page.index("七、今天约定了什么") < page.index(sheet.answers[0][1])


# --- A rep


def test_the_skill_is_chosen_by_the_share_of_open_cells(team_of: Callable[..., TeamReview]) -> None:
    review = next(r for r in team_of(BOILER, PUMPS, VALVES).reps if r.rep == "段一鸣")
    assert review.skill is not None
    for skill in review.skills:
        assert skill.open == sum(part.open for part in skill.parts)
        assert skill.share == round(100 * skill.open / skill.applies)
    assert review.skill.share == max(skill.share for skill in review.skills)
    reach = next(skill for skill in review.skills if skill.id == "reach-deciders")
    assert (reach.open, reach.applies) == (6, 6)
    assert review.skill == reach
    assert set(reach.deals) == {"三号锅炉脱硝改造", "循环水泵更换"}


def test_a_gap_recurs_from_two_deals_on(team_of: Callable[..., TeamReview]) -> None:
    both = team_of(BOILER, PUMPS).reps[0]
    alone = team_of(BOILER).reps[0]
    assert {gap.id for gap in both.gaps if gap.recurring} >= {"gate.decision", "role.decision_maker", "level.decision"}
    assert alone.recurring is None
    assert alone.skill is not None


def test_a_role_that_is_not_written_down_is_unsure_and_not_counted(team_of: Callable[..., TeamReview]) -> None:
    review = team_of(BOILER.replace("    buying_role: user\n", "")).reps[0]
    position = [gap.id for gap in review.gaps].index("role.user")
    assert review.deals[0].cells[position] == "unsure"
    assert (review.gaps[position].open, review.gaps[position].applies) == (0, 0)


def test_a_delivered_deal_has_no_gaps_of_a_sale(team_of: Callable[..., TeamReview]) -> None:
    review = team_of(DELIVERED).reps[0]
    assert set(review.deals[0].cells) == {"none"}
    assert review.skill is None
    assert review.at_stake == 0


def test_the_data_of_the_skills_names_real_gaps_tactics_and_fields(
    team_of: Callable[..., TeamReview], rulebook: Rulebook, vocabulary: Vocabulary
) -> None:
    gaps = {gap.id for gap in team_of(BOILER).reps[0].gaps}
    data = skills_data()
    for skill in data["skills"]:
        assert set(skill["gaps"]) <= gaps, skill["id"]
        assert set(skill["sources"]) <= set(rulebook.tactics), skill["id"]
    used = [gap for skill in data["skills"] for gap in skill["gaps"]]
    assert sorted(used) == sorted(gaps)  # every gap counts for one skill
    for spec in data["gaps"].values():
        assert all(vocabulary.field(key) for key in (*spec.get("unknown", ()), *spec.get("values", {})))
        assert set(spec.get("clusters", ())) <= set(rulebook.clusters)


def test_the_data_of_the_sheet_names_real_fields_and_values(vocabulary: Vocabulary) -> None:
    data = coaching_data()
    assert [key for key in (*data["claims"]["skip"], *data["judgements"]) if vocabulary.field(key) is None] == []
    types = set(vocabulary.entities["visit"].fields["objection_type"].label_of) - {"none"}
    assert set(data["objections"]["lines"]) == types
    assert all(set(order) <= types for order in data["objections"]["order"].values())
    rival = vocabulary.entities["competitor"].fields
    for name, values in data["rival_signs"].items():
        assert values == [True] or set(values) <= set(rival[name].label_of)


# --- A team


def test_most_money_behind_closed_gates_is_coached_first(team_of: Callable[..., TeamReview]) -> None:
    team = team_of(VALVES, BOILER, PUMPS, DELIVERED)
    assert [review.rep for review in team.reps] == ["段一鸣", "倪海燕"]
    assert team.at_stake[0] == 9_000_000  # both deals with all three gates closed
    assert team.at_stake[1] == pytest.approx(1_000_000 * 1 / 3, rel=1)
    assert [len(review.deals) for review in team.reps] == [2, 2]


def test_the_order_of_the_files_does_not_matter(team_of: Callable[..., TeamReview]) -> None:
    assert team_of(BOILER, PUMPS, VALVES) == team_of(VALVES, PUMPS, BOILER)


# --- The command


def test_a_file_gives_a_sheet_a_rep_a_review_and_a_folder_a_plan(folder: Path) -> None:
    assert run(folder / "boiler.yaml").output.startswith("教练用单 · 三号锅炉脱硝改造\n")
    assert run(folder, "--rep", "段一鸣").output.startswith("销售复盘 · 段一鸣\n")
    team = run(folder).output
    assert team.startswith("团队辅导安排\n")
    assert re.search(r"^段一鸣 +2 +0/6 ", team, re.MULTILINE)


def test_a_folder_of_one_rep_is_that_reps_review(folder: Path) -> None:
    for name in ("valves", "delivered"):
        (folder / f"{name}.yaml").unlink()
    assert run(folder).output.startswith("销售复盘 · 段一鸣\n")


def test_the_heat_map_has_words_and_marks_in_html(folder: Path) -> None:
    page = run(folder, "--rep", "段一鸣", "--format", "html").output
    assert "@page { size: A4" in page
    assert re.search(r'<th scope="row">决定门 ▲</th><td class="gap">缺</td><td class="gap">缺</td>', page)
    assert "<script" not in page
    assert "http" not in page


def test_text_of_a_deal_is_never_read_as_markup(folder: Path) -> None:
    text = BOILER.replace("三号锅炉脱硝改造", "'<script>alert(1)</script> {{ 7*7 }}'")
    (folder / "boiler.yaml").write_text(text, encoding="utf-8")
    page = run(folder / "boiler.yaml", "--format", "html").output
    assert "<script" not in page
    assert "{{ 7*7 }}" in page


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_same_files_and_day_give_the_same_bytes_in_every_format(folder: Path, form: str, lang: str) -> None:
    for args in ((folder / "boiler.yaml",), (folder, "--rep", "段一鸣"), (folder,)):
        first, second = (run(*args, "--format", form, "--lang", lang).output for _ in range(2))
        assert first == second
        assert first.endswith("\n")


def test_english_pages_hold_no_chinese_but_what_the_deal_says(folder: Path) -> None:
    english = BOILER
    for zh, en in (("三号锅炉脱硝改造", "Boiler 3"), ("再去拜访一次", "see them again"), ("临江热电", "Linjiang Power"),
                   ("何总", "He"), ("总经理", "CEO"), ("李工", "Li"), ("设备主管", "Engineer"), ("华能环保", "Huaneng"),
                   ("铭牌", "name plate"), ("段一鸣", "Duan")):  # fmt: skip
        english = english.replace(zh, en)
    (folder / "boiler.yaml").write_text(english, encoding="utf-8")
    for args in ((folder / "boiler.yaml",), (folder, "--rep", "Duan")):
        assert not re.search("[\u4e00-\u9fff]", run(*args, "--lang", "en").output)


def test_json_tells_which_view_it_is(folder: Path) -> None:
    views = [
        json.loads(run(*args, "--format", "json").output)["view"] for args in ((folder / "boiler.yaml",), (folder,))
    ]
    assert views == ["deal", "team"]
    data: dict[str, Any] = json.loads(run(folder, "--rep", "段一鸣", "--format", "json").output)
    assert data["view"] == "rep"
    assert data["skill"]["id"] == "reach-deciders"


def test_the_suffix_of_the_output_chooses_the_format(folder: Path) -> None:
    run(folder / "boiler.yaml", "-o", folder / "单.md")
    assert (folder / "单.md").read_text(encoding="utf-8").startswith("# 教练用单 · 三号锅炉脱硝改造")


def test_all_bad_files_are_told_at_once(folder: Path) -> None:
    (folder / "a.yaml").write_text("deal: {name: 甲, stage: 设计院}\n", encoding="utf-8")
    (folder / "b.yaml").write_text("deal: {name: 乙, stgae: design}\n", encoding="utf-8")
    result = run(folder)
    assert result.exit_code == 3
    assert "a.yaml:1" in result.output
    assert "b.yaml:1" in result.output


def test_an_unknown_rep_and_a_folder_without_deals_in_a_stage_are_told(folder: Path, tmp_path: Path) -> None:
    result = run(folder, "--rep", "段一明")
    assert result.exit_code == 2
    assert "U030" in result.output
    assert "段一鸣" in result.output
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "rep.yaml").write_text("rep: {name: 段一鸣, morale: low}\n", encoding="utf-8")
    for path in (tmp_path / "team", tmp_path / "team" / "rep.yaml"):
        result = run(path)
        assert result.exit_code == 2
        assert "U040" in result.output


def test_every_example_makes_a_sheet_in_both_languages() -> None:
    for path in sorted(set(EXAMPLES.glob("*.yaml")) - {EXAMPLES / "manager-team.yaml"}):
        for lang in ("zh", "en"):
            result = run(path, "--lang", lang)
            assert result.exit_code == 0, (path.name, result.output)
            assert "{" not in result.output, path.name


def test_every_word_of_the_pages_is_there_in_both_languages_and_used() -> None:
    words = yaml.safe_load((templates_folder() / "coach.yaml").read_text(encoding="utf-8"))
    for key, word in words.items():
        assert word.keys() == {"zh", "en"}, key
        assert set(re.findall(r"{\w+}", word["zh"])) == set(re.findall(r"{\w+}", word["en"])), key
    render = Path(__file__).parent.parent / "playbook" / "render" / "coaching"
    code = (render / "words.py").read_text(encoding="utf-8")
    used = {key for key in words if f'"{key}"' in code or f"'{key}'" in code}
    for path in templates_folder().glob("coach.*.j2"):
        used |= set(re.findall(r"\bt\.(\w+)", path.read_text(encoding="utf-8")))
    assert used == set(words)
