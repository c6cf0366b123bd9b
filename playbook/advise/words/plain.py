"""Rules in plain words: conditions as clauses and sentences, placeholders as slots to fill."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from playbook.advise.words.clauses import Clause, Clauses, in_sentence
from playbook.advise.words.days import DayWords
from playbook.advise.words.nouns import FIELDS, article, names_of, noun_of
from playbook.advise.words.phrases import Noun, grammar
from playbook.advise.words.wording import Wording
from playbook.model.rules import AnyOf, Conclude, Condition, Pattern, patterns_of
from playbook.model.texts import Placeholder, fill
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
from playbook.model.vocabulary import Field, Text


class _Phrase(NamedTuple):
    """A noun and what is asked beside it."""

    noun: Noun
    modifiers: str
    is_plain: bool  # whether the noun is the entity's own


class PlainWords:
    """Renders conditions in one language, with the parameters' current values."""

    def __init__(self, wording: Wording, parameters: Mapping[str, float], when: tuple[Condition, ...] = ()) -> None:
        """`when`: the conditions of the rule in hand, which say what its people are called."""
        self._w = wording
        self._parameters = parameters
        self._bound = {p.alias: p for p in patterns_of(when) if p.alias and p.quantifier != "one"}
        self._names = names_of(self._bound, wording.lang)
        the = {alias: grammar("the", wording.lang, x=name) for alias, name in self._names.items()}
        self._c = Clauses(wording, parameters, the)
        self._days = DayWords(wording)

    def about(self, when: tuple[Condition, ...]) -> PlainWords:
        """The same for a rule with these conditions."""
        return PlainWords(self._w, self._parameters, when)

    # Conditions

    def sentence(self, conditions: tuple[Condition, ...]) -> str:
        """Conditions as the first half of a sentence: `当…时`, `When …`."""
        if len(conditions) == 1 and isinstance(conditions[0], AnyOf):
            return self._c.say("when", x=self._alternatives(conditions[0]))
        parts = [part for condition in conditions for part in self._parts(condition)]
        return self._c.say("when", x=self._joined(parts))

    def condition(self, condition: Condition) -> str:
        """A condition as a clause without a full stop."""
        if isinstance(condition, AnyOf):
            return self._alternatives(condition)
        return self.pattern(condition)

    def pattern(self, pattern: Pattern) -> str:
        """What a pattern asks: clauses on an entity that exists once, else people or rivals and how many."""
        if pattern.quantifier in FIELDS:
            return self._counted_fields(pattern)
        if pattern.quantifier == "one" and not self._w.vocabulary.entities[pattern.entity].repeats:
            return self._joined(self._clauses(pattern))
        return self._people(pattern)

    def test(self, field: Field, test: Test) -> str:
        """What a test asks of a field, as a clause."""
        return self._c.text(self._c.clause(field, test))

    def lenient(self, conditions: tuple[Condition, ...]) -> list[str]:
        """Clauses that also hold while the fact is unknown, each once."""
        found = []
        for pattern in patterns_of(conditions):
            for name, test in pattern.tests:
                if isinstance(test, Not) and isinstance(test.test, Is | OneOf) and not _names_unknown(test.test):
                    clause = self._clause(pattern, name, test)
                    noun = self._c.say("this", x=self._c.entity(pattern.entity).noun.get(self._w.lang))
                    is_relative = self._is_relative(pattern.entity, clause)
                    found.append(self._c.text(clause._replace(subject=noun) if is_relative else clause))
        return list(dict.fromkeys(found))

    def _parts(self, condition: Condition) -> list[str]:
        if isinstance(condition, AnyOf):
            return [self._c.say("brackets", x=self._alternatives(condition))]
        if condition.quantifier == "one" or self._asks_all(condition):
            return self._clauses(condition)
        words = self.pattern(condition)
        if condition.quantifier in (*FIELDS, "all"):
            return [words]
        several = condition.quantifier in ("at least", "fewer than") and self._count(condition) > 1
        return [self._c.say("exist" if several else "exists", x=words)]

    def _alternatives(self, group: AnyOf) -> str:
        branches = [
            [p for condition in alternative for p in self._parts(condition)] for alternative in group.alternatives
        ]
        return self._c.say("alternatives").join(self._joined(branch, may_be_long=False) for branch in branches)

    def _joined(self, parts: list[str], may_be_long: bool = True) -> str:
        if len(parts) == 1:
            return parts[0]
        comma = self._w.pick("；", ",")
        is_long = may_be_long and len(parts) > 2 and any(comma in part for part in parts)
        between, last = ("long_clauses", "last_long_clause") if is_long else ("clauses", "last_clause")
        if (
            self._w.lang == "en"
            and len(parts) == 2
            and not any(mark in part for part in parts for mark in (", ", " or "))
        ):
            last = "and"
        return self._c.say(between).join(parts[:-1]) + self._c.say(last) + parts[-1]

    def _clauses(self, pattern: Pattern) -> list[str]:
        """The clauses of a pattern; fields of one kind of which the same is asked share one."""
        labels = self._c.entity(pattern.entity).labels
        grouped: dict[str, list[Clause]] = {}
        for name, test in pattern.tests:
            clause = self._clause(pattern, name, test)
            grouped.setdefault(clause.predicate if labels != Text() else name, []).append(clause)
        return [self._shared(labels, clauses) for clauses in grouped.values()]

    def _shared(self, labels: Text, clauses: list[Clause]) -> str:
        if len(clauses) == 1:
            return self._c.text(clauses[0])
        names = [clause.subject[clause.subject.index("“") :] for clause in clauses]
        subject = labels.get(self._w.lang).format(x=self._c.together(names))
        return self._c.text(Clause(subject, self._c.plural(clauses[0].predicate)))

    def _clause(self, pattern: Pattern, name: str, test: Test) -> Clause:
        return self._c.clause(self._w.vocabulary.entities[pattern.entity].fields[name], test)

    def _is_relative(self, entity: str, clause: Clause) -> bool:
        """Whether a clause says something of the person or rival as such: `who …`."""
        return self._w.vocabulary.entities[entity].repeats and clause.subject == self._c.relative(entity)

    # People and rivals

    def _people(self, pattern: Pattern) -> str:
        entity = self._c.entity(pattern.entity)
        count = self._count(pattern)
        many = pattern.quantifier in ("at least", "fewer than") and count > 1
        phrase = self._phrase(pattern, many)
        noun = phrase.noun.get(self._w.lang, 2 if many else 1)
        x = self._c.say("noun_phrase", mods=phrase.modifiers, noun=noun) if phrase.modifiers else noun
        words = {"x": x, "a": article(x), "counter": entity.counter, "count": self._number(count)}
        if pattern.quantifier == "one":
            return x
        if pattern.quantifier == "all":
            words |= {"noun": entity.noun.get(self._w.lang), "mods": phrase.modifiers}
            return self._c.say("quantifiers.all_else" if phrase.is_plain else "quantifiers.all", **words)
        return self._c.say(f"quantifiers.{pattern.quantifier}", **words)

    def _phrase(self, pattern: Pattern, many: bool) -> _Phrase:
        noun, taken = noun_of(pattern)
        clauses = [self._clause(pattern, name, test) for name, test in pattern.tests if name != taken]
        if self._w.lang == "zh":
            mods = self._c.say("list").join(self._c.text(clause) for clause in clauses)
        else:
            groups = self._english_groups(pattern.entity, clauses, many)
            mods = self._c.both(groups) if groups else ""
        return _Phrase(noun or self._c.entity(pattern.entity).noun, mods, noun is None)

    def _english_groups(self, entity: str, clauses: list[Clause], many: bool) -> list[str]:
        """Relative clauses; those with one pronoun share it unless one holds alternatives."""
        relative = self._c.relative(entity)
        grouped: dict[str, list[str]] = {}
        for clause in clauses:
            predicate = self._c.plural(clause.predicate) if many and clause.subject == relative else clause.predicate
            grouped.setdefault(clause.subject, []).append(predicate)
        groups = []
        for subject, said in grouped.items():
            alone = any(" or " in predicate for predicate in said)
            groups += [f"{subject} {p}" for p in said] if alone else [f"{subject} {self._c.both(said)}"]
        return groups

    def _count(self, pattern: Pattern) -> int:
        number = pattern.number
        return int(self._parameters[number.name]) if isinstance(number, Param) else number

    def _number(self, count: int) -> str:
        names = self._c.say("numbers")
        words = list(names) if self._w.lang == "zh" else names.split()
        return words[count] if count < len(words) else str(count)

    # Counted fields

    def _asks_all(self, pattern: Pattern) -> bool:
        """Whether it counts fields and wants every one of them."""
        return pattern.quantifier == "fields" and self._count(pattern) == len(pattern.tests)

    def _counted_fields(self, pattern: Pattern) -> str:
        fields = self._w.vocabulary.entities[pattern.entity].fields
        clauses = [self._clause(pattern, name, test) for name, test in pattern.tests]
        count, total, few = self._count(pattern), len(clauses), pattern.quantifier == "few fields"
        if self._asks_all(pattern):
            return self._joined(self._clauses(pattern))
        entity = self._c.entity(pattern.entity)
        prefix = "few_" if few else ""
        words: dict[str, object] = {"count": count, "total": total, "counter": entity.counter}
        if len({clause.predicate for clause in clauses}) > 1:
            if count == 1 and not few:
                return self._c.say("brackets", x=self._c.say("alternatives").join(map(self._c.text, clauses)))
            joined = self._c.say("long_clauses").join(map(self._c.text, clauses))
            return self._c.say(f"fields.{prefix}mixed", x=joined, **words)
        if count == 1 and not few and total == 2:
            return self._c.either(map(self._c.text, clauses))
        words["x"] = self._c.plural(clauses[0].predicate) if count > 1 else clauses[0].predicate
        alike = [f for f in fields.values() if f.type == fields[pattern.tests[0][0]].type]
        if entity.group != Text() and len(alike) == total:
            return self._c.say(f"fields.{prefix}group", group=entity.group.get(self._w.lang), **words)
        labels = self._c.together(clause.subject for clause in clauses)
        return self._c.say(f"fields.{prefix}same", labels=labels, **words)

    # Names and slots

    def slots(self, text: Text) -> str:
        """A text of a rule with each placeholder as a slot that says what will stand there."""
        return fill(text.get(self._w.lang), self._slot)

    def _slot(self, place: Placeholder) -> str:
        if place.alias == "param":
            return self._w.number(self._parameters[place.name])
        words = self._slot_words(place)
        if place.fallback:
            words = self._c.say("slot_else", x=words, fallback=place.fallback)
        return self._c.say("slot", x=words)

    def _slot_words(self, place: Placeholder) -> str:
        alias, name = place.alias, place.name
        if alias in ("today", "do"):
            return self._c.say(f"slot_{alias}")
        pattern = self._bound.get(alias)
        if pattern is not None and pattern.quantifier in FIELDS:
            return self._c.say("slot_points")
        entity = pattern.entity if pattern is not None else alias
        owner = self._names.get(alias, "")
        if name == "name" and owner:
            return self._c.say("slot_rival" if entity == "competitor" else "slot_name", owner=owner)
        if not name:
            return owner or in_sentence(self._w.entity(entity))
        label = self._c.label(self._w.vocabulary.entities[entity].fields[name])
        label = label.removeprefix(self._c.say("the", x=""))
        return self._c.say("slot_of", owner=owner, x=label) if owner else label

    def called(self, alias: str) -> str:
        """What the person or rival behind an alias is called."""
        return self._names.get(alias, alias)

    def field(self, key: str) -> str:
        """The label of `entity.field` or `alias.field` within a sentence."""
        alias, _, name = key.partition(".")
        owner = self._names.get(alias)
        entity = self._bound[alias].entity if owner else alias
        label = self._c.label(self._w.vocabulary.entities[entity].fields[name])
        return self._c.say("slot_of", owner=self._c.say("the", x=owner), x=label) if owner else label

    def conclusions(self, conclusions: tuple[Conclude, ...]) -> str:
        """What a rule concludes, as clauses."""
        return self._c.both(map(self._conclusion, conclusions))

    def _conclusion(self, conclusion: Conclude) -> str:
        field = self._w.vocabulary.entities[conclusion.entity].fields[conclusion.name]
        owner = self._names.get(conclusion.alias)
        if not owner:
            return self.test(field, Is(conclusion.value))
        clause = self._c.clause(field, Is(conclusion.value))
        the = self._c.say("this", x=owner)
        if self._is_relative(conclusion.entity, clause):
            return self._c.text(Clause(the, clause.predicate))
        return self._c.text(Clause(self._c.say("slot_of", owner=the, x=self._c.label(field)), clause.predicate))

    def each(self, template: str, pattern: Pattern) -> str:
        """A template about an item of a pattern, with its noun as {x} and its counter."""
        phrase = self._phrase(pattern, many=False)
        noun = phrase.noun.get(self._w.lang)
        return template.format(x=noun, counter=self._c.entity(pattern.entity).counter)

    # What a test asks, as the rest of "needs …"

    def asked(self, field: Field, test: Test) -> str:
        """What a test asks of a field that has been named already."""
        say = self._c.say
        match test:
            case Unknown():
                return say("asks.unknown")
            case Known():
                return say("asks.known")
            case Is(operand):
                return say("asks.value", x=self._operand(field, operand))
            case Not(inner):
                return say("asks.not", x=self.asked(field, inner))
            case OneOf(tests):
                return say("asks.or").join(self.asked(field, each) for each in tests)
            case Compare(op, operand):
                kind = "date_" if field.type == "date" else "rank_" if field.is_enum else ""
                return say(f"asks.{kind}{op}", x=self._operand(field, operand))
            case Between(low, high):
                return say("asks...", x=self._operand(field, low), y=self._operand(field, high))
            case Several(count, values):
                words = self._w.join([self._w.value(field, value) for value in values])
                return say("asks.several", count=count, x=words)
            case Join(op, alias, name):
                whom = self._slot_words(Placeholder(alias, name))
                return say("asks.same_as" if op == "=" else f"asks.{op}", x=whom)

    def _operand(self, field: Field, operand: Operand) -> str:
        if isinstance(operand, Day):
            return self._days.day(operand)
        return self._w.value(field, self._parameters[operand.name] if isinstance(operand, Param) else operand)


def _names_unknown(test: Test) -> bool:
    return isinstance(test, OneOf) and any(isinstance(each, Unknown) for each in test.tests)
