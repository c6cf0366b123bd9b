"""The coach's sheet of one deal: questions before answers, evidence challenged, a scene, a pre-mortem, a form."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import NamedTuple

from playbook.advise.briefing import Briefing, Card, Gate, Header, Readiness, Source
from playbook.advise.coaching.challenges import Challenge, Challenger, Contradiction, warnings_of
from playbook.advise.coaching.roleplay import Director, Scene
from playbook.advise.coaching.words import coaching_data, said
from playbook.advise.explain import Explainer
from playbook.advise.words.wording import Wording
from playbook.evaluate.evaluation import Evaluation
from playbook.model.facts import Deal, Fact
from playbook.model.rulebook import Rulebook

VERSION = 1
_COVERED = (("roles", "buying_role"), ("levels", "level"), ("functions", "function"))
_OPEN_VALUES = ("unknown", "other", "coach")  # what a customer need not have, or is no part of the purchase
_OPENINGS = {"implementation": "opening_after", "growth": "opening_after", "lost": "opening_lost"}
_NOT_MET = ("none", "unknown")


class Question(NamedTuple):
    """What to ask the rep, what to listen for, and the card or gap that it comes from."""

    ask: str
    listen: str
    title: str = ""
    say: str = ""
    card: str = ""
    sources: tuple[Source, ...] = ()


class BlindSpot(NamedTuple):
    """What the rep probably does not see, and the question that shows it."""

    text: str
    ask: str
    card: str = ""


class Cause(NamedTuple):
    """Why the deal may be lost; `kind`: gate, rival or warning."""

    kind: str
    text: str
    card: str = ""


class Duty(NamedTuple):
    """A duty or role of the manager to check oneself by. `reminders`: what the rules say of it on this deal."""

    kind: str
    check: str
    source: Source
    reminders: tuple[str, ...]


class CoachSheet(NamedTuple):
    """What a coach takes into a session on one deal. `answers`: the rules' own top three, kept back until the end."""

    version: int
    lang: str
    as_of: date
    rulebook: str
    file: str
    rep: str
    header: Header
    gates: tuple[Gate, ...]
    readiness: Readiness
    boundaries: tuple[str, ...]
    questions: tuple[Question, ...]
    contradictions: tuple[Contradiction, ...]
    challenges: tuple[Challenge, ...]
    more_challenges: int
    blind_spots: tuple[BlindSpot, ...]
    scene: Scene
    causes: tuple[Cause, ...]
    duties: tuple[Duty, ...]
    answers: tuple[tuple[str, str], ...]


def coach_sheet(
    rulebook: Rulebook, evaluation: Evaluation, deal: Deal, briefing: Briefing, brief: Callable[[Deal], Briefing]
) -> CoachSheet:
    """The sheet from the coach's briefing of a deal; `brief` gives that of the same deal with a fact supposed."""
    explainer = Explainer(rulebook, evaluation, Wording(rulebook.vocabulary, briefing.lang, evaluation.memory.today))
    return _Coach(explainer, briefing, deal, brief).sheet()


def rep_of(deal: Deal) -> str:
    """Whose deal it is: `team.rep`, else `rep.name`; empty when neither is given."""
    known = {fact.key: str(fact.content) for fact in deal.facts if fact.key in (_TEAM_REP, _REP_NAME)}
    return " ".join(known.get(_TEAM_REP, known.get(_REP_NAME, "")).split())


_TEAM_REP = ("team", 0, "rep")
_REP_NAME = ("rep", 0, "name")


