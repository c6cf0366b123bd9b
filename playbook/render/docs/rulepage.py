"""A rule in plain words: when it fires and what follows, where it comes from, and what hangs on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from playbook.advise.words.plain import PlainWords
from playbook.advise.words.wording import Wording
from playbook.model.cases import Case
from playbook.model.dependencies import Dependencies
from playbook.model.rulebook import Change, Rulebook
from playbook.model.rules import AUDIENCES, Advise, Ask, Due, Guard, Rule, patterns_of
from playbook.model.unary import Between, Compare, Not, OneOf, Param, Test
from playbook.render.docs.words import axis_of, doc_words, folder_label

_MOST_NAMED = 8  # more rules than these are counted by folder


class Line(NamedTuple):
    label: str
    text: str


class Output(NamedTuple):
    """What follows: the end of the sentence, the advice in words, and what belongs to it."""

    lead: str
    text: str
    lines: tuple[Line, ...] = ()
    targets: tuple[str, ...] = ()


class Tie(NamedTuple):
    """A concluded field and the rules at its other end."""

    field: str
    label: str
    rules: tuple[str, ...]


class Origin(NamedTuple):
    tactic: str
    text: str


class RuleView(NamedTuple):
    """Everything to say of a rule in one language; rules are named by id."""

    id: str
    title: str
    outputs: tuple[Output, ...]
    notes: tuple[Line, ...]
    facts: tuple[Line, ...]
    origins: tuple[Origin, ...]
    place: str
    guards: tuple[tuple[str, str], ...]
    fed_by: tuple[Tie, ...]
    feeds: tuple[Tie, ...]
    changes: tuple[str, ...]


class RuleReader:
    """Puts the rules of a rulebook into words."""

    def __init__(self, rulebook: Rulebook, wording: Wording) -> None:
        self.rulebook = rulebook
        self.w = wording
        self.words = doc_words(wording.lang)
        self.ties = Dependencies(rulebook)
        self._parameters = {name: p.value for name, p in rulebook.parameters.items()}
        self._titles: dict[str, str] = {}

    def plain(self, rule: Rule) -> PlainWords:
        """The words for a rule's conditions and texts."""
        return PlainWords(self.w, self._parameters, rule.when)

    def view(self, rule: Rule) -> RuleView:
        """Everything to say of a rule."""
        plain = self.plain(rule)
        return RuleView(
            rule.id,
            self.title(rule.id),
            tuple(self._outputs(rule, plain)),
            tuple(self._notes(rule, plain)),
            tuple(self._facts(rule, plain)),
            tuple(Origin(ident, self.origin(ident)) for ident in rule.source),
            f"{rule.at.file}:{rule.at.line}",
            tuple((ident, self._effect(ident)) for ident in self.ties.governing.get(rule.id, ())),
            tuple(Tie(key, self.label(key), rules) for key, rules in self.ties.feeding(rule).items()),
            tuple(Tie(key, self.label(key), rules) for key, rules in self.ties.fed(rule).items()),
            tuple(self._changes(rule)),
        )

    def title(self, ident: str) -> str:
        """The title of a rule, with slots for its placeholders."""
        if ident not in self._titles:
            rule = self.rulebook.rule_by_id[ident]
            self._titles[ident] = self.plain(rule).slots(rule.title)
        return self._titles[ident]

    def label(self, key: str) -> str:
        """The label of a field, with the person's or rival's where the field is one of theirs."""
        entity, _, name = key.partition(".")
        about = self.w.vocabulary.entities[entity]
        label = self.w.label(about.fields[name])
        return f"{self.w.entity(entity)}{self.w.pick('：', ': ')}{label}" if about.repeats else label

    def origin(self, tactic: str) -> str:
        """Document and section of a tactic."""
        found = self.rulebook.tactics[tactic]
        return str(
            self.words["source"].format(document=self.w.text(found.document), section=self.w.text(found.section))
        )

    def by_folder(self, rules: Iterable[str]) -> str:
        """How many rules of each folder: `客户类型 12 条、拍板人 3 条`, the most first."""
        counted = Counter(axis_of(self.rulebook.rule_by_id[ident])[0] for ident in rules)
        ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
        return str(
            self.words["comma"].join(
                self.words["rules_of"].format(axis=folder_label(folder, self.w.lang), n=n) for folder, n in ranked
            )
        )

    # What follows

    def _outputs(self, rule: Rule, plain: PlainWords) -> Iterator[Output]:
        when = plain.sentence(rule.when)
        first = True
        for name, words, output in self._parts(rule, plain):
            lead = (
                self.words["then"][name].format(when=when, **words)
                if first
                else self.words["also"][name].format(**words)
            )
            first = False
            yield output._replace(lead=lead)

    def _parts(self, rule: Rule, plain: PlainWords) -> Iterator[tuple[str, dict[str, str], Output]]:
        """Each output with the name of its lead and the words that the lead wants."""
        if rule.advise:
            yield rule.advise.kind, {}, self._advice(rule.advise, plain)
        if rule.ask:
            yield "ask", {"field": plain.field(rule.ask.field)}, self._question(rule.ask, plain)
        if rule.conclude:
            yield "conclude", {"x": plain.conclusions(rule.conclude)}, Output("", "")
        if rule.guard:
            yield rule.guard.effect, {}, self._guard(rule, rule.guard, plain)

    def _advice(self, advise: Advise, plain: PlainWords) -> Output:
        lines = [Line(self.words["why"], plain.slots(advise.why))]
        if self.w.text(advise.say):
            lines.append(Line(self.words["say"], plain.slots(advise.say)))
        return Output("", plain.slots(advise.do), tuple(lines))

    def _question(self, ask: Ask, plain: PlainWords) -> Output:
        lines = (Line(self.words["whom"], plain.slots(ask.whom)), Line(self.words["why"], plain.slots(ask.why)))
        return Output("", plain.slots(ask.question), lines)

    def _guard(self, rule: Rule, guard: Guard, plain: PlainWords) -> Output:
        words = self.words
        named = {
            "by_party": [words["parties"][party] for party in guard.parties],
            "by_cluster": [self.cluster(name) for name in guard.clusters],
            "by_source": list(dict.fromkeys(map(self.origin, guard.sources))),
        }
        lines = [Line(words[key], words["semicolon"].join(names)) for key, names in named.items() if names]
        if guard.effect == "rewrite":
            lines.append(Line(words["becomes"], plain.slots(guard.do)))
        lines.append(Line(words["reason"], plain.slots(guard.reason)))
        if guard.person:
            lines.append(Line(words["scope"], words["person_only"].format(x=plain.called(guard.person))))
        governed = self.ties.governed(rule)
        counted = words["governs_n"].format(n=len(governed), x=self.by_folder(governed))
        lines.append(Line(words["governs"], counted))
        return Output("", "", tuple(lines), guard.rules)

    def cluster(self, name: str) -> str:
        found = self.rulebook.clusters.get(name)
        return self.w.text(found.label) if found else name

    def _effect(self, guard: str) -> str:
        spec = self.rulebook.rule_by_id[guard].guard
        return str(self.words["guard_rewrite" if spec and spec.effect == "rewrite" else "guard_hold"])

    # What a reader should know besides

    def _notes(self, rule: Rule, plain: PlainWords) -> Iterator[Line]:
        if lenient := plain.lenient(rule.when):
            yield Line(self.words["lenient"], self.words["semicolon"].join(lenient))
        for pattern in patterns_of(rule.when):
            if pattern.quantifier == "each":
                yield Line("", plain.each(self.words["each"], pattern))
        if names := parameters_of(rule):
            yield Line(self.words["parameters"], self.words["semicolon"].join(map(self._parameter, names)))

    def _parameter(self, name: str) -> str:
        found = self.rulebook.parameters[name]
        text = f"{self.w.text(found.label)} {self.w.number(found.value)}"
        law = self.w.text(found.law)
        more = self.words["comma"].join([name, law] if law else [name])
        return str(self.words["bracket"].format(x=text, y=more))

    def _facts(self, rule: Rule, plain: PlainWords) -> Iterator[Line]:
        words = self.words
        yield Line(words["kind"], words["kinds"][kind_of(rule)])
        for card in (rule.advise, rule.ask):
            if card is not None:
                yield from self._card_facts(card, plain)
        if set(rule.audience) != set(AUDIENCES) or rule.advise or rule.ask:
            yield Line(words["audience"], words["comma"].join(words["audiences"][a] for a in rule.audience))
        if rule.owner:
            yield Line(words["owner"], rule.owner)
        if rule.status != "active":
            yield Line(words["status"], words["statuses"][rule.status])
        if rule.since or rule.until:
            key = "from_until" if rule.since and rule.until else "from" if rule.since else "until"
            yield Line(words["effective"], words[key].format(a=rule.since, b=rule.until))

    def _card_facts(self, card: Advise | Ask, plain: PlainWords) -> Iterator[Line]:
        words = self.words
        yield Line(words["priority"], words["priorities"][card.priority])
        if card.due is not None:
            yield Line(words["due"], self._due(card.due, plain))
        if card.cluster:
            found = self.rulebook.clusters.get(card.cluster)
            label = self.cluster(card.cluster)
            yield Line(words["cluster"], words["cluster_limit"].format(x=label, n=found.limit) if found else label)
        if card.gate:
            yield Line(words["gate"], words["gates"][card.gate])
        yield Line(words["party"], words["parties"][card.party])

    def _due(self, due: Due, plain: PlainWords) -> str:
        words = self.words
        if due.field:
            key = "due_on" if not due.days else "due_before" if due.days < 0 else "due_after"
            return str(words[key].format(x=plain.field(due.field), n=abs(due.days)))
        key = {0: "due_today", 1: "due_day"}.get(due.days, "due_days")
        return str(words[key].format(n=due.days))

    def changes(self) -> list[str]:
        """What company packs did to rules, and why."""
        return [self._change(change) for change in self.rulebook.changes]

    def _changes(self, rule: Rule) -> Iterator[str]:
        for change in self.rulebook.changes:
            if change.rule in (rule.id, rule.replaces):
                yield self._change(change)

    def _change(self, change: Change) -> str:
        words = {"pack": change.pack, "rule": change.rule, "reason": self.w.text(change.reason)}
        return str(self.words["changes"][change.kind].format(**words))


