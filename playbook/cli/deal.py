"""Commands on one deal: brief, why, why-not, what-if."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from playbook.cli.memory import remembered_brief
from playbook.cli.shared import evaluate_file, evaluation_options, explainer_of, find_rule
from playbook.errors import UsageError

if TYPE_CHECKING:
    from playbook.advise.briefing import Briefing

_FORMATS = ("text", "md", "html", "json", "pdf", "docx")
_SUFFIXES = {".md": "md", ".html": "html", ".htm": "html", ".json": "json", ".pdf": "pdf", ".docx": "docx"}
_SHEETS = ("pdf", "docx")


@click.command()
@click.argument("deal", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(_FORMATS), help="Default text, or by the suffix of -o. 输出格式。")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file. 写入文件。")
@click.option("--explain", is_flag=True, help="Show rule ids and how each score adds up. 显示得分构成。")
@click.option(
    "--template", type=click.Path(path_type=Path, dir_okay=False),
    help="A .docx with your own styles, for Word files. 自定样式的 Word 模板。",
)  # fmt: skip
@evaluation_options
def brief(
    deal: Path, form: str | None, output: Path | None, explain: bool, template: Path | None, **options: Any
) -> None:
    """Brief a deal: what to do next, whom to see, what to ask. 生成商机简报。"""
    from playbook.render.briefing import render
    from playbook.workspace import write

    form = form or (_SUFFIXES.get(output.suffix.lower()) if output else None) or "text"
    if template and form != "docx":
        raise UsageError("S007")
    if form in _SHEETS and output is None:
        raise UsageError("S004", text=form)
    briefing = remembered_brief(deal, options, keep=True)[1]
    if form in _SHEETS and output:
        write(output, _sheet(briefing, form, explain, template))
        click.echo(str(output))
        return
    styled = form == "text" and output is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    text = render(briefing, form, explain=explain, styled=styled)
    if output is None:
        click.echo(text, nl=not text.endswith("\n"))
    else:
        write(output, text if text.endswith("\n") else text + "\n")
        click.echo(str(output))


def _sheet(briefing: Briefing, form: str, explain: bool, template: Path | None) -> bytes:
    """The sheet as a file to print or to edit."""
    if form == "pdf":
        from playbook.render.sheet.pdf import pdf

        return pdf(briefing, explain)
    from playbook.render.sheet.docx import docx

    return docx(briefing, explain, template)


@click.command()
@click.argument("deal", type=click.Path(path_type=Path))
@click.argument("card")
@evaluation_options
def why(deal: Path, card: str, **options: Any) -> None:
    """Show why a card is on the briefing, down to the stated facts. 为什么有这条建议。"""
    from playbook.render import report

    advisor, briefing, evaluation = remembered_brief(deal, options)
    explainer = explainer_of(advisor, evaluation, options["lang"])
    cards = [c for c in briefing.activations if card in (c.id, c.rule)]
    rule = find_rule(advisor, cards[0].rule if cards else card)
    activations = [a for a in evaluation.activations if a.rule == rule.id]
    if not activations:
        raise UsageError("U007", text=rule.id)
    if card != rule.id:
        idents = {a: explainer.ident(a) for a in activations}
        activations = [a for a, i in idents.items() if card == i or card.startswith((f"{i}/", f"{i}~"))]
    click.echo(report.sources(rule, advisor.rulebook, explainer.w))
    for activation in activations:
        click.echo(report.tree(explainer.why(activation)))
    click.echo(report.status_line(cards, explainer.w))


@click.command("why-not")
@click.argument("deal", type=click.Path(path_type=Path))
@click.argument("rule_id", metavar="RULE")
@evaluation_options
def why_not(deal: Path, rule_id: str, **options: Any) -> None:
    """Show the first condition of a rule that fails, and what would change it. 为什么没有这条建议。"""
    from playbook.render import report

    advisor, briefing, evaluation = remembered_brief(deal, options)
    rule = find_rule(advisor, rule_id)
    explainer = explainer_of(advisor, evaluation, options["lang"])
    answer = explainer.why_not(rule)
    click.echo(report.why_not(rule, answer, explainer.w))
    if answer.failure is None:
        click.echo(report.status_line([c for c in briefing.activations if c.rule == rule.id], explainer.w))


@click.command("what-if")
@click.argument("deal", type=click.Path(path_type=Path))
@click.option(
    "--set", "settings", multiple=True, required=True, metavar="FIELD=VALUE", help="May be repeated. 可多次。"
)
@evaluation_options
def what_if(deal: Path, settings: tuple[str, ...], **options: Any) -> None:
    """Show how the advice changes when facts change. 假如事实变了，建议怎么变。

    FIELD is deal.stage, stakeholder[NAME].stance or stakeholder[2].stance; names may be labels.
    """
    from playbook.advise.difference import difference
    from playbook.load.supposition import with_settings
    from playbook.render import report

    advisor, stated, evaluation = evaluate_file(deal, options)
    changed = with_settings(stated, settings, advisor.rulebook.vocabulary)
    before, after = (
        advisor.compose(e, options["lang"], options["audience"]) for e in (evaluation, advisor.evaluate(changed))
    )
    wording = explainer_of(advisor, evaluation, options["lang"]).w
    click.echo(report.what_if(settings, difference(before, after), after, wording))
