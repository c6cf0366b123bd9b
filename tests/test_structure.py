"""The stages of the program: none imports a later one, and only the engine touches durable_rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "playbook"
STAGES = ("model", "load", "check", "compile", "evaluate", "advise", "workbench", "render", "cli")
FILES = sorted(ROOT.rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def stage_of(parts: list[str]) -> int | None:
    return STAGES.index(parts[0]) if parts and parts[0] in STAGES else None


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_stage_imports_a_later_one(path):
    own = stage_of(list(path.relative_to(ROOT).parts))
    if own is None:
        return
    for module in imported(path):
        head, *rest = module.split(".")
        other = stage_of(rest) if head == "playbook" else None
        assert other is None or other <= own, module


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_engine_touches_durable_rules(path):
    if path.name != "engine.py":
        assert not [module for module in imported(path) if module.startswith("durable")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_are_short_enough_to_read(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500
