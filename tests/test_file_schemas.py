"""The JSON Schemas that editors use: they take what the readers take, and refuse most of what the readers refuse."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft7Validator
from strategies import Case, cases
from test_rule_files import CASES, GOOD, TESTS, marked

from playbook.cli import cli
from playbook.errors import DealError, Finding
from playbook.load.casefile import parse_cases
from playbook.load.deal import parse_deal
from playbook.load.rulefile import parse_rules
from playbook.model.rulebook import Rulebook
from playbook.model.values import is_unknown
from playbook.model.vocabulary import Field, Vocabulary
from playbook.render.schemas import KINDS, comment_line, file_name, file_schema, schema_text
from playbook.resources import data_text, examples_folder, rules_folder

ROOT = Path(__file__).parent.parent
Schemas = dict[str, Draft7Validator]

# How YAML 1.2, which editors follow, takes what stands without quotes.
EDITOR_TYPES = {
    "bool": "true|True|TRUE|false|False|FALSE",
    "null": "~|null|Null|NULL|",
    "int": "[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+",
    "float": r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
}


class EditorLoader(yaml.CSafeLoader):
    """YAML 1.2: `yes` and dates are texts."""


class SafeLoader(yaml.CSafeLoader):
    """YAML 1.1, in which `yes` is true; but dates stay texts, as JSON has none."""


EditorLoader.yaml_implicit_resolvers = {}
for name, pattern in EDITOR_TYPES.items():
    EditorLoader.add_implicit_resolver(f"tag:yaml.org,2002:{name}", re.compile(f"^(?:{pattern})$"), None)
SafeLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith("timestamp")]
    for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
LOADERS = (EditorLoader, SafeLoader)


def loaded(text: str) -> Iterator[Any]:
    """What a YAML text is to an editor, and to a program that follows YAML 1.1."""
    for loader in LOADERS:
        yield yaml.load(text, Loader=loader)


@pytest.fixture(scope="module")
def schemas(rulebook: Rulebook) -> Schemas:
    return {kind: Draft7Validator(file_schema(kind, rulebook)) for kind in KINDS}


@pytest.fixture(scope="module")
def fact_schema(schemas: Schemas) -> Callable[[str], Draft7Validator]:
    """The schema of one definition of the deal schema, or of the rule schema where only that has it."""

    def find(name: str) -> Draft7Validator:
        kind = next(k for k in ("deal", "rule") if name in schemas[k].schema["definitions"])
        definitions = schemas[kind].schema["definitions"]
        return Draft7Validator({"$ref": f"#/definitions/{name}", "definitions": definitions})

    return find


def takes(schema: Draft7Validator, text: str) -> bool:
    """Whether a schema takes a YAML text, to an editor and to YAML 1.1 alike."""
    verdicts = {schema.is_valid(data) for data in loaded(text)}
    assert len(verdicts) == 1, text
    return verdicts.pop()


def problems(schema: Draft7Validator, text: str) -> list[str]:
    return [f"{list(e.absolute_path)}: {e.message[:200]}" for data in loaded(text) for e in schema.iter_errors(data)]


# The files of the project


def kind_of(path: Path) -> str | None:
    """The kind of a shipped file; None for settings that have no schema."""
    if path.name.endswith(".test.yaml"):
        return "test"
    if path.parent == rules_folder():
        return path.stem if path.stem in KINDS else None
    return "rule" if rules_folder() in path.parents else "deal"


SHIPPED = [
    path
    for path in sorted([*rules_folder().rglob("*.yaml"), *examples_folder().glob("*.yaml")])
    if kind_of(path) is not None
]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(path.parents[1])))
def test_every_shipped_file_fits_its_schema(schemas: Schemas, path: Path) -> None:
    assert problems(schemas[kind_of(path) or ""], path.read_text(encoding="utf-8")) == []


def test_every_file_of_a_new_workspace_fits_the_schema_that_its_first_line_names(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["init", str(tmp_path)])
    assert result.exit_code == 0, result.output
    files = sorted(tmp_path.rglob("*.yaml"))
    assert {path.name for path in files} > {"pack.yaml", "our-rules.yaml", "inquiry-a-price.yaml"}
    for path in files:
        text = path.read_text(encoding="utf-8")
        first, _, _ = text.partition("\n")
        named = path.parent / first.removeprefix(comment_line(""))
        assert problems(Draft7Validator(json.loads(named.read_text(encoding="utf-8"))), text) == [], path


# The schemas themselves


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_a_draft_7_schema_that_defines_what_it_refers_to_and_no_more(schemas: Schemas, kind: str) -> None:
    schema = schemas[kind].schema
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(schema)
    referred = set(re.findall(r'"#/definitions/([^"]+)"', json.dumps(schema, ensure_ascii=False)))
    assert referred == set(schema["definitions"])


def parts_of(schema: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in a schema, what an editor offers to insert left out."""
    if isinstance(schema, dict):
        yield schema
        for key, value in schema.items():
            if key != "defaultSnippets":
                yield from parts_of(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from parts_of(value)


@pytest.mark.parametrize("kind", KINDS)
def test_patterns_keep_to_what_javascript_and_python_both_read(schemas: Schemas, kind: str) -> None:
    """With its `u` flag JavaScript refuses needless escapes; `\\d` and `\\w` mean other characters there."""
    for part in parts_of(schemas[kind].schema):
        texts = [
            *part.get("patternProperties", {}),
            *([part["pattern"]] if isinstance(part.get("pattern"), str) else []),
        ]
        for text in texts:
            assert set(re.findall(r"\\(.)", text)) <= set("sSux.*+?()[]{}|^$-\\"), text
            assert not re.search(r"\(\?[^:=!]", text), text
            assert re.compile(text)


@pytest.mark.parametrize(("lang", "foreign"), [("zh", "[A-Za-z]{3,}( [a-z]{3,}){3}"), ("en", "[一-鿿]")])
def test_descriptions_keep_to_the_language_asked_for(rulebook: Rulebook, lang: str, foreign: str) -> None:
    for kind in KINDS:
        for part in parts_of(file_schema(kind, rulebook, lang)):
            about = [part.get("description"), part.get("title"), part.get("patternErrorMessage")]
            for text in (*about, *part.get("enumDescriptions", ())):
                if isinstance(text, str):
                    assert not re.search(foreign, text), (kind, text)


def test_by_default_a_description_speaks_both_languages(schemas: Schemas) -> None:
    definitions = schemas["deal"].schema["definitions"]
    stage = definitions["deal.stage"]["description"]
    assert stage.startswith("当前采购阶段 · Current procurement stage\n填一个选项。从低到高：target < need")
    assert "Expected one of the choices. From lowest to highest: target < need" in stage
    choice = definitions["deal.stage.choice"]
    about = dict(zip(choice["enum"], choice["enumDescriptions"], strict=True))
    assert about["evaluation"] == "招标评估 · Tender and evaluation"
    assert about["招标评估"] == "evaluation"


def test_a_key_and_its_chinese_label_are_offered_and_the_english_label_is_taken(schemas: Schemas) -> None:
    keys = schemas["deal"].schema["definitions"]["stakeholder.facts"]["properties"]
    assert not {"is_final_decider", "最终拍板人"} - set(keys)
    assert "doNotSuggest" not in {**keys["is_final_decider"], **keys["最终拍板人"]}
    assert keys["Final decider"]["doNotSuggest"] is True


def test_every_enum_offers_exactly_its_values_and_labels(schemas: Schemas, vocabulary: Vocabulary) -> None:
    definitions = schemas["rule"].schema["definitions"]
    fields = [f for e in vocabulary.entities.values() for f in e.fields.values() if f.is_enum]
    assert len(fields) > 100
    for field in fields:
        labels = [word for value, label in field.choices for word in (value, label.zh) if not is_unknown(word)]
        assert set(definitions[f"{field.key}.choice"]["enum"]) == set(labels)


def test_a_schema_is_the_same_in_every_process() -> None:
    def once(seed: str) -> bytes:
        env = os.environ | {"PYTHONHASHSEED": seed}
        command = [sys.executable, "-m", "playbook", "rules", "schema", "test"]
        return subprocess.run(command, capture_output=True, check=True, env=env, cwd=ROOT).stdout

    assert once("1") == once("2")


def test_what_an_editor_says_is_there_in_both_languages() -> None:
    def walk(node: Any, path: str) -> None:
        if isinstance(node, dict) and set(node) == {"zh", "en"} and all(isinstance(t, str) for t in node.values()):
            places = [set(re.findall(r"\{(\w+)\}", text)) for text in node.values()]
            assert places[0] == places[1], path
            assert re.search("[一-鿿]", node["zh"]), path
            assert not re.search("[一-鿿]", node["en"]), path
        elif isinstance(node, dict):
            for key, value in node.items():
                if key not in ("body", "body_en", "aliases"):
                    walk(value, f"{path}.{key}")
        else:
            pytest.fail(f"{path} is no pair of texts")

    walk(yaml.safe_load(data_text("editor.yaml")), "editor")


# Rule files


FITTING = GOOD.replace("clusters: [hospitality]", "clusters: [coach]")  # a cluster that there is
# What only the reader sees, because it takes more than one line to know it.
UNSEEN = {
    "en: §Within three days see {{ chief.name }}": "R014",
    "sways: §= chief.name": "R014",
    '§"at least 3 of [price_only, fast_decision]"': "R023",
    "- §at least 2 of info as gaps: {p1_push_steps: hearsay}": "R023",
    "- §stakeholder as boss: {level": "R031",
    "sways: §= boss.influence": "R037",
    "visit as gaps: {purpose: unknown, with: §= boss.name}": "R038",
    "§stakeholder.relation_type: partner": "R039",
    "person: §chief": "R041",
    "§commitment..design": "R054",
    "{from: §2028-01-01, until: 2027-12-31}": "R054",
    "§today+14d..today": "R054",
}


def test_the_good_rule_file_fits(schemas: Schemas) -> None:
    assert problems(schemas["rule"], FITTING) == []


@pytest.mark.parametrize(("code", "good", "bad"), CASES, ids=[f"{c}-{n}" for n, (c, _, _) in enumerate(CASES)])
def test_a_fault_of_a_rule_file_is_refused_unless_it_spans_lines(
    schemas: Schemas, code: str, good: str, bad: str
) -> None:
    fitting, piece, wrong = (text.replace("hospitality", "coach") for text in (FITTING, good, bad))
    assert takes(schemas["rule"], marked(fitting.replace(piece, wrong))[0]) == (UNSEEN.get(bad) == code)


def test_the_list_of_what_the_schema_cannot_see_is_not_out_of_date() -> None:
    assert set(UNSEEN.items()) <= {(bad, code) for code, _, bad in CASES}


@pytest.mark.parametrize(
    "wrong",
    [
        "id: reach-top\ntitle: {zh: 见高层}\n",
        FITTING.replace("cluster: top-decider", "cluster: top-decidr"),
        FITTING.replace("S0-warn-03-never-met-top", "S0-warn-03-never-met-tap"),
        FITTING.replace("param.win_prob_high_pct", "param.win_prob_hi"),
        FITTING.replace("  owner:", "  replaces: see-the-boss\n  owner:"),
        FITTING.replace('    do: {zh: "{{ do }}（不送礼品）", en: "{{ do }} (no gifts)"}\n', ""),
        FITTING.replace("{zh: 预算不清楚, en: Budget unknown}", '{zh: "", en: ~}'),
        FITTING.replace("conclude: {person.relation_type: partner}", "conclude: {person.is_coach: 大概}"),
        FITTING.replace("conclude: {person.relation_type: partner}", "conclude: {deal.next_step_due: +7d}"),
    ],
)
def test_further_faults_of_rule_files_are_refused(schemas: Schemas, wrong: str) -> None:
    assert wrong != FITTING
    assert not takes(schemas["rule"], wrong)


@pytest.mark.parametrize(
    "head",
    [
        "商机", "DEAL", "stakeholder", "stakeholders as 老板", "关键人 as boss", "competitor as rival",
        "no stakeholder", "all stakeholder", "at least 2 stakeholder as fans",
        "fewer than param.allies_required stakeholder",
        "at least 1 of 客户", "fewer than ２ of account",
    ],
)  # fmt: skip
def test_every_form_of_a_condition_fits(schemas: Schemas, head: str) -> None:
    text = FITTING.replace("- deal: {budget_status: unknown}", f"- {head}: {{name: known}}")
    assert problems(schemas["rule"], text) == []


@pytest.mark.parametrize("due", ["today", "3d", "2w", "visit.planned_date", "bid.deadline +2d", "~"])
@pytest.mark.parametrize("status", ["draft", "active", "retired"])
def test_due_dates_and_statuses_fit(schemas: Schemas, due: str, status: str) -> None:
    text = FITTING.replace("visit.planned_date - 1d", due).replace("status: active", f"status: {status}")
    assert problems(schemas["rule"], text) == []


@pytest.mark.parametrize(("place", "wrong"), [("status", "aktive"), ("effect", "block")])
def test_the_words_that_the_reader_allows_are_those_of_the_schema(
    schemas: Schemas, vocabulary: Vocabulary, place: str, wrong: str
) -> None:
    findings: list[Finding] = []
    text = FITTING.replace({"status": "status: active", "effect": "effect: rewrite"}[place], f"{place}: {wrong}")
    parse_rules(text, vocabulary, findings.append)
    definition = schemas["rule"].schema["definitions"]["rule" if place == "status" else "guard"]
    enum = definition["properties"][place]["anyOf"][0]["enum"]
    assert findings[0].args["known"] == ", ".join(enum)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases())
