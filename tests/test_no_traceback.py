"""Whatever a file holds, reading it gives a result or findings, soon, and never another exception."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playbook.check.names import check_rulebook
from playbook.errors import Finding, PlaybookError
from playbook.evaluate.derive import working_memory
from playbook.load.deal import parse_deal, read_deal
from playbook.load.rulefile import parse_rules, read_rules
from playbook.load.unarytest import read_test
from playbook.load.yamlsource import Scalar, read_text
from playbook.model.rulebook import Rulebook
from playbook.model.rulestore import RuleStore
from playbook.model.texts import malformed, placeholders
from playbook.model.unary import Join, Not, OneOf, Scope, Test, predicate
from playbook.model.values import is_unknown, read_boolean, read_date, read_number, read_offset
from playbook.model.vocabulary import Vocabulary
from playbook.resources import examples_folder, rules_folder

LONGEST = 5.0  # seconds, on a busy machine

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

DEALS = [path.read_text(encoding="utf-8") for path in sorted(examples_folder().glob("*.yaml"))]
RULES = [
    text[: text.rfind("\n- id:", 0, 6000)]
    for path in sorted(rules_folder().glob("*/*.yaml"))
    if (text := path.read_text(encoding="utf-8"))
]
_WORD = re.compile(r"[\w.>=<+-]+")
NASTY = [
    ":", ": ", "：", "，", "-", "- ", "\n", "\t", "  ", "'", '"', "“", "[", "]", "{", "}", "*", "&x ", "*x",
    "!", "!!map ", "|", ">", "#",
    "---\n", "...", "%", "@", "`", "?", "\\", "\0", "\x07", "\x85", "\u2028", "\ufeff", "\ud800",
    "🏥", "שלום", "no", "~", "null", "1e999", "-0", "99999999999999999999", "0001-01-01",
    "9999-12-31", "+99999d", "today", "not ", "not not ", ">= ", "= deal.name", "= boss.x", "..",
    "1..", "..1", "param.x", "at least 2 of [", "all of []", "older than 9999999d", "{{ ", " }}",
    "{% x %}", "unknown", "any", "p*", "at least 0 stakeholder", "no ", "fewer than param.x ",
    " as boss", " of ", "{value: ", "source: [", "<<: ", "0x1f", "٣", "½", "²",
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, texts: list[str]) -> str:
    """A good file after a few slips: pieces cut, doubled, moved, or something nasty put in."""
    text = draw(st.sampled_from(texts))
    for _ in range(draw(st.integers(0, 4))):  # words that make other sense, mostly still YAML
        words = list(_WORD.finditer(text))
        if not words:
            break
        word = draw(st.sampled_from(words))
        instead = draw(st.one_of(st.sampled_from(NASTY).map(json.dumps), st.sampled_from([w[0] for w in words])))
        text = text[: word.start()] + instead + text[word.end() :]
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from([0, 0, 1, 2, 5, 40, 400])))
        piece = draw(st.one_of(st.sampled_from(NASTY), st.just(text[start:end] * 2), st.just(""), st.text(max_size=4)))
        text = text[:start] + piece + text[end:]
    return text


def in_time(work: Callable[[], object]) -> None:
    """Runs something that may fail only with findings, each of which can be shown, and only in bounded time."""
    started = perf_counter()
    try:
        work()
    except PlaybookError as error:
        show(error.findings)
    assert perf_counter() - started < LONGEST


def show(findings: list[Finding]) -> None:
    assert findings
    for finding in findings:
        for lang in ("zh", "en"):
            message = finding.text(lang)
            assert "\n" not in message.removeprefix(str(finding.at))
            message.encode("utf-8")


def use_deal(text: str, vocabulary: Vocabulary, today: date, file: str = "deal.yaml") -> None:
    in_time(lambda: working_memory(parse_deal(text, vocabulary, today, file), vocabulary))


def use_rules(text: str, rulebook: Rulebook, today: date) -> None:
    def work() -> None:
        findings: list[Finding] = []
        rules = parse_rules(text, rulebook.vocabulary, findings.append)
        known = {rule.id: rule for rule in rules}
        findings += check_rulebook(replace(rulebook, rule_by_id=RuleStore(known.values())))
        for rule in rules:
            rule.in_force(today)
        if findings:
            raise PlaybookError(findings)

    in_time(work)


@quick
@given(text=mutated(DEALS))
def test_a_mutated_deal(text: str, vocabulary: Vocabulary, today: date) -> None:
    use_deal(text, vocabulary, today)


@quick
@given(text=mutated([text.replace("'", '"') for text in DEALS]))
def test_a_mutated_deal_that_claims_to_be_json(text: str, vocabulary: Vocabulary, today: date) -> None:
    use_deal(text, vocabulary, today, "deal.json")


@quick
@given(text=mutated(RULES))
def test_a_mutated_rule_file(text: str, rulebook: Rulebook, today: date) -> None:
    use_rules(text, rulebook, today)


@quick
@given(text=st.text())
def test_any_text(text: str, rulebook: Rulebook, today: date) -> None:
    use_deal(text, rulebook.vocabulary, today)
    use_rules(text, rulebook, today)


@quick
@given(text=st.text(alphabet="[]{}:-,?&*!|>'\"#%@` \n\tab：x1", max_size=80))
def test_any_mix_of_what_means_something_to_yaml(text: str, rulebook: Rulebook, today: date) -> None:
    use_deal(text, rulebook.vocabulary, today)
    use_rules(text, rulebook, today)


@quick
@given(data=st.binary(max_size=300))
def test_any_bytes(data: bytes, rulebook: Rulebook, today: date, tmp_path: Path) -> None:
    path = tmp_path / "any.yaml"
    path.write_bytes(data)
    findings: list[Finding] = []
    in_time(lambda: read_deal(path, rulebook.vocabulary, today))
    read_rules(path, rulebook.vocabulary, "", findings.append)
    if findings:
        show(findings)


@quick
@given(text=st.one_of(st.text(max_size=30), st.lists(st.sampled_from(NASTY), max_size=6).map("".join)), data=st.data())
def test_any_unary_test(text: str, data: st.DataObject, vocabulary: Vocabulary, today: date) -> None:
    fields = [field for entity in vocabulary.entities.values() for field in entity.fields.values()]
    field = data.draw(st.sampled_from(fields))
    node = read_text("- x", "t.yaml", print)
    findings: list[Finding] = []
    test = read_test(Scalar(text, node.at), field, findings.append)  # type: ignore[union-attr]
    assert (test is None) == bool(findings)
    show(findings) if findings else None
    if test is not None and not holds_join(test):
        predicate(test, field, Scope(today, dict.fromkeys(parameters_in(text), 1.0)))(None)


def holds_join(test: Test) -> bool:
    if isinstance(test, OneOf):
        return any(holds_join(each) for each in test.tests)
    return holds_join(test.test) if isinstance(test, Not) else isinstance(test, Join)


def parameters_in(text: str) -> list[str]:
    """Every name that could follow `param.` in a text."""
    starts = [n + len("param.") for n in range(len(text)) if text.startswith("param.", n)]
    return [text[start:end].strip() for start in starts for end in range(start, len(text) + 1)]


@quick
@given(
    text=st.one_of(
        st.text(), st.lists(st.sampled_from(["{{", "}}", "{%", "%}", " or ", "'", "a.b", "{", " "])).map("".join)
    )
)
def test_any_placeholder(text: str) -> None:
    list(placeholders(text))
    malformed(text)


@quick
@given(text=st.one_of(st.text(max_size=40), st.text("0123456789.,_-+e万亿%元天周月年日dwm/ T:", max_size=25)))
def test_any_value(text: str, today: date) -> None:
    number = read_number(text)
    assert number is None or abs(number) <= 10**15
    day = read_date(text, today)
    assert day is None or isinstance(day, date)
    read_offset(text)
    read_boolean(text)
    is_unknown(text)


@pytest.mark.parametrize(
    "text",
    [
        "1" + " " * 200_000 + "x",
        "1," * 100_000,
        "{{" * 100_000,
        "{% " * 100_000,
        "not " * 50_000 + "x",
        "[" * 50_000 + "]" * 50_000,
        "a" + " " * 200_000 + ".." + " " * 200_000 + "b",
        "at least 2 of " + " " * 200_000 + "[",
        "+" * 100_000,
        "“" * 100_000,
        "a: " * 20_000,
        "a: [\n" * 20_000,
        "x\n" * 100_000,
    ],
    ids=lambda text: text[:12].strip(),
)
def test_a_long_and_malicious_text(text: str, rulebook: Rulebook, today: date) -> None:
    quoted = "'" + text.replace("'", "''") + "'"
    use_deal(text, rulebook.vocabulary, today)
    use_deal(
        f"deal: {{name: 临湖, stage: {quoted}, amount_cny: {quoted}, next_step: {quoted}}}", rulebook.vocabulary, today
    )
    use_deal(f"{quoted}: 1", rulebook.vocabulary, today)
    use_rules(text, rulebook, today)
    tests = "{{stage: {0}, amount_cny: {0}, expected_decision_date: {0}}}"
    rule = f"- id: a-b\n  title: {{{{zh: {{0}}}}}}\n  when:\n    - deal: {tests}\n"
    use_rules(rule.format(quoted) + "  conclude: {account.value_type: intrinsic}\n", rulebook, today)
    use_rules(f"- id: a-b\n  title: {{zh: 甲}}\n  when:\n    - {quoted}: {{stage: design}}\n", rulebook, today)


def test_a_thousand_faults_are_told_in_bounded_time(vocabulary: Vocabulary, today: date) -> None:
    people = "".join(f"  - {{name: 甲{n}, 立长: 支持, influenc: 5}}\n" for n in range(500))
    use_deal(f"deal: {{name: 临湖, stage: design}}\nstakeholders:\n{people}", vocabulary, today)
