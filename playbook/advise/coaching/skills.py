"""Recurring gaps over the deals of a rep, and the one skill to work on next, by arithmetic that is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

from playbook.advise.briefing import Briefing, Source
from playbook.advise.coaching.challenges import Challenger
from playbook.advise.coaching.session import rep_of
from playbook.advise.coaching.words import said, skills_data
from playbook.advise.explain import Explainer
from playbook.advise.words.wording import Wording
from playbook.evaluate.evaluation import Evaluation
from playbook.model.facts import Deal, values_of
from playbook.model.rulebook import Rulebook
from playbook.model.rules import GATES

# `unsure`: somebody was met whose role or level is not written down; `none`: does not apply to the deal.
State = Literal["gap", "fine", "unsure", "none"]
_MET = ("met", "regular", "trusted")
_WEAK = ("unknown", "hearsay")
_UNWRITTEN = ("", "unknown")


class ReviewedDeal(NamedTuple):
    """A deal and its cells, in step with the gaps of the review. `closed`: the labels of the gates still shut."""

    name: str
    file: str
    rep: str
    stage: str
    stage_label: str
    days_in_stage: int | None
    stalled: bool
    amount: float | None
    gates_open: int
    gates: int
    closed: tuple[str, ...]
    cells: tuple[State, ...]


class Gap(NamedTuple):
    """A line of the heat map: in how many of the deals that it applies to the gap shows."""

    id: str
    label: str
    open: int
    applies: int
    recurring: bool


class SkillPart(NamedTuple):
    gap: str
    label: str
    open: int
    applies: int


class Skill(NamedTuple):
    """A skill and its score: open cells of applying cells over its gaps, in percent."""

    id: str
    label: str
    open: int
    applies: int
    share: int
    parts: tuple[SkillPart, ...]
    deals: tuple[str, ...]
    ask: str
    practise: str
    sources: tuple[Source, ...]


class StageLine(NamedTuple):
    """How many deals are in a stage, and which of them stand still."""

    label: str
    deals: int
    stalled: tuple[str, ...]


class RepReview(NamedTuple):
    """The deals of one rep: `skills` best first, `skill` is the one to work on, `recurring` the worst gap."""

    version: int
    lang: str
    as_of: date
    rulebook: str
    rep: str
    deals: tuple[ReviewedDeal, ...]
    gaps: tuple[Gap, ...]
    stages: tuple[StageLine, ...]
    recurring: Gap | None
    skills: tuple[Skill, ...]
    skill: Skill | None

    @property
    def at_stake(self) -> float:
        """The amounts of the deals, each times its share of closed gates."""
        return sum((d.amount or 0) * (d.gates - d.gates_open) / d.gates for d in self.deals if d.gates)


class TeamReview(NamedTuple):
    """The reps of a team, the one to coach first on top; `at_stake` in step with them."""

    version: int
    lang: str
    as_of: date
    rulebook: str
    reps: tuple[RepReview, ...]
    at_stake: tuple[float, ...]


class Reviewer:
    """Reviews deals in one language."""

    def __init__(self, rulebook: Rulebook, lang: str, today: date) -> None:
        self.rulebook = rulebook
        self.lang = lang
        self.today = today
        self.w = Wording(rulebook.vocabulary, lang, today)
        self.data = skills_data()
        self._labels = dict(self._columns())

    def team(self, deals: Iterable[tuple[Deal, Evaluation, Briefing]]) -> TeamReview:
        """Every rep's review, the most money behind closed gates first."""
        groups: dict[str, list[ReviewedDeal]] = {}
        for deal, evaluation, briefing in deals:
            if briefing.header.stage:
                groups.setdefault(rep_of(deal), []).append(self._reviewed(deal, evaluation, briefing))
        reviews = [self._review(rep, found) for rep, found in groups.items()]
        reviews.sort(key=lambda r: (-r.at_stake, -sum(gap.open for gap in r.gaps), r.rep))
        digest = self.rulebook.digest[:12]
        return TeamReview(1, self.lang, self.today, digest, tuple(reviews), tuple(r.at_stake for r in reviews))

    # One deal

    def _columns(self) -> Iterator[tuple[str, str]]:
        """The gaps by id with their labels, in the order of the map."""
        entities = self.rulebook.vocabulary.entities
        points = [name for name in entities["info"].fields if name[0] == "p" and name[1].isdigit()]
        for name in points:
            yield f"point.{name}", self.w.label(entities["info"].fields[name])
        for name in GATES:
            yield f"gate.{name}", self.w.label(entities["gate"].fields[name])
        people = entities["stakeholder"].fields
        for kind, field in (("role", "buying_role"), ("level", "level")):
            for value in self.data[f"{kind}s"]:
                yield f"{kind}.{value}", self.w.value(people[field], value)
        for name, spec in self.data["gaps"].items():
            yield name, said(spec["label"], self.lang)

    def _reviewed(self, deal: Deal, evaluation: Evaluation, briefing: Briefing) -> ReviewedDeal:
        memory, header = evaluation.memory, briefing.header
        days, amount = memory.get(("deal", 0), "days_in_stage"), memory.get(("deal", 0), "amount_cny")
        states = dict(_States(self, evaluation, briefing).states())
        return ReviewedDeal(
            name=header.deal,
            file=deal.file,
            rep=rep_of(deal),
            stage=header.stage,
            stage_label=header.stage_label,
            days_in_stage=days if isinstance(days, int) else None,
            stalled=states["stalled"] == "gap",
            amount=float(amount) if isinstance(amount, int | float) else None,
            gates_open=sum(gate.open for gate in briefing.gates),
            gates=len(briefing.gates),
            closed=tuple(gate.label for gate in briefing.gates if not gate.open),
            cells=tuple(states[name] for name in self._labels),
        )

    # One rep

    def _review(self, rep: str, deals: list[ReviewedDeal]) -> RepReview:
        deals = sorted(deals, key=lambda d: (d.name, d.file))
        gaps = tuple(self._gap(n, deals) for n in range(len(self._labels)))
        skills = [self._skill(spec, deals, gaps) for spec in self.data["skills"]]
        order = {spec["id"]: n for n, spec in enumerate(self.data["skills"])}
        skills.sort(key=lambda s: (-s.share, order[s.id]))
        worst = sorted((gap for gap in gaps if gap.recurring), key=lambda g: (-g.open / g.applies, -g.open))
        return RepReview(
            version=1,
            lang=self.lang,
            as_of=self.today,
            rulebook=self.rulebook.digest[:12],
            rep=rep,
            deals=tuple(deals),
            gaps=gaps,
            stages=tuple(self._stages(deals)),
            recurring=worst[0] if worst else None,
            skills=tuple(skills),
            skill=skills[0] if skills and skills[0].open else None,
        )

    def _gap(self, number: int, deals: Sequence[ReviewedDeal]) -> Gap:
        ident = list(self._labels)[number]
        states = [deal.cells[number] for deal in deals]
        count = states.count("gap")
        applies = count + states.count("fine")
        return Gap(ident, self._labels[ident], count, applies, count >= self.data["recurring"])

    def _skill(self, spec: dict[str, Any], deals: Sequence[ReviewedDeal], gaps: Sequence[Gap]) -> Skill:
        positions = {gap.id: n for n, gap in enumerate(gaps)}
        mine = [positions[ident] for ident in spec["gaps"]]
        parts = tuple(SkillPart(gaps[n].id, gaps[n].label, gaps[n].open, gaps[n].applies) for n in mine)
        count, applies = sum(p.open for p in parts), sum(p.applies for p in parts)
        showing = {deal.name: sum(deal.cells[n] == "gap" for n in mine) for deal in deals}
        names = sorted((name for name, found in showing.items() if found), key=lambda name: (-showing[name], name))
        return Skill(
            id=spec["id"],
            label=said(spec["label"], self.lang),
            open=count,
            applies=applies,
            share=round(100 * count / applies) if applies else 0,
            parts=parts,
            deals=tuple(names),
            ask=said(spec["ask"], self.lang),
            practise=said(spec["practise"], self.lang),
            sources=tuple(self._sources(spec["sources"])),
        )

    def _sources(self, idents: Iterable[str]) -> Iterator[Source]:
        for ident in idents:
            tactic = self.rulebook.tactics[ident]
            yield Source(ident, self.w.text(tactic.document), self.w.text(tactic.section))

    def _stages(self, deals: Sequence[ReviewedDeal]) -> Iterator[StageLine]:
        for value, label in self.rulebook.vocabulary.entities["deal"].fields["stage"].choices:
            here = [deal for deal in deals if deal.stage == value]
            if here:
                yield StageLine(self.w.text(label), len(here), tuple(deal.name for deal in here if deal.stalled))


