"""`playbook pipeline`: the weekly review over a folder of deals."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from playbook.cli.shared import as_of_option, lang_option, load_advisor, rules_option
from playbook.errors import UsageError

if TYPE_CHECKING:
    from playbook.advise.pipeline.review import Reviewed

_FORMATS = ("text", "html", "xlsx", "json")


@click.command("pipeline")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DIR...")
@click.option("--rep", default="", metavar="NAME", help="Only this rep's deals. 只看这名销售。")
@click.option("--format", "form", type=click.Choice(_FORMATS), help="Default text, or what -o ends in. 输出格式。")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file. 写入文件。")
@as_of_option
@lang_option
@rules_option
def pipeline(folders: tuple[Path, ...], rep: str, form: str | None, output: Path | None, **options: Any) -> None:
    """Review the deals of a folder: funnel, coverage, forecast, stalled deals. 商机文件夹的销售漏斗周会。"""
    from playbook.advise.pipeline.build import pipeline as review_of
    from playbook.advise.pipeline.build import reps_of
    from playbook.model.vocabulary import nearest
    from playbook.render.pipeline.review import render_pipeline
    from playbook.render.pipeline.workbook import pipeline_workbook
    from playbook.workbench.packdiff import read_deals
    from playbook.workbench.pipeline import reviews
    from playbook.workspace import write

    form = form or _format_of(output)
    if form == "xlsx" and output is None:
        raise UsageError("S004", text="xlsx")
    advisor = load_advisor({**options, "engine": "reference"})
    deals = read_deals(folders, advisor)
    reviewed = list(_with_bar(reviews(deals, advisor, options["lang"]), len(deals)))
    if rep and rep not in (names := reps_of(reviewed, advisor.rulebook)):
        raise UsageError("U030", text=rep, near=nearest(rep, names))
    review = review_of(reviewed, advisor.rulebook, options["lang"], advisor.today, rep)
    vocabulary = advisor.rulebook.vocabulary
    if form == "xlsx":
        content: str | bytes = pipeline_workbook(review, vocabulary)
    else:
        styled = output is None and form == "text" and sys.stdout.isatty()
        content = render_pipeline(review, form, vocabulary, styled=styled)
    if output is None:
        click.echo(content, nl=False)
    else:
        write(output, content)
        click.echo(str(output))


def _format_of(output: Path | None) -> str:
    """What the file's name asks for; text where it asks for nothing."""
    suffix = output.suffix.lower().removeprefix(".") if output else ""
    return suffix if suffix in _FORMATS else "text"


def _with_bar(reviewed: Iterable[Reviewed], total: int) -> Iterator[Reviewed]:
    """Shows how far it is when it takes more than a second and somebody looks on."""
    if not sys.stderr.isatty():
        yield from reviewed
        return
    from rich.console import Console
    from rich.progress import Progress

    start = time.monotonic()
    with Progress(console=Console(stderr=True), transient=True, disable=False) as bar:
        task = bar.add_task("", total=total, visible=False)
        for each in reviewed:
            bar.update(task, advance=1, visible=time.monotonic() - start > 1)
            yield each
