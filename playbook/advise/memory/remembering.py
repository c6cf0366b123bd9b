"""What a decision log remembers, applied to cards: what was done or rejected rests, and what changed is told.

Pure functions over frozen data; who reads the log passes a `Memory`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, NamedTuple

from playbook.advise.advice import ASK, SILENT, clip
from playbook.advise.briefing import Card, CardName, Gate, Resting, Since
from playbook.advise.memory.fingerprints import Grounds
from playbook.advise.words.wording import Wording
from playbook.model.rulebook import Rulebook
from playbook.model.vocabulary import Text

Verdict = Literal["accepted", "done", "rejected"]

REASONS = {
    "already_done": Text("已经做了", "already done"),
    "does_not_fit": Text("不适合", "does not fit"),
    "wrong_time": Text("时候不对", "wrong time"),
    "facts_wrong": Text("事实有误", "facts wrong"),
}
VERDICTS = {
    "accepted": Text("已采纳", "accepted"),
    "done": Text("已完成", "done"),
    "rejected": Text("不采纳", "rejected"),
}
REST_DAYS = 14  # how long advice rests that came at the wrong time
CHECK = "/check"  # ends the id of the question that stands for doubted facts


class Feedback(NamedTuple):
    """What somebody said of a card, with the hashes of the card's facts and of the deal's at the time."""

    card: str
    rule: str
    kind: str
    person: str
    verdict: Verdict
    reason: str
    day: date
    basis: str
    facts: str


class PastCard(NamedTuple):
    """A card of a logged briefing; `shown` tells that it was shown at some time on that day."""

    id: str
    rule: str
    title: str
    shown: bool


class Past(NamedTuple):
    """A logged briefing. `open_gates` are names."""

    day: date
    lang: str
    readiness: int
    open_gates: frozenset[str]
    cards: tuple[PastCard, ...]


@dataclass(frozen=True)
class Memory:
    """What the log holds about a deal and audience before a briefing.

    `facts` is the hash of the deal as it is now, `last` the last other briefing, `shown` the ids that
    this very briefing has shown before, `feedback` all that was said, oldest first.
    """

    facts: str
    last: Past | None = None
    shown: frozenset[str] = frozenset()
    feedback: tuple[Feedback, ...] = ()


def _is_done(said: Feedback) -> bool:
    return said.verdict == "done" or said.reason == "already_done"


class Recall:
    """A memory applied to the cards of one briefing."""

    def __init__(self, memory: Memory, grounds: Grounds, rulebook: Rulebook, wording: Wording) -> None:
        self.memory = memory
        self.grounds = grounds
        self.rulebook = rulebook
        self.w = wording
        self.rested: list[Resting] = []

    # Before clusters are formed

    def settle(self, cards: tuple[Card, ...]) -> tuple[Card, ...]:
        """The cards, those done or rejected out of sight, a question beside those whose facts are doubted."""
        return tuple(found for card in cards for found in self._settled(card))

    def _settled(self, card: Card) -> Iterator[Card]:
        said = self._feedback(card)
        if card.status != "shown" or card.kind in SILENT or said is None or said.verdict == "accepted":
            yield card
        elif _is_done(said):
            if self.grounds.of(card) == said.basis:
                card = card._replace(status="done", note=self._done_note(said))
            yield card
        else:
            yield from self._rejected(card, said)

    def _feedback(self, card: Card) -> Feedback | None:
        """The last word on a card, or on one that has the same rule speak to us of the same person."""
        for said in reversed(self.memory.feedback):
            if said.card == card.id + CHECK and said.verdict != "accepted":
                return None  # the facts were checked, so the advice stands again
            same = (said.rule, said.kind, said.person) == (card.rule, card.kind, card.person)
            if said.card == card.id or (card.person and same):
                return said
            if card.id == said.card + ASK and _is_done(said):
                return said  # what an action asks is done with the action
        return None

    def _rejected(self, card: Card, said: Feedback) -> Iterator[Card]:
        until = said.day + timedelta(days=REST_DAYS) if said.reason == "wrong_time" else None
        if until is not None:
            rests = self.w.today < until
        elif said.reason == "facts_wrong":
            rests = self.memory.facts == said.facts
        else:
            rests = self.grounds.of(card) == said.basis
        if not rests:
            yield card
            return
        label = self.w.text(REASONS[said.reason])
        self.rested.append(Resting(card.id, card.title, said.reason, label, until))
        yield card._replace(status="rested", note=self._rest_note(said, until))
        if said.reason == "facts_wrong":
            yield self._check(card)

    def _check(self, card: Card) -> Card:
        """The question that stands where a card rests on facts that somebody found wrong."""
        pick = self.w.pick
        facts = pick("；", "; ").join(
            f"{f.label}{pick('：', ': ')}{f.value}" for f in card.facts if f.origin != "unknown"
        )
        title = pick(f"核实事实：{card.title}", f"Check the facts: {card.title}")
        what = pick(f"逐项核实：{facts}。", f"Check each: {facts}. ") if facts else ""
        do = what + pick("有误的，改正商机文件。", "Correct the deal file where it is wrong.")
        why = pick("这条建议所依据的事实被指有误。", "Somebody found the facts behind this advice wrong.")
        return card._replace(
            id=card.id + CHECK, kind="question", title=title, summary=clip(do), do=do, why=why,
            say="", whom="", field="", cluster="", party="us",
        )  # fmt: skip

    def _done_note(self, said: Feedback) -> str:
        day = self.w.day(said.day)
        return self.w.pick(f"{day}记为已完成", f"marked done on {day}")

    def _rest_note(self, said: Feedback, until: date | None) -> str:
        label, day = self.w.text(REASONS[said.reason]), self.w.day(said.day)
        note = self.w.pick(f"{day}不采纳：{label}", f"rejected on {day}: {label}")
        return note + (self.w.pick(f"，{self.w.day(until)}再提", f", back on {self.w.day(until)}") if until else "")

    # After the briefing's other parts

    def since(self, cards: tuple[Card, ...], gates: Iterable[Gate], readiness: int) -> Since:
        """What changed since the last briefing."""
        last = self.memory.last
        was_shown = {c.id for c in last.cards if c.shown} if last else set()
        now = [c for c in cards if c.status == "shown" and c.kind not in SILENT]
        # A card is told of as done or resting once: on the briefing after it was last seen.
        seen = was_shown | self.memory.shown
        done = [c for c in cards if c.status == "done" and c.id in seen]
        news = [c for c in now if last and c.id not in was_shown and not c.id.endswith(CHECK)]
        gone = list(self._gone(last, cards)) if last else []
        opened, shut = self._moved(last, gates) if last else ((), ())
        return Since(
            last=last.day if last else None,
            readiness_before=last.readiness if last else None,
            readiness_now=readiness,
            opened=opened,
            shut=shut,
            new=tuple(CardName(c.id, c.title or c.summary) for c in news),
            gone=tuple(gone),
            done=tuple(CardName(c.id, c.title or c.summary) for c in done),
            rested=tuple(r for r in self.rested if r.id in seen),
            check=tuple(CardName(r.id + CHECK, r.title) for r in self.rested if r.reason == "facts_wrong"),
        )

    def _gone(self, last: Past, cards: tuple[Card, ...]) -> Iterator[CardName]:
        """What was shown and no longer holds, or is held back now; a card that a better one displaces is not gone."""
        still = {c.id for c in cards if c.status not in ("guarded", "other-audience")}
        for card in last.cards:
            if card.shown and card.id not in still and not card.id.endswith(CHECK):
                yield CardName(card.id, self._title(card, last.lang))

    def _title(self, card: PastCard, lang: str) -> str:
        rule = self.rulebook.rule_by_id.get(card.rule)
        title = self.w.text(rule.title) if rule and lang != self.w.lang else ""
        return title if title and "{{" not in title else card.title

    @staticmethod
    def _moved(last: Past, gates: Iterable[Gate]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The labels of the gates that opened and shut."""
        opened = tuple(g.label for g in gates if g.open and g.name not in last.open_gates)
        shut = tuple(g.label for g in gates if not g.open and g.name in last.open_gates)
        return opened, shut
