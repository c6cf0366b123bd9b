"""`playbook rules table`: rules as decision tables in Excel or CSV, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from playbook.cli.shared import lang_option, load_advisor, rules_option
from playbook.errors import UsageError


@click.group("table")
def table() -> None:
    """Rules as decision tables in Excel or CSV. 用 Excel 或 CSV 决策表写规则。"""


@table.command("export")
@click.argument("names", metavar="ID_OR_FILE...", nargs=-1, required=True)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True,
    help="The .xlsx or .csv file to write. 要写的文件。",
)  # fmt: skip
@lang_option
@rules_option
def table_export(names: tuple[str, ...], output: Path, lang: str, **options: Any) -> None:
    """Write rules as decision tables, one sheet a file. 把规则导出成决策表。

    ID_OR_FILE is a rule id, a rule file, or a place of the built-in rules such as rules/gates.
    """
    from playbook.load.tables.columns import table_word
    from playbook.render.tables.export import export_tables, table_files
    from playbook.workbench.tables import rules_by_place
    from playbook.workspace import write

    rulebook = load_advisor(options).rulebook
    export = export_tables(rules_by_place(rulebook, names), rulebook, lang)
    for path, content in table_files(export, output, rulebook, lang).items():
        write(path, content)
        click.echo(str(path))
    for each in export.tables:
        click.echo("  " + table_word("written", lang).format(file=each.name, rules=len(each.cells)))
    for finding in export.left_out:
        click.echo(finding.text(lang), err=True)


@table.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
    help="The rule file to write; without it the table is only checked. 要写的规则文件；不写则只检查。",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Overwrite the rule file. 覆盖已有文件。")
@lang_option
@rules_option
def table_import(file: Path, output: Path | None, force: bool, lang: str, **options: Any) -> None:
    """Check a decision table, and write it as a rule file. 检查决策表，或转成规则文件。

    A table in a pack folder needs no import: it is read like any rule file.
    """
    from playbook.load.tables.columns import table_word
    from playbook.load.writing.rulefile import rules_text
    from playbook.workbench.tables import import_table
    from playbook.workspace import write

    rulebook = load_advisor(options).rulebook
    rules = import_table(file, rulebook)
    click.echo(table_word("checked", lang).format(file=file, rules=len(rules)))
    if known := sum(rule.id in rulebook.rule_by_id for rule in rules):
        click.echo(table_word("known", lang).format(rules=known), err=True)
    if output is not None:
        if output.exists() and not force:
            raise UsageError("T021", text=str(output))
        write(output, rules_text(rules, rulebook.vocabulary))
        click.echo(str(output))
