"""Witnesses: for a rule, a deal on which it fires, found by solving its conditions.

The conditions become requirements on single contents ("deal.stage passes this test"); a content that
meets them all is picked from a few typical ones of its field. Conditions on gates, which no deal
states, are replaced by those of a rule that concludes them. Whether the deal is a witness is for the
engine to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import combinations, islice, product
from typing import Any

from playbook.model.facts import Content, Deal, Fact, FactKey, Item, values_of
from playbook.model.rulebook import Rulebook
from playbook.model.rules import GATES, Condition, Pattern, Rule, conjunctions, patterns_of
from playbook.model.unary import Join, Predicate, Test, join_holds, predicate
from playbook.model.vocabulary import Field

_VARIANTS = 200
_STRATEGIES = 8
_SEVERAL = 4
_NUMBERS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120, 180, 365, 10**6, 10**7, -1, -5)
_DAYS = (0, 1, 2, 3, 5, 7, 10, 14, 20, 30, 45, 60, 90, -1, -2, -3, -5, -7, -10, -14, -25, -31, -45, -61, -91, -200)
_WORDS = ("甲", "乙", "丙")


def candidates(rulebook: Rulebook, rule: Rule, today: date) -> Iterator[Deal]:
    """Deals on which a rule should fire, the simplest first."""
    solver = _Solver(rulebook, today)
    for patterns in solver.conjunctions(rule.when):
        for strategy in range(_STRATEGIES):
            deal = solver.solve(solver.without_gates(patterns, strategy), strategy)
            if deal is not None:
                yield deal


def near_misses(rulebook: Rulebook, condition: Condition, deal: Deal, today: date) -> Iterator[Deal]:
    """Deals that differ from a witness in what a condition asks about: first in one fact or item, then in all."""
    solver = _Solver(rulebook, today)
    stated = {fact.key: fact.content for fact in deal.facts}
    for pattern in patterns_of((condition,)):
        yield from solver.changed(pattern, stated, deal)
    yield solver.all_failing(list(patterns_of((condition,))), stated, deal)
    for key in stated:
        yield _deal({k: v for k, v in stated.items() if k != key}, deal.counts, today)


@dataclass
class _Draft:
    """What the conditions so far require."""

    required: dict[FactKey, list[Predicate]] = field(default_factory=dict)
    joins: list[tuple[Item, str, Join]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    binding: dict[str, Item] = field(default_factory=dict)

    def new_item(self, entity: str) -> Item:
        self.counts[entity] = self.counts.get(entity, 0) + 1
        return (entity, self.counts[entity] - 1)

    def items(self, entity: str) -> list[Item]:
        return [(entity, position) for position in range(self.counts.get(entity, 0))]


class _Solver:
    def __init__(self, rulebook: Rulebook, today: date) -> None:
        self.rulebook = rulebook
        self.entities = rulebook.vocabulary.entities
        self.scope = rulebook.scope(today)
        near = {p.value + shift for p in rulebook.parameters.values() for shift in (-1, 0, 1)}
        self.numbers = [*_NUMBERS, *sorted(near)]

    def conjunctions(self, conditions: tuple[Condition, ...]) -> Iterator[tuple[Pattern, ...]]:
        """Every choice of alternatives, up to a limit."""
        for conjunction in islice(conjunctions(conditions), _VARIANTS):
            yield tuple(condition for condition in conjunction if isinstance(condition, Pattern))

    def without_gates(self, patterns: tuple[Pattern, ...], strategy: int) -> list[Pattern]:
        """The patterns, with those that want a gate open replaced by what opens it."""
        found: list[Pattern] = []
        for pattern in patterns:
            if pattern.entity != "gate":
                found.append(pattern)
                continue
            wanted = [(name, test) for name, test in pattern.tests if self._only_open(name, test)]
            if pattern.quantifier == "fields":
                wanted = wanted[strategy % 2 :][: self._number(pattern)]
            for name, _ in wanted if pattern.quantifier in ("one", "fields") else ():
                (opener, *_) = self.rulebook.rule_by_id.concluding(f"gate.{name}")
                found += [each._replace(alias=f"{name} {each.alias}") for each in next(self.conjunctions(opener.when))]
        return found

    def _only_open(self, name: str, test: Test) -> bool:
        passes = predicate(test, self.entities["gate"].fields[name], self.scope)
        return passes("open") and not passes(None)

    def _number(self, pattern: Pattern) -> int:
        number: Any = self.scope.resolve(pattern.number)
        return int(number)

    # Solving

    def solve(self, patterns: list[Pattern], strategy: int) -> Deal | None:
        """A deal that meets the patterns; None when no typical contents do."""
        draft = _Draft()
        for pattern in patterns:
            self._require(pattern, draft, strategy)
        for pattern in patterns:
            self._forbid(pattern, draft, strategy)
        facts = self._pick(draft)
        if facts is None or not self._join(draft, facts):
            return None
        facts.setdefault(("deal", 0, "name"), "甲")
        for entity, position in [item for name in draft.counts for item in draft.items(name)]:
            if (entity, position, "name") not in draft.required:
                facts.setdefault((entity, position, "name"), f"{entity} {position + 1}")
        return _deal(facts, draft.counts, self.scope.today)

    def _require(self, pattern: Pattern, draft: _Draft, strategy: int) -> None:
        entity, tests = pattern.entity, pattern.tests
        match pattern.quantifier:
            case "one":
                self._require_of((entity, 0), tests, draft)
            case "each":
                draft.binding[pattern.alias] = item = draft.new_item(entity)
                self._require_of(item, tests, draft)
            case "at least":
                bound = draft.items(entity) if strategy & 1 else []
                missing = max(self._number(pattern) - len(bound), 0)
                for item in [*bound[: self._number(pattern)], *(draft.new_item(entity) for _ in range(missing))]:
                    self._require_of(item, tests, draft)
            case "fields":
                chosen = tests[::-1] if strategy & 2 else tests
                self._require_of((entity, 0), chosen[: self._number(pattern)], draft)
            case "all" if not draft.counts.get(entity):
                draft.new_item(entity)

    def _require_of(self, item: Item, tests: tuple[tuple[str, Test], ...], draft: _Draft) -> None:
        for name, test in tests:
            if isinstance(test, Join):
                draft.joins.append((item, name, test))
            else:
                passes = predicate(test, self.entities[item[0]].fields[name], self.scope)
                draft.required.setdefault((*item, name), []).append(passes)

    def _forbid(self, pattern: Pattern, draft: _Draft, strategy: int) -> None:
        """What must not hold, once it is known which items there are."""
        entity = pattern.entity
        match pattern.quantifier:
            case "all":
                for item in draft.items(entity):
                    self._require_of(item, pattern.tests, draft)
            case "no" | "fewer than":
                for item in draft.items(entity)[self._allowed(pattern) :]:
                    self._fail_one(item, pattern, draft, strategy)
            case "few fields":
                for name, test in pattern.tests[self._number(pattern) - 1 :]:
                    fails = _negated(predicate(test, self.entities[entity].fields[name], self.scope))
                    draft.required.setdefault((entity, 0, name), []).append(fails)

    def _fail_one(self, item: Item, pattern: Pattern, draft: _Draft, strategy: int) -> None:
        tests = pattern.tests[::-1] if strategy & 4 else pattern.tests
        any(self._fail(item, name, test, draft) for name, test in tests)

    def _fail(self, item: Item, name: str, test: Test, draft: _Draft) -> bool:
        """Requires that an item fails a test; False when that cannot be had."""
        if isinstance(test, Join):
            return False
        target = self.entities[item[0]].fields[name]
        required = draft.required.setdefault((*item, name), [])
        fails = _negated(predicate(test, target, self.scope))
        if not any(fails(content) and all(p(content) for p in required) for content in self.contents(target)):
            return False
        required.append(fails)
        return True

    def _pick(self, draft: _Draft) -> dict[FactKey, Content] | None:
        facts: dict[FactKey, Content] = {}
        for key, required in draft.required.items():
            target = self.entities[key[0]].fields[key[2]]
            fitting = [c for c in self.contents(target) if all(passes(c) for passes in required)]
            if not fitting:
                return None
            if fitting[0] is not None:
                facts[key] = fitting[0]
        return facts

    def _join(self, draft: _Draft, facts: dict[FactKey, Content]) -> bool:
        """Gives joined fields contents that fit together; False when none do."""
        return all(self._join_one(item, name, join, draft, facts) for item, name, join in draft.joins)

    def _join_one(self, item: Item, name: str, join: Join, draft: _Draft, facts: dict[FactKey, Content]) -> bool:
        other = draft.binding.get(join.alias, (join.alias, 0))
        own_key, other_key = (*item, name), (*other, join.name)
        own_field, other_field = (self.entities[k[0]].fields[k[2]] for k in (own_key, other_key))
        for right in self._fitting(other_key, other_field, draft, facts):
            shared: list[Content] = [(v,) if own_field.is_several else v for v in values_of(right)]
            for left in (*self._fitting(own_key, own_field, draft, facts, shared),):
                if join_holds(join, left, own_field, right, other_field):
                    facts[own_key], facts[other_key] = left, right
                    return True
        return False

    def _fitting(
        self,
        key: FactKey,
        target: Field,
        draft: _Draft,
        facts: dict[FactKey, Content],
        first: list[Content] | None = None,
    ) -> Iterator[Content]:
        offered = [facts[key]] if key in facts else [*(first or []), *self.contents(target)]
        for content in offered:
            if content is not None and all(passes(content) for passes in draft.required.get(key, ())):
                yield content

    def contents(self, target: Field) -> list[Content | None]:
        """Typical contents of a field, unknown first."""
        found: list[Any]
        choices = [value for value, _ in target.choices if value != "unknown"]
        if target.type == "multi_enum":
            found = [c for size in range(1, _SEVERAL + 1) for c in combinations(choices, size)] + [tuple(choices)]
        elif target.type == "map":
            found = [(number,) for number in self.numbers]
        elif target.type == "list":
            found = [_WORDS[:size] for size in range(1, len(_WORDS) + 1)]
        elif target.type == "enum":
            found = choices
        elif target.type == "boolean":
            found = [True, False]
        elif target.type == "date":
            found = [self.scope.today + timedelta(days=days) for days in _DAYS]
        elif target.type == "string":
            found = list(_WORDS)
        else:
            low, high = target.range or (-(10**9), 10**12)
            found = [n for n in self.numbers if low <= n <= high and (target.type == "number" or n == int(n))]
        return [None, *found]

    # Near misses

    def changed(self, pattern: Pattern, stated: dict[FactKey, Content], deal: Deal) -> Iterator[Deal]:
        """The deal with one fact of the pattern's fields otherwise, or one item more or fewer."""
        entity = pattern.entity
        repeats = self.entities[entity].repeats
        count = deal.counts.get(entity, 0) if repeats else 1
        if pattern.quantifier in ("no", "fewer than"):
            yield from self._with_extra(pattern, stated, deal, count)
        for position, (name, _) in product(range(count), pattern.tests):
            for content in self.contents(self.entities[entity].fields[name]):
                others = {key: value for key, value in stated.items() if key != (entity, position, name)}
                changed = others if content is None else {**others, (entity, position, name): content}
                yield _deal(changed, deal.counts, deal.today)
        if repeats:
            fewer = {key: value for key, value in stated.items() if key[0] != entity}
            yield _deal(fewer, {**deal.counts, entity: 0}, deal.today)

    def all_failing(self, patterns: list[Pattern], stated: dict[FactKey, Content], deal: Deal) -> Deal:
        """The deal with every test of the patterns failing at once, where a content can make it fail."""
        draft = _Draft(counts=dict(deal.counts))
        for pattern in [p for p in patterns if p.entity != "gate"]:
            if pattern.quantifier in ("no", "fewer than"):
                for _ in range(self._allowed(pattern) + 1):
                    self._require_of(draft.new_item(pattern.entity), pattern.tests, draft)
                continue
            for item in draft.items(pattern.entity) or [(pattern.entity, 0)]:
                for name, test in pattern.tests:
                    self._fail(item, name, test, draft)
        facts = self._pick(draft) or {}
        if any(pattern.entity == "gate" for pattern in patterns):
            openers = [r for name in GATES for r in self.rulebook.rule_by_id.concluding(f"gate.{name}")[:1]]
            gates = self.solve([p for r in openers for p in next(self.conjunctions(r.when))], 0)
            facts |= {f.key: f.content for f in gates.facts} if gates else {}
            draft.counts |= gates.counts if gates else {}
        return _deal({**stated, **facts}, draft.counts, deal.today)

    def _allowed(self, pattern: Pattern) -> int:
        """How many items may pass a pattern that forbids more."""
        return 0 if pattern.quantifier == "no" else self._number(pattern) - 1

    def _with_extra(self, pattern: Pattern, stated: dict[FactKey, Content], deal: Deal, count: int) -> Iterator[Deal]:
        """The deal with enough more items that pass for the pattern to fail, joined to each item there is."""
        plain = tuple((name, test) for name, test in pattern.tests if not isinstance(test, Join))
        extra = self.solve([pattern._replace(quantifier="each", alias="extra", tests=plain)], 0)
        places = range(count, count + self._allowed(pattern) + 1)
        passing = [fact for fact in extra.facts if fact.item[0] == pattern.entity] if extra else []
        more = {(pattern.entity, place, fact.field): fact.content for place in places for fact in passing}
        joined = [
            {(pattern.entity, place, name): value for place in places}
            for name, join in pattern.joins
            for key, content in stated.items()
            if key[2] == join.name
            for value in values_of(content)
        ]
        for one in joined or [{}]:
            yield _deal({**stated, **more, **one}, {**deal.counts, pattern.entity: places.stop}, deal.today)


def _negated(passes: Predicate) -> Predicate:
    return lambda content: not passes(content)


def _deal(facts: dict[FactKey, Content], counts: dict[str, int], today: date) -> Deal:
    stated = tuple(Fact((entity, position), name, content) for (entity, position, name), content in facts.items())
    return Deal("witness", today, stated, (), dict(counts))
