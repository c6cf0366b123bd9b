"""What the decision log holds, as frozen data: entries to write, and the answers to questions about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from playbook.advise.briefing import Briefing
from playbook.advise.memory.fingerprints import Grounds, fingerprint
from playbook.advise.memory.remembering import Verdict
from playbook.evaluate.evaluation import Evaluation
from playbook.model.facts import Deal

OPEN, WON, LOST = "open", "won", "lost"


class Key(NamedTuple):
    """What makes a briefing the same briefing: its deal, reader, day, facts and rules."""

    deal: str
    audience: str
    day: date
    facts: str
    rulebook: str


class LoggedCard(NamedTuple):
    """A card as logged. `number` counts the shown ones in the order of the briefing, `top` the first three; 0: none."""

    id: str
    rule: str
    kind: str
    status: str
    person: str
    title: str
    basis: str
    number: int
    top: int


@dataclass(frozen=True)
class Entry:
    """A briefing as logged."""

    key: Key
    name: str
    lang: str
    outcome: str
    readiness: int
    open_gates: tuple[str, ...]
    cards: tuple[LoggedCard, ...]

    @property
    def numbered(self) -> tuple[LoggedCard, ...]:
        """The cards that were shown, in the order of the briefing."""
        return tuple(sorted((c for c in self.cards if c.number), key=lambda card: card.number))


class Opinion(NamedTuple):
    """What somebody says of a card."""

    verdict: Verdict
    reason: str = ""
    note: str = ""
    by: str = ""


class Said(NamedTuple):
    """An opinion in the log. `time` is UTC."""

    time: str
    day: date
    deal: str
    card: str
    rule: str
    title: str
    opinion: Opinion


class RuleRecord(NamedTuple):
    """How a rule fared: in how many briefings, by feedback, and in how many deals that were won or lost."""

    rule: str
    fired: int
    shown: int
    top: int
    accepted: int
    done: int
    rejected: tuple[tuple[str, int], ...]
    won: int
    lost: int


class BriefingRecord(NamedTuple):
    """A briefing in the log. `top` are the titles of its first three. `time` is UTC."""

    time: str
    day: date
    deal: str
    name: str
    audience: str
    rulebook: str
    facts: str
    outcome: str
    readiness: int
    shown: int
    top: tuple[str, ...]


def key_of(deal: Deal, evaluation: Evaluation, file: str, audience: str, rulebook: str) -> Key:
    """The key of the briefing that a deal gets from a rulebook (its hash, as on the briefing)."""
    return Key(file, audience, evaluation.memory.today, fingerprint(deal), rulebook)


def entry_of(briefing: Briefing, key: Key, evaluation: Evaluation, grounds: Grounds) -> Entry:
    """A briefing as the log keeps it."""
    parts = (briefing.top, briefing.actions, briefing.questions, briefing.talk, briefing.risks, briefing.notes)
    order = dict.fromkeys(ident for part in parts for ident in part)
    numbers = {ident: number for number, ident in enumerate(order, 1)}
    top = {ident: number for number, ident in enumerate(briefing.top, 1)}
    cards = tuple(
        LoggedCard(
            c.id, c.rule, c.kind, c.status, c.person, c.title or c.summary, grounds.of(c),
            numbers.get(c.id, 0), top.get(c.id, 0),
        )
        for c in briefing.activations
    )  # fmt: skip
    gates = tuple(gate.name for gate in briefing.gates if gate.open)
    score = briefing.readiness.score
    return Entry(key, briefing.header.deal, briefing.lang, _outcome(evaluation), score, gates, cards)


def _outcome(evaluation: Evaluation) -> str:
    """Whether the deal file says that the deal is won or lost."""
    status = str(evaluation.memory.get(("deal", 0), "status") or OPEN)
    return LOST if evaluation.memory.get(("deal", 0), "stage") == LOST else status
