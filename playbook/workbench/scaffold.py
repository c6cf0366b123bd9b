"""A new rule of a company with its test: written in the right file, checked before it is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from playbook.advisor import Advisor
from playbook.check.witness import near_misses
from playbook.errors import Finding, RuleError, UsageError
from playbook.load.casefile import SUFFIXES
from playbook.load.rulefile import parse_rules
from playbook.load.writing.deal import scalar
from playbook.load.writing.rulefile import rules_text
from playbook.model.facts import Content, Deal, values_of
from playbook.model.rulebook import Rulebook
from playbook.model.rules import Rule, patterns_of
from playbook.model.vocabulary import Field, Lang, Vocabulary, nearest
from playbook.workbench.audit import witness_of
from playbook.workspace import write

_FILE = "our-rules"
# Names for the people and rivals of a test, who are nobody in particular.
_NAMES = {
    "stakeholder": ("张总", "李工", "王科长", "赵主任", "陈经理", "刘处长"),
    "competitor": ("对手甲", "对手乙", "对手丙", "对手丁"),
}
_DEAL = "示例商机"
_ITEM = {"stakeholder": "person", "competitor": "rival"}


@dataclass
class Draft:
    """What a person says of a new rule. `tests` maps `entity.field` to a unary test."""

    id: str
    title: str
    do: str
    why: str
    tests: dict[str, str] = field(default_factory=dict)
    kind: str = "action"
    priority: str = "normal"
    due: str = "7d"
    owner: str = ""
    lang: Lang = "zh"


def scaffold(advisor: Advisor, pack: Path, draft: Draft) -> list[Path]:
    """Writes the rule and its test into a pack and returns both files. Raises `RuleError` or `UsageError`."""
    if draft.id in advisor.rulebook.rule_by_id:
        raise UsageError("U018", text=draft.id)
    rule = _parsed(draft, advisor.rulebook.vocabulary)
    path = pack / f"{place_of(advisor.rulebook, list(draft.tests))}.yaml"
    text = _with_choices(rule, rules_text([rule], advisor.rulebook.vocabulary), advisor.rulebook.vocabulary)
    sidecar = path.with_name(path.stem + SUFFIXES[0])
    cases = _cases(_with_rule(advisor, rule), rule, draft.lang)
    _append(path, text)
    _append(sidecar, cases)
    return [path, sidecar]


def _parsed(draft: Draft, vocabulary: Vocabulary) -> Rule:
    findings: list[Finding] = []
    text = yaml.safe_dump([_as_data(draft, vocabulary)], allow_unicode=True, sort_keys=False)
    rules = parse_rules(text, vocabulary, findings.append, file=draft.id)
    if findings or not rules:
        raise RuleError(findings)
    return rules[0]


def _as_data(draft: Draft, vocabulary: Vocabulary) -> dict[str, Any]:
    def words(text: str) -> dict[str, str]:
        return {draft.lang: text}

    advise = {"kind": draft.kind, "priority": draft.priority, "due": draft.due}
    rule: dict[str, Any] = {"id": draft.id, "title": words(draft.title)}
    if draft.owner:
        rule["owner"] = draft.owner
    rule["when"] = _conditions(draft.tests, vocabulary)
    rule["advise"] = {**advise, "do": words(draft.do), "why": words(draft.why)}
    return rule


def _conditions(tests: Mapping[str, str], vocabulary: Vocabulary) -> list[dict[str, dict[str, str]]]:
    """One pattern an entity, in the order in which the tests name them."""
    patterns: dict[str, dict[str, str]] = {}
    for key, test in tests.items():
        entity, _, name = key.partition(".")
        found = vocabulary.entities.get(entity)
        head = f"{entity} as {_ITEM.get(entity, 'item')}" if found and found.repeats else entity
        patterns.setdefault(head, {})[name] = test
    return [{head: each} for head, each in patterns.items()]


def place_of(rulebook: Rulebook, keys: list[str]) -> str:
    """The name of the file in which a rule about these fields belongs: where such rules are the greatest share."""
    hits: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    for rule in rulebook.rules:
        parts = Path(rule.at.file).parts
        if not rule.pack and len(parts) > 2:
            tested = {f"{p.entity}.{name}" for p in patterns_of(rule.when) for name, _ in p.tests}
            rules[parts[1]] += 1
            hits[parts[1]] += bool(tested & set(keys[:1]))
    shares = {folder: hits[folder] / rules[folder] for folder in hits if hits[folder]}
    return max(shares, key=lambda folder: (shares[folder], folder)) if shares else _FILE


def _with_choices(rule: Rule, text: str, vocabulary: Vocabulary) -> str:
    """The rule's text with a comment for each field that it tests: what else may stand there."""
    fields = dict.fromkeys(f"{p.entity}.{name}" for p in patterns_of(rule.when) for name, _ in p.tests)
    notes = [note for key in fields if (found := vocabulary.field(key)) and (note := choices_of(found))]
    lines = text.splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if line.strip() == "when:") + 1
    return "".join([*lines[:at], *(f"    # {note}\n" for note in notes), *lines[at:]])


