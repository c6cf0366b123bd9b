"""Whether items pass patterns: the definition that both engines rest on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playbook.model.facts import Content, Item, WorkingMemory
from playbook.model.rules import AnyOf, Condition, Pattern
from playbook.model.unary import Join, Predicate, Scope, join_holds, predicate
from playbook.model.vocabulary import Field, Vocabulary

Binding = dict[str, Item]
ItemTest = Callable[[dict[str, Content], Binding, WorkingMemory], bool]
Holds = Callable[[WorkingMemory, Binding], bool]


class Matcher:
    """Makes functions from patterns, for one vocabulary and scope (day and parameters)."""

    def __init__(self, vocabulary: Vocabulary, scope: Scope, aliases: dict[str, str]) -> None:
        self._vocabulary = vocabulary
        self._scope = scope
        self._aliases = aliases

    def item_test(self, pattern: Pattern) -> ItemTest:
        """Whether one item's contents pass every test of the pattern."""
        plain = self.predicates(pattern)
        joins = [(name, join) for name, join in pattern.joins]
        if not joins:
            return _all_pass(plain)
        fields = self._vocabulary.entities[pattern.entity].fields
        checks = [(name, join, fields[name], self._field_of(join)) for name, join in joins]
        passes = _all_pass(plain)

        def test(contents: dict[str, Content], binding: Binding, memory: WorkingMemory) -> bool:
            if not passes(contents, binding, memory):
                return False
            for name, join, own_field, other_field in checks:
                item = binding.get(join.alias, (join.alias, 0))
                other = memory.get(item, join.name)
                if not join_holds(join, contents.get(name), own_field, other, other_field):
                    return False
            return True

        return test

    def predicates(self, pattern: Pattern) -> list[tuple[str, Predicate]]:
        """The pattern's tests without joins, as functions by field name."""
        fields = self._vocabulary.entities[pattern.entity].fields
        return [
            (name, predicate(test, fields[name], self._scope))
            for name, test in pattern.tests
            if not isinstance(test, Join)
        ]

    def holds(self, condition: Condition) -> Holds:
        """Whether alternatives, a counted pattern, or one on an entity that exists once, hold."""
        if isinstance(condition, AnyOf):
            branches = [[self.holds(each) for each in alternative] for alternative in condition.alternatives]
            return lambda memory, binding: any(all(h(memory, binding) for h in branch) for branch in branches)
        pattern = condition
        entity = pattern.entity
        if pattern.quantifier == "one":
            passes = self.item_test(pattern)
            return lambda memory, binding: passes(memory.items[entity][0], binding, memory)
        if pattern.quantifier == "no":
            passes = self.item_test(pattern)
            return lambda memory, binding: not any(passes(c, binding, memory) for c in memory.items[entity])
        if pattern.quantifier == "all":
            passes = self.item_test(pattern)
            return lambda memory, binding: (
                bool(memory.items[entity]) and all(passes(c, binding, memory) for c in memory.items[entity])
            )
        count = self._counter(pattern)
        limit: Any = self._scope.resolve(pattern.number)
        if pattern.quantifier in ("at least", "fields"):
            return lambda memory, binding: count(memory, binding) >= limit
        return lambda memory, binding: count(memory, binding) < limit

    def _counter(self, pattern: Pattern) -> Callable[[WorkingMemory, Binding], int]:
        """How many items pass the pattern or, for a pattern that counts fields, how many tests hold."""
        entity = pattern.entity
        if pattern.quantifier in ("fields", "few fields"):
            tests = [self.item_test(_single(pattern, n)) for n in range(len(pattern.tests))]
            return lambda memory, binding: sum(test(memory.items[entity][0], binding, memory) for test in tests)
        passes = self.item_test(pattern)
        return lambda memory, binding: sum(passes(c, binding, memory) for c in memory.items[entity])

    def members(self, pattern: Pattern, memory: WorkingMemory, binding: Binding) -> list[Item]:
        """The items that pass a counted pattern."""
        passes = self.item_test(pattern)
        return [item for item, contents in memory.of(pattern.entity) if passes(contents, binding, memory)]

    def fields(self, pattern: Pattern, memory: WorkingMemory, binding: Binding) -> list[str]:
        """The field names whose test holds, of a pattern that counts fields."""
        contents = memory.items[pattern.entity][0]
        return [
            pattern.tests[n][0]
            for n in range(len(pattern.tests))
            if self.item_test(_single(pattern, n))(contents, binding, memory)
        ]

    def _field_of(self, join: Join) -> Field:
        entity = self._aliases.get(join.alias, join.alias)
        return self._vocabulary.entities[entity].fields[join.name]


def _single(pattern: Pattern, n: int) -> Pattern:
    return Pattern("one", pattern.entity, (pattern.tests[n],), pattern.alias, 1, pattern.at)


def _all_pass(tests: list[tuple[str, Predicate]]) -> ItemTest:
    if len(tests) == 1:
        ((name, only),) = tests
        return lambda contents, binding, memory: only(contents.get(name))

    def test(contents: dict[str, Content], binding: Binding, memory: WorkingMemory) -> bool:
        get = contents.get
        for name, passes in tests:  # noqa: SIM110 - the loop is faster, and this runs most of all
            if not passes(get(name)):
                return False
        return True

    return test
