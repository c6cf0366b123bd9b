"""What hangs together in a rulebook: which rules feed which through concluded facts, which guards govern which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from playbook.model.rulebook import Rulebook
from playbook.model.rules import Rule, patterns_of
from playbook.model.strata import aliases_of, tested_fields


@dataclass(frozen=True)
class Dependencies:
    """The ties between the rules of a rulebook; every list is in the order of the rules' ids."""

    rulebook: Rulebook

    @cached_property
    def _tested(self) -> dict[str, tuple[str, ...]]:
        return {rule.id: tuple(dict.fromkeys(_fields(rule))) for rule in self.rulebook.rules}

    @cached_property
    def testing(self) -> dict[str, tuple[str, ...]]:
        """Rules by the field (`entity.field`) that their conditions look at."""
        return _turned(self._tested.items())

    @cached_property
    def concluding(self) -> dict[str, tuple[str, ...]]:
        """Rules by the field that they conclude."""
        rules = self.rulebook.rules
        return _turned((rule.id, dict.fromkeys(c.key for c in rule.conclude)) for rule in rules)

    @cached_property
    def asking(self) -> dict[str, tuple[str, ...]]:
        """Rules by the field that they ask for."""
        return _turned((rule.id, _asked(rule)) for rule in self.rulebook.rules)

    @cached_property
    def governing(self) -> dict[str, tuple[str, ...]]:
        """Guards by the rule whose cards they may hold back or rewrite."""
        return _turned((guard.id, self.governed(guard)) for guard in self.rulebook.rules if guard.guard)

    def tested(self, rule: Rule) -> tuple[str, ...]:
        """The fields that a rule's conditions look at, in their order."""
        return self._tested[rule.id]

    def feeding(self, rule: Rule) -> dict[str, tuple[str, ...]]:
        """The concluded fields that a rule looks at, with the rules that conclude each."""
        return {key: self.concluding[key] for key in self.tested(rule) if key in self.concluding}

    def fed(self, rule: Rule) -> dict[str, tuple[str, ...]]:
        """The fields that a rule concludes, with the rules that look at each."""
        return {key: self.testing.get(key, ()) for key in dict.fromkeys(c.key for c in rule.conclude)}

    def governed(self, guard: Rule) -> tuple[str, ...]:
        """The rules whose cards a guard may hold back or rewrite when it fires."""
        spec = guard.guard
        if spec is None:
            return ()
        others = (rule for rule in self.rulebook.rules if rule.id != guard.id)
        return tuple(rule.id for rule in others if any(spec.governs(rule, card) for card in rule.cards))


def _fields(rule: Rule) -> Iterator[str]:
    aliases = aliases_of(rule)
    for pattern in patterns_of(rule.when):
        for key, _ in tested_fields(pattern, aliases):
            yield key


def _asked(rule: Rule) -> tuple[str, ...]:
    if rule.ask is None:
        return ()
    alias, _, name = rule.ask.field.partition(".")
    return (f"{aliases_of(rule).get(alias, alias)}.{name}",)


def _turned(pairs: Iterable[tuple[str, Iterable[str]]]) -> dict[str, tuple[str, ...]]:
    """Values with the keys that hold them."""
    found: dict[str, list[str]] = {}
    for key, values in pairs:
        for value in values:
            found.setdefault(value, []).append(key)
    return {value: tuple(keys) for value, keys in found.items()}
