"""One test on one field as a clause: who or what it is about, and what is said of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from playbook.advise.words.days import DayWords
from playbook.advise.words.phrases import EntityPhrases, FieldPhrases, Noun, grammar, listed, phrases
from playbook.advise.words.wording import Wording
from playbook.model.unary import (
    Between,
    Compare,
    Day,
    Is,
    Join,
    Known,
    Not,
    OneOf,
    Operand,
    Param,
    Several,
    Test,
    Unknown,
)
from playbook.model.values import Value
from playbook.model.vocabulary import NOTHING, Field, Text

_OPPOSITE = {">=": "<", ">": "<=", "<=": ">", "<": ">="}
_FEW = 2  # as many values of an order are named one by one


class Clause(NamedTuple):
    """`subject` is empty where the predicate says everything."""

    subject: str
    predicate: str


class Clauses:
    """Clauses in one language, with the parameters' current values.

    `names` tells what the people and rivals of a rule are called, by alias.
    """

    def __init__(self, wording: Wording, parameters: Mapping[str, float], names: Mapping[str, str]) -> None:
        self._w = wording
        self._parameters = parameters
        self._names = names
        self._days = DayWords(wording)

    # Words

    def say(self, path: str, **words: object) -> str:
        """A template of the grammar, filled in."""
        return grammar(path, self._w.lang, **words)

    def spec(self, field: Field) -> FieldPhrases:
        return phrases().fields.get(field.key, FieldPhrases())

    @staticmethod
    def entity(name: str) -> EntityPhrases:
        return phrases().entities.get(name, EntityPhrases())

    def relative(self, entity: str) -> str:
        """What begins a clause on a person or rival: `who`; nothing in Chinese."""
        return self._w.pick(*self.entity(entity).subject)

    def either(self, words: Iterable[str], quote: bool = False) -> str:
        """`A、B或C`, `A, B or C`."""
        return listed(words, "or", self._w.lang, quote)

    def both(self, words: Iterable[str]) -> str:
        """`A、B且C`, `A, B and C`."""
        return listed(words, "and", self._w.lang)

    def together(self, words: Iterable[str]) -> str:
        """`A、B和C`, `A, B and C`."""
        return listed(words, "with", self._w.lang)

    def plural(self, predicate: str) -> str:
        """A predicate of one as that of several; the same in Chinese."""
        verbs = self.say("verbs").split()
        many = dict(zip(verbs[::2], verbs[1::2], strict=True))
        return re.sub(r"\w+", lambda match: many.get(match[0], match[0]), predicate)

    def label(self, field: Field) -> str:
        """The field's label within a sentence, in English with its article."""
        own, entity = self.spec(field).label, self.entity(field.entity)
        if own != NOTHING:
            return own.get(self._w.lang)
        label = self._w.pick(self._w.label(field), in_sentence(self._w.label(field)))
        if entity.label != NOTHING and not self._repeats(field):
            return entity.label.get(self._w.lang).format(label=label)
        return label if self._repeats(field) else self.say("the", x=label)

    def word(self, field: Field, value: Value) -> str:
        """A value within a sentence."""
        if field.is_enum:
            own = self.spec(field).words.get(str(value))
            if own is not None:
                return own.get(self._w.lang)
            text = self._w.value(field, value).split("(")[0].strip()
            return self._w.pick(text, in_sentence(text))
        text = self._w.value(field, value)
        return self.say("quoted", x=text) if isinstance(value, str) else text

    def text(self, clause: Clause) -> str:
        """A clause in full."""
        return f"{clause.subject}{self._w.pick('', ' ')}{clause.predicate}".strip()

    def _repeats(self, field: Field) -> bool:
        return self._w.vocabulary.entities[field.entity].repeats

    # Clauses

    def clause(self, field: Field, test: Test) -> Clause:
        """What a test asks of a field."""
        match test:
            case Unknown() | Known():
                return self._known(field, isinstance(test, Known))
            case Is(operand) if _is_number(field):
                return self._number(field, "=", operand)
            case Is() | OneOf() if (found := _values(test)) is not None and not _is_number(field):
                return self._any(field, *found)
            case OneOf(tests):
                return self._mixed(field, tests)
            case Not(inner):
                return self._not(field, inner)
            case Compare(op, operand):
                return self._compare(field, op, operand)
            case Between(low, high):
                return self._between(field, low, high)
            case Several(count, values):
                return self._general(field, self._several("several", field, count, values))
            case Join():
                return self._join(field, test)
        raise TypeError(f"no words for {test}")

    def _general(self, field: Field, predicate: str) -> Clause:
        """The clause whose subject is the field itself."""
        label = self.label(field)
        if self._repeats(field):
            label = self.entity(field.entity).label.get(self._w.lang).format(label=label)
        return Clause(label, predicate)

    def _special(self, field: Field, predicate: str) -> Clause:
        """The clause whose subject is what the field's own phrases are about."""
        spec = self.spec(field)
        if spec.subject == NOTHING and not self._repeats(field):
            return Clause(self.label(field), predicate)
        subject = self.relative(field.entity) if spec.subject == NOTHING else self._w.pick(*spec.subject)
        return Clause(subject, predicate)

    def _said(self, field: Field, key: str) -> str:
        return self.spec(field).says.get(key, NOTHING).get(self._w.lang)

    def _be(self, field: Field, path: str) -> str:
        return path.replace("is", "are", 1) if self.spec(field).plural else path

    def _known(self, field: Field, is_known: bool) -> Clause:
        if said := self._said(field, "known" if is_known else "unknown"):
            return self._special(field, said)
        if field.type == "boolean" and not is_known:
            clause = self._special(field, self._said(field, "yes"))
            is_noun = clause.predicate.startswith("是")
            path = "whether_is" if is_noun else "whether"
            return Clause("", self.say(path, subject=clause.subject, x=clause.predicate.removeprefix("是")))
        return self._general(field, self.say(self._be(field, "is_known" if is_known else "is_unknown")))

    def _any(self, field: Field, values: list[Value], or_unknown: bool) -> Clause:
        if not values:
            return self._known(field, False)
        says = [self._said(field, key) for key in self._keys(field, values, self.spec(field).says)]
        if says and all(says):
            predicate = self._shared("shared", says) or self.either(says)
            return self._special(field, self._or_unknown(predicate, or_unknown))
        words = [self.word(field, value) for value in values]
        if field.is_several:
            predicate = self.say("includes", x=self.either(words, quote=True))
            return self._general(field, self._or_unknown(predicate, or_unknown))
        words += [self.say("unknown")] if or_unknown else []
        return self._general(field, self.say(self._be(field, "is"), x=self.either(words, quote=True)))

    def _shared(self, path: str, predicates: list[str]) -> str:
        """`是投标或只投部分`, `is approved or ring-fenced`: what all begin with is said once; empty when nothing is."""
        for prefix in self.say(path).split("|"):
            rest = [text.removeprefix(prefix) for text in predicates]
            if all(len(r) < len(p) and not r.startswith("not ") for r, p in zip(rest, predicates, strict=True)):
                return prefix + self.either(rest)
        return ""

    @staticmethod
    def _keys(field: Field, values: list[Value], found: Mapping[str, Text]) -> list[str]:
        """The keys of the phrases for these values: of a whole side of the order, where there is one."""
        names = ["yes" if v is True else "no" if v is False else str(v) for v in values]
        for op, side in ((">=", field.order[-len(names) :]), ("<=", field.order[: len(names)])):
            end = side[0] if op == ">=" and side else side[-1] if side else ""
            if len(names) > 1 and set(names) == set(side) and f"{op} {end}" in found:
                return [f"{op} {end}"]
        return names

    def _or_unknown(self, predicate: str, or_unknown: bool) -> str:
        return self.say("or_unknown", x=predicate) if or_unknown else predicate

    def _mixed(self, field: Field, tests: tuple[Test, ...]) -> Clause:
        clauses = [self.clause(field, each) for each in tests if not isinstance(each, Unknown)]
        or_unknown = len(clauses) < len(tests)
        if len({clause.subject for clause in clauses}) == 1:
            predicate = self.say("or").join(clause.predicate for clause in clauses)
            return Clause(clauses[0].subject, self._or_unknown(predicate, or_unknown))
        return Clause("", self._or_unknown(self.say("or").join(map(self.text, clauses)), or_unknown))

    def _not(self, field: Field, inner: Test) -> Clause:
        match inner:
            case Unknown() | Known():
                return self._known(field, isinstance(inner, Unknown))
            case Is() | OneOf() if (found := _values(inner)) is not None:
                return self._none(field, *found)
            case Compare(op, operand):
                clause = self._compare(field, _OPPOSITE[op], operand)
                return clause._replace(predicate=self._or_unknown(clause.predicate, True))
            case Between(Day(low), Day(high)) if 0 in (low, high):
                path = "dates.not_next" if low == 0 else "dates.not_last"
                return self._general(field, self._or_unknown(self._days.count(path, high - low), True))
            case Between(low, high) if _is_number(field):
                clause = self._outside(field, self._amount(field, "..", self._value(low), self._value(high)))
                return clause._replace(predicate=self._or_unknown(clause.predicate, True))
            case Several(count, values):
                return self._general(field, self._several("few", field, count, values))
        return Clause("", self.say("not_so", x=self.text(self.clause(field, inner))))

    def _none(self, field: Field, values: list[Value], known: bool) -> Clause:
        """None of the values; `known`: nor may it be unknown."""
        if not values:
            return self._known(field, True)
        if field.type == "boolean" and not known:
            return self._any(field, [v is False for v in values], False)
        found = self.spec(field).nots
        nots = [found.get(key, NOTHING).get(self._w.lang) for key in self._keys(field, values, found)]
        if all(nots) and not known:
            return self._special(field, self._shared("shared_not", nots) or self.both(nots))
        words = self.either((self.word(field, value) for value in values), quote=True)
        if field.is_several:
            return self._general(field, self.say("known_excludes" if known else "excludes", x=words))
        return self._general(field, self.say("known_is_not" if known else self._be(field, "is_not"), x=words))

    def _several(self, path: str, field: Field, count: int, values: tuple[Value, ...]) -> str:
        if len(values) == len(field.choices):
            return self.say(f"{path}_any", count=count)
        words = self.say("list").join(self.word(field, value) for value in values)
        return self.say(path, count=count, x=words)

    def _join(self, field: Field, join: Join) -> Clause:
        whom = self._names.get(join.alias, "")
        entity = self._w.vocabulary.entities.get(join.alias)
        other = entity.fields.get(join.name) if entity else None
        for key in (f"= {join.alias}.{join.name}", f"= {field.entity}.{join.name}"):
            if join.op == "=" and (said := self._said(field, key)):
                return self._special(field, said.format(x=whom or self.say("quoted", x=join.alias)))
        x = self.label(other) if other and not whom else whom or self.say("quoted", x=join.alias)
        if join.op == "=":
            return self._general(field, self.say("same_as", x=x))
        words = self.say(f"amount.{join.op}", x=x)
        return self._general(field, self._w.pick(words, self.say(self._be(field, "is"), x=words)))

    # Orders, numbers and dates

    def _compare(self, field: Field, op: str, operand: Operand) -> Clause:
        if field.type == "date":
            return self._general(field, self._days.side(op, operand))
        if not field.is_enum:
            return self._number(field, op, operand)
        if said := self._said(field, f"{op} {operand}"):
            return self._special(field, said)
        values = _side(field, op, str(operand))
        if len(values) <= _FEW:
            return self._any(field, values, False)
        path = "time" if self.spec(field).time else "rank"
        return self._general(field, self.say(f"{path}.{op}", x=self._operand(field, operand)))

    def _between(self, field: Field, low: Operand, high: Operand) -> Clause:
        if field.type == "date":
            return self._general(field, self._days.period(low, high))
        if not field.is_enum:
            return self._number(field, "..", low, high)
        ends = (field.rank[str(low)], field.rank[str(high)])
        values: list[Value] = list(field.order[ends[0] : ends[1] + 1])
        if len(values) <= _FEW:
            return self._any(field, values, False)
        path = "time" if self.spec(field).time else "rank"
        return self._general(field, self.say(f"{path}...", x=self._operand(field, low), y=self._operand(field, high)))

    def _operand(self, field: Field, operand: Operand) -> str:
        return self.word(field, self._value(operand))

    def _value(self, operand: Operand) -> Value:
        if isinstance(operand, Param):
            return self._parameters[operand.name]
        if isinstance(operand, Day):
            raise TypeError("a day has words of its own")
        return operand

    def _number(self, field: Field, op: str, operand: Operand, high: Operand | None = None) -> Clause:
        spec, value = self.spec(field), self._value(operand)
        if (op, value) in (("=", 0), ("<", 1), ("<=", 0)) and (said := self._said(field, "zero")):
            return self._special(field, said)
        if (op, value) in ((">", 0), (">=", 1)) and (said := self._said(field, "some")):
            return self._special(field, said)
        words = self._amount(field, op, value, None if high is None else self._value(high))
        if spec.measure != NOTHING:
            return self._special(field, spec.measure.get(self._w.lang).format(x=words))
        if self._w.lang == "zh" and op not in ("=", ".."):
            return self._general(field, words)
        return self._general(field, self.say(self._be(field, "is"), x=words))

    def _outside(self, field: Field, words: str) -> Clause:
        """A number outside a range."""
        negative = self.spec(field).not_measure
        if negative != NOTHING:
            return self._special(field, negative.get(self._w.lang).format(x=words))
        return self._general(field, self.say(self._be(field, "is_not"), x=words))

    def _amount(self, field: Field, op: str, value: Value, high: Value | None) -> str:
        """`不少于5个`, `more than 30 days`."""
        unit = self.spec(field).unit or phrases().grammar.get(f"units.{field.unit}")
        if op == "=":
            return self._quantity(field, value, unit)
        kind = "counted" if unit else "amount"
        if high is not None:
            low = self._w.number(float(str(value))) if unit else self._w.value(field, value)
            return self.say(f"{kind}...", x=low, y=self._quantity(field, high, unit))
        own = self.spec(field).unit
        is_fewer = op == "<" and own is not None and own.en != own.many  # "less than 3 times", but "fewer visits"
        path = "fewer" if is_fewer else f"{kind}.{op}"
        return self.say(path, x=self._quantity(field, value, unit))

    def _quantity(self, field: Field, value: Value, unit: Noun | None) -> str:
        if unit is None:
            return self._w.value(field, value)
        number = float(str(value))
        word = unit.get(self._w.lang, 1 if number == 1 else 2)
        return f"{self._w.number(number)}{self._w.pick('', ' ')}{word}".strip()


def in_sentence(text: str) -> str:
    """An English label within a sentence: its first letter small unless the word is a name in capitals."""
    return text[:1].lower() + text[1:] if not text[1:2].isupper() else text


def _is_number(field: Field) -> bool:
    return field.type in ("integer", "number", "map")


def _values(test: Test) -> tuple[list[Value], bool] | None:
    """The values that a test names and whether it names unknown too; None when it asks something else."""
    tests = test.tests if isinstance(test, OneOf) else (test,)
    values: list[Value] = []
    for each in tests:
        if isinstance(each, Is) and not isinstance(each.operand, Param | Day):
            values.append(each.operand)
        elif not isinstance(each, Unknown):
            return None
    return values, len(values) < len(tests)


def _side(field: Field, op: str, value: str) -> list[Value]:
    """The values of an order on one side of a value."""
    rank = field.rank[value]
    if op in (">=", ">"):
        return list(field.order[rank + (op == ">") :])
    return list(field.order[: rank + (op == "<=")])
