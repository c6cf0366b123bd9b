"""What changed in the built-in pack beneath a company pack's changes.

A pack keeps a copy of every built-in rule that it replaces, disables or restricts in `base.lock`, as
the rule was when the change was made. Against it the built-in pack of today is compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path
from typing import NamedTuple

from playbook.errors import Finding, RuleError, UsageError
from playbook.load.packs import build_rulebook
from playbook.load.rulefile import read_rules
from playbook.load.writing.rulefile import rules_text
from playbook.model.rulebook import Change, Rulebook
from playbook.model.rules import Rule
from playbook.model.vocabulary import Vocabulary
from playbook.workspace import write

LOCK = "base.lock"
_HEAD = """\
# The built-in rules that this pack changes, as they were when it changed them. Written by `playbook rules upgrade`;
# keep it beside pack.yaml. 本规则包改动过的内置规则在改动时的原文，由 playbook rules upgrade 维护。
"""


class Beneath(NamedTuple):
    """One change of the pack: the built-in rule as it was, as it is (None: gone), and the pack's own (None: disabled).

    `was` is None when the lock does not hold the rule yet.
    """

    change: Change
    was: Rule | None
    now: Rule | None
    own: Rule | None

    @property
    def is_changed(self) -> bool:
        """Whether the built-in rule is another one now than when the pack changed it."""
        if self.was is None or self.now is None:
            return self.was is not self.now
        return self.was.substance != self.now.substance


def beneath(pack: Path, built_in: Rulebook) -> list[Beneath]:
    """Every change of a pack, with what stands beneath it. Raises `RuleError`, or `UsageError` for no pack."""
    if not pack.is_dir():
        raise UsageError("U017", text=str(pack))
    findings: list[Finding] = []
    ours = build_rulebook([pack], findings.append)
    locked = _locked(pack, built_in, findings)
    if any(finding.severity == "error" for finding in findings):
        raise RuleError(findings)
    return [_beneath(change, built_in, ours, locked) for change in ours.changes]


def _beneath(change: Change, built_in: Rulebook, ours: Rulebook, locked: dict[str, Rule]) -> Beneath:
    own = ours.rule_by_id.get(change.by or change.rule) if change.kind != "disable" else None
    return Beneath(change, locked.get(change.rule), built_in.rule_by_id.get(change.rule), own)


def _locked(pack: Path, built_in: Rulebook, findings: list[Finding]) -> dict[str, Rule]:
    path = pack / LOCK
    if not path.is_file():
        return {}
    return {rule.id: rule for rule in read_rules(path, built_in.vocabulary, "", findings.append)}


def write_lock(pack: Path, changes: list[Beneath], vocabulary: Vocabulary) -> Path:
    """Takes the built-in rules as they are now for what the pack's changes rest on."""
    rules = {each.now.id: each.now for each in changes if each.now is not None}
    write(pack / LOCK, _HEAD + rules_text((rules[ident] for ident in sorted(rules)), vocabulary))
    return pack / LOCK


def lines_changed(old: str, new: str) -> Iterator[str]:
    """The lines that differ, with a few around them, marked `-` and `+`."""
    for line in list(unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=1))[2:]:
        if not line.startswith("@@"):
            yield line
