"""Hypothesis strategies: random rulebooks with deals, and the same in another order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from generator import RejectedError, Roll, Sample, deal_text, random_sample
from hypothesis import reject
from hypothesis import strategies as st

from playbook.model.facts import Deal, Fact, Item
from playbook.model.rulebook import Rulebook
from playbook.model.rulestore import RuleStore

_MOST_RULES = (6, 6, 20)  # some large: rules that share fields show what small rulebooks do not

Draw = Callable[[st.SearchStrategy[int]], int]


@dataclass(frozen=True)
class Case:
    """A rulebook and deals for it; shown as text when a test fails."""

    sample: Sample
    deals: tuple[Deal, ...]

    @property
    def rulebook(self) -> Rulebook:
        return self.sample.rulebook

    def __repr__(self) -> str:
        parameters = {name: p.value for name, p in self.rulebook.parameters.items()}
        return "\n".join(["", self.sample.text, f"# {parameters}", *map(deal_text, self.deals)])


@dataclass(frozen=True)
class Rearranged:
    """A case with its rules, facts and people in another order; `moved` is the new place of each item."""

    case: Case
    rulebook: Rulebook
    deal: Deal
    moved: dict[Item, Item]

    def __repr__(self) -> str:
        order = [rule.id for rule in self.rulebook.rules]
        return f"{self.case!r}\n# rules as {order}, items as {self.moved}, facts as\n{deal_text(self.deal)}"


@cache
def _numbers(low: int, high: int) -> st.SearchStrategy[int]:
    return st.integers(low, high)


def _roll(draw: Draw) -> Roll:
    return Roll(lambda low, high: low if low == high else draw(_numbers(low, high)))


def _case(roll: Roll, deals: int) -> Case:
    try:
        sample = random_sample(roll, roll.pick(_MOST_RULES))
    except RejectedError:
        reject()
    return Case(sample, tuple(sample.deal(roll) for _ in range(deals)))


@st.composite
def cases(draw: Draw, deals: int = 1) -> Case:
    """A random rulebook with a number of random deals."""
    return _case(_roll(draw), deals)


@st.composite
def rearranged_cases(draw: Draw) -> Rearranged:
    """A random rulebook and deal, and both in another order."""
    roll = _roll(draw)
    case = _case(roll, 1)
    rules = case.rulebook.rules
    order = rules[::-1] if roll.chance(50) else tuple(roll.shuffled(rules))
    deal, moved = _with_people_moved(roll, case.deals[0])
    return Rearranged(case, replace(case.rulebook, rule_by_id=RuleStore(order)), deal, moved)


def _with_people_moved(roll: Roll, deal: Deal) -> tuple[Deal, dict[Item, Item]]:
    moved: dict[Item, Item] = {}
    for entity, count in deal.counts.items():
        for old, new in enumerate(roll.shuffled(range(count))):
            moved[entity, old] = (entity, new)
    facts = [Fact(moved.get(f.item, f.item), f.field, f.content, keys=f.keys) for f in deal.facts]
    return replace(deal, facts=tuple(roll.shuffled(facts))), moved
