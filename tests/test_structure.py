"""The stages of the program: none imports a later one, and only the engine touches durable_rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent / "playbook"
STAGES = ("model", "load", "check", "compile", "evaluate", "advise", "memory", "workbench", "render", "cli")
FILES = sorted(ROOT.rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def stage_of(parts: list[str]) -> int | None:
    return STAGES.index(parts[0]) if parts and parts[0] in STAGES else None


def test_no_stage_imports_a_later_one():
    wrong = []
    for path in FILES:
        own = stage_of(list(path.relative_to(ROOT).parts))
        for module in imported(path) if own is not None else ():
            head, *rest = module.split(".")
            other = stage_of(rest) if head == "playbook" else None
            if own is not None and other is not None and other > own:
                wrong.append(f"{path.relative_to(ROOT)} imports {module}")
    assert wrong == []


def test_only_the_engine_touches_durable_rules():
    found = [path.name for path in FILES if any(module.startswith("durable") for module in imported(path))]
    assert found == ["engine.py"]


def test_modules_are_short_enough_to_read():
    lines = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {name: count for name, count in lines.items() if count > 500} == {}
