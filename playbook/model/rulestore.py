"""Rules kept packed until they are looked at.

A deal makes a tenth of the rules fire. The rest never need to become objects, and at start-up
making them costs more than everything else; so each rule stays a string of bytes until it is asked for.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from playbook.model.rules import Rule


class RuleStore(Mapping[str, Rule]):
    """Rules by id, in the order given. Iterating over `values()` unpacks them all."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._open = {rule.id: rule for rule in rules}
        self._packed: dict[str, bytes] = {}
        self._dated = tuple(r.id for r in self._open.values() if r.status != "active" or r.since or r.until)
        found: dict[str, list[str]] = {}
        for rule in self._open.values():
            for key in dict.fromkeys(conclusion.key for conclusion in rule.conclude):
                found.setdefault(key, []).append(rule.id)
        self._concluding = {key: tuple(ids) for key, ids in found.items()}
        self._ids = tuple(self._open)

    def __getitem__(self, ident: str) -> Rule:
        rule = self._open.get(ident)
        if rule is None:
            rule = self._open[ident] = pickle.loads(self._packed[ident])
        return rule

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, ident: object) -> bool:
        return ident in self._open or ident in self._packed

    def concluding(self, key: str) -> list[Rule]:
        """The rules that conclude a field, given as `entity.field`."""
        return [self[ident] for ident in self._concluding.get(key, ())]

    def in_force(self, today: date) -> tuple[str, ...]:
        """Ids of the rules that count on that day."""
        out = {ident for ident in self._dated if not self[ident].in_force(today)}
        return tuple(ident for ident in self._ids if ident not in out) if out else self._ids

    def __getstate__(self) -> dict[str, object]:
        packed = self._packed | {i: pickle.dumps(r, pickle.HIGHEST_PROTOCOL) for i, r in self._open.items()}
        return self.__dict__ | {"_open": {}, "_packed": packed}
