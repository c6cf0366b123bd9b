"""Short hashes that tell whether facts have changed: those of a whole deal, and those that one card rests on.

Neither depends on the order of a file, on its comments or on the language of the reader.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, timedelta

from playbook.advise.briefing import Card
from playbook.advise.explain import Explainer
from playbook.model.facts import Content, Deal, Fact, FactKey, Item, values_of

_LENGTH = 16
_COUNTS_DOWN = "days_left"  # the other computed numbers of days count from a day in the past


def fingerprint(deal: Deal) -> str:
    """The hash of everything that a deal file states, evidence included."""
    items: dict[Item, list[str]] = {}
    for fact in deal.facts:
        items.setdefault(fact.item, []).append(_stated(fact))
    for entity, position, name in deal.unknown:
        items.setdefault((entity, position), []).append(f"{name}=?")
    lines = [f"{item[0]}:{_joined(parts)}" for item, parts in items.items()]
    lines += [f"past visit:{_joined(map(_stated, visit.values()))}" for visit in deal.visits]
    return _hash(lines)


class Grounds:
    """What the cards of one evaluation rest on."""

    def __init__(self, explainer: Explainer) -> None:
        self._explainer = explainer
        self._today = explainer.memory.today
        self._contents: dict[str, list[str]] = {}
        for key, fact in explainer.memory.facts.items():
            path = explainer.fact_line(key).key
            self._contents.setdefault(path, []).append(f"{self._neutral(key)}={self._content(fact)}")

    def of(self, card: Card) -> str:
        """The hash of the facts that a card rests on. That a day passes changes nothing by itself."""
        return _hash(_joined(self._contents.get(line.key, [f"{line.key}=?"])) for line in card.facts)

    def _neutral(self, key: FactKey) -> str:
        """A fact's path with the name that the file gives, never a word for "person 3"."""
        entity, position, name = key
        who = self._explainer.memory.get((entity, position), "name")
        return f"{entity}[{who or position}].{name}"

    def _content(self, fact: Fact) -> str:
        field = self._explainer.rulebook.vocabulary.entities[fact.item[0]].fields[fact.field]
        if fact.origin != "computed" or field.unit != "days":
            return _text(fact.content, fact.keys)
        sign = 1 if fact.field == _COUNTS_DOWN else -1
        days = [self._today + timedelta(days=sign * int(value)) for value in values_of(fact.content)]  # type: ignore[arg-type]
        return _text(tuple(days), fact.keys)


def _stated(fact: Fact) -> str:
    evidence = fact.evidence
    said = f"|{_joined(evidence.sources)}|{_text(evidence.day)}" if evidence else ""
    return f"{fact.field}={_text(fact.content, fact.keys)}{said}"


def _text(content: Content | None, keys: tuple[str, ...] = ()) -> str:
    """A content as text; a list in one order, whatever the file's."""
    words = [value.isoformat() if isinstance(value, date) else repr(value) for value in values_of(content)]
    if keys:
        words = [f"{key}:{word}" for key, word in zip(keys, words, strict=True)]
    return _joined(words)


def _joined(words: Iterable[str]) -> str:
    return "\x1f".join(sorted(words))


def _hash(lines: Iterable[str]) -> str:
    return hashlib.sha256("\x1e".join(sorted(lines)).encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]
