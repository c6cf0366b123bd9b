"""Deal files as the program writes them, and values set in files that people wrote."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from playbook.errors import DealError
from playbook.load.deal import parse_deal
from playbook.load.writing.deal import deal_text, scalar
from playbook.load.writing.update import updated_text

TODAY = date(2026, 11, 21)
EXAMPLES = [p for p in sorted((Path(__file__).parent.parent / "examples").glob("*.yaml")) if p.stem != "manager-team"]
DEAL = {
    "deal": {
        "stage": {"value": "evaluation", "source": "市公共资源交易平台", "date": date(2026, 11, 7)},
        "name": "东江纸业二期扩产",
        "amount_cny": 8_000_000,
        "top3_ksf": ["交期", "质保", "本地服务"],
        "next_step": None,
    },
    "stakeholders": [{"title": "总经理", "name": "何总", "is_final_decider": True}],
    "account": {"name": "东江纸业"},
    "notes": "二期含两台纸机\n已开过澄清会",
}


def facts_of(text, vocabulary):
    return {fact.key: fact.content for fact in parse_deal(text, vocabulary, TODAY).facts}


def set_facts(text, changes, vocabulary):
    return updated_text(text, changes, vocabulary, TODAY, "deal.yaml")


def test_a_deal_file_reads_as_if_a_person_had_written_it(vocabulary):
    assert deal_text(DEAL, vocabulary) == (
        "deal:\n"
        "  name: 东江纸业二期扩产\n"
        "  stage: {value: evaluation, source: 市公共资源交易平台, date: 2026-11-07}\n"
        "  amount_cny: 8000000\n"
        "  top3_ksf: [交期, 质保, 本地服务]\n"
        "account:\n"
        "  name: 东江纸业\n"
        "stakeholders:\n"
        "  - name: 何总\n"
        "    title: 总经理\n"
        "    is_final_decider: true\n"
        "notes: |\n"
        "  二期含两台纸机\n"
        "  已开过澄清会\n"
    )


@pytest.mark.parametrize("lang", ["", "zh", "en"])
def test_names_and_labels_say_the_same(vocabulary, lang):
    assert facts_of(deal_text(DEAL, vocabulary, lang), vocabulary) == facts_of(deal_text(DEAL, vocabulary), vocabulary)


def test_labels_are_written_where_they_are_asked_for(vocabulary):
    text = deal_text(DEAL, vocabulary, "zh", header=["由销售填写"])
    assert text.startswith("# 由销售填写\n商机:\n  商机名称: 东江纸业二期扩产\n  当前采购阶段: {value: 招标评估,")
    assert "最终拍板人: 是" in text


def test_long_facts_are_spread_over_lines(vocabulary):
    source = "设备管理部冯建军在电话里说的，他要回去再跟分管副总经理确认一遍才算数，下周给准信，目前只能算参考"
    deal = {"deal": {"name": "空压站", "stage": {"value": "need", "source": source}, "obstacles": [source, source]}}
    text = deal_text(deal, vocabulary)
    assert "  stage:\n    value: need\n    source: 设备" in text
    assert "  obstacles:\n    - 设备" in text
    assert facts_of(text, vocabulary)[("deal", 0, "obstacles")] == (source,)


@pytest.mark.parametrize(
    "text",
    ["unknown", "不清楚", "no", "123", "2026-05-02", "12:30", "a: b", "a #b", "- a", "[a]", "{a}", "'", '"', "~",
     "null", "*a", "&a", "!a", "%a", "@a", "a:", "#a", "|", "第一行\n第二行", "制表\t符", "\x07", "1_000", "5万件",
     "0x1f", "= 3", "=SUM(A1)", "a, b", "?", "：", "a\u2028b", "\ufeff", "反斜\\杠", "🏥"],
)  # fmt: skip
def test_whatever_a_text_holds_it_is_read_back(vocabulary, text):
    written = deal_text({"deal": {"name": text, "stage": "need", "obstacles": [text]}}, vocabulary)
    assert facts_of(written, vocabulary)[("deal", 0, "name")] == text.strip()
    assert yaml.safe_load(written)["deal"]["name"] == text


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30))
def test_a_text_survives_any_yaml_reader(text):
    text = "".join(char for char in text if not 0xD800 <= ord(char) <= 0xDFFF)
    assert yaml.safe_load(f"a: {scalar(text)}") == {"a": text}
    assert yaml.safe_load(f"a: {{b: {scalar(text)}, c: [{scalar(text)}]}}") == {"a": {"b": text, "c": [text]}}


BY_HAND = """\
# 王蕾的单子
deal:
  name: 二期扩产   # 客户内部叫“2号机”
  stage: {value: design, source: 财务科长, date: -12d}

  next_step:
    value: 交澄清文件
    # 罗工说的
    source: 罗工
    date: 2026-11-01
  obstacles:
    - 图纸没定
    - 院长没见过
