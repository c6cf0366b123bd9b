"""How cards are ranked and readiness is counted: `rules/ranking.yaml` and `rules/readiness.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playbook.errors import Finding, RuleError
from playbook.resources import rules_folder
from playbook.rulefile import parse_conditions
from playbook.rules import Condition
from playbook.vocabulary import Text, Vocabulary
from playbook.yamlsource import Mapping, Node, Scalar, Sequence, read_file


@dataclass(frozen=True)
class Ranking:
    """Points of each part of a card's score; see the comments in ranking.yaml."""

    priority: dict[str, int]
    kind: dict[str, int]
    due: tuple[tuple[int, int], ...]
    closed_gate: dict[str, int]
    influence: int
    fact: int
    fact_limit: int
    top_kinds: tuple[str, ...]
    top_days: int
    same_rule: int


@dataclass(frozen=True, slots=True)
class ReadinessItem:
    """Points when `when` holds; with `counted`, points for each test of its one pattern that holds."""

    points: float
    count: int
    label: Text
    when: tuple[Condition, ...]
    counted: bool


@dataclass(frozen=True, slots=True)
class ReadinessGroup:
    name: str
    label: Text
    items: tuple[ReadinessItem, ...]


@dataclass(frozen=True)
class Settings:
    ranking: Ranking
    readiness: tuple[ReadinessGroup, ...]


def load_settings(vocabulary: Vocabulary) -> Settings:
    """Reads both files. Raises `RuleError` with every finding."""
    findings: list[Finding] = []
    ranking = _plain(read_file(rules_folder() / "ranking.yaml", findings.append))
    root = read_file(rules_folder() / "readiness.yaml", findings.append)
    groups = tuple(_group(node, vocabulary, findings) for node in _items(root))
    if findings:
        raise RuleError(findings)
    return Settings(_ranking(ranking), groups)


def _ranking(data: Any) -> Ranking:
    def table(key: str) -> dict[str, int]:
        return {name: int(points) for name, points in data[key].items()}

    return Ranking(
        table("priority"),
        table("kind"),
        tuple((int(days), int(points)) for days, points in data["due"]),
        table("closed_gate"),
        int(data["influence"]),
        int(data["fact"]),
        int(data["fact_limit"]),
        tuple(data["top_kinds"]),
        int(data["top_days"]),
        int(data["same_rule"]),
    )


def _group(node: Node, vocabulary: Vocabulary, findings: list[Finding]) -> ReadinessGroup:
    data = _plain(node)
    items = [_item(each, vocabulary, findings) for each in _items(_get(node, "items"))]
    return ReadinessGroup(data["part"], Text(**data["label"]), tuple(items))


def _item(node: Node, vocabulary: Vocabulary, findings: list[Finding]) -> ReadinessItem:
    data = _plain(node)
    each = _get(node, "each")
    when = _counted(each) if isinstance(each, Mapping) else _get(node, "when")
    conditions = parse_conditions(when, vocabulary, findings.append) if when else ()
    count = int(data.get("count", 1))
    return ReadinessItem(float(data["points"]), count, Text(**data["label"]), conditions, each is not None)


def _counted(each: Mapping) -> Node:
    """`{info: {…}}` as the condition `at least 1 of info: {…}`, whose tests are then counted."""
    ((entity, tests),) = each.entries
    head = Scalar(f"at least 1 of {entity.text}", entity.at)
    return Sequence((Mapping(((head, tests),), each.at),), each.at)


def _get(node: Node, key: str) -> Node | None:
    return node.get(key) if isinstance(node, Mapping) else None


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, Sequence) else ()


def _plain(node: Node | None) -> Any:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [_plain(item) for item in node.items]
    return {key.text: _plain(value) for key, value in node.entries} if node else {}
