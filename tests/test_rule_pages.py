"""Rules in plain words: sentences, the page of a rule, and the pages of the whole playbook."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from posixpath import dirname, join, normpath
from urllib.parse import unquote

import pytest
import yaml
from click.testing import CliRunner

from playbook.advise.words.phrases import phrases
from playbook.advise.words.plain import PlainWords
from playbook.advise.words.wording import Wording
from playbook.advisor import Advisor
from playbook.cli import cli
from playbook.load.rulefile import parse_rules
from playbook.model.dependencies import Dependencies
from playbook.render.docs.pages import FORMATS, pages
from playbook.render.docs.rulepage import RuleReader
from playbook.render.docs.words import axis_of, doc_words, file_label, folder_label
from playbook.resources import templates_folder

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="session")
def plain(rulebook, today):
    """Plain words for conditions given as YAML, as `plain(when, lang)`."""

    def make(when: str, lang: str) -> tuple[PlainWords, tuple]:
        given = "- id: sample\n  title: {zh: 甲, en: A}\n  conclude: {deal.size_class: large_complex}\n  when:\n"
        findings = []
        (rule,) = parse_rules(given + when, rulebook.vocabulary, findings.append)
        assert findings == []
        parameters = {name: p.value for name, p in rulebook.parameters.items()}
        return PlainWords(Wording(rulebook.vocabulary, lang, today), parameters, rule.when), rule.when

    return make


@pytest.fixture(scope="session")
def readers(rulebook, today):
    return [RuleReader(rulebook, Wording(rulebook.vocabulary, lang, today)) for lang in ("zh", "en")]


@pytest.fixture(scope="session")
def site(readers):
    """All pages by path, as `site(form)`, made once a format."""
    made = {}

    def make(form: str) -> dict[str, str]:
        if form not in made:
            made[form] = pages(readers, form)
        return made[form]

    return make


def run(*arguments, env=None):
    return CliRunner().invoke(cli, ["rules", *map(str, arguments)], env=env)


# --- Sentences


@pytest.mark.parametrize(
    ("when", "zh", "en"),
    [
        (
            "- deal: {stage: '>= evaluation'}\n- no stakeholder: {level: decision, contact_status: [regular, trusted]}",
            "当采购阶段在招标评估或之后，且没有任何与我方常来往或信任我方的决策层人员时",
            "When the procurement stage is tender and evaluation or later, and there is no decision-level person"
            " who meets us regularly or trusts us",
        ),
        (
            "- at least 2 stakeholder as fans: {stance: [supporter, ally], influence: '>= param.key_influence'}",
            "当至少有两位影响力不低于5的支持者或盟友时",
            "When there are at least two supporters or allies whose influence is at least 5",
        ),
        (
            "- at least 2 stakeholder: {contact_status: '>= regular', is_final_decider: not yes}",
            "当至少有两位与我方常来往或信任我方、不是最终拍板人的关键人时",
            "When there are at least two stakeholders who meet us regularly or trust us"
            " and who are not the final decider",
        ),
        (
            "- fewer than param.allies_required stakeholder: {stance: ally}",
            "当盟友不到两位时",
            "When there are fewer than two allies",
        ),
        ("- no competitor: {}", "当没有任何竞争对手时", "When there is no rival"),
        (
            "- all stakeholder: {is_coach: not yes}",
            "当每位关键人都是不是教练的人时",
            "When every stakeholder is one who is not our coach",
        ),
        (
            "- stakeholder as boss: {is_final_decider: yes}\n- no stakeholder: {sways: = boss.name}",
            "当有一位拍板人，且没有任何能影响拍板人的关键人时",
            "When there is a final decider and there is no stakeholder who sways the final decider",
        ),
        (
            "- stakeholder as fence: {stance: neutral}\n- at least 1 stakeholder: {function: = fence.function}",
            "当有一位中立者，且至少有一位与中立者职能相同的关键人时",
            "When there is a neutral person and there is at least one stakeholder"
            " who works in the same function as the neutral person",
        ),
        (
            "- any: [{bid: {result: lost}}, [{deal: {status: lost}}, {loss: {reason: price}}]]\n"
            "- loss: {winner: known}",
            "当（评标结果是落选；或者商机已记为丢单，且丢单原因为价格），且中标的对手已清楚时",
            "When (the tender result is a loss; or the deal is recorded as lost and the reason for the loss is price)"
            ", and the winner is known",
        ),
        (
            "- visit: {planned_date: 'today..today+7d', with: known}\n- bid: {our_price: '> bid.ceiling_price'}",
            "当拜访日期在今后7天内，拜访已定好见谁，且我方报价高于最高限价时",
            "When the visit date is within the next 7 days, the visit has somebody named to meet, and our price is"
            " above the ceiling price",
        ),
        (
            "- bid: {deadline: 'not < today', days_left: 3..7}\n- delivery: {overdue_days: '> 0'}",
            "当投标截止日在今天或之后（或不清楚），距投标截止还有3到7天，且回款已逾期时",
            "When the bid deadline is today or later (or unknown), the bid deadline is 3 to 7 days away,"
            " and payment is overdue",
        ),
        (
            "- deal: {solution_fit: [unknown, poor], amount_cny: '>= param.large_amount_cny', stage: need..design}",
            "当方案匹配度差（或不清楚），预计金额不低于100万元，且采购阶段处于发现需求至方案与标准设计各阶段时",
            "When the fit of our solution is poor (or unknown), the estimated amount is at least CNY 1 million,"
            " and the procurement stage is anywhere from need recognition to specification design",
        ),
        (
            "- deal: {inquiry_signals: 'at least 2 of [price_only, fast_decision]'}\n"
            "- rep: {lead_sources: not tender_site}",
            "当询盘信号至少包括2项：只问最低价、一两周内定，且线索来源不包括招标平台时",
            "When the signals in the inquiry include at least 2 of asking only for the lowest price, a decision within"
            " days, and the rep's lead sources do not include tender site",
        ),
        (
            "- at least 2 of info: {p*: [unknown, hearsay]}\n- at least 2 of gate: {decision: open, information: open}",
            "当九个信息点中至少有2个为听说或不清楚，决定门已开，且信息门已开时",
            "When at least 2 of the nine information points are hearsay or unknown, the decision gate is open,"
            " and the information gate is open",
        ),
        (
            "- bid: {days_left: not 0..20, price_weight_pct: not 30..50}",
            "当距投标截止不是还有0到20天（或不清楚），且价格分权重不是30%到50%（或不清楚）时",
            "When the bid deadline is not 0 to 20 days away (or unknown) and the price weight is not 30% to 50%"
            " (or unknown)",
        ),
        (
            "- procurement: {mandatory_tender: unknown, method: not unknown}\n- visit: {talk_share_pct: '> 60'}",
            "当本次采购是否依法必须招标还不清楚，采购方式已清楚，且我方说话占比高于60%时",
            "When it is unknown whether the purchase must be tendered by law, the procurement method is known,"
            " and our share of the talk is above 60%",
        ),
    ],
)
def test_conditions_read_as_a_sentence(plain, when, zh, en):
    indented = "\n".join(f"    {line}" for line in when.splitlines())
    for lang, wanted in (("zh", zh), ("en", en)):
        words, conditions = plain(indented, lang)
        assert words.sentence(conditions) == wanted


def test_every_rule_reads_as_a_sentence_of_one_language(readers):
    for reader in readers:
        for rule in reader.rulebook.rules:
            view = reader.view(rule)
            assert len(view.outputs) >= 1
            for text in (view.title, *(o.lead for o in view.outputs), *(o.text for o in view.outputs)):
                assert "{" not in text, (rule.id, text)
                assert "}" not in text, (rule.id, text)
            lead = view.outputs[0].lead
            if reader.w.lang == "zh":
                assert lead.startswith("当"), (rule.id, lead)
                assert not re.search(r"\b(who|whose|is|are)\b", lead), (rule.id, lead)
            else:
                assert lead.startswith("When "), (rule.id, lead)
                assert not CHINESE.search(lead), (rule.id, lead)


def test_conditions_that_hold_while_unknown_are_named(readers, rulebook):
    view = readers[0].view(rulebook.rule_by_id["reach-top-decision-maker-through-coach"])
    assert ("情况不清楚时也成立的条件", "销售性质不是小额交易式") in view.notes
    assert any("每有一位这样的拍板人" in text for _, text in view.notes)


def test_placeholders_become_slots_with_readable_names(plain):
    from playbook.model.vocabulary import Text

    when = "    - stakeholder as boss: {is_final_decider: yes}\n    - at least 1 stakeholder as fans: {stance: ally}"
    text = Text(
        "到{{ deal.stage }}约{{ boss.name }}，请{{ fans }}引荐；支持面不到{{ param.support_required_pct }}%，"
        "说说{{ deal.industry or '同行业' }}的做法。",
        "At {{ deal.stage }} see {{ boss.name }} through {{ fans }}; below {{ param.support_required_pct }}%; "
        "{{ deal.industry or 'your sector' }}.",
    )
    assert plain(when, "zh")[0].slots(text) == (
        "到〔采购阶段〕约〔拍板人姓名〕，请〔盟友〕引荐；支持面不到50%，说说〔客户行业，不清楚时写“同行业”〕的做法。"
    )
    assert plain(when, "en")[0].slots(text) == (
        "At [procurement stage] see [final decider’s name] through [allies]; below 50%; "
        "[customer's industry, or “your sector” when unknown]."
    )


def test_two_people_of_one_kind_are_told_apart(plain):
    from playbook.model.vocabulary import Text

    when = "    - stakeholder as one: {stance: ally}\n    - stakeholder as two: {stance: ally}"
    text = Text("请{{ one.name }}和{{ two.name }}", "{{ one.name }} and {{ two.name }}")
    assert plain(when, "zh")[0].slots(text) == "请〔盟友姓名〕和〔另一位盟友姓名〕"
    assert plain(when, "en")[0].slots(text) == "[ally’s name] and [other ally’s name]"


def test_phrases_are_about_fields_and_values_that_exist(vocabulary):
    special = re.compile(r"known|unknown|zero|some|(>=|>|<=|<|\.\.) \w+|= \w+\.\w+")
    for key, spec in phrases().fields.items():
        field = vocabulary.field(key)
        assert field is not None, key
        values = {"yes", "no"} if field.type == "boolean" else set(field.label_of)
        for value, text in (*spec.says.items(), *spec.nots.items(), *spec.words.items()):
            assert value in values or special.fullmatch(value), (key, value)
            assert text.zh, (key, value)
            assert text.en, (key, value)
    for entity, fields in phrases().nouns.items():
        for name, nouns in fields.items():
            field = vocabulary.field(f"{entity}.{name}")
            assert set(nouns) <= (set(field.label_of) or {"yes"}), name


def test_every_yes_or_no_has_a_phrase_for_both(vocabulary):
    for entity in vocabulary.entities.values():
        for field in entity.fields.values():
            if field.type == "boolean":
                assert {"yes", "no"} <= phrases().fields[field.key].says.keys(), field.key


# --- What hangs together


def test_rules_feed_each_other_through_concluded_facts(rulebook):
    ties = Dependencies(rulebook)
    reach = rulebook.rule_by_id["reach-top-decision-maker-through-coach"]
    assert ties.feeding(reach)["stakeholder.is_coach"] == ("coach-role-means-coach",)
    assert reach.id in ties.fed(rulebook.rule_by_id["coach-role-means-coach"])["stakeholder.is_coach"]
    assert "deal.stage" in ties.tested(reach)
    assert "ask-bid-deadline" in ties.asking["bid.deadline"]


def test_a_guard_governs_what_it_names(rulebook):
    ties = Dependencies(rulebook)
    guard = rulebook.rule_by_id["no-private-contact-during-tender-evaluation"]
    governed = ties.governed(guard)
    assert guard.id not in governed
    for rule in rulebook.rules:
        cards = [card for card in (rule.advise, rule.ask) if card]
        deals_with_customer = any(card.party == "customer" for card in cards)
        if deals_with_customer and rule.id != guard.id:
            assert rule.id in governed
            assert guard.id in ties.governing[rule.id]
    assert "large-by-amount" not in governed


# --- rules show


def test_show_tells_what_a_rule_says_and_what_hangs_on_it():
    result = run("show", "reach-top-decision-maker-through-coach")
    assert result.exit_code == 0
    text = result.stdout
    assert "有一位我方还没见过的拍板人，且至少有一位教练时，提醒：" in text
    assert "〔拍板人姓名〕" in text
    assert "《大客户销售的三道门槛》决定力（S0-warn-03-never-met-top）" in text
    assert "位置：rules/people/decider.yaml:" in text
    assert "类别：提醒 · 优先级：紧急 · 期限：3天内" in text
    assert "拦下 · " in text.split("管它的守卫")[1]
    assert "采购角色是教练，即视为教练  [coach-role-means-coach]" in text.split("它依赖的结论")[1]


def test_show_in_english_holds_no_chinese_but_the_names_of_tests():
    result = run("show", "signals-point-to-intrinsic", "--lang", "en")
    page = result.stdout.split("Tests:")[0]
    assert "conclude that the customer is an intrinsic-value buyer." in page
    assert "Feeds:" in page
    assert not CHINESE.search(page)


PACK_RULES = """
- id: our-own-reminder
  title: {zh: 华东区<script>提醒, en: East region reminder}
  owner: 王敏
  status: draft
  effective: {from: 2026-01-01, until: 2026-12-31}
  audience: [rep]
  when:
    - deal: {stage: evaluation, amount_cny: ">= 5000000"}
    - stakeholder as buyer: {buying_role: procurement, contact_status: not none}
  advise:
    kind: action
    priority: high
    due: visit.planned_date - 1d
    do: {zh: "约{{ buyer.name }}核对|报价* 表。", en: "Check the price sheet with {{ buyer.name }}."}
    why: {zh: 报价错一位就废标。, en: One wrong digit loses the bid.}