# 客户
account: {name: 东江纸业, funds_status: tight}

stakeholders:
# 拍板的人
- name: 何总
  title: 总经理 # 新来的
- {name: 罗工, stance: supporter}
"""


def test_only_the_values_that_change_are_rewritten(vocabulary):
    changes = {
        "deal": {"stage": "evaluation", "amount_cny": 8_000_000, "obstacles": ["图纸没定"]},
        "account": {"ownership": "soe"},
        "stakeholders": [
            {"name": "罗工", "title": "设备主管"},
            {"name": "何总", "stance": "neutral"},
            {"name": "周敏"},
        ],
        "team": {"rep": "王蕾"},
    }
    assert (
        set_facts(BY_HAND, changes, vocabulary)
        == """\
# 王蕾的单子
deal:
  name: 二期扩产   # 客户内部叫“2号机”
  stage: evaluation
  amount_cny: 8000000

  next_step:
    value: 交澄清文件
    # 罗工说的
    source: 罗工
    date: 2026-11-01
  obstacles: [图纸没定]
# 客户
account: {name: 东江纸业, funds_status: tight, ownership: soe}

stakeholders:
# 拍板的人
- name: 何总
  title: 总经理 # 新来的
  stance: neutral
- {name: 罗工, stance: supporter, title: 设备主管}
- name: 周敏
team:
  rep: 王蕾
