"""From activations to cards: texts filled in, guards applied, ranked, clustered, the top three chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from playbook.advise.briefing import Card, FactLine, Source, Status
from playbook.advise.explain import Explainer
from playbook.advise.words.wording import Filler
from playbook.evaluate.evaluation import Activation
from playbook.model.facts import Item
from playbook.model.rules import Advise, Ask, Conclude, Due, Guard, Rule
from playbook.model.settings import Ranking

SUMMARY = 140
TOP = 3
ASK = "/ask"  # ends the id of the question of a rule that also advises
SILENT = ("conclusion", "guard")  # what tells nobody to do anything
_SENTENCE_ENDS = "。！？；.!?;"


@dataclass
class _Draft:
    """A card in the making."""

    rule: Rule
    activation: Activation
    kind: str
    id: str
    filler: Filler
    facts: tuple[FactLine, ...]
    advise: Advise | Ask | None = None
    person: Item | None = None
    title: str = ""
    do: str = ""
    why: str = ""
    say: str = ""
    whom: str = ""
    asked: str = ""
    note: str = ""
    held_by: str = ""
    due: date | None = None
    status: Status = "shown"
    parts: list[tuple[str, int]] = field(default_factory=list)
    rewritten_by: set[str] = field(default_factory=set)

    @property
    def score(self) -> int:
        return sum(points for _, points in self.parts)

    @property
    def cluster(self) -> str:
        return self.advise.cluster if self.advise else ""


class Adviser:
    """Makes the cards of one evaluation for one audience."""

    def __init__(self, explainer: Explainer, ranking: Ranking, audience: str) -> None:
        self.explainer = explainer
        self.evaluation = explainer.evaluation
        self.memory = explainer.memory
        self.rulebook = explainer.rulebook
        self.w = explainer.w
        self.ranking = ranking
        self.audience = audience
        self._ids: dict[str, int] = {}

    def cards(self, settle: Callable[[tuple[Card, ...]], tuple[Card, ...]] | None = None) -> tuple[Card, ...]:
        """Every activation as a card with its status, the best first.

        `settle` takes out what was done or rejected before, so that the next best of a cluster moves up.
        """
        drafts = [d for activation in self.evaluation.activations for d in self._drafts(activation)]
        self._apply_guards(drafts)
        for draft in drafts:
            self._score(draft)
            if self.audience not in draft.rule.audience:
                draft.status = "other-audience"
        drafts.sort(key=lambda d: (-d.score, d.rule.id, d.id))
        cards = tuple(self._card(draft) for draft in drafts)
        return self._clustered(settle(cards) if settle else cards)

    # Drafts

    def _drafts(self, activation: Activation) -> list[_Draft]:
        rule = self.evaluation.rules[activation.rule]
        lists = self.explainer.lists(activation)
        filler = Filler(self.rulebook, self.w, self.memory, activation, lists)
        facts = self.explainer.fact_lines(activation)
        found: list[_Draft] = []
        if rule.advise:
            found.append(self._advise_draft(rule, rule.advise, activation, filler, facts))
        if rule.ask:
            suffix = ASK if rule.advise else ""
            found.append(self._ask_draft(rule, rule.ask, activation, filler, facts, suffix))
        if rule.guard:
            found.append(self._guard_draft(rule, rule.guard, activation, filler, facts))
        if rule.conclude and not self._is_overridden(activation):
            found.append(self._conclusion_draft(rule, activation, filler, facts))
        return found

    def _draft(
        self, rule: Rule, activation: Activation, kind: str, suffix: str, filler: Filler, facts: tuple[FactLine, ...]
    ) -> _Draft:
        ident = self.explainer.ident(activation) + suffix
        self._ids[ident] = self._ids.get(ident, 0) + 1
        if self._ids[ident] > 1:
            ident += f"~{self._ids[ident]}"
        return _Draft(rule, activation, kind, ident, filler, facts, title=filler.fill(rule.title))

    def _advise_draft(
        self, rule: Rule, advise: Advise, activation: Activation, filler: Filler, facts: tuple[FactLine, ...]
    ) -> _Draft:
        draft = self._draft(rule, activation, advise.kind, "", filler, facts)
        draft.advise = advise
        draft.do, draft.why, draft.say = (filler.fill(t) for t in (advise.do, advise.why, advise.say))
        draft.person = self._person(advise.person, activation)
        draft.due = self._due(advise.due)
        return draft

    def _ask_draft(
        self, rule: Rule, ask: Ask, activation: Activation, filler: Filler, facts: tuple[FactLine, ...], suffix: str
    ) -> _Draft:
        draft = self._draft(rule, activation, "question", suffix, filler, facts)
        draft.advise = ask
        draft.do, draft.why, draft.whom = (filler.fill(t) for t in (ask.question, ask.why, ask.whom))
        alias, _, name = ask.field.partition(".")
        draft.asked = f"{activation.items.get(alias, (alias, 0))[0]}.{name}"
        draft.person = self._person(ask.person, activation)
        draft.due = self._due(ask.due)
        return draft

    def _guard_draft(
        self, rule: Rule, guard: Guard, activation: Activation, filler: Filler, facts: tuple[FactLine, ...]
    ) -> _Draft:
        draft = self._draft(rule, activation, "guard", "/guard" if rule.advise else "", filler, facts)
        draft.why = filler.fill(guard.reason)
        draft.person = activation.items.get(guard.person)
        return draft

    def _conclusion_draft(
        self, rule: Rule, activation: Activation, filler: Filler, facts: tuple[FactLine, ...]
    ) -> _Draft:
        suffix = "/conclusion" if rule.advise or rule.ask or rule.guard else ""
        draft = self._draft(rule, activation, "conclusion", suffix, filler, facts)
        draft.do = self.w.join([self._concluded(c, activation) for c in rule.conclude])
        draft.person = self._person("", activation)
        return draft

    def _concluded(self, conclusion: Conclude, activation: Activation) -> str:
        target = self.rulebook.vocabulary.entities[conclusion.entity].fields[conclusion.name]
        name = ""
        if conclusion.alias in activation.items:
            name = self.w.name(activation.items[conclusion.alias], self.memory) + self.w.pick("的", ": ")
        value = self.w.value(target, conclusion.value)
        return f"{name}{self.w.label(target)}{self.w.pick('：', ': ')}{value}"

    def _is_overridden(self, activation: Activation) -> bool:
        return any(a == activation for a, _ in self.evaluation.overridden)

    def _person(self, alias: str, activation: Activation) -> Item | None:
        people = {a: item for a, item in activation.binding if item[0] == "stakeholder"}
        if alias:
            return people.get(alias)
        for support in self.explainer.supports(activation):
            if support.pattern.alias in people and support.pattern.quantifier == "each":
                return people[support.pattern.alias]
        return next(iter(people.values()), None)

    def _due(self, due: Due | None) -> date | None:
        today = self.memory.today
        if due is None:
            return None
        if not due.field:
            return today + timedelta(days=due.days)
        entity, _, name = due.field.partition(".")
        day = self.memory.get((entity, 0), name)
        if not isinstance(day, date):
            return None
        return max(today, day + timedelta(days=due.days))

    # Guards

    def _apply_guards(self, drafts: list[_Draft]) -> None:
        guards = [d for d in drafts if d.rule.guard]
        for guard in sorted((d for d in guards if d.kind == "guard"), key=lambda d: d.id):
            for draft in drafts:
                if self._governs(guard, draft):
                    self._hold_or_rewrite(guard, draft)

    @staticmethod
    def _governs(guard: _Draft, draft: _Draft) -> bool:
        spec = guard.rule.guard
        if spec is None or draft.advise is None or draft.rule.id == guard.rule.id:
            return False
        if spec.person and draft.person != guard.person:
            return False
        return spec.governs(draft.rule, draft.advise)

    def _hold_or_rewrite(self, guard: _Draft, draft: _Draft) -> None:
        spec = guard.rule.guard
        if spec is None or guard.rule.id in draft.rewritten_by:
            return
        if spec.effect == "hold":
            if draft.status != "guarded":
                draft.status, draft.held_by, draft.note = "guarded", guard.title, guard.why
            return
        draft.rewritten_by.add(guard.rule.id)
        draft.note = guard.why
        # A question is words to say; the boundary belongs beside it, not in the rep's mouth.
        if not isinstance(draft.advise, Ask):
            draft.do = guard.filler.fill(spec.do, do=draft.do)

    # Ranking

    def _score(self, draft: _Draft) -> None:
        advise, ranking = draft.advise, self.ranking
        if advise is None:
            return
        draft.parts.append(("priority", ranking.priority[advise.priority]))
        draft.parts.append(("kind", ranking.kind.get(draft.kind, 0)))
        if draft.due is not None:
            days = (draft.due - self.memory.today).days
            draft.parts.append(("due", next((p for limit, p in ranking.due if days <= limit), 0)))
        if advise.gate and self.memory.get(("gate", 0), advise.gate) is None:
            stage = self.memory.get(("deal", 0), "stage")
            draft.parts.append(("gate", ranking.closed_gate.get(str(stage), 0)))
        influence = self.memory.get(draft.person, "influence") if draft.person else None
        if isinstance(influence, int):
            draft.parts.append(("influence", ranking.influence * influence))
        known = sum(line.origin != "unknown" for line in draft.facts)
        draft.parts.append(("facts", min(ranking.fact * known, ranking.fact_limit)))

    def _clustered(self, cards: tuple[Card, ...]) -> tuple[Card, ...]:
        """The cards, of which only the best of each cluster, and of each rule, are left to be shown."""
        shown: dict[str, int] = {}
        found = []
        for card in cards:
            if card.status == "shown" and card.kind not in SILENT:
                cluster = self.rulebook.clusters.get(card.cluster)
                # A question and an action of one cluster complement each other.
                group = f"{card.cluster or card.rule}:{card.kind == 'question'}"
                limit = cluster.limit if cluster else self.ranking.same_rule
                shown[group] = shown.get(group, 0) + 1
                if shown[group] > limit:
                    card = card._replace(status="clustered")
            found.append(card)
        return tuple(found)

    # Cards

    def _card(self, draft: _Draft) -> Card:
        advise = draft.advise
        return Card(
            id=draft.id,
            rule=draft.rule.id,
            source=draft.rule.source,
            audience=draft.rule.audience,
            kind=draft.kind,
            status=draft.status,
            title=draft.title,
            summary=clip(draft.do or draft.title),
            do=draft.do,
            why=draft.why,
            say=draft.say,
            whom=draft.whom,
            person=self.w.name(draft.person, self.memory) if draft.person else "",
            due=draft.due,
            priority=advise.priority if advise else "",
            cluster=draft.cluster,
            gate=advise.gate if advise else "",
            field=draft.asked,
            score=draft.score,
            score_parts=tuple(draft.parts),
            sources=tuple(self._sources(draft.rule.source)),
            facts=draft.facts,
            held_by=draft.held_by,
            note=draft.note,
            party=advise.party if advise else "",
        )

    def _sources(self, tactics: Iterable[str]) -> list[Source]:
        found = []
        for ident in tactics:
            tactic = self.rulebook.tactics[ident]
            found.append(Source(ident, self.w.text(tactic.document), self.w.text(tactic.section)))
        return found


def clip(text: str) -> str:
    """At most 140 characters, cut after a sentence where there is one."""
    if len(text) <= SUMMARY:
        return text
    head = text[:SUMMARY]
    end = max(head.rfind(mark) for mark in _SENTENCE_ENDS)
    return head[: end + 1] if end > SUMMARY // 3 else head[: SUMMARY - 1] + "…"


def choose_top(cards: Iterable[Card], ranking: Ranking, today: date) -> tuple[str, ...]:
    """Ids of the three next actions: the best shown cards that are different things to do this week.

    No two share a rule or a cluster, and no two open the same gate while another action is left.
    """
    ready = [
        card
        for card in cards
        if card.status == "shown"
        and card.kind in ranking.top_kinds
        and card.due is not None
        and (card.due - today).days <= ranking.top_days
    ]
    chosen: list[Card] = []
    for distinct_gates in (True, False):
        for card in ready:
            if len(chosen) == TOP:
                break
            if not any(_same_thing(card, other, distinct_gates) for other in chosen):
                chosen.append(card)
    return tuple(card.id for card in sorted(chosen, key=lambda c: (-c.score, c.rule, c.id)))


def _same_thing(card: Card, other: Card, distinct_gates: bool) -> bool:
    if card.rule == other.rule or (card.cluster and card.cluster == other.cluster):
        return True
    return distinct_gates and bool(card.gate) and card.gate == other.gate
