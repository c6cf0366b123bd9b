"""Test cases of rules: the facts of a deal and what must come of them."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from playbook.errors import Location
from playbook.model.facts import Deal, FactKey
from playbook.model.values import Value
from playbook.model.vocabulary import Text


class ExpectedCard(NamedTuple):
    """What must be true of one card of a rule; empty attributes ask nothing."""

    rule: str
    at: Location
    status: str = ""
    person: str = ""
    do: str = ""
    held_by: str = ""


class Case(NamedTuple):
    """One case of a sidecar test file; a variant is a case of its own."""

    name: Text
    at: Location
    as_of: date
    deal: Deal
    fires: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    concludes: tuple[tuple[FactKey, Value], ...] = ()
    cards: tuple[ExpectedCard, ...] = ()
    audience: str = "rep"

    @property
    def rules(self) -> frozenset[str]:
        """Every rule that the case says something of."""
        return frozenset((*self.fires, *self.silent, *(card.rule for card in self.cards)))
