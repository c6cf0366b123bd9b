"""Rules written out as a rule file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from playbook.load.rulefile import default_party
from playbook.load.writing.deal import scalar
from playbook.load.writing.ruletext import fields_tested, head_of, written_due, written_test, written_value
from playbook.model.rules import AUDIENCES, Advise, Ask, Conclude, Condition, Guard, Pattern, Rule
from playbook.model.unary import OneOf, Test
from playbook.model.vocabulary import Field, Text, Vocabulary

_STEP = "  "
_PLAIN = re.compile(r"\w(?:[\w .+-]*[\w.])?")


def rules_text(rules: Iterable[Rule], vocabulary: Vocabulary) -> str:
    """A rule file that holds the rules; reading it gives them again but for their places and pack."""
    return "\n".join("\n".join(_item(_rule(rule, vocabulary))) + "\n" for rule in rules) or "[]\n"


def _rule(rule: Rule, vocabulary: Vocabulary) -> Iterator[str]:
    yield f"id: {scalar(rule.id)}"
    yield f"title: {_flow(rule.title)}"
    yield from _words(source=rule.source, audience=rule.audience if rule.audience != AUDIENCES else ())
    yield from _words(owner=rule.owner, status="" if rule.status == "active" else rule.status)
    days = {key: day.isoformat() for key, day in (("from", rule.since), ("until", rule.until)) if day}
    if days:
        yield f"effective: {{{', '.join(f'{key}: {day}' for key, day in days.items())}}}"
    yield from _words(replaces=rule.replaces)
    if rule.reason.zh or rule.reason.en:
        yield f"reason: {_flow(rule.reason)}"
    yield "when:"
    yield from _indented(line for each in rule.when for line in _item(_condition(each, vocabulary)))
    if rule.conclude:
        stated = (f"{c.alias}.{c.name}: {_value(c, vocabulary)}" for c in rule.conclude)
        yield f"conclude: {{{', '.join(stated)}}}"
    for key, lines in (
        ("advise", _advise(rule.advise) if rule.advise else ()),
        ("ask", _ask(rule.ask) if rule.ask else ()),
        ("guard", _guard(rule.guard) if rule.guard else ()),
    ):
        yield from _block(key, lines)


def _condition(condition: Condition, vocabulary: Vocabulary) -> Iterator[str]:
    if isinstance(condition, Pattern):
        tests = fields_tested(condition, vocabulary.entities[condition.entity])
        asked = (f"{name}: {_test(test, field)}" for name, field, test in tests)
        yield f"{head_of(condition)}: {{{', '.join(asked)}}}"
        return
    yield "any:"
    for alternative in condition.alternatives:
        conditions = [line for each in alternative for line in _nested(each, len(alternative) > 1, vocabulary)]
        yield from _indented(_item(conditions))


def _nested(condition: Condition, is_item: bool, vocabulary: Vocabulary) -> Iterable[str]:
    lines = _condition(condition, vocabulary)
    return _item(lines) if is_item else lines


def _test(test: Test, field: Field) -> str:
    if isinstance(test, OneOf):
        return f"[{', '.join(_word(written_test(each, field)) for each in test.tests)}]"
    return _word(written_test(test, field))


def _value(conclusion: Conclude, vocabulary: Vocabulary) -> str:
    return _word(written_value(conclusion.value, vocabulary.entities[conclusion.entity].fields[conclusion.name]))


def _advise(advise: Advise) -> Iterator[str]:
    yield from _words(kind=advise.kind, priority=advise.priority, due=written_due(advise.due) if advise.due else "")
    yield from _words(cluster=advise.cluster, gate=advise.gate, person=advise.person)
    yield from _words(party="" if advise.party == default_party(advise.kind) else advise.party)
    yield from _texts(do=advise.do, why=advise.why, say=advise.say)


def _ask(ask: Ask) -> Iterator[str]:
    usual = Ask._field_defaults
    yield from _words(field=ask.field, priority="" if ask.priority == usual["priority"] else ask.priority)
    yield from _words(
        due=written_due(ask.due) if ask.due else "", cluster=ask.cluster, gate=ask.gate, person=ask.person
    )
    yield from _words(party="" if ask.party == usual["party"] else ask.party)
    yield from _texts(question=ask.question, whom=ask.whom, why=ask.why)


def _guard(guard: Guard) -> Iterator[str]:
    yield from _words(rules=guard.rules, clusters=guard.clusters, sources=guard.sources, parties=guard.parties)
    yield from _words(effect=guard.effect, person=guard.person)
    yield from _texts(do=guard.do, reason=guard.reason)


def _words(**words: str | tuple[str, ...]) -> Iterator[str]:
    """`key: word` or `key: [word, word]` of every key that says something."""
    for key, word in words.items():
        if word:
            yield f"{key}: {_word(word)}" if isinstance(word, str) else f"{key}: [{', '.join(map(_word, word))}]"


def _word(text: str) -> str:
    """A word or test, without quotes wherever it can be: here `yes` and `unknown` stay what they are."""
    return text if _PLAIN.fullmatch(text) and text.lower() != "null" else scalar(text)


def _texts(**texts: Text) -> Iterator[str]:
    """A text as a block, one line a language."""
    for key, text in texts.items():
        yield from _block(key, _languages(text))


def _languages(text: Text) -> list[str]:
    return [f"{lang}: {scalar(words)}" for lang, words in text._asdict().items() if words]


def _flow(text: Text) -> str:
    return f"{{{', '.join(_languages(text))}}}"


def _block(key: str, lines: Iterable[str]) -> Iterator[str]:
    inner = list(_indented(lines))
    if inner:
        yield f"{key}:"
        yield from inner


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (_STEP + line for line in lines)


def _item(lines: Iterable[str]) -> Iterator[str]:
    """Lines as an item of a list."""
    for number, line in enumerate(lines):
        yield f"{'  ' if number else '- '}{line}"
