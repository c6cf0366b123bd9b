"""Commands that need no deal: init, schema."""

from __future__ import annotations

from pathlib import Path

import click

from playbook.cli.shared import lang_option


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("playbook-workspace"))
@lang_option
def init(folder: Path, lang: str) -> None:
    """Make a workspace with example deals and an empty company pack. 新建工作区。"""
    from playbook.workspace import create

    for path in create(folder):
        click.echo(str(path))


@click.command()
def schema() -> None:
    """Print the JSON Schema of `brief --format json`. 输出简报 JSON 的结构定义。"""
    import json

    from playbook.render.schema import briefing_schema

    click.echo(json.dumps(briefing_schema(), ensure_ascii=False, indent=2))