def test_every_random_rule_that_the_reader_takes_fits(schemas: Schemas, case: Case) -> None:
    assert problems(schemas["rule"], case.sample.text) == []


@pytest.mark.parametrize("kind", ["rule", "deal", "test"])
def test_what_an_editor_offers_to_insert_is_read_without_a_finding(
    schemas: Schemas, rulebook: Rulebook, today: date, kind: str
) -> None:
    def filled(node: Any) -> Any:
        if isinstance(node, dict):
            return {filled(key): filled(value) for key, value in node.items()}
        if isinstance(node, list):
            return [filled(value) for value in node]
        return re.sub(r"\$\{\d+:([^}]*)\}", r"\1", node).replace("rule-id", "reach-top-decision-maker-through-coach")

    schema = schemas[kind].schema
    offered = schema.get("defaultSnippets") or schema["definitions"]["deal"]["defaultSnippets"]
    for snippet in offered:
        text = yaml.safe_dump(filled(snippet["body"]), allow_unicode=True)
        assert problems(schemas[kind], text) == []
        findings: list[Finding] = []
        if kind == "rule":
            parse_rules(text, rulebook.vocabulary, findings.append)
        elif kind == "test":
            parse_cases(text, rulebook.vocabulary, rulebook.rule_by_id, findings.append)
        else:
            parse_deal(text, rulebook.vocabulary, today)
        assert findings == []


