"""A proposed map for the terminal: what each column was taken for, and what could not be placed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from playbook.load.crm.crmdata import words
from playbook.load.crm.fieldmap import NOTES
from playbook.load.crm.lexicon import DATE, ID
from playbook.load.crm.proposal import Placed, Proposal, Unplaced
from playbook.model.vocabulary import Field, Lang, Vocabulary
from playbook.render.deals.importing import say

_LONGEST = 18


def proposal_page(proposal: Proposal, vocabulary: Vocabulary, lang: Lang, saved: Path | None) -> str:
    """The proposal in words, and how to go on; `saved` is where the map was written."""
    page = _Page(proposal, vocabulary, lang)
    blocks = (page.placed(), page.unplaced(), page.doubts(), page.next(saved))
    return "\n\n".join("\n".join(lines) for block in blocks if (lines := list(block)))


class _Page:
    def __init__(self, proposal: Proposal, vocabulary: Vocabulary, lang: Lang) -> None:
        self.proposal = proposal
        self.vocabulary = vocabulary
        self.lang = lang
        self.comma = words("comma").get(lang)

    def say(self, name: str, /, **args: str | int) -> str:
        return say(name, self.lang, **args)

    def placed(self) -> Iterator[str]:
        table = self.proposal.table
        yield self.say("guess_head", file=table.file, n=len(table.rows))
        for each in self.proposal.placed:
            yield f"  {table.headings[each.index]} → {self._target(each)}{self._bracket(self._how(each), each.index)}"
            if each.currency is not None and each.field is not None:
                aim = self.say("into_currency", label=self._label(each.field))
                yield f"  {table.headings[each.currency]} → {aim}{self._bracket(self.say('by_heading'), each.currency)}"

    def _target(self, placed: Placed) -> str:
        if placed.field is not None:
            entity = self.vocabulary.entities[placed.field.entity].label.get(self.lang)
            return f"{entity} · {self._label(placed.field)} {placed.field.key}"
        return self.say({NOTES: "into_notes", DATE: "into_dates", ID: "into_id"}[placed.aim.key])

    def _label(self, field: Field) -> str:
        return field.label.get(self.lang)

    def _how(self, placed: Placed) -> str:
        names = {"heading": "by_heading", "likeness": "by_likeness", "values": "by_values"}
        return self.say(names[placed.how], name=placed.like)

    def _bracket(self, reason: str, index: int) -> str:
        """`（标题相符；如“东江纸业”）`."""
        samples = [
            text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…" for text in self.proposal.samples(index)
        ]
        shown = self.comma.join(" ".join(text.split()) for text in samples)
        inner = self.say("guess_detail", reason=reason, samples=shown) if shown else reason
        return self.say("guess_bracket", text=inner)

    def unplaced(self) -> Iterator[str]:
        if self.proposal.unplaced:
            yield self.say("guess_unplaced")
        for each in self.proposal.unplaced:
            yield f"  {self.proposal.table.headings[each.index]}{self._bracket(self._why(each), each.index)}"
        if self.proposal.unneeded:
            names = self.comma.join(self.proposal.table.headings[n] for n in self.proposal.unneeded)
            yield self.say("guess_unneeded", names=names)

    def _why(self, unplaced: Unplaced) -> str:
        label = self._label(unplaced.field) if unplaced.field else ""
        column = self.proposal.table.headings[unplaced.column] if unplaced.column is not None else ""
        return self.say(f"why_{unplaced.reason}", label=label, column=column)

    def doubts(self) -> Iterator[str]:
        """What has to be settled by a person."""
        for field in self.proposal.missing:
            yield self.say("guess_missing", label=self._label(field))
        for each in self.proposal.placed:
            if each.unknown and not (each.source and each.source.otherwise in ("note", "skip")):
                column = self.proposal.table.headings[each.index]
                yield self.say("guess_values", column=column, names=self.comma.join(each.unknown))
        if self.proposal.undecided:
            yield self.say("guess_order", text=self.proposal.undecided)

    def next(self, saved: Path | None) -> Iterator[str]:
        file = self.proposal.table.file
        like = self.proposal.like
        if like is not None and saved is None:
            yield self.say("guess_like", name=like.name, title=like.title.get(self.lang))
            yield f"  playbook import {file} --map {like.name} -o deals"
        if saved is None:
            yield self.say("guess_save")
            yield f"  playbook import {file} --save-map {Path(file).stem}-map.yaml"
        else:
            yield self.say("guess_saved", path=str(saved))
            yield f"  playbook import {file} --map {saved} -o deals"
