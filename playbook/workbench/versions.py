"""The two sides of a comparison: the built-in pack, a folder, a company pack, or one of these at a git revision."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from playbook.advisor import Advisor
from playbook.check.checked import load_rulebook
from playbook.errors import UsageError
from playbook.load.settingsfile import load_settings
from playbook.resources import built_in_rules

BUILT_IN = "builtin"
_WHOLE = ("parameters.yaml", "sources.yaml", "ranking.yaml", "readiness.yaml", "clusters.yaml")


class Version(NamedTuple):
    """Where the rules of one side stand: another built-in pack (None: that of this program) and company packs."""

    name: str
    base: Path | None
    packs: tuple[Path, ...]

    def advisor(self, today: date) -> Advisor:
        """Loads it. Raises `RuleError`. The naive matcher serves: it needs no compiling and means the same."""
        with built_in_rules(self.base):
            rulebook = load_rulebook(self.packs)
            return Advisor(rulebook, load_settings(rulebook.vocabulary), today, "reference")


def find_versions(old: str, new: str, common: Iterable[Path], stack: ExitStack) -> tuple[Version, Version]:
    """The versions that two words name, with `common` packs beneath both.

    A word is `builtin`, a path, `REVISION` or `REVISION:PATH`; a revision without a path means that of the
    other side, or `rules`. What a revision holds is kept in folders that `stack` removes. Raises `UsageError`.
    """
    paths = [word for word in (old, new) if word != BUILT_IN and Path(word).exists()]
    default = paths[0] if len(paths) == 1 else "rules"
    first, second = (_version(word, default, tuple(common), stack) for word in (old, new))
    return first, second


def _version(word: str, default: str, common: tuple[Path, ...], stack: ExitStack) -> Version:
    if word == BUILT_IN:
        return Version(word, None, common)
    path = Path(word)
    if not path.exists():
        path = _at_revision(word, default, stack)
    if path.is_dir() and all((path / name).is_file() for name in _WHOLE):
        return Version(word, path, common)
    return Version(word, None, (*common, path))


def _at_revision(word: str, default: str, stack: ExitStack) -> Path:
    """What git holds under a path at a revision, in a folder of its own."""
    revision, _, path = word.partition(":")
    wanted = path or _relative(default)
    if revision.startswith("-"):
        raise UsageError("U015", text=word)
    archive = _git("archive", "--format=tar", revision, "--", wanted)
    if archive is None:
        raise UsageError("U015", text=word)
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="playbook-")))
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")
    return folder / wanted


def _relative(path: str) -> str:
    """A path as git's archive of the current folder names it."""
    resolved, here = Path(path).resolve(), Path.cwd().resolve()
    return resolved.relative_to(here).as_posix() if resolved.is_relative_to(here) else path


def _git(*arguments: str) -> bytes | None:
    """What git prints; None when it fails or is not there."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False)  # noqa: S603, S607
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