# Unary tests


@pytest.mark.parametrize(("key", "written"), [(k, w) for k, w, _ in TESTS], ids=[f"{k}-{w}" for k, w, _ in TESTS])
def test_every_unary_test_of_the_documentation_fits(
    fact_schema: Callable[[str], Draft7Validator], key: str, written: str
) -> None:
    assert takes(fact_schema(f"{key}.test"), written)


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("deal.stage", "方案期"),
        ("deal.stage", "not 方案期"),
        ("deal.stage", '"[design, 方案期]"'),
        ("deal.stage", "[design, 方案期]"),
        ("deal.stage", "design, evaluation"),
        ("deal.stage", '">= lost"'),
        ("deal.stage", '">= unknown"'),
        ("deal.stage", "all of [design, evaluation]"),
        ("deal.stage", "past"),
        ("deal.stage", "~"),
        ("deal.status", '">= won"'),
        ("deal.status", "open..won"),
        ("deal.amount_cny", "很多"),
        ("deal.amount_cny", '"=> 300万"'),
        ("deal.amount_cny", '"> 3个月"'),
        ("deal.amount_cny", "[100万, 很多]"),
        ("deal.cycle_months", "3天"),
        ("account.is_key", "大概"),
        ("account.is_key", '">= yes"'),
        ("bid.deadline", "下周三"),
        ("bid.deadline", '"<= +7"'),
        ("bid.deadline", "20261205"),
        ("bid.deadline", "older than 两周"),
        ("deal.industry", '">= 医疗"'),
        ("deal.industry", "{is: 医疗}"),
        ("deal.industry", "[]"),
        ("deal.inquiry_signals", "at least 2 of [price_only, 便宜]"),
        ("stakeholder.sways", "= boss.nmae"),
        ("stakeholder.sways", "[= boss.name, 院长]"),
    ],
)
def test_what_is_no_unary_test_is_refused(
    fact_schema: Callable[[str], Draft7Validator], key: str, written: str
) -> None:
    assert not takes(fact_schema(f"{key}.test"), written)


