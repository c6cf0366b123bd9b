"""The stakeholder map: people on a grid of levels and functions, the same for every format of the sheet."""

from __future__ import annotations

from typing import NamedTuple

from playbook.advise.briefing import Briefing, Choice, Person

# Influence from which a person is drawn larger; below the last, and where it is not known, smallest.
_SIZES = ((8, 3), (5, 2))
# Where to draw people whose file states a part in the purchase but no function.
_FUNCTION_OF_ROLE = {"user": "user", "technical": "technical", "procurement": "finance_procurement"}


class Spot(NamedTuple):
    """A person on the map; `size` from 1 to 3 tells the influence."""

    person: Person
    size: int


class Row(NamedTuple):
    level: Choice
    cells: tuple[tuple[Spot, ...], ...]


class PeopleMap(NamedTuple):
    """Rows from the top of the house down, a cell for each column; `unplaced`: neither level nor function is known.

    A last row or column without a label holds those of whom only one of the two is known.
    """

    columns: tuple[Choice, ...]
    rows: tuple[Row, ...]
    unplaced: tuple[Spot, ...]


def people_map(briefing: Briefing) -> PeopleMap:
    """The people of a briefing on the grid, the most influential first in each cell."""
    spots: dict[tuple[str, str], list[Spot]] = {}
    for person in briefing.people:
        spots.setdefault(place(person), []).append(Spot(person, _size(person.influence)))
    unplaced = tuple(spots.pop(("", ""), ()))
    columns = [*briefing.scales.functions, *([Choice("", "")] if any(not f for _, f in spots) else [])]
    levels = [*reversed(briefing.scales.levels), *([Choice("", "")] if any(not lev for lev, _ in spots) else [])]
    rows = (Row(level, tuple(tuple(spots.get((level.value, c.value), ())) for c in columns)) for level in levels)
    return PeopleMap(tuple(columns), tuple(rows), unplaced)


def place(person: Person) -> tuple[str, str]:
    """Level and function to draw a person at: as stated, else as the part in the purchase tells."""
    level, function = person.level_value, person.function_value
    if person.is_final_decider:
        level = level or "decision"
        function = function or "top"
    return level, function or _FUNCTION_OF_ROLE.get(person.role_value, "")


def _size(influence: int | None) -> int:
    return next((size for least, size in _SIZES if (influence or 0) >= least), 1)
