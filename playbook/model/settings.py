"""How cards are ranked and readiness is counted: `rules/ranking.yaml` and `rules/readiness.yaml`."""

from __future__ import annotations

from typing import NamedTuple

from playbook.model.rules import Condition
from playbook.model.vocabulary import Text


class Ranking(NamedTuple):
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


class ReadinessItem(NamedTuple):
    """Points when `when` holds; with `counted`, points for each test of its one pattern that holds."""

    points: float
    times: int
    label: Text
    when: tuple[Condition, ...]
    counted: bool


class ReadinessGroup(NamedTuple):
    name: str
    label: Text
    items: tuple[ReadinessItem, ...]


class Settings(NamedTuple):
    ranking: Ranking
    readiness: tuple[ReadinessGroup, ...]
