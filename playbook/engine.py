"""The durable_rules engine: the only module that touches it, and only its safe subset.

One ruleset handle with one recycled session: a deal is a batch of facts, drained; then each phase's
tallies, drained; then the session is dropped. A sentinel fact fires in every run, because dropping
a session in which nothing fired crashes the engine. Facts carry ids of our own and small numbers.
"""

from __future__ import annotations

import json
import sys
import threading
from datetime import date
from types import ModuleType
from typing import Any

from playbook.compile import BEGIN, Compiled, Tally, compile_rulebook
from playbook.derive import working_memory
from playbook.encode import UNKNOWN, Encoder
from playbook.errors import Finding, Location, PlaybookError
from playbook.evaluation import Activation, Evaluation, Recorder
from playbook.facts import Deal, Item, WorkingMemory, values_of
from playbook.matching import ItemTest, Matcher
from playbook.rulebook import Rulebook
from playbook.rules import Conclude
from playbook.values import Value
from playbook.vocabulary import Field

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


class DurableEngine:
    """Evaluates deals by one compiled ruleset. Safe to share between threads (one at a time)."""

    name = "durable_rules"

    def __init__(self, rulebook: Rulebook, today: date, module: ModuleType, compiled: Compiled | None = None) -> None:
        self._c = module
        self._vocabulary = rulebook.vocabulary
        self._scope = rulebook.scope(today)
        self._rules = rulebook.rule_by_id
        self._compiled = compiled or compile_rulebook(rulebook, today)
        self._tests = [self._tally_test(tally) for tally in self._compiled.tallies]
        self._fields = {key: field for key in self._compiled.narrow if (field := self._vocabulary.field(key))}
        self._handle = module.create_ruleset("playbook", self._compiled.definition)
        self._lock = threading.Lock()

    def _tally_test(self, tally: Tally) -> Any:
        matcher = Matcher(self._vocabulary, self._scope, tally.aliases)
        own_item = bool(tally.entity) and not tally.alias
        return matcher.item_test(tally.pattern) if own_item else matcher.holds(tally.pattern)

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
        self.c: Any = engine._c
        self.handle = engine._handle
        self.compiled = engine._compiled
        self.tests = engine._tests
        self.fields = engine._fields
        self.vocabulary = engine._vocabulary
        self.encoder = Encoder(engine._scope, dict(engine._compiled.texts))
        self.deal = deal
        self.memory = memory
        self.recorder = recorder
        self.items: dict[str, Item] = {}
        self.keys: dict[Item, int] = {}
        self.facts = 0
        self.firings = 0
        self.session = 0

    def run(self) -> None:
        batch = [{"k": BEGIN, "id": "begin", "_t": 1}, *self._stated(), *self._tallies(0)]
        started = False
        try:
            code, self.session = self.c.assert_facts(self.handle, json.dumps(batch))
            started = True
            self._check(code)
            self._drain()
            for level in range(1, self.compiled.levels):
                if facts := self._tallies(level):
                    self._check(self.c.assert_facts(self.handle, json.dumps(facts))[0])
                    self._drain()
        finally:
            if started:
                self.c.delete_state(self.handle, None)

    def _check(self, code: int) -> None:
        if code >= _FAILED:
            raise EngineError([Finding("E001", Location(self.deal.file), {"code": str(code)})])

    def _fact(self, kind: int, **properties: float) -> dict[str, Any]:
        self.facts += 1
        return {"k": kind, "id": f"f{self.facts}", "_t": 1, **properties}

    def _stated(self) -> list[dict[str, Any]]:
        facts = []
        for entity, (kind, properties) in self.compiled.wide.items():
            fields = self.vocabulary.entities[entity].fields
            for item, contents in self.memory.of(entity):
                self.keys[item] = len(self.keys)
                codes = {p: self._code(fields[name], contents.get(name)) for name, p in properties.items()}
                fact = self._fact(kind, key=self.keys[item], **codes)
                self.items[fact["id"]] = item
                facts.append(fact)
        for key, field in self.fields.items():
            for item, contents in self.memory.of(field.entity):
                content = contents.get(field.name)
                for value in values_of(content):
                    facts += self._values(item, field, value)
                if content is None:
                    for narrow in self.compiled.narrow[key]:
                        if narrow.takes_unknown:
                            facts.append(self._fact(narrow.kind, v=UNKNOWN))
        return facts

    def _code(self, field: Field, content: Any) -> float:
        return UNKNOWN if content is None or type(content) is tuple else self.encoder.value(field, content)

    def _values(self, item: Item, field: Field, value: Value) -> list[dict[str, Any]]:
        code = self.encoder.value(field, value)
        of = {"of": self.keys[item]} if item in self.keys else {}
        return [self._fact(narrow.kind, v=code, **of) for narrow in self.compiled.narrow[field.key]]

    def _tallies(self, level: int) -> list[dict[str, Any]]:
        facts = []
        for tally, test in zip(self.compiled.tallies, self.tests, strict=True):
            if tally.level == level:
                facts += self._count(tally, test)
        return facts

    def _count(self, tally: Tally, test: Any) -> list[dict[str, Any]]:
        memory = self.memory
        if not tally.entity:
            return [self._fact(tally.kind)] if test(memory, {}) else []
        facts = []
        for item, contents in memory.of(tally.entity):
            item_test: ItemTest = test
            holds = test(memory, {tally.alias: item}) if tally.alias else item_test(contents, {}, memory)
            if holds:
                facts.append(self._fact(tally.kind, of=self.keys[item]))
        return facts

    def _drain(self) -> None:
        c, handle, session = self.c, self.handle, self.session
        started = c.start_action_for_state(handle, session)
        message = started and started[1]
        while message:
            ((name, matched),) = json.loads(message).items()
            if name != "begin":
                self._fire(name, matched)
            message = c.complete_and_start_action(handle, session)

    def _fire(self, name: str, matched: dict[str, dict[str, Any]]) -> None:
        self.firings += 1
        if self.firings > MAX_FIRINGS:
            raise EngineError([Finding("E002", Location(self.deal.file), {"limit": str(MAX_FIRINGS)})])
        rule, aliases = self.compiled.variants[name]
        binding = tuple(sorted((alias, self.items[matched[m]["id"]]) for alias, m in aliases))
        for item, conclusion in self.recorder.record(Activation(rule, binding)):
            self._assert(item, conclusion)

    def _assert(self, item: Item, conclusion: Conclude) -> None:
        field = self.fields.get(conclusion.key)
        if field is None:
            return
        for fact in self._values(item, field, conclusion.value):
            self._check(self.c.assert_fact(self.handle, json.dumps(fact))[0])
