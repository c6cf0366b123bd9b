"""Reads `rules/ranking.yaml` and `rules/readiness.yaml` into `Settings`."""

from __future__ import annotations

from typing import Any

from playbook.errors import Finding, RuleError
from playbook.load.rulefile import parse_conditions
from playbook.load.yamlsource import Mapping, Node, Scalar, Sequence, read_file
from playbook.model.settings import Ranking, ReadinessGroup, ReadinessItem, Settings
from playbook.model.vocabulary import Text, Vocabulary
from playbook.resources import rules_folder


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