def kind_of(rule: Rule) -> str:
    """What a rule chiefly gives: the kind of its card, a question, a conclusion or a guard."""
    if rule.advise:
        return rule.advise.kind
    return "ask" if rule.ask else "guard" if rule.guard else "conclude"


def parameters_of(rule: Rule) -> list[str]:
    """The parameters that a rule's conditions and texts name, each once."""
    names = [place.name for place in rule.placeholders() if place.alias == "param"]
    for pattern in patterns_of(rule.when):
        names += [pattern.number.name] if isinstance(pattern.number, Param) else []
        for _, test in pattern.tests:
            names += _named_in(test)
    return list(dict.fromkeys(sorted(names)))


def _named_in(test: Test) -> Iterator[str]:
    match test:
        case Not(inner):
            yield from _named_in(inner)
        case OneOf(tests):
            for each in tests:
                yield from _named_in(each)
        case Compare(_, Param(name)):
            yield name
        case Between(low, high):
            yield from (each.name for each in (low, high) if isinstance(each, Param))


# --- For the terminal


def rule_page(reader: RuleReader, rule: Rule, cases: Iterable[Case]) -> str:
    """A rule as text, with the tests beside its file."""
    return "\n".join(_lines(reader, reader.view(rule), list(cases)))


def _lines(reader: RuleReader, view: RuleView, cases: list[Case]) -> Iterator[str]:
    words = reader.words
    yield f"{view.title}  [{view.id}]"
    for output in view.outputs:
        yield ""
        yield output.lead
        if output.text:
            yield f"  {output.text}"
        yield from (f"  {reader.title(ident)}  [{ident}]" for ident in output.targets)
        yield from (f"  {_labelled(reader, line)}" for line in output.lines)
    if view.notes:
        yield ""
        yield from (_labelled(reader, line) for line in view.notes)
    yield ""
    yield " · ".join(_labelled(reader, line) for line in view.facts)
    for origin in view.origins:
        yield _labelled(reader, Line(words["origin"], words["bracket"].format(x=origin.text, y=origin.tactic)))
    yield _labelled(reader, Line(words["place"], view.place))
    yield from view.changes
    if view.guards:
        yield ""
        yield _labelled(reader, Line(words["guards"], ""))
        yield from (f"  {effect} · {reader.title(ident)}  [{ident}]" for ident, effect in view.guards)
    yield from _tied(reader, words["fed_by"], view.fed_by, "←")
    yield from _tied(reader, words["feeds"], view.feeds, "→")
    yield ""
    yield from _tests(reader, view.id, cases)


