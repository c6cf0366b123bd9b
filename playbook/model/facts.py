"""Facts and working memory: what is known of a deal, from whom, and how it came to be known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

from playbook.errors import Location
from playbook.model.values import Value
from playbook.model.vocabulary import Vocabulary

Origin = Literal["stated", "computed", "concluded"]
Item = tuple[str, int]  # entity and position: ("stakeholder", 0); position 0 for single entities
Content = Value | tuple[Value, ...]  # a tuple for fields that hold several values
FactKey = tuple[str, int, str]  # entity, position, field name


class Evidence(NamedTuple):
    """Who said it and when; two different sources make a fact verified."""

    sources: tuple[str, ...] = ()
    day: date | None = None


class Fact(NamedTuple):
    """One known property of one item. `keys` name the values of a map, in step with `content`."""

    item: Item
    field: str
    content: Content
    origin: Origin = "stated"
    evidence: Evidence | None = None
    at: Location | None = None
    keys: tuple[str, ...] = ()

    @property
    def key(self) -> FactKey:
        return (*self.item, self.field)


@dataclass(frozen=True)
class Deal:
    """A deal as its file states it. `visits` holds every visit; `visit` facts are the planned one."""

    file: str
    today: date
    facts: tuple[Fact, ...]
    visits: tuple[dict[str, Fact], ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    unknown: frozenset[FactKey] = frozenset()
    notes: str = ""


class WorkingMemory:
    """The facts of one evaluation: stated and computed ones first, concluded ones as rules fire.

    `items[entity][position][field]` is the content of a known fact; an unknown one is absent.
    """

    def __init__(self, vocabulary: Vocabulary, deal: Deal) -> None:
        self.today = deal.today
        self.items: dict[str, list[dict[str, Content]]] = {
            name: [{} for _ in range(deal.counts.get(name, 0) if entity.repeats else 1)]
            for name, entity in vocabulary.entities.items()
        }
        self.facts: dict[FactKey, Fact] = {}
        self._several = vocabulary.several
        for fact in deal.facts:
            self.add(fact)

    def add(self, fact: Fact) -> None:
        """Adds a stated or computed fact, replacing what was there."""
        entity, position, name = fact.key
        self.facts[fact.key] = fact
        self.items[entity][position][name] = fact.content

    def conclude(self, item: Item, name: str, value: Value) -> bool:
        """Adds a concluded value. False when a stated or computed value stands in its place.

        Rules that conclude different values for one field leave all of them standing.
        """
        key = (*item, name)
        known = self.facts.get(key)
        if known is None:
            several = f"{item[0]}.{name}" in self._several
            self.add(Fact(item, name, (value,) if several else value, "concluded"))
            return True
        if known.origin != "concluded":
            return False
        held = known.content if isinstance(known.content, tuple) else (known.content,)
        if value not in held:
            both = tuple(sorted({*held, value}, key=str))
            self.add(Fact(item, name, both, "concluded"))
        return True

    def get(self, item: Item, name: str) -> Content | None:
        return self.items[item[0]][item[1]].get(name)

    def fact(self, item: Item, name: str) -> Fact | None:
        return self.facts.get((*item, name))

    def of(self, entity: str) -> Iterator[tuple[Item, dict[str, Content]]]:
        """Every item of an entity with its known contents."""
        for position, content in enumerate(self.items[entity]):
            yield (entity, position), content


def values_of(content: Content | None) -> tuple[Value, ...]:
    """The values a content holds: none, one or several."""
    if content is None:
        return ()
    return content if isinstance(content, tuple) else (content,)


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """The texts in their order, each once."""
    return tuple(dict.fromkeys(values))
