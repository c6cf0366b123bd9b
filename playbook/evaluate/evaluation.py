"""The result of evaluating a rulebook on a deal, the same from either engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

from playbook.model.facts import Deal, FactKey, Item, WorkingMemory
from playbook.model.rules import Conclude, Rule


class Activation(NamedTuple):
    """A rule with the items that it matched, by alias. (A tuple: they are hashed and sorted by the hundred.)"""

    rule: str
    binding: tuple[tuple[str, Item], ...] = ()

    @property
    def items(self) -> dict[str, Item]:
        return dict(self.binding)


@dataclass(frozen=True)
class Evaluation:
    """Every activation, in a fixed order, and the working memory with all that was concluded.

    `overridden`: conclusions that a stated or computed value left without effect.
    """

    rules: Mapping[str, Rule]
    memory: WorkingMemory
    activations: tuple[Activation, ...]
    overridden: tuple[tuple[Activation, Conclude], ...]

    @cached_property
    def derivations(self) -> dict[FactKey, tuple[Activation, ...]]:
        """The activations that concluded each concluded fact."""
        found: dict[FactKey, tuple[Activation, ...]] = {}
        for activation in self.activations:
            for conclusion in self.rules[activation.rule].conclude:
                key = (*concluded_item(conclusion, activation.items), conclusion.name)
                found[key] = (*found.get(key, ()), activation)
        return found


class Evaluator(Protocol):
    """An engine: made for one rulebook and day, used for any number of deals."""

    name: str

    def evaluate(self, deal: Deal) -> Evaluation: ...


def concluded_item(conclusion: Conclude, items: dict[str, Item]) -> Item:
    """The item that a conclusion is about, under a binding."""
    return items.get(conclusion.alias, (conclusion.entity, 0))


class Recorder:
    """Collects activations and carries out their conclusions, once each."""

    def __init__(self, rules: Mapping[str, Rule], memory: WorkingMemory) -> None:
        self.rules = rules
        self.memory = memory
        self._seen: set[Activation] = set()
        self._overridden: list[tuple[Activation, Conclude]] = []

    def record(self, activation: Activation) -> list[tuple[Item, Conclude]]:
        """The facts that a new activation concluded; nothing for one seen before."""
        if activation in self._seen:
            return []
        self._seen.add(activation)
        news = []
        items = activation.items
        for conclusion in self.rules[activation.rule].conclude:
            item = concluded_item(conclusion, items)
            before = self.memory.fact(item, conclusion.name)
            if not self.memory.conclude(item, conclusion.name, conclusion.value):
                self._overridden.append((activation, conclusion))
            elif self.memory.fact(item, conclusion.name) is not before:
                news.append((item, conclusion))
        return news

    def result(self) -> Evaluation:
        ordered = tuple(sorted(self._seen))
        overridden = tuple(sorted(self._overridden, key=lambda pair: (pair[0], pair[1].key)))
        return Evaluation(self.rules, self.memory, ordered, overridden)