class _Coach:
    def __init__(self, explainer: Explainer, briefing: Briefing, deal: Deal, brief: Callable[[Deal], Briefing]) -> None:
        self.explainer = explainer
        self.briefing = briefing
        self.deal = deal
        self.brief = brief
        self.rulebook = explainer.rulebook
        self.memory = explainer.memory
        self.w = explainer.w
        self.lang = explainer.w.lang
        self.data = coaching_data()
        self.challenger = Challenger(explainer, briefing)

    def sheet(self) -> CoachSheet:
        briefing, limit = self.briefing, self.data["claims"]["shown"]
        challenges, guards = self.challenger.challenges(), self._boundaries()
        return CoachSheet(
            version=VERSION,
            lang=self.lang,
            as_of=briefing.as_of,
            rulebook=briefing.rulebook,
            file=self.deal.file,
            rep=rep_of(self.deal),
            header=briefing.header,
            gates=briefing.gates,
            readiness=briefing.readiness,
            boundaries=guards,
            questions=tuple(self._questions()),
            contradictions=self.challenger.contradictions(),
            challenges=challenges[:limit],
            more_challenges=len(challenges[limit:]),
            blind_spots=tuple(self._blind_spots()),
            scene=Director(self.explainer, briefing, self.deal, guards, self._pushback(challenges), self.brief).scene(),
            causes=tuple(self._causes())[: self.data["premortem"]["shown"]],
            duties=tuple(map(self._duty, self.data["duties"])),
            answers=tuple((card.title, card.do) for card in map(briefing.card, briefing.top)),
        )

    def _say(self, *path: str, **words: object) -> str:
        spec = self.data
        for name in path:
            spec = spec[name]
        return said(spec, self.lang, **words)

    def _boundaries(self) -> tuple[str, ...]:
        """The guards that hold cards of this deal back."""
        return tuple(dict.fromkeys(card.held_by for card in self.briefing.activations if card.held_by))

    # Questions

    def _questions(self) -> Iterator[Question]:
        """From the open one to the narrow ones: the review rules, the gates they leave out, judgement, next step."""
        if self.briefing.header.stage:
            yield self._gap(_OPENINGS.get(self.briefing.header.stage, "opening"))
        reviews = [c for c in self.briefing.activations if _is_review(c) and c.status == "shown"]
        for card in reviews:
            yield Question(card.do, card.why, card.title, card.say, card.id, card.sources)
        asked = {card.gate for card in reviews}
        for gate in self.briefing.gates:
            if not gate.open and gate.name not in asked:
                yield self._of_gate(gate)
        yield from self._of_judgements()
        if self.briefing.gates:
            step = self.memory.fact(("deal", 0), "next_step")
            yield self._gap("next_step", step=self.w.fact(step)) if step else self._gap("no_next_step")

    def _gap(self, name: str, **words: object) -> Question:
        return Question(self._say("questions", name, "ask", **words), self._say("questions", name, "listen", **words))

    def _of_gate(self, gate: Gate) -> Question:
        held = [c.held_by for c in self.briefing.activations if c.held_by and c.gate == gate.name]
        if held:
            question = self._gap("held", gate=_lower(gate.label, self.lang), guard=held[0])
        else:
            weak = [point.label for point in self.briefing.points if point.state in ("unknown", "hearsay")]
            question = self._gap(gate.name, missing=self.w.join(weak) or self.w.join(list(gate.missing)))
        return question._replace(title=gate.label)

    def _of_judgements(self) -> Iterator[Question]:
        colon = self.w.pick("：", ": ")
        claims = [f"{c.claim.label}{colon}{c.claim.value}" for c in self.challenger.contradictions()]
        if claims:
            quoted = self.w.join([self.w.pick(f"“{claim}”", f"“{claim}”") for claim in claims])
            yield self._gap("judgement", claim=quoted)

    def _pushback(self, challenges: tuple[Challenge, ...]) -> tuple[str, ...]:
        """What a manager objects in an internal review: judgements against facts, then weak evidence."""
        colon, lines = self.w.pick("：", ": "), []
        for found in self.challenger.contradictions():
            facts = [(line.label, re.split(r" ?[（(]", line.value)[0]) for line in found.against[:3]]
            against = self.w.join([f"{label}{self.w.pick('', ' ')}{value}" for label, value in facts])
            claim = f"{found.claim.label}{colon}{found.claim.value}"
            lines.append(self._say("scene", "pushback", claim=claim, against=against))
        for challenge in challenges:
            claim = f"{challenge.label}{colon}{challenge.value}"
            lines.append(self._say("scene", "challenge", claim=claim, ask=challenge.reasons[0].ask))
        return tuple(lines)

    # Blind spots

    def _blind_spots(self) -> Iterator[BlindSpot]:
        """What rules tell only managers and coaches, then who is not covered, then whom everything hangs on."""
        for card in self.briefing.activations:
            if card.status == "shown" and card.kind in ("warning", "gate", "action", "note") and _is_for_coach(card):
                yield BlindSpot(card.title, self._say("blind", "ask", "rule"), card.id)
        if self.briefing.gates:
            yield from self._uncovered()
        yield from self._one_source()

    def _uncovered(self) -> Iterator[BlindSpot]:
        people = self.briefing.people
        met = [person for person in people if person.contact not in _NOT_MET]
        cover = self._say("blind", "ask", "cover")
        if not met:
            yield BlindSpot(self._say("blind", "nobody"), cover)
            return
        for name, field in _COVERED:
            covered = {getattr(person, {"buying_role": "role_value"}.get(field, f"{field}_value")) for person in met}
            choices = self.rulebook.vocabulary.entities["stakeholder"].fields[field].choices
            missing = [self.w.text(label) for value, label in choices if value not in covered | set(_OPEN_VALUES)]
            # Where nobody's role is written down, the gap is in the notes and not with the people.
            if missing and covered != {""}:
                yield BlindSpot(self._say("blind", name, names=self.w.join(missing)), cover)
        if unnoted := [person.name for person in people if not person.role]:
            yield BlindSpot(
                self._say("blind", "unnoted", names=self.w.some(unnoted)), self._say("blind", "ask", "unnoted")
            )
        key = self.rulebook.parameters["key_influence"].value
        unmet = [p.name for p in people if p.contact in _NOT_MET and p.influence is not None and p.influence >= key]
        if unmet:
            yield BlindSpot(self._say("blind", "unmet", names=self.w.join(unmet)), self._say("blind", "ask", "unmet"))

    def _one_source(self) -> Iterator[BlindSpot]:
        sourced = [f.evidence.sources for f in self.memory.facts.values() if f.evidence and f.evidence.sources]
        counts = Counter(sources[0] for sources in sourced if len(sources) == 1)
        if not counts or len(sourced) < self.data["blind"]["source_facts"]:
            return
        name, count = min(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        if count * 100 >= self.data["blind"]["source_share_pct"] * len(sourced) and count > 1:
            text = self._say("blind", "one_source", total=len(sourced), count=count, name=name)
            yield BlindSpot(text, self._say("blind", "ask", "source"))

    # Pre-mortem

    def _causes(self) -> Iterator[Cause]:
        """Closed gates, the last that decides first; rivals ahead; the gravest warnings."""
        for gate in reversed([gate for gate in self.briefing.gates if not gate.open]):
            missing = self.w.pick("；", "; ").join(gate.missing)
            weak = [point.label for point in self.briefing.points if point.state in ("unknown", "hearsay")]
            name = "gate" if missing else "gate_bare"
            if gate.name == "information" and weak:
                name = "unclear"
            label = gate.label if self.lang == "zh" else _lower(gate.label, self.lang)
            yield Cause("gate", self._say("premortem", name, gate=label, missing=missing, names=self.w.join(weak)))
        yield from self._rivals()
        # What a gate lacks has been said; a warning adds another cause.
        judgements = self.data["judgements"]
        for card in warnings_of(self.briefing.activations):
            if not card.gate and not any(line.key in judgements for line in card.facts):
                yield Cause("warning", card.title, card.id)

    def _rivals(self) -> Iterator[Cause]:
        """The rivals with a sign of being ahead, by the data file."""
        for item in self.w.in_order((item for item, _ in self.memory.of("competitor")), self.memory):
            facts = [(self.memory.fact(item, sign), values) for sign, values in self.data["rival_signs"].items()]
            signs = [self._sign(fact) for fact, values in facts if fact and fact.content in values]
            if signs:
                words = self.w.pick("；", "; ").join(signs)
                yield Cause("rival", self._say("premortem", "rival", name=self.w.name(item, self.memory), facts=words))

    def _sign(self, fact: Fact) -> str:
        field = self.rulebook.vocabulary.entities[fact.item[0]].fields[fact.field]
        label = self.w.label(field)
        return label if fact.content is True else f"{label}{self.w.pick('：', ': ')}{self.w.fact(fact)}"

    # The manager

    def _duty(self, spec: dict[str, str]) -> Duty:
        tactic = self.rulebook.tactics[spec["source"]]
        source = Source(tactic.id, self.w.text(tactic.document), self.w.text(tactic.section))
        fired = [c.title for c in self.briefing.activations if spec["source"] in c.source and c.status == "shown"]
        return Duty(spec["kind"], self._say_text(spec["check"]), source, tuple(dict.fromkeys(fired)))

    def _say_text(self, spec: object) -> str:
        return said(spec, self.lang) if isinstance(spec, dict) else ""


def _is_for_coach(card: Card) -> bool:
    return "rep" not in card.audience


def _is_review(card: Card) -> bool:
    """Whether a card is a question to the rep."""
    return card.kind == "question" and _is_for_coach(card)


def _lower(label: str, lang: str) -> str:
    """A label inside a sentence."""
    return label[:1].lower() + label[1:] if lang == "en" else label
