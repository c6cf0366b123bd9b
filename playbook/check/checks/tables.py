"""K019, K020: decision tables whose rows overlap, or leave cases out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from playbook.check.book import Book
from playbook.check.logic import Logic, Region
from playbook.errors import Finding
from playbook.model.rulebook import is_table_name
from playbook.model.rules import Pattern, Rule

_MOST_PIECES = 4000
# What each field of a part of the cases may hold, by field key; a field left out may hold anything.
Box = dict[str, Region]


def check(book: Book) -> Iterator[Finding]:
    """Rows that hold on the cases of another row, and tables of conclusions that do not speak of every case."""
    tables: dict[tuple[str, str], list[Rule]] = {}
    for rule in book.rules:
        if is_table_name(rule.at.file):
            tables.setdefault((rule.at.file, rule.at.sheet), []).append(rule)
    for rows in tables.values():
        rows.sort(key=lambda rule: rule.at)
        yield from _overlapping(book, rows)
        yield from _incomplete(book, rows)


def _overlapping(book: Book, rows: list[Rule]) -> Iterator[Finding]:
    for first, second in combinations(rows, 2):
        if first.conclude and second.conclude:
            continue  # rows that conclude different values for the same cases are a conflict of their own
        words = {"other": first.id, "place": str(first.at)}
        if book.logic.implies(second.when, first.when):
            yield book.warn("K019", second, **words)
        elif book.logic.implies(first.when, second.when):
            yield book.warn("K019", first, other=second.id, place=str(second.at))


def _incomplete(book: Book, rows: list[Rule]) -> Iterator[Finding]:
    """The first case that no row of a table of conclusions is about."""
    boxes = [_box(book.logic, rule) for rule in rows]
    if not all(rule.conclude for rule in rows) or not all(box is not None for box in boxes):
        return
    keys = list(dict.fromkeys(key for box in boxes if box for key in box))
    universe = {key: book.logic.universe(field) for key in keys if (field := book.rulebook.vocabulary.field(key))}
    left = [universe]
    for box in boxes:
        left = [piece for part in left for piece in _without(part, {**universe, **(box or {})})]
        if len(left) > _MOST_PIECES:
            return
    if left:
        words = ", ".join(f"{key}: {_example(book, key, region)}" for key, region in left[0].items())
        yield book.warn("K020", rows[0], case=words)


def _box(logic: Logic, rule: Rule) -> Box | None:
    """The cases that a row is about; None when they are more than values of single fields."""
    box: Box = {}
    for pattern in rule.when:
        if not isinstance(pattern, Pattern) or pattern.quantifier != "one":
            return None
        for name, test in pattern.tests:
            region = logic.region(logic.field(pattern, name), test)
            if region is None:
                return None
            key = f"{pattern.entity}.{name}"
            box[key] = box[key].intersect(region) if key in box else region
    return box


def _without(part: Box, box: Box) -> Iterator[Box]:
    """What is left of some cases without those of a box, in pieces that do not overlap."""
    inside: Box = {}
    for key, region in part.items():
        outside = region.without(box[key])
        if not outside.is_empty:
            yield {**part, **inside, key: outside}
        inside[key] = region.intersect(box[key])
        if inside[key].is_empty:
            return


def _example(book: Book, key: str, region: Region) -> str:
    field = book.rulebook.vocabulary.field(key)
    return book.logic.example(field, region) if field else ""
