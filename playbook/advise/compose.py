"""The briefing from cards and facts: header, verdict, top three, people, sections."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from playbook.advise.advice import SILENT, Adviser, choose_top
from playbook.advise.briefing import VERSION, Briefing, Card, Choice, Gate, Header, Person, Point, Scales, Status
from playbook.advise.commitment import commitment
from playbook.advise.explain import Explainer
from playbook.advise.readiness import readiness
from playbook.advise.words.wording import Wording
from playbook.evaluate.evaluation import Evaluation
from playbook.model.facts import Content, Item, values_of
from playbook.model.rulebook import Rulebook
from playbook.model.rules import GATES
from playbook.model.settings import Settings

if TYPE_CHECKING:
    from playbook.advise.memory.remembering import Memory, Recall


_HEADER_FIELDS = (
    "deal.size_class",
    "deal.budget_status",
    "procurement.method",
    "deal.expected_decision_date",
    "bid.deadline",
    "deal.forecast_category",
    "deal.win_prob_rep",
    "account.support_coverage_pct",
    "deal.next_step",
    "rep.name",
    "rep.quota_cny",
    "rep.funnel_coverage",
    "rep.forecast_accuracy_pct",
)
_LATE = ("evaluation", "commitment")


def compose(
    rulebook: Rulebook,
    settings: Settings,
    evaluation: Evaluation,
    lang: str,
    audience: str = "rep",
    past: Memory | None = None,
) -> Briefing:
    """The briefing of one evaluation, in one language for one audience; `past`: what the decision log holds."""
    wording = Wording(rulebook.vocabulary, lang, evaluation.memory.today)
    return _Composer(rulebook, settings, evaluation, wording, audience, past).briefing()


def _recall(past: Memory, explainer: Explainer, rulebook: Rulebook, wording: Wording) -> Recall:
    from playbook.advise.memory.fingerprints import Grounds  # only in a workspace
    from playbook.advise.memory.remembering import Recall

    return Recall(past, Grounds(explainer), rulebook, wording)


class _Composer:
    def __init__(
        self,
        rulebook: Rulebook,
        settings: Settings,
        evaluation: Evaluation,
        wording: Wording,
        audience: str,
        past: Memory | None,
    ) -> None:
        self.rulebook = rulebook
        self.settings = settings
        self.evaluation = evaluation
        self.memory = evaluation.memory
        self.w = wording
        self.audience = audience
        self.explainer = Explainer(rulebook, evaluation, wording)
        self.recall = _recall(past, self.explainer, rulebook, wording) if past else None

    def briefing(self) -> Briefing:
        adviser = Adviser(self.explainer, self.settings.ranking, self.audience)
        cards = adviser.cards(self.recall.settle if self.recall else None)
        top = choose_top(cards, self.settings.ranking, self.memory.today)
        rest = [card for card in cards if card.id not in top]
        has_deal = self._get("deal.stage") is not None
        # The three gates are about a sale in progress, and a transactional purchase is not measured by them.
        selling = str(self._get("deal.stage")) in self.settings.ranking.closed_gate
        has_gates = selling and self._get("deal.size_class") != "small_routine"
        gates = self._gates() if has_gates else ()
        score = readiness(self.settings.readiness, self.rulebook, self.evaluation, self.w)
        return Briefing(
            version=VERSION,
            lang=self.w.lang,
            audience=self.audience,
            as_of=self.memory.today,
            rulebook=self.rulebook.digest[:12],
            header=self._header(),
            gates=gates,
            readiness=score,
            points=self._points() if has_deal else (),
            top=top,
            actions=_ids([c for c in rest if not _is_for_the_customer(c)], "action", "gate", "question"),
            questions=_ids([c for c in rest if _is_for_the_customer(c)], "question"),
            talk=_ids(rest, "talk-track"),
            risks=_ids(rest, "warning", "avoid"),
            notes=_ids(rest, "note"),
            held=_held(rest),
            people=self._people(cards),
            conclusions=_ids(rest, "conclusion"),
            activations=cards,
            commitment=commitment(self.rulebook, self.evaluation, self.w),
            scales=Scales(*map(self._choices, ("level", "function", "stance", "contact_status"))),
            memory=self.recall.since(cards, gates, score.score) if self.recall else None,
        )

    # Header

    def _get(self, key: str) -> Content | None:
        entity, _, name = key.partition(".")
        return self.memory.get((entity, 0), name)

    def _words(self, key: str) -> str:
        entity, _, name = key.partition(".")
        fact = self.memory.fact((entity, 0), name)
        return self.w.fact(fact) if fact else ""

    def _header(self) -> Header:
        lines = []
        for key in _HEADER_FIELDS:
            field = self.rulebook.vocabulary.field(key)
            if field and (words := self._words(key)):
                lines.append((self.w.label(field), words))
        rivals = self.w.in_order((item for item, _ in self.memory.of("competitor")), self.memory)
        if rivals:
            names = [self.w.name(item, self.memory) for item in rivals]
            lines.append((self.w.entity("competitor"), self.w.join(names)))
        return Header(
            deal=self._words("deal.name"),
            customer=self._words("account.name"),
            stage=str(self._get("deal.stage") or ""),
            stage_label=self._words("deal.stage"),
            value_type=self._value_type(),
            value_type_label=self._words("account.value_type"),
            value_type_basis=self._value_type_basis(),
            amount=self._words("deal.amount_cny"),
            visit=self._visit(),
            lines=tuple(lines),
        )

    def _value_type(self) -> str:
        content = self._get("account.value_type")
        return content if isinstance(content, str) else ""

    def _value_type_basis(self) -> str:
        fact = self.memory.fact(("account", 0), "value_type")
        if fact is None:
            return ""
        if fact.origin != "concluded":
            return self.w.evidence(fact.evidence) or self.w.pick("填写", "as stated")
        signals = self._words("deal.inquiry_signals")
        return self.w.pick(f"询盘信号 {signals}", f"the inquiry: {signals}")

    def _visit(self) -> str:
        day = self._get("visit.planned_date")
        parts = [self.w.day(day)] if isinstance(day, date) else []
        if people := self._words("visit.with"):
            parts.append(self.w.pick(f"见{people}", f"with {people}"))
        if purpose := self._words("visit.purpose"):
            parts.append(purpose)
        return self.w.pick("，", ", ").join(parts)

    # Verdict

    def _gates(self) -> tuple[Gate, ...]:
        return tuple(self._gate(name) for name in GATES)

    def _gate(self, name: str) -> Gate:
        field = self.rulebook.vocabulary.entities["gate"].fields[name]
        is_open = self.memory.get(("gate", 0), name) is not None
        rules = [r for r in self.rulebook.rule_by_id.concluding(field.key) if r.in_force(self.memory.today)]
        missing = [] if is_open else [self.explainer.missing(rule) for rule in rules]
        return Gate(name, self.w.label(field), is_open, min(missing, key=len, default=()))

    def _points(self) -> tuple[Point, ...]:
        fields = self.rulebook.vocabulary.entities["info"].fields
        names = [name for name in fields if name[0] == "p" and name[1].isdigit()]
        return tuple(self._point(number, name) for number, name in enumerate(names, 1))

    def _point(self, number: int, name: str) -> Point:
        field = self.rulebook.vocabulary.entities["info"].fields[name]
        state = self.memory.get(("info", 0), name)
        age = self._of_point("age_days", f"p{number}")
        late = self._get("deal.stage") in _LATE
        limit = self.rulebook.parameters["stale_days_late" if late else "stale_days_early"].value
        return Point(
            number,
            self.w.label(field),
            str(state or "unknown"),
            self.w.content(field, state),
            age,
            self._of_point("source_count", f"p{number}"),
            age is not None and age > limit,
        )

    def _of_point(self, name: str, point: str) -> int | None:
        fact = self.memory.fact(("info", 0), name)
        if fact is None or point not in fact.keys or not isinstance(fact.content, tuple):
            return None
        value = fact.content[fact.keys.index(point)]
        return int(value) if isinstance(value, int | float) else None

    # People

    def _people(self, cards: tuple[Card, ...]) -> tuple[Person, ...]:
        people = self.w.in_order((item for item, _ in self.memory.of("stakeholder")), self.memory)
        return tuple(self._person(item, self._influence(item), cards) for item in people)

    def _influence(self, item: Item) -> int | None:
        influence = self.memory.get(item, "influence")
        return influence if isinstance(influence, int) else None

    def _person(self, item: Item, influence: int | None, cards: tuple[Card, ...]) -> Person:
        name = self.w.name(item, self.memory)
        move = next((c for c in cards if c.status == "shown" and c.person == name and c.kind not in SILENT), None)

        def words(field: str) -> str:
            fact = self.memory.fact(item, field)
            return self.w.fact(fact) if fact else ""

        days = self.memory.get(item, "last_contact_days")
        return Person(
            name=name,
            title=words("title"),
            role=words("buying_role"),
            level=words("level"),
            function=words("function"),
            influence=influence,
            stance=str(self.memory.get(item, "stance") or "unknown"),
            stance_label=words("stance") or self.w.pick("立场不明", "stance unknown"),
            contact=str(self.memory.get(item, "contact_status") or "unknown"),
            contact_label=words("contact_status") or self.w.pick("接触不明", "contact unknown"),
            last_contact_days=days if isinstance(days, int) else None,
            is_final_decider=self.memory.get(item, "is_final_decider") is True,
            is_coach=self.memory.get(item, "is_coach") is True,
            move=move.title if move else "",
            move_card=move.id if move else "",
            level_value=str(self.memory.get(item, "level") or ""),
            function_value=str(self.memory.get(item, "function") or ""),
            role_value=str(self.memory.get(item, "buying_role") or ""),
            on_visit=name in values_of(self._get("visit.with")),
        )

    def _choices(self, name: str) -> tuple[Choice, ...]:
        field = self.rulebook.vocabulary.entities["stakeholder"].fields[name]
        return tuple(Choice(value, self.w.text(label)) for value, label in field.choices)


def _is_for_the_customer(card: Card) -> bool:
    """Whether a question is to be put to somebody: the customer, the agent, or the rep in a review.

    The others are what the rep has to answer, and stand among the actions.
    """
    return card.kind == "question" and (card.party != "us" or bool(card.whom) or "rep" not in card.audience)


def _held(cards: list[Card]) -> tuple[str, ...]:
    """What guards hold back, a rule once for a person, guard by guard; then the guards that only rewrite.

    A question is left out where the action of its rule is shown.
    """
    shown = {(card.rule, card.person) for card in cards if card.status == "shown"}
    guarded = [c for c in cards if c.status == "guarded" and (c.rule, c.person) not in shown]
    guarded = list({(c.rule, c.person): c for c in reversed(guarded)}.values())[::-1]
    guards = list(dict.fromkeys(card.held_by for card in guarded))
    guarded.sort(key=lambda card: guards.index(card.held_by))
    rewritten = {card.note for card in cards if card.status == "shown" and card.note}
    rewriting = [c for c in cards if c.kind == "guard" and c.title not in guards and c.why in rewritten]
    return tuple(card.id for card in (*guarded, *dict.fromkeys(rewriting)))


def _ids(cards: list[Card], *kinds: str, status: Status = "shown") -> tuple[str, ...]:
    """Ids of the cards of a status, of some kinds or of any kind, in their order."""
    return tuple(card.id for card in cards if card.status == status and (not kinds or card.kind in kinds))
