"""JSON Schemas of the files that people write, made from the vocabulary and from what the readers accept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from playbook.model.rulebook import Rulebook
from playbook.render.schemas.cases import Cases
from playbook.render.schemas.facts import Facts
from playbook.render.schemas.parts import BOTH, Parts, Schema, Words
from playbook.render.schemas.rulefiles import RuleFiles
from playbook.render.schemas.settings import clusters, parameters

KINDS = ("rule", "deal", "test", "pack", "parameters", "clusters")
DIALECT = "http://json-schema.org/draft-07/schema#"  # what the YAML language server of editors knows best
_ROOT: dict[str, Callable[[Rulebook, Parts], Schema]] = {
    "rule": lambda rulebook, parts: RuleFiles(rulebook, parts).rules(),
    "deal": lambda rulebook, parts: Facts(rulebook.vocabulary, parts).deal(),
    "test": lambda rulebook, parts: Cases(rulebook, parts).cases(),
    "pack": lambda rulebook, parts: RuleFiles(rulebook, parts).pack(),
    "parameters": lambda _, parts: parameters(parts),
    "clusters": lambda _, parts: clusters(parts),
}


def file_schema(kind: str, rulebook: Rulebook, lang: str = BOTH) -> Schema:
    """The JSON Schema of one of `KINDS` of files, with its words in `zh`, `en` or `both`."""
    words = Words(lang)
    fields = (name for entity in rulebook.vocabulary.entities.values() for name in entity.fields)
    parts = Parts(words, [*fields, *rulebook.parameters])
    root = _ROOT[kind](rulebook, parts)
    return {
        "$schema": DIALECT,
        "title": words.say("files", kind),
        **({"allOf": [root]} if "$ref" in root else root),
        "definitions": parts.definitions,
    }


def schema_text(kind: str, rulebook: Rulebook, lang: str = BOTH) -> str:
    """The schema as it is written to a file."""
    return json.dumps(file_schema(kind, rulebook, lang), ensure_ascii=False, indent=2) + "\n"


def file_name(kind: str) -> str:
    """The name of the file that holds a schema."""
    return f"{kind}.schema.json"


def comment_line(place: str) -> str:
    """The line that tells an editor's YAML language server which schema a file follows."""
    return f"# yaml-language-server: $schema={place}"


def guide(places: dict[str, str], lang: str = BOTH) -> str:
    """What to do with schemas that lie at `places` (by kind)."""
    words = Words(lang)
    lines = (f"{words.say('files', kind)}\n  {comment_line(place)}" for kind, place in places.items())
    relative = not all(Path(place).is_absolute() for place in places.values())
    return "\n".join([words.say("command", "line"), *lines, *([words.say("command", "path")] if relative else [])])
