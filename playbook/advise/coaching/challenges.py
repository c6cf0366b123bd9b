"""Evidence challenged: the claims that most advice rests on, and what is weak about them; judgements against facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from playbook.advise.briefing import Briefing, Card, FactLine
from playbook.advise.coaching.words import coaching_data, said
from playbook.advise.explain import Explainer
from playbook.model.facts import Fact, FactKey
from playbook.model.rules import GATES, AnyOf, Condition

_LATE = ("evaluation", "commitment")
_COUNTED_KINDS = ("warning", "gate", "avoid", "action", "question", "talk-track")
_COUNTER_FACTS = 5
_TELLING = ("gate", "info", "stakeholder", "competitor", "account")
_TELLING_OF_PEOPLE = ("stance", "contact_status", "last_contact_days")
_CLAIM_TYPES = ("enum", "multi_enum", "boolean", "number", "integer", "date")
_NO_CLAIM = ("unknown", "none", False)  # what says that nothing is known, or that there is nothing


class Reason(NamedTuple):
    """What is weak about the evidence of a fact, and what to ask the rep about it."""

    id: str
    label: str
    ask: str


class Challenge(NamedTuple):
    """A fact to challenge. `cards` and `gates` count what rests on it; `weight` adds them up."""

    key: str
    label: str
    value: str
    evidence: str
    reasons: tuple[Reason, ...]
    cards: int
    gates: int
    weight: int


class Contradiction(NamedTuple):
    """A judgement of the rep and the facts that stand against it, by the titles of the cards that say so."""

    claim: FactLine
    against: tuple[FactLine, ...]
    titles: tuple[str, ...]


class Challenger:
    """Challenges the evidence of one evaluated deal."""

    def __init__(self, explainer: Explainer, briefing: Briefing) -> None:
        self.explainer = explainer
        self.memory = explainer.memory
        self.w = explainer.w
        self.briefing = briefing
        self.data = coaching_data()

    def claims(self) -> list[Fact]:
        """The stated facts that are somebody's word."""
        spec = self.data["claims"]
        vocabulary = self.explainer.rulebook.vocabulary
        found = []
        for fact in self.memory.facts.values():
            entity, _, name = fact.key
            skipped = f"{entity}.{name}" in spec["skip"] or entity not in spec["entities"]
            field = vocabulary.entities[entity].fields[name]
            if fact.origin == "stated" and not skipped and field.type in _CLAIM_TYPES and fact.content not in _NO_CLAIM:
                found.append(fact)
        return found

    def challenges(self) -> tuple[Challenge, ...]:
        """The claims with weak evidence that something rests on, the most consequential first."""
        resting, tested = self._resting(), self._tested_by_gates()
        gate_weight = self.data["claims"]["gate"]
        found: dict[tuple[object, ...], Challenge] = {}
        for fact in self.claims():
            reasons = tuple(self.reasons(fact))
            cards, gates = resting.get(fact.key, 0), len(tested.get(f"{fact.item[0]}.{fact.field}", ()))
            if not reasons or not cards + gates:
                continue
            line = self.explainer.fact_line(fact.key)
            weight = cards + gate_weight * gates
            challenge = Challenge(line.key, line.label, line.value, line.evidence, reasons, cards, gates, weight)
            # What is said of one person on the same ground is challenged in one go.
            repeats = self.explainer.rulebook.vocabulary.entities[fact.item[0]].repeats
            group = (fact.item, reasons, line.evidence) if repeats else fact.key
            known = found.get(group)
            found[group] = self._merged(known, challenge, fact) if known else challenge
        return tuple(sorted(found.values(), key=lambda c: (-c.weight, -len(c.reasons), c.key)))

    def _merged(self, first: Challenge, other: Challenge, fact: Fact) -> Challenge:
        """Two claims about one person as one challenge; it weighs as much as the heavier of the two."""
        heavy = max(first, other, key=lambda c: c.weight)
        field = self.explainer.rulebook.vocabulary.entities[fact.item[0]].fields[fact.field]
        words = f"{self.w.label(field)}{self.w.pick('：', ': ')}{other.value}"
        colon = self.w.pick("的", ": ")
        name, _, label = first.label.partition(colon)
        value = f"{label}{self.w.pick('：', ': ')}{first.value}" if label else first.value
        return heavy._replace(label=name, value=f"{value}{self.w.pick('；', '; ')}{words}", evidence=first.evidence)

    # What is weak

    def reasons(self, fact: Fact) -> Iterator[Reason]:
        """What is weak about the evidence of a fact."""
        if fact.item[0] == "info" and fact.content == "hearsay":
            yield self._reason("hearsay")
        evidence = fact.evidence
        if evidence is None or not (evidence.sources or evidence.day):
            yield self._reason("unsupported")
            return
        if not evidence.sources:
            yield self._reason("unsourced")
        if len(evidence.sources) == 1 and not any(word in evidence.sources[0] for word in self.data["documents"]):
            yield self._reason("single", source=evidence.sources[0])
        if evidence.day is None:
            yield self._reason("undated")
        else:
            days, limit = (self.memory.today - evidence.day).days, self.limit()
            if days > limit:
                yield self._reason("stale", days=days, limit=limit)

    def limit(self) -> int:
        """From how many days on a fact of this stage is stale."""
        late = self.memory.get(("deal", 0), "stage") in _LATE
        name = "stale_days_late" if late else "stale_days_early"
        return int(self.explainer.rulebook.parameters[name].value)

    def _reason(self, name: str, **words: object) -> Reason:
        spec, lang = self.data["reasons"][name], self.w.lang
        return Reason(name, said(spec["label"], lang, **words), said(spec["ask"], lang, **words))

    # What rests on a fact

    def _resting(self) -> dict[FactKey, int]:
        """How many shown cards rest on each stated fact, also by way of what rules conclude from it."""
        cards = (card for card in self.briefing.activations if card.status == "shown")
        shown = [card.id for card in cards if card.kind in _COUNTED_KINDS]
        counts: dict[FactKey, int] = {}
        for activation in self.explainer.evaluation.activations:
            ident = self.explainer.ident(activation)
            number = sum(card == ident or card == f"{ident}/ask" for card in shown)
            if number:
                keys = {key for support in self.explainer.supports(activation) for key in support.facts}
                for key in self._stated(keys):
                    counts[key] = counts.get(key, 0) + number
        return counts

    def _stated(self, keys: Iterable[FactKey]) -> set[FactKey]:
        """The stated facts among and behind some facts."""
        found: set[FactKey] = set()
        seen: set[FactKey] = set()
        waiting = list(keys)
        while waiting:
            key = waiting.pop()
            fact = self.memory.facts.get(key)
            if key in seen or fact is None:
                continue
            seen.add(key)
            if fact.origin == "stated":
                found.add(key)
            for cause in self.explainer.evaluation.derivations.get(key, ()):
                waiting += [k for support in self.explainer.supports(cause) for k in support.facts]
        return found

    def _tested_by_gates(self) -> dict[str, set[str]]:
        """The gates whose rules test a field, by field; none where gates do not apply."""
        found: dict[str, set[str]] = {}
        rulebook = self.explainer.rulebook
        for gate in GATES if self.briefing.gates else ():
            for rule in rulebook.rule_by_id.concluding(f"gate.{gate}"):
                if rule.in_force(self.memory.today):
                    for field in _fields(rule.when):
                        found.setdefault(field, set()).add(gate)
        return found

    # Judgements against facts

    def contradictions(self) -> tuple[Contradiction, ...]:
        """The rep's own judgements that a card sets against other facts, one entry a judgement."""
        judgements = self.data["judgements"]
        found: dict[str, tuple[FactLine, dict[str, FactLine], list[str]]] = {}
        for card in self.briefing.activations:
            if card.status == "other-audience" or card.kind not in ("warning", "gate", "avoid"):
                continue
            claims = [line for line in card.facts if line.key in judgements and line.origin != "unknown"]
            against = [line for line in card.facts if line.key not in judgements and self._is_telling(line)]
            for claim in claims if against else ():
                _, lines, titles = found.setdefault(claim.key, (claim, {}, []))
                lines.update((line.key, line) for line in map(self._gate_in_words, against))
                titles.append(card.title)
        return tuple(
            Contradiction(claim, tuple(lines.values())[:_COUNTER_FACTS], tuple(dict.fromkeys(titles)))
            for claim, lines, titles in found.values()
        )

    def _is_telling(self, line: FactLine) -> bool:
        """Whether a fact speaks against a judgement rather than say what kind of deal it is."""
        entity, name = line.key.partition("[")[0].partition(".")[0], line.key.rpartition(".")[2]
        if entity == "stakeholder" and name not in _TELLING_OF_PEOPLE:
            return False
        return entity in _TELLING and (line.origin != "unknown" or entity in ("gate", "info"))

    def _gate_in_words(self, line: FactLine) -> FactLine:
        if line.key.startswith("gate.") and line.origin == "unknown":
            missing = {gate.name: gate.missing for gate in self.briefing.gates}.get(line.key.partition(".")[2], ())
            closed = self.w.pick("未打开", "closed")
            # The information gate lacks too much to name; its points follow by themselves.
            if not missing or line.key == "gate.information":
                return line._replace(value=closed)
            return line._replace(
                value=closed + self.w.pick("（{}）", " ({})").format(self.w.pick("；", "; ").join(missing))
            )
        return line


def _fields(conditions: Iterable[Condition]) -> Iterator[str]:
    """The fields that conditions test."""
    for condition in conditions:
        if isinstance(condition, AnyOf):
            for alternative in condition.alternatives:
                yield from _fields(alternative)
        else:
            yield from (f"{condition.entity}.{name}" for name, _ in condition.tests)


def warnings_of(cards: Iterable[Card]) -> list[Card]:
    """The cards that warn, best first, a rule once: shown, or held back by a guard, which is no comfort."""
    found: dict[str, Card] = {}
    for card in cards:
        if card.kind in ("warning", "gate") and card.status in ("shown", "guarded"):
            found.setdefault(card.rule, card)
    return list(found.values())
