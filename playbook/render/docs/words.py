"""The labels of pages about rules: `templates/docs/words.yaml` and the names of folders and files of rules."""

from __future__ import annotations

from functools import cache
from pathlib import PurePosixPath
from typing import Any

from playbook.model.rules import Rule
from playbook.resources import templates_folder

Words = dict[str, Any]


@cache
def doc_words(lang: str) -> Words:
    """The labels in `lang` ("zh" or "en")."""
    words: Words = _in_language(_read("words.yaml"), lang)
    return words


@cache
def _axes(lang: str) -> Words:
    axes: Words = _in_language(_read("axes.yaml"), lang)
    return axes


def _read(name: str) -> Any:
    import yaml

    return yaml.safe_load((templates_folder() / "docs" / name).read_text(encoding="utf-8"))


def _in_language(node: Any, lang: str) -> Any:
    if not isinstance(node, dict):
        return node
    if node.keys() == {"zh", "en"}:
        return node[lang]
    return {key: _in_language(inner, lang) for key, inner in node.items()}


def axis_of(rule: Rule) -> tuple[str, str]:
    """The folder of a rule's file within its pack and the file's name without its ending."""
    parts = PurePosixPath(rule.at.file)
    return parts.parent.name, parts.stem


def folder_label(folder: str, lang: str) -> str:
    """What the rules of a folder are about; the folder's own name where nobody has said."""
    found: str = _axes(lang).get(folder, {}).get("label", folder)
    return found


def file_label(folder: str, file: str, lang: str) -> str:
    """What the rules of a file are about; the file's own name where nobody has said."""
    found: str = _axes(lang).get(folder, {}).get("files", {}).get(file, file)
    return found
