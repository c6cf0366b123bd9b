"""The command line: reads options, calls the advisor, prints. No logic of its own."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from playbook import __version__
from playbook.errors import PlaybookError, UsageError

if TYPE_CHECKING:
    from playbook.advisor import Advisor
    from playbook.briefing import Briefing
    from playbook.evaluation import Evaluation
    from playbook.explain import Explainer
    from playbook.facts import Deal
    from playbook.rules import Rule

F = TypeVar("F", bound=Callable[..., Any])

_FORMATS = ("text", "md", "html", "json")
_SUFFIXES = {".md": "md", ".html": "html", ".htm": "html", ".json": "json"}
_FALLBACK = {
    "zh": "提示：未能载入 durable_rules，已改用内置匹配器，结果相同（安装方法见 README）。",
    "en": "Note: durable_rules could not be loaded; the built-in matcher gives the same result (see the README).",
}


class _Group(click.Group):
    """Prints findings instead of tracebacks, and exits with the error's code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PlaybookError as error:
            lang = _language(ctx)
            for finding in error.findings:
                click.echo(finding.text(lang), err=True)
            raise SystemExit(error.exit_code) from error
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if os.environ.get("PLAYBOOK_DEBUG"):
                raise
            finding = UsageError("U013", text=f"{type(error).__name__}: {error}").findings[0]
            click.echo(finding.text(_language(ctx)), err=True)
            raise SystemExit(1) from error


def _language(ctx: click.Context) -> str:
    """The language asked for, also when the command failed before its options were kept."""
    chosen = ctx.meta.get("playbook.lang") or os.environ.get("PLAYBOOK_LANG")
    return "en" if chosen == "en" else "zh"


def _keep_language(ctx: click.Context, _: click.Parameter, value: str) -> str:
    ctx.meta["playbook.lang"] = value
    return value


def _as_of(_: click.Context, __: click.Parameter, value: str | None) -> date | None:
    from playbook.values import read_date

    if value is None:
        return None
    day = read_date(value, date.today())
    if day is None:
        raise UsageError("U008", text=value)
    return day


_lang_option = click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", envvar="PLAYBOOK_LANG", is_eager=True,
    callback=_keep_language, help="Language of the output (default zh). 输出语言。",
)  # fmt: skip
_rules_option = click.option(
    "--rules", "packs", multiple=True, metavar="PACK", envvar="PLAYBOOK_RULES",
    help="A company pack on top of the built-in one; may be repeated. 公司规则包。",
)  # fmt: skip


def _evaluation_options(command: F) -> F:
    """The options of every command that evaluates a deal."""
    options = (
        _lang_option,
        _rules_option,
        click.option("--as-of", callback=_as_of, metavar="DATE", help="Day of evaluation (default today). 评估日期。"),
        click.option(
            "--engine", type=click.Choice(["auto", "durable_rules", "reference"]), default="auto",
            help="Rule engine (default durable_rules, where installed). 规则引擎。",
        ),
        click.option(
            "--for", "audience", type=click.Choice(["rep", "manager", "coach"]),
            help="Who reads it (default rep; manager for a team file). 给谁看。",
        ),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="playbook")
def cli() -> None:
    """Next-best-action briefings for key-account sales. 大客户销售的下一步行动简报。"""


def main() -> None:
    """Entry point of the `playbook` command."""
    gc.disable()  # a command lives too short for garbage to matter, and looking for it costs a tenth of its time
    for stream in (sys.stdout, sys.stderr):
        # A console that cannot show a character should show a mark for it, not fail.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    cli()


@cli.command()
@click.argument("deal", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(_FORMATS), help="Default text, or by the suffix of -o. 输出格式。")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file. 写入文件。")
@click.option("--explain", is_flag=True, help="Show rule ids and how each score adds up. 显示得分构成。")
@_evaluation_options
def brief(deal: Path, form: str | None, output: Path | None, explain: bool, **options: Any) -> None:
    """Brief a deal: what to do next, whom to see, what to ask. 生成商机简报。"""
    from playbook.render import render
    from playbook.workspace import write

    briefing = _brief(deal, options)[1]
    form = form or (_SUFFIXES.get(output.suffix.lower()) if output else None) or "text"
    styled = form == "text" and output is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    text = render(briefing, form, explain=explain, styled=styled)
    if output is None:
        click.echo(text, nl=not text.endswith("\n"))
    else:
        write(output, text if text.endswith("\n") else text + "\n")
        click.echo(str(output))


def _advisor(options: dict[str, Any]) -> Advisor:
    from playbook.advisor import Advisor

    advisor = Advisor.load(options["packs"], options.get("as_of"), options.get("engine", "auto"))
    if options.get("engine") == "durable_rules":
        _ = advisor.evaluator
        if advisor.is_fallback:
            raise UsageError("U011")
    return advisor


def _evaluate(path: Path, options: dict[str, Any]) -> tuple[Advisor, Deal, Evaluation]:
    advisor = _advisor(options)
    deal = advisor.read(path)
    evaluation = advisor.evaluate(deal)
    if advisor.is_fallback:
        click.echo(_FALLBACK[options["lang"]], err=True)
    if options["audience"] is None:
        has_deal = evaluation.memory.get(("deal", 0), "stage") is not None
        options["audience"] = "rep" if has_deal else "manager"
    return advisor, deal, evaluation


def _brief(deal: Path, options: dict[str, Any]) -> tuple[Advisor, Briefing, Evaluation]:
    advisor, _, evaluation = _evaluate(deal, options)
    return advisor, advisor.compose(evaluation, options["lang"], options["audience"]), evaluation


