"""What an import changes in a deal file that is there: only what the CRM says anew, never what people added."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple

from playbook.load.deal import parse_deal
from playbook.load.writing.deal import NOTES
from playbook.load.writing.update import updated_text
from playbook.model.facts import Content, Deal, Evidence, Fact
from playbook.model.values import fold
from playbook.model.vocabulary import Field, Vocabulary

_SOURCE = "source"

Kind = Literal["added", "changed", "kept", "own", "confirmed", "person"]


class Change(NamedTuple):
    """One fact: added, changed, kept (the file rests on a later word), own (only the file was changed since the last
    import), or confirmed with a later date. A new person or rival is one change of kind `person`.

    `key` is what the import remembers the fact by.
    """

    kind: Kind
    field: Field | None
    key: str = ""
    person: str = ""
    old: Content | None = None
    new: Content | None = None


def merged(
    text: str,
    deal: Mapping[str, Any],
    new: Deal,
    memory: Mapping[str, Any],
    vocabulary: Vocabulary,
    as_of: date,
    file: str,
) -> tuple[str, list[Change]]:
    """The text of a deal file with what the CRM says anew, and what that changes.

    `deal` is what the export says now and `new` the same, read; `memory` is what the last import said.
    Raises `DealError` when the file cannot be read or safely changed.
    """
    merger = _Merger(parse_deal(text, vocabulary, as_of, file), new, memory, vocabulary)
    for section, content in deal.items():
        if section == NOTES:
            merger.notes(str(content))
        elif isinstance(content, list):
            merger.people(section, content)
        else:
            merger.facts(section, content)
    if not merger.wanted:
        return text, merger.changes
    return updated_text(text, merger.wanted, vocabulary, as_of, file), merger.changes


def remembered(deal: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What the CRM says of a deal, as JSON values by `entity.field` or `entity[name].field`, and where it says so."""
    sources = [s for c in deal.values() if isinstance(c, Mapping) for value in c.values() if (s := _source(value))]
    if sources:
        yield _SOURCE, min(sources, key=len)  # the others add how an amount was converted
    for section, content in deal.items():
        if isinstance(content, Mapping):
            yield from ((f"{section}.{name}", _plain(value)) for name, value in content.items())
        elif isinstance(content, list):
            for item in content:
                name = fold(str(item["name"]))
                yield from ((f"{section}[{name}].{key}", _plain(value)) for key, value in item.items())
        else:
            yield section, str(content)


def _plain(value: Any) -> Any:
    inner = value["value"] if isinstance(value, Mapping) and "value" in value else value
    return inner.isoformat() if isinstance(inner, date) else inner


def _source(value: Any) -> str:
    return str(value.get("source", "")) if isinstance(value, Mapping) else ""


@dataclass
class _Merger:
    old: Deal
    new: Deal
    memory: Mapping[str, Any]
    vocabulary: Vocabulary
    wanted: dict[str, Any] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def facts(self, section: str, content: Mapping[str, Any]) -> None:
        for name, value in content.items():
            old, new = (_fact(deal, section, 0, name) for deal in (self.old, self.new))
            if self._decide(f"{section}.{name}", old, new, value):
                self.wanted.setdefault(section, {})[name] = value

    def people(self, section: str, items: list[dict[str, Any]]) -> None:
        entity = self.vocabulary.entity_by_name[section]
        places, new_places = (_places(deal, entity) for deal in (self.old, self.new))
        for item in items:
            name = fold(str(item["name"]))
            key = f"{section}[{name}]"
            if name not in places:
                if f"{key}.name" not in self.memory:  # somebody took this person out again
                    self.wanted.setdefault(section, []).append(item)
                    self.changes.append(
                        Change("person", self.vocabulary.field(f"{entity}.name"), key, str(item["name"]))
                    )
                continue
            wanted = {}
            for field_name, value in item.items():
                old = _fact(self.old, entity, places[name], field_name)
                new = _fact(self.new, entity, new_places[name], field_name)
                if field_name != "name" and self._decide(f"{key}.{field_name}", old, new, value, str(item["name"])):
                    wanted[field_name] = value
            if wanted:
                self.wanted.setdefault(section, []).append({"name": item["name"], **wanted})

    def notes(self, text: str) -> None:
        """Adds the lines that are new to the notes that are there."""
        said = f"{self.old.notes}\n{self.memory.get(NOTES, '')}"
        known = {_folded(line) for line in said.splitlines()}
        lines = [line for line in text.splitlines() if _folded(line) not in known]
        if lines:
            self.wanted[NOTES] = "\n".join([*self.old.notes.splitlines(), *lines])
            self.changes.append(Change("added", None, NOTES, new="; ".join(lines)))

    def _decide(self, key: str, old: Fact | None, new: Fact | None, value: Any, person: str = "") -> bool:
        """Whether to write a value, noting what becomes of it."""
        if new is None:
            return False
        said_before = self.memory.get(key) == _plain(value)
        if old is None:
            return not said_before and self._note("added", key, new, person)
        if old.content == new.content:
            return self._is_confirmed(old, new) and self._note("confirmed", key, new, person, old)
        if said_before or self._is_better(old, new):
            self._note("own" if said_before else "kept", key, new, person, old)
            return False
        return self._note("changed", key, new, person, old)

    def _is_confirmed(self, old: Fact, new: Fact) -> bool:
        """Whether evidence that an import wrote can be given a later date."""
        if old.evidence is None or new.evidence is None or new.evidence.day is None:
            return False
        return self._is_ours(old.evidence) and (old.evidence.day is None or old.evidence.day < new.evidence.day)

    def _is_ours(self, evidence: Evidence) -> bool:
        """Whether an import wrote this evidence."""
        source = str(self.memory.get(_SOURCE, ""))
        return bool(source) and len(evidence.sources) == 1 and evidence.sources[0].startswith(source)

    def _is_better(self, old: Fact, new: Fact) -> bool:
        """Whether the file's value rests on somebody's later word, and not on an earlier import."""
        if old.evidence is None or self._is_ours(old.evidence):
            return False
        day = new.evidence.day if new.evidence else None
        return old.evidence.day is not None and (day is None or old.evidence.day > day)

    def _note(self, kind: Kind, key: str, new: Fact, person: str, old: Fact | None = None) -> bool:
        found = self.vocabulary.field(f"{new.item[0]}.{new.field}")
        self.changes.append(Change(kind, found, key, person, old.content if old else None, new.content))
        return True


def _fact(deal: Deal, entity: str, position: int, name: str) -> Fact | None:
    return next((fact for fact in deal.facts if fact.key == (entity, position, name)), None)


def _places(deal: Deal, entity: str) -> dict[str, int]:
    return {fold(str(f.content)): f.item[1] for f in deal.facts if f.item[0] == entity and f.field == "name"}


def _folded(line: str) -> str:
    return fold(line).replace(" ", "")
