"""What a coach prints: the sheet of a deal, the review of a rep, the plan for a team."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from playbook.advise.briefing import Source, plain
from playbook.advise.coaching.challenges import Challenge, Contradiction
from playbook.advise.coaching.roleplay import Objection
from playbook.advise.coaching.session import CoachSheet, Duty, Question
from playbook.advise.coaching.skills import RepReview, Skill, TeamReview
from playbook.advise.words.wording import Wording
from playbook.render.coaching.page import Entry, Page, Row, Section, Table, coach_words, render_page

FORMS = ("text", "md", "html", "json")
_FORM_ROWS = 4
_REVIEW_ROWS = 3
_OWN_CAUSES = 3
_PREMORTEM = {"implementation": "premortem_after", "growth": "premortem_after", "lost": "premortem_lost"}
_BOX, _DOT, _WARN = "□", "•", "▲"
Result = CoachSheet | RepReview | TeamReview


def render_coaching(result: Result, form: str, wording: Wording) -> str:
    """A sheet, review or plan in one of `FORMS`, ending with a line break."""
    if form == "json":
        return json.dumps(as_data(result), ensure_ascii=False, indent=2) + "\n"
    t = coach_words(result.lang)
    if isinstance(result, CoachSheet):
        page = _SheetPage(result, t, wording).page()
    elif isinstance(result, RepReview):
        page = _ReviewPage(result, t, wording).page()
    else:
        page = _team_page(result, t, wording)
    return render_page(page, form)


def as_data(result: Result) -> dict[str, Any]:
    """The result as JSON can hold it; `view` tells which it is."""
    view = {CoachSheet: "deal", RepReview: "rep", TeamReview: "team"}[type(result)]
    return {"view": view, **plain(result)}


class _SheetPage:
    def __init__(self, sheet: CoachSheet, t: dict[str, str], wording: Wording) -> None:
        self.s = sheet
        self.t = t
        self.w = wording

    def page(self) -> Page:
        s, t = self.s, self.t
        title = f"{t['sheet']} · {s.header.deal or s.rep or t['unnamed']}"
        sections = (
            Section(t["questions"], t["questions_hint"], tuple(map(self._question, s.questions)) or self._nothing()),
            self._evidence(),
            Section(t["blind"], "", tuple(self._blind()) or self._nothing()),
            Section(t["scene"], s.scene.occasion, tuple(self._scene())),
            Section(t[_PREMORTEM.get(s.header.stage, "premortem")], t["premortem_hint"], tuple(self._causes())),
            Section(t["duties"], "", tuple(map(self._duty, s.duties))),
            _agreed(t, t["agreed"], _FORM_ROWS),
            Section(t["answers"], "", tuple(Entry(_DOT, head, (("", do),)) for head, do in s.answers)),
        )
        return Page(s.lang, title, f"{self.w.day(s.as_of)} · {t['not_for_rep']}", tuple(self._lead()), sections)

    def _nothing(self) -> tuple[Entry, ...]:
        return (Entry(_DOT, self.t["none"]),)

    def _lead(self) -> Iterator[tuple[str, str]]:
        t, header = self.t, self.s.header
        known = (("rep", self.s.rep), ("customer", header.customer), ("stage", header.stage_label))
        yield from ((t[key], text) for key, text in (*known, ("amount", header.amount)) if text)
        for gate in self.s.gates:
            yield gate.label, t["gate_open"] if gate.open else t["gate_shut"]
        if self.s.gates:
            note = self.w.pick("（{}）", " ({})").format(t["readiness_note"])
            yield t["readiness"], f"{self.s.readiness.score}/100{note}"
        if self.s.boundaries:
            yield t["boundaries"], self.w.pick("；", "; ").join(self.s.boundaries)

    def _question(self, question: Question) -> Entry:
        t = self.t
        lines = [
            (t["say"], question.say),
            (t["listen"], question.listen),
            (t["source"], self._places(question.sources)),
        ]
        title = f"【{question.title}】" if question.title and self.s.lang == "zh" else ""
        title = f"{question.title} — " if question.title and not title else title
        return Entry(_BOX, title + question.ask, tuple(line for line in lines if line[1]), 1)

    def _evidence(self) -> Section:
        t, s = self.t, self.s
        entries = [*map(self._contradiction, s.contradictions), *map(self._challenge, s.challenges)]
        after = (t["more"].format(n=s.more_challenges),) if s.more_challenges else ()
        hint = self.w.pick("", " ").join((t["evidence_hint"], t["evidence_held"] if s.scene.held else "")).strip()
        return Section(t["evidence"], hint, tuple(entries) or (Entry(_DOT, t["no_challenges"]),), None, after)

    def _contradiction(self, found: Contradiction) -> Entry:
        t, colon = self.t, self.t["colon"]
        against = self.w.join([f"{line.label}{colon}{line.value}" for line in found.against])
        lines = ((t["against"], against), (t["by_rules"], self.w.pick("；", "; ").join(found.titles)))
        return Entry(_WARN, f"{t['contradiction']}{colon}{found.claim.label}{colon}{found.claim.value}", lines, 1)

    def _challenge(self, found: Challenge) -> Entry:
        t = self.t
        counts = [t[key].format(n=n) for key, n in (("cards", found.cards), ("gates_tested", found.gates)) if n]
        rests = self.w.pick("（{}）", " ({})").format(t["rests"].format(what=self.w.join(counts)))
        weak = self.w.join([reason.label for reason in found.reasons])
        asks = self.w.pick("", " ").join(reason.ask for reason in found.reasons)
        lines = [(t["said_by"], found.evidence), (t["weak"], weak), (t["say"], asks)]
        text = f"{found.label}{t['colon']}{found.value}{rests}"
        return Entry(_BOX, text, tuple(line for line in lines if line[1]), 1)

    def _blind(self) -> Iterator[Entry]:
        for spot in self.s.blind_spots:
            yield Entry(_BOX, spot.text, ((self.t["say"], spot.ask),))

    def _scene(self) -> Iterator[Entry]:
        t, scene = self.t, self.s.scene
        opening = t["opening_manager"] if scene.held or not self.s.header.stage else t["opening"]
        yield Entry(_DOT, t["cast"], (("", scene.cast),))
        yield Entry(_DOT, opening, (("", scene.opening),))
        for number, objection in enumerate(scene.objections, 1):
            yield self._objection(number, objection)
        yield Entry(_DOT, t["good"], tuple(("", f"{_BOX} {text}") for text in scene.good))

    def _objection(self, number: int, objection: Objection) -> Entry:
        t = self.t
        if not objection.type:
            return Entry(f"{number}.", f"{t['pushback']}{t['colon']}{objection.line}", (), 1)
        origin = t["stated"] if objection.stated else t["likely"]
        head = f"{t['objection']} · {objection.label}{self.w.pick('（', ' (')}{origin}{self.w.pick('）', ')')}"
        quoted = self.w.pick("“{}”", "“{}”").format(objection.line)
        lines = [(t["how"], objection.how), (t["good_answer"], objection.answer)]
        return Entry(f"{number}.", f"{head}{t['colon']}{quoted}", tuple(line for line in lines if line[1]))

    def _causes(self) -> Iterator[Entry]:
        t = self.t
        yield from (Entry(f"{n}.", f"{t['own_cause']}{t['colon']}", (), 1) for n in range(1, _OWN_CAUSES + 1))
        yield from (Entry(_WARN, cause.text, ((t["prevent"], ""),), 1) for cause in self.s.causes)

    def _duty(self, duty: Duty) -> Entry:
        lines = [(self.t["reminded"], self.w.pick("；", "; ").join(duty.reminders))] if duty.reminders else []
        return Entry(_BOX, duty.check, (*lines, (self.t["source"], self._places([duty.source]))))

    def _places(self, sources: Iterable[Source]) -> str:
        return _places(sources, self.w)


class _ReviewPage:
    def __init__(self, review: RepReview, t: dict[str, str], wording: Wording) -> None:
        self.r = review
        self.t = t
        self.w = wording

    def page(self) -> Page:
        t, r = self.t, self.r
        lead = ((t["deals"], str(len(r.deals))),)
        sections = (
            self._skill(),
            self._map(),
            self._stages(),
            self._arithmetic(),
            _agreed(t, t["agreed_review"], _REVIEW_ROWS),
        )
        title = f"{t['review']} · {r.rep or t['unnamed']}"
        return Page(r.lang, title, f"{self.w.day(r.as_of)} · {t['not_for_rep']}", lead, sections)

    def _skill(self) -> Section:
        t, skill = self.t, self.r.skill
        if skill is None:
            return Section(t["skill"], "", (Entry(_DOT, t["no_skill"]),))
        running = sum(bool(deal.gates) for deal in self.r.deals)
        lines = (
            (t["arithmetic"], f"{self._parts(skill)} → {_share(skill, t)}"),
            (t["seen_in"], self.w.join(list(skill.deals))),
            (t["open_with"], skill.ask),
            (t["practise"], skill.practise),
            (t["source"], _places(skill.sources, self.w)),
        )
        after = (t["one_deal"],) if running == 1 else ()
        return Section(t["skill"], "", (Entry("★", skill.label, lines),), None, after)

    def _parts(self, skill: Skill) -> str:
        return self.w.pick("＋", " + ").join(f"{part.label} {part.open}/{part.applies}" for part in skill.parts)

    def _map(self) -> Section:
        t, deals = self.t, self.r.deals
        marks = {"gap": t["mark_gap"], "fine": t["mark_fine"], "unsure": t["mark_unsure"], "none": t["mark_none"]}
        rows = []
        for n, gap in enumerate(self.r.gaps):
            states = tuple(deal.cells[n] for deal in deals)
            label = f"{gap.label} {t['recurs']}" if gap.recurring else gap.label
            total = f"{gap.open}/{gap.applies}"
            rows.append(Row((label, *(marks[s] for s in states), total), ("", *states, ""), gap.recurring))
        head = (t["gap"], *(str(n) for n in range(1, len(deals) + 1)), t["total"])
        legend = tuple(Entry(f"{n}.", self._deal(n - 1)) for n in range(1, len(deals) + 1))
        return Section(t["map"], t["map_hint"], legend, Table(head, tuple(rows)))

    def _deal(self, number: int) -> str:
        deal = self.r.deals[number]
        amount = self.w.amount(deal.amount) if deal.amount is not None else ""
        words = [deal.stage_label, amount, f"{self.t['gates']} {deal.gates_open}/{deal.gates}" if deal.gates else ""]
        listed = self.w.pick("，", ", ").join(word for word in words if word)
        return f"{deal.name}{self.w.pick('（', ' (')}{listed}{self.w.pick('）', ')')}"

    def _stages(self) -> Section:
        t, entries = self.t, []
        for line in self.r.stages:
            text = t["stage_line"].format(label=line.label, n=line.deals)
            still = t["stalled"].format(names=self.w.join(list(line.stalled))) if line.stalled else ""
            entries.append(Entry(_WARN if line.stalled else _DOT, text + still))
        return Section(t["stages"], "", tuple(entries))

    def _arithmetic(self) -> Section:
        t = self.t
        ranked = enumerate(self.r.skills, 1)
        entries = (Entry(f"{n}.", f"{s.label}{t['colon']}{_share(s, t)}", (("", self._parts(s)),)) for n, s in ranked)
        return Section(t["arithmetic"], t["arithmetic_hint"], tuple(entries))


def _team_page(team: TeamReview, t: dict[str, str], w: Wording) -> Page:
    def stake(amount: float) -> str:
        return w.amount(amount) if amount else t["mark_none"]

    rows, first = [], []
    for number, (review, amount) in enumerate(zip(team.reps, team.at_stake, strict=True), 1):
        rep, skill, worst = review.rep or t["unnamed"], review.skill, review.recurring
        opened, total = (sum(getattr(deal, name) for deal in review.deals) for name in ("gates_open", "gates"))
        gap = t["gap_count"].format(label=worst.label, open=worst.open, applies=worst.applies) if worst else ""
        cells = (rep, str(len(review.deals)), f"{opened}/{total}" if total else "", gap, skill.label if skill else "")
        rows.append(Row((*(cell or t["mark_none"] for cell in cells), stake(amount)), ("",) * 6))
        if skill:
            line = t["first_line" if amount else "first_bare"].format(rep=rep, skill=skill.label, stake=stake(amount))
            lines = ((t["seen_in"], w.join(list(skill.deals[:3]))), (t["open_with"], skill.ask))
            first.append(Entry(f"{number}.", line, lines))
    head = (t["rep"], t["deals"], t["team_gates"], t["team_gap"], t["team_skill"], t["team_stake"])
    sections = (
        Section(t["team_lines"], "", (), Table(head, tuple(rows))),
        Section(t["first"], t["first_hint"], tuple(first) or (Entry(_DOT, t["no_skill"]),), None, (t["session"],)),
    )
    lead = ((t["rep"], str(len(team.reps))), (t["deals"], str(sum(len(review.deals) for review in team.reps))))
    return Page(team.lang, t["team"], f"{w.day(team.as_of)} · {t['not_for_rep']}", lead, sections)


def _share(skill: Skill, t: dict[str, str]) -> str:
    return t["share"].format(open=skill.open, applies=skill.applies, share=skill.share)


def _agreed(t: dict[str, str], title: str, rows: int) -> Section:
    """The form for what was agreed."""
    head = (t["agreed_action"], t["agreed_who"], t["agreed_when"], t["agreed_evidence"])
    return Section(title, "", (), Table(head, (), rows))


def _places(sources: Iterable[Source], w: Wording) -> str:
    """Where a tactic stands: document and section, each once."""
    return w.pick("；", "; ").join(dict.fromkeys(f"{source.document} · {source.section}" for source in sources))
