"""A proposed map as the text of a map file, with what it could not place as comments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from playbook.load.crm.crmdata import words
from playbook.load.crm.fieldmap import NOTES, Settings, Source
from playbook.load.crm.lexicon import DATE, ID
from playbook.load.crm.proposal import Placed, Proposal
from playbook.load.writing.deal import scalar
from playbook.model.vocabulary import Lang, Vocabulary

_LISTS = ("stakeholder", "competitor")


def map_text(proposal: Proposal, vocabulary: Vocabulary, lang: Lang, day: date) -> str:
    """The map file of a proposal."""
    writer = _Writer(proposal, vocabulary, lang)
    return "\n".join([*writer.head(day), *writer.body()]) + "\n"


class _Writer:
    def __init__(self, proposal: Proposal, vocabulary: Vocabulary, lang: Lang) -> None:
        self.proposal = proposal
        self.vocabulary = vocabulary
        self.lang = lang

    def say(self, name: str, /, **args: str) -> str:
        text = words(name).get(self.lang)
        for key, value in args.items():
            text = text.replace(f"{{{key}}}", value)
        return text

    def head(self, day: date) -> Iterator[str]:
        yield f"# {self.say('map_head', file=Path(self.proposal.table.file).name, day=day.isoformat())}"
        for field in self.proposal.missing:
            yield f"# {self.say('guess_missing', label=field.label.get(self.lang))}"
        yield f"name: {scalar(Path(self.proposal.table.file).stem)}"

    def body(self) -> Iterator[str]:
        placed = self.proposal.placed
        ids = [p.index for p in placed if p.aim.key == ID]
        if ids:
            yield f"id: {self._heading(ids[0])}"
        yield "columns:"
        for each in placed:
            if each.aim.key not in (ID, DATE) and not (each.field and each.field.entity in _LISTS):
                yield from self._column(each)
        for entity in _LISTS:
            people = [p for p in placed if p.field and p.field.entity == entity]
            if people:
                yield f"{self.vocabulary.entities[entity].list_key}:"
            for group in dict.fromkeys(p.aim.constants for p in people):
                yield from self._person([p for p in people if p.aim.constants == group], group)
        yield "defaults: {deal.status: open}"
        if self.proposal.order:
            yield f"dates: {self.proposal.order}"
        elif self.proposal.undecided:
            yield f"# dates: mdy   # {self.say('guess_order', text=self.proposal.undecided)}"
        dates = [self._heading(p.index) for p in placed if p.aim.key == DATE]
        if dates:
            yield f"evidence: {{date: [{', '.join(dates)}]}}"
        yield from self._left()

    def _left(self) -> Iterator[str]:
        if self.proposal.totals:
            yield f"skip: {{lines: [{', '.join(scalar(line) for line in self.proposal.totals)}]}}"
        ignored = [self._heading(n) for n in self.proposal.unneeded]
        if ignored:
            yield f"ignore: [{', '.join(ignored)}]"
        if self.proposal.unplaced:
            yield f"# {self.say('map_unplaced')}"
        for each in self.proposal.unplaced:
            samples = self.say("comma").join(" ".join(text.split())[:20] for text in self.proposal.samples(each.index))
            yield f"#  {self._heading(each.index)}: ?" + (f"   # {samples}" if samples else "")

    def _heading(self, index: int) -> str:
        return scalar(self.proposal.table.headings[index])

    def _column(self, placed: Placed) -> Iterator[str]:
        target = placed.field.key if placed.field else NOTES
        comment = f"   # {self.say('map_check')}" if placed.how != "heading" else ""
        yield from self._entry("  ", self._heading(placed.index), "field", target, placed, comment)

    def _entry(
        self, indent: str, key: str, option: str, value: str, placed: Placed, comment: str = ""
    ) -> Iterator[str]:
        """A key with its options: none, on one line, or a line each where words are to be listed."""
        options, words_of = list(self._options(placed)), list(self._words(placed))
        if not options and not words_of:
            yield f"{indent}{key}: {value}{comment}"
        elif not words_of:
            yield f"{indent}{key}: {{{', '.join([f'{option}: {value}', *options])}}}{comment}"
        else:
            inner = " " * (len(indent) + 2)
            yield f"{indent}{key}:"
            yield f"{inner}{option}: {value}{comment}"
            yield from (f"{inner}{line}" for line in (*options, "values:", *words_of))

    def _options(self, placed: Placed) -> Iterator[str]:
        source = placed.source
        if placed.currency is not None:
            yield f"currency_column: {self._heading(placed.currency)}"
        if placed.is_fraction:
            yield "percent: fraction"
        if placed.has_brackets:
            yield "without_brackets: yes"
        if source is not None:
            yield from _copied(source)

    def _words(self, placed: Placed) -> Iterator[str]:
        for word, settings in placed.words:
            yield f"  {scalar(word)}: {_settings(placed, settings)}"
        for word in placed.unknown:
            yield f"  # {scalar(word)}: ?   # {self.say('map_word')}"

    def _person(self, people: list[Placed], group: Settings) -> Iterator[str]:
        dash = "  - "
        for placed in people:
            name = placed.field.name if placed.field else ""
            yield from self._entry(dash, name, "column", self._heading(placed.index), placed)
            dash = "    "
        if group:
            inner = ", ".join(f"{key.partition('.')[2]}: {scalar(value)}" for key, value in group)
            yield f"    constants: {{{inner}}}"


def _copied(source: Source) -> Iterator[str]:
    """The options that go with a field in the ready-made maps."""
    if source.split:
        yield f"split: {scalar(source.split)}"
    if source.by_status:
        inner = ", ".join(f"{status}: {field.key if field else '~'}" for status, field in source.by_status.items())
        yield f"by_status: {{{inner}}}"
    if source.otherwise != "warn":
        yield f"otherwise: {source.otherwise}"


def _settings(placed: Placed, settings: Settings) -> str:
    if not settings:
        return "~"
    if len(settings) == 1 and placed.field and settings[0][0] == placed.field.key:
        return scalar(settings[0][1], typed=True)
    return f"{{{', '.join(f'{key}: {scalar(value, typed=True)}' for key, value in settings)}}}"
