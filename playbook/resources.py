"""Where the shipped files are: in the installed package, or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def data_text(name: str) -> str:
    """The text of a file in `playbook/data/`."""
    return (_PACKAGE / "data" / name).read_text(encoding="utf-8")


def rules_folder() -> Path:
    """The built-in pack."""
    return _shipped("rules")


def templates_folder() -> Path:
    return _shipped("templates")


def examples_folder() -> Path:
    """The example deals."""
    return _shipped("examples")


def shown(path: Path) -> str:
    """How messages name a file: one of the built-in pack as `rules/…`, any other as it was given."""
    resolved = path.resolve()
    root = rules_folder()
    return f"rules/{resolved.relative_to(root).as_posix()}" if resolved.is_relative_to(root) else str(path)


def _shipped(name: str) -> Path:
    installed = _PACKAGE / "_data" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name
