"""`playbook rules diff`: what a change of rules changes in the advice on real deals."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import click

from playbook.cli.shared import as_of_option, lang_option, rules_option


@click.command("diff")
@click.argument("old")
@click.argument("new")
@click.option(
    "--deals",
    "deals",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Deal files or folders of them; may be repeated. 商机文件或文件夹。",
)
@click.option("--for", "audience", type=click.Choice(["rep", "manager", "coach"]), help="Who reads it. 给谁看。")
@click.option("--format", "form", type=click.Choice(["text", "md", "html", "json"]), default="text", help="输出格式。")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file. 写入文件。")
@as_of_option
@lang_option
@rules_option
def rules_diff(old: str, new: str, deals: tuple[Path, ...], output: Path | None, **options: Any) -> None:
    """Show how advice changes between two versions of the rules. 比较两版规则对建议的影响。

    OLD and NEW are each `builtin`, a company pack, a folder of rules, a git revision, or REVISION:PATH.
    """
    from playbook.advise.words.wording import Wording
    from playbook.render.workbench.packdiff import render_diff
    from playbook.workbench.packdiff import compare, read_deals
    from playbook.workbench.versions import find_versions
    from playbook.workspace import write

    day = options["as_of"] or date.today()
    with ExitStack() as stack:
        versions = find_versions(old, new, [Path(pack) for pack in options["packs"]], stack)
        before, after = (version.advisor(day) for version in versions)
        diff = compare(before, after, read_deals(deals, after), options["lang"], options["audience"] or "")
    text = render_diff(diff, (old, new), options["form"], Wording(after.rulebook.vocabulary, options["lang"], day))
    if output is None:
        click.echo(text, nl=False)
    else:
        write(output, text)
        click.echo(str(output))
