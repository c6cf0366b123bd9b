"""What a rule is: patterns over the facts and outputs, as frozen data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from typing import Literal, NamedTuple

from playbook.errors import Location
from playbook.model.texts import Placeholder, placeholders
from playbook.model.unary import Join, Param, Test
from playbook.model.values import Value
from playbook.model.vocabulary import NOTHING, Text

Quantifier = Literal["one", "each", "no", "at least", "fewer than", "all", "fields", "few fields"]
Audience = Literal["rep", "manager", "coach"]
AUDIENCES: tuple[Audience, ...] = ("rep", "manager", "coach")
KINDS = ("action", "question", "talk-track", "warning", "gate", "avoid", "note")
PRIORITIES = ("critical", "high", "normal", "low")
PARTIES = ("customer", "agent", "us")
NOWHERE = Location("")
GATES = ("information", "relationship", "decision")


class Pattern(NamedTuple):
    """Asks something of one entity.

    `one`: an entity that exists once; `each`: binds `alias` to every matching item; `no`,
    `at least`, `fewer than` (`number`) and `all` count matching items; `fields` and `few fields`
    count the tests that hold: at least, or fewer than, `number`.
    """

    quantifier: Quantifier
    entity: str
    tests: tuple[tuple[str, Test], ...]
    alias: str
    number: int | Param
    at: Location

    @property
    def joins(self) -> Iterator[tuple[str, Join]]:
        for name, test in self.tests:
            if isinstance(test, Join):
                yield name, test


class AnyOf(NamedTuple):
    """Alternatives, each a conjunction; one must hold."""

    alternatives: tuple[tuple[Condition, ...], ...]
    at: Location


Condition = Pattern | AnyOf


class Due(NamedTuple):
    """By when: days from today, or a date field with a shift in days."""

    days: int
    field: str = ""


class Advise(NamedTuple):
    kind: str
    priority: str
    do: Text
    why: Text
    due: Due | None = None
    cluster: str = ""
    gate: str = ""
    person: str = ""
    say: Text = NOTHING
    party: str = "us"


class Ask(NamedTuple):
    field: str
    question: Text
    whom: Text
    why: Text
    priority: str = "normal"
    due: Due | None = None
    cluster: str = ""
    gate: str = ""
    person: str = ""
    party: str = "customer"


class Conclude(NamedTuple):
    """States `name` of `alias` (or of the entity that exists once) as `value`."""

    alias: str
    entity: str
    name: str
    value: Value
    at: Location

    @property
    def key(self) -> str:
        return f"{self.entity}.{self.name}"


class Guard(NamedTuple):
    effect: Literal["hold", "rewrite"]
    reason: Text
    rules: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    do: Text = NOTHING
    person: str = ""

    def governs(self, rule: Rule, card: Advise | Ask) -> bool:
        """Whether it names a card of another rule: by rule, catalogue entry, cluster or party."""
        named = rule.id in self.rules or card.cluster in self.clusters or card.party in self.parties
        return named or not set(self.sources).isdisjoint(rule.source)


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    title: Text
    when: tuple[Condition, ...]
    at: Location
    source: tuple[str, ...] = ()
    audience: tuple[str, ...] = AUDIENCES
    advise: Advise | None = None
    ask: Ask | None = None
    conclude: tuple[Conclude, ...] = ()
    guard: Guard | None = None
    owner: str = ""
    status: str = "active"
    since: date | None = None
    until: date | None = None
    pack: str = ""
    replaces: str = ""
    reason: Text = NOTHING

    @property
    def substance(self) -> Rule:
        """The rule without the places in its file, so that two versions of it can be compared."""
        concluded = tuple(conclusion._replace(at=NOWHERE) for conclusion in self.conclude)
        return replace(self, at=NOWHERE, when=_unplaced(self.when), conclude=concluded)

    def texts(self) -> Iterator[Text]:
        """Every text of the rule, empty ones too."""
        yield self.title
        if self.advise:
            yield from (self.advise.do, self.advise.why, self.advise.say)
        if self.ask:
            yield from (self.ask.question, self.ask.whom, self.ask.why)
        if self.guard:
            yield from (self.guard.reason, self.guard.do)

    @property
    def cards(self) -> tuple[Advise | Ask, ...]:
        """What it puts on a briefing: its advice, its question."""
        return tuple(card for card in (self.advise, self.ask) if card is not None)

    def placeholders(self) -> Iterator[Placeholder]:
        """Every placeholder of its texts, in both languages."""
        for text in self.texts():
            yield from placeholders(text.zh)
            yield from placeholders(text.en)

    def in_force(self, today: date) -> bool:
        """Whether the rule counts on that day."""
        after = self.since is None or self.since <= today
        return self.status == "active" and after and (self.until is None or today <= self.until)


def _unplaced(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    found: list[Condition] = []
    for condition in conditions:
        if isinstance(condition, AnyOf):
            found.append(AnyOf(tuple(_unplaced(each) for each in condition.alternatives), NOWHERE))
        else:
            found.append(condition._replace(at=NOWHERE))
    return tuple(found)


def patterns_of(conditions: tuple[Condition, ...]) -> Iterator[Pattern]:
    """Every pattern in a list of conditions, those inside `any:` included."""
    for condition in conditions:
        if isinstance(condition, Pattern):
            yield condition
        else:
            for alternative in condition.alternatives:
                yield from patterns_of(alternative)


def conjunctions(
    conditions: tuple[Condition, ...], keep: Callable[[AnyOf], bool] = lambda group: False
) -> Iterator[tuple[Condition, ...]]:
    """Every conjunction that the alternatives in a list of conditions leave open.

    A group for which `keep` says so is not opened and stays in the conjunctions as it is.
    """
    choices: list[list[tuple[Condition, ...]]] = []
    for condition in conditions:
        if isinstance(condition, Pattern) or keep(condition):
            choices.append([(condition,)])
        else:
            choices.append([c for a in condition.alternatives for c in conjunctions(a, keep)])
    for combination in product(*choices):
        yield tuple(condition for part in combination for condition in part)
