"""Proposes a map for a table: by its headings, the words in its cells, and the sort of its values."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from playbook.load.crm.cells import CellError, Reading, read_amount, read_value, without_brackets
from playbook.load.crm.columns import cell
from playbook.load.crm.dates import AmbiguousDateError, is_undecided, order_of, read_day
from playbook.load.crm.fieldmap import NOTES, FieldMap, Settings, Source
from playbook.load.crm.lexicon import DATE, ID, IGNORED, Aim, Lexicon, load_lexicon
from playbook.load.crm.proposal import How, Placed, Proposal, Unplaced, contents_of
from playbook.load.crm.table import Table, heading_key, read_table
from playbook.model.values import fold, read_number
from playbook.model.vocabulary import Field, Vocabulary

_LIKE = 0.75  # from which two headings are alike
_FITS = 0.6  # share of the cells that must be readable
_KNOWN = 0.6  # share of the words that must be known to place a column by its content
_MOST_WORDS = 40  # a column with more different words is no list of choices
_UNFIT = {"I043", "I045", "I046", "I048"}  # what says of a cell that it is of the right sort all the same
_REQUIRED = ("deal.name", "deal.stage")
_MAP_FITS = 0.8
_PEOPLE = ("stakeholder", "competitor")
_SCORES = {"heading": 3.0, "likeness": 1.0, "values": 0.5}


@dataclass(frozen=True)
class _Candidate:
    score: float
    index: int
    aim: Aim
    how: How
    like: str = ""


def propose(path: Path, vocabulary: Vocabulary, sheet: str = "", encoding: str = "") -> Proposal:
    """The map that fits an export best, with everything that could not be placed. Raises `DealError`."""
    lexicon = load_lexicon(vocabulary)
    return _Guesser(read_table(path, lexicon.aims, sheet, encoding), lexicon).proposal()


class _Guesser:
    def __init__(self, table: Table, lexicon: Lexicon) -> None:
        self.table = table
        self.lexicon = lexicon
        self.contents = [contents_of(table, n) for n in range(len(table.headings))]
        self.reading = Reading(date.max, order_of(text for texts in self.contents for text in texts))

    def proposal(self) -> Proposal:
        result = Proposal(self.table, order=self.reading.order)
        candidates = [c for n in range(len(self.table.headings)) if self.contents[n] for c in self._candidates(n)]
        taken: dict[Aim, int] = {}
        placed: dict[int, Placed] = {}
        for each in sorted(candidates, key=lambda c: (-c.score, c.index)):
            is_free = each.aim not in taken or each.aim.key in (NOTES, DATE, IGNORED)
            if each.index in placed or not is_free or not self._fits(each):
                continue
            taken[each.aim] = each.index
            placed[each.index] = self._placed(each)
        self._sort_out(result, placed, taken, candidates)
        result.totals = self._totals(result)
        result.missing = [f for key in _REQUIRED if not result.of(key) and (f := self.lexicon.vocabulary.field(key))]
        result.undecided = self._undecided(result)
        result.like = self._ready_made(result)
        return result

    def _sort_out(
        self, result: Proposal, placed: dict[int, Placed], taken: dict[Aim, int], candidates: list[_Candidate]
    ) -> None:
        """Who got a field, who needs none, and why the others have none."""
        money = {p.currency for p in placed.values() if p.currency is not None}
        named = {(p.field.entity, p.aim.constants) for p in placed.values() if p.field and p.field.name == "name"}
        for n in range(len(self.table.headings)):
            each = placed.get(n)
            if n in money:
                continue
            if each is not None and each.aim.key == IGNORED:
                result.unneeded.append(n)
            elif each is not None and each.field and each.field.entity in _PEOPLE and _group(each) not in named:
                result.unplaced.append(Unplaced(n, "nobody", each.field))
            elif each is not None:
                result.placed.append(each)
            else:
                result.unplaced.append(self._reason(n, taken, candidates))

    def _candidates(self, index: int) -> list[_Candidate]:
        key = heading_key(self.table.headings[index])
        keys = [key, *(k for k, n in self.table.column_of.items() if n == index and k != key)]
        for each in keys:
            if aim := self.lexicon.aims.get(each):
                return [_Candidate(_SCORES["heading"], index, aim, "heading")]
        found = []
        for name in difflib.get_close_matches(keys[-1], self.lexicon.aims, n=3, cutoff=_LIKE):
            aim = self.lexicon.aims[name]
            likeness = difflib.SequenceMatcher(None, keys[-1], name).ratio()
            if aim.key != IGNORED:
                found.append(_Candidate(_SCORES["likeness"] + likeness, index, aim, "likeness", name))
        return found or self._by_words(index)

    def _by_words(self, index: int) -> list[_Candidate]:
        """The field whose choices and words are those of the column, when there is just one."""
        texts = list(self.contents[index])
        if not 2 <= len(texts) <= _MOST_WORDS:
            return []
        shares: dict[Aim, float] = {}
        for entity in self.lexicon.vocabulary.entities.values():
            for found in entity.fields.values() if entity.stated and not entity.repeats else ():
                if found.is_enum:
                    share = self._best_known(found, texts)
                    if share >= _KNOWN:
                        shares[Aim(found.key)] = share
        best = max(shares.values(), default=0)
        aims = [aim for aim, share in shares.items() if share == best]
        return [_Candidate(_SCORES["values"] + best / 2, index, aims[0], "values")] if len(aims) == 1 else []

    def _known(self, found: Field, texts: Sequence[str]) -> float:
        return sum(self.lexicon.settings(found, text) is not None for text in texts) / len(texts)

    def _best_known(self, found: Field, texts: Sequence[str]) -> float:
        return max(self._known(found, texts), self._known(found, [without_brackets(text) for text in texts]))

    def _fits(self, candidate: _Candidate) -> bool:
        """Whether the content of a column is of the sort that the field wants."""
        texts = list(self.contents[candidate.index])
        if candidate.aim.key in (NOTES, ID, IGNORED):
            return True
        if candidate.aim.key == DATE:
            return self._share(texts, _is_date) >= _FITS
        found = self.lexicon.vocabulary.field(candidate.aim.key)
        if found is None:
            return False
        if found.is_enum:
            return candidate.how == "heading" or self._best_known(found, texts) >= _KNOWN / 2
        if found.type in ("string", "list"):
            return candidate.how == "heading" or self._share(texts, _is_number) < _FITS
        return self._share(texts, lambda text: self._is_readable(text, found)) >= _FITS

    @staticmethod
    def _share(texts: Sequence[str], test: Callable[[str], bool]) -> float:
        return sum(test(text) for text in texts) / len(texts)

    def _is_readable(self, text: str, found: Field) -> bool:
        source = Source((), found, self.table.place(1))
        try:
            if found.unit == "cny":
                read_amount(text, found, source, self.reading)
            else:
                read_value(text, found, source, self.reading)
        except CellError as error:
            return error.code in _UNFIT or error.code == "I041"
        return True

    def _placed(self, candidate: _Candidate) -> Placed:
        found = self.lexicon.vocabulary.field(candidate.aim.key)
        words: list[tuple[str, Settings]] = []
        unknown: list[str] = []
        has_brackets = found is not None and self._has_brackets(found, candidate.index)
        if found is not None and found.is_enum:
            texts = (text for text, _ in self.contents[candidate.index].most_common(_MOST_WORDS))
            for text in dict.fromkeys(without_brackets(text) if has_brackets else text for text in texts):
                settings = self.lexicon.settings(found, text)
                if settings is None:
                    unknown.append(text)
                elif settings != ((found.key, found.choice_by_name.get(fold(text))),):
                    words.append((text, settings))
            words.sort(key=lambda word: [*found.label_of, ""].index(dict(word[1]).get(found.key, "")))
        source = self.lexicon.sources.get(candidate.aim)
        money = [s for m in self.lexicon.maps for s in m.sources if source and s.field == source.field]
        currency = next((n for s in money if (n := self.table.find(s.currency_columns)) is not None), None)
        return Placed(
            candidate.index,
            candidate.aim,
            found,
            candidate.how,
            candidate.like,
            source,
            tuple(words),
            tuple(unknown),
            found is not None and found.unit == "percent" and _is_fraction(list(self.contents[candidate.index])),
            has_brackets,
            currency,
        )

    def _has_brackets(self, found: Field, index: int) -> bool:
        """Whether the cells end with something in brackets that is no part of the value: a pipeline, an address."""
        texts = list(self.contents[index])
        bare = [without_brackets(text) for text in texts]
        if found.is_enum:
            return self._known(found, bare) > self._known(found, texts)
        return (
            found.type == "string"
            and self._share(texts, lambda text: "@" in text.removeprefix(without_brackets(text))) > 0
        )

    def _totals(self, result: Proposal) -> tuple[str, ...]:
        """The texts, of those that the ready-made maps skip, that stand in rows without name or stage."""
        required = [placed.index for key in _REQUIRED if (placed := result.of(key))]
        rows = [row for row in self.table.rows if any(not cell(row, index) for index in required)]
        texts = {text.lower() for row in rows for text in row.cells if text}
        lines = dict.fromkeys(line for each in self.lexicon.maps for line in each.skip.lines)
        return tuple(line for line in lines if any(fnmatchcase(text, line.lower()) for text in texts))

    def _reason(self, index: int, taken: dict[Aim, int], candidates: list[_Candidate]) -> Unplaced:
        texts = list(self.contents[index])
        if not texts:
            return Unplaced(index, "empty")
        for each in (c for c in candidates if c.index == index):
            found = self.lexicon.vocabulary.field(each.aim.key)
            if found and not self._fits(each):
                return Unplaced(index, "unfit", found)
            if found and taken.get(each.aim, index) != index:
                return Unplaced(index, "taken", found, taken[each.aim])
        if self._share(texts, _is_date) >= _FITS:
            return Unplaced(index, "dates")
        if self._share(texts, _is_number) >= _FITS:
            return Unplaced(index, "money")
        if len(texts) == len(self.table.rows) > 2 and all(
            " " not in text and len(text) > 5 and text.isascii() for text in texts
        ):
            return Unplaced(index, "ids")
        return Unplaced(index, "texts")

    def _undecided(self, result: Proposal) -> str:
        if result.order:
            return ""
        dated = [
            p.index
            for p in result.placed
            if p.aim.key == DATE or (p.field and (p.field.type == "date" or p.field.since))
        ]
        texts = [text for index in dated for text in self.contents[index]]
        return next((text for text in texts if is_undecided([text])), "")

    def _ready_made(self, result: Proposal) -> FieldMap | None:
        """The ready-made map that knows nearly all headings and every stage of the table."""
        stage = result.of("deal.stage")
        best: tuple[float, FieldMap | None] = (0, None)
        for each in self.lexicon.maps:
            known = {heading_key(name) for name in each.headings()}
            hits = {index for key, index in self.table.column_of.items() if key in known}
            stages = next((s for s in each.sources if s.field and s.field.key == "deal.stage"), None)
            fits = stage and stages and stage.index == self.table.find(stages.columns)
            share = len(hits) / len(self.table.headings)
            if fits and share >= _MAP_FITS and share > best[0]:
                best = (share, each)
        return best[1]


def _group(placed: Placed) -> tuple[str, Settings]:
    """The person that a column is about."""
    return (placed.field.entity if placed.field else "", placed.aim.constants)


def _is_date(text: str) -> bool:
    try:
        return read_day(text, "") is not None and read_number(text) is None
    except AmbiguousDateError:
        return True


def _is_number(text: str) -> bool:
    return read_number(text) is not None


def _is_fraction(texts: Sequence[str]) -> bool:
    """Whether percentages are written as 0.75."""
    numbers = [number for text in texts if "%" not in text and (number := read_number(text)) is not None]
    return bool(numbers) and all(0 <= n <= 1 for n in numbers) and any(0 < n < 1 for n in numbers)