"""
    )


def test_evidence_on_several_lines_is_changed_part_by_part(vocabulary):
    text = set_facts(BY_HAND, {"deal": {"next_step": {"value": "约厂长", "source": "CRM 导出"}}}, vocabulary)
    assert "    value: 约厂长\n    # 罗工说的\n    source: CRM 导出\n  obstacles:" in text
    added = {"value": "约厂长", "source": "CRM", "date": date(2026, 11, 2), "note": "待定"}
    text = set_facts(BY_HAND, {"deal": {"next_step": added}}, vocabulary)
    assert "    date: 2026-11-02\n    note: 待定\n" in text


def test_a_file_with_labels_gets_labels(vocabulary):
    text = "商机:\n  商机名称: 二期\n  当前采购阶段: 方案与标准设计\n客户:\n  客户名称: 东江纸业\n"
    changed = set_facts(
        text, {"deal": {"stage": "evaluation", "budget_status": "approved"}, "team": {"rep": "王蕾"}}, vocabulary
    )
    assert changed == (
        "商机:\n  商机名称: 二期\n  当前采购阶段: 招标评估\n  预算状态: 已批\n"
        "客户:\n  客户名称: 东江纸业\n我方团队:\n  负责销售: 王蕾\n"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("deal: {name: 二期, stage: need}\naccount:  # 待补\n", "account:  # 待补\n  name: 东江\n"),
        ("deal: {name: 二期, stage: need}\naccount: unknown\n", "account: \n  name: 东江\n"),
        ("deal: {name: 二期, stage: need}\naccount: {}", "account: {name: 东江}"),
        ("deal: {name: 二期, stage: need}\naccount: {name: }\n", "account: {name: 东江}\n"),
        ("deal: {name: 二期, stage: need}\naccount:\n  name:\n  segment: owner", "\n  name: 东江\n  segment: owner"),
        ("deal: {name: 二期, stage: need}\naccount:\n  name: >-\n    老\n    名\n  segment: owner\n", "name: 东江\n"),
        ("{deal: {name: 二期, stage: need}}\n", "{deal: {name: 二期, stage: need}, account: {name: 东江}}\n"),
        ("\ufeffdeal: {name: 二期, stage: need}", "\ufeffdeal: {name: 二期, stage: need}\naccount:\n  name: 东江"),
    ],
)  # fmt: skip
def test_empty_and_unusual_places_are_filled(vocabulary, text, expected):
    changed = set_facts(text, {"account": {"name": "东江"}}, vocabulary)
    assert expected in changed
    assert facts_of(changed.removeprefix("\ufeff"), vocabulary)[("account", 0, "name")] == "东江"


def test_line_ends_of_windows_stay(vocabulary):
    text = "deal:\r\n  name: 二期\r\n  stage: need\r\n"
    changed = set_facts(text, {"deal": {"amount_cny": 5}, "team": {"rep": "王蕾"}}, vocabulary)
    assert changed == "deal:\r\n  name: 二期\r\n  stage: need\r\n  amount_cny: 5\r\nteam:\r\n  rep: 王蕾\r\n"


def test_notes_are_replaced_or_added(vocabulary):
    text = "deal: {name: 二期, stage: need}\n备注: |\n  旧的一行\nteam: {rep: 王蕾}\n"
    assert "备注: |\n  旧的一行\n  新的一行\nteam:" in set_facts(text, {"notes": "旧的一行\n新的一行"}, vocabulary)
    assert set_facts("deal: {name: 二期, stage: need}\n", {"notes": "一行"}, vocabulary).endswith("\nnotes: 一行\n")


@pytest.mark.parametrize(
    "text",
    [  # a name that stands elsewhere in the file, and people without a list
        "deal: {name: &n 二期, stage: need}\naccount: {name: *n}\n",
        "deal: {name: 二期, stage: need}\nstakeholders: {name: 何总}\naccount: {name: 东江}\n",
    ],
)
def test_what_cannot_be_changed_safely_is_refused(vocabulary, text):
    with pytest.raises(DealError) as caught:
        set_facts(text, {"account": {"name": "新"}, "stakeholders": [{"name": "罗工"}]}, vocabulary)
    assert [finding.code for finding in caught.value.findings] == ["I073"]


def test_a_change_that_makes_no_deal_is_refused(vocabulary):
    with pytest.raises(DealError) as caught:
        set_facts("rep: {name: 王蕾}\n", {"deal": {"status": "open"}}, vocabulary)
    assert {finding.code for finding in caught.value.findings} == {"D018"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_any_example_takes_any_change(vocabulary, path):
    """What was set is there, every other fact and every comment is as before."""
    text = path.read_text(encoding="utf-8")
    before = facts_of(text, vocabulary)
    choose = random.Random(path.stem)
    for _ in range(25):
        entity = vocabulary.entities[choose.choice(["deal", "account", "procurement", "team", "bid", "loss"])]
        fields = [field for field in entity.fields.values() if field.is_enum and not field.is_several]
        chosen = choose.sample(fields, min(3, len(fields)))
        change = {field.name: choose.choice([v for v, _ in field.choices if v != "unknown"]) for field in chosen}
        people = [{"name": choose.choice(["何总", "薛志勇", "姚峰"]), "stance": "neutral"}]
        after_text = set_facts(text, {entity.name: change, "stakeholders": people}, vocabulary)
        after = facts_of(after_text, vocabulary)
        assert {name: after[(entity.name, 0, name)] for name in change} == change
        touched = {(entity.name, 0, name) for name in change}
        assert all(after[key] == value for key, value in before.items() if key not in touched and key[2] != "stance")
        comments = [[line for line in each.splitlines() if "#" in line] for each in (text, after_text)]
        assert comments[0] == comments[1]
