"""The conditions of a rule: from YAML to patterns, with the aliases that they bind."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from playbook.errors import Finding, Location, both
from playbook.load.unarytest import read_test
from playbook.load.yamlsource import Mapping, Node, Scalar, Sequence, not_a_mapping
from playbook.model.rules import AnyOf, Condition, Pattern, Quantifier
from playbook.model.unary import Join, Not, OneOf, Param, Test
from playbook.model.values import fold
from playbook.model.vocabulary import Entity, Field, Vocabulary, nearest

Report = Callable[[Finding], None]

_HEAD = re.compile(
    r"(?:(?P<no>no)\s+|(?P<all>all)\s+|(?P<limit>at least|fewer than) (?P<count>\d{1,3}|param\.\w+)\s+)?"
    r"(?P<of>of\s+)?"
    r"(?P<entity>[^\W\d]\w*)(?:\s+as\s+(?P<alias>[^\W\d]\w*))?"
)
_ALIAS = re.compile(r"\sas\s+([^\W\d]\w*)")
RESERVED = ("today", "param", "do", "any")


def parse_conditions(
    node: Node, vocabulary: Vocabulary, report: Report, after: tuple[Condition, ...] = ()
) -> tuple[Condition, ...]:
    """The conditions of a `when:` list that stands alone (a pack's `restrict`).

    They may refer to the aliases of the conditions that they come `after`.
    """
    return ConditionReader(vocabulary, report).conditions(node, scope_of(after))


@dataclass
class Scope:
    """Aliases that a place may refer to: items by entity, and aliases that stand for lists.

    `taken` holds every alias met so far, also those of one alternative, which nothing later may use;
    `unread` the aliases of conditions that could not be read, about which nothing more is said.
    """

    items: dict[str, str] = field(default_factory=dict)
    lists: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)

    def copy(self) -> Scope:
        return Scope(dict(self.items), set(self.lists), set(self.taken), set(self.unread))

    def bind(self, alias: str, entity: str, quantifier: Quantifier) -> None:
        """Notes what a pattern calls its matches; `no` leaves nothing to speak of."""
        if quantifier in ("each", "one"):
            self.items[alias] = entity
        elif alias and quantifier != "no":
            self.lists.add(alias)
        if alias and quantifier != "one":
            self.taken.add(alias)

    def keep_shared(self, alternatives: list[Scope]) -> None:
        """Takes from alternatives what all of them bind."""
        self.items = dict(set(alternatives[0].items.items()).intersection(*(s.items.items() for s in alternatives)))
        self.lists = set.intersection(*(s.lists for s in alternatives))
        self.taken = set.union(*(s.taken for s in alternatives))
        self.unread = set.union(*(s.unread for s in alternatives))


def scope_of(conditions: tuple[Condition, ...], base: Scope | None = None) -> Scope:
    """The aliases that are bound after some conditions."""
    scope = base or Scope()
    for condition in conditions:
        if isinstance(condition, Pattern):
            scope.bind(condition.alias, condition.entity, condition.quantifier)
        else:
            scope.keep_shared([scope_of(each, scope.copy()) for each in condition.alternatives])
    return scope


class ConditionReader:
    """Reads conditions; `failed` tells whether anything was reported."""

    def __init__(self, vocabulary: Vocabulary, report: Report) -> None:
        self.vocabulary = vocabulary
        self.out = report
        self.failed = False
        self.aliases: dict[str, str] = {}  # entity by alias, over all alternatives of the rule

    def report(self, code: str, at: Location, **args: str) -> None:
        self.failed = True
        self.out(Finding(code, at, args))

    def take(self, finding: Finding) -> None:
        """Reports a finding that somebody else has put into words."""
        self.failed = True
        self.out(finding)

    def entity_of(self, alias: str, scope: Scope) -> Entity | None:
        """The entity an alias stands for; entities that exist once stand for themselves."""
        if alias in scope.items:
            return self.vocabulary.entities[scope.items[alias]]
        entity = self.vocabulary.entities.get(alias)
        return entity if entity and not entity.repeats else None

    def unknown_field(self, entity: Entity, name: str, at: Location) -> None:
        near = nearest(name, entity.field_by_name)
        self.report("R015", at, key=name, near=near, **both("label", entity.label.zh, entity.name))

    def conditions(self, node: Node, scope: Scope) -> tuple[Condition, ...]:
        if not isinstance(node, Sequence) or not node.items:
            self.report("R017", node.at)
            return ()
        read = (self._condition(item, scope) for item in node.items)
        return tuple(c for c in read if c is not None)

    def _condition(self, node: Node, scope: Scope) -> Condition | None:
        if not isinstance(node, Mapping) or len(node.entries) != 1:
            self.take(not_a_mapping("R018", node))
            return None
        ((head, body),) = node.entries
        if head.text.strip() == "any":
            return self._any(body, head.at, scope)
        match = _HEAD.fullmatch(head.text.strip())
        name = self.vocabulary.entity_by_name.get(fold(match["entity"])) if match else None
        if not match or name is None:
            near = nearest(match["entity"] if match else head.text, self.vocabulary.entities)
            self.report("R019", head.at, text=head.text, near=near)
            scope.unread.update(_ALIAS.findall(head.text))
            return None
        return self._pattern(match, self.vocabulary.entities[name], body, head.at, scope)

    def _any(self, body: Node, at: Location, scope: Scope) -> AnyOf | None:
        if not isinstance(body, Sequence) or not body.items:
            self.report("R017", body.at)
            return None
        alternatives: list[tuple[Condition, ...]] = []
        scopes = []
        for item in body.items:
            inner = scope.copy()
            nodes = item if isinstance(item, Sequence) else Sequence((item,), item.at)
            alternatives.append(self.conditions(nodes, inner))
            scopes.append(inner)
        scope.keep_shared(scopes)
        return AnyOf(tuple(alternatives), at)

    def _pattern(self, match: re.Match[str], entity: Entity, body: Node, at: Location, scope: Scope) -> Pattern | None:
        quantifier = self._quantifier(match, entity, at)
        if quantifier is None:
            scope.unread.add(match["alias"] or "")
            return None
        alias = match["alias"] or ""
        if quantifier == "each":
            alias = alias or self._default_alias(entity.name, scope)
        elif quantifier == "one":
            if alias:
                self.report("R053", at, entity=entity.name)
            alias = entity.name
        if quantifier != "one" and self._is_taken(alias, entity, scope):
            self.report("R031", at, alias=alias)
        tests = self._tests(entity, body, scope, quantifier)
        self._check_count(match, quantifier, len(tests), at)
        scope.bind(alias, entity.name, quantifier)
        return Pattern(quantifier, entity.name, tests, alias, _count(match["count"]), at)

    def _is_taken(self, alias: str, entity: Entity, scope: Scope) -> bool:
        """Whether an alias means something already, here or in another alternative of the rule."""
        if not alias:
            return False
        reserved = alias in RESERVED or (alias in self.vocabulary.entities and alias != entity.name)
        return reserved or alias in scope.taken or self.aliases.setdefault(alias, entity.name) != entity.name

    def _check_count(self, match: re.Match[str], quantifier: Quantifier, listed: int, at: Location) -> None:
        count = _count(match["count"])
        if count == 0:
            self.report("R034", at)
        elif quantifier in ("fields", "few fields") and isinstance(count, int) and count > listed:
            self.report("R023", at, count=str(count), total=str(listed))

    def _quantifier(self, match: re.Match[str], entity: Entity, at: Location) -> Quantifier | None:
        if match["of"]:
            if entity.repeats or not match["count"]:
                self.report("R032", at, entity=entity.name)
                return None
            return "fields" if match["limit"] == "at least" else "few fields"
        counted = cast("Quantifier | None", match["no"] or match["all"] or match["limit"])
        if counted and not entity.repeats:
            self.report("R033", at, entity=entity.name)
            return None
        return counted or ("each" if entity.repeats else "one")

    @staticmethod
    def _default_alias(entity: str, scope: Scope) -> str:
        """The entity's name for the first pattern without alias; a name no text can use for others."""
        taken = sum(1 for alias in scope.taken if alias.split("#")[0] == entity)
        return entity if not taken else f"{entity}#{taken + 1}"

    def _tests(self, entity: Entity, body: Node, scope: Scope, quantifier: Quantifier) -> tuple[tuple[str, Test], ...]:
        if not isinstance(body, Mapping):
            self.take(not_a_mapping("R035", body, entity=entity.name))
            return ()
        tests: list[tuple[str, Test]] = []
        for key, node in body.entries:
            for name in self._field_names(entity, key, quantifier):
                test = read_test(node, entity.fields[name], self.take)
                if test is None:
                    break
                self._check_joins(test, entity, name, node, scope, quantifier)
                tests.append((name, test))
        return tuple(tests)

    def _field_names(self, entity: Entity, key: Scalar, quantifier: Quantifier) -> list[str]:
        text = key.text.strip()
        if text.endswith("*") and quantifier in ("fields", "few fields"):
            names = [name for name in entity.fields if re.fullmatch(re.escape(text[:-1]) + r"\d.*", name)]
            names = names or [name for name in entity.fields if name.startswith(text[:-1])]
        else:
            name = entity.field_by_name.get(fold(text))
            names = [name] if name else []
        if not names:
            self.unknown_field(entity, text, key.at)
        return names

    def _check_joins(
        self, test: Test, entity: Entity, name: str, node: Node, scope: Scope, quantifier: Quantifier
    ) -> None:
        if not isinstance(test, Join):
            if _holds_join(test):
                self.report("R036", node.at)
            return
        other = self.entity_of(test.alias, scope)
        if test.alias in scope.unread:
            return
        if other is None:
            self.report("R014", node.at, alias=test.alias, near=nearest(test.alias, scope.items))
        elif test.name not in other.fields:
            self.unknown_field(other, test.name, node.at)
        elif not _comparable(entity.fields[name], other.fields[test.name], test.op):
            self.report("R037", node.at, field=f"{entity.name}.{name}", other=f"{other.name}.{test.name}")
        elif quantifier in ("fields", "few fields") and other.repeats:
            self.report("R038", node.at)


def _count(text: str | None) -> int | Param:
    if text and text.startswith("param."):
        return Param(text.removeprefix("param."))
    return int(text or 1)


def _holds_join(test: Test) -> bool:
    if isinstance(test, OneOf):
        return any(_holds_join(t) for t in test.tests)
    if isinstance(test, Not):
        return _holds_join(test.test)
    return isinstance(test, Join)


def _comparable(own: Field, other: Field, op: str) -> bool:
    """Whether two fields have values of one sort, and an order where the operator needs one."""
    if op == "=":
        return _sort(own) == _sort(other)
    return _sort(own) == _sort(other) and (_sort(own) in ("number", "date") or bool(own.order))


def _sort(field: Field) -> str:
    if field.is_enum:
        return "enum:" + ",".join(sorted(field.label_of))
    return {"integer": "number", "map": "number", "list": "string"}.get(field.type, field.type)
