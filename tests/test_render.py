"""What a reader gets: the order of the sheet, what is left out, and that no text of a user is ever more than text."""

from __future__ import annotations

import json
import re
from datetime import date
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from playbook.advise.briefing import (
    Briefing,
    Card,
    FactLine,
    Gate,
    Header,
    Person,
    Point,
    Readiness,
    ReadinessPart,
    Source,
)
from playbook.render.briefing import FORMATS, render
from playbook.render.phrases import words
from playbook.render.sheet.fit import fitting_room
from playbook.resources import templates_folder

TODAY = date(2026, 11, 21)
PAGES = ("text", "md", "html")


# --- Sample briefings


def card(ident: str, kind: str = "action", **parts: Any) -> Card:
    given: dict[str, Any] = {
        "id": ident,
        "rule": ident.split("@")[0],
        "source": ("S0-gate-03-decision-force",),
        "audience": ("rep", "coach"),
        "kind": kind,
        "status": "shown",
        "title": "",
        "summary": "",
        "do": "",
        "why": "",
        "say": "",
        "whom": "",
        "person": "",
        "due": None,
        "priority": "normal",
        "cluster": "",
        "gate": "",
        "field": "",
        "score": 130,
        "score_parts": (("priority", 100), ("due", 30), ("gate", 0)),
        "sources": (),
        "facts": (),
    }
    return Card(**{**given, **parts})