# Deal files


def samples(vocabulary: Vocabulary) -> list[Field]:
    """One field for each sort of value that a deal may state, and every enum that YAML could take amiss."""
    found: dict[Any, Field] = {}
    for entity in vocabulary.entities.values():
        for field in entity.fields.values() if entity.stated else ():
            odd = field.key if {"yes", "no", "off"} & set(field.choice_by_name) else ""
            key = (field.type, field.unit, field.since, field.range, field.required, bool(field.keys), odd)
            found.setdefault(key, field)
    return list(found.values())


WRITTEN = """
3500000 | 350万 | 350 万元 | 3.3万 | 1.2亿元 | 3千万 | "1,280,000" | "1,280,000.50" | "128,0000" | "¥3,500"
￥３５００ | CNY 5m | RMB 3000 | 1_000_000 | 1e6 | 0123 | -20000 | .5 | 三百五十万 | 约350万 | "1,5" | 350美元
3个月 | 12% | 12.5％ | 0 | 3家 | 3.0 | 2.5 | 12天 | 90 days | 2026-12-05 | 2026/12/5 | 2026.12.05 | 2026年12月5日
２０２６年１２月５日 | 2026-11-05T08:30:00Z | 2026-11-05 08:30 | today | 今天 | +7d | -3d | today-2w | -14天
今天+2周 | +1个月 | 下周三 | 12月5日 | +7 | 20261205 | 2026 | yes | Yes | true | on | y | 是 | 有 | no | No | false
off | n | 否 | 没有 | 不是 | 大概吧 | unknown | Unknown | 未知 | 不清楚 | 不知道 | 待查 | '?' | ？ | n/a | ~ | null
'未知' | "" | design | 招标评估 | DESIGN | tender and evaluation | none | 没有 | price_only
[price_only, 只问最低价] | [只问最低价, unknown] | [a, 乙] | [] | [[a]] | {a: b}
{value: design, source: 财务科长, date: -12d} | {value: 350万, source: [财务, 设计院], note: 电话里说的}
{value: yes, date: 2026-05-02} | {值: 12, 来源: 财务, 日期: 2026年11月1日, 备注: 听说} | {Value: 12}
{value: x, date: +3d} | {source: 财务} | {value: 不清楚} | {p1: 10, p5: 45天} | {value: {p1: 3}, source: 周会}
{p10: 3} | {p1: 很久} | {value: [price_only], source: 梁工} | 18 | -18d | -3 | 100%
"""


