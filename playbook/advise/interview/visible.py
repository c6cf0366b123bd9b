"""Which pieces of advice a reader sees, and how a supposition changes that; guards count, ranking does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from playbook.evaluate.evaluation import Activation
from playbook.evaluate.supposing import Situation, Supposed, activations_after
from playbook.model.facts import Item
from playbook.model.rules import Ask, Guard, Rule
from playbook.model.strata import aliases_of

Guards = list[tuple[str, Item | None, Guard]]  # by rule, the person whom the guard is about


class Card(NamedTuple):
    """A piece of advice: a rule, what it matched, and whether it is the rule's question."""

    activation: Activation
    is_question: bool


def asked_field(rule: Rule, ask: Ask) -> str:
    """The field (`entity.field`) that a rule asks for."""
    alias, _, name = ask.field.partition(".")
    return f"{aliases_of(rule).get(alias, alias)}.{name}"


class Visible:
    """The cards of one situation for one audience, as they are and as they would be."""

    def __init__(self, situation: Situation, audience: str) -> None:
        self.situation = situation
        self.now = situation.now
        self.audience = audience
        self.guards = self._guards(self.now.activations)
        self.held_now = self._held(self.now.activations, self.guards)

    @property
    def customer_guard(self) -> str:
        """The guard that keeps us from the customer's people; empty when there is none."""
        return next((ident for ident, _, spec in self.guards if "customer" in spec.parties), "")

    def _guards(self, activations: Iterable[Activation]) -> Guards:
        """The guards that hold advice back, with the person whom each is about."""
        found = []
        for activation in activations:
            spec = self.now.rules[activation.rule].guard
            if spec and spec.effect == "hold":
                found.append((activation.rule, activation.items.get(spec.person), spec))
        return found

    def _held(self, activations: Iterable[Activation], guards: Guards) -> set[Card]:
        return {card for a in activations for card in self._cards(a) if self._is_held(card, guards)}

    def _cards(self, activation: Activation) -> Iterator[Card]:
        rule = self.now.rules[activation.rule]
        if self.audience in rule.audience:
            if rule.advise:
                yield Card(activation, False)
            if rule.ask:
                yield Card(activation, True)

    def _is_held(self, card: Card, guards: Guards) -> bool:
        rule = self.now.rules[card.activation.rule]
        advice = rule.ask if card.is_question else rule.advise
        if advice is None:
            return False
        people = {item for _, item in card.activation.binding}
        for ident, person, spec in guards:
            if ident == rule.id or (person is not None and person not in people):
                continue
            if spec.governs(rule, advice):
                return True
        return False

    def changes(self, supposed: Supposed, key: str) -> list[tuple[Card, bool]]:
        """The cards that a supposition brings (True) or takes away; not the question that it answers."""
        guards = (
            self._guards(activations_after(self.situation, supposed)) if self._moves_guard(supposed) else self.guards
        )
        appearing = [(card, True) for a in supposed.new for card in self._cards(a) if not self._is_held(card, guards)]
        going = [(c, False) for a in supposed.gone for c in self._cards(a) if c not in self.held_now]
        if guards is not self.guards:
            staying = [a for a in self.now.activations if a not in supposed.gone]
            held = self._held(staying, guards)
            shown = {card for a in staying for card in self._cards(a)}
            appearing += [(card, True) for card in (self.held_now & shown) - held]
            going += [(card, False) for card in held - self.held_now]
        return [(card, appears) for card, appears in (*appearing, *going) if not self._asks_for(card, key)]

    def _moves_guard(self, supposed: Supposed) -> bool:
        return any(self.now.rules[a.rule].guard for a in (*supposed.new, *supposed.gone))

    def _asks_for(self, card: Card, key: str) -> bool:
        rule = self.now.rules[card.activation.rule]
        return card.is_question and rule.ask is not None and asked_field(rule, rule.ask) == key
