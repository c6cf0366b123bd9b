"""`playbook rules check`: what is wrong with rule files, and what a code means."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

import click

from playbook.cli.shared import as_of_option, lang_option, rules_option


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "sarif", "github"]), default="text", help="输出格式。"
)
@click.option("--witness", is_flag=True, help="Also look for rules that can never fire (slow). 逐条试能否触发。")
@click.option("--explain", metavar="CODE", help="Show what a code (or all) means. 解释一个代码。")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file. 写入文件。")
@as_of_option
@lang_option
@rules_option
def rules_check(paths: tuple[Path, ...], output: Path | None, explain: str | None, **options: Any) -> None:
    """Find what is wrong with rule files. 检查规则文件。

    PATHS are packs, rule files or folders; what lies in the built-in pack or a pack given by --rules
    narrows the findings, anything else is checked as a company pack on top.
    """
    from playbook.render.docs.codepages import render_page
    from playbook.render.workbench.findings import render_findings
    from playbook.workbench.audit import audit_paths
    from playbook.workspace import write

    findings = []
    if explain:
        text = render_page(explain, options["lang"])
    else:
        packs = [Path(pack) for pack in options["packs"]]
        day = options["as_of"] or date.today()
        findings = audit_paths(paths, packs, day, options["witness"], sys.stderr.isatty())
        text = render_findings(findings, options["form"], options["lang"])
    if output is None:
        click.echo(text, nl=False)
    else:
        write(output, text)
        click.echo(str(output))
    if findings:
        raise SystemExit(1)
