"""Which rules must be finished before which: the strata of a rulebook.

A rule depends on every concluded field that it tests. A positive test lets facts flow as they are
concluded; `not`, `unknown`, `no`, `at least`, `all` and counted fields wait until the field is
finished. A cycle that contains a wait has no meaning and is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from playbook.model.rules import Pattern, Rule, patterns_of
from playbook.model.unary import Join, is_positive


@dataclass(frozen=True)
class Strata:
    """`rule_level` by rule id, `field_level` by concluded field key; `cycle` when there is one."""

    rule_level: dict[str, int]
    field_level: dict[str, int]
    cycle: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return 1 + max([*self.rule_level.values(), 0])

    def wait_level(self, fields: Iterable[str]) -> int:
        """The first level at which all these fields are finished."""
        return max((self.field_level[f] + 1 for f in fields if f in self.field_level), default=0)


def stratify(rules: Iterable[Rule]) -> Strata:
    """Levels for rules and concluded fields; with `cycle` filled in, levels mean nothing."""
    rules = list(rules)
    field_level = {c.key: 0 for rule in rules for c in rule.conclude}
    needs = {rule.id: list(_dependencies(rule, field_level)) for rule in rules}
    rule_level = dict.fromkeys(needs, 0)
    changed, rounds = True, 0
    while changed and rounds <= len(field_level) + 1:
        changed, rounds = False, rounds + 1
        for rule in rules:
            level = max((field_level[f] + waits for f, waits in needs[rule.id]), default=0)
            if level > rule_level[rule.id]:
                rule_level[rule.id] = level
                changed = True
            for conclusion in rule.conclude:
                if field_level[conclusion.key] < level:
                    field_level[conclusion.key] = level
                    changed = True
    cycle = _cycle(rules, needs) if changed else ()
    return Strata(rule_level, field_level, cycle)


def tested_fields(pattern: Pattern, aliases: dict[str, str]) -> Iterator[tuple[str, bool]]:
    """Keys of the fields a pattern looks at, with whether it must wait until they are finished."""
    counted = pattern.quantifier not in ("one", "each")
    for name, test in pattern.tests:
        yield f"{pattern.entity}.{name}", counted or not is_positive(test)
        if isinstance(test, Join):
            yield f"{aliases.get(test.alias, test.alias)}.{test.name}", counted


def aliases_of(rule: Rule) -> dict[str, str]:
    """Entity by alias, for every item that a rule binds."""
    return {p.alias: p.entity for p in patterns_of(rule.when) if p.quantifier in ("one", "each")}


def _dependencies(rule: Rule, concluded: dict[str, int]) -> Iterator[tuple[str, bool]]:
    aliases = aliases_of(rule)
    for pattern in patterns_of(rule.when):
        for key, waits in tested_fields(pattern, aliases):
            if key in concluded:
                yield key, waits


def _cycle(rules: list[Rule], needs: dict[str, list[tuple[str, bool]]]) -> tuple[str, ...]:
    """A cycle of fields and rules through a wait, as names in order, the first repeated at the end."""
    edges: dict[str, list[tuple[str, str, bool]]] = {}
    for rule in rules:
        for conclusion in rule.conclude:
            for key, waits in needs[rule.id]:
                edges.setdefault(key, []).append((conclusion.key, rule.id, waits))
    for start in sorted(edges):
        for head, rule_id, waits in edges[start]:
            if waits and (back := _path(edges, head, start)) is not None:
                return (start, rule_id, head, *back)
    return ()


def _path(edges: dict[str, list[tuple[str, str, bool]]], start: str, goal: str) -> tuple[str, ...] | None:
    paths: dict[str, tuple[str, ...]] = {start: ()}
    queue = [start]
    for node in queue:
        if node == goal:
            return paths[node]
        for head, rule_id, _ in edges.get(node, ()):
            if head not in paths:
                paths[head] = (*paths[node], rule_id, head)
                queue.append(head)
    return None
