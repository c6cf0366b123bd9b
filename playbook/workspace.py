"""A new workspace: example deals to look at and an empty company pack to fill."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from playbook.errors import UsageError
from playbook.memory.place import LOG_FOLDER
from playbook.resources import examples_folder

_SCHEMAS = "schemas"
_PACK = """\
# Your company's changes to the playbook. Use it with: playbook brief DEAL --rules pack
# 贵公司对规则的改动。用法：playbook brief 商机文件 --rules pack
name: our-company
# Numbers to set otherwise, for example {support_required_pct: 60}. 要改的参数。
parameters: {}
# Rules to switch off, each as {rule: ID, reason: WHY}. 要停用的规则及原因。
disable: []
# Rules to narrow, each as {rule: ID, when: [CONDITIONS], reason: WHY}. 要加条件的规则及原因。
restrict: []
"""
_RULES = """\
# Your own rules, one list item each; the language is described in docs/rule-language.md.
# 贵公司自己的规则，每条一项。
[]
"""


def create(folder: Path) -> list[Path]:
    """Makes the workspace and returns the files written. Raises `UsageError` rather than overwrite."""
    files = {
        folder / "deals" / source.name: _followed("deal", source.read_text(encoding="utf-8"))
        for source in sorted(examples_folder().glob("*.yaml"))
    }
    files[folder / "pack" / "pack.yaml"] = _followed("pack", _PACK)
    files[folder / "pack" / "our-rules.yaml"] = _followed("rule", _RULES)
    files |= {folder / _SCHEMAS / name: text for name, text in _schemas().items()}
    there = [path.name for path in files if path.exists()]
    if there:
        raise UsageError("U009", text=str(folder), names=", ".join(there))
    for path, text in files.items():
        write(path, text)
    (folder / LOG_FOLDER).mkdir(exist_ok=True)
    return list(files)


def _followed(kind: str, text: str) -> str:
    """A file of the workspace with the line that names its schema to an editor."""
    from playbook.render.schemas import comment_line, file_name

    return f"{comment_line(f'../{_SCHEMAS}/{file_name(kind)}')}\n{text}"


def _schemas() -> dict[str, str]:
    """The schemas of the files in a workspace, by file name."""
    from playbook.advisor import Advisor
    from playbook.render.schemas import file_name, schema_text

    rulebook = Advisor.load().rulebook
    return {file_name(kind): schema_text(kind, rulebook) for kind in ("deal", "rule", "test", "pack")}


def write(path: Path, content: str | bytes) -> None:
    """Writes a file whole or not at all, a text as UTF-8. Raises `UsageError` when it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content.encode("utf-8") if isinstance(content, str) else content)
            # A temporary file is private; a written one has the usual permissions.
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(temporary, 0o666 & ~mask)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError("U010", text=str(path), reason=error.strerror or str(error)) from error
