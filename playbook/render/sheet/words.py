"""Makes the sheet of a briefing: every part of it in the reader's words, harmless to set."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from playbook.advise.briefing import Briefing, Card, Gate, Person, Point
from playbook.render import phrases
from playbook.render.clean import clean
from playbook.render.phrases import Words, words
from playbook.render.sheet.parts import (
    After,
    Entry,
    GateBox,
    Limit,
    Map,
    MapRow,
    Name,
    Note,
    PointBox,
    Section,
    Sheet,
    Table,
    Verdict,
    Visit,
)
from playbook.render.sheet.people_map import Spot, people_map


def sheet(briefing: Briefing, explain: bool = False) -> Sheet:
    """The sheet of a briefing. `explain` adds rule and score to each card."""
    made: Sheet = cleaned(_Composer(briefing, explain).sheet())
    return made


def cleaned(value: Any) -> Any:
    """The value with every text in it made harmless."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, tuple):
        parts = [cleaned(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value


class _Composer:
    def __init__(self, briefing: Briefing, explain: bool) -> None:
        self.b = briefing
        self.w: Words = words(briefing.lang)
        self.explain = explain
        self.scope: dict[str, Any] = {"b": briefing, "w": self.w}

    def sheet(self) -> Sheet:
        b, w, h = self.b, self.w, self.b.header
        kicker, day = str(w["sheet"][b.audience]), phrases.full_day(self.scope, b.as_of)
        listed = (b.top, b.actions, b.questions, b.talk, b.risks, b.notes)
        return Sheet(
            lang=b.lang,
            kicker=kicker if h.deal else "",
            day=day,
            title=h.deal or kicker,
            footer=phrases.present([phrases.labelled(self.scope, b.rulebook, w["rulebook"]), day], w["dot"]),
            facts=self._facts(),
            visit=(self._visit(),) if h.deal else (),
            verdict=(self._verdict(),) if b.gates else (),
            points_title=w["points"],
            points=tuple(map(self._point, b.points)),
            nothing="" if any(listed) else w["nothing"],
            top=self._section(w["top"], b.top),
            questions=self._section(w["questions"], b.questions, asked=True),
            map=(self._map(),) if b.people else (),
            risks=self._section(w["risks"], b.risks),
            held_count=w["held_count"].format(n=len(b.held)) if b.held else "",
            after=(self._after(),) if h.deal else (),
            annex=w["annex"],
            evidence=w["evidence"],
            held_title=w["held"],
            held=self._limits(),
            actions=self._section(w["other_actions"], [i for i in b.actions if i not in b.top], len(b.top)),
            other_questions=w["other_questions"],
            other_risks=w["other_risks"],
            people=(self._people(),) if b.people else (),
            more=tuple(self._more()),
            needs=w["gates_need"],
            readiness=(self._readiness(),) if b.gates and b.readiness.parts else (),
            more_annex=w["more_annex"],
            more_people=w["more_people"],
            colon=w["colon"],
            semicolon=w["semicolon"],
        )

    # The deal

    def _facts(self) -> tuple[Note, ...]:
        h, w = self.b.header, self.w
        basis = w["read_from"].format(basis=h.value_type_basis) if h.value_type_basis else ""
        kind = phrases.with_more(self.scope, h.value_type_label, basis if h.value_type_label else "")
        given = ((w["customer"], h.customer), (w["stage"], h.stage_label), (w["amount"], h.amount), *h.lines)
        return _given(*(Note(label, text) for label, text in given), Note(w["value_type"], kind, "wide"))

    def _visit(self) -> Visit:
        w, c = self.w, self.b.commitment
        targets = tuple(Note(label, text) for label, text in ((w["best"], c.best), (w["least"], c.least)) if text)
        planned = Note(w["visit"], self.b.header.visit or w["no_visit"], "" if self.b.header.visit else "blank")
        return Visit(planned, w["ask_held"] if c.held else w["ask_for"], targets, c.held, w["own_target"])

    def _verdict(self) -> Verdict:
        w, r = self.w, self.b.readiness
        parts = (f"{p.label} {self._number(p.points)}/{self._number(p.maximum)}" for p in r.parts)
        return Verdict(
            w["verdict"],
            tuple(map(self._gate, self.b.gates)),
            f"{w['readiness']} {r.score}/100" if r.parts else "",
            w["dot"].join(parts),
            w["arithmetic"],
        )

    def _gate(self, gate: Gate) -> GateBox:
        state = self.w["gate_open" if gate.open else "gate_closed"]
        missing = phrases.labelled(self.scope, phrases.brief(self.scope, gate.missing, 3), self.w["missing"])
        return GateBox(phrases.with_more(self.scope, gate.label, state), gate.open, missing, gate.missing)

    def _point(self, point: Point) -> PointBox:
        w = self.w
        count = w["one_source"] if point.sources == 1 else w["sources_n"].format(n=point.sources)
        details = phrases.present([phrases.ago(self.scope, point.age_days), count if point.sources else ""], w["dot"])
        mark = w["state_mark"].get(point.state, w["state_mark"]["unknown"])
        stale = w["stale"] if point.stale else ""
        return PointBox(point.number, point.label, point.state, point.state_label, mark, details, stale)

    def _readiness(self) -> Table:
        w = self.w
        rows = (
            (p.label, f"{self._number(p.points)}/{self._number(p.maximum)}", w["semicolon"].join(p.lost))
            for p in self.b.readiness.parts
        )
        return Table(w["readiness_parts"], (w["part"], w["points_of"], w["lost"]), tuple(rows), w["arithmetic"])

    def _number(self, value: float) -> str:
        return phrases.number(self.scope, value)

    # Cards

    def _section(self, title: str, idents: Iterable[str], start: int = 0, asked: bool = False) -> Section:
        entries = (self._entry(self.b.card(ident), number, asked) for number, ident in enumerate(idents, start + 1))
        return Section(title, tuple(entries))

    def _entry(self, c: Card, number: int, asked: bool = False) -> Entry:
        """A card; one that is `asked` is headed by its question instead of its title."""
        w = self.w
        title, text = (c.do or c.say or c.title, "") if asked else (c.title or c.summary, c.do)
        meta = _given(
            Note(w["ask_whom"] if asked else w["who"], phrases.who(self.scope, c), "meta"),
            Note(w["due"], phrases.day(self.scope, c.due), "meta"),
        )
        say = "" if asked and not c.do else c.say
        notes = _given(Note(w["why"], c.why, "why"), Note(w["say"], say, "say"), Note(w["note"], c.note, "why"))
        facts = [phrases.fact(self.scope, fact) for fact in c.facts]
        basis = _given(
            Note(w["rests_on"], phrases.brief(self.scope, facts, 0 if self.explain else 3)),
            Note(w["source"], phrases.sources(self.scope, c.sources)),
        )
        score = (Note(w["rule"], c.rule), Note(w["score"], phrases.score_sum(self.scope, c))) if self.explain else ()
        flag = {"avoid": f"✕ {w['avoid']}", "warning": f"▲ {w['warning']}"}.get(c.kind, "")
        basis = () if asked or c.kind == "conclusion" else basis
        return Entry(title, text, c.summary if text else "", meta, notes, basis, score, c.kind, flag, number)

    def _more(self) -> Iterable[Section]:
        b, w = self.b, self.w
        for title, idents in ((w["talk"], [i for i in b.talk if i not in b.top]), (w["notes"], b.notes)):
            if idents:
                yield self._section(title, idents)
        if b.conclusions:
            yield Section(w["conclusions"], tuple(self._conclusion(b.card(ident)) for ident in b.conclusions))

    def _conclusion(self, c: Card) -> Entry:
        facts = [phrases.fact(self.scope, fact) for fact in c.facts]
        resting = Note(self.w["rests_on"], phrases.brief(self.scope, facts, 0 if self.explain else 6), "why")
        return self._entry(c, 0)._replace(title=c.do or c.title, text="", summary="", notes=_given(resting))

    def _limits(self) -> tuple[Limit, ...]:
        w = self.w
        limits: list[Limit] = []
        for card in map(self.b.card, self.b.held):
            title = card.held_by or phrases.about(self.scope, card)
            held = _given(Note(w["held_back"], phrases.about(self.scope, card) if card.held_by else ""))
            if limits and limits[-1].title == title:
                limits[-1] = limits[-1]._replace(held=limits[-1].held + held)
            else:
                limits.append(Limit(w["limit"], title, Note(w["why"], card.note or card.why, "why"), held))
        return tuple(limits)

    # People

    def _map(self) -> Map:
        w, placed = self.w, people_map(self.b)
        rows = (
            MapRow(row.level.label or w["level_unknown"], tuple(tuple(map(self._name, cell)) for cell in row.cells))
            for row in placed.rows
        )
        scales, contact_marks = self.b.scales, w["contact_mark"]
        return Map(
            w["people_map"],
            tuple(column.label or w["function_unknown"] for column in placed.columns),
            tuple(rows),
            w["unplaced"],
            tuple(map(self._name, placed.unplaced)),
            tuple(Note(w["stance_mark"][s.value], s.label, s.value) for s in reversed(scales.stances)),
            tuple(Note(contact_marks[c.value], c.label) for c in reversed(scales.contacts)),
            w["map_legend"],
        )

    def _name(self, spot: Spot) -> Name:
        w, p = self.w, spot.person
        flags = _given_texts(
            w["map_flag"]["decider"] if p.is_final_decider else "",
            w["map_flag"]["coach"] if p.is_coach else "",
            w["map_flag"]["visit"] if p.on_visit else "",
        )
        return Name(
            p.name,
            spot.size,
            p.stance,
            w["stance_mark"].get(p.stance, w["stance_mark"]["unknown"]),
            "" if p.influence is None else str(p.influence),
            w["contact_mark"].get(p.contact, w["contact_mark"]["unknown"]),
            flags,
            p.on_visit,
        )

    def _people(self) -> Table:
        w = self.w
        head = (w["name"], w["role"], w["influence"], w["stance"], w["contact"], w["move"])
        return Table(w["people"], head, tuple(map(self._person, self.b.people)), w["people_caption"])

    def _person(self, p: Person) -> tuple[str, ...]:
        w = self.w
        roles = (
            w["final_decider"] if p.is_final_decider else "",
            p.role,
            w["coach"] if p.is_coach and p.role != w["coach"] else "",
        )
        stance = w["unknown"] if p.stance == "unknown" else p.stance_label
        contact = w["unknown"] if p.contact == "unknown" else p.contact_label
        return (
            phrases.with_more(self.scope, p.name, p.title),
            phrases.present(list(roles), w["dot"]),
            "" if p.influence is None else str(p.influence),
            f"{w['stance_mark'].get(p.stance, w['stance_mark']['unknown'])} {stance}",
            phrases.present([contact, phrases.ago(self.scope, p.last_contact_days)], w["comma"]),
            p.move,
        )

    def _after(self) -> After:
        w = self.w
        blanks = (w["new_facts"], w["stance_changes"], w["next_meeting"])
        return After(w["after"], w["after_hint"], w["committed"], tuple(w["commitment"].values()), blanks)


def _given(*notes: Note) -> tuple[Note, ...]:
    """The notes that have a text."""
    return tuple(note for note in notes if note.text)


def _given_texts(*texts: str) -> tuple[str, ...]:
    return tuple(text for text in texts if text)