def written_for(field: Field) -> list[str]:
    names = [name for value, label in field.choices for name in (value, label.zh, label.en, label.en.upper())]
    return [*(text.strip() for line in WRITTEN.strip().splitlines() for text in line.split(" | ")), *names]


def is_read(field: Field, written: str, vocabulary: Vocabulary, today: date) -> bool:
    core = {"name": "临湖医院", "stage": "need"}
    lines = [f"  {key}: {value}" for key, value in core.items() if f"deal.{key}" != field.key]
    if field.entity == "deal":
        lines.append(f"  {field.name}: {written}")
    else:
        lines += [f"{field.entity}:", f"  {field.name}: {written}"]
    try:
        parse_deal("\n".join(["deal:", *lines]), vocabulary, today)
    except DealError:
        return False
    return True


def test_whatever_a_deal_may_state_fits_and_most_of_the_rest_is_refused(
    fact_schema: Callable[[str], Draft7Validator], vocabulary: Vocabulary, today: date
) -> None:
    fields = samples(vocabulary)
    assert len(fields) > 20
    read = refused = wrong = 0
    for field in fields:
        schema = fact_schema(field.key)
        for written in written_for(field):
            verdicts = [schema.is_valid(data) for data in loaded(written)]
            if is_read(field, written, vocabulary, today):
                assert all(verdicts), (field.key, written)
                read += 1
            else:
                refused += not any(verdicts)
                wrong += 1
    assert read > 500
    assert refused / wrong > 0.95


