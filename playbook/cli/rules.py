"""Commands that look at the rules: list, show, sources, facts."""

from __future__ import annotations

from typing import Any

import click

from playbook.cli.shared import find_rule, lang_option, load_advisor, rules_option


@click.command("list")
@click.argument("word", required=False, default="")
@lang_option
@rules_option
def rules_list(word: str, **options: Any) -> None:
    """List rules: id, kind, title, place; WORD narrows to ids, titles and sources. 列出规则。"""
    from playbook.advise.words.wording import Wording
    from playbook.render import report

    advisor = load_advisor(options)
    wanted = word.lower()
    found = [
        rule
        for rule in advisor.rulebook.rules
        if wanted in " ".join([rule.id, rule.title.zh, rule.title.en, *rule.source, str(rule.at)]).lower()
    ]
    click.echo(report.rule_table(found, Wording(advisor.rulebook.vocabulary, options["lang"], advisor.today)))


@click.command("show")
@click.argument("rule_id", metavar="RULE")
@lang_option
@rules_option
def rules_show(rule_id: str, **options: Any) -> None:
    """Show a rule in plain words, what hangs on it and its tests. 用大白话显示一条规则。"""
    from playbook.advise.words.wording import Wording
    from playbook.render.docs.rulepage import RuleReader, rule_page
    from playbook.workbench.rulecases import cases_about

    advisor = load_advisor(options)
    rule = find_rule(advisor, rule_id)
    reader = RuleReader(advisor.rulebook, Wording(advisor.rulebook.vocabulary, options["lang"], advisor.today))
    click.echo(rule_page(reader, rule, cases_about(rule, advisor.rulebook)))


@click.command("sources")
@click.argument("word", required=False, default="")
@lang_option
@rules_option
def rules_sources(word: str, **options: Any) -> None:
    """Show which rules encode which tactic of which document; WORD narrows. 文档、打法与规则对照。"""
    from playbook.advise.words.wording import Wording
    from playbook.render import report

    advisor = load_advisor(options)
    wording = Wording(advisor.rulebook.vocabulary, options["lang"], advisor.today)
    click.echo(report.source_table(advisor.rulebook, wording, word))


@click.command("facts")
@lang_option
@rules_option
def rules_facts(**options: Any) -> None:
    """List every field a deal file and a rule may use. 列出全部字段。"""
    from playbook.render import report

    click.echo(report.field_table(load_advisor(options).rulebook.vocabulary))
