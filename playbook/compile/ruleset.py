"""A rulebook as one durable_rules ruleset in the safe subset, and the order of its phases.

Each rule becomes conjunctions of positive patterns ("messages") over facts of small numbers: a wide
fact with the tested properties of each entity, person or rival, and a narrow one for each value of a
property that may hold several. (One fact for each property would mean a pattern for each test, and
the engine keeps every fact at every pattern that it passes: measured 1.4 times slower.) Whatever
counts or denies is a tally: a fact that is asserted when, everything it depends on being finished,
it has been found to hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from typing import Any, NamedTuple

from playbook.compile.messages import MAX_SHARDS, SHARD, Message, Shards
from playbook.errors import Finding
from playbook.model.encode import UNKNOWN, Encoder, least_code
from playbook.model.ranges import NumberSet
from playbook.model.rulebook import Rulebook
from playbook.model.rules import AnyOf, Condition, Pattern, Rule, conjunctions, patterns_of
from playbook.model.strata import Strata, aliases_of, stratify, tested_fields
from playbook.model.unary import Join, Known, Test, is_positive
from playbook.model.vocabulary import Field, Vocabulary

MAX_MESSAGES = 16
MAX_VARIANTS = 64
_MAX_COUNTED = 10_000  # variants looked at before a rule is refused
_TALLIES = 200  # tallies of one fact
_MAX_PROPERTIES = 245  # of one fact; an object of the engine holds at most 255
SINGLES = "singles"  # the wide fact of everything that exists once
BEGIN = 0  # kind of the sentinel fact, which fires in every run so that a session can be dropped

_NAMES = {">=": "$gte", ">": "$gt", "<=": "$lte", "<": "$lt"}


class Tally(NamedTuple):
    """A property `name` = 1 of a fact of `kind`, asserted at `level` when `condition` holds.

    With `entity` there is a fact for each of its items for which it holds.
    `alias` is the item that the condition compares with; `aliases` gives the entity of each alias.
    """

    kind: int
    name: str
    level: int
    condition: Condition
    aliases: dict[str, str]
    alias: str = ""
    entity: str = ""


class Property(NamedTuple):
    """A property of a wide fact, and whether an unknown value is asserted too."""

    name: str
    takes_unknown: bool


class Compiled(NamedTuple):
    """`definition` is JSON for the engine; the rest tells which facts to assert and what fired.

    `variants`: rule and bound messages by variant. `wide`: kind and properties by entity. `narrow`:
    kinds by field. `copies`: further kinds under which the fact of the singles is asserted. `texts`:
    codes of the texts that rules name.
    """

    definition: str
    variants: dict[str, tuple[str, tuple[tuple[str, str], ...]]]
    wide: dict[str, tuple[int, dict[str, Property]]]
    narrow: dict[str, tuple[int, ...]]
    tallies: tuple[Tally, ...]
    copies: tuple[int, ...]
    texts: dict[str, int]
    levels: int


def compile_rulebook(rulebook: Rulebook, today: date) -> Compiled:
    """Compiles the rules that are in force on that day; they must have passed the checks."""
    rules = rulebook.in_force(today)
    compiler = _Compiler(rulebook, rules, today)
    for number, rule in enumerate(rules):
        for variant, conditions in enumerate(compiler.expand(rule)):
            compiler.add(f"r{number}_{variant}", rule, conditions)
    return compiler.finish()


def check_limits(rulebook: Rulebook) -> Iterator[Finding]:
    """Findings about rules, checked otherwise, that exceed what the engine can hold."""
    compiler = _Compiler(rulebook, rulebook.rules, date.today())
    for number, rule in enumerate(rulebook.rules):
        variants = list(islice(compiler.expand(rule), _MAX_COUNTED))
        if len(variants) > MAX_VARIANTS:
            yield _limit("R050", rule, len(variants), MAX_VARIANTS)
            continue
        if any(len(outer_aliases(p, aliases_of(rule), rulebook.vocabulary)) > 1 for p in patterns_of(rule.when)):
            yield Finding("R051", rule.at, {"rule": rule.id})
            continue
        for variant, conditions in enumerate(variants):
            size = compiler.add(f"r{number}_{variant}", rule, conditions)
            if size > MAX_MESSAGES:
                yield _limit("R049", rule, size, MAX_MESSAGES)
                break
    for name, count in compiler.crowded():
        args = {"field": name, "count": str(count), "limit": str(SHARD * MAX_SHARDS)}
        yield Finding("R052", rulebook.rules[0].at, args)


def _limit(code: str, rule: Rule, count: int, limit: int) -> Finding:
    return Finding(code, rule.at, {"rule": rule.id, "count": str(count), "limit": str(limit)})


def outer_aliases(pattern: Pattern, aliases: dict[str, str], vocabulary: Vocabulary) -> list[str]:
    """The aliases of repeated items that a counted pattern compares with."""
    if pattern.quantifier in ("one", "each"):
        return []
    return _joined_items(pattern, aliases, vocabulary)


def _joined_items(pattern: Pattern, aliases: dict[str, str], vocabulary: Vocabulary) -> list[str]:
    joined = {join.alias for _, join in pattern.joins if join.alias in aliases}
    return sorted(alias for alias in joined if vocabulary.entities[aliases[alias]].repeats)


class _Compiler:
    def __init__(self, rulebook: Rulebook, rules: Iterable[Rule], today: date) -> None:
        self.vocabulary: Vocabulary = rulebook.vocabulary
        self.strata: Strata = stratify(rules)
        self.encoder = Encoder(rulebook.scope(today))
        self.kinds: dict[tuple[str, ...], int] = {}
        self.wide: dict[str, dict[str, Property]] = {}
        patterns = (pattern for rule in rules for pattern in patterns_of(rule.when) if pattern.quantifier == "one")
        singles = {f"{pattern.entity}.{name}" for pattern in patterns for name, _ in pattern.tests}
        self.room_for_tallies = _MAX_PROPERTIES - len(singles)
        self.narrow: dict[str, list[int]] = {}
        self.tallies: dict[tuple[Any, ...], Tally] = {}
        self.shards: dict[int, Shards] = {}
        self.rules: dict[str, list[tuple[Message, int]]] = {}
        self.variants: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {}

    def kind(self, *key: str) -> int:
        return self.kinds.setdefault(key, len(self.kinds) + BEGIN + 1)

    def is_many(self, target: Field) -> bool:
        """Whether several values can stand for the field: by its type, or because rules conclude it."""
        return target.is_several or target.key in self.strata.field_level

    def expand(self, rule: Rule) -> Iterator[tuple[Condition, ...]]:
        """Every conjunction that the rule's `any:` leave open."""
        aliases = aliases_of(rule)
        return conjunctions(rule.when, lambda group: self._can_tally(group, aliases))

    def _can_tally(self, group: AnyOf, aliases: dict[str, str]) -> bool:
        """Whether alternatives bind nothing and rest on stated facts only, so that one look decides them."""
        return all(
            pattern.quantifier != "each"
            and not _joined_items(pattern, aliases, self.vocabulary)
            and not any(key in self.strata.field_level for key, _ in tested_fields(pattern, aliases))
            for pattern in patterns_of((group,))
        )

    def add(self, name: str, rule: Rule, conditions: tuple[Condition, ...]) -> int:
        """Adds one variant of a rule; returns how many messages it takes (0: it can never hold)."""
        variant = _Variant(self, rule)
        if not all(variant.add(condition) for condition in conditions) or not variant.settle():
            return 0
        messages = variant.messages or [Message("m0", BEGIN)]
        if len(messages) <= MAX_MESSAGES:
            self.rules[name] = [(message, self._shard(message)) for message in messages]
            bound = tuple((alias, m.name) for alias, m in variant.items.items())
            self.variants[name] = (rule.id, bound)
        return len(messages)

    def _shard(self, message: Message) -> int:
        """The shard of a message; one about the singles may move to another copy of their fact."""
        tests = json.dumps([message.equal, message.plain, message.alternatives])
        shard = self.shards.setdefault(message.kind, Shards()).take(tests)
        if message.kind == self.kind(SINGLES) and shard >= MAX_SHARDS:
            message.kind = self.kind(SINGLES, str(shard // MAX_SHARDS))
        return shard % MAX_SHARDS

    def crowded(self) -> Iterator[tuple[str, int]]:
        """People, rivals and fields with more patterns than the engine can tell apart, with their number."""
        names = {number: key[0] for key, number in self.kinds.items()}
        for kind, shards in self.shards.items():
            if kind != self.kind(SINGLES) and shards.count > MAX_SHARDS:
                yield names.get(kind, "begin"), shards.patterns

    def narrow_kind(self, target: Field, slot: int) -> int:
        """The kind of facts that hold one value each of a field; one rule may need several (`slot`)."""
        kinds = self.narrow.setdefault(target.key, [])
        if slot == len(kinds):
            kinds.append(self.kind(target.key, str(slot)))
        return kinds[slot]

    def property(self, target: Field, takes_unknown: bool = False) -> str:
        """The property that holds a plain field in the fact of its entity or item."""
        group = target.entity if self.vocabulary.entities[target.entity].repeats else SINGLES
        properties = self.wide.setdefault(group, {})
        before = properties.get(target.key, Property(f"p{len(properties)}", False))
        properties[target.key] = Property(before.name, before.takes_unknown or takes_unknown)
        return before.name

    def tally(self, condition: Condition, rule: Rule, entity: str = "", alias: str = "") -> Tally:
        """The tally that tells whether a condition holds (for each item of `entity`)."""
        aliases = aliases_of(rule)
        key = (_meaning(condition), entity, alias and aliases.get(alias))
        if key not in self.tallies:
            tested = {k for pattern in patterns_of((condition,)) for k, _ in tested_fields(pattern, aliases)}
            level, number = self.strata.wait_level(tested), str(len(self.tallies))
            kind = self._tally_kind(level, number, entity)
            self.tallies[key] = Tally(kind, f"t{number}", level, condition, aliases, alias, entity)
        return self.tallies[key]

    def _tally_kind(self, level: int, number: str, entity: str) -> int:
        """Tallies share wide facts, the first of them that of the singles; an item's is joined to it."""
        if entity:
            return self.kind("tally of an item", number)
        if level == 0 and self.room_for_tallies > 0:
            self.room_for_tallies -= 1
            self.wide.setdefault(SINGLES, {})
            return self.kind(SINGLES)
        return self.kind("tallies", f"{level}.{int(number) // _TALLIES}")

    def finish(self) -> Compiled:
        crowded = {message.kind for messages in self.rules.values() for message, shard in messages if shard}
        rules: dict[str, Any] = {
            name: {
                "all": [{m.name: {"$and": m.conditions(shard if m.kind in crowded else None)}} for m, shard in messages]
            }
            for name, messages in self.rules.items()
        }
        rules["begin"] = {"all": [{"m0": {"k": BEGIN}}]}
        tallies = tuple(self.tallies.values())
        return Compiled(
            json.dumps(rules),
            self.variants,
            {entity: (self.kind(entity), properties) for entity, properties in self.wide.items()},
            {key: tuple(kinds) for key, kinds in self.narrow.items()},
            tallies,
            tuple(number for key, number in self.kinds.items() if key[0] == SINGLES and len(key) > 1),
            self.encoder.texts,
            1 + max((t.level for t in tallies), default=0),
        )


class _Variant:
    """The messages of one conjunction, built pattern by pattern."""

    def __init__(self, compiler: _Compiler, rule: Rule) -> None:
        self.compiler = compiler
        self.rule = rule
        self.messages: list[Message] = []
        self.items: dict[str, Message] = {}
        self._slots: dict[str, int] = {}
        self._tallied: dict[tuple[int, str], Message] = {}
        self._plain: dict[str, tuple[Field, NumberSet]] = {}

    def add(self, condition: Condition) -> bool:
        """Adds a condition; False when it can never hold."""
        if isinstance(condition, AnyOf):
            self._tally_message(self.compiler.tally(condition, self.rule), None)
            return True
        if condition.quantifier == "each":
            return self._add_item(condition)
        if condition.quantifier == "one":
            return all(self._add_single(condition, name, test) for name, test in condition.tests)
        self._add_tally(condition)
        return True

    def settle(self) -> bool:
        """Adds what all `one` patterns together ask of each entity; False when it can never hold."""
        if not self._plain:
            return True
        message = self._singles()
        for target, numbers in self._plain.values():
            if numbers.is_empty:
                return False
            message.restrict(self.compiler.property(target, UNKNOWN in numbers), numbers)
        return True

    def _singles(self) -> Message:
        """The one message about everything that exists once; it comes first."""
        message = next((each for each in self.messages if each.kind == self.compiler.kind(SINGLES)), None)
        if message is None:
            message = self._message(self.compiler.kind(SINGLES))
            self.messages.sort(key=lambda each: each is not message)
        return message

    def _message(self, kind: int) -> Message:
        message = Message(f"m{len(self.messages)}", kind)
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

    def _add_many(self, pattern: Pattern, name: str, test: Test, item: Message | None) -> bool:
        """A test on a property with several values: one positive fact, or else a tally."""
        target = self._field(pattern.entity, name)
        if not is_positive(test):
            entity = pattern.entity if item is not None else ""
            self._tally_message(self.compiler.tally(_alone(pattern, name, test), self.rule, entity), item)
            return True
        numbers = self.compiler.encoder.numbers(test, target)
        if not isinstance(test, Known):
            self._value_message(target, item).restrict("v", numbers)
        else:
            self._value_message(target, item)
        return not numbers.is_empty

    def _value_message(self, target: Field, item: Message | None) -> Message:
        """A message for one known value of a property (of an item)."""
        message = self._message(self.compiler.narrow_kind(target, self._slot(target)))
        if not self.compiler.is_many(target):
            self._known(message, "v")
        if item is not None:
            message.join({"of": {item.name: "key"}}, item.name)
        return message

    def _add_item(self, pattern: Pattern) -> bool:
        compiler = self.compiler
        others = {name: self._other(join) for name, join in pattern.joins}
        message = self._message(compiler.kind(pattern.entity))
        compiler.wide.setdefault(pattern.entity, {})
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
                    own_prop = compiler.property(target)
                    self._known(message, own_prop)
                self._compare(own, own_prop, target, test.op, other, prop, other_field)
                continue
            numbers = compiler.encoder.numbers(test, target)
            if numbers.is_empty:
                return False
            message.restrict(compiler.property(target, UNKNOWN in numbers), numbers)
        return True

    def _other(self, join: Join) -> tuple[Message, Field, str]:
        """The message and property that a join compares with, known there."""
        item = self.items.get(join.alias)
        if item is None:
            target = self._field(join.alias, join.name)
            return self._value_message(target, None), target, "v"
        entity = aliases_of(self.rule)[join.alias]
        target = self._field(entity, join.name)
        if self.compiler.is_many(target):
            return self._value_message(target, item), target, "v"
        prop = self.compiler.property(target)
        self._known(item, prop)
        return item, target, prop

    @staticmethod
    def _known(message: Message, prop: str) -> None:
        known = {"$neq": {prop: UNKNOWN}}
        if known not in message.plain:
            message.plain.append(known)

    @staticmethod
    def _compare(
        own: Message, own_prop: str, own_field: Field, op: str, other: Message, prop: str, other_field: Field
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
        alias = next(iter(outer_aliases(pattern, aliases, self.compiler.vocabulary)), "")
        entity = aliases[alias] if alias else ""
        tally = self.compiler.tally(pattern, self.rule, entity, alias)
        self._tally_message(tally, self.items[alias] if alias else None)

    def _tally_message(self, tally: Tally, item: Message | None) -> None:
        """Asks for a tally (of an item). What is asked twice is one test: no fact matches two messages."""
        place = (tally.kind, item.name if item else "")
        message = self._singles() if tally.kind == self.compiler.kind(SINGLES) else self._tallied.get(place)
        if message is None:
            message = self._tallied[place] = self._message(tally.kind)
            if item is not None:
                message.join({"of": {item.name: "key"}}, item.name)
        holds = {tally.name: 1}
        if holds not in message.equal:
            message.equal.append(holds)


def _meaning(condition: Condition) -> Any:
    """What a condition asks, without the alias and the place where it stands.

    Tests go by their repr: as tuples, tests of different types with the same content are equal.
    """
    if isinstance(condition, AnyOf):
        return tuple(tuple(_meaning(each) for each in alternative) for alternative in condition.alternatives)
    return (condition.quantifier, condition.entity, repr(condition.tests), condition.number)


def _alone(pattern: Pattern, name: str, test: Test) -> Pattern:
    """The one test of a pattern, to be tallied on its own."""
    return Pattern("one", pattern.entity, ((name, test),), pattern.alias, 1, pattern.at)
