"""`playbook ask` and `playbook new`: asks for what a deal file lacks and writes the answers into it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from playbook.cli.shared import evaluation_options, load_advisor
from playbook.errors import DealError, UsageError

if TYPE_CHECKING:
    from playbook.advise.interview.questions import Interviewer, Question
    from playbook.advise.interview.words import AskWords
    from playbook.advisor import Advisor
    from playbook.model.facts import Deal, FactKey, Item

_LISTED = 10
_OWN_WORDS = ("D010", "D013", "D014", "D016", "D019")  # what may be wrong with an answer; its place says nothing
_STOP = ("q", "quit", "退出")
_HELP = ("?", "？")
_FIRST = ("deal.name", "account.name", "deal.stage", "deal.amount_cny")


@click.command()
@click.argument("deal", type=click.Path(path_type=Path))
@click.option(
    "--list", "count", type=click.IntRange(1), metavar="N",
    help="Print the N most valuable questions and stop. 只列出最值得问的 N 个问题。",
)  # fmt: skip
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="With --list. 输出格式。")
@evaluation_options
def ask(deal: Path, count: int | None, form: str, **options: Any) -> None:
    """Ask for what is missing, most valuable first, and write it down. 问出缺的事实，最要紧的先问。

    An answer may say who told it and when: approved @finance manager @-3d
    """
    session = _Session(deal, options)
    if count is None and form == "text" and _is_terminal():
        session.interview()
    else:
        session.print_list(count or _LISTED, form)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--name", help="Deal name. 商机名称。")
@click.option("--stage", help="Procurement stage, by key or label. 当前采购阶段。")
@click.option("--account", help="Customer. 客户名称。")
@click.option("--amount", help="Amount in yuan, such as 350万. 金额。")
@evaluation_options
def new(file: Path, **options: Any) -> None:
    """Start a deal file: name, customer, stage, amount, people, then what `ask` asks. 新建商机。"""
    from playbook.load.interview.answers import new_deal
    from playbook.workspace import write

    if file.exists():
        raise UsageError("F002", text=str(file))
    advisor = load_advisor(options)
    given = {key: options[key.partition(".")[0] if key == "account.name" else _option(key)] for key in _FIRST}
    starter = _Starter(advisor, options["lang"])
    answers = starter.answers({key: text for key, text in given.items() if text})
    write(file, new_deal(answers, advisor.rulebook.vocabulary, advisor.today, str(file)))
    click.echo(starter.words.say("written", file=file))
    if _is_terminal():
        session = _Session(file, options)
        session.add_people()
        session.interview()


def _option(key: str) -> str:
    return {"deal.name": "name", "deal.stage": "stage", "deal.amount_cny": "amount"}[key]


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _line(prompt: str) -> str | None:
    """What is typed next; None when there is nothing more."""
    try:
        text: str = click.prompt(prompt, default="", show_default=False)
    except click.Abort:
        click.echo()
        return None
    return text.strip()


class _Session:
    """One interview. What is known is in the file; only what was skipped is remembered here."""

    def __init__(self, path: Path, options: dict[str, Any]) -> None:
        from playbook.advise.interview.questions import Interviewer
        from playbook.advisor import audience_of

        self.path = path
        self.lang: str = options["lang"]
        self.advisor: Advisor = load_advisor(options)
        self.deal: Deal = self.advisor.read(path)
        self.audience: str = options["audience"] or audience_of(self.deal)
        self.by: Interviewer = Interviewer(self.advisor.rulebook, self.advisor.today, self.audience)
        self.skipped: set[FactKey] = set()
        self.answered = 0

    def _questions(self) -> list[Question]:
        found = self.by.questions(self.deal, self.advisor.evaluate)
        return [question for question in found if question.key not in self.skipped]

    def _words(self) -> AskWords:
        from playbook.advise.interview.words import AskWords

        return AskWords(self.advisor.rulebook, self.advisor.evaluate(self.deal), self.lang)

    def print_list(self, count: int, form: str) -> None:
        from playbook.render.deals.interview import list_json, list_text

        questions, words = self._questions(), self._words()
        asked = [words.asked(question) for question in questions[:count]]
        held = words.held_back(questions)
        text = list_json(asked) if form == "json" else list_text(asked, words, self._name(), len(questions), held)
        click.echo(text)

    def _name(self) -> str:
        names = (str(f.content) for f in self.deal.facts if f.key == ("deal", 0, "name"))
        return next(names, self.path.name)

    def interview(self) -> None:
        """Asks until nothing is left to ask or the one asked stops."""
        words = self._words()
        click.echo(words.say("usage"))
        while questions := self._questions():
            if not self._ask(questions[0], self._words()):
                break
        else:
            click.echo(words.say("nothing"))
        click.echo(words.say("stopped", n=self.answered, file=self.path))

    def _ask(self, question: Question, words: AskWords) -> bool:
        """Asks one question until it is answered or skipped; False to stop."""
        from playbook.load.interview.answers import read_answer
        from playbook.render.deals.interview import question_text

        asked = words.asked(question)
        field = words.field(question) or self.advisor.rulebook.vocabulary.entities[question.item[0]].fields["name"]
        click.echo("\n" + question_text(asked, words))
        while True:
            text = _line(words.say("prompt"))
            if text is None or text.lower() in _STOP:
                return False
            if text in _HELP:
                click.echo("\n".join(part for part in (asked.help, words.say("evidence"), words.say("usage")) if part))
                continue
            value = read_answer(field, text, self.deal.today)
            if value is None:
                self.skipped.add(question.key)
                return True
            if self._take(question, value, words):
                return True

    def _take(self, question: Question, value: Any, words: AskWords) -> bool:
        """Writes an answer down and tells what it changes; False when it cannot be used (then told)."""
        from playbook.advise.interview.questions import ADD
        from playbook.load.interview.answers import with_fact, with_item

        vocabulary = self.advisor.rulebook.vocabulary
        entity = question.item[0]
        try:
            if question.name == ADD:
                changed = with_item(self.deal, self.path, entity, {"name": value}, vocabulary)
            else:
                changed = with_fact(self.deal, self.path, question.item, question.name, value, vocabulary)
        except DealError as error:
            for finding in error.findings:
                is_own = finding.code in _OWN_WORDS
                click.echo(finding.message(self.lang) if is_own else finding.text(self.lang), err=True)
            return False
        self._keep(changed, question.item, "name" if question.name == ADD else question.name, words)
        if question.name == ADD and entity == "stakeholder":
            self.add_people()
        return True

    def _keep(self, text: str, item: Item, name: str, words: AskWords) -> None:
        from playbook.advise.difference import difference
        from playbook.workspace import write

        before = self.advisor.brief(self.deal, self.lang, self.audience)
        write(self.path, text)
        self.deal = self.advisor.read(self.path)
        self.answered += 1
        after = self.advisor.brief(self.deal, self.lang, self.audience)
        fresh = self._words()
        line = fresh.explainer.fact_line((*item, name))
        told = fresh.w.pick(f"（{line.evidence}）", f" ({line.evidence})") if line.evidence else ""
        click.echo("✓ " + words.say("noted", what=line.label, value=line.value + told))
        click.echo("  " + words.effect(difference(before, after)))

    def add_people(self) -> None:
        """Asks for the people on the customer's side, one after another."""
        from playbook.load.interview.answers import with_item
        from playbook.workspace import write

        words = self._words()
        while name := _line(words.say("another")):
            changed = with_item(self.deal, self.path, "stakeholder", {"name": name}, self.advisor.rulebook.vocabulary)
            write(self.path, changed)
            self.deal = self.advisor.read(self.path)


