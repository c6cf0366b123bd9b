"""A rulebook as one durable_rules ruleset in the safe subset, and the order of its phases.

Each rule becomes conjunctions of positive patterns ("messages") over narrow facts of small numbers:
a fact for each tested property of an entity that exists once, one for each person or rival, one for
each value of a property that may hold several. Whatever counts or denies is a tally: a fact that is
asserted when, everything it depends on being finished, it has been found to hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import product
from typing import Any

from playbook.encode import UNKNOWN, Encoder, least_code
from playbook.errors import Finding
from playbook.ranges import NumberSet
from playbook.rulebook import Rulebook
from playbook.rules import AnyOf, Condition, Pattern, Rule
from playbook.strata import Strata, aliases_of, stratify, tested_fields
from playbook.unary import Join, Known, Test, is_positive
from playbook.vocabulary import Field, Vocabulary

MAX_MESSAGES = 16
MAX_VARIANTS = 64
_SHARD = 24
_MAX_SHARDS = 40
BEGIN = 0  # kind of the sentinel fact, which fires in every run so that a session can be dropped

_NAMES = {">=": "$gte", ">": "$gt", "<=": "$lte", "<": "$lt"}


@dataclass(frozen=True, slots=True)
class Tally:
    """A fact of `kind`, asserted at `level` when `pattern` holds (once for each item of `entity`).

    `alias` is the item that the pattern compares with; `aliases` gives the entity of each alias.
    """

    kind: int
    level: int
    pattern: Pattern
    aliases: dict[str, str]
    alias: str = ""
    entity: str = ""


@dataclass(frozen=True, slots=True)
class Narrow:
    """Facts of one property: their kind, and whether an unknown value is asserted too."""

    kind: int
    takes_unknown: bool


@dataclass(frozen=True)
class Compiled:
    """`definition` is JSON for the engine; the rest tells which facts to assert and what fired."""

    definition: str
    variants: dict[str, tuple[str, tuple[tuple[str, str], ...]]]
    wide: dict[str, tuple[int, dict[str, str]]]
    narrow: dict[str, tuple[Narrow, ...]]
    tallies: tuple[Tally, ...]
    texts: dict[str, int]
    levels: int


@dataclass(slots=True)
class _Message:
    """One pattern of the engine: facts of `kind` that pass tests and joins."""

    name: str
    kind: int
    equal: list[dict[str, Any]] = field(default_factory=list)
    plain: list[dict[str, Any]] = field(default_factory=list)
    joins: list[dict[str, Any]] = field(default_factory=list)
    alternatives: list[dict[str, Any]] = field(default_factory=list)
    joined_to: str = ""

    def restrict(self, prop: str, numbers: NumberSet) -> None:
        """Adds the condition that a property lies in a set of numbers."""
        if numbers.is_everything:
            return
        points, gaps = numbers.points, numbers.complement().points
        if points is not None and len(points) == 1:
            self.equal.append({prop: _json(points[0])})
        elif gaps is not None:
            self.plain += [{"$neq": {prop: _json(p)}} for p in gaps]
        elif len(numbers.intervals) == 1:
            self.plain += _bounds(prop, numbers)
        else:
            branches = [_bounds(prop, NumberSet((i,))) for i in numbers.intervals]
            self.alternatives.append({"$or": [b[0] if len(b) == 1 else {"$and": b} for b in branches]})

    def join(self, condition: dict[str, Any], to: str) -> None:
        self.joins.append(condition)
        self.joined_to = self.joined_to or to

    def conditions(self, shard: int) -> list[dict[str, Any]]:
        """In the order the engine needs: kind, shard, equalities, tests, joins, constant join, `$or`."""
        guard = [{"_t": {self.joined_to: "_t"}}] if self.joined_to else []
        return [
            {"k": self.kind},
            {"$neq": {"_t": shard + 2}},
            *self.equal,
            *self.plain,
            *self.joins,
            *guard,
            *self.alternatives,
        ]


def _json(number: float) -> int | float:
    return int(number) if number == int(number) else number


def _bounds(prop: str, numbers: NumberSet) -> list[dict[str, Any]]:
    ((low, low_inside, high, high_inside),) = numbers.intervals
    if low == high:
        return [{prop: _json(low)}]
    out: list[dict[str, Any]] = []
    if low != float("-inf"):
        out.append({"$gte" if low_inside else "$gt": {prop: _json(low)}})
    if high != float("inf"):
        out.append({"$lte" if high_inside else "$lt": {prop: _json(high)}})
    return out


def compile_rulebook(rulebook: Rulebook, today: date) -> Compiled:
    """Compiles the rules that are in force on that day; they must have passed the checks."""
    rules = rulebook.in_force(today)
    compiler = _Compiler(rulebook, rules, today)
    for number, rule in enumerate(rules):
        for variant, patterns in enumerate(variants_of(rule.when)):
            compiler.add(f"r{number}_{variant}", rule, patterns)
    return compiler.finish()


def check_limits(rulebook: Rulebook) -> Iterator[Finding]:
    """Findings about rules that exceed what the engine can hold."""
    compiler = _Compiler(rulebook, rulebook.rules, date.today())
    for number, rule in enumerate(rulebook.rules):
        variants = variant_count(rule.when)
        if variants > MAX_VARIANTS:
            yield _limit("R050", rule, variants, MAX_VARIANTS)
            continue
        for variant, patterns in enumerate(variants_of(rule.when)):
            if any(len(_outer(p, aliases_of(rule), rulebook.vocabulary)) > 1 for p in patterns):
                yield Finding("R051", rule.at, {"rule": rule.id})
                break
            size = compiler.add(f"r{number}_{variant}", rule, patterns)
            if size > MAX_MESSAGES:
                yield _limit("R049", rule, size, MAX_MESSAGES)
                break
    for name, count in compiler.crowded():
        args = {"field": name, "count": str(count), "limit": str(_SHARD * _MAX_SHARDS)}
        yield Finding("R052", rulebook.rules[0].at, args)


def _limit(code: str, rule: Rule, count: int, limit: int) -> Finding:
    return Finding(code, rule.at, {"rule": rule.id, "count": str(count), "limit": str(limit)})


def variant_count(conditions: tuple[Condition, ...]) -> int:
    total = 1
    for condition in conditions:
        if isinstance(condition, AnyOf):
            total *= sum(variant_count(a) for a in condition.alternatives)
    return total


def variants_of(conditions: tuple[Condition, ...]) -> Iterator[tuple[Pattern, ...]]:
    """Every conjunction that `any:` leaves open."""
    choices: list[list[tuple[Pattern, ...]]] = []
    for condition in conditions:
        if isinstance(condition, Pattern):
            choices.append([(condition,)])
        else:
            choices.append([v for a in condition.alternatives for v in variants_of(a)])
    for combination in product(*choices):
        yield tuple(pattern for part in combination for pattern in part)


def _outer(pattern: Pattern, aliases: dict[str, str], vocabulary: Vocabulary) -> list[str]:
    """The aliases of repeated items that a counted pattern compares with."""
    if pattern.quantifier in ("one", "each"):
        return []
    joined = {join.alias for _, join in pattern.joins if join.alias in aliases}
    return sorted(alias for alias in joined if vocabulary.entities[aliases[alias]].repeats)


class _Compiler:
    def __init__(self, rulebook: Rulebook, rules: Iterable[Rule], today: date) -> None:
        self.vocabulary: Vocabulary = rulebook.vocabulary
        self.strata: Strata = stratify(rules, rulebook.vocabulary)
        self.encoder = Encoder(rulebook.scope(today))
        self.kinds: dict[tuple[str, ...], int] = {}
        self.wide: dict[str, dict[str, str]] = {}
        self.narrow: dict[str, dict[int, tuple[int, bool]]] = {}
        self.tallies: dict[tuple[Any, ...], Tally] = {}
        self.used: dict[int, int] = {}
        self.rules: dict[str, Any] = {}
        self.variants: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {}

    def kind(self, *key: str) -> int:
        return self.kinds.setdefault(key, len(self.kinds) + BEGIN + 1)

    def is_many(self, target: Field) -> bool:
        """Whether several values can stand for the field: by its type, or because rules conclude it."""
        return target.is_several or target.key in self.strata.field_level

    def add(self, name: str, rule: Rule, patterns: tuple[Pattern, ...]) -> int:
        """Adds one variant of a rule; returns how many messages it takes (0: it can never hold)."""
        variant = _Variant(self, rule)
        if not all(variant.add(pattern) for pattern in patterns) or not variant.settle():
            return 0
        messages = variant.messages or [_Message("m0", BEGIN)]
        if len(messages) <= MAX_MESSAGES:
            self.rules[name] = {"all": [{m.name: {"$and": m.conditions(self._shard(m.kind))}} for m in messages]}
            bound = tuple((alias, m.name) for alias, m in variant.items.items())
            self.variants[name] = (rule.id, bound)
        return len(messages)

    def _shard(self, kind: int) -> int:
        self.used[kind] = self.used.get(kind, 0) + 1
        return (self.used[kind] - 1) // _SHARD

    def crowded(self) -> Iterator[tuple[str, int]]:
        names = {number: ".".join(key) for key, number in self.kinds.items()}
        for kind, count in self.used.items():
            if count > _SHARD * _MAX_SHARDS:
                yield names.get(kind, "begin"), count

    def narrow_kind(self, target: Field, slot: int, takes_unknown: bool) -> int:
        kind = self.kind(target.key, str(slot))
        slots = self.narrow.setdefault(target.key, {})
        slots[slot] = (kind, takes_unknown or slots.get(slot, (0, False))[1])
        return kind

    def wide_property(self, target: Field) -> str:
        properties = self.wide.setdefault(target.entity, {})
        return properties.setdefault(target.name, f"p{len(properties)}")

    def tally(self, pattern: Pattern, rule: Rule, entity: str, alias: str) -> int:
        aliases = aliases_of(rule)
        key = (pattern.quantifier, pattern.entity, pattern.tests, pattern.count, entity, alias and aliases.get(alias))
        if key not in self.tallies:
            tested = {k for k, _ in tested_fields(pattern, aliases)}
            kind = self.kind("tally", str(len(self.tallies)))
            level = self.strata.wait_level(tested)
            self.tallies[key] = Tally(kind, level, pattern, aliases, alias, entity)
        return self.tallies[key].kind

    def finish(self) -> Compiled:
        self.rules["begin"] = {"all": [{"m0": {"k": BEGIN}}]}
        tallies = tuple(self.tallies.values())
        return Compiled(
            json.dumps(self.rules),
            self.variants,
            {entity: (self.kind(entity), self.wide.get(entity, {})) for entity in self._repeated()},
            {
                key: tuple(Narrow(kind, unknown) for kind, unknown in slots.values())
                for key, slots in self.narrow.items()
            },
            tallies,
            self.encoder.texts,
            1 + max((t.level for t in tallies), default=0),
        )

    def _repeated(self) -> list[str]:
        return [e.name for e in self.vocabulary.entities.values() if e.repeats]


class _Variant:
    """The messages of one conjunction, built pattern by pattern."""

    def __init__(self, compiler: _Compiler, rule: Rule) -> None:
        self.compiler = compiler
        self.rule = rule
        self.messages: list[_Message] = []
        self.items: dict[str, _Message] = {}
        self._slots: dict[str, int] = {}
        self._tallied: set[tuple[int, str]] = set()
        self._plain: dict[str, tuple[Field, NumberSet]] = {}

    def add(self, pattern: Pattern) -> bool:
        """Adds a pattern; False when it can never hold."""
        if pattern.quantifier == "each":
            return self._add_item(pattern)
        if pattern.quantifier == "one":
            return all(self._add_single(pattern, name, test) for name, test in pattern.tests)
        self._add_tally(pattern)
        return True

    def settle(self) -> bool:
        """Adds what all `one` patterns together ask of each plain property."""
        for target, numbers in self._plain.values():
            if numbers.is_empty:
                return False
            message = self._message(self.compiler.narrow_kind(target, self._slot(target), UNKNOWN in numbers))
            message.restrict("v", numbers)
            self.messages.remove(message)
            self.messages.insert(0, message)
        return True

    def _message(self, kind: int) -> _Message:
        message = _Message(f"m{len(self.messages)}", kind)
        self.messages.append(message)
        return message

    def _slot(self, target: Field) -> int:
        slot = self._slots.get(target.key, 0)
        self._slots[target.key] = slot + 1
        return slot

    def _field(self, entity: str, name: str) -> Field:
        return self.compiler.vocabulary.entities[entity].fields[name]

    def _add_single(self, pattern: Pattern, name: str, test: Test) -> bool:
        target = self._field(pattern.entity, name)
        if isinstance(test, Join):
            other, other_field, prop = self._other(test)
            message = self._value_message(target, None)
            self._compare(message, "v", target, test.op, other, prop, other_field)
            return True
        if self.compiler.is_many(target):
            return self._add_many(pattern, name, test, None)
        numbers = self.compiler.encoder.numbers(test, target)
        before = self._plain.get(target.key)
        self._plain[target.key] = (target, before[1].intersect(numbers) if before else numbers)
        return True

    def _add_many(self, pattern: Pattern, name: str, test: Test, item: _Message | None) -> bool:
        """A test on a property with several values: one positive fact, or else a tally."""
        target = self._field(pattern.entity, name)
        if not is_positive(test):
            entity = pattern.entity if item is not None else ""
            self._tally_message(self.compiler.tally(_alone(pattern, name, test), self.rule, entity, ""), item)
            return True
        numbers = self.compiler.encoder.numbers(test, target)
        if not isinstance(test, Known):
            self._value_message(target, item).restrict("v", numbers)
        else:
            self._value_message(target, item)
        return not numbers.is_empty

    def _value_message(self, target: Field, item: _Message | None) -> _Message:
        """A message for one known value of a property (of an item)."""
        message = self._message(self.compiler.narrow_kind(target, self._slot(target), False))
        if not self.compiler.is_many(target):
            self._known(message, "v", target)
        if item is not None:
            message.join({"of": {item.name: "key"}}, item.name)
        return message

    def _add_item(self, pattern: Pattern) -> bool:
        compiler = self.compiler
        others = {name: self._other(join) for name, join in pattern.joins}
        message = self._message(compiler.kind(pattern.entity))
        self.items[pattern.alias] = message
        for name, test in pattern.tests:
            target = self._field(pattern.entity, name)
            if compiler.is_many(target) and not isinstance(test, Join):
                if not self._add_many(pattern, name, test, message):
                    return False
                continue
            if isinstance(test, Join):
                other, other_field, prop = others[name]
                own, own_prop = message, "v"
                if compiler.is_many(target):
                    own = self._value_message(target, message)
                else:
                    own_prop = compiler.wide_property(target)
                    self._known(message, own_prop, target)
                self._compare(own, own_prop, target, test.op, other, prop, other_field)
                continue
            numbers = compiler.encoder.numbers(test, target)
            if numbers.is_empty:
                return False
            message.restrict(compiler.wide_property(target), numbers)
        return True

    def _other(self, join: Join) -> tuple[_Message, Field, str]:
        """The message and property that a join compares with, known there."""
        item = self.items.get(join.alias)
        if item is None:
            target = self._field(join.alias, join.name)
            return self._value_message(target, None), target, "v"
        entity = aliases_of(self.rule)[join.alias]
        target = self._field(entity, join.name)
        if self.compiler.is_many(target):
            return self._value_message(target, item), target, "v"
        prop = self.compiler.wide_property(target)
        self._known(item, prop, target)
        return item, target, prop

    @staticmethod
    def _known(message: _Message, prop: str, target: Field) -> None:
        known = {"$neq": {prop: UNKNOWN}}
        if known not in message.plain:
            message.plain.append(known)

    @staticmethod
    def _compare(
        own: _Message, own_prop: str, own_field: Field, op: str, other: _Message, prop: str, other_field: Field
    ) -> None:
        if op == "=":
            own.join({own_prop: {other.name: prop}}, other.name)
            return
        for message, name, target in ((own, own_prop, own_field), (other, prop, other_field)):
            message.plain.append({"$gte": {name: least_code(target)}})
        other.plain.append({"$ex": {prop: 1}})
        own.join({_NAMES[op]: {own_prop: {other.name: prop}}}, other.name)

    def _add_tally(self, pattern: Pattern) -> None:
        aliases = aliases_of(self.rule)
        alias = next(iter(_outer(pattern, aliases, self.compiler.vocabulary)), "")
        entity = aliases[alias] if alias else ""
        kind = self.compiler.tally(pattern, self.rule, entity, alias)
        self._tally_message(kind, self.items[alias] if alias else None)

    def _tally_message(self, kind: int, item: _Message | None) -> None:
        """A message for a tally (of an item). Asked for twice it is the same: no fact matches two messages."""
        place = (kind, item.name if item else "")
        if place in self._tallied:
            return
        self._tallied.add(place)
        message = self._message(kind)
        if item is not None:
            message.join({"of": {item.name: "key"}}, item.name)


def _alone(pattern: Pattern, name: str, test: Test) -> Pattern:
    """The one test of a pattern, to be tallied on its own."""
    return Pattern("one", pattern.entity, ((name, test),), pattern.alias, 1, pattern.at)
