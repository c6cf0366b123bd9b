"""A naive matcher, straight from the definition of the rule language.

It is the oracle of the engine's tests, and the engine itself where durable_rules cannot be loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from playbook.evaluate.derive import working_memory
from playbook.evaluate.evaluation import Activation, Evaluation, Recorder
from playbook.evaluate.matching import Binding, Matcher
from playbook.model.facts import Deal, WorkingMemory
from playbook.model.rulebook import Rulebook
from playbook.model.rules import Condition, Pattern, Rule
from playbook.model.strata import aliases_of, stratify

Step = Callable[[WorkingMemory, Binding], None]
Found = Callable[[Activation], None]


class Reference:
    """Evaluates by trying every rule on every combination of items, stratum by stratum."""

    name = "reference"

    def __init__(self, rulebook: Rulebook, today: date) -> None:
        self._rulebook = rulebook
        self._scope = rulebook.scope(today)
        self._rules = rulebook.rule_by_id
        in_force = rulebook.in_force(today)
        self._found: Found = lambda activation: None
        strata = stratify(in_force)
        self._concluding: list[list[Step]] = [[] for _ in range(strata.count)]
        self._final: list[Step] = []
        for rule in in_force:
            step = self._compile(rule)
            if rule.conclude:
                self._concluding[strata.rule_level[rule.id]].append(step)
            else:
                # Nothing rests on these, so one pass after all conclusions is enough.
                self._final.append(step)

    def evaluate(self, deal: Deal) -> Evaluation:
        memory = working_memory(deal, self._rulebook.vocabulary)
        recorder = Recorder(self._rules, memory)
        news: list[bool] = []
        self._found = lambda activation: news.append(bool(recorder.record(activation)))
        for steps in self._concluding:
            while True:
                news.clear()
                for step in steps:
                    step(memory, {})
                if not any(news):
                    break
        for step in self._final:
            step(memory, {})
        return recorder.result()

    def _compile(self, rule: Rule) -> Step:
        matcher = Matcher(self._rulebook.vocabulary, self._scope, aliases_of(rule))
        rule_id = rule.id

        def fire(memory: WorkingMemory, binding: Binding) -> None:
            self._found(Activation(rule_id, tuple(sorted(binding.items()))))

        return _chain(rule.when, fire, matcher)


def _chain(conditions: tuple[Condition, ...], then: Step, matcher: Matcher) -> Step:
    """A step that tries the conditions from left to right and ends in `then` for each match."""
    for condition in reversed(conditions):
        then = _step(condition, then, matcher)
    return then


def _step(condition: Condition, then: Step, matcher: Matcher) -> Step:
    if not isinstance(condition, Pattern):
        branches = [_chain(alternative, then, matcher) for alternative in condition.alternatives]

        def each_branch(memory: WorkingMemory, binding: Binding) -> None:
            for branch in branches:
                branch(memory, binding)

        return each_branch
    if condition.quantifier != "each":
        return _holding(condition, then, matcher)
    passes = matcher.item_test(condition)
    entity, alias = condition.entity, condition.alias

    def each_item(memory: WorkingMemory, binding: Binding) -> None:
        for position, contents in enumerate(memory.items[entity]):
            item = (entity, position)
            if item not in binding.values() and passes(contents, binding, memory):
                then(memory, {**binding, alias: item})

    return each_item


def _holding(pattern: Pattern, then: Step, matcher: Matcher) -> Step:
    if pattern.quantifier == "one" and not any(pattern.joins):
        return _passing(pattern, then, matcher)
    holds = matcher.holds(pattern)

    def step(memory: WorkingMemory, binding: Binding) -> None:
        if holds(memory, binding):
            then(memory, binding)

    return step


def _passing(pattern: Pattern, then: Step, matcher: Matcher) -> Step:
    """The plainest and by far most frequent condition: tests on an entity that exists once."""
    entity, tests = pattern.entity, matcher.predicates(pattern)

    def step(memory: WorkingMemory, binding: Binding) -> None:
        get = memory.items[entity][0].get
        for name, passes in tests:
            if not passes(get(name)):
                return
        then(memory, binding)

    return step
