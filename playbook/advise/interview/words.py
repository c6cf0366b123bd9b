"""The words of an interview: a question as one would put it, what there is to choose, why it is asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from playbook.advise.briefing import Choice
from playbook.advise.difference import Difference
from playbook.advise.explain import Explainer
from playbook.advise.interview.questions import ADD, Question, interview_data
from playbook.advise.words.wording import Filler, Wording
from playbook.evaluate.evaluation import Activation, Evaluation
from playbook.model.facts import Content
from playbook.model.rulebook import Rulebook
from playbook.model.vocabulary import Field, Text

_LONGEST_TITLE = 40


class Asked(NamedTuple):
    """A question in the words of one language.

    `path` names the fact (`stakeholder[Zhang].stance`); `question` is for the one interviewed, `find_out` says
    whom to ask in which words when that person does not know, `held` why nobody may be asked now.
    `opens` and `nearer` name gates; `value` is what the questions are ordered by.
    """

    path: str
    label: str
    question: str
    choices: tuple[Choice, ...]
    help: str
    reason: str
    find_out: str
    held: str
    value: int
    cards: int
    opens: tuple[str, ...]
    nearer: tuple[str, ...]


class AskWords:
    """Words for the questions about one evaluation."""

    def __init__(self, rulebook: Rulebook, evaluation: Evaluation, lang: str) -> None:
        self.rulebook = rulebook
        self.evaluation = evaluation
        self.memory = evaluation.memory
        self.w = Wording(rulebook.vocabulary, lang, evaluation.memory.today)
        self.explainer = Explainer(rulebook, evaluation, self.w)

    def say(self, name: str, **words: object) -> str:
        """A text of `words:` in data/interview.yaml, filled in."""
        return _text(interview_data()["words"][name]).get(self.w.lang).format(**words)

    def asked(self, question: Question) -> Asked:
        """A question in words."""
        field = self.field(question)
        name = field.name if field else "name"
        return Asked(
            path=self._path(question, name),
            label=self.label(question),
            question=self._question(question, field),
            choices=self.choices(field) if field else (),
            help=self.help(field) if field else "",
            reason=self.reason(question),
            find_out="" if question.held else self._find_out(question),
            held=self._held(question),
            value=question.value,
            cards=question.cards,
            opens=tuple(map(self._gate, question.opens)),
            nearer=tuple(map(self._gate, question.nearer)),
        )

    def field(self, question: Question) -> Field | None:
        """The field that a question asks for; None when it asks for one more person or rival."""
        return self.rulebook.vocabulary.entities[question.item[0]].fields.get(question.name)

    def label(self, question: Question) -> str:
        """The missing fact, with whom it is about."""
        field = self.field(question)
        return f"{self._who(question)}{self.w.label(field)}" if field else self.w.entity(question.item[0])

    def choices(self, field: Field) -> tuple[Choice, ...]:
        """What one may answer by number."""
        if field.type == "boolean":
            return tuple(Choice(str(value).lower(), self.w.value(field, value)) for value in (True, False))
        return tuple(Choice(value, self.w.text(label)) for value, label in field.choices if value != "unknown")

    def help(self, field: Field) -> str:
        """How to answer, for one who asks."""
        return _text(interview_data()["help"][field.type]).get(self.w.lang)

    def _path(self, question: Question, name: str) -> str:
        entity = self.rulebook.vocabulary.entities[question.item[0]]
        if question.name == ADD:
            return f"{entity.list_key}[+]"
        return (
            f"{entity.name}[{self.w.name(question.item, self.memory)}].{name}"
            if entity.repeats
            else f"{entity.name}.{name}"
        )

    def _who(self, question: Question) -> str:
        if not self.rulebook.vocabulary.entities[question.item[0]].repeats or question.name == ADD:
            return ""
        return self.w.name(question.item, self.memory) + self.w.pick("的", ": ")

    def _question(self, question: Question, field: Field | None) -> str:
        """The words of a rule that asks ourselves, else plain ones; words for the customer are `find_out`."""
        rule = self.evaluation.rules[question.asking.rule] if question.asking else None
        if rule and rule.ask and rule.ask.party == "us" and question.asking:
            return self._filled(rule.ask.question, question.asking)
        forms = interview_data()["questions"]
        is_point = field is not None and field.entity == "info" and field.type == "enum"
        kind = f"{question.item[0]}{ADD}" if field is None else "info" if is_point else field.type
        what = self.w.label(field) if field else ""
        if field and field.range:
            what += self.w.pick("（{:g}–{:g}）", " ({:g}–{:g})").format(*field.range)
        who = self._who(question)
        name = who.removesuffix("的") + "：" if who else ""
        return _text(forms[kind]).get(self.w.lang).format(who=who, name=name, what=what)

    def _find_out(self, question: Question) -> str:
        rule = self.evaluation.rules[question.asking.rule] if question.asking else None
        if question.asking is None or rule is None or rule.ask is None or rule.ask.party == "us":
            return ""
        words, whom = (self._filled(text, question.asking) for text in (rule.ask.question, rule.ask.whom))
        return self.say("find_out", whom=whom, question=words)

    def _held(self, question: Question) -> str:
        if not question.held:
            return ""
        guard = self.evaluation.rules[question.held].guard
        return self.say("held", reason=self.w.text(guard.reason) if guard else "")

    def held_back(self, questions: Iterable[Question]) -> str:
        """How many questions are put last because the customer's people must not be asked, and why; or nothing."""
        held = [question for question in questions if question.held]
        if not held:
            return ""
        guard = self.evaluation.rules[held[0].held].guard
        return self.say("held_back", n=len(held), reason=self.w.text(guard.reason) if guard else "")

    def _filled(self, text: Text, activation: Activation) -> str:
        filler = Filler(self.rulebook, self.w, self.memory, activation, self.explainer.lists(activation))
        return filler.fill(text)

    # Why

    def reason(self, question: Question) -> str:
        """What an answer may do, and an example of it."""
        parts = []
        if question.cards:
            parts.append(self.say("changes_one" if question.cards == 1 else "changes", n=question.cards))
        for name, gates in (("opens", question.opens), ("nearer", question.nearer)):
            if gates:
                parts.append(self.say(name, gates=self._gates(gates)))
        if question.example:
            parts.append(self._example(question))
        text = self.w.pick("；", "; ").join(parts)
        return text[:1].upper() + text[1:]

    def _example(self, question: Question) -> str:
        example, field = question.example, self.field(question)
        if example is None:
            return ""
        title = self.w.text(self.evaluation.rules[example.card.activation.rule].title)
        is_named = field is not None and (field.is_enum or field.type not in ("string", "list"))
        verb = "brings" if example.appears else "removes"
        if field is None or not is_named:
            return self.say(f"{verb}_known", title=title)
        return self.say(verb, answer=self._answer(field, example.content), title=title)

    def _answer(self, field: Field, content: Content | None) -> str:
        return self.w.content(field, content)

    def _gate(self, name: str) -> str:
        label = self.w.label(self.rulebook.vocabulary.entities["gate"].fields[name])
        return self.w.pick(label, label.lower())

    def _gates(self, names: tuple[str, ...]) -> str:
        return self.w.pick("、", " and the ").join(map(self._gate, names))

    # What an answer did

    def effect(self, change: Difference) -> str:
        """What an answer changed, in one line."""
        parts = []
        if change.opened:
            parts.append(self.say("effect_opened", gates=self.w.join(list(change.opened))))
        if change.shut:
            parts.append(self.say("effect_shut", gates=self.w.join(list(change.shut))))
        if change.appears:
            title = change.appears[0].title
            shown = title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1] + "…"
            parts.append(self.say("effect_new", n=len(change.appears), title=shown))
        if change.disappears:
            parts.append(self.say("effect_gone", n=len(change.disappears)))
        if change.readiness[0] != change.readiness[1]:
            parts.append(self.say("effect_readiness", before=change.readiness[0], after=change.readiness[1]))
        return self.w.pick("；", "; ").join(parts) or self.say("effect_none")


def _text(spec: dict[str, Any]) -> Text:
    return Text(spec["zh"], spec["en"])
