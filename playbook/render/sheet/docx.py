"""The sheet as a Word file: `templates/sheet.docx`, or a template with the same styles, filled with the words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from playbook.advise.briefing import Briefing
from playbook.render.sheet.docx_parts import GAP, Parts
from playbook.render.sheet.fit import Room, fitting_room, spare_height
from playbook.render.sheet.parts import After, Entry, Map, Name, Section, Sheet, Table, Verdict, Visit
from playbook.render.sheet.word import Run, WordFile
from playbook.render.sheet.words import sheet

if TYPE_CHECKING:
    from docx.table import _Cell
    from docx.text.paragraph import Paragraph

    from playbook.render.sheet.word import Container

_STANCES = {"ally": "Sheet Good", "supporter": "Sheet Good", "opponent": "Sheet Bad", "unknown": "Sheet Warn"}
_NAME_SIZES = {1: 0.92, 2: 1.0, 3: 1.16}
_MOST_SPARE = 16.0


def docx(briefing: Briefing, explain: bool = False, template: Path | None = None) -> bytes:
    """The sheet of a briefing; the same briefing and template always give the same bytes.

    Raises `UsageError` when python-docx is not installed or the template cannot be used (see `WordFile`).
    """
    word = WordFile(template)
    room = fitting_room(briefing, "docx", explain, word.width, word.height)
    made = sheet(briefing, explain)
    _FirstPage(word, made, room, spare_height(briefing, room, explain, word.width, word.height)).write()
    _Annex(word, made, room).write()
    return word.bytes(made.title, briefing.as_of)


class _FirstPage(Parts):
    """`spare` are points left on the page, for the lines to write on."""

    def __init__(self, word: WordFile, given: Sheet, room: Room, spare: float) -> None:
        super().__init__(word, given, room)
        lines = 3 - (-min(room.questions, len(given.questions.entries)) // 2)
        self.spare = min(spare / lines, _MOST_SPARE)

    def write(self) -> None:
        self.word.start_first_page(self.room.size)
        self._header()
        for visit in self.d.visit:
            self._visit(visit)
        for verdict in self.d.verdict:
            self._verdict(verdict)
        self._points()
        self._top()
        self._asks()
        for people in self.d.map:
            self._map(people)
        self._risks()
        for after in self.d.after:
            self._after(after)
        self.word.end_first_page()

    def _line(self, place: Container, runs: Sequence[Run] = (), spare: float = 0) -> None:
        """A line to write on."""
        from docx.shared import Pt

        made = self.word.paragraph(place, "Sheet Write", runs).paragraph_format
        if spare >= 1:
            made.space_before = Pt(round(spare))

    def _header(self) -> None:
        d, word = self.d, self.word
        kicker = word.paragraph(self.page, "Sheet Kicker", [(d.kicker, "")])
        word.aside(kicker, [(d.day, "Sheet Label")])
        word.paragraph(self.page, "Sheet Title", [(d.title, "")])
        short = [note for note in d.facts if note.kind != "wide"]
        if short:
            rows = -(-len(short) // 3)
            table = word.table(self.page, "Sheet Plain", rows, (1, 1, 1))
            for n, note in enumerate(short):
                word.paragraph(table.cell(n // 3, n % 3), "Sheet Fact", self.labelled(note, "Sheet Strong"))
        for note in d.facts[len(short) :]:
            word.paragraph(self.page, "Sheet Fact", self.labelled(note))

    def _visit(self, visit: Visit) -> None:
        from docx.shared import Pt

        word = self.word
        # Word joins a table to one right above it.
        word.paragraph(self.page, "Sheet Small", []).paragraph_format.line_spacing = Pt(4)
        table = word.table(self.page, "Sheet Box", 2 if visit.targets else 1, (1, 1, 0.8))
        top = table.cell(0, 0).merge(table.cell(0, 2))
        planned = visit.visit.label + self.d.colon
        if visit.visit.kind == "blank":
            label = f"{visit.visit.label} {visit.visit.text}{self.d.colon}"
            word.paragraph(top, "Sheet Visit", [(label, "Sheet Label"), ("＿" * 24, "Sheet Label")])
        else:
            word.paragraph(top, "Sheet Visit", [(planned, "Sheet Strong"), (visit.visit.text, "")])
        if visit.held:
            word.paragraph(top, "Sheet Visit", [(visit.asked + self.d.colon, "Sheet Bad"), (visit.held, "")])
        for n, note in enumerate(visit.targets):
            if n == 0:
                word.paragraph(top, "Sheet Visit", [(visit.asked, "Sheet Meta")])
            word.paragraph(
                table.cell(1, n), "Sheet Visit", [(note.label + self.d.colon, "Sheet Strong"), (note.text, "")]
            )
        if visit.targets:
            word.paragraph(table.cell(1, 2), "Sheet Visit", [(visit.own + self.d.colon, "Sheet Strong")])
            self._line(table.cell(1, 2), spare=0)

    def _verdict(self, verdict: Verdict) -> None:
        word = self.word
        self.heading(verdict.title)
        shares = [min(max(len(gate.text), 60), 210) for gate in verdict.gates]
        table = word.table(self.page, "Sheet Plain", 1, shares)
        for cell, gate in zip(table.rows[0].cells, verdict.gates, strict=True):
            style = "Sheet Good" if gate.open else "Sheet Bad"
            word.paragraph(cell, "Sheet Visit", [(f"{'●' if gate.open else '○'} {gate.label}", style)])
            if gate.text:
                word.paragraph(cell, "Sheet Gate", [(gate.text, "")])
        if verdict.readiness:
            runs = [(verdict.readiness, "Sheet Meta"), (GAP + verdict.parts, "")]
            self.hint(word.paragraph(self.page, "Sheet Fact", runs), verdict.hint)

    def _points(self) -> None:
        word, points = self.word, self.d.points
        if not points:
            return
        self.heading(self.d.points_title)
        table = word.table(self.page, "Sheet Grid", 1, [1] * len(points))
        for cell, point in zip(table.rows[0].cells, points, strict=True):
            word.paragraph(cell, "Sheet Cell", [(f"{point.number} {point.label}", "Sheet Strong")])
            state = "Sheet Warn" if point.state == "unknown" else "Sheet Strong"
            word.paragraph(cell, "Sheet Cell", [(f"{point.mark} {point.state_label}", state)])
            if point.details:
                word.paragraph(cell, "Sheet Cell", [(point.details, "Sheet Label")])
            if point.stale:
                word.paragraph(cell, "Sheet Cell", [(f"▲ {point.stale}", "Sheet Bad")])

    def _top(self) -> None:
        d = self.d
        if d.nothing:
            self.word.paragraph(self.page, "Sheet Text", [(d.nothing, "")])
        if d.top.entries:
            self.heading(d.top.title)
        for entry in d.top.entries:
            self.action(entry, self.room.evidence, self.room.short)

    def _asks(self) -> None:
        given = self.d.questions.entries
        shown = given[: self.room.questions]
        if not shown:
            return
        self.heading(self.d.questions.title, self.more(len(given), len(shown)))
        half = -(-len(shown) // 2)
        table = self.word.table(self.page, "Sheet Plain", 1, (1, 1))
        for cell, entries in zip(table.rows[0].cells, (shown[:half], shown[half:]), strict=True):
            for entry in entries:
                self.question(entry, cell)
                self._line(cell, spare=self.spare)

    def _map(self, people: Map) -> None:
        word = self.word
        self.heading(people.title)
        marks = [f"{note.label} {note.text}" for note in (*people.stances, *people.contacts)]
        word.paragraph(self.page, "Sheet Small", [(GAP.join([*marks, people.hint]), "")])
        if people.rows:
            widths = (0.55, *[1.0] * len(people.columns))
            table = word.table(self.page, "Sheet Grid", len(people.rows) + 1, widths)
            for cell, column in zip(table.rows[0].cells[1:], people.columns, strict=True):
                word.paragraph(cell, "Sheet Cell", [(column, "Sheet Strong")])
            word.paragraph(table.cell(0, 0), "Sheet Cell", [])
            for row, level in zip(list(table.rows)[1:], people.rows, strict=True):
                word.paragraph(row.cells[0], "Sheet Cell", [(level.label, "Sheet Strong")])
                for cell, names in zip(row.cells[1:], level.cells, strict=True):
                    self._cell(cell, names)
        if people.unplaced:
            line = word.paragraph(self.page, "Sheet Name", [(people.unplaced_label + self.d.colon, "Sheet Label")])
            for name in people.unplaced:
                self._name(line, name)
                line.add_run(GAP)

    def _cell(self, cell: _Cell, names: tuple[Name, ...]) -> None:
        shown = names[: self.room.names] if self.room.names else names
        for name in shown:
            self._name(self.word.paragraph(cell, "Sheet Name", []), name)
        if len(shown) < len(names):
            more = self.d.more_people.replace("{n}", str(len(names) - len(shown)))
            self.word.paragraph(cell, "Sheet Cell", [(more, "Sheet Label")])
        if not names:
            self.word.paragraph(cell, "Sheet Name", [])

    def _name(self, line: Paragraph, name: Name) -> None:
        from docx.shared import Pt

        size = self.room.size * _NAME_SIZES[name.size]
        flags = "".join(f"[{flag}]" for flag in name.flags)
        runs = (
            (f"{name.mark} ", _STANCES.get(name.stance, "")),
            (name.name, "Sheet Strong"),
            (f" {name.influence} {name.contact}".replace("  ", " "), "Sheet Label"),
            (f" {flags}" if flags else "", "Sheet Meta"),
        )
        for n, (text, style) in enumerate(runs):
            if text:
                line.add_run(text, style or None).font.size = Pt(round(size * (1 if n < 2 else 0.8) * 2) / 2)

    def _risks(self) -> None:
        given = self.d.risks.entries
        shown = given[: self.room.risks]
        if shown:
            self.heading(self.d.risks.title, self.more(len(given), len(shown)))
        for entry in shown:
            self.risk(entry)
        if self.d.held_count:
            self.word.paragraph(self.page, "Sheet Small", [(self.d.held_count, "")])

    def _after(self, after: After) -> None:
        self.heading(after.title, after.hint)
        choices = GAP.join(f"□ {choice}" for choice in after.choices)
        self.word.paragraph(self.page, "Sheet Text", [(after.asked + self.d.colon, "Sheet Strong"), (choices, "")])
        for label in after.blanks:
            self._line(self.page, [(label + self.d.colon, "Sheet Strong")], self.spare)


class _Annex(Parts):
    def write(self) -> None:
        d = self.d
        self.heading(d.annex).paragraph_format.page_break_before = True
        if d.top.entries and not self.room.evidence:
            self.heading(d.evidence, style="Sheet Subheading")
            for entry in d.top.entries:
                bare = entry if self.room.short else entry._replace(text="", notes=(), meta=())
                self.action(bare)
        self._limits()
        for table in d.people:
            self._table(table, (2.2, 1.6, 0.7, 0.9, 1.2, 2.2))
        self._list(d.actions.title, d.actions.entries, self.action)
        self._list(d.other_questions, d.questions.entries[self.room.questions :], self.question)
        self._list(d.other_risks, d.risks.entries[self.room.risks :], self.risk)
        for section in d.more:
            self._unnumbered(section)
        self._needs()
        for table in d.readiness:
            self._table(table, (1.2, 0.6, 5))
        self.word.paragraph(self.page, "Sheet Small", [(d.footer, "")])

    def _list(self, title: str, entries: Sequence[Entry], write: object) -> None:
        if entries and callable(write):
            self.heading(title, style="Sheet Subheading")
            for entry in entries:
                write(entry)

    def _unnumbered(self, section: Section) -> None:
        self._list(section.title, [entry._replace(number=0) for entry in section.entries], self.action)

    def _limits(self) -> None:
        if self.d.held:
            self.heading(self.d.held_title, style="Sheet Subheading")
        for limit in self.d.held:
            title: list[Run] = [(f"{limit.flag} ", "Sheet Warn"), (limit.title, "")]
            self.word.paragraph(self.page, "Sheet Card Title", title)
            if limit.why.text:
                self.word.paragraph(self.page, "Sheet Text", self.labelled(limit.why))
            if limit.held:
                held = self.d.semicolon.join(note.text for note in limit.held)
                self.word.paragraph(self.page, "Sheet Text", self.labelled(limit.held[0]._replace(text=held)))

    def _table(self, given: Table, widths: Sequence[float]) -> None:
        self.heading(given.title, given.hint, style="Sheet Subheading")
        table = self.word.table(self.page, "Sheet List", len(given.rows) + 1, widths)
        self.word.repeat_head(table)
        for n, (row, texts) in enumerate(zip(table.rows, (given.head, *given.rows), strict=True)):
            for cell, text in zip(row.cells, texts, strict=True):
                self.word.paragraph(cell, "Sheet Gate", [(text, "Sheet Strong" if n == 0 else "")])

    def _needs(self) -> None:
        gates = [gate for verdict in self.d.verdict for gate in verdict.gates if gate.needs]
        if gates:
            self.heading(self.d.needs, style="Sheet Subheading")
        for gate in gates:
            self.word.paragraph(self.page, "Sheet Card Title", [(f"○ {gate.label}", "")])
            for need in gate.needs:
                self.word.paragraph(self.page, "Sheet Text", [(need, "")])
