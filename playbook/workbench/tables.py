"""Which rules a command means, by id, file or place; and a decision table checked against the playbook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from playbook.check.names import check_rulebook
from playbook.errors import Finding, Location, RuleError, UsageError
from playbook.load.rulefile import read_rules
from playbook.model.rulebook import Rulebook, is_table
from playbook.model.rules import Rule
from playbook.model.rulestore import RuleStore


def rules_by_place(rulebook: Rulebook, wanted: Iterable[str]) -> dict[str, list[Rule]]:
    """The rules that `wanted` names, by the name of their file; those named by id under an empty name.

    A file is a path, or a place as findings show it (`rules/gates/gates.yaml`; `rules/gates` for all in
    that folder). Raises `UsageError` for what names nothing, `RuleError` for a file that cannot be read.
    """
    groups: dict[str, dict[str, Rule]] = {}
    for text in wanted:
        if text in rulebook.rule_by_id:
            groups.setdefault("", {})[text] = rulebook.rule_by_id[text]
        elif Path(text).is_file():
            groups.setdefault(text, {}).update((rule.id, rule) for rule in _read(Path(text), rulebook))
        else:
            place = text.rstrip("/")
            found = [r for r in rulebook.rules if r.at.file == place or r.at.file.startswith(f"{place}/")]
            if not found:
                raise UsageError("T020", text=text)
            for rule in sorted(found, key=lambda rule: (rule.at.file, rule.at.sheet, rule.at)):
                groups.setdefault(rule.at.file, {})[rule.id] = rule
    stems = Counter(Path(file).stem for file in groups)
    return {_name(Path(file), stems): list(rules.values()) for file, rules in groups.items()}


def _name(file: Path, stems: Counter[str]) -> str:
    """The name of a file's table: with its folder where another file has the same name."""
    return f"{file.parent.name}-{file.stem}" if stems[file.stem] > 1 else file.stem


def import_table(path: Path, rulebook: Rulebook) -> list[Rule]:
    """The rules of a decision table, checked as if they stood in the rulebook. Raises `RuleError`."""
    if not is_table(path):
        raise RuleError([Finding("T003", Location(str(path)))])
    rules = _read(path, rulebook)
    store = RuleStore({**rulebook.rule_by_id, **{rule.id: rule for rule in rules}}.values())
    if findings := check_rulebook(replace(rulebook, rule_by_id=store)):
        raise RuleError(findings)
    return rules


def _read(path: Path, rulebook: Rulebook) -> list[Rule]:
    findings: list[Finding] = []
    rules = read_rules(path, rulebook.vocabulary, "", findings.append)
    first: dict[str, Rule] = {}
    again = [rule for rule in rules if first.setdefault(rule.id, rule) is not rule]
    findings += [Finding("R043", rule.at, {"id": rule.id, "other": str(first[rule.id].at)}) for rule in again]
    if findings:
        raise RuleError(findings)
    return rules
