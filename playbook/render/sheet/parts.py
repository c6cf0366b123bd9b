"""The sheet that people carry, in words ready to be set: what the PDF and the Word file are made from."""

from __future__ import annotations

from typing import NamedTuple


class Note(NamedTuple):
    """A text with its label. `kind` is for styling: why, say, basis, meta."""

    label: str
    text: str
    kind: str = ""


class Entry(NamedTuple):
    """A card. `summary` is what to do in at most 140 characters; `basis`: what it rests on and comes from."""

    title: str
    text: str
    summary: str
    meta: tuple[Note, ...]
    notes: tuple[Note, ...]
    basis: tuple[Note, ...]
    score: tuple[Note, ...]
    kind: str = ""
    flag: str = ""
    number: int = 0


class Section(NamedTuple):
    title: str
    entries: tuple[Entry, ...]


class Visit(NamedTuple):
    """The planned visit and what to ask for; `own` labels the line for the reader's own target."""

    visit: Note
    asked: str
    targets: tuple[Note, ...]
    held: str
    own: str


class GateBox(NamedTuple):
    label: str
    open: bool
    text: str
    needs: tuple[str, ...]


class Verdict(NamedTuple):
    title: str
    gates: tuple[GateBox, ...]
    readiness: str
    parts: str
    hint: str


class PointBox(NamedTuple):
    number: int
    label: str
    state: str
    state_label: str
    mark: str
    details: str
    stale: str


class Name(NamedTuple):
    """A person on the map; `stance` for styling, `marks` in the words of the legend."""

    name: str
    size: int
    stance: str
    mark: str
    influence: str
    contact: str
    flags: tuple[str, ...]
    on_visit: bool


class MapRow(NamedTuple):
    label: str
    cells: tuple[tuple[Name, ...], ...]


class Map(NamedTuple):
    title: str
    columns: tuple[str, ...]
    rows: tuple[MapRow, ...]
    unplaced_label: str
    unplaced: tuple[Name, ...]
    stances: tuple[Note, ...]
    contacts: tuple[Note, ...]
    hint: str


class Table(NamedTuple):
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    hint: str = ""


class Limit(NamedTuple):
    """A guard, its reason, and what it holds back."""

    flag: str
    title: str
    why: Note
    held: tuple[Note, ...]


class After(NamedTuple):
    """What to fill in by hand; empty for a briefing without a deal."""

    title: str
    hint: str
    asked: str
    choices: tuple[str, ...]
    blanks: tuple[str, ...]


class Sheet(NamedTuple):
    """Everything on the sheet, in its order; parts that a briefing does not have are empty."""

    lang: str
    kicker: str
    day: str
    title: str
    footer: str
    facts: tuple[Note, ...]
    visit: tuple[Visit, ...]
    verdict: tuple[Verdict, ...]
    points_title: str
    points: tuple[PointBox, ...]
    nothing: str
    top: Section
    questions: Section
    map: tuple[Map, ...]
    risks: Section
    held_count: str
    after: tuple[After, ...]
    annex: str
    evidence: str
    held_title: str
    held: tuple[Limit, ...]
    actions: Section
    other_questions: str
    other_risks: str
    people: tuple[Table, ...]
    more: tuple[Section, ...]
    needs: str
    readiness: tuple[Table, ...]
    more_annex: str
    more_people: str
    colon: str
    semicolon: str
