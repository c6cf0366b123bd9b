"""Random rulebooks and deals over the real vocabulary, for the tests and the long benchmark.

Rules are written as text and read by the real reader, so a failing example can be read as it is.
Whatever is random comes from one function `(low, high) -> number`: `random.Random(seed).randint`,
or a draw of hypothesis, which then shrinks a failing example (the lowest number is the simplest).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from itertools import count
from typing import Any, TypeVar

import yaml

from playbook.check.names import check_rulebook
from playbook.compile.ruleset import check_limits
from playbook.errors import Finding
from playbook.evaluate.evaluation import Evaluation
from playbook.load.rulefile import parse_rules
from playbook.model.facts import Content, Deal, Fact
from playbook.model.rulebook import Parameter, Rulebook
from playbook.model.rulestore import RuleStore
from playbook.model.values import Value
from playbook.model.vocabulary import Field, Text, Vocabulary, build_vocabulary
from playbook.resources import data_text

TODAY = date(2026, 11, 21)
NAMES = ("An", "Bo", "Chen", "李工", "Rivo", "Kern")
NUMBERS = (0, 1, 2, 3, 5, 2.5, 0.0001, -1, 99.99, 10**15)
WHOLE_NUMBERS = (0, 1, 2, 3, 5, 7, 30, -1)
DAYS = (0, 1, 7, 30, -1, -7, -30, -400)
PARAMETERS = ("allies_required", "large_cycle_months", "key_influence")

FIELDS = (
    "deal.stage", "deal.initiation", "deal.inquiry_signals", "deal.size_class", "deal.funnel_level",
    "deal.amount_cny", "deal.budget_cny", "deal.margin_pct", "deal.budget_status", "deal.days_in_stage",
    "deal.expected_decision_date", "deal.next_step_due", "deal.obstacles",
    "account.value_type", "account.is_key", "account.stated_priority", "account.supplier_criteria",
    "account.support_coverage_pct", "procurement.process_status", "procurement.mandatory_tender",
    "info.p1_push_steps", "info.p2_buying_process", "info.age_days", "info.source_count",
    "visit.with", "visit.planned_date", "bid.deadline", "bid.days_left", "bid.ceiling_price", "loss.winner",
    "rep.quota_cny", "rep.actual_cny", "rep.funnel_value_cny", "rep.funnel_coverage",
    "stakeholder.name", "stakeholder.level", "stakeholder.stance", "stakeholder.contact_status",
    "stakeholder.influence", "stakeholder.is_final_decider", "stakeholder.sways", "stakeholder.favours_competitor",
    "stakeholder.interests", "stakeholder.relation_type", "stakeholder.org_need_met",
    "stakeholder.personal_need_met", "stakeholder.last_contact_days",
    "competitor.name", "competitor.position", "competitor.price_level", "competitor.price_war",
    "competitor.strengths", "competitor.backer",
)  # fmt: skip
CONCLUDED = (
    "deal.size_class", "account.value_type", "deal.funnel_level", "gate.information", "gate.relationship",
    "gate.decision", "deal.inquiry_signals", "stakeholder.relation_type", "stakeholder.stance",
    "stakeholder.interests", "stakeholder.sways", "competitor.position", "account.is_key", "deal.margin_pct",
    "deal.next_step_due", "info.age_days",
)  # fmt: skip

_REFERENCE = re.compile(r"[<>=]+ (?!param\.)[a-z]\w*\.[a-z]")

T = TypeVar("T")


class RejectedError(Exception):
    """The rules fit no rulebook (a cycle, or more than the engine holds); draw again."""


class Roll:
    """Choices made with one source of numbers."""

    def __init__(self, number: Callable[[int, int], int]) -> None:
        self.number = number

    def chance(self, percent: int) -> bool:
        return self.number(0, 99) >= 100 - percent

    def pick(self, options: Sequence[T]) -> T:
        return options[self.number(0, len(options) - 1)]

    def some(self, options: Iterable[T], low: int, high: int) -> list[T]:
        """Between `low` and `high` different options, in any order."""
        left = list(options)
        count = self.number(min(low, len(left)), min(high, len(left)))
        return [left.pop(self.number(0, len(left) - 1)) for _ in range(count)]

    def shuffled(self, options: Iterable[T]) -> list[T]:
        left = list(options)
        return self.some(left, len(left), len(left))


@dataclass(frozen=True)
class Sample:
    """A random rulebook: its text, what it was read into, and the fields that its deals state."""

    text: str
    rulebook: Rulebook
    fields: tuple[Field, ...]

    def deal(self, roll: Roll) -> Deal:
        """A random deal that states some of the fields that the rules test."""
        counts = {"stakeholder": roll.number(0, 5), "competitor": roll.number(0, 3)}
        known = roll.pick((70, 70, 90, 30))
        facts = []
        for about in self.fields:
            if not self.rulebook.vocabulary.entities[about.entity].stated:
                continue
            for position in range(counts.get(about.entity, 1)):
                if roll.chance(known):
                    content, keys = _content(roll, about)
                    facts.append(Fact((about.entity, position), about.name, content, keys=keys))
        return Deal("deal.yaml", TODAY, tuple(facts), counts=counts)


@cache
def vocabulary() -> Vocabulary:
    return build_vocabulary(yaml.safe_load(data_text("vocabulary.yaml")))


def is_repeated(entity: str) -> bool:
    return vocabulary().entities[entity].repeats


def random_sample(roll: Roll, most_rules: int = 8) -> Sample:
    """A random rulebook that passes the checks. Raises `RejectedError` when the rules drawn do not."""
    concluded = roll.some(CONCLUDED, 0, 4)
    fields = list(dict.fromkeys([*_some_fields(roll), *concluded]))
    writer = _Writer(roll, fields, concluded)
    text = "\n".join(writer.rule(n) for n in range(roll.number(1, most_rules)))
    values = {name: roll.pick((2, 3, 1, 2.5)) for name in PARAMETERS}
    known = [f for f in map(vocabulary().field, fields) if f]
    return Sample(text, read_rulebook(text, values), tuple(known))


def _some_fields(roll: Roll) -> list[str]:
    """Some fields, among them a few whose values can be compared with each other."""
    fields = roll.some(FIELDS, 2, 6)
    sort = _sort(vocabulary().field(fields[0]))
    return fields + roll.some([key for key in FIELDS if _sort(vocabulary().field(key)) == sort], 0, 4)


def read_rulebook(text: str, parameters: dict[str, float] | None = None) -> Rulebook:
    """The rulebook that a text states. Raises `RejectedError` when it is beyond what a rulebook can be."""
    findings: list[Finding] = []
    rules = parse_rules(text, vocabulary(), findings.append)
    assert not findings, [f.text("en") for f in findings]
    values = {name: Parameter(name, value, Text()) for name, value in (parameters or {}).items()}
    rulebook = Rulebook(vocabulary(), RuleStore(rules), values, {}, {})
    findings = check_rulebook(rulebook) or list(check_limits(rulebook))
    if findings:
        assert {f.code for f in findings} <= {"R045", "R049", "R050", "R051", "R052"}, findings[0].text("en")
        raise RejectedError(findings[0].text("en"))
    return rulebook


def deal_text(deal: Deal) -> str:
    """The facts of a deal as readable lines."""
    counts = ", ".join(f"{count} {entity}" for entity, count in deal.counts.items())
    return "\n".join([f"# {counts}", *(f"{f.item[0]}[{f.item[1]}].{f.field} = {f.content!r}" for f in deal.facts)])


def differences(first: Evaluation, second: Evaluation) -> list[str]:
    """What two evaluations of one deal do not have in common, as readable lines."""
    one, other = _shown(first), _shown(second)
    return [f"first only: {s}" for s in sorted(one - other)] + [f"second only: {s}" for s in sorted(other - one)]


def _shown(evaluation: Evaluation) -> set[str]:
    concluded = [f for f in evaluation.memory.facts.values() if f.origin == "concluded"]
    return {
        *(f"{a.rule} fires on {a.items}" for a in evaluation.activations),
        *(f"{f.key} is {f.content!r}" for f in concluded),
        *(f"{a.rule} on {a.items} is overridden in {c.key}" for a, c in evaluation.overridden),
    }


# Values


def _value(roll: Roll, about: Field) -> Value:
    if about.is_enum:
        return roll.pick([value for value in about.label_of if value != "unknown"])
    match about.type:
        case "integer":
            return roll.pick(WHOLE_NUMBERS)
        case "number" | "map":
            return roll.pick(NUMBERS)
        case "boolean":
            return roll.chance(50)
        case "date":
            return TODAY + timedelta(days=roll.pick(DAYS))
        case _:
            return roll.pick(NAMES)


def _content(roll: Roll, about: Field) -> tuple[Content, tuple[str, ...]]:
    """A content for the field and, for a map, the keys of its values."""
    if not about.is_several:
        return _value(roll, about), ()
    values = [_value(roll, about) for _ in range(roll.number(1, 3))]
    if about.type == "map":
        return tuple(values), tuple(f"p{n + 1}" for n in range(len(values)))
    return tuple(dict.fromkeys(values)), ()


def _value_text(roll: Roll, about: Field) -> str:
    return _written(roll, _value(roll, about))


def _written(roll: Roll, value: Value) -> str:
    if isinstance(value, date) and roll.chance(60):
        return f"today{(value - TODAY).days:+d}d"
    return _plain_text(value)


def _plain_text(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


# Rules


@dataclass
class _Scope:
    """The aliases that a place in a rule may refer to, as the reader keeps them."""

    items: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    @property
    def names(self) -> list[str]:
        """The aliases that a text can name."""
        return [alias for alias in self.items if "#" not in alias]

    def of(self, entity: str) -> list[str]:
        return [alias for alias in self.names if self.items[alias] == entity]

    def new_name(self, letter: str) -> str:
        """The letter with the first free number; those of one alternative are free in another."""
        name = next(name for n in count() if (name := f"{letter}{n}") not in self.taken)
        self.taken.add(name)
        return name

    def default_alias(self, entity: str) -> str:
        """What the reader calls an item without alias: only the first can be referred to."""
        taken = sum(alias.split("#")[0] == entity for alias in self.taken)
        alias = f"{entity}#{taken + 1}" if taken else entity
        self.taken.add(alias)
        return alias

    def copy(self) -> _Scope:
        return _Scope(dict(self.items), set(self.taken))

    def keep_shared(self, scopes: list[_Scope]) -> None:
        """After `any:` only what every alternative binds alike can be referred to."""
        shared = set(scopes[0].items.items()).intersection(*(s.items.items() for s in scopes))
        self.items = dict(sorted(shared))
        self.taken = set.union(*(s.taken for s in scopes))


Json = dict[str, Any]
_BINDING = ("each", "any")  # the kinds of condition that may bind an alias
_KINDS = ("one", "one", "each", "each", "each", "counted", "counted", "counted", "fields", "known before")
_REPEATED = ("stakeholder", "stakeholder", "competitor")
# An alias means one entity all over a rule, so each has its own letter.
_LETTERS = {"stakeholder": "a", "competitor": "b"}
_LIST_LETTERS = {"stakeholder": "s", "competitor": "t"}


class _Writer:
    """Writes rules that test and conclude the given fields.

    Concluded fields stand in layers: a rule that concludes one may wait only for lower ones, so
    that cycles are rare.
    """

    def __init__(self, roll: Roll, keys: list[str], concluded: list[str]) -> None:
        self.roll = roll
        self.fields = {key: found for key in keys if (found := vocabulary().field(key))}
        self.layers = {key: n for n, key in enumerate(concluded)}
        self.layer = len(concluded)
        self.free = False
        self.counted: list[tuple[int, Json]] = []

    def rule(self, number: int) -> str:
        """The text of one rule."""
        targets = self.roll.some(self.layers, 1, 2) if self.layers and self.roll.chance(50) else []
        self.layer = min((self.layers[t] for t in targets), default=len(self.layers))
        self.free = self.roll.chance(10)
        scope = _Scope()
        when = self.conditions(scope, 0, 3)
        conclude = {}
        for target in targets:
            about = self.fields[target]
            if is_repeated(about.entity) and not scope.of(about.entity):
                when.append(self.each(scope, about.entity, named=True))
            alias = self.roll.pick(scope.of(about.entity) or [about.entity])
            conclude[f"{alias}.{about.name}"] = _plain_text(_value(self.roll, about))
        return _rule_text(f"r{number}", when, conclude)

    # Patterns

    def conditions(self, scope: _Scope, depth: int, most: int) -> list[Json]:
        """One to `most` conditions; now and then one that binds nothing stands there twice."""
        found: list[Json] = []
        for _ in range(self.roll.number(1, most)):
            kind = self.roll.pick(_KINDS if depth > 1 else (*_KINDS, "any", "any"))
            condition = self.condition(kind, scope, depth)
            twice = kind not in _BINDING and " as " not in next(iter(condition)) and self.roll.chance(8)
            found += [condition, condition] if twice else [condition]
        return found

    def condition(self, kind: str, scope: _Scope, depth: int) -> Json:
        match kind:
            case "any":
                return self.any_of(scope, depth)
            case "each":
                return self.each(scope, self.roll.pick(_REPEATED))
            case "fields":
                return self.count_fields(scope)
            case "one":
                entity = self.single_entity()
                return {entity: self.tests(entity, scope, 0, 3)}
            case "known before":
                fitting = [condition for layer, condition in self.counted if layer <= self.layer]
                return self.roll.pick(fitting) if fitting else self.count(scope)
        return self.count(scope)

    def single_entity(self) -> str:
        singles = {f.entity: f for f in self.fields.values() if not is_repeated(f.entity)}
        return self.roll.pick(sorted(singles) or ["deal"])

    def each(self, scope: _Scope, entity: str, named: bool = False) -> Json:
        tests = self.tests(entity, scope, 0, 3)
        if not named and self.roll.chance(20):
            scope.items[scope.default_alias(entity)] = entity
            return {entity: tests}
        alias = scope.new_name(_LETTERS[entity])
        scope.items[alias] = entity
        return {f"{entity} as {alias}": tests}

    def count(self, scope: _Scope) -> Json:
        """A counted pattern, which may compare with one alias; those without joins are kept for other rules."""
        roll = self.roll
        word = roll.pick(("no", "at least", "fewer than", "all"))
        if word in ("at least", "fewer than"):
            word += f" {roll.pick(('1', '2', '3', 'param.allies_required'))}"
        entity = roll.pick(_REPEATED)
        tests = self.tests(entity, scope, 0, 2, roll.pick(["", *scope.names]))
        if not any(_is_join(test) for test in tests.values()):
            self.counted.append((self.layer, {f"{word} {entity}": tests}))
        if not roll.chance(20):
            return {f"{word} {entity}": tests}
        return {f"{word} {entity} as {scope.new_name(_LIST_LETTERS[entity])}": tests}

    def count_fields(self, scope: _Scope) -> Json:
        roll = self.roll
        entity, listed = self.single_entity(), 9
        if "info.p1_push_steps" in self.fields and roll.chance(50):
            entity, tests = "info", {"p*": self.test(self.fields["info.p1_push_steps"], False)}
        else:
            tests = self.tests(entity, scope, 1, 4, "")
            listed = len(tests)
        count = roll.pick((*range(1, listed + 1), "param.allies_required"))
        return {f"{roll.pick(('at least', 'fewer than'))} {count} of {entity}": tests}

    def any_of(self, scope: _Scope, depth: int) -> Json:
        alternatives: list[Any] = []
        scopes = []
        for _ in range(self.roll.number(1, 3)):
            scopes.append(scope.copy())
            conditions = self.conditions(scopes[-1], depth + 1, 2)
            alternatives.append(conditions if len(conditions) > 1 or self.roll.chance(50) else conditions[0])
        scope.keep_shared(scopes)
        return {"any": alternatives}

    # Tests

    def usable(self, key: str, waits: bool) -> bool:
        """Whether this rule may test the field, waiting for it or not."""
        layer = self.layers.get(key, -1)
        return layer < self.layer or (not waits and (layer == self.layer or self.free))

    def tests(self, entity: str, scope: _Scope, low: int, high: int, outer: str | None = None) -> Json:
        """Tests by field name. `outer`: in a counted pattern, the one alias that it may refer to."""
        waits = outer is not None
        own = {f.name: f for key, f in self.fields.items() if f.entity == entity and self.usable(key, waits)}
        chosen: Json = {}
        for name in self.roll.some(own, low, high):
            join = self.join(own[name], scope, outer) if self.roll.chance(30) else ""
            chosen[name] = join or self.test(own[name], not self.usable(own[name].key, True))
        if not chosen and low:
            chosen[next(iter(vocabulary().entities[entity].fields))] = "unknown"
        return chosen

    def join(self, own: Field, scope: _Scope, outer: str | None) -> str:
        """A comparison with a field of an alias or of an entity that exists once; empty if none fits."""
        fitting = []
        for key, other in self.fields.items():
            if _sort(own) != _sort(other) or not self.usable(key, outer is not None):
                continue
            if is_repeated(other.entity):
                aliases = [a for a in scope.of(other.entity) if outer is None or a == outer]
                fitting += [f"{alias}.{other.name}" for alias in aliases]
            else:
                fitting.append(key)
        if not fitting:
            return ""
        ordered = _sort(own) in ("number", "date") or own.order
        return f"{self.roll.pick(('=', '>=', '<', '>', '<=') if ordered else ('=',))} {self.roll.pick(fitting)}"

    def test(self, about: Field, positive: bool, depth: int = 0) -> Any:
        """A unary test as text or a list; a `positive` one never waits."""
        roll = self.roll
        shapes = ["leaf", "leaf", "leaf", "list"] if depth < 2 else ["leaf"]
        if not positive:
            shapes += ["unknown", "not", "not list", "not or unknown", "unequal"]
            shapes += ["several"] if about.is_several else []
        match roll.pick(shapes):
            case "list":
                return [self.test(about, positive, depth + 1) for _ in range(roll.number(1, 3))]
            case "unknown":
                return roll.pick(("unknown", "not unknown"))
            case "not":
                return f"not {self.leaf(about)}"
            case "not list":
                return f"not [{self.leaf(about)}, {self.leaf(about)}]"
            case "not or unknown":
                return f"not [{self.leaf(about)}, unknown]"
            case "unequal":
                return f"!= {_value_text(roll, about)}"
            case "several":
                return self.several(about)
        return self.leaf(about)

    def several(self, about: Field) -> str:
        texts = list(dict.fromkeys(str(_value(self.roll, about)) for _ in range(self.roll.number(1, 3))))
        count = self.roll.number(0, len(texts))
        return f"{f'at least {count}' if count else 'all'} of [{', '.join(texts)}]"

    def leaf(self, about: Field) -> str:
        """A positive test without parts."""
        roll = self.roll
        shapes = ["value", "value", *(["known"] if "known" not in about.label_of else [])]
        if about.order or about.type in ("integer", "number", "map", "date"):
            shapes += ["side", "side", "range"]
        shapes += ["parameter"] if about.type in ("integer", "number", "map") else []
        shapes += ["older", "past"] if about.type == "date" else []
        match roll.pick(shapes):
            case "known":
                return "known"
            case "side":
                return f"{roll.pick(('>=', '<', '>', '<='))} {self.bound(about)}"
            case "range":
                return self.between(about)
            case "parameter":
                return f"{roll.pick(('', '>= ', '< '))}param.{roll.pick(PARAMETERS)}"
            case "older":
                return f"older than {roll.pick(('1d', '7d', '30d'))}"
            case "past":
                return roll.pick(("past", "future", "today"))
        return _value_text(roll, about)

    def between(self, about: Field) -> str:
        """A range; the reader refuses one whose ends it sees to be swapped."""
        if about.is_enum:
            low, high = sorted(about.rank[self.roll.pick(about.order)] for _ in range(2))
            return f"{about.order[low]}..{about.order[high]}"
        ends: list[Any] = [_value(self.roll, about), _value(self.roll, about)]
        texts = [_written(self.roll, end) for end in sorted(ends)]
        if about.type != "date" and self.roll.chance(15):
            texts[self.roll.number(0, 1)] = f"param.{self.roll.pick(PARAMETERS)}"
        return "..".join(texts)

    def bound(self, about: Field) -> str:
        return self.roll.pick(about.order) if about.is_enum else _value_text(self.roll, about)


def _is_join(test: Any) -> bool:
    return isinstance(test, str) and bool(_REFERENCE.match(test))


def _sort(about: Field | None) -> str:
    """What a field's values may be compared with: values of one sort."""
    assert about is not None
    if about.is_enum:
        return ",".join(sorted(about.label_of))
    return {"integer": "number", "map": "number", "list": "string"}.get(about.type, about.type)


def _rule_text(name: str, when: list[Json], conclude: Json) -> str:
    lines = [f"- id: {name}", f"  title: {{en: {name}}}", "  when:"]
    lines += [f"    - {json.dumps(condition, ensure_ascii=False)}" for condition in when]
    if conclude:
        lines.append(f"  conclude: {json.dumps(conclude, ensure_ascii=False)}")
    else:
        lines.append("  advise: {kind: note, priority: low, do: {en: x}, why: {en: x}}")
    return "\n".join(lines)