def _labelled(reader: RuleReader, line: Line) -> str:
    return f"{line.label}{reader.words['colon']}{line.text}".rstrip() if line.label else line.text


def _tied(reader: RuleReader, title: str, ties: tuple[Tie, ...], arrow: str) -> Iterator[str]:
    if not ties:
        return
    yield ""
    yield _labelled(reader, Line(title, ""))
    for tie in ties:
        if not tie.rules:
            yield f"  {tie.label} {arrow} {reader.words['nobody']}"
        elif len(tie.rules) > _MOST_NAMED:
            yield f"  {tie.label} {arrow} {reader.by_folder(tie.rules)}"
        else:
            yield f"  {tie.label} {arrow}"
            yield from (f"    {reader.title(ident)}  [{ident}]" for ident in tie.rules)


def _tests(reader: RuleReader, ident: str, cases: list[Case]) -> Iterator[str]:
    words = reader.words
    if not cases:
        yield _labelled(reader, Line(words["tests"], words["no_tests"]))
        return
    yield _labelled(reader, Line(words["tests"], str(len(cases))))
    for case in cases:
        what = "test_fires" if ident in case.fires else "test_silent" if ident in case.silent else "test_cards"
        yield f"  {words[what]} · {reader.w.text(case.name)}  ({case.at.file}:{case.at.line})"
