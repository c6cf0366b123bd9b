"""Where the shipped files are: in the installed package, or beside it in a checkout."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_OTHER_RULES: ContextVar[Path | None] = ContextVar("other_rules", default=None)
_PACKAGE = Path(__file__).resolve().parent


def data_text(name: str) -> str:
    """The text of a file in `playbook/data/`."""
    return (_PACKAGE / "data" / name).read_text(encoding="utf-8")


def rules_folder() -> Path:
    """The built-in pack."""
    return _OTHER_RULES.get() or _shipped("rules")


@contextmanager
def built_in_rules(folder: Path | None) -> Iterator[None]:
    """Takes another folder for the built-in pack, such as that of another version; None changes nothing."""
    token = _OTHER_RULES.set(folder)
    try:
        yield
    finally:
        _OTHER_RULES.reset(token)


def templates_folder() -> Path:
    return _shipped("templates")


def examples_folder() -> Path:
    """The example deals."""
    return _shipped("examples")


def shown(path: Path) -> str:
    """How messages name a file: one of the built-in pack as `rules/…`, any other as it was given."""
    resolved = path.resolve()
    root = rules_folder()
    if not resolved.is_relative_to(root):
        return str(path)
    return "/".join(("rules", *resolved.relative_to(root).parts))


def _shipped(name: str) -> Path:
    installed = _PACKAGE / "_data" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name
