"""A cache of what is costly to make again: the loaded rulebook and its compiled form.

Entries are keyed by the content of every file they come from, so a change is never missed. The
cache is only a copy; deleting it loses nothing. `PLAYBOOK_CACHE=off` turns it off, a path moves it.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
_MOST_ENTRIES = 12  # older ones, of packs no longer in use, are dropped


def cache_folder() -> Path | None:
    """The folder of the cache, made when missing; None when it is off or cannot be made."""
    setting = os.environ.get("PLAYBOOK_CACHE", "")
    if setting.lower() in ("off", "0", "no"):
        return None
    folder = Path(setting) if setting else _default_folder() / "playbook"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A folder that others may write to could hand us foreign objects.
        if hasattr(os, "getuid"):
            status = folder.stat()
            if status.st_uid != os.getuid() or status.st_mode & 0o022:
                return None
    except OSError:
        return None
    return folder


def _default_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home() / "AppData" / "Local")))
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")))


def cached(name: str, key: str, make: Callable[[], T]) -> T:
    """The object stored under `name` if it was made from `key`, else a new one, then stored.

    One file a name: a new key takes the place of the old one, so the folder does not grow.
    """
    folder = cache_folder()
    if folder is None:
        return make()
    path = folder / f"{name}.pickle"
    key = f"{key} {sys.version_info[:2]} {_code_stamp()}"
    found: T | None = _read(path, key)
    if found is None:
        found = make()
        _store(path, key, found)
    return found


def _read(path: Path, key: str) -> Any:
    """What was stored for a key; None when there is nothing, or nothing that can be used."""
    try:
        with path.open("rb") as file:
            return pickle.load(file) if pickle.load(file) == key else None
    except Exception:  # whatever is wrong with an entry, it is made again
        return None


@cache
def _code_stamp() -> int:
    """Changes with the program's own files, so that no entry outlives the code that made it."""
    newest = 0
    for folder, _, files in os.walk(Path(__file__).parent):
        newest = max([newest, *(os.stat(f"{folder}/{file}").st_mtime_ns for file in files if file.endswith(".py"))])
    return newest


def _store(path: Path, key: str, made: object) -> None:
    import tempfile

    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.stem)
        with os.fdopen(handle, "wb") as file:
            pickle.dump(key, file)
            pickle.dump(made, file, pickle.HIGHEST_PROTOCOL)
        os.replace(temporary, path)
        newest = sorted(path.parent.glob("*.pickle"), key=lambda file: file.stat().st_mtime, reverse=True)
        for old in newest[_MOST_ENTRIES:]:
            old.unlink(missing_ok=True)
    except OSError:
        pass  # a cache that cannot be written is only slower
