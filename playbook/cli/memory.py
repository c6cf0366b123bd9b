"""What uses the decision log: briefings that remember, `playbook feedback`, `playbook log`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from playbook.cli.shared import as_of_option, brief_file, evaluate_file, explainer_of, lang_option, read_day
from playbook.errors import PlaybookError, UsageError
from playbook.memory.place import Place, place_of

if TYPE_CHECKING:
    from playbook.advise.briefing import Briefing
    from playbook.advisor import Advisor
    from playbook.evaluate.evaluation import Evaluation
    from playbook.memory.history import Entry
    from playbook.memory.log import Log

_AUDIENCES = click.Choice(["rep", "manager", "coach"])


def remembered_brief(
    deal: Path, options: dict[str, Any], *, keep: bool = False
) -> tuple[Advisor, Briefing, Evaluation]:
    """The briefing of a deal file in the light of its workspace's log, and what it was made from.

    `keep` logs it. A log that cannot be used costs a warning, never the briefing.
    """
    place = place_of(deal)
    if place is None:
        return brief_file(deal, options)
    from playbook.advise.memory.fingerprints import Grounds
    from playbook.memory.history import entry_of, key_of
    from playbook.memory.log import Log, LogError

    advisor, stated, evaluation = evaluate_file(deal, options)
    lang, audience = options["lang"], options["audience"]
    key = key_of(stated, evaluation, place.relative(deal), audience, advisor.rulebook.digest[:12])
    log = Log(place.log)
    try:
        briefing = advisor.compose(evaluation, lang, audience, log.memory(key))
        if keep:
            log.append(entry_of(briefing, key, evaluation, Grounds(explainer_of(advisor, evaluation, lang))))
    except LogError as error:
        _warn(error, lang)
        briefing = advisor.compose(evaluation, lang, audience)
    return advisor, briefing, evaluation


def _warn(error: PlaybookError, lang: str) -> None:
    for finding in error.findings:
        click.echo(finding.text(lang), err=True)


def _place(path: Path) -> Place:
    place = place_of(path)
    if place is None:
        raise UsageError("M004")
    return place


@click.command()
@click.argument("deal", type=click.Path(path_type=Path))
@click.argument("card", required=False)
@click.option("--done", is_flag=True, help="It has been done. 已完成。")
@click.option("--accept", is_flag=True, help="It will be done; also takes earlier words back. 采纳，也用来收回前言。")
@click.option(
    "--reject", metavar="REASON",
    help="already_done | does_not_fit | wrong_time | facts_wrong. 不采纳：已经做了、不适合、时候不对、事实有误。",
)  # fmt: skip
@click.option("--note", default="", help="A remark. 备注。")
@click.option("--by", default="", metavar="NAME", help="Who says so. 谁说的。")
@click.option("--for", "audience", type=_AUDIENCES, help="Whose briefing (default the last one). 哪一份简报。")
@as_of_option
@lang_option
def feedback(
    deal: Path, card: str | None, done: bool, accept: bool, reject: str | None, note: str, by: str, **options: Any
) -> None:
    """Say what became of a card: its number, id or rule. Without CARD lists them. 反馈建议：已完成、采纳或不采纳。"""
    from playbook.memory.choosing import choose, opinion_of
    from playbook.memory.log import Log
    from playbook.memory.queries import said_records
    from playbook.render.memory.log import render_cards, render_said

    lang, place = options["lang"], _place(deal)
    name, log = place.relative(deal), Log(place.log)
    if card is None:
        if done or accept or reject:
            raise UsageError("M008")
        click.echo(render_cards(_latest(log, name, options["audience"]), said_records(log, name), lang))
        return
    opinion = opinion_of(done, accept, reject, note, by)
    entry = _latest(log, name, options["audience"])
    chosen = choose(entry, card)
    log.say(entry, chosen, opinion, options["as_of"] or date.today())
    click.echo(render_said(chosen, opinion, lang))


def _latest(log: Log, name: str, audience: str | None) -> Entry:
    entry = log.latest(name, audience)
    if entry is None:
        raise UsageError("M005", text=name)
    return entry


@click.command("log")
@click.argument("deal", type=click.Path(path_type=Path), required=False)
@click.option("--rules", "by_rule", is_flag=True, help="How each rule fared. 各条规则的使用情况。")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="输出格式。")
@click.option("--since", callback=read_day, metavar="DATE", help="Only from this day on. 只看这一天以后。")
@lang_option
def log_(deal: Path | None, by_rule: bool, form: str, since: date | None, lang: str) -> None:
    """Show what was advised and what became of it. 查看决策日志。

    Of all deals, of one DEAL, or with --rules by rule.
    """
    from playbook.memory.log import Log
    from playbook.memory.queries import briefing_records, rule_records, said_records
    from playbook.render.memory import log as words

    place = _place(deal or Path())
    log, name, start = Log(place.log), place.relative(deal) if deal else "", since or date.min
    briefings = briefing_records(log, name, start)
    if deal and not briefings:
        raise UsageError("M005", text=name)
    if by_rule:
        rules = rule_records(log, name, start)
        click.echo(words.as_json(rules) if form == "json" else words.render_rules(rules, lang))
    elif deal:
        said = said_records(log, name, start)
        click.echo(
            words.as_json({"briefings": briefings, "feedback": said})
            if form == "json"
            else words.render_history(briefings, said, lang)
        )
    else:
        click.echo(words.as_json(briefings) if form == "json" else words.render_deals(briefings, lang))