def choices_of(found: Field) -> str:
    """`deal.stage 当前采购阶段: need 需求, approval 立项 …`; nothing for a field without a list of values."""
    if not found.choices:
        return ""
    choices = ", ".join(f"{value} {label.zh}" for value, label in found.choices)
    return f"{found.key} {found.label.zh}: {choices}"


def find_fields(vocabulary: Vocabulary, word: str) -> list[Field]:
    """The fields whose key or label holds a word; where none does, the one most like it."""
    wanted = word.strip().lower()
    fields = [f for e in vocabulary.entities.values() if e.stated for f in e.fields.values()]
    found = [f for f in fields if wanted in f"{f.key} {f.label.zh} {f.label.en}".lower()]
    near = nearest(wanted, [f.key for f in fields])
    return found or [f for f in fields if f.key == near]


# The test


def _with_rule(advisor: Advisor, rule: Rule) -> Advisor:
    """An advisor that knows the new rule as well."""
    from dataclasses import replace

    from playbook.model.rulestore import RuleStore

    rulebook = replace(advisor.rulebook, rule_by_id=RuleStore([*advisor.rulebook.rules, rule]))
    return Advisor(rulebook, advisor.settings, advisor.today, "reference")


def _cases(advisor: Advisor, rule: Rule, lang: Lang) -> str:
    """A case on which the rule fires and, for each condition, one on which it does not."""
    deal = witness_of(advisor, rule)
    if deal is None:
        raise RuleError([Finding("K011", rule.at, {"rule": rule.id})])
    title = rule.title.get(lang)
    names = {"zh": ("触发：{}", "不触发：{}"), "en": ("fires: {}", "silent: {}")}[lang]
    lines = list(_case(names[0].format(title), deal, "fires", rule, advisor.rulebook.vocabulary))
    for condition in rule.when:
        misses = near_misses(advisor.rulebook, condition, deal, advisor.today)
        miss = next((each for each in misses if not _fires(advisor, rule, each)), None)
        if miss is not None:
            lines += _case(names[1].format(title), miss, "silent", rule, advisor.rulebook.vocabulary)
            break
    return "\n".join(lines) + "\n"


def _fires(advisor: Advisor, rule: Rule, deal: Deal) -> bool:
    return any(activation.rule == rule.id for activation in advisor.evaluate(deal).activations)


def _case(name: str, deal: Deal, expected: str, rule: Rule, vocabulary: Vocabulary) -> Iterator[str]:
    yield f"- name: {scalar(name)}"
    yield f"  as_of: {deal.today.isoformat()}"
    yield "  facts:"
    for section, items in _sections(deal, vocabulary).items():
        if len(items) == 1 and not vocabulary.entities[vocabulary.entity_by_name[section]].repeats:
            yield f"    {section}: {_flow(items[0])}"
        else:
            yield f"    {section}:"
            yield from (f"      - {_flow(item)}" for item in items)
    yield f"  {expected}: [{rule.id}]"


def _sections(deal: Deal, vocabulary: Vocabulary) -> dict[str, list[dict[str, str]]]:
    """The facts of a deal by section of its file; a deal must have a stage."""
    found: dict[str, list[dict[str, str]]] = {}
    for entity in vocabulary.entities.values():
        count = deal.counts.get(entity.name, 0) if entity.repeats else 1
        items: list[dict[str, str]] = [{} for _ in range(count)]
        for fact in deal.facts:
            if fact.item[0] == entity.name and fact.item[1] < count:
                items[fact.item[1]][fact.field] = _written(_named(fact.content))
        if any(items):
            found[entity.list_key if entity.repeats else entity.name] = items
    found["deal"] = [{**found.get("deal", [{}])[0], "name": _DEAL}]
    found["deal"][0].setdefault("stage", "need")
    return found


def _named(content: Content) -> Content:
    """A content with the names that witnesses give to items replaced by names as people have them."""
    if isinstance(content, tuple):
        return tuple(value for each in content for value in values_of(_named(each)))
    entity, _, number = str(content).partition(" ")
    names = _NAMES.get(entity, ())
    return names[int(number) - 1] if number.isdigit() and 0 < int(number) <= len(names) else content


def _written(content: Content) -> str:
    if isinstance(content, tuple):
        return f"[{', '.join(map(_written, content))}]"
    if isinstance(content, bool):
        return "yes" if content else "no"
    if isinstance(content, date):
        return content.isoformat()
    return scalar(content) if isinstance(content, str) else f"{content:.15g}"


def _flow(item: Mapping[str, str]) -> str:
    return f"{{{', '.join(f'{name}: {value}' for name, value in item.items())}}}"


def _append(path: Path, text: str) -> None:
    """Adds to a list in a file, which is made when it is not there."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    kept = "\n".join(line for line in before.splitlines() if line.strip() != "[]").rstrip("\n")
    write(path, f"{kept}\n\n{text}" if kept else text)