- id: our-decider-rule
  title: {zh: 我司版本, en: Our version}
  replaces: reach-top-decision-maker
  reason: {zh: 我司先走高层, en: We go through executives first}
  when: [deal: {stage: design}]
  conclude: {deal.size_class: large_complex}
"""
PACK = """
name: east
disable: [{rule: offer-direct-ordering-to-rep-averse-buyer, reason: {zh: 我司不做直供, en: We do not sell direct}}]
restrict:
  - rule: identify-final-decider
    when: [deal: {amount_cny: ">= 3000000"}]
    reason: {zh: 小项目不问, en: Not on small deals}
"""
PACK_TESTS = """
- name: {zh: 大单才提醒, en: Only on large deals}
  facts:
    deal: {name: 东江纸业二期, stage: evaluation, amount_cny: 800万}
    stakeholders: [{name: 李采购, buying_role: procurement, contact_status: met}]
  silent: [our-own-reminder]
"""


@pytest.fixture
def pack(tmp_path):
    folder = tmp_path / "east"
    (folder / "own").mkdir(parents=True)
    (folder / "pack.yaml").write_text(PACK, encoding="utf-8")
    (folder / "own" / "华东 规则.yaml").write_text(PACK_RULES, encoding="utf-8")
    (folder / "own" / "华东 规则.test.yaml").write_text(PACK_TESTS, encoding="utf-8")
    return folder


def test_show_a_rule_of_a_company_pack(pack):
    text = run("show", "our-own-reminder", "--rules", pack).stdout
    assert "维护人：王敏" in text
    assert "状态：草稿" in text
    assert "生效期：2026-01-01起，至2026-12-31止" in text
    assert "期限：拜访日期前1天" in text
    assert "给谁看：销售" in text
    assert "不触发 · 大单才提醒" in text
    assert (
        "公司包 east 给 identify-final-decider 加了条件：小项目不问"
        in run("show", "identify-final-decider", "--rules", pack).stdout
    )
    assert (
        "公司包 east 替换了 reach-top-decision-maker：我司先走高层"
        in run("show", "our-decider-rule", "--rules", pack).stdout
    )


# --- rules docs


def targets(page: str, form: str) -> tuple[set[str], list[str]]:
    """The anchors of a page and where its links lead."""
    if form == "md":
        anchors = set(re.findall(r'<a id="([^"]+)"></a>', page))
        return anchors, re.findall(r"\]\(([^)\s]+)\)", page)
    found = Links()
    found.feed(page)
    found.close()
    assert found.open == []
    return found.anchors, found.links


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if given.get("id"):
            assert given["id"] not in self.anchors
            self.anchors.add(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        assert "src" not in given
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("form", FORMATS)
def test_every_link_leads_to_a_page_and_a_place_on_it(site, form):
    found = {path: targets(text, form) for path, text in site(form).items()}
    count = 0
    for path, (_, links) in found.items():
        for link in links:
            page, _, anchor = unquote(link).partition("#")
            goal = normpath(join(dirname(path), page)) if page else path
            assert goal in found, (path, link)
            assert not anchor or anchor in found[goal][0], (path, link)
            count += 1
    assert count > 5000


@pytest.mark.parametrize("form", FORMATS)
def test_pages_hold_the_whole_playbook_in_both_languages(site, rulebook, form):
    found = site(form)
    for lang in ("zh", "en"):
        for rule in rulebook.rules:
            folder, file = axis_of(rule)
            assert rule.id in found[f"{lang}/rules/{folder}/{file}.{form}"]
        for tactic in rulebook.tactics:
            assert tactic in found[f"{lang}/documents/{tactic.split('-')[0]}.{form}"]
        for entity in rulebook.vocabulary.entities.values():
            page = found[f"{lang}/facts/{entity.name}.{form}"]
            assert all(field.key in page for field in entity.fields.values())
        assert all(name in found[f"{lang}/parameters.{form}"] for name in rulebook.parameters)
        assert all(name in found[f"{lang}/clusters.{form}"] for name in rulebook.clusters)
        guards = [rule.id for rule in rulebook.rules if rule.guard]
        assert all(ident in found[f"{lang}/guards.{form}"] for ident in guards)
    assert "招标投标法第二十四条" in found[f"zh/parameters.{form}"]
    assert "Tendering Law art. 24" in found[f"en/parameters.{form}"]


def test_a_page_shows_a_rule_as_it_is_read(site):
    page = site("md")["zh/rules/people/decider.md"]
    rule = page.split('<a id="reach-top-decision-maker-through-coach"></a>')[1].split("<a id=")[0]
    lines = rule.strip().splitlines()
    assert lines[0] == "### 没见过拍板人：请教练引荐"
    assert "类别：提醒 · 优先级：紧急" in lines[2]
    assert lines[4].startswith("当销售性质不是小额交易式，")
    assert lines[6].startswith("> 到〔采购阶段〕还没见过〔拍板人姓名〕。")
    assert [line[:4] for line in lines[8:10]] == ["- 因为", "- 可以"]
    assert lines[-1].startswith("- 位置：`rules/people/decider.yaml:")
    assert "](../../documents/S0.md#S0-warn-03-never-met-top)" in rule
    assert "](../../facts/stakeholder.md#stakeholder.contact_status)" in rule
    assert "](../compliance/guards.md#no-private-contact-during-tender-evaluation)" in rule


def test_pages_are_the_same_each_time(rulebook, today):
    first, second = (RuleReader(rulebook, Wording(rulebook.vocabulary, "en", today)) for _ in range(2))
    assert list(pages([first], "md").items()) == list(pages([second], "md").items())


def test_english_pages_hold_no_chinese_but_the_way_back(site):
    for path, text in site("md").items():
        if path.startswith("en/"):
            assert not CHINESE.search(text.replace("[中文]", "")), path


def test_docs_writes_pages_and_check_tells_when_they_are_out_of_date(tmp_path):
    folder = tmp_path / "pages"
    written = run("docs", "-o", folder, "--lang", "zh")
    assert written.exit_code == 0
    assert "页" in written.stdout

    stale = folder / "zh" / "rules" / "people" / "coach.md"
    stale.write_text(stale.read_text(encoding="utf-8") + "改过\n", encoding="utf-8")
    (folder / "zh" / "clusters.md").unlink()
    old = folder / "zh" / "rules" / "people" / "gone.md"
    old.write_text("<!-- playbook rules docs -->\n# 旧页\n", encoding="utf-8")
    notes = folder / "zh" / "notes.md"
    notes.write_text("我的笔记\n", encoding="utf-8")
    checked = run("docs", "-o", folder, "--lang", "zh", "--check")
    assert checked.exit_code == 1
    lines = checked.stderr.splitlines()
    assert [line.split(": ")[1][:4] for line in lines] == ["G003", "G003", "G004"]
    assert "clusters.md" in lines[0]
    assert "coach.md" in lines[1]
    assert "gone.md" in lines[2]
    assert not (folder / "zh" / "clusters.md").exists()  # a check writes nothing

    assert run("docs", "-o", folder, "--lang", "zh").exit_code == 0
    assert run("docs", "-o", folder, "--lang", "zh", "--check").exit_code == 0
    assert not old.exists()
    assert notes.read_text(encoding="utf-8") == "我的笔记\n"


def test_docs_of_one_language_link_to_no_other(tmp_path):
    run("docs", "-o", tmp_path, "--lang", "en", "--format", "html")
    assert not (tmp_path / "zh").exists()
    assert not (tmp_path / "index.html").exists()
    assert "zh/" not in (tmp_path / "en" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", FORMATS)
def test_pages_of_a_company_pack(pack, today, form):
    rulebook = Advisor.load([pack], today).rulebook
    reader = RuleReader(rulebook, Wording(rulebook.vocabulary, "zh", today))
    found = pages([reader], form)
    page = found[f"zh/rules/own/华东-规则.{form}"]
    assert not re.search(r"(?<!\\)<script", page)
    assert {"md": r"报价\* 表", "html": "报价* 表"}[form] in page
    index = found[f"zh/index.{form}"]
    assert "我司不做直供" in index
    assert "own" in index
    links = targets(index, form)[1]
    assert any(unquote(link).startswith("rules/own/华东-规则") for link in links)


def test_an_html_page_loads_nothing(site):
    for text in site("html").values():
        assert "http" not in text
        assert "@import" not in text
        assert "<script" not in text
        assert text.count("<style>") == 1


# --- Labels


def test_each_label_of_the_pages_is_used():
    code = Path(__file__).parent.parent / "playbook"
    sources = [*(templates_folder() / "docs").glob("*.j2"), *code.glob("render/**/*.py"), *code.glob("cli/*.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    for label in doc_words("zh"):
        first, _, last = label.partition("_")
        named = rf"""\bw\.{label}\b|["']{label}["']"""
        made = rf'"{first}_{{|}}_{last}"' if last else named  # words["guard_{effect}"]
        assert re.search(f"{named}|{made}", text), label


def test_each_label_is_in_both_languages():
    def walk(node, path):
        if isinstance(node, dict) and not node.keys() & {"zh", "en"}:
            for key, value in node.items():
                walk(value, f"{path}.{key}")
        else:
            assert node.keys() == {"zh", "en"}, path
            assert all(node.values()), path

    for name in ("words.yaml", "axes.yaml"):
        walk(yaml.safe_load((templates_folder() / "docs" / name).read_text(encoding="utf-8")), name)


def test_every_file_of_rules_has_a_name_and_no_other(rulebook):
    files = {axis_of(rule) for rule in rulebook.rules}
    named = yaml.safe_load((templates_folder() / "docs" / "axes.yaml").read_text(encoding="utf-8"))
    assert {(folder, file) for folder, about in named.items() for file in about["files"]} == files
    for folder, file in files:
        assert CHINESE.search(folder_label(folder, "zh"))
        assert CHINESE.search(file_label(folder, file, "zh"))
    assert file_label("own", "special", "zh") == "special"


def test_a_rule_stands_on_the_page_of_its_file(rulebook):
    for rule in rulebook.rules:
        assert axis_of(rule) == (PurePosixPath(rule.at.file).parent.name, PurePosixPath(rule.at.file).stem)


def test_the_pages_in_the_repository_are_up_to_date():
    """After a change of rules: `playbook rules docs -o docs/playbook`."""
    folder = Path(__file__).parent.parent / "docs" / "playbook"
    result = CliRunner().invoke(cli, ["rules", "docs", "-o", str(folder), "--check"])
    assert result.exit_code == 0, result.output
