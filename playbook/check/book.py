"""What the checks look at: a rulebook as of one day, with answers about its conditions at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import cached_property

from playbook.check.logic import Logic
from playbook.check.similarity import Alike, alike_pairs
from playbook.errors import Finding
from playbook.model.rulebook import Rulebook
from playbook.model.rules import Advise, Ask, Rule
from playbook.model.vocabulary import Text

CheckOfRule = Callable[["Book", Rule], Iterator[Finding]]
CheckOfBook = Callable[["Book"], Iterator[Finding]]


class Book:
    """A rulebook under check. Its rules are those not retired."""

    def __init__(self, rulebook: Rulebook, today: date) -> None:
        self.rulebook = rulebook
        self.today = today
        self.rules = [rule for rule in rulebook.rules if rule.status != "retired"]

    @cached_property
    def logic(self) -> Logic:
        return Logic(self.rulebook, self.today)

    @cached_property
    def alike(self) -> tuple[Alike, ...]:
        """The pairs of rules whose advice reads the same, the earlier place first."""
        texts = {rule.id: advice.get("zh") for rule in self.rules if (advice := _advice(rule))}
        return tuple(alike_pairs(texts))

    def warn(self, code: str, rule: Rule, **args: str) -> Finding:
        return Finding(code, rule.at, {"rule": rule.id, **args}, "warning")


def output_of(rule: Rule) -> Advise | Ask | None:
    """What makes a rule's card."""
    return rule.advise or rule.ask


def _advice(rule: Rule) -> Text | None:
    return rule.advise.do if rule.advise else rule.ask.question if rule.ask else None