# One deal in both languages, in the order of the fields of `briefing.py`.
SAMPLES = """
zh:
  deal: 临湖市第二人民医院新院区智能照明与能耗管理
  customer: 临湖市第二人民医院
  stage: 方案与标准设计
  type: 外在价值型
  basis: 要求讲选型和运维；看重专业建议、服务
  amount: 680 万元
  visit: 11月23日（周一）见郑国强：听他对送审技术要求的意见，争取一次病房样板间测试
  lines:
  - [采购方式, 公开招标]
  - [预计定案, 2027年2月4日（周四）]
  - [主要对手, 澄光智控（领先）]
  gates:
  - - 信息门
    - [资金与信誉, 决策结构只是听说, 采购流程只知道一部分]
  - - 关系门
    - [支持面 27%，要求 50%, 财务科长反对]
  - - 决定门
    - [没见过最终拍板人]
  parts:
  - - 信息
    - 11.5
    - 30
    - [5 资金与信誉未知, 4 决策结构只有一个来源]
  - - 关系
    - 9
    - 30
    - [支持面 27%]
  - - 决定
    - 0
    - 25
    - [没见过最终拍板人]
  - - 推进
    - 10
    - 15
    - []
  points: [我方推进步骤与难点, 客户采购流程与重点, 组织结构与支持面, 决策结构与影响力,
    资金与信誉, 立项原因与真实需求, 双方可用资源, 竞争对手情况, 关键成功要素]
  states: {unknown: 未知, hearsay: 听说, single: 单一来源, verified: 多源验证}
  action: [建对手档案, 一周内给澄光智控填一行：谁替他说话、价位高低、强在哪弱在哪、最近做了什么。,
    盯错对手，价格和方案都会往错的方向使劲。]
  talk: [对方说“你们比别家贵”, 先认同，再把话题带到全周期成本。,
    您说得对，单价我们不是最低的。按三年电费和更换算差多少，表上哪个数不对我们当场改。]
  note: [九点里有两点快过期, 资金与信誉是七十天前听说的，下次见面顺便核对。, 评估期信息三十天就算旧。]
  held: [了解客户家庭和爱好，投其所好, 招标与公职人员：不送礼、不请客,
    对方是公职人员，招标投标法第三十二条和反商业贿赂规定不允许。]
  concluded: [销售性质：大额战略式, 客户价值类型：外在价值型]
  sources:
  - [S0-gate-03-decision-force, 大客户销售的三道门槛, 决定力]
  - [S0-warn-03-never-met-top, 大客户销售的三道门槛, 决定力：警告]
  facts:
  - [stakeholder.contact_status, 谢明远的接触程度, 没见过, stated,
    '']
  - [deal.stage, 当前采购阶段, 方案与标准设计, stated, 基建处梁海波，11月3日]
  - [account.support_coverage_pct, 支持面, 27%, computed,
    '']
  - [deal.expected_decision_date, 客户预计定案日期, 2027年2月4日,
    stated, '']
  - [deal.size_class, 销售性质, 大额战略式, concluded, '']
  questions:
  - [像这样的采购，从提申请到签合同，在咱们医院一般要经过哪些部门？, 采购或使用部门的经办人,
    流程本来就是公开的规矩，问它不失礼，还显得我们守规矩。]
  - [按您的经验，这件事在咱们内部最容易卡在哪一步？, 梁海波，或办过同类采购的经办人,
    内部哪里不好过，办过的人最清楚，也愿意讲。]
  - [这笔钱是今年预算里的，还是要等明年批？, 财务科长, 钱的来路决定了哪天能签，也决定谁说了算。]
  - [除了院长，还有谁的意见会让这件事停下来？, 梁海波, 能叫停的人往往不在名单上。]
  - [老院区的灯，您最不满意的是哪三件事？, 罗秀芳, 真实需求要听用的人讲，写进标准才站得住。]
  - [从现在到签约，您看咱们双方先后要办完哪几件事？, 客户方项目经办人, 客户动手改过的计划，他自己也会照着走。]
  - [澄光智控的方案里，您觉得哪一条最打动大家？, 苏航, 知道他强在哪里，才知道标准往哪边引。]
  risks:
  - [avoid, 招标期间不单独接触拍板人, 公告发布后只走书面答疑和公开渠道，不约饭、不登门、不通过熟人传话。,
    招标投标法第四十三条，违者中标无效。]
  - [avoid, 不向教练打听标底、评委和别家报价, 他主动说也要打断并报主管；礼品和好处费一律不给。,
    泄密或给好处会让中标无效，还要追责到个人。]
  - [warning, 内线未验证，预算数字对不上, 两个独立来源说法一致之前，不要把七百五十万写进报价依据。,
    一个人的话只能算线索。]
  - [warning, 标准被对手带着走, 设计院图库里是澄光智控的模块，两周内不改，评分表就按他的长处定。,
    标准定了再谈方案，已经晚了。]
  - [warning, 自评赢率偏高, 三道门一道没开却报 60%，周会前改成与阶段相符的数字。,
    预测虚高，要来的资源会用错地方。]
  people:
  - [谢明远, 院长, 决策者, 决策层, 最高管理, 10, unknown, 不清楚, none,
    没见过, null, 请梁海波引见，公告前见一面]
  - [梁海波, 基建处副处长, 教练, 管理层, 使用部门, 6, supporter, 支持, regular,
    常来往, 1, 核实他说过的两件事]
  - [郑国强, 信息与设备科科长, 技术把关者, 管理层, 技术部门, 8, neutral, 中立,
    met, 见过, 18, 约病房样板间测试，请他定参加科室]
  - [罗秀芳, 护理部主任, 使用者, 管理层, 使用部门, 5, ally, 盟友, trusted,
    信任, 4, 请她在需求会上讲夜间巡房的灯光]
  - [苏航, 设计院电气设计师, 影响者, 操作层, 其他, 6, neutral, 中立, met,
    见过, 12, 送两份检测报告，谈图库增加通用协议]
  - [何建军, 财务科长, 采购执行, 管理层, 财务采购, 7, opponent, 反对, met,
    见过, 40, 问清他反对的是价格还是付款方式]
  - [孙丽, 采购办经办人, 采购执行, 操作层, 财务采购, 3, unknown, 不清楚, none,
    没见过, null, 登门拜访，问清流程和要交的材料]
  - [高志远, 分管副院长, 影响者, 决策层, 最高管理, 9, neutral, 中立, none,
    没见过, null, 了解他分管的考核指标]
  top:
  - title: 请梁海波引见谢院长，赶在招标公告之前见一面
    do: 本周请梁海波约谢明远二十分钟，由我方副总同去，只谈交付风险和能耗指标；公告发布后不再单独见面。
    why: 设计阶段已过一半，最终拍板人还没见过我们，方案再好也没有人在会上替我们说话。
    say: 谢院长，照明和能耗最怕验收前返工。三家三甲医院踩过的坑整理了一页纸，想请您看看哪几条用得上。
    whom: 由梁海波引见
    person: 谢明远
    due: 2026-11-28
    priority: critical
  - title: 把防眩光和夜间模式写进技术要求
    do: 后天带样板间测试方案和两份检测报告，请他对照送审稿逐条提意见，商定测试日期和参加科室。
    why: 图纸按对手的单灯控制协议画，标准一旦定稿，后面只剩价格可谈。
    say: 郑科长，您在装备年会上讲过智慧病房，护士夜里巡房灯光该怎么调，想听听您的标准。
    whom: ''
    person: 郑国强
    due: 2026-11-23
    priority: high
  - title: 核实教练的消息
    do: 拿梁海波说过的两件事分别向护理部罗秀芳和设计院苏航求证，对不上的标红，下次当面问清楚听谁说的。
    why: 教练的话没有验证过，预算数字又对不上，照单全收会把整个报价带偏。
    say: ''
    whom: 罗秀芳、苏航
    person: ''
    due: 2027-01-05
    priority: high
en:
  deal: Smart lighting and energy management, new site of Linhu Second Hospital
  customer: Linhu Second People's Hospital
  stage: Specification design
  type: Extrinsic
  basis: asks how to choose and run it; values advice and service
  amount: CNY 6.8 million
  visit: 'Mon 23 Nov with Zheng Guoqiang: hear his view of the draft requirements and win a trial ward'
  lines:
  - [Method, Open tender]
  - [Decision, Thu 4 Feb 2027]
  - [Main rival, Chengguang (leading)]
  gates:
  - - Information
    - [funds and credit, decision structure is hearsay, process known in part]
  - - Relationship
    - ['support 27%, 50% required', head of finance opposes]
  - - Decision
    - [final decider never met]
  parts:
  - - Information
    - 11.5
    - 30
    - [5 funds unknown, 4 decision structure from one source]
  - - Relationship
    - 9
    - 30
    - [support 27%]
  - - Decision
    - 0
    - 25
    - [final decider never met]
  - - Progress
    - 10
    - 15
    - []
  points: [Our push steps and difficulties, Customer's process and focus, Org structure and support, Decision
      structure, Funds and credit, Reason and real needs, Usable resources, Competitors, Success factors]
  states: {unknown: unknown, hearsay: hearsay, single: one source, verified: verified}
  action: [Build the rival file, 'Within a week write one line on the rival: backer, price level, strengths, weaknesses,
      latest move.', Watch the wrong rival and price and solution aim the wrong way.]
  talk: [“You cost more than the others”, 'Agree first, then move to cost over the life of the lights.', 'You
      are right, our unit price is not the lowest. I brought a sheet with three years of power and replacements;
      where a figure is wrong we correct it now.']
  note: [Two of the nine points are getting old, Funds were heard of seventy days ago; check at the next meeting.,
    'In evaluation, news is old after thirty days.']
  held: [Learn about family and hobbies, 'Public officials in a tender: no gifts, no meals', He is a public official;
      art. 32 of the Tendering Law and the bribery rules forbid it.]
  concluded: ['Sale nature: large strategic', 'Customer type: extrinsic']
  sources:
  - [S0-gate-03-decision-force, Three gates of the large sale, Decision force]
  - [S0-warn-03-never-met-top, Three gates of the large sale, 'Decision force: warning']
  facts:
  - [stakeholder.contact_status, Contact with Xie Mingyuan, none, stated, '']
  - [deal.stage, Stage, specification design, stated, 'Liang Haibo, 3 Nov']
  - [account.support_coverage_pct, Support, 27%, computed, '']
  - [deal.expected_decision_date, Expected decision, 4 Feb 2027, stated, '']
  - [deal.size_class, Sale nature, large strategic, concluded, '']
  questions:
  - ['For a purchase like this, which departments does it pass from request to contract?', The contact in purchasing,
    Process is no secret; asking about it shows we respect their rules.]
  - ['At which step is this most likely to get stuck inside the hospital?', 'Liang Haibo, or someone who has handled
      one', Those who have been through it know where it hurts and are glad to say.]
  - ['Is the money in this year''s budget or does it wait for next year''s?', Head of finance, 'Where the money
      comes from decides when it can be signed, and by whom.']
  - ['Besides the president, whose view could stop this?', Liang Haibo, The person who can stop it is often not
      on the list.]
  - ['Which three things about the old ward lights bother you most?', Luo Xiufang, Real needs come from those
      who live with the lights.]
  - ['From today to signature, what do the two of us have to complete?', Project contact, A plan the customer
      has corrected is one they will follow too.]
  - ['Which point in the rival''s plan appeals to people most?', Su Hang, Know where he is strong and you know
      which way to move the criteria.]
  risks:
  - [avoid, No private contact with the decider during the tender, 'After the notice use written questions and
      public channels only; no meals, no visits, no go-betweens.', 'Tendering Law art. 43: the award would be
      void.']
  - [avoid, 'Never ask the coach for floor price, evaluators or rivals'' bids', 'Stop the talk if he offers, and
      tell your manager; no gifts and no commission.', A leak or a favour voids the award and is pursued against
      the individual.]
  - [warning, Coach unverified and budget figures disagree, 'Until two independent sources agree, keep 7.5 million
      out of the offer.', One person's word is only a lead.]
  - [warning, The rival is steering the specification, The designer's library holds the rival's module; in two
      weeks the scoring will follow., Discussing the solution after the criteria are fixed is too late.]
  - [warning, Your own estimate is high, 'No gate is open, yet the forecast says 60%; correct it before the weekly
      meeting.', An inflated forecast sends resources to the wrong place.]
  people:
  - [Xie Mingyuan, President, Decision maker, Decision, Top management, 10, unknown, Unknown, none, None, null,
    Introduction through Liang Haibo before the notice]
  - [Liang Haibo, 'Deputy head, construction', Coach, Management, User department, 6, supporter, Supporter, regular,
    Regular, 1, Test two things that he said]
  - [Zheng Guoqiang, Head of IT and equipment, Technical gatekeeper, Management, Technical, 8, neutral, Neutral,
    met, Met, 18, Agree the trial ward and who joins]
  - [Luo Xiufang, Head of nursing, User, Management, User department, 5, ally, Ally, trusted, Trusted, 4, Ask
      her to speak about night rounds]
  - [Su Hang, Electrical designer, Influencer, Operating, Other, 6, neutral, Neutral, met, Met, 12, Send two test
      reports; open protocol in the library]
  - [He Jianjun, Head of finance, Procurement executor, Management, Finance or procurement, 7, opponent, Opponent,
    met, Met, 40, Find out whether price or terms bother him]
  - [Sun Li, Purchasing contact, Procurement executor, Operating, Finance or procurement, 3, unknown, Unknown,
    none, None, null, Call in person; ask about papers needed]
  - [Gao Zhiyuan, Vice-president, Influencer, Decision, Top management, 9, neutral, Neutral, none, None, null,
    Learn which targets he answers for]
  top:
  - title: Have Liang Haibo introduce you to the president before the tender notice
    do: 'This week ask Liang Haibo for twenty minutes with Xie Mingyuan and bring our vice-president. Talk only
      about handover risk and energy targets. Once the notice is out, private meetings are off the table; if you
      cannot get in, report in writing and lower the forecast. (Limit: shareable process and needs only; no favours.)'
    why: The design stage is half over and the final decider has never met us, so nobody will speak for us.
    say: Mr Xie, rework before acceptance is what hurts most in a new building. We put what three hospitals learnt
      on one page and would like to know which points apply here.
    whom: through Liang Haibo
    person: Xie Mingyuan
    due: 2026-11-28
    priority: critical
  - title: Get anti-glare and night mode into the specification
    do: When you see Zheng Guoqiang the day after tomorrow, bring the plan for a trial ward and two test reports.
      Go through the draft line by line and agree the date of the trial and which departments join.
    why: The drawings follow the rival's protocol; once they are final only price is left to discuss.
    say: You spoke about the smart ward at the conference. How should the light behave on a night round?
    whom: ''
    person: Zheng Guoqiang
    due: 2026-11-23
    priority: high
  - title: Test what the coach told you
    do: Check two things that Liang Haibo said (budget 7.5 million, the president decides) with Luo Xiufang and
      with Su Hang. Mark what does not agree and ask him next time where he heard it.
    why: His word is unverified and the budget figures disagree; taken as they are they would bend the whole offer.
    say: ''
    whom: Luo Xiufang, Su Hang
    person: ''
    due: 2027-01-05
    priority: high
"""


