"""How much goes on the first page of a sheet, and how large, so that it is exactly one page of A4.

What does not fit moves to the annex; nothing is left out. A typesetter that can measure tries the rooms in their
order (`ROOMS`); browsers and word processors cannot be asked, so for them `fitting_room` estimates the height.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from playbook.advise.briefing import Briefing, Card, Person
from playbook.render.phrases import brief, day, labelled, score_sum, sources, who, words
from playbook.render.sheet.people_map import PeopleMap, people_map


class Room(NamedTuple):
    """What the first page holds: size of the text in points, numbers of questions, risks and names in a cell.

    `evidence`: whether the top three show what they rest on here or in the annex. `names` 0: everybody.
    `short`: the top three say what to do in at most 140 characters, the annex in full.
    """

    size: float
    evidence: bool
    questions: int
    risks: int
    names: int = 0
    short: bool = False


# From roomy to crowded: what may stay, and the sizes to try in tenths of a point.
_STEPS = (
    (Room(0, True, 5, 4), 92, 80),
    (Room(0, False, 5, 3), 86, 78),
    (Room(0, False, 4, 2), 82, 74),
    (Room(0, False, 3, 2), 76, 70),
    (Room(0, False, 3, 1, 6), 72, 66),
    (Room(0, False, 2, 1, 3), 68, 62),
    (Room(0, False, 2, 1, 3, True), 64, 54),
)
ROOMS = tuple(
    step._replace(size=tenths / 10) for step, largest, least in _STEPS for tenths in range(largest, least - 1, -2)
)

_WIDTH, _HEIGHT = 527.0, 779.0  # points within the margins of A4
_ANSWER = 16.0  # points for a line to write on
_ROW = 17.0  # points for a row of the part to fill in by hand


def fitting_room(
    briefing: Briefing, form: str, explain: bool = False, width: float = _WIDTH, height: float = _HEIGHT
) -> Room:
    """The first room whose estimated height fits the page in `form`, "html" or "docx"; else the smallest.

    `width` and `height` of the page are in points, without the margins.
    """
    limit = height * {"html": 0.98, "docx": 0.99}[form]
    return next((room for room in ROOMS if _Estimate(briefing, room, explain, width).height() <= limit), ROOMS[-1])


def spare_height(briefing: Briefing, room: Room, explain: bool, width: float, height: float) -> float:
    """Points that a room is estimated to leave free on a page, never below none."""
    return max(height * 0.98 - _Estimate(briefing, room, explain, width).height(), 0.0)


class _Estimate:
    """The height of the first page in points, from the widths of its texts."""

    def __init__(self, briefing: Briefing, room: Room, explain: bool, width: float = _WIDTH) -> None:
        self.b = briefing
        self.room = room
        self.explain = explain
        self.width = width
        self.scope: dict[str, Any] = {"b": briefing, "w": words(briefing.lang)}
        self.line = room.size * 1.36

    def height(self) -> float:
        parts = (
            self._header(),
            self._visit(),
            self._verdict(),
            self._strip(),
            self._top(),
            self._questions(),
            self._map(people_map(self.b)),
            self._risks(),
            (3 * _ROW + 3.2 * self.line) if self.b.header.deal else 0.0,
            self.line if self.b.held else 0.0,
        )
        return sum(parts)

    def _lines(self, text: str, part: float = 1.0, size: float = 1.0) -> float:
        """The height of a text in a column that is that part of the page's width, at a size relative to the text's."""
        widths = sum(2 if char >= "\u2e80" else 0.96 for char in text)
        room = self.width * part / (self.room.size * size * 0.5) * 0.97
        return -(-widths // room) * self.line * size if text else 0.0

    def _header(self) -> float:
        h = self.b.header
        facts = [v for v in (h.customer, h.stage_label, h.amount) if v] + [f"{a}：{b}" for a, b in h.lines]
        heights = [self._lines(f"      {text}", 0.31, 0.92) for text in facts]
        rows = sum(max(heights[n : n + 3]) for n in range(0, len(heights), 3))
        basis = self._lines(h.value_type_label + h.value_type_basis + "      ", 1, 0.92)
        return self.line * 1.7 + self._lines(h.deal, 1, 1.5) + rows + basis

    def _visit(self) -> float:
        c = self.b.commitment
        if not self.b.header.deal:
            return 0.0
        held = self._lines(c.held and f"{c.held}      ", 0.9, 0.95)
        planned = self._lines(self.b.header.visit or "-", 0.95, 0.95) + held
        asked = max(self._lines(f"      {text}", 0.33, 0.95) for text in (c.best, c.least))
        return planned + (asked + self.line if c.best else 0.0) + 1.2 * self.line

    def _verdict(self) -> float:
        b = self.b
        if not b.gates:
            return 0.0
        missing = [brief(self.scope, gate.missing, 3) for gate in b.gates]
        shares = [min(max(len(text), 60), 210) for text in missing]
        gates = max(self._lines(t, 0.95 * s / sum(shares) - 0.02, 0.83) for t, s in zip(missing, shares, strict=True))
        parts = self._lines(" ".join(f"{p.label} 00/00" for p in b.readiness.parts) + "-" * 24)
        return 2 * self.line + gates + self.line + parts

    def _strip(self) -> float:
        label = max((self._lines(p.label, 0.085, 0.8) for p in self.b.points), default=0.0)
        stale = 0.8 * self.line * any(p.stale for p in self.b.points)
        return label + stale + 3.5 * self.line if self.b.points else 0.0

    def _top(self) -> float:
        cards = [self.b.card(ident) for ident in self.b.top]
        return sum(map(self._action, cards)) + 1.8 * self.line * bool(cards)

    def _action(self, c: Card) -> float:
        do = c.summary if self.room.short else c.do
        height = self.line * 1.35 + self._lines(f"{do}      {c.why}", 0.955)
        height += self._lines(c.say and f"      {c.say}", 0.94) + self._lines(c.note, 0.955, 0.92)
        if self.room.evidence:
            facts = brief(self.scope, [f"{f.label}：{f.value}{f.evidence}" for f in c.facts], 3)
            height += self._lines(f"{facts}{sources(self.scope, c.sources)}          ", 0.955, 0.82)
        return height + self._scoring(c, 0.955)

    def _scoring(self, c: Card, part: float) -> float:
        return self._lines(c.rule + score_sum(self.scope, c) + " " * 14, part, 0.82) if self.explain else 0.0

    def _questions(self) -> float:
        cards = [self.b.card(ident) for ident in self.b.questions[: self.room.questions]]
        if not cards:
            return 0.0
        heights = [self._question(c) for c in cards]
        return _longer_column(heights) + 1.9 * self.line

    def _question(self, c: Card) -> float:
        aside = who(self.scope, c) + c.why + labelled(self.scope, day(self.scope, c.due), "      ") + " " * 12
        asked = self._lines(c.do or c.say or c.title, 0.45) + self._lines(aside, 0.45, 0.92)
        return asked + _ANSWER + 0.15 * self.line + self._scoring(c, 0.44)

    def _map(self, people: PeopleMap) -> float:
        if not self.b.people:
            return 0.0
        part = 0.92 / max(len(people.columns), 1)
        cells = [[self._cell([spot.person for spot in cell], part) for cell in row.cells] for row in people.rows]
        rows = [max(row, default=0.0) for row in cells]
        grid = sum(max(row, self.line) + 0.25 * self.line for row in rows)
        rest = self._lines("".join(spot.person.name + " " * 12 for spot in people.unplaced))
        return grid + rest + 3.9 * self.line

    def _cell(self, people: list[Person], part: float) -> float:
        shown = people[: self.room.names] if self.room.names else people
        more = self.line if len(shown) < len(people) else 0.0
        return sum(self._lines(_spot(p), part - 0.012, 0.95) for p in shown) + more

    def _risks(self) -> float:
        cards = [self.b.card(ident) for ident in self.b.risks[: self.room.risks]]
        texts = (c.title + c.do + c.why + c.note + " " * 20 for c in cards)
        heights = [self._lines(text) + 0.25 * self.line for text in texts]
        return sum(heights) + sum(self._scoring(c, 1) for c in cards) + 1.9 * self.line * bool(cards)


def _spot(p: Person) -> str:
    """About as wide as a person on the map, marks and flags counted in."""
    return p.name + " " * (9 + 5 * (p.is_coach + p.is_final_decider) + 9 * p.on_visit)


def _longer_column(heights: Iterable[float]) -> float:
    """The height of two balanced columns filled one after the other."""
    given = list(heights)
    return min(max(sum(given[:n]), sum(given[n:])) for n in range(len(given) + 1))
