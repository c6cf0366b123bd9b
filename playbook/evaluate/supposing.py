"""What would be otherwise if something more were known: only the rules that can feel it are evaluated again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from playbook.evaluate.derive import working_memory
from playbook.evaluate.evaluation import Activation, Evaluation
from playbook.evaluate.reference import Reference
from playbook.model.dependencies import Dependencies
from playbook.model.facts import Deal, Fact, WorkingMemory
from playbook.model.rulebook import Rulebook
from playbook.model.rules import Pattern, Rule
from playbook.model.rulestore import RuleStore
from playbook.model.unary import Join, Predicate, predicate


@dataclass(frozen=True)
class Supposed:
    """What a supposition does: the activations that come and go, and the memory as it would be."""

    new: frozenset[Activation]
    gone: frozenset[Activation]
    memory: WorkingMemory


@dataclass(frozen=True)
class Supposer:
    """Knows which rules look at what; made once for a rulebook and day."""

    rulebook: Rulebook
    today: date

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(self.rulebook.in_force(self.today))

    @cached_property
    def tested(self) -> dict[str, frozenset[str]]:
        """The fields (`entity.field`) that each rule in force looks at."""
        ties = Dependencies(self.rulebook)
        return {rule.id: frozenset(ties.tested(rule)) for rule in self.rules}

    @cached_property
    def testing(self) -> dict[str, tuple[Rule, ...]]:
        """The rules in force by the field that they look at."""
        found: dict[str, list[Rule]] = {}
        for rule in self.rules:
            for key in self.tested[rule.id]:
                found.setdefault(key, []).append(rule)
        return {key: tuple(rules) for key, rules in found.items()}

    @cached_property
    def concluding(self) -> tuple[tuple[Rule, frozenset[str]], ...]:
        """The rules that conclude anything, with the fields."""
        return tuple((rule, frozenset(c.key for c in rule.conclude)) for rule in self.rules if rule.conclude)

    @cached_property
    def plain_tests(self) -> dict[str, tuple[tuple[str, str, Predicate], ...]]:
        """The tests that a rule cannot do without, on what exists once: entity, field, and whether a content passes."""
        scope = self.rulebook.scope(self.today)
        return {
            rule.id: tuple(
                (p.entity, name, predicate(test, self.rulebook.vocabulary.entities[p.entity].fields[name], scope))
                for p in rule.when
                if isinstance(p, Pattern) and p.quantifier == "one"
                for name, test in p.tests
                if not isinstance(test, Join)
            )
            for rule in self.rules
        }

    def about(self, deal: Deal, evaluation: Evaluation) -> Situation:
        """The suppositions about one deal, of which `evaluation` tells what holds now."""
        return Situation(self, deal, evaluation)


@dataclass(frozen=True)
class Situation:
    """A deal as it is, to suppose things about."""

    supposer: Supposer
    deal: Deal
    now: Evaluation
    _references: dict[frozenset[str], tuple[frozenset[str], frozenset[str], Reference | None]] = field(
        default_factory=dict
    )

    @cached_property
    def _failing(self) -> dict[str, frozenset[str]]:
        """By rule, the fields that keep it from firing whatever else there is."""
        items = self.now.memory.items
        return {
            ident: frozenset(f"{e}.{name}" for e, name, passes in tests if not passes(items[e][0].get(name)))
            for ident, tests in self.supposer.plain_tests.items()
        }

    @cached_property
    def _firing(self) -> Mapping[str, frozenset[Activation]]:
        found: dict[str, set[Activation]] = {}
        for activation in self.now.activations:
            found.setdefault(activation.rule, set()).add(activation)
        return {ident: frozenset(activations) for ident, activations in found.items()}

    @cached_property
    def _computed(self) -> dict[tuple[str, int, str], object]:
        return _computed(working_memory(self.deal, self.supposer.rulebook.vocabulary))

    def can_matter(self, key: str) -> bool:
        """Whether any rule can feel a field (`entity.field`), computed and concluded ones on the way included."""
        return bool(self._feeling(frozenset({key}))[0])

    def suppose(self, facts: Iterable[Fact], added: str = "") -> Supposed:
        """What comes of further facts; `added` names an entity of which one more item is supposed."""
        counts = {**self.deal.counts, added: self.deal.counts.get(added, 0) + 1} if added else self.deal.counts
        stated = replace(self.deal, facts=(*self.deal.facts, *facts), counts=counts)
        vocabulary = self.supposer.rulebook.vocabulary
        memory = working_memory(stated, vocabulary)
        before, after = self._computed, _computed(memory)
        moved = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        changed = {f"{f.item[0]}.{f.field}" for f in facts} | {f"{entity}.{name}" for entity, _, name in moved}
        if added:
            changed |= {each.key for each in vocabulary.entities[added].fields.values()}
        feeling, affected, reference = self._feeling(frozenset(changed))
        if reference is None:
            return Supposed(frozenset(), frozenset(), memory)
        standing = [
            fact
            for fact in self.now.memory.facts.values()
            if fact.origin == "concluded" and f"{fact.item[0]}.{fact.field}" not in affected
        ]
        outcome = reference.evaluate(replace(stated, facts=(*stated.facts, *standing)))
        before_them = frozenset(a for ident in feeling for a in self._firing.get(ident, ()))
        after_them = frozenset(outcome.activations)
        return Supposed(after_them - before_them, before_them - after_them, outcome.memory)

    def _feeling(self, changed: frozenset[str]) -> tuple[frozenset[str], frozenset[str], Reference | None]:
        """The rules that may come or go, the fields that may change, and a matcher for those rules."""
        if changed not in self._references:
            affected = self._affected(changed)
            looking = {rule.id: rule for key in affected for rule in self.supposer.testing.get(key, ())}
            moved = {ident: rule for ident, rule in looking.items() if self._failing[ident] <= affected}
            # Whatever concludes an affected field concludes it again, as the field starts empty.
            moved |= {rule.id: rule for rule, keys in self.supposer.concluding if not keys.isdisjoint(affected)}
            rules = [moved[ident] for ident in sorted(moved)]
            redone = frozenset(rule.id for rule in rules)
            book = replace(self.supposer.rulebook, rule_by_id=RuleStore(rules))
            reference = Reference(book, self.supposer.today) if rules else None
            self._references[changed] = (redone, affected, reference)
        return self._references[changed]

    def _affected(self, changed: frozenset[str]) -> frozenset[str]:
        """The changed fields and those that rules may conclude otherwise because of them."""
        affected = set(changed)
        while True:
            more = {
                key
                for rule, keys in self.supposer.concluding
                if not keys <= affected and self._may_move(rule, affected)
                for key in keys
            } - affected
            if not more:
                return frozenset(affected)
            affected |= more

    def _may_move(self, rule: Rule, affected: set[str]) -> bool:
        """Whether a rule looks at what changes, and nothing that stays keeps it from firing."""
        return not affected.isdisjoint(self.supposer.tested[rule.id]) and self._failing[rule.id] <= affected


def _computed(memory: WorkingMemory) -> dict[tuple[str, int, str], object]:
    return {key: fact.content for key, fact in memory.facts.items() if fact.origin == "computed"}


def activations_after(situation: Situation, supposed: Supposed) -> Iterator[Activation]:
    """Every activation as it would be."""
    yield from (a for a in situation.now.activations if a not in supposed.gone)
    yield from supposed.new
