"""Commands that lay the playbook out for reading: graph and docs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from playbook.cli.shared import find_rule, lang_option, load_advisor, rules_option


def _keep_one(ctx: click.Context, _: click.Parameter, value: str) -> str:
    """Keeps the language of messages when the pages are in one language."""
    if value != "both":
        ctx.meta["playbook.lang"] = value
    return value


@click.command("graph")
@click.argument("rule_ids", metavar="[RULE]...", nargs=-1)
@click.option(
    "--format", "form", type=click.Choice(["mermaid", "dot", "svg"]),
    help="Default: what the name after -o says, else mermaid. 输出格式。",
)  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file. 写入文件。")
@click.option(
    "--depth",
    type=click.IntRange(1, 10),
    default=1,
    help="With RULE: how many rules away (default 1). 往外看几层规则。",
)
@lang_option
@rules_option
def rules_graph(rule_ids: tuple[str, ...], form: str | None, output: Path | None, depth: int, **options: Any) -> None:
    """Draw what feeds what: facts, rules, conclusions; RULE narrows to its surroundings. 画规则依赖图。"""
    from playbook.advise.words.wording import Wording
    from playbook.render.docs.graph import draw, graph_around, whole_graph
    from playbook.render.docs.rulepage import RuleReader
    from playbook.workspace import write

    advisor = load_advisor(options)
    reader = RuleReader(advisor.rulebook, Wording(advisor.rulebook.vocabulary, options["lang"], advisor.today))
    rules = [find_rule(advisor, ident) for ident in rule_ids]
    graph = graph_around(reader, rules, depth) if rules else whole_graph(reader)
    endings = {".svg": "svg", ".dot": "dot", ".gv": "dot"}
    text = draw(graph, form or endings.get(output.suffix.lower() if output else "", "mermaid"))
    if output:
        write(output, text)
    else:
        click.echo(text, nl=False)


@click.command("docs")
@click.option(
    "-o", "--output", "folder", required=True, metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the pages. 页面写到哪个文件夹。",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(["md", "html"]), default="md", help="Markdown (default) or a site. 输出格式。"
)
@click.option(
    "--lang", "langs", type=click.Choice(["zh", "en", "both"]), default="both", is_eager=True, callback=_keep_one,
    help="Languages of the pages (default both). 页面语言。",
)  # fmt: skip
@click.option("--check", is_flag=True, help="Write nothing; fail when the folder is out of date. 只检查是否最新。")
@rules_option
def rules_docs(folder: Path, form: str, langs: str, check: bool, **options: Any) -> None:
    """Write the whole playbook as pages to browse. 把全部规则写成可浏览的页面。"""
    from playbook.advise.words.wording import Wording
    from playbook.errors import Finding, Location, PlaybookError
    from playbook.render.docs.pages import leftovers, pages, stale
    from playbook.render.docs.rulepage import RuleReader
    from playbook.workspace import write

    advisor = load_advisor(options)
    vocabulary = advisor.rulebook.vocabulary
    readers = [
        RuleReader(advisor.rulebook, Wording(vocabulary, lang, advisor.today))
        for lang in (("zh", "en") if langs == "both" else (langs,))
    ]
    wanted, words = pages(readers, form), readers[0].words
    if check:
        found = [Finding(code, Location(str(path)), {"folder": str(folder)}) for path, code in stale(folder, wanted)]
        if found:
            raise PlaybookError(found)
        click.echo(words["fresh"].format(folder=folder))
        return
    for name, text in wanted.items():
        write(folder / name, text)
    for path in leftovers(folder, wanted):
        path.unlink()
    click.echo(words["written"].format(n=len(wanted), folder=folder))
