"""What commands share: options, and the way from them to an advisor, a deal and an evaluation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from playbook.errors import UsageError

if TYPE_CHECKING:
    from playbook.advise.briefing import Briefing
    from playbook.advise.explain import Explainer
    from playbook.advisor import Advisor
    from playbook.evaluate.evaluation import Evaluation
    from playbook.model.facts import Deal
    from playbook.model.rules import Rule

F = TypeVar("F", bound=Callable[..., Any])

_FALLBACK = {
    "zh": "提示：未能载入 durable_rules，已改用内置匹配器，结果相同（安装方法见 README）。",
    "en": "Note: durable_rules could not be loaded; the built-in matcher gives the same result (see the README).",
}


def _keep_language(ctx: click.Context, _: click.Parameter, value: str) -> str:
    ctx.meta["playbook.lang"] = value
    return value


def read_day(_: click.Context, __: click.Parameter, value: str | None) -> date | None:
    """The day that an option gives. Raises `UsageError`."""
    from playbook.model.values import read_date

    if value is None:
        return None
    day = read_date(value, date.today())
    if day is None:
        raise UsageError("U008", text=value)
    return day


lang_option = click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", envvar="PLAYBOOK_LANG", is_eager=True,
    callback=_keep_language, help="Language of the output (default zh). 输出语言。",
)  # fmt: skip
rules_option = click.option(
    "--rules", "packs", multiple=True, metavar="PACK", envvar="PLAYBOOK_RULES",
    help="A company pack on top of the built-in one; may be repeated. 公司规则包。",
)  # fmt: skip


as_of_option = click.option(
    "--as-of", callback=read_day, metavar="DATE", help="Day of evaluation (default today). 评估日期。"
)


def evaluation_options(command: F) -> F:
    """The options of every command that evaluates a deal."""
    options = (
        lang_option,
        rules_option,
        as_of_option,
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


def load_advisor(options: dict[str, Any]) -> Advisor:
    from playbook.advisor import Advisor

    advisor = Advisor.load(options["packs"], options.get("as_of"), options.get("engine", "auto"))
    if options.get("engine") == "durable_rules":
        _ = advisor.evaluator
        if advisor.is_fallback:
            raise UsageError("U011")
    return advisor


def evaluate_file(path: Path, options: dict[str, Any]) -> tuple[Advisor, Deal, Evaluation]:
    from playbook.advisor import audience_of

    advisor = load_advisor(options)
    deal = advisor.read(path)
    evaluation = advisor.evaluate(deal)
    if advisor.is_fallback:
        click.echo(_FALLBACK[options["lang"]], err=True)
    if options["audience"] is None:
        options["audience"] = audience_of(deal)
    return advisor, deal, evaluation


def brief_file(deal: Path, options: dict[str, Any]) -> tuple[Advisor, Briefing, Evaluation]:
    advisor, _, evaluation = evaluate_file(deal, options)
    return advisor, advisor.compose(evaluation, options["lang"], options["audience"]), evaluation


def explainer_of(advisor: Advisor, evaluation: Evaluation, lang: str) -> Explainer:
    from playbook.advise.explain import Explainer
    from playbook.advise.words.wording import Wording

    return Explainer(advisor.rulebook, evaluation, Wording(advisor.rulebook.vocabulary, lang, advisor.today))


def find_rule(advisor: Advisor, name: str) -> Rule:
    from playbook.model.vocabulary import nearest

    rule = advisor.rulebook.rule_by_id.get(name)
    if rule is None:
        raise UsageError("U006", text=name, near=nearest(name, advisor.rulebook.rule_by_id))
    return rule
