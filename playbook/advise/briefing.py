"""The briefing: everything that a sheet shows, as frozen data in the language of the reader.

Its JSON form is a contract: `VERSION` rises when a key changes its meaning or goes.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, NamedTuple

VERSION = 1

Status = Literal["shown", "clustered", "guarded", "other-audience", "done", "rested"]


class Source(NamedTuple):
    """Where a card comes from: a tactic of the catalogue, its document and section in words."""

    id: str
    document: str
    section: str


class FactLine(NamedTuple):
    """A fact that a card rests on, in words. `evidence` says who said it and when, if known."""

    key: str
    label: str
    value: str
    origin: str
    evidence: str = ""


class Card(NamedTuple):
    """One activation of a rule as advice. Empty texts mean that there is nothing to show.

    `id` is stable: rule, then the person it is about, then `ask` for the question of a rule that
    also advises. `person` is a name, `due` a day. `score` is the sum of `score_parts`. `party` says
    whom it has us deal with: `customer`, `agent` or `us`.
    """

    id: str
    rule: str
    source: tuple[str, ...]
    audience: tuple[str, ...]
    kind: str
    status: Status
    title: str
    summary: str
    do: str
    why: str
    say: str
    whom: str
    person: str
    due: date | None
    priority: str
    cluster: str
    gate: str
    field: str
    score: int
    score_parts: tuple[tuple[str, int], ...]
    sources: tuple[Source, ...]
    facts: tuple[FactLine, ...]
    held_by: str = ""
    note: str = ""
    party: str = ""


class Gate(NamedTuple):
    name: str
    label: str
    open: bool
    missing: tuple[str, ...]


class ReadinessPart(NamedTuple):
    name: str
    label: str
    points: float
    maximum: float
    lost: tuple[str, ...]


class Readiness(NamedTuple):
    """Arithmetic from 0 to 100 over what is known; not a probability of winning."""

    score: int
    parts: tuple[ReadinessPart, ...]


class Point(NamedTuple):
    """One of the nine information points. `state`: unknown, hearsay, single, verified."""

    number: int
    label: str
    state: str
    state_label: str
    age_days: int | None
    sources: int | None
    stale: bool


class Person(NamedTuple):
    """`stance`, `contact` and what ends in `_value` are enum values for styling; the labels are for reading.

    `on_visit` tells that the planned visit is to this person.
    """

    name: str
    title: str
    role: str
    level: str
    function: str
    influence: int | None
    stance: str
    stance_label: str
    contact: str
    contact_label: str
    last_contact_days: int | None
    is_final_decider: bool
    is_coach: bool
    move: str
    move_card: str
    level_value: str = ""
    function_value: str = ""
    role_value: str = ""
    on_visit: bool = False


class Choice(NamedTuple):
    """A value of an enumerated field with its label."""

    value: str
    label: str


class Scales(NamedTuple):
    """What the axes and marks of the stakeholder map stand for, in the order of the vocabulary."""

    levels: tuple[Choice, ...] = ()
    functions: tuple[Choice, ...] = ()
    stances: tuple[Choice, ...] = ()
    contacts: tuple[Choice, ...] = ()


class Commitment(NamedTuple):
    """What to ask the customer for on the visit: the best to hope for and the least worth coming for.

    `held` says why nothing may be asked now; `best` and `least` are then empty.
    """

    best: str = ""
    least: str = ""
    held: str = ""


class CardName(NamedTuple):
    """A card by id and title, also one that is no longer there."""

    id: str
    title: str


class Resting(NamedTuple):
    """A card that was rejected, why, and until when it rests; `until` is a day only for bad timing."""

    id: str
    title: str
    reason: str
    label: str
    until: date | None


class Since(NamedTuple):
    """What changed since the last logged briefing of the deal for the same audience, on the day `last`.

    `check` lists the questions that stand where somebody found the facts wrong.
    """

    last: date | None
    readiness_before: int | None
    readiness_now: int
    opened: tuple[str, ...]
    shut: tuple[str, ...]
    new: tuple[CardName, ...]
    gone: tuple[CardName, ...]
    done: tuple[CardName, ...]
    rested: tuple[Resting, ...]
    check: tuple[CardName, ...]

    @property
    def has_news(self) -> bool:
        """Whether anything is to be told beyond the day."""
        moved = self.last is not None and self.readiness_before != self.readiness_now
        return moved or any((self.opened, self.shut, self.new, self.gone, self.done, self.rested, self.check))


class Header(NamedTuple):
    """The deal at a glance; texts are empty when unknown. `lines`: more labelled facts."""

    deal: str
    customer: str
    stage: str
    stage_label: str
    value_type: str
    value_type_label: str
    value_type_basis: str
    amount: str
    visit: str
    lines: tuple[tuple[str, str], ...]


class Briefing(NamedTuple):
    """`top`, `actions`, … `held` and `conclusions` are ids of `activations`, best first.

    `held`: the cards that guards hold back, then the guards themselves. `memory`: only with a decision log.
    """

    version: int
    lang: str
    audience: str
    as_of: date
    rulebook: str
    header: Header
    gates: tuple[Gate, ...]
    readiness: Readiness
    points: tuple[Point, ...]
    top: tuple[str, ...]
    actions: tuple[str, ...]
    questions: tuple[str, ...]
    talk: tuple[str, ...]
    risks: tuple[str, ...]
    notes: tuple[str, ...]
    held: tuple[str, ...]
    people: tuple[Person, ...]
    conclusions: tuple[str, ...]
    activations: tuple[Card, ...]
    commitment: Commitment = Commitment()
    scales: Scales = Scales()
    memory: Since | None = None

    def card(self, ident: str) -> Card:
        """The card of that id; `KeyError` when there is none."""
        for card in self.activations:
            if card.id == ident:
                return card
        raise KeyError(ident)


def plain(value: Any) -> Any:
    """A part of a briefing as JSON can hold it: objects, lists, texts, numbers, days as `2026-11-21`.

    A part that may be missing, and is, has no key.
    """
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        names = getattr(value, "_fields", None)
        defaults: dict[str, Any] = getattr(value, "_field_defaults", {})
        if names is None:
            return [plain(each) for each in value]
        left_out = {name for name, default in defaults.items() if default is None}
        parts = zip(names, value, strict=True)
        return {name: plain(part) for name, part in parts if part is not None or name not in left_out}
    return value