DEAL = "deal: {name: 临湖医院新院区照明, stage: design}\n"


@pytest.mark.parametrize(
    "text",
    [
        "商机: {商机名称: 临湖医院, 当前采购阶段: 招标评估}\n关键人: [{姓名或代号: 谢明远, 最终拍板人: 是}]\n",
        "Deal: {Deal name: Lakeside, STAGE: Tender and evaluation}\n",
        "deal: {name: 临湖, stage: design, 预计金额（元）: 350万, Estimated amount (CNY): 1}\n",
        f"{DEAL}account:\ncompetitors: 未知\nstakeholders: []\n",
        f"{DEAL}stakeholders: {{name: 梁海波}}\nvisits: [{{purpose: 初访}}]\n备注: [院长下月出国, 设备科换人]\n",
        "rep: {name: 王磊, quota_cny: 1200万}\n",
        "团队管理: {}\nnotes: 周会\n",
    ],
)
def test_what_a_deal_file_may_hold_fits(schemas: Schemas, text: str) -> None:
    assert problems(schemas["deal"], text) == []


@pytest.mark.parametrize(
    "text",
    [
        "临湖医院新院区照明",
        "- name: 临湖\n  stage: design\n",
        "{}",
        "notes: 只有备注\n",
        "account: {name: 临湖医院}\n",
        "deal: {name: 临湖}\n",
        "deal: {stage: design}\n",
        "deal: {name: ~, stage: design}\n",
        "deal: {name: 临湖, stage: unknown}\n",
        "deal:\n  - {name: 临湖, stage: design}\n",
        "商机: {客户行业: 医疗}\n",
        f"{DEAL}acount: {{name: 临湖}}\n",
        f"{DEAL}account: {{fund_status: tight}}\n",
        f"{DEAL}account: {{influence: 8}}\n",
        f"{DEAL}account: 临湖医院\n",
        f"{DEAL}stakeholders: [谢明远, 梁海波]\n",
        f"{DEAL}stakeholders: [{{name: 谢明远, influence: 11}}]\n",
        f"{DEAL}gate: {{information: open}}\n",
        f"{DEAL}备注: {{a: b}}\n",
    ],
)
def test_what_no_deal_file_may_hold_is_refused(
    schemas: Schemas, vocabulary: Vocabulary, today: date, text: str
) -> None:
    with pytest.raises(DealError):
        parse_deal(text, vocabulary, today)
    assert not takes(schemas["deal"], text)


