"""`playbook rules new` and `playbook rules upgrade`: changing a company pack."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from playbook.cli.shared import lang_option, load_advisor
from playbook.errors import UsageError

if TYPE_CHECKING:
    from playbook.model.rulebook import Rulebook
    from playbook.model.vocabulary import Field

_PROMPTS = {
    "zh": {
        "title": "标题（一句话说明什么情形）", "do": "做什么（谁、何时、带什么）", "why": "为什么",
        "word": "看哪个事实？写一个词来找（直接回车结束）", "which": "选哪一个（序号）", "test": "要它满足什么",
        "none": "没有这样的字段，换一个词", "kind": "类别", "priority": "优先级", "owner": "负责人（可空）",
    },
    "en": {
        "title": "Title (the situation in a few words)", "do": "What to do (who, when, with what)", "why": "Why",
        "word": "Which fact? Type a word to find it (Enter to finish)", "which": "Which one (number)",
        "test": "What should it be", "none": "no such field, try another word", "kind": "Kind",
        "priority": "Priority", "owner": "Owner (may be empty)",
    },
}  # fmt: skip


@click.command("new")
@click.argument("rule_id", metavar="ID")
@click.option("--pack", type=click.Path(path_type=Path, file_okay=False), default=Path("pack"), help="公司规则包。")
@click.option("--when", "tests", multiple=True, metavar="FIELD=TEST", help="A condition; may be repeated. 条件。")
@click.option("--title", help="标题。")
@click.option("--do", "do", help="What to do. 做什么。")
@click.option("--why", help="为什么。")
@click.option("--kind", type=click.Choice(["action", "question", "talk-track", "warning", "gate", "avoid", "note"]))
@click.option("--priority", type=click.Choice(["critical", "high", "normal", "low"]))
@click.option("--due", default="7d", show_default=True, help="3d, 2w, today. 期限。")
@click.option("--owner", help="Who stands behind the rule. 负责人。")
@lang_option
def rules_new(rule_id: str, pack: Path, tests: tuple[str, ...], **options: Any) -> None:
    """Write a new rule with its test into a company pack. 新写一条规则和它的测试。

    What the options do not say is asked for, with the fields and values to choose from.
    """
    from playbook.workbench.scaffold import Draft, scaffold

    given = [Path(pack)] if pack.exists() else []
    advisor = load_advisor({**options, "packs": given, "engine": "reference"})
    ask = _Asker(advisor.rulebook, options["lang"], sys.stdin.isatty())
    draft = Draft(
        id=rule_id,
        title=options["title"] or ask.text("title"),
        tests=dict(map(_pair, tests)) or ask.tests(),
        kind=options["kind"] or ask.choice("kind", "action"),
        priority=options["priority"] or ask.choice("priority", "normal"),
        do=options["do"] or ask.text("do"),
        why=options["why"] or ask.text("why"),
        due=options["due"],
        owner=options["owner"] if options["owner"] is not None else ask.text("owner", default=""),
        lang=options["lang"],
    )
    for path in scaffold(advisor, pack, draft):
        click.echo(str(path))


def _pair(text: str) -> tuple[str, str]:
    key, mark, test = text.partition("=")
    if not mark or "." not in key:
        raise UsageError("U019", text=text)
    return key.strip(), test.strip()


class _Asker:
    """Asks on a terminal; anywhere else what is missing is an error."""

    def __init__(self, rulebook: Rulebook, lang: str, is_terminal: bool) -> None:
        self._vocabulary = rulebook.vocabulary
        self._words = _PROMPTS[lang]
        self._is_terminal = is_terminal

    def text(self, name: str, default: str | None = None) -> str:
        if not self._is_terminal:
            if default is not None:
                return default
            raise UsageError("U020", text=f"--{name}")
        answer: str = click.prompt(self._words[name], default=default, show_default=False)
        return answer

    def choice(self, name: str, default: str) -> str:
        from playbook.model.rules import KINDS, PRIORITIES

        known = click.Choice(KINDS if name == "kind" else PRIORITIES)
        return click.prompt(self._words[name], type=known, default=default) if self._is_terminal else default

    def tests(self) -> dict[str, str]:
        """Conditions, until an empty answer."""
        from playbook.workbench.scaffold import find_fields

        if not self._is_terminal:
            raise UsageError("U020", text="--when")
        found: dict[str, str] = {}
        while word := click.prompt(self._words["word"], default="", show_default=False):
            fields = find_fields(self._vocabulary, word)
            if not fields:
                click.echo(self._words["none"])
                continue
            field = self._pick(fields)
            found[field.key] = self._test(field)
        return found

    def _pick(self, fields: list[Field]) -> Field:
        for number, field in enumerate(fields, 1):
            click.echo(f"  {number}. {field.key}  {field.label.zh}  {field.label.en}")
        if len(fields) == 1:
            return fields[0]
        number = click.prompt(self._words["which"], type=click.IntRange(1, len(fields)))
        return fields[number - 1]

    def _test(self, field: Field) -> str:
        for value, label in field.choices:
            click.echo(f"     {value}  {label.zh}  {label.en}")
        answer: str = click.prompt(self._words["test"])
        return answer


@click.command("upgrade")
@click.argument("pack", type=click.Path(path_type=Path))
@click.option("--accept", is_flag=True, help="Take the built-in rules as they are now for known. 记为已看过。")
@click.option("--format", "form", type=click.Choice(["text", "md", "html"]), default="text", help="输出格式。")
@lang_option
def rules_upgrade(pack: Path, accept: bool, form: str, lang: str) -> None:
    """Show what changed in the built-in rules beneath a pack's changes. 内置规则升级后，看你改过的规则底下变了什么。

    For each rule that the pack replaces, disables or restricts: the built-in rule as it was, as it is
    now, and the pack's own. Exits with 1 while something changed that has not been accepted.
    """
    from playbook.advise.words.wording import Wording
    from playbook.render.workbench.upgrade import render_upgrade
    from playbook.workbench.upgrade import beneath, write_lock

    advisor = load_advisor({"packs": [], "engine": "reference"})
    changes = beneath(pack, advisor.rulebook)
    wording = Wording(advisor.rulebook.vocabulary, lang, advisor.today)
    click.echo(render_upgrade(changes, form, wording), nl=False)
    if accept:
        click.echo(str(write_lock(pack, changes, advisor.rulebook.vocabulary)))
    elif any(each.is_changed for each in changes):
        raise SystemExit(1)