def frozen(value: Any) -> Any:
    """Lists as tuples."""
    if isinstance(value, dict):
        return {key: frozen(inner) for key, inner in value.items()}
    return tuple(map(frozen, value)) if isinstance(value, list) else value


SAMPLE: dict[str, Any] = frozen(yaml.safe_load(SAMPLES))


@cache
def crowded(lang: str) -> Briefing:
    """A deal with eight people, three closed gates and something in every section."""
    o = SAMPLE[lang]
    sources = tuple(Source(*s) for s in o["sources"])
    facts = tuple(FactLine(*f) for f in o["facts"])
    top = [
        card(f"top-{n}", score=400 - n, sources=sources, facts=facts, **t)
        for n, t in enumerate(SAMPLE[lang]["top"], start=1)
    ]
    asks = [
        card(f"q-{n}@ask", "question", title=o["points"][n], do=q, whom=whom, why=why, field="info.p1")
        for n, (q, whom, why) in enumerate(SAMPLE[lang]["questions"])
    ]
    risks = [
        card(f"risk-{n}", kind, title=t, do=do, why=why) for n, (kind, t, do, why) in enumerate(SAMPLE[lang]["risks"])
    ]
    title, do, why = o["action"]
    action = card("rival-file", title=title, do=do, why=why, sources=sources[:1], facts=facts[:1])
    talk = card("price-talk", "talk-track", title=o["talk"][0], do=o["talk"][1], say=o["talk"][2])
    note = card("old-points", "note", title=o["note"][0], do=o["note"][1], why=o["note"][2])
    title, held_by, why = o["held"]
    held = card("hobbies", title=title, do="NEVER-SHOWN", status="guarded", held_by=held_by, note=why)
    guard = card("no-hospitality", "guard", title=held_by, why=why, person=SAMPLE[lang]["people"][0][0])
    concluded = [card(f"c-{n}", "conclusion", do=do, facts=facts[:2]) for n, do in enumerate(o["concluded"])]
    unlisted = card("other", title="UNLISTED", status="clustered")
    states = ("single", "single", "hearsay", "hearsay", "unknown", "verified", "single", "verified", "unknown")
    return Briefing(
        version=1,
        lang=lang,
        audience="rep",
        as_of=TODAY,
        rulebook="builtin 1.0",
        header=Header(
            o["deal"],
            o["customer"],
            "design",
            o["stage"],
            "extrinsic",
            o["type"],
            o["basis"],
            o["amount"],
            o["visit"],
            o["lines"],
        ),
        gates=tuple(
            Gate(name, label, name == "none", missing)
            for name, (label, missing) in zip(("information", "relationship", "decision"), o["gates"], strict=True)
        ),
        readiness=Readiness(31, tuple(ReadinessPart(p[0], *p) for p in o["parts"])),
        points=tuple(
            Point(n, label, state, o["states"][state], None if state == "unknown" else 9 * n, n % 3, n in (4, 7))
            for n, (label, state) in enumerate(zip(o["points"], states, strict=True), start=1)
        ),
        top=tuple(c.id for c in top),
        actions=(*(c.id for c in top), action.id),
        questions=tuple(c.id for c in asks),
        talk=(talk.id,),
        risks=tuple(c.id for c in risks),
        notes=(note.id,),
        held=(held.id, guard.id),
        people=tuple(Person(*(*p[:11], n == 0, n == 1, p[11], "")) for n, p in enumerate(SAMPLE[lang]["people"])),
        conclusions=tuple(c.id for c in concluded),
        activations=(*top, action, *asks, talk, *risks, note, held, guard, *concluded, unlisted),
    )


