"""The command that imports CRM exports."""

from __future__ import annotations

import sys
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from playbook.cli.shared import as_of_option, lang_option
from playbook.errors import UsageError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--map", "map_name", default="", metavar="MAP", help="salesforce, hubspot, chinese, or a map file. 映射。"
)
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the deal files. 商机文件目录。",
)
@click.option("--update", is_flag=True, help="Merge into deal files that are there. 合并更新已有的商机文件。")
@click.option(
    "--save-map",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the proposed map to a file. 写出推测的映射。",
)
@click.option(
    "--rate",
    "rates",
    multiple=True,
    metavar="USD=7.12",
    help="Yuan for one unit of a currency; may be repeated. 汇率。",
)
@click.option(
    "--currency", default="", metavar="CODE", help="Currency of amounts that name none (default CNY). 未注明的币种。"
)
@click.option("--dates", "order", type=click.Choice(["mdy", "dmy"]), help="How to read 3/4/2026. 日期中月、日的先后。")
@click.option("--sheet", default="", metavar="NAME", help="Sheet of a workbook (default the first). 工作表。")
@click.option("--encoding", default="", metavar="NAME", help="Encoding of a csv file (default found out). 编码。")
@click.option("--labels", is_flag=True, help="Write field labels instead of names. 用字段的中文或英文标签作键。")
@as_of_option
@lang_option
def import_(file: Path, map_name: str, folder: Path | None, save_map: Path | None, **options: Any) -> None:
    """Turn a CRM export (csv, xlsx) into deal files. 把 CRM 导出变成商机文件。

    Without --map, a map is proposed from the headings and the content, and nothing is imported.
    """
    from playbook.load.crm.crmdata import shipped_maps

    options["as_of"] = options["as_of"] or date.today()
    if not map_name and folder is None:
        _propose(file, save_map, options)
    elif map_name and folder is not None and save_map is None:
        _import(file, map_name, folder, options)
    else:
        raise UsageError("I061", names=", ".join(shipped_maps()))


def _propose(file: Path, save_map: Path | None, options: dict[str, Any]) -> None:
    from playbook.load.crm.guess import propose
    from playbook.load.crm.guesstext import map_text
    from playbook.render.deals.guess import proposal_page
    from playbook.workspace import write

    vocabulary = _vocabulary()
    proposal = propose(file, vocabulary, options["sheet"], options["encoding"])
    if save_map is not None:
        if save_map.exists():
            raise UsageError("I062", text=str(save_map))
        write(save_map, map_text(proposal, vocabulary, options["lang"], options["as_of"]))
    click.echo(proposal_page(proposal, vocabulary, options["lang"], save_map))


def _import(file: Path, map_name: str, folder: Path, options: dict[str, Any]) -> None:
    from playbook.load.crm.mapfile import read_rate
    from playbook.load.crm.run import Request, import_file
    from playbook.render.deals.importing import summary

    vocabulary = _vocabulary()
    with _Bar() as bar:
        request = Request(
            file, map_name, folder, options["as_of"], options["lang"], options["update"], options["labels"],
            options["sheet"], options["encoding"], options["order"] or "", options["currency"].upper(),
            dict(read_rate(rate) for rate in options["rates"]), bar.show,
        )  # fmt: skip
        imported = import_file(request, vocabulary)
    click.echo(summary(imported, vocabulary))
    if imported.problems.rejects:
        raise SystemExit(1)


def _vocabulary() -> Any:
    import yaml

    from playbook.model.vocabulary import build_vocabulary
    from playbook.resources import data_text

    loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return build_vocabulary(yaml.load(data_text("vocabulary.yaml"), Loader=loader))  # noqa: S506 - both are safe


class _Bar:
    """A progress bar on a terminal, once the work has taken a second."""

    def __init__(self) -> None:
        self.start = time.monotonic()
        self.bar: Progress | None = None
        self.task: TaskID | None = None
        self.wanted = sys.stdout.isatty() and sys.stderr.isatty()

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()

    def show(self, done: int, total: int) -> None:
        if not self.wanted or time.monotonic() - self.start < 1:
            return
        if self.bar is None:
            from rich.console import Console
            from rich.progress import Progress

            self.bar = Progress(console=Console(stderr=True), transient=True)
            self.bar.start()
            self.task = self.bar.add_task("", total=total)
        if self.task is not None:
            self.bar.update(self.task, completed=done)