@cli.command()
@click.argument("deal", type=click.Path(path_type=Path))
@click.argument("card")
@_evaluation_options
def why(deal: Path, card: str, **options: Any) -> None:
    """Show why a card is on the briefing, down to the stated facts. 为什么有这条建议。"""
    from playbook import report

    advisor, briefing, evaluation = _brief(deal, options)
    explainer = _explainer(advisor, evaluation, options["lang"])
    cards = [c for c in briefing.activations if card in (c.id, c.rule)]
    rule = _rule(advisor, cards[0].rule if cards else card)
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


def _explainer(advisor: Advisor, evaluation: Evaluation, lang: str) -> Explainer:
    from playbook.explain import Explainer
    from playbook.wording import Wording

    return Explainer(advisor.rulebook, evaluation, Wording(advisor.rulebook.vocabulary, lang, advisor.today))


def _rule(advisor: Advisor, name: str) -> Rule:
    from playbook.vocabulary import nearest

    rule = advisor.rulebook.rule_by_id.get(name)
    if rule is None:
        raise UsageError("U006", text=name, near=nearest(name, advisor.rulebook.rule_by_id))
    return rule


@cli.command("why-not")
@click.argument("deal", type=click.Path(path_type=Path))
@click.argument("rule_id", metavar="RULE")
@_evaluation_options
def why_not(deal: Path, rule_id: str, **options: Any) -> None:
    """Show the first condition of a rule that fails, and what would change it. 为什么没有这条建议。"""
    from playbook import report

    advisor, briefing, evaluation = _brief(deal, options)
    rule = _rule(advisor, rule_id)
    explainer = _explainer(advisor, evaluation, options["lang"])
    answer = explainer.why_not(rule)
    click.echo(report.why_not(rule, answer, explainer.w))
    if answer.failure is None:
        click.echo(report.status_line([c for c in briefing.activations if c.rule == rule.id], explainer.w))


@cli.command("what-if")
@click.argument("deal", type=click.Path(path_type=Path))
@click.option(
    "--set", "settings", multiple=True, required=True, metavar="FIELD=VALUE", help="May be repeated. 可多次。"
)
@_evaluation_options
def what_if(deal: Path, settings: tuple[str, ...], **options: Any) -> None:
    """Show how the advice changes when facts change. 假如事实变了，建议怎么变。

    FIELD is deal.stage, stakeholder[NAME].stance or stakeholder[2].stance; names may be labels.
    """
    from playbook import report
    from playbook.whatif import difference, with_settings

    advisor, stated, evaluation = _evaluate(deal, options)
    changed = with_settings(stated, settings, advisor.rulebook.vocabulary)
    before, after = (
        advisor.compose(e, options["lang"], options["audience"]) for e in (evaluation, advisor.evaluate(changed))
    )
    wording = _explainer(advisor, evaluation, options["lang"]).w
    click.echo(report.what_if(settings, difference(before, after), after, wording))


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("playbook-workspace"))
@_lang_option
def init(folder: Path, lang: str) -> None:
    """Make a workspace with example deals and an empty company pack. 新建工作区。"""
    from playbook.workspace import create

    for path in create(folder):
        click.echo(str(path))


@cli.group()
def rules() -> None:
    """Look at the rules. 查看规则。"""


@rules.command("list")
@click.argument("word", required=False, default="")
@_lang_option
@_rules_option
def rules_list(word: str, **options: Any) -> None:
    """List rules: id, kind, title, place; WORD narrows to ids, titles and sources. 列出规则。"""
    from playbook import report
    from playbook.wording import Wording

    advisor = _advisor(options)
    wanted = word.lower()
    found = [
        rule
        for rule in advisor.rulebook.rules
        if wanted in " ".join([rule.id, rule.title.zh, rule.title.en, *rule.source, str(rule.at)]).lower()
    ]
    click.echo(report.rule_table(found, Wording(advisor.rulebook.vocabulary, options["lang"], advisor.today)))


@rules.command("show")
@click.argument("rule_id", metavar="RULE")
@_lang_option
@_rules_option
def rules_show(rule_id: str, **options: Any) -> None:
    """Show a rule in plain words. 用大白话显示一条规则。"""
    from playbook import report
    from playbook.wording import Wording

    advisor = _advisor(options)
    wording = Wording(advisor.rulebook.vocabulary, options["lang"], advisor.today)
    click.echo(report.rule_page(_rule(advisor, rule_id), advisor.rulebook, wording))


@rules.command("sources")
@click.argument("word", required=False, default="")
@_lang_option
@_rules_option
def rules_sources(word: str, **options: Any) -> None:
    """Show which rules encode which tactic of which document; WORD narrows. 文档、打法与规则对照。"""
    from playbook import report
    from playbook.wording import Wording

    advisor = _advisor(options)
    wording = Wording(advisor.rulebook.vocabulary, options["lang"], advisor.today)
    click.echo(report.source_table(advisor.rulebook, wording, word))


@rules.command("facts")
@_lang_option
@_rules_option
def rules_facts(**options: Any) -> None:
    """List every field a deal file and a rule may use. 列出全部字段。"""
    from playbook import report

    click.echo(report.field_table(_advisor(options).rulebook.vocabulary))


@cli.command()
def schema() -> None:
    """Print the JSON Schema of `brief --format json`. 输出简报 JSON 的结构定义。"""
    import json

    from playbook.schema import briefing_schema

    click.echo(json.dumps(briefing_schema(), ensure_ascii=False, indent=2))