def sparse(lang: str, **changes: Any) -> Briefing:
    """A manager's briefing without a deal, with one action."""
    only = card(
        "clean-funnel",
        title={"zh": "清理漏斗", "en": "Clean the funnel"}[lang],
        do={"zh": "今天去掉三个六十天没动静的单子。", "en": "Take three stalled deals out today."}[lang],
    )
    empty = Briefing(
        1, lang, "manager", TODAY, "builtin 1.0",
        Header("", "", "", "", "", "", "", "", "", ()), (), Readiness(0, ()), (),
        (only.id,), (), (), (), (), (), (), (), (), (only,),
    )  # fmt: skip
    return empty._replace(**changes)


# --- Helpers

ANSI = re.compile(r"\x1b\[[0-9;]*m")
VOID = {"meta", "br"}
# Not for reading: ids, enum values and what a program makes of them.
CODES = {"id", "rule", "source", "audience", "kind", "status", "lang", "stance", "contact", "state", "stage"}
CODES |= {"top", "actions", "questions", "talk", "risks", "notes", "held", "conclusions", "field", "key"}
CODES |= {"value_type", "cluster", "gate", "score_parts", "priority", "move_card"}
CODES |= {"level_value", "function_value", "role_value"}


class Outline(HTMLParser):
    """Tags, attributes and text of a page; fails on tags that do not match."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def spoilt(value: Any, text: str) -> Any:
    """The briefing with `text` in front of and behind everything that is for reading."""
    if isinstance(value, str):
        return f"{text}{value}{text}" if value else value
    if hasattr(value, "_fields"):
        texts = {name: spoilt(getattr(value, name), text) for name in value._fields if name not in CODES}
        return value._replace(**texts)
    if isinstance(value, tuple):
        return tuple(spoilt(item, text) for item in value)
    return value


def titles(lang: str, *names: str) -> list[str]:
    return [words(lang)[name] for name in names]


ORDER = (
    *("verdict", "top", "questions", "people", "risks", "held", "annex", "other_actions", "other_questions"),
    *("talk", "notes", "conclusions", "points", "after"),
)
SHEET_ORDER = (
    *("verdict", "points", "top", "questions", "people_map", "risks", "after", "annex", "held", "people"),
    *("other_actions", "other_questions", "talk", "notes", "conclusions"),
)


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


# --- What is shown, and where


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("form", PAGES)
def test_sections_come_in_the_order_of_the_sheet(form: str, lang: str) -> None:
    page = render(crowded(lang), form)
    text = Outline(page).text if form == "html" else page
    heading = {"text": r"^━+ {}\b", "md": r"^#+ {}\b", "html": r"^{}\b"}[form]
    order = ORDER if form == "text" else SHEET_ORDER
    places = [re.search(heading.format(re.escape(title)), text, re.MULTILINE) for title in titles(lang, *order)]
    assert all(places)
    starts = [place.start() for place in places if place]
    assert starts == sorted(starts)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("form", PAGES)
def test_a_briefing_without_a_deal_has_only_what_it_holds(form: str, lang: str) -> None:
    page = render(sparse(lang), form)
    text = Outline(page).text if form == "html" else page
    assert words(lang)["sheet"]["manager"] in text
    assert words(lang)["top"] in text
    for title in titles(lang, *ORDER, "people_map"):
        assert title == words(lang)["top"] or not re.search(rf"^[━# ]*{re.escape(title)}$", text, re.MULTILINE), title
    assert words(lang)["readiness"] not in text


@pytest.mark.parametrize("form", PAGES)
def test_a_briefing_without_advice_says_so(form: str) -> None:
    page = render(sparse("zh", top=(), activations=()), form)
    assert words("zh")["nothing"] in page


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("form", PAGES)
def test_only_listed_cards_are_shown_and_each_once(form: str, lang: str) -> None:
    page = render(crowded(lang), form)
    text = Outline(page).text if form == "html" else page
    assert "UNLISTED" not in text
    assert "NEVER-SHOWN" not in text
    for question, _, _ in SAMPLE[lang]["questions"]:
        assert text.count(question) == 1
    for _, title, _, _ in SAMPLE[lang]["risks"]:
        assert text.count(title) == 1
    for action in SAMPLE[lang]["top"]:
        assert text.count(str(action["do"])) == 1


def test_an_action_says_all_that_is_needed_to_do_it() -> None:
    page = render(crowded("zh"), "text")
    first = page[page.index("1. 请梁海波引见") : page.index("2. 把防眩光")]
    for piece in ("做什么：本周", "为什么：设计阶段", "找谁：谢明远（由梁海波引见）", "最晚：11月28日（周六）"):
        assert piece in first
    assert "可以这样说：谢院长" in first
    assert "出处：《大客户销售的三道门槛》决定力；决定力：警告" in first
    assert "当前采购阶段：方案与标准设计（基建处梁海波，11月3日）" in first
    assert "共 5 项" in first


def test_a_day_of_another_year_shows_its_year() -> None:
    assert "最晚：2027年1月5日（周二）" in render(crowded("zh"), "text")
    english = render(crowded("en"), "text")
    assert "By: Tue 5 Jan 2027" in english
    assert "By: Sat 28 Nov\n" in english


def test_readiness_is_said_to_be_arithmetic() -> None:
    for form in PAGES:
        assert "准备度 31/100" in render(crowded("zh"), form)
        assert words("zh")["arithmetic"] in render(crowded("zh"), form)


def test_what_is_held_back_names_its_guard_and_reason() -> None:
    page = render(crowded("zh"), "text")
    _, guard, reason = SAMPLE["zh"]["held"]
    assert f"边界：{guard}\n   为什么：{reason}\n   ○ 拦下：" in page
    assert f"边界：{guard}（谢明远）" in page


@pytest.mark.parametrize("form", PAGES)
def test_explain_adds_rule_and_score(form: str) -> None:
    plain, explained = (render(crowded("zh"), form, explain=flag) for flag in (False, True))
    assert "rival-file" not in plain
    text = Outline(explained).text if form == "html" else explained.replace("\\", "")
    assert "rival-file" in text
    assert "130 = 优先级 中 100 + 期限 30" in text


def test_score_parts_without_a_label_are_shown_by_name() -> None:
    only = sparse("en").activations[0]._replace(score=5, score_parts=(("custom", 15), ("kind", -10)))
    assert "5 = custom 15 - kind 10" in render(sparse("en", activations=(only,)), "text", explain=True)


def test_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="docx"):
        render(sparse("zh"), "docx")


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_briefing_gives_the_same_bytes(form: str) -> None:
    page = render(crowded("zh"), form)
    assert page == render(crowded("zh"), form)
    assert page.endswith("\n")


# --- JSON


def test_json_holds_the_whole_briefing() -> None:
    briefing = crowded("zh")
    data = json.loads(render(briefing, "json"))
    assert list(data) == [name for name in Briefing._fields if name != "memory"]  # only with a decision log
    assert data["as_of"] == "2026-11-21"
    assert data["top"] == ["top-1", "top-2", "top-3"]
    assert len(data["activations"]) == len(briefing.activations)
    assert {"rule", "source", "audience", "kind", "status"} <= data["activations"][0].keys()
    assert data["activations"][0]["due"] == "2026-11-28"
    assert "谢明远" in render(briefing, "json")


@pytest.mark.parametrize("text", ["\x1b[31m", "\x9b31m", "\u202e", "\u2066", "\ud800", "\u2028", '"\\', "\n"])
def test_json_gives_back_any_text_without_raw_control_characters(text: str) -> None:
    page = render(sparse("zh", rulebook=text), "json")
    assert json.loads(page)["rulebook"] == text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", page)


# --- Text of users is never more than text

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></title>",
    "{{ 7 * 7 }}{% for x in b %}{# #}",
    "[red]x[/red][/][title]",
    "**x** _y_ `z` ~~w~~",
    "[x](javascript:alert(1)) ![i](j)",
    "| a | b |",
    "# x",
    "- x",
    "1. x",
    "> x",
    "a\r\n\n## b\n\n---\n",
    "\x1b[2J\x1b[31mred\x1b]0;title\x07",
    "\x9b31m\x85",
    "\u202edcba\u2066x\u2069",
    "\\",
    "\\\\\\",
    "&lt;b&gt; &#x41;",
    "\ufdd0/\ufdd1",
    "\ud800",
)
RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufdd0-\ufdef\ud800-\udfff]")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("form", PAGES)
def test_no_page_holds_control_or_direction_characters(form: str, text: str) -> None:
    page = render(spoilt(crowded("zh"), text), form, explain=True)
    assert not RAW.search(page)
    page.encode()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_no_line_to_piped_text(text: str) -> None:
    page = render(spoilt(crowded("zh"), text), "text")
    assert page.count("\n") == render(crowded("zh"), "text").count("\n")
    if text.isprintable():
        assert f"客户：{text}临湖市第二人民医院{text}\n" in page


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_nothing_but_text_to_html(text: str) -> None:
    # As wide as the hostile text, so that the first sheet has room for the same.
    harmless = "".join("中" if char >= "\u2e80" else "x" for char in text)
    page, fine = (Outline(render(spoilt(crowded("zh"), given), "html")) for given in (text, harmless))
    assert page.tags == fine.tags
    assert [a for a in page.attributes if a[0] != "style"] == [a for a in fine.attributes if a[0] != "style"]
    if text.isprintable():
        assert f"{text}临湖市第二人民医院{text}" in page.text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_no_structure_to_markdown(text: str) -> None:
    def structure(page: str) -> list[str]:
        bare = re.sub(r"\\[!-/:-@\[-`{-~]", "", page)
        return [re.sub(r"[^\\`*_\[\]<>{}#|~&$]", "", line) for line in bare.split("\n")]

    def opening(page: str) -> list[str]:
        found = (re.match(r"\s*(?:(?:[-+=>#|]+|\d+[.)])(?= |$))?", line) for line in page.split("\n"))
        return [match[0] for match in found if match]

    page, fine = (render(b, "md") for b in (spoilt(crowded("zh"), text), crowded("zh")))
    assert structure(page) == structure(fine)
    assert opening(page) == opening(fine)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_has_no_style_on_a_terminal(text: str) -> None:
    page, fine = (render(b, "text", styled=True, width=10_000) for b in (spoilt(crowded("zh"), text), crowded("zh")))
    assert ANSI.findall(page) == ANSI.findall(fine)
    assert not RAW.search(ANSI.sub("", page))
    assert ANSI.sub("", page) == render(spoilt(crowded("zh"), text), "text")


def test_a_template_prints_nothing_unescaped() -> None:
    for path in templates_folder().glob("*.j2"):
        assert not re.search(r"\|\s*safe\b|autoescape|Markup", path.read_text(encoding="utf-8")), path.name


# --- The terminal


def test_piped_text_has_no_escape_codes_and_whole_lines() -> None:
    page = render(crowded("zh"), "text")
    assert "\x1b" not in page
    assert not re.search(r"\[(/|[a-z]+)\]", page)
    assert str(SAMPLE["zh"]["top"][0]["do"]) in page


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_lines_on_a_terminal_fit_and_break_where_they_may(lang: str, width: int) -> None:
    from rich.cells import cell_len

    page = render(crowded(lang), "text", styled=True, width=width)
    assert "\x1b[" in page
    lines = ANSI.sub("", page).split("\n")
    assert max(cell_len(line) for line in lines if "____" not in line) <= width
    assert not [line for line in lines if re.match(r" *[，。、；：！）》”]", line)]
    assert len(lines) > render(crowded(lang), "text").count("\n")
    unfolded = re.sub(r"\s", "", "".join(lines))
    assert unfolded == re.sub(r"\s", "", render(crowded(lang), "text"))


# --- HTML


@pytest.mark.parametrize(("lang", "tag"), [("zh", "zh-CN"), ("en", "en")])
def test_html_is_one_self_contained_page(lang: str, tag: str) -> None:
    page = render(crowded(lang), "html")
    outline = Outline(page)
    assert page.startswith("<!DOCTYPE html>\n")
    assert ("lang", tag) in outline.attributes
    assert not re.search(r"https?://|//cdn|@import|url\(", page)
    assert {"script", "link", "img", "iframe"}.isdisjoint(outline.tags)
    assert {"src", "href"}.isdisjoint(name for name, _ in outline.attributes)
    assert outline.tags.count("h1") == outline.tags.count("main") == 1
    assert outline.tags.count("table") == outline.tags.count("caption")


def test_what_the_first_sheet_has_no_room_for_is_in_the_annex() -> None:
    room = fitting_room(crowded("zh"), "html")
    sheet, annex = render(crowded("zh"), "html").split("</main>")
    for given, shown in (
        ([q for q, _, _ in SAMPLE["zh"]["questions"]], room.questions),
        ([title for _, title, _, _ in SAMPLE["zh"]["risks"]], room.risks),
    ):
        assert 0 < shown < len(given)
        assert [text for text in given if text in sheet] == given[:shown]
        assert [text for text in given if text in annex] == given[shown:]
        assert f"另有 {len(given) - shown} 条，见附页" in sheet


def test_a_full_sheet_is_printed_smaller_than_an_empty_one() -> None:
    def size(briefing: Briefing) -> float:
        found = re.search(r"--print: ([\d.]+)pt", render(briefing, "html"))
        assert found
        return float(found[1])

    assert 7 <= size(crowded("zh")) < size(sparse("zh")) < 10


def test_colours_of_text_reach_contrast_aa() -> None:
    source = (templates_folder() / "briefing.html.j2").read_text(encoding="utf-8")
    inks = dict(re.findall(r"--(ink|soft|accent|good|bad|warn): (#[0-9a-f]{6})", source))
    assert len(inks) == 6

    def luminance(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    assert min(1.05 / (luminance(colour) + 0.05) for colour in inks.values()) >= 4.5


def test_stance_is_told_by_mark_and_word() -> None:
    text = Outline(render(crowded("zh"), "html")).text
    for told in ("？ 不清楚", "● 支持", "○ 中立", "◆ 盟友", "✕ 反对"):
        assert told in text


# --- Words


def all_words() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((templates_folder() / "words.yaml").read_text(encoding="utf-8"))
    return loaded


def test_every_word_is_there_in_both_languages() -> None:
    def check(key: str, value: Any) -> None:
        if not isinstance(value, dict):
            assert isinstance(value, str), key
        elif {"zh", "en"} & value.keys():
            assert value.keys() == {"zh", "en"}, key
            zh, en = value["zh"], value["en"]
            assert type(zh) is type(en), key
            assert isinstance(zh, str) or len(zh) == len(en), key
            assert set(re.findall(r"{\w+}", str(zh))) == set(re.findall(r"{\w+}", str(en))), key
        else:
            for name, inner in value.items():
                check(f"{key}.{name}", inner)

    for key, value in all_words().items():
        check(key, value)
    assert words("zh").keys() == words("en").keys()


def test_every_word_is_used_and_every_used_word_is_there() -> None:
    folder = Path(__file__).parent.parent / "playbook" / "render"
    code = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    used = set(re.findall(r"""(?:\bw|\["w"\])\["(\w+)"\]""", code)) | set(re.findall(r"""\bw\['(\w+)'\]""", code))
    for path in templates_folder().glob("*.j2"):
        used |= set(re.findall(r"\bw\.(\w+)", path.read_text(encoding="utf-8")))
    assert used == set(all_words())


def test_no_chinese_label_is_left_in_english_and_none_in_templates() -> None:
    for form in PAGES:
        assert not re.search("[\u4e00-\u9fff]", render(crowded("en"), form))
    for path in templates_folder().glob("*.j2"):
        assert not re.search("[\u4e00-\u9fff]", path.read_text(encoding="utf-8")), path.name