# Packs


PACK = """\
name: 临湖照明
parameters: {support_required_pct: 60%, large_amount_cny: 200万, win_prob_high_pct: 70}
disable:
  - {rule: offer-direct-ordering-to-rep-averse-buyer, reason: 我司不做直供}
restrict:
  - rule: our-own-rule
    reason: {zh: 小项目不带客户看样板, en: No site visits for small projects}
    when: [deal: {amount_cny: ">= 300万"}, no stakeholder: {sways: = boss.name}]
"""


@pytest.mark.parametrize(
    "text", [PACK, "name:\nparameters: {}\ndisable: []\nrestrict:\n", "disable: {rule: a-b, reason: 因}\n"]
)
def test_what_a_pack_may_hold_fits(schemas: Schemas, text: str) -> None:
    assert problems(schemas["pack"], text) == []


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("disable:\n", "disabled:\n"),
        ("support_required_pct", "suport_required_pct"),
        ("60%", "高"),
        ("{support_required_pct: 60%, large_amount_cny: 200万, win_prob_high_pct: 70}", "[support_required_pct]"),
        (", reason: 我司不做直供", ""),
        ("我司不做直供", "~"),
        ("reason: 我司不做直供", "reason: 我司不做直供, becuse: 因"),
        ("rule: offer-direct-ordering-to-rep-averse-buyer, ", ""),
        ("- {rule: offer-direct-ordering-to-rep-averse-buyer, reason: 我司不做直供}", "- 停用"),
        ("    when: [deal", "    whn: [deal"),
        ("deal: {amount_cny", "deal: {amont_cny"),
        ("{zh: 小项目不带客户看样板, en: No site visits for small projects}", "{zh: ''}"),
    ],
)
def test_what_no_pack_may_hold_is_refused(schemas: Schemas, good: str, bad: str) -> None:
    assert PACK.count(good) == 1
    assert not takes(schemas["pack"], PACK.replace(good, bad))


# Sidecar tests


CASE = """\
- name: 老板没见过，决定门不开
  as_of: 2026-11-21
  facts:
    deal: {name: 二期扩产, stage: evaluation, amount_cny: 800万}
    stakeholders:
      - {name: 何总, is_final_decider: yes, contact_status: none}
  fires: [reach-top-decision-maker-through-coach]
  silent: our-own-rule
  concludes: {deal.size_class: large_complex, "关键人[何总].relation_type": 合作伙伴, gate.decision: open}
  cards:
    reach-top-decision-maker-through-coach:
      status: shown
      person: 何总
      do: 请罗工引荐
  for: manager
  variants:
    - name: {zh: 谈过一次就不再提醒, en: Once met}
      set: {"stakeholder[何总].contact_status": regular, deal.stage: unknown, deal.inquiry_signals: [price_only]}
      silent: []
"""