class _Starter:
    """Asks for what every deal file begins with."""

    def __init__(self, advisor: Advisor, lang: str) -> None:
        from playbook.advise.interview.words import AskWords
        from playbook.load.deal import parse_deal

        self.advisor = advisor
        self.lang = lang
        empty = parse_deal("rep: {}", advisor.rulebook.vocabulary, advisor.today)
        self.words: AskWords = AskWords(advisor.rulebook, advisor.evaluate(empty), lang)

    def answers(self, given: dict[str, str]) -> dict[str, Any]:
        """The first facts by field, from options, else asked for. Raises `UsageError` where nobody can be asked."""
        found: dict[str, Any] = {}
        if _is_terminal() and len(given) < len(_FIRST):
            click.echo(self.words.say("known_new"))
        for key in _FIRST:
            value = self._answer(key, given.get(key))
            if value is not None:
                found[key] = value
        return found

    def _answer(self, key: str, text: str | None) -> Any:
        from playbook.load.interview.answers import read_answer, refusal

        field = self.advisor.rulebook.vocabulary.field(key)
        if field is None:
            return None
        if text is not None or not _is_terminal():
            if text is None and field.required and field.entity == "deal":
                raise UsageError("U020", text=f"--{_option(key)}")
            return read_answer(field, text, self.advisor.today) if text else None
        is_needed = field.required and field.entity == "deal"
        label = self.words.w.label(field) + (" *" if is_needed else "")
        if field.is_enum:
            shown = (f"{n} {choice.label}" for n, choice in enumerate(self.words.choices(field), 1))
            click.echo("  " + "  ".join(shown))
        while True:
            typed = _line(label)
            if typed is None:
                raise click.Abort
            if typed in _HELP:
                click.echo(self.words.help(field))
                continue
            value = read_answer(field, typed, self.advisor.today)
            if value is None and is_needed:
                continue
            findings = refusal(key, value, self.advisor.rulebook.vocabulary, self.advisor.today) if value else []
            for finding in findings:
                click.echo(finding.message(self.lang), err=True)
            if not findings:
                return value
