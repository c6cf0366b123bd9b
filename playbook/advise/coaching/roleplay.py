"""A scene to rehearse: who plays whom, the opening line, three objections with the rules' answers, and what is good."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import NamedTuple

from playbook.advise.briefing import Briefing, Card
from playbook.advise.coaching.words import coaching_data, said
from playbook.advise.explain import Explainer
from playbook.load.supposition import with_settings
from playbook.model.facts import Deal, values_of

_OBJECTIONS = 3
_TALK = ("talk-track", "action", "question", "warning", "gate")


class Objection(NamedTuple):
    """What the customer objects, and how the rules would have it met. `stated`: the customer said so."""

    type: str
    label: str
    line: str
    answer: str
    how: str
    card: str
    stated: bool


class Scene(NamedTuple):
    """A role-play. `held` tells that a guard keeps us from the customer, so the scene is an internal review."""

    partner: str
    occasion: str
    cast: str
    opening: str
    opening_card: str
    objections: tuple[Objection, ...]
    good: tuple[str, ...]
    held: bool


class Director:
    """Sets the scene for one deal. `brief` gives the briefing of a deal that is supposed."""

    def __init__(
        self,
        explainer: Explainer,
        briefing: Briefing,
        deal: Deal,
        guards: tuple[str, ...],
        pushback: tuple[str, ...],
        brief: Callable[[Deal], Briefing],
    ) -> None:
        self.explainer = explainer
        self.briefing = briefing
        self.deal = deal
        self.guards = guards
        self.pushback = pushback
        self.brief = brief
        self.memory = explainer.memory
        self.lang = explainer.w.lang
        self.data = coaching_data()

    def scene(self) -> Scene:
        """The scene with the customer, or with the manager while a guard keeps us from the customer."""
        return self._review() if self.briefing.commitment.held or not self.briefing.header.stage else self._meeting()

    def _review(self) -> Scene:
        spec = self.data["scene"]
        reason = self.briefing.commitment.held.rstrip("。. ")
        facts = said(spec["good"]["facts"], self.lang)
        objections = tuple(Objection("", "", line, "", "", "", False) for line in self.pushback[:_OBJECTIONS])
        manager = said(spec["manager"], self.lang)
        cast = said(spec["held"], self.lang, reason=reason) if reason else said(spec["cast"], self.lang, name=manager)
        good = [facts, *self._boundary()]
        says = [card for card in self._cards(self.briefing) if "rep" not in card.audience]
        opening = says[0].say if says else said(spec["opening"], self.lang)
        card = says[0].id if says else ""
        return Scene(
            manager, said(spec["review"], self.lang), cast, opening, card, objections, tuple(good), bool(reason)
        )

    def _meeting(self) -> Scene:
        spec = self.data["scene"]
        cards = [card for card in self._cards(self.briefing) if "rep" in card.audience and "{" not in card.say]
        partner = self._partner(cards)
        mine = [c for c in cards if c.person == partner] or [c for c in cards if not c.person] or cards
        visit, day = self.briefing.header.visit, self.memory.get(("visit", 0), "planned_date")
        when = "past" if isinstance(day, date) and day < self.memory.today else "occasion"
        return Scene(
            partner=partner,
            occasion=said(spec[when], self.lang, visit=visit) if visit else "",
            cast=said(spec["cast"], self.lang, name=partner),
            opening=mine[0].say if mine else self._golden_question(),
            opening_card=mine[0].id if mine else "",
            objections=tuple(self._objections()),
            good=tuple(self._good()),
            held=False,
        )

    @staticmethod
    def _cards(briefing: Briefing) -> list[Card]:
        """The shown cards with words to say, talk tracks first."""
        found = [c for c in briefing.activations if c.status == "shown" and c.say and c.kind in _TALK]
        return sorted(found, key=lambda card: card.kind != "talk-track")

    def _partner(self, cards: list[Card]) -> str:
        """Whom the visit is to, else whom the first words are for, else the weightiest person that is known."""
        on_visit = [person.name for person in self.briefing.people if person.on_visit]
        met = [str(value) for value in values_of(self.memory.get(("visit", 0), "with"))]
        named = [card.person for card in cards if card.person]
        people = [person.name for person in self.briefing.people if person.contact not in ("none", "unknown")]
        everybody = [person.name for person in self.briefing.people]
        customer = [self.briefing.header.customer] if self.briefing.header.customer else []
        candidates = (*on_visit, *met, *named, *people, *everybody, *customer, self.explainer.w.entity("account"))
        return candidates[0]

    def _golden_question(self) -> str:
        questions = [self.briefing.card(ident).do for ident in self.briefing.questions]
        asked = [q for q in questions if q]
        return asked[0] if asked else said(self.data["questions"]["opening"]["ask"], self.lang)

    def _objections(self) -> Iterator[Objection]:
        """Those the customer has made, then the likeliest of this type of customer, answered ones first."""
        stated = [str(v) for v in values_of(self.memory.get(("visit", 0), "objection_type")) if v != "none"]
        order = self.data["objections"]["order"]
        usual = order.get(self.briefing.header.value_type, order["unknown"])
        rehearsed = [self._objection(name, name in stated) for name in dict.fromkeys((*stated, *usual))]
        rehearsed.sort(key=lambda o: (not o.stated, not o.answer))
        # Outside a sale nobody objects to buying; only what the rules answer is worth rehearsing then.
        yield from [o for o in rehearsed if o.stated or o.answer or self.briefing.gates][:_OBJECTIONS]

    def _objection(self, name: str, stated: bool) -> Objection:
        briefing = self.briefing
        if not stated:
            settings = (f"visit.objection_type={name}", "visit.objection_text=unknown")
            briefing = self.brief(with_settings(self.deal, settings, self.explainer.rulebook.vocabulary))
        card = next((c for c in self._cards(briefing) if _answers(c)), None)
        field = self.explainer.rulebook.vocabulary.entities["visit"].fields["objection_type"]
        own = self.memory.get(("visit", 0), "objection_text") if stated else None
        return Objection(
            type=name,
            label=self.explainer.w.value(field, name),
            line=str(own) if own else said(self.data["objections"]["lines"][name], self.lang),
            answer=card.say if card else "",
            how=card.do if card else said(self.data["scene"]["fallback"], self.lang),
            card=card.id if card else "",
            stated=stated,
        )

    def _good(self) -> Iterator[str]:
        spec, goal = self.data["scene"]["good"], self.briefing.commitment
        yield said(spec["ask_first"], self.lang)
        most = self.explainer.rulebook.parameters["talk_share_max_pct"].value
        yield said(spec["share"], self.lang, pct=self.explainer.w.number(most))
        if goal.best:
            yield said(spec["best"], self.lang, text=goal.best)
        if goal.least:
            yield said(spec["least"], self.lang, text=goal.least)
        yield from self._boundary()

    def _boundary(self) -> list[str]:
        if not self.guards:
            return []
        spec = self.data["scene"]["good"]["boundary"]
        return [said(spec, self.lang, guard=self.explainer.w.pick("；", "; ").join(self.guards))]


def _answers(card: Card) -> bool:
    """Whether a card answers an objection of the visit."""
    return any(line.key == "visit.objection_type" and line.origin == "stated" for line in card.facts)