def test_what_a_sidecar_may_hold_fits(schemas: Schemas, rulebook: Rulebook) -> None:
    assert problems(schemas["test"], CASE) == []
    findings: list[Finding] = []
    known = {*rulebook.rule_by_id, "our-own-rule"}
    assert len(parse_cases(CASE, rulebook.vocabulary, known, findings.append)) == 2
    assert findings == []


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("- name: 老板没见过，决定门不开\n  as_of", "- as_of"),
        ("as_of: 2026-11-21", "as_of: 下周"),
        ("as_of: 2026-11-21", "asof: 2026-11-21"),
        ("stage: evaluation", "stage: 评估期"),
        ("contact_status: none}", "contact: none}"),
        ("[reach-top-decision-maker-through-coach]", "[Reach The Decider]"),
        ("deal.size_class: large_complex", "deal.size_class: large"),
        ("gate.decision: open", "gates.decision: open"),
        ("status: shown", "status: visible"),
        ("      person: 何总", "      who: 何总"),
        ("for: manager", "for: boss"),
        ("      set: {", "      sets: {"),
        ("deal.stage: unknown", "deal.stge: unknown"),
        ("deal.stage: unknown", "gate.decision: open"),
        ("\n      silent: []", ""),
    ],
)
def test_what_no_sidecar_may_hold_is_refused(schemas: Schemas, rulebook: Rulebook, good: str, bad: str) -> None:
    assert CASE.count(good) == 1
    text = CASE.replace(good, bad)
    findings: list[Finding] = []
    parse_cases(text, rulebook.vocabulary, {*rulebook.rule_by_id, "our-own-rule"}, findings.append)
    assert findings
    assert not takes(schemas["test"], text)


# Settings


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("parameters", "margin_floor_pct: {value: 多, label: {zh: 毛利底线}}"),
        ("parameters", "margin_floor_pct: {value: 15}"),
        ("parameters", "margin_floor_pct: {value: 15, label: {zh: 毛利底线}, lwa: {zh: 某法}}"),
        ("parameters", "Margin floor: {value: 15, label: {zh: 毛利底线}}"),
        ("clusters", "price: {zh: 价格, en: Price}"),
        ("clusters", "price: {zh: 价格, en: Price, limit: 0}"),
        ("clusters", "Price War: {zh: 价格, en: Price, limit: 1}"),
    ],
)
def test_faulty_settings_are_refused(schemas: Schemas, kind: str, text: str) -> None:
    assert not takes(schemas[kind], text)


# The command


def run(*args: str) -> Any:
    return CliRunner().invoke(cli, ["rules", "schema", *args])


def test_the_command_prints_one_schema(rulebook: Rulebook) -> None:
    assert json.loads(run().stdout)["title"] == "规则文件 · Rule file"
    result = run("deal", "--lang", "en")
    assert result.exit_code == 0
    assert result.stdout == schema_text("deal", rulebook, "en")


def test_the_command_writes_every_schema_and_says_which_line_to_use(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("-o", "schemas")
    assert result.exit_code == 0, result.output
    assert {path.name for path in Path("schemas").iterdir()} == {file_name(kind) for kind in KINDS}
    for kind in KINDS:
        assert f"\n  # yaml-language-server: $schema=schemas/{kind}.schema.json\n" in result.stdout
    assert "路径从 YAML 文件所在的文件夹算起" in result.stdout


def test_the_command_writes_the_one_schema_asked_for(tmp_path: Path) -> None:
    result = run("pack", "-o", str(tmp_path), "--lang", "en")
    assert [path.name for path in tmp_path.iterdir()] == ["pack.schema.json"]
    assert "Settings of a company pack" in result.stdout
    assert not re.search("[一-鿿]", result.stdout)


def test_a_company_pack_adds_its_rules_to_what_is_offered(tmp_path: Path) -> None:
    path = tmp_path / "our.yaml"
    path.write_text(GOOD[GOOD.index("- id: ask-for") : GOOD.index("- id: partner")], encoding="utf-8")
    schema = json.loads(run("test", "--rules", str(path)).stdout)
    assert "ask-for-the-budget" in schema["definitions"]["rule-id"]["anyOf"][1]["enum"]


def test_what_the_command_cannot_do_is_said(tmp_path: Path) -> None:
    assert run("excel").exit_code == 2
    (tmp_path / "taken").write_text("", encoding="utf-8")
    result = run("-o", str(tmp_path / "taken" / "schemas"))
    assert result.exit_code == 2
    assert "U010" in result.stderr
