"""Which missing fact is worth asking for most: what its possible values would change, tried on the rules themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import Any, NamedTuple

from playbook.advise.interview.trials import Trials
from playbook.advise.interview.visible import Card, Visible, asked_field
from playbook.evaluate.evaluation import Activation, Evaluation
from playbook.evaluate.matching import Matcher
from playbook.evaluate.supposing import Situation, Supposed, Supposer, activations_after
from playbook.model.facts import Content, Deal, Fact, FactKey, Item, WorkingMemory
from playbook.model.rulebook import Rulebook
from playbook.model.rules import GATES, AnyOf, Condition
from playbook.model.strata import aliases_of
from playbook.model.vocabulary import Field
from playbook.resources import data_text

ADD = "+"  # in place of a field's name: one more person or rival
OPENS, NEARER = 6, 2  # what a gate counts for, in cards: one that an answer may open, one it may bring nearer
PRIORITY = {"critical": 4, "high": 3, "normal": 2, "low": 1}  # of the rule that asks for the fact now, in cards
_OF_THE_TEAM = ("rep", "manager")  # what a manager's own file is about


class Example(NamedTuple):
    """An answer and the card that it would bring (or, where it brings none, take away)."""

    content: Content | None
    card: Card
    appears: bool


class Timing(NamedTuple):
    """When a section or fact is talked about; see the comments in data/interview.yaml."""

    from_stage: Mapping[str, str]
    until_stage: Mapping[str, str]
    after: Mapping[str, str]
    unasked: frozenset[str]
    one_only: frozenset[str]


class Question(NamedTuple):
    """A missing fact and what knowing it is worth.

    `item` and `name` say which fact (`name` is `ADD` for a person or rival that is missing); `cards` counts
    the cards that depend on the answer, `opens` and `nearer` name gates, `asking` is the rule that asks for
    it now, `held` the guard because of which the customer's people must not be asked. `value` is the worth.
    """

    item: Item
    name: str
    cards: int
    opens: tuple[str, ...] = ()
    nearer: tuple[str, ...] = ()
    example: Example | None = None
    asking: Activation | None = None
    held: str = ""
    value: int = 0

    @property
    def key(self) -> FactKey:
        return (*self.item, self.name)


Evaluate = Callable[[Deal], Evaluation]


@dataclass(frozen=True)
class Interviewer:
    """Ranks questions, for one rulebook, day and audience."""

    rulebook: Rulebook
    today: date
    audience: str = "rep"

    @cached_property
    def supposer(self) -> Supposer:
        return Supposer(self.rulebook, self.today)

    def questions(self, deal: Deal, evaluate: Evaluate) -> tuple[Question, ...]:
        """Every missing fact that changes anything, the most valuable first."""
        worth = _Worth(self, deal, evaluate(deal))
        found = [question for key in worth.missing() if (question := worth.question(*key))]
        return tuple(sorted(found, key=lambda q: (bool(q.held), -q.value, worth.place(q))))

    @cached_property
    def trials(self) -> Trials:
        return Trials(self.supposer)

    @cached_property
    def timing(self) -> Timing:
        data = interview_data()
        return Timing(
            data["from_stage"],
            data["until_stage"],
            data["after"],
            frozenset(data["unasked"]),
            frozenset(data["one_only"]),
        )

    @cached_property
    def opening(self) -> dict[str, list[list[Callable[[WorkingMemory], int]]]]:
        """By gate, the rules that open it, each as functions that count what its conditions lack."""
        found: dict[str, list[list[Callable[[WorkingMemory], int]]]] = {name: [] for name in GATES}
        for rule, keys in self.supposer.concluding:
            matcher = Matcher(self.rulebook.vocabulary, self.rulebook.scope(self.today), aliases_of(rule))
            for name in (name for name in GATES if f"gate.{name}" in keys):
                found[name].append([_lack(condition, matcher) for condition in rule.when])
        return found

    @cached_property
    def asked_of(self) -> dict[str, frozenset[str]]:
        """By field, whom the rules that ask for it would ask: customer, agent or us."""
        found: dict[str, set[str]] = {}
        for rule in self.supposer.rules:
            if rule.ask:
                found.setdefault(asked_field(rule, rule.ask), set()).add(rule.ask.party)
        return {key: frozenset(parties) for key, parties in found.items()}


@cache
def interview_data() -> dict[str, Any]:
    """The content of `data/interview.yaml`."""
    import yaml

    loaded: dict[str, Any] = yaml.safe_load(data_text("interview.yaml"))
    return loaded


def questions(rulebook: Rulebook, deal: Deal, evaluate: Evaluate, audience: str = "rep") -> tuple[Question, ...]:
    """The questions about one deal; `Interviewer` serves several deals, or one as it grows, faster."""
    return Interviewer(rulebook, deal.today, audience).questions(deal, evaluate)


def is_team_file(deal: Deal) -> bool:
    """Whether a file is about a team, not about a deal."""
    return not any(fact.key == ("deal", 0, "stage") for fact in deal.facts)


class _Worth:
    """Works out what the missing facts of one deal are worth."""

    def __init__(self, interviewer: Interviewer, deal: Deal, now: Evaluation) -> None:
        self.by = interviewer
        self.deal = deal
        self.now = now
        self.situation: Situation = interviewer.supposer.about(deal, now)
        self.visible = Visible(self.situation, interviewer.audience)
        self.customer_guard = self.visible.customer_guard
        self.is_sale = self._is_sale()
        self.gates = [name for name in GATES if now.memory.get(("gate", 0), name) is None] if self.is_sale else []
        self.gaps = {name: self._gap(name, now.memory) for name in self.gates}
        self.asking = self._asking()

    def _is_sale(self) -> bool:
        memory = self.now.memory
        stage = memory.get(("deal", 0), "stage")
        over = stage is None or stage in ("implementation", "growth", "lost")
        return not over and memory.get(("deal", 0), "size_class") != "small_routine"

    # What is missing

    def missing(self) -> Iterator[tuple[Item, str]]:
        """Every fact that a person could state and has not, and one more item where there is none yet."""
        about_team = is_team_file(self.deal)
        for entity in self.by.rulebook.vocabulary.entities.values():
            if not entity.stated or (entity.name in _OF_THE_TEAM) != about_team:
                continue
            if entity.repeats and not self.now.memory.items[entity.name]:
                yield (entity.name, 0), ADD
            for position, contents in enumerate(self.now.memory.items[entity.name]):
                item = (entity.name, position)
                for name, field in entity.fields.items():
                    if name not in contents and self._can_be_asked(item, field):
                        yield item, name

    def _can_be_asked(self, item: Item, field: Field) -> bool:
        """Whether a person can say it now: not what is worked out, nor what comes of a visit yet to be made."""
        if field.type == "map":
            return False
        if field.key in self.by.timing.one_only and self._is_said_of_another(item, field):
            return False
        if (item, field.name) in self.asking:
            return True
        if field.tier == "derived" or field.key in self.by.timing.unasked or not self._is_time(field):
            return False
        if field.entity == "visit" and field.name != "planned_date":
            day = self.now.memory.get(item, "planned_date")
            return isinstance(day, date) and (not field.outcome or day < self.deal.today)
        return True

    def _is_said_of_another(self, item: Item, field: Field) -> bool:
        return any(c.get(field.name) is True for each, c in self.now.memory.of(item[0]) if each != item)

    def _is_time(self, field: Field) -> bool:
        """Whether the deal is at a stage at which this is talked about."""
        timing, memory = self.by.timing, self.now.memory
        order = [value for value, _ in self.by.rulebook.vocabulary.entities["deal"].fields["stage"].choices]
        now = order.index(str(memory.get(("deal", 0), "stage") or order[0]))
        first, last = timing.from_stage.get(field.entity), timing.until_stage.get(field.key)
        if first and now < order.index(first) and not any(memory.items[field.entity]):
            return False
        entity, _, name = timing.after.get(field.key, "").partition(".")
        day = memory.get((entity, 0), name) if name else None
        return (not last or now <= order.index(last)) and not (isinstance(day, date) and day >= self.deal.today)

    def _asking(self) -> dict[tuple[Item, str], Activation]:
        """The rule that asks for a fact now, the most pressing one."""
        found: dict[tuple[Item, str], Activation] = {}
        for activation in self.now.activations:
            rule = self.now.rules[activation.rule]
            if rule.ask and self.by.audience in rule.audience:
                alias, _, name = rule.ask.field.partition(".")
                key = (activation.items.get(alias, (alias, 0)), name)
                if key not in found or self._urgency(activation) > self._urgency(found[key]):
                    found[key] = activation
        return found

    def _urgency(self, activation: Activation) -> int:
        ask = self.now.rules[activation.rule].ask
        return PRIORITY[ask.priority] if ask else 0

    # What an answer does

    def question(self, item: Item, name: str) -> Question | None:
        """The question about one missing fact; None when no answer changes anything."""
        trials = list(self._trials(item, name))
        outcomes = [
            (content, self.visible.changes(supposed, f"{item[0]}.{name}"), supposed) for content, supposed in trials
        ]
        cards = {card for _, changes, _ in outcomes for card, _ in changes}
        opens = tuple(g for g in GATES if any(self._turns(g, supposed) for _, _, supposed in outcomes))
        nearer = tuple(
            g
            for g in self.gates
            if g not in opens and any(self._gap(g, s.memory) < self.gaps[g] for _, _, s in outcomes)
        )
        if not cards and not opens and not nearer:
            return None
        asking = self.asking.get((item, name))
        average = round(10 * sum(len(changes) for _, changes, _ in outcomes) / max(len(outcomes), 1))
        gates = OPENS * len(opens) + NEARER * len(nearer)
        value = average + 10 * (gates + (self._urgency(asking) if asking else 0))
        example = self._example([(content, changes) for content, changes, _ in outcomes])
        held = self.customer_guard if self.customer_guard and self._is_learnt_from_customer(item, name) else ""
        return Question(item, name, len(cards), opens, nearer, example, asking, held, value)

    def place(self, question: Question) -> tuple[int, int, int]:
        """Where a question stands among equals: as the vocabulary has it."""
        entities = list(self.by.rulebook.vocabulary.entities)
        fields = list(self.by.rulebook.vocabulary.entities[question.item[0]].fields)
        place = fields.index(question.name) if question.name in fields else -1
        return (entities.index(question.item[0]), question.item[1], place)

    def _is_learnt_from_customer(self, item: Item, name: str) -> bool:
        """Whether one would ask the customer's people for it: a rule says so, or it is about one of them."""
        parties = self.by.asked_of.get(f"{item[0]}.{name}", frozenset())
        return "customer" in parties or (not parties and item[0] in ("stakeholder", "info"))

    def _trials(self, item: Item, name: str) -> Iterator[tuple[Content | None, Supposed]]:
        if name == ADD:
            for facts in self._newcomers(item):
                yield None, self.situation.suppose(facts, added=item[0])
        elif self.situation.can_matter(f"{item[0]}.{name}"):
            field = self.by.rulebook.vocabulary.entities[item[0]].fields[name]
            for content in self.by.trials.contents(field, self.now.memory):
                yield content, self.situation.suppose((Fact(item, name, content),))

    def _newcomers(self, item: Item) -> Iterator[tuple[Fact, ...]]:
        """A person (or rival) of whom only the name is known, and the same as the one who counts most."""
        name = Fact(item, "name", "?")
        yield (name,)
        if item[0] == "stakeholder":
            yield name, Fact(item, "is_final_decider", True), Fact(item, "contact_status", "none")

    def _example(self, outcomes: list[tuple[Content | None, list[tuple[Card, bool]]]]) -> Example | None:
        """The most telling answer: one that brings the most pressing card that few other answers bring."""
        often = Counter(change for _, changes in outcomes for change in changes)
        offered = [(content, card, appears) for content, changes in outcomes for card, appears in changes]

        def rank(each: tuple[Content | None, Card, bool]) -> tuple[bool, int, int, Card]:
            _, card, appears = each
            return (not appears, -self._pressing(card), often[card, appears], card)

        best = min(offered, key=rank, default=None)
        return Example(*best) if best else None

    def _pressing(self, card: Card) -> int:
        rule = self.now.rules[card.activation.rule]
        advice = rule.ask if card.is_question else rule.advise
        return PRIORITY[advice.priority] * 2 - card.is_question if advice else 0

    # Gates

    def _turns(self, gate: str, supposed: Supposed) -> bool:
        """Whether a supposition opens a gate or shuts it."""
        opening = {rule.id for rule in self.by.rulebook.rule_by_id.concluding(f"gate.{gate}")}
        if not self.is_sale or not any(a.rule in opening for a in (*supposed.new, *supposed.gone)):
            return False
        is_open = any(a.rule in opening for a in activations_after(self.situation, supposed))
        return is_open != (self.now.memory.get(("gate", 0), gate) is not None)

    def _gap(self, gate: str, memory: WorkingMemory) -> int:
        """How many conditions a gate that is shut still lacks."""
        return min((sum(lack(memory) for lack in lacks) for lacks in self.by.opening[gate]), default=0)


def _lack(condition: Condition, matcher: Matcher) -> Callable[[WorkingMemory], int]:
    """A function that counts what a condition lacks: tests that the nearest item fails, or 1."""
    if isinstance(condition, AnyOf) or condition.quantifier not in ("one", "each", "at least", "no"):
        holds = matcher.holds(condition)
        return lambda memory: int(not holds(memory, {}))
    entity, is_barred, tests = condition.entity, condition.quantifier == "no", matcher.predicates(condition)

    def count(memory: WorkingMemory) -> int:
        passing = [sum(passes(contents.get(name)) for name, passes in tests) for contents in memory.items[entity]]
        return passing.count(len(tests)) if is_barred else len(tests) - max(passing, default=0)

    return count
