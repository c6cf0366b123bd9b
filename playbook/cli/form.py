"""`playbook form`: a deal as an Excel form to fill in, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from playbook.cli.shared import as_of_option, lang_option
from playbook.errors import UsageError


@click.group("form")
def form() -> None:
    """A deal as an Excel form. 用 Excel 表填商机。"""


@form.command("export")
@click.argument("deal", type=click.Path(path_type=Path), required=False)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True,
    help="The .xlsx file to write. 要写的表格。",
)  # fmt: skip
@lang_option
@as_of_option
def form_export(deal: Path | None, output: Path, lang: str, **options: Any) -> None:
    """Write a form to fill in, with what DEAL states. 导出表格，可带上已知内容。"""
    from playbook.load.interview.form import form_word
    from playbook.render.deals.form import form_bytes
    from playbook.workspace import write

    if output.suffix.lower() != ".xlsx":
        raise UsageError("F014", text=str(output))
    vocabulary, today = _vocabulary(), _today(options)
    known = None
    if deal is not None:
        from playbook.load.deal import read_deal

        known = read_deal(deal, vocabulary, today)
    write(output, form_bytes(vocabulary, lang, known))
    click.echo(form_word("words", "exported").get(lang).format(file=output))


@form.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True,
    help="The deal file to write. 要写的商机文件。",
)  # fmt: skip
@click.option("--update", is_flag=True, help="Put what differs into a file that is there. 并入已有的商机文件。")
@lang_option
@as_of_option
def form_import(file: Path, output: Path, update: bool, lang: str, **options: Any) -> None:
    """Check a filled-in form and write the deal file. 检查填好的表格，写成商机文件。"""
    from playbook.load.interview.form import form_word, merged_text, new_text, read_form
    from playbook.workspace import write

    if output.exists() and not update:
        raise UsageError("F015", text=str(output))
    vocabulary = _vocabulary()
    deal = read_form(file, vocabulary, _today(options))
    if not output.exists():
        write(output, new_text(deal, vocabulary))
        count = sum(fact.item[0] != "visit" for fact in deal.facts) + sum(map(len, deal.visits))
        click.echo(form_word("words", "made").get(lang).format(file=output, n=count))
        return
    before, after, count = merged_text(output, deal, vocabulary)
    if after == before:
        click.echo(form_word("words", "same").get(lang).format(file=output))
        return
    write(output, after)
    click.echo(form_word("words", "updated").get(lang).format(file=output, n=count))


def _vocabulary() -> Any:
    from playbook.advisor import Advisor

    return Advisor.load().rulebook.vocabulary


def _today(options: dict[str, Any]) -> Any:
    from datetime import date

    return options["as_of"] or date.today()
