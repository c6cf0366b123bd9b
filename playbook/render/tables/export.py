"""Rules exported as decision tables: the tables, and the files that hold them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from playbook.errors import Finding, RuleError, UsageError
from playbook.load.tables.columns import Columns, table_word
from playbook.model.rulebook import Rulebook
from playbook.model.rules import Rule
from playbook.model.vocabulary import Lang
from playbook.render.tables.sheet import RuleTable, rule_table
from playbook.render.tables.workbook import csv_bytes, workbook_bytes


class Export(NamedTuple):
    """Tables to write, and a warning for every rule that none of them holds."""

    tables: tuple[RuleTable, ...]
    left_out: tuple[Finding, ...]


def export_tables(rules_by_name: dict[str, list[Rule]], rulebook: Rulebook, lang: Lang) -> Export:
    """One table for each name. Raises `RuleError` when no rule can be a row."""
    tables, left_out = [], []
    for name, rules in rules_by_name.items():
        table, missing = rule_table(name or table_word("rules", lang), rules, rulebook.vocabulary, lang)
        left_out += missing
        if table.cells:
            tables.append(table)
    if not tables:
        raise RuleError(left_out)
    return Export(tuple(tables), tuple(left_out))


def table_files(export: Export, output: Path, rulebook: Rulebook, lang: Lang) -> dict[Path, bytes]:
    """The files to write: one workbook, or a CSV file for each table. Raises `UsageError`."""
    columns = Columns(rulebook.vocabulary)
    suffix = output.suffix.lower()
    if suffix == ".xlsx":
        return {output: workbook_bytes(export.tables, columns, rulebook.clusters, lang)}
    if suffix != ".csv":
        raise UsageError("T003")
    if len(export.tables) == 1:
        return {output: csv_bytes(export.tables[0], columns, lang)}
    names: Counter[str] = Counter()
    files = {}
    for table in export.tables:
        names[table.name] += 1
        number = f"-{names[table.name]}" if names[table.name] > 1 else ""
        path = output.with_name(f"{output.stem}-{table.name}{number}{output.suffix}")
        files[path] = csv_bytes(table, columns, lang)
    return files
