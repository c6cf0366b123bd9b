"""The same compiled rules in CLIPS, for comparison: same facts, same phases, another matcher.

Each kind of fact becomes a deftemplate and each variant of a rule a defrule, so CLIPS indexes as it
does best. Firings are collected by a Python function, as our engine collects them.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import clips

from playbook.evaluate.engine import DurableEngine, Session
from playbook.model.encode import UNKNOWN

_COMPARISONS = {"$gte": ">=", "$gt": ">", "$lte": "<=", "$lt": "<", "$neq": "<>"}


class ClipsEngine(DurableEngine):
    """Evaluates deals by clipspy instead of durable_rules."""

    name = "clipspy"

    def _open_session(self, module: ModuleType) -> Session:
        return _ClipsSession(json.loads(self._compiled.definition))


class _ClipsSession:
    def __init__(self, definition: dict[str, Any]) -> None:
        self._environment = clips.Environment()
        self._fired: deque[tuple[str, dict[str, str]]] = deque()
        self._environment.define_function(self._collect, "collect")
        messages = [(alias, body) for rule in definition.values() for one in rule["all"] for alias, body in one.items()]
        self._slots: dict[int, set[str]] = {}
        for _, body in messages:
            kind, conditions = _parts(body)
            self._slots.setdefault(kind, {"id"}).update(name for c in conditions for name in _names(c))
        for rule in definition.values():
            self._add_referenced(rule)
        for kind, slots in self._slots.items():
            # A fact of ours may lack a property; no test but one for unknown passes on this value.
            template = " ".join(f"(slot {slot} (default {UNKNOWN}))" for slot in sorted(slots))
            self._environment.build(f"(deftemplate k{kind} {template})")
        for name, rule in definition.items():
            self._environment.build(_defrule(name, rule))
        self._environment.reset()
        self._templates = {kind: self._environment.find_template(f"k{kind}") for kind in self._slots}

    def _add_referenced(self, rule: dict[str, Any]) -> None:
        kinds = {alias: _parts(body)[0] for one in rule["all"] for alias, body in one.items()}
        for one in rule["all"]:
            for body in one.values():
                for condition in _parts(body)[1]:
                    for alias, slot in _references(condition):
                        self._slots[kinds[alias]].add(slot)

    def _collect(self, *values: str) -> None:
        name, *ids = values
        self._fired.append((str(name), {f"m{n}": str(i) for n, i in enumerate(ids) if i != "-"}))

    def assert_facts(self, facts: list[dict[str, Any]]) -> int:
        for fact in facts:
            template = self._templates.get(fact["k"])
            if template is not None:
                slots = self._slots[fact["k"]]
                template.assert_fact(**{name: value for name, value in fact.items() if name in slots})
        return 0

    def firings(self) -> Iterator[tuple[str, dict[str, str]]]:
        self._environment.run()
        while self._fired:
            yield self._fired.popleft()
            if not self._fired:
                self._environment.run()

    def drop(self) -> None:
        self._environment.reset()
        self._fired.clear()


def _parts(body: dict[str, Any]) -> tuple[int, list[dict[str, Any]]]:
    """Kind and conditions of a message, without those that only durable_rules needs."""
    conditions = body.get("$and", [body])
    kind = next(c["k"] for c in conditions if "k" in c)
    return kind, [c for c in conditions if "k" not in c and "$ex" not in c and "_t" not in json.dumps(c)]


def _names(condition: dict[str, Any]) -> Iterator[str]:
    ((name, value),) = condition.items()
    if name in ("$or", "$and"):
        for each in value:
            yield from _names(each)
    elif name in _COMPARISONS:
        yield from value
    else:
        yield name


def _references(condition: dict[str, Any]) -> Iterator[tuple[str, str]]:
    ((name, value),) = condition.items()
    if name in _COMPARISONS:
        ((_, value),) = value.items()
    if isinstance(value, dict):
        ((alias, slot),) = value.items()
        yield alias, slot


def _defrule(name: str, rule: dict[str, Any]) -> str:
    messages = [(alias, *_parts(body)) for one in rule["all"] for alias, body in one.items()]
    wanted = {pair for _, _, conditions in messages for c in conditions for pair in _references(c)}
    patterns = [_pattern(alias, kind, conditions, wanted) for alias, kind, conditions in messages]
    # One fact never fills two patterns of a rule.
    kinds = [(alias, kind) for alias, kind, _ in messages]
    for n, (alias, kind) in enumerate(kinds):
        patterns += [f"(test (neq ?{alias}_id ?{other}_id))" for other, k in kinds[:n] if k == kind]
    by_number = {int(alias[1:]): alias for alias, _, _ in messages}
    ids = [f"?{by_number[n]}_id" if n in by_number else '"-"' for n in range(max(by_number) + 1)]
    return f'(defrule {name} {" ".join(patterns)} => (collect "{name}" {" ".join(ids)}))'


def _pattern(alias: str, kind: int, conditions: list[dict[str, Any]], wanted: set[tuple[str, str]]) -> str:
    by_slot: dict[str, list[str]] = {"id": [f"?{alias}_id"]}
    for owner, slot in sorted(wanted):
        if owner == alias:
            by_slot.setdefault(slot, []).insert(0, f"?{alias}_{slot}")
    for condition in conditions:
        slot = next(_names(condition))
        by_slot.setdefault(slot, []).append(_constraint(alias, slot, condition))
    for slot, constraints in by_slot.items():
        variable = f"?{alias}_{slot}"
        if any(variable in c for c in constraints) and constraints[0] != variable:
            constraints.insert(0, variable)
    return f"(k{kind} {' '.join(f'({slot} {chr(38).join(c)})' for slot, c in by_slot.items())})"


def _constraint(alias: str, slot: str, condition: dict[str, Any]) -> str:
    ((name, value),) = condition.items()
    if name in _COMPARISONS or name in ("$or", "$and"):
        return f":{_expression(alias, condition)}"
    return f"?{next(iter(value))}_{next(iter(value.values()))}" if isinstance(value, dict) else str(value)


def _expression(alias: str, condition: dict[str, Any]) -> str:
    ((name, value),) = condition.items()
    if name in ("$or", "$and"):
        return f"({name[1:]} {' '.join(_expression(alias, each) for each in value)})"
    operator = _COMPARISONS.get(name, "=")
    slot, other = next(iter(value.items())) if name in _COMPARISONS else (name, value)
    right = f"?{next(iter(other))}_{next(iter(other.values()))}" if isinstance(other, dict) else other
    return f"({operator} ?{alias}_{slot} {right})"
