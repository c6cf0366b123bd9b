"""The durable_rules engine: the only module that touches it, and only its safe subset.

One ruleset handle with one recycled session: a deal is a batch of facts, drained; then each phase's
tallies, drained; then the session is dropped. A sentinel fact fires in every run, because dropping
a session in which nothing fired crashes the engine. Facts carry ids of our own and small numbers.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from datetime import date
from types import ModuleType
from typing import Any, Protocol

from playbook.compile.ruleset import BEGIN, SINGLES, Compiled, Tally, compile_rulebook
from playbook.errors import Finding, Location, PlaybookError
from playbook.evaluate.derive import working_memory
from playbook.evaluate.evaluation import Activation, Evaluation, Recorder
from playbook.evaluate.matching import Matcher
from playbook.model.encode import UNKNOWN, Encoder
from playbook.model.facts import Deal, Item, WorkingMemory, values_of
from playbook.model.rulebook import Rulebook
from playbook.model.rules import Pattern
from playbook.model.values import Value
from playbook.model.vocabulary import Field

MAX_FIRINGS = 100_000
_FAILED = 100  # engine result codes from here on are errors; 1 and 2 only say that nothing matched


def load_module() -> ModuleType | None:
    """The C extension, or None when it is not installed or cannot be loaded.

    On Python 3.13 it refers to a function that no longer exists and that nothing here calls, so
    symbols are bound lazily while it is imported.
    """
    flags = sys.getdlopenflags() if hasattr(sys, "getdlopenflags") else None
    try:
        if flags is not None:
            import os

            sys.setdlopenflags(os.RTLD_LAZY)
        import durable_rules_engine

        module: ModuleType = durable_rules_engine
        return module
    except ImportError:
        return None
    finally:
        if flags is not None:
            sys.setdlopenflags(flags)


class EngineError(PlaybookError):
    """The engine refused facts or ran away; names the deal."""


class Session(Protocol):
    """Where one deal is matched: facts go in, firings come out, then all is dropped."""

    def assert_facts(self, facts: list[dict[str, Any]]) -> int:
        """Adds facts; returns the engine's result code."""

    def firings(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Each firing as the variant's name and the fact ids by message; facts may be added meanwhile."""

    def drop(self) -> None:
        """Forgets every fact, also after a failure half-way."""


class _DurableSession:
    """The one recycled session of a ruleset handle. `bound`: the messages whose facts a variant tells."""

    def __init__(self, module: Any, definition: str, bound: dict[str, tuple[str, ...]]) -> None:
        self._c = module
        self._handle = module.create_ruleset("playbook", definition)
        self._bound = bound
        self._state: int | None = None

    def assert_facts(self, facts: list[dict[str, Any]]) -> int:
        code, state = self._c.assert_facts(self._handle, json.dumps(facts, separators=(",", ":")))
        if self._state is None:
            self._state = state
        return int(code)

    def firings(self) -> Iterator[tuple[str, dict[str, str]]]:
        started = self._c.start_action_for_state(self._handle, self._state)
        message = started and started[1]
        while message:
            # {"name":{"m0":{"k":…,"id":"f1",…},…}}: facts of numbers and our own ids, in the order we wrote them.
            name = message[2 : message.index('"', 2)]
            yield name, {bound: _fact_id(message, bound) for bound in self._bound[name]}
            message = self._c.complete_and_start_action(self._handle, self._state)

    def drop(self) -> None:
        if self._state is not None:
            self._c.delete_state(self._handle, None)
            self._state = None


def _fact_id(message: str, bound: str) -> str:
    start = message.index('"id":"', message.index(f'"{bound}":{{')) + 6
    return message[start : message.index('"', start)]


class DurableEngine:
    """Evaluates deals by one compiled ruleset. Safe to share between threads (one at a time)."""

    name = "durable_rules"

    def __init__(self, rulebook: Rulebook, today: date, module: ModuleType, compiled: Compiled | None = None) -> None:
        self._vocabulary = rulebook.vocabulary
        self._scope = rulebook.scope(today)
        self._rules = rulebook.rule_by_id
        self._compiled = compiled or compile_rulebook(rulebook, today)
        self._tests = [self._tally_test(tally) for tally in self._compiled.tallies]
        self._fields = {key: field for key in self._compiled.narrow if (field := self._vocabulary.field(key))}
        self._plain = {
            group: [self._vocabulary.entities[k.split(".")[0]].fields[k.split(".")[1]] for k in properties]
            for group, (_, properties) in self._compiled.wide.items()
        }
        self._session = self._open_session(module)
        self._lock = threading.Lock()

    def _open_session(self, module: ModuleType) -> Session:
        bound = {name: tuple(m for _, m in aliases) for name, (_, aliases) in self._compiled.variants.items()}
        return _DurableSession(module, self._compiled.definition, {"begin": (), **bound})

    def _tally_test(self, tally: Tally) -> Any:
        matcher = Matcher(self._vocabulary, self._scope, tally.aliases)
        own_item = bool(tally.entity) and not tally.alias
        if own_item and isinstance(tally.condition, Pattern):
            return matcher.item_test(tally.condition)
        return matcher.holds(tally.condition)

    def evaluate(self, deal: Deal) -> Evaluation:
        """Raises `EngineError` when the deal makes rules fire without end."""
        memory = working_memory(deal, self._vocabulary)
        recorder = Recorder(self._rules, memory)
        with self._lock:
            _Run(self, deal, memory, recorder).run()
        return recorder.result()


class _Run:
    """One deal in the recycled session."""

    def __init__(self, engine: DurableEngine, deal: Deal, memory: WorkingMemory, recorder: Recorder) -> None:
        self.session = engine._session
        self.compiled = engine._compiled
        self.tests = engine._tests
        self.fields = engine._fields
        self.plain = engine._plain
        self.vocabulary = engine._vocabulary
        self.encoder = Encoder(engine._scope, dict(engine._compiled.texts))
        self.deal = deal
        self.memory = memory
        self.recorder = recorder
        self.items: dict[str, Item] = {}
        self.keys: dict[Item, int] = {}
        self.facts = 0
        self.firings = 0

    def run(self) -> None:
        try:
            stated = self._stated()
            tallies = self._tallies(0, {fact["k"]: fact for fact in stated})
            self._phase([{"k": BEGIN, "id": "begin", "_t": 1}, *stated, *tallies, *self._copies(stated)])
            for level in range(1, self.compiled.levels):
                if facts := self._tallies(level, {}):
                    self._phase(facts)
        finally:
            self.session.drop()

    def _phase(self, facts: list[dict[str, Any]]) -> None:
        self._assert(facts)
        for name, matched in self.session.firings():
            if name != "begin":
                self._fire(name, matched)

    def _assert(self, facts: list[dict[str, Any]]) -> None:
        code = self.session.assert_facts(facts)
        if code >= _FAILED:
            raise EngineError([Finding("E001", Location(self.deal.file), {"code": str(code)})])

    def _fact(self, kind: int, **properties: float) -> dict[str, Any]:
        self.facts += 1
        return {"k": kind, "id": f"f{self.facts}", "_t": 1, **properties}

    def _stated(self) -> list[dict[str, Any]]:
        facts = []
        for group, (kind, properties) in self.compiled.wide.items():
            positions = range(len(self.memory.items[group])) if group != SINGLES else (0,)
            for position in positions:
                fact = self._fact(kind)
                if group != SINGLES:
                    item = (group, position)
                    fact["key"] = self.keys[item] = len(self.keys)
                    self.items[fact["id"]] = item
                for field, place in zip(self.plain[group], properties.values(), strict=True):
                    content = self.memory.items[field.entity][position].get(field.name)
                    if content is not None or place.takes_unknown:
                        fact[place.name] = self._code(field, content)
                facts.append(fact)
        for field in self.fields.values():
            for item, contents in self.memory.of(field.entity):
                for value in values_of(contents.get(field.name)):
                    facts += self._values(item, field, value)
        return facts

    def _copies(self, facts: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The fact of the singles again under each further kind, where it has more patterns than one kind holds."""
        singles = self.compiled.wide.get(SINGLES, (None,))[0]
        for fact in facts:
            if fact["k"] == singles:
                yield from ({**fact, **self._fact(kind)} for kind in self.compiled.copies)

    def _code(self, field: Field, content: Any) -> float:
        return UNKNOWN if content is None or type(content) is tuple else self.encoder.value(field, content)

    def _values(self, item: Item, field: Field, value: Value) -> list[dict[str, Any]]:
        code = self.encoder.value(field, value)
        of = {"of": self.keys[item]} if item in self.keys else {}
        return [self._fact(kind, v=code, **of) for kind in self.compiled.narrow[field.key]]

    def _tallies(self, level: int, shared: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
        """The facts of the tallies that hold; those of a kind in `shared` are written into that fact."""
        facts: list[dict[str, Any]] = []
        for tally, test in zip(self.compiled.tallies, self.tests, strict=True):
            if tally.level != level:
                continue
            if tally.entity:
                facts += self._tallies_of_items(tally, test)
            elif test(self.memory, {}):
                fact = shared.get(tally.kind)
                if fact is None:
                    fact = shared[tally.kind] = self._fact(tally.kind)
                    facts.append(fact)
                fact[tally.name] = 1
        return facts

    def _tallies_of_items(self, tally: Tally, test: Any) -> Iterator[dict[str, Any]]:
        for item, contents in self.memory.of(tally.entity):
            binding = {tally.alias: item}
            holds = test(self.memory, binding) if tally.alias else test(contents, {}, self.memory)
            if holds:
                yield self._fact(tally.kind, of=self.keys[item], **{tally.name: 1})

    def _fire(self, name: str, matched: dict[str, str]) -> None:
        self.firings += 1
        if self.firings > MAX_FIRINGS:
            raise EngineError([Finding("E002", Location(self.deal.file), {"limit": str(MAX_FIRINGS)})])
        rule, aliases = self.compiled.variants[name]
        binding = tuple(sorted((alias, self.items[matched[message]]) for alias, message in aliases))
        for item, conclusion in self.recorder.record(Activation(rule, binding)):
            field = self.fields.get(conclusion.key)
            if field is not None:
                self._assert(self._values(item, field, conclusion.value))
