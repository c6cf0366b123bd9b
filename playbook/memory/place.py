"""Where the decision log is: in the workspace of a deal, or where `PLAYBOOK_LOG` says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

LOG_FOLDER = ".playbook"  # what marks a folder as a workspace, and holds its decision log
_NAME = "log.sqlite"


class Place(NamedTuple):
    """The file of a log, and the folder that the paths in it are relative to."""

    log: Path
    root: Path

    def relative(self, deal: Path) -> str:
        """How the log names a deal file, the same on every system."""
        resolved = deal.resolve()
        return (resolved.relative_to(self.root) if resolved.is_relative_to(self.root) else resolved).as_posix()


def place_of(path: Path) -> Place | None:
    """The log for a deal file or folder; None outside a workspace and with `PLAYBOOK_LOG=off`."""
    setting = os.environ.get("PLAYBOOK_LOG", "").strip()
    if setting.lower() in ("off", "0", "no"):
        return None
    root = workspace_of(path)
    if setting:
        log = Path(setting).resolve()
        return Place(log, root or log.parent)
    return Place(root / LOG_FOLDER / _NAME, root) if root else None


def workspace_of(path: Path) -> Path | None:
    """The nearest folder, from the path upwards, that holds `.playbook`."""
    resolved = path.resolve()
    return next((folder for folder in (resolved, *resolved.parents) if (folder / LOG_FOLDER).is_dir()), None)
