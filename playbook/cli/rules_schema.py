"""The command that gives editors the JSON Schemas of rule files, deal files and their company."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from playbook.cli.shared import load_advisor, rules_option
from playbook.render.schemas import KINDS


def _keep_language(ctx: click.Context, _: click.Parameter, value: str) -> str:
    ctx.meta["playbook.lang"] = value
    return value


@click.command("schema")
@click.argument("kind", required=False, type=click.Choice(KINDS))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, file_okay=False),
    help="Write the schema, or those of all kinds, into a folder. 写入文件夹；不写类别就全部写。",
)  # fmt: skip
@click.option(
    "--lang", type=click.Choice(["zh", "en", "both"]), default="both", envvar="PLAYBOOK_LANG", is_eager=True,
    callback=_keep_language, help="Language of the descriptions (default both). 说明文字的语言。",
)  # fmt: skip
@rules_option
def rules_schema(kind: str | None, output: Path | None, lang: str, **options: Any) -> None:
    """Print the JSON Schema of a KIND of file (default rule), for completion and checks in an editor.

    供编辑器提示和检查用的 JSON Schema。
    """
    from playbook.render.schemas import file_name, guide, schema_text
    from playbook.workspace import write

    rulebook = load_advisor(options).rulebook
    if output is None:
        click.echo(schema_text(kind or KINDS[0], rulebook, lang), nl=False)
        return
    places = {each: output / file_name(each) for each in ([kind] if kind else KINDS)}
    for each, path in places.items():
        write(path, schema_text(each, rulebook, lang))
        click.echo(str(path))
    click.echo(guide({each: path.as_posix() for each, path in places.items()}, lang))
