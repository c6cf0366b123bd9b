"""The rulebook: rules, parameters, clusters and the index of tactics, and the files they come from."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

from playbook import __version__
from playbook.model.rules import Rule
from playbook.model.rulestore import RuleStore
from playbook.model.unary import Scope
from playbook.model.vocabulary import NOTHING, Text, Vocabulary
from playbook.resources import data_text, rules_folder

TABLES = (".xlsx", ".csv", ".xls", ".xlsm", ".et")  # the last three are told to be saved as .xlsx


class Parameter(NamedTuple):
    name: str
    value: float
    label: Text
    law: Text = NOTHING


class Cluster(NamedTuple):
    """Cards that say similar things; a briefing shows the best `limit` of them."""

    name: str
    label: Text
    limit: int


class Tactic(NamedTuple):
    """An entry of the catalogue: where in which document it stands."""

    id: str
    document: Text
    number: str
    section: Text
    kind: str


class Change(NamedTuple):
    """What a company pack did to a rule: replaced (`by` another), disabled or restricted it, and why."""

    rule: str
    kind: str
    pack: str
    reason: Text
    by: str = ""


@dataclass(frozen=True)
class Rulebook:
    vocabulary: Vocabulary
    rule_by_id: RuleStore
    parameters: dict[str, Parameter]
    clusters: dict[str, Cluster]
    tactics: dict[str, Tactic]
    changes: tuple[Change, ...] = ()
    digest: str = ""

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(self.rule_by_id.values())

    def in_force(self, today: date) -> list[Rule]:
        """The rules that count on that day."""
        return [self.rule_by_id[ident] for ident in self.rule_by_id.in_force(today)]

    def scope(self, today: date) -> Scope:
        return Scope(today, {name: p.value for name, p in self.parameters.items()})


def source_files(packs: Iterable[Path] = ()) -> list[tuple[Path, Path]]:
    """Every file that a rulebook is made of, as (pack folder, file), the built-in pack first."""
    found = []
    for folder in (rules_folder(), *packs):
        files = [folder] if folder.is_file() else map(Path, sorted(_sources(folder)))
        found += [(folder, file) for file in files]
    return found


def _sources(folder: Path) -> Iterator[str]:
    for place, _, names in os.walk(folder):
        yield from (f"{place}{os.sep}{name}" for name in names if _is_source(name))


def is_table(path: Path) -> bool:
    """Whether a file is a decision table, also one in a form that only its findings speak of."""
    return path.suffix.lower() in TABLES


def is_table_name(file: str) -> bool:
    """Whether a rule's place is a decision table."""
    return file.lower().endswith(TABLES)


def _is_source(name: str) -> bool:
    # `~$` marks the lock that Excel leaves beside an open file, a dot what systems hide.
    if name.endswith((".yaml", ".yml")):
        return not name.endswith((".test.yaml", ".test.yml"))
    return is_table_name(name) and not name.startswith((".", "~$"))


def file_of(rule: Rule) -> Path:
    """The file that a rule stands in (findings show those of the built-in pack as `rules/…`)."""
    return (Path(rule.at.file) if rule.pack else rules_folder().parent / rule.at.file).resolve()


def digest_of(packs: Iterable[Path] = ()) -> str:
    """A hash of everything a rulebook is made of, to key caches and logs."""
    digest = hashlib.sha256(__version__.encode())
    digest.update(data_text("vocabulary.yaml").encode())
    for folder, file in source_files(packs):
        digest.update(f"\0{file.relative_to(folder) if file != folder else file.name}\0".encode())
        try:
            digest.update(file.read_bytes())
        except OSError:
            digest.update(b"\0unreadable")
    return digest.hexdigest()
