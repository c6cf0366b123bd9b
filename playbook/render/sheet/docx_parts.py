"""The parts of a Word sheet that its first page and its annex share: headings, labels, cards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from playbook.render.sheet.fit import Room
from playbook.render.sheet.parts import Entry, Note, Sheet
from playbook.render.sheet.word import Run, WordFile

if TYPE_CHECKING:
    from docx.table import _Cell
    from docx.text.paragraph import Paragraph

GAP = "　"


class Parts:
    """Writes into one Word file."""

    def __init__(self, word: WordFile, given: Sheet, room: Room) -> None:
        self.word = word
        self.d = given
        self.room = room
        self.page = word.document

    def heading(self, title: str, hint: str = "", style: str = "Sheet Heading") -> Paragraph:
        made = self.word.paragraph(self.page, style, [(title, "")])
        if hint:
            self.hint(made, hint)
        return made

    def hint(self, paragraph: Paragraph, hint: str) -> None:
        from docx.shared import Pt

        paragraph.add_run(GAP + hint, "Sheet Hint").font.size = Pt(self.word.size_of("Sheet Small"))

    def labelled(self, note: Note, text_style: str = "") -> list[Run]:
        return [(note.label + self.d.colon, "Sheet Label"), (note.text, text_style)]

    def joined(self, notes: Sequence[Note]) -> list[Run]:
        runs: list[Run] = []
        for note in notes:
            runs += [(GAP, "")] if runs else []
            runs += self.labelled(note)
        return runs

    def more(self, given: int, shown: int) -> str:
        return self.d.more_annex.replace("{n}", str(given - shown)) if given > shown else ""

    def action(self, e: Entry, evidence: bool = True, short: bool = False) -> None:
        word = self.word
        number = f"{e.number}. " if e.number else ""
        title = word.paragraph(self.page, "Sheet Card Title", [(number, "Sheet Meta"), (e.title, "")])
        meta = self.d.semicolon.join(note.label + self.d.colon + note.text for note in e.meta)
        word.aside(title, [(meta, "Sheet Meta")])
        why = [] if short else [note for note in e.notes if note.kind == "why"]
        runs: list[Run] = [(e.summary if short else e.text, "")]
        for note in why:
            runs += [(GAP if runs[0][0] else "", ""), *self.labelled(note)]
        if any(text for text, _ in runs):
            word.paragraph(self.page, "Sheet Text", runs)
        for note in () if short else e.notes:
            if note.kind == "say":
                word.paragraph(self.page, "Sheet Say", [(note.label + self.d.colon, "Sheet Strong"), (note.text, "")])
        for notes in (e.basis if evidence else (), e.score):
            if notes:
                word.paragraph(self.page, "Sheet Small", self.joined(notes))

    def question(self, e: Entry, cell: _Cell | None = None) -> None:
        word, place = self.word, cell if cell is not None else self.page
        word.paragraph(place, "Sheet Question", [(f"{e.number}. ", "Sheet Meta"), (e.title, "")])
        aside = [*e.meta, *(note for note in e.notes if note.kind == "why")]
        if aside:
            word.paragraph(place, "Sheet Gate", self.joined(aside))
        for note in e.notes:
            if note.kind == "say":
                word.paragraph(place, "Sheet Say", [(note.label + self.d.colon, "Sheet Strong"), (note.text, "")])
        if e.score:
            word.paragraph(place, "Sheet Small", self.joined(e.score))

    def risk(self, e: Entry) -> None:
        flag = "Sheet Bad" if e.kind == "avoid" else "Sheet Warn"
        runs: list[Run] = [(f"{e.flag} ", flag), (e.title, "Sheet Strong"), (GAP + e.text if e.text else "", "")]
        for note in e.notes:
            runs += [(GAP, ""), *self.labelled(note)]
        self.word.paragraph(self.page, "Sheet Text", runs)
        if e.score:
            self.word.paragraph(self.page, "Sheet Small", self.joined(e.score))