class _States:
    """The cells of one deal."""

    def __init__(self, reviewer: Reviewer, evaluation: Evaluation, briefing: Briefing) -> None:
        self.reviewer = reviewer
        self.evaluation = evaluation
        self.memory = evaluation.memory
        self.briefing = briefing

    def states(self) -> Iterator[tuple[str, State]]:
        """Every gap by id; none applies to a deal that the gates do not apply to (routine, delivered, lost)."""
        data, applies = self.reviewer.data, bool(self.briefing.gates)
        for ident, is_gap in (*self._points(), *self._gates()):
            yield ident, _state(is_gap) if applies else "none"
        for ident, state in self._people():
            yield ident, state if applies else "none"
        for ident, spec in data["gaps"].items():
            yield ident, _state(self._is_gap(spec)) if applies else "none"

    def _points(self) -> Iterator[tuple[str, bool]]:
        fields = self.reviewer.rulebook.vocabulary.entities["info"].fields
        for name in fields:
            if name[0] == "p" and name[1].isdigit():
                yield f"point.{name}", str(self.memory.get(("info", 0), name) or "unknown") in _WEAK

    def _gates(self) -> Iterator[tuple[str, bool]]:
        for name in GATES:
            yield f"gate.{name}", self.memory.get(("gate", 0), name) is None

    def _people(self) -> Iterator[tuple[str, State]]:
        met = [person for person in self.briefing.people if person.contact in _MET]
        for value in self.reviewer.data["roles"]:
            flags = {"decision_maker": "is_final_decider", "coach": "is_coach"}
            covered = any(p.role_value == value or getattr(p, flags.get(value, ""), False) for p in met)
            # Who has the last word, or coaches us, is marked apart from the role.
            unsure = value not in flags and any(p.role_value in _UNWRITTEN for p in met)
            yield f"role.{value}", "fine" if covered else "unsure" if unsure else "gap"
        for value in self.reviewer.data["levels"]:
            covered, unsure = any(p.level_value == value for p in met), any(not p.level_value for p in met)
            yield f"level.{value}", "fine" if covered else "unsure" if unsure else "gap"

    def _is_gap(self, spec: dict[str, Any]) -> bool:
        """Whether one of the tests of the data file holds."""
        return any(
            (
                any(self._get(key) is None for key in spec.get("unknown", ())),
                any(self._is_past(key) for key in spec.get("past", ())),
                any(set(values_of(self._get(key))) & set(bad) for key, bad in spec.get("values", {}).items()),
                any(c.cluster in spec.get("clusters", ()) for c in self.briefing.activations if c.kind != "guard"),
                "unsupported_pct" in spec and self._unsupported() > spec.get("unsupported_pct", 0),
                bool(spec.get("judgement")) and bool(self._challenger().contradictions()),
            )
        )

    def _get(self, key: str) -> Any:
        entity, _, name = key.partition(".")
        return self.memory.get((entity, 0), name)

    def _is_past(self, key: str) -> bool:
        day = self._get(key)
        return isinstance(day, date) and day < self.reviewer.today

    def _challenger(self) -> Challenger:
        return Challenger(Explainer(self.reviewer.rulebook, self.evaluation, self.reviewer.w), self.briefing)

    def _unsupported(self) -> float:
        """The share of the claims that have no source, in percent."""
        challenger = self._challenger()
        claims = challenger.claims()
        bare = [f for f in claims if any(r.id in ("unsupported", "unsourced") for r in challenger.reasons(f))]
        return 100 * len(bare) / len(claims) if claims else 0


def _state(is_gap: bool) -> State:
    return "gap" if is_gap else "fine"
