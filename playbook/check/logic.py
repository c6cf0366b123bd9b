"""What conditions of rules mean to one another: whether they can hold together, and whether one implies another.

A test on a field of one value is the set of coded values that pass it (`NumberSet`); on a field of several
values, the set of typical contents that pass it. Answers are on the safe side: `contradiction` finds only true
contradictions, `implies` is true only where one conjunction really follows from the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import combinations, islice
from math import ceil
from typing import NamedTuple

from playbook.model.encode import UNKNOWN, Encoder, least_code
from playbook.model.facts import Content
from playbook.model.ranges import NumberSet
from playbook.model.rulebook import Rulebook
from playbook.model.rules import AnyOf, Condition, Pattern, conjunctions
from playbook.model.unary import Join, Known, Several, Test, Unknown, predicate
from playbook.model.vocabulary import Field

_MOST_CONJUNCTIONS = 64
_SEVERAL = 3
_EVERY_COMBINATION = 10  # of more choices than this, only combinations of a few, or of all but a few, are looked at
_SOMETHING = ("…",)  # stands for whatever a field of free texts or numbers holds
Tests = tuple[tuple[str, Test], ...]
Conjunction = tuple[Pattern, ...]


class Region(NamedTuple):
    """The contents of a field that pass a test; exactly one of the two is given."""

    numbers: NumberSet | None = None
    contents: frozenset[Content | None] | None = None

    def intersect(self, other: Region) -> Region:
        if self.numbers is not None and other.numbers is not None:
            return Region(self.numbers.intersect(other.numbers))
        return Region(None, (self.contents or frozenset()) & (other.contents or frozenset()))

    def without(self, other: Region) -> Region:
        if self.numbers is not None and other.numbers is not None:
            return Region(self.numbers.intersect(other.numbers.complement()))
        return Region(None, (self.contents or frozenset()) - (other.contents or frozenset()))

    @property
    def is_empty(self) -> bool:
        return self.numbers.is_empty if self.numbers is not None else not self.contents

    def within(self, other: Region) -> bool:
        if self.numbers is not None and other.numbers is not None:
            return self.numbers.intersect(other.numbers.complement()).is_empty
        return (self.contents or frozenset()) <= (other.contents or frozenset())


class Contradiction(NamedTuple):
    """Two tests, or two patterns, that cannot both hold; the same pattern twice when one cannot hold at all."""

    first: Pattern
    second: Pattern
    field: str = ""


class Logic:
    """Answers about the conditions of one rulebook, with its parameters as they are."""

    def __init__(self, rulebook: Rulebook, today: date) -> None:
        self._entities = rulebook.vocabulary.entities
        self._scope = rulebook.scope(today)
        self._encoder = Encoder(self._scope)
        self._regions: dict[tuple[str, Test], Region] = {}
        self._universes: dict[str, Region] = {}

    def conjunctions(self, conditions: tuple[Condition, ...]) -> list[Conjunction]:
        """The choices that alternatives leave open; empty when there are too many to look at."""
        found = list(islice(conjunctions(conditions), _MOST_CONJUNCTIONS + 1))
        if len(found) > _MOST_CONJUNCTIONS:
            return []
        return [tuple(p for p in conjunction if isinstance(p, Pattern)) for conjunction in found]

    # Single tests

    def universe(self, field: Field) -> Region:
        """Everything that a field may hold, unknown included."""
        if field.key not in self._universes:
            self._universes[field.key] = self._universe(field)
        return self._universes[field.key]

    def _universe(self, field: Field) -> Region:
        if field.is_several or field.type in ("list", "map"):
            return Region(None, frozenset(_contents_of_several(field)))
        unknown = NumberSet.point(UNKNOWN)
        codes = [self._encoder.value(field, v) for v, _ in field.choices if v != "unknown"]
        if field.is_enum:
            return Region(NumberSet.union([unknown, *map(NumberSet.point, codes)]))
        if field.type == "boolean":
            return Region(NumberSet.union([unknown, NumberSet.point(0), NumberSet.point(1)]))
        if field.range and field.type in ("number", "integer", "percent"):
            return Region(NumberSet.union([unknown, NumberSet.between(*field.range)]))
        return Region(NumberSet.union([unknown, NumberSet.between(least_code(field), -least_code(field))]))

    def region(self, field: Field, test: Test) -> Region | None:
        """The contents that pass; None for a comparison with another field, and where contents cannot be listed."""
        free = field.type in ("list", "map") and not isinstance(test, Known | Unknown)
        if isinstance(test, Join) or free:
            return None
        key = (field.key, test)
        if key not in self._regions:
            self._regions[key] = self._region(field, test)
        return self._regions[key]

    def _region(self, field: Field, test: Test) -> Region:
        everything = self.universe(field)
        if everything.contents is not None or isinstance(test, Several):
            passes = predicate(test, field, self._scope)
            return Region(None, frozenset(c for c in everything.contents or () if passes(c)))
        return Region(self._encoder.numbers(test, field)).intersect(everything)

    def is_always_true(self, field: Field, test: Test) -> bool:
        region = self.region(field, test)
        return region is not None and self.universe(field).within(region)

    def example(self, field: Field, region: Region) -> str:
        """A content of a region that is not empty, as a rule file would have it; a known one where there is one."""
        if region.contents is not None:
            content = min((c for c in region.contents if isinstance(c, tuple)), key=lambda c: (len(c), c), default=())
            return f"[{', '.join(map(str, content))}]" if content else "unknown"
        numbers = region.numbers or NumberSet(())
        for value, _ in field.choices:
            if value != "unknown" and self._encoder.value(field, value) in numbers:
                return value
        known = numbers.intersect(NumberSet.between(least_code(field), -least_code(field)))
        if field.is_enum or known.is_empty:
            return "unknown"
        if field.type == "boolean":
            return "yes" if 1 in known else "no"
        low, _, high, _ = known.intervals[0]
        if field.type == "date":
            return f"today{int(low):+d}d" if low > least_code(field) else f"today{int(high):+d}d"
        return f"{low:.15g}" if low > least_code(field) else f"{high:.15g}"

    def covers_everything(self, group: AnyOf) -> bool:
        """Whether alternatives about one field leave no value of it out."""
        tests = [self._only_test(alternative) for alternative in group.alternatives]
        keys = {found[0].key for found in tests if found}
        regions = [self.region(*found) for found in tests if found]
        if len(keys) != 1 or len(regions) != len(tests):
            return False
        field = next(found[0] for found in tests if found)
        passing = [region.numbers for region in regions if region is not None and region.numbers is not None]
        return len(passing) == len(tests) and self.universe(field).within(Region(NumberSet.union(passing)))

    def _only_test(self, alternative: tuple[Condition, ...]) -> tuple[Field, Test] | None:
        """The one test of an entity that exists once, when there is nothing else in an alternative."""
        if len(alternative) != 1 or not isinstance(alternative[0], Pattern):
            return None
        pattern = alternative[0]
        if pattern.quantifier != "one" or len(pattern.tests) != 1:
            return None
        ((name, test),) = pattern.tests
        return self.field(pattern, name), test

    def field(self, pattern: Pattern, name: str) -> Field:
        return self._entities[pattern.entity].fields[name]

    # Conjunctions

    def contradiction(self, *parts: Conjunction) -> Contradiction | None:
        """Two patterns that cannot both hold. Several parts (of different rules) may match the same items."""
        together = tuple(pattern for part in parts for pattern in part)
        return self._impossible_test(together) or self._clash_of_single(together) or self._clash_of_counts(parts)

    def _impossible_test(self, conjunction: Conjunction) -> Contradiction | None:
        for pattern in conjunction:
            if pattern.quantifier not in ("one", "each", "at least"):
                continue
            for name, test in pattern.tests:
                region = self.region(self.field(pattern, name), test)
                if region is not None and region.is_empty and self._number(pattern) > 0:
                    return Contradiction(pattern, pattern, name)
        return None

    def _clash_of_single(self, conjunction: Conjunction) -> Contradiction | None:
        """Tests of one field of an entity that exists once, which no content passes together."""
        held: dict[tuple[str, str], tuple[Region, Pattern]] = {}
        for pattern in conjunction:
            if pattern.quantifier != "one":
                continue
            for name, test in pattern.tests:
                region = self.region(self.field(pattern, name), test)
                if region is None:
                    continue
                key = (pattern.entity, name)
                before = held.get(key)
                both = region.intersect(before[0]) if before else region
                if both.is_empty:
                    return Contradiction(before[1] if before else pattern, pattern, name)
                held[key] = (both, before[1] if before else pattern)
        return None

    def _clash_of_counts(self, parts: tuple[Conjunction, ...]) -> Contradiction | None:
        """A pattern that asks for items which another forbids."""
        for forbids in (p for part in parts for p in part if p.quantifier in ("no", "fewer than")):
            allowed = 0 if forbids.quantifier == "no" else ceil(self._number(forbids)) - 1
            for part in parts:
                asking = [p for p in part if self._asks_for(p, forbids)]
                least = max((self._number(p) for p in asking if p.quantifier == "at least"), default=0)
                # The patterns of one rule match different items.
                if max(least, sum(p.quantifier == "each" for p in asking)) > allowed:
                    return Contradiction(asking[0], forbids)
        return None

    def _asks_for(self, pattern: Pattern, forbids: Pattern) -> bool:
        """Whether every item that passes `pattern` is one that `forbids` counts."""
        wants = pattern.quantifier in ("each", "at least") and pattern.entity == forbids.entity
        return wants and self.tests_imply(pattern, forbids)

    def _number(self, pattern: Pattern) -> float:
        number = self._scope.resolve(pattern.number)
        return float(number) if isinstance(number, int | float) else 1

    # Implication

    def tests_imply(self, strong: Pattern, weak: Pattern) -> bool:
        """Whether an item that passes the tests of one pattern passes those of another."""
        given: dict[str, list[Test]] = {}
        for name, test in strong.tests:
            given.setdefault(name, []).append(test)
        return all(self._implied(self.field(weak, name), test, given.get(name, [])) for name, test in weak.tests)

    def _implied(self, field: Field, test: Test, given: list[Test]) -> bool:
        if test in given:
            return True
        wanted = self.region(field, test)
        if wanted is None:
            return False
        held = self.universe(field)
        for each in given:
            region = self.region(field, each)
            held = held.intersect(region) if region is not None else held
        return held.within(wanted)

    def implies(self, strong: tuple[Condition, ...], weak: tuple[Condition, ...]) -> bool:
        """Whether `weak` holds wherever `strong` does."""
        stronger, weaker = self.conjunctions(strong), self.conjunctions(weak)
        return bool(stronger) and all(any(self._follows(s, w) for w in weaker) for s in stronger)

    def _follows(self, strong: Conjunction, weak: Conjunction) -> bool:
        merged = _merged(strong)
        taken: set[int] = set()
        for pattern in _merged(weak):
            for place, other in enumerate(merged):
                if (pattern.quantifier != "each" or place not in taken) and self._pattern_follows(other, pattern):
                    taken.add(place)
                    break
            else:
                return False
        return True

    def _pattern_follows(self, strong: Pattern, weak: Pattern) -> bool:
        if strong.entity != weak.entity:
            return False
        match strong.quantifier, weak.quantifier:
            case ("one", "one") | ("each", "each") | ("all", "all"):
                return self.tests_imply(strong, weak)
            case ("each", "at least"):
                return self._number(weak) <= 1 and self.tests_imply(strong, weak)
            case "at least", "at least":
                return self._number(strong) >= self._number(weak) and self.tests_imply(strong, weak)
            case ("no", "no" | "fewer than"):
                return self.tests_imply(weak, strong)
            case "fewer than", "fewer than":
                return self._number(strong) <= self._number(weak) and self.tests_imply(weak, strong)
            case ("fields", "fields"):
                return set(strong.tests) <= set(weak.tests) and self._number(strong) >= self._number(weak)
            case ("few fields", "few fields"):
                return set(weak.tests) <= set(strong.tests) and self._number(strong) <= self._number(weak)
            case _:
                return False

    def may_hold_together(self, first: tuple[Condition, ...], second: tuple[Condition, ...]) -> bool:
        """False only when no facts meet both."""
        left, right = self.conjunctions(first), self.conjunctions(second)
        if not left or not right:
            return True
        return any(self.contradiction(a, b) is None for a in left for b in right)


def _merged(conjunction: Conjunction) -> list[Pattern]:
    """The conjunction with the tests of each entity that exists once gathered in one pattern."""
    single: dict[str, Pattern] = {}
    rest = []
    for pattern in conjunction:
        if pattern.quantifier != "one":
            rest.append(pattern)
        elif pattern.entity in single:
            known = single[pattern.entity]
            single[pattern.entity] = known._replace(tests=(*known.tests, *pattern.tests))
        else:
            single[pattern.entity] = pattern
    return [*single.values(), *rest]


def _contents_of_several(field: Field) -> Iterator[Content | None]:
    """Typical contents of a field of several values: nothing, each few of its choices, all but a few, all of them."""
    yield None
    if not field.choices:
        yield _SOMETHING
        return
    choices: list[str] = [value for value, _ in field.choices if value != "unknown"]
    many = len(choices) > _EVERY_COMBINATION
    for size in range(1, len(choices) + 1):
        if not many or size <= _SEVERAL or size >= len(choices) - _SEVERAL:
            yield from combinations(choices, size)
