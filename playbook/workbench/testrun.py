"""Runs sidecar tests through the real engine, and counts what they cover."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Literal, NamedTuple

from playbook.advise.briefing import Briefing, Card
from playbook.advise.explain import Branch, Explainer, WhyNot
from playbook.advise.words.wording import Wording
from playbook.advisor import Advisor
from playbook.errors import Finding, RuleError, UsageError
from playbook.evaluate.evaluation import Evaluation
from playbook.load.casefile import case_files, read_cases, sidecar_of
from playbook.model.cases import Case, ExpectedCard
from playbook.model.rulebook import Rulebook, file_of
from playbook.model.rules import Rule
from playbook.resources import shown


class Suite(NamedTuple):
    """Cases with the rules that they are there to test."""

    cases: tuple[Case, ...]
    rules: tuple[Rule, ...]


def load_suite(rulebook: Rulebook, roots: Iterable[Path]) -> Suite:
    """The cases below folders, in test files and beside rule files. Raises `RuleError`, or `UsageError` for none."""
    roots = list(roots)
    files = case_files(roots)
    if not files:
        raise UsageError("C006", text=", ".join(map(str, roots)))
    findings: list[Finding] = []
    vocabulary, rules = rulebook.vocabulary, rulebook.rule_by_id
    cases = [case for file in files for case in read_cases(file, vocabulary, rules, findings.append, shown(file))]
    if findings:
        raise RuleError(findings)
    places = {root.resolve() for root in roots}
    return Suite(tuple(cases), tuple(rule for rule in rulebook.rules if _is_below(file_of(rule), places)))


def _is_below(file: Path, roots: Iterable[Path]) -> bool:
    return any(root in (file, sidecar_of(file), *file.parents) for root in roots)


class Failure(NamedTuple):
    """One expectation that was not met, with what explains it."""

    kind: Literal["fires", "silent", "concludes", "card"]
    what: str
    expected: str = ""
    actual: str = ""
    why_not: WhyNot | None = None
    why: tuple[Branch, ...] = ()


class Result(NamedTuple):
    case: Case
    failures: tuple[Failure, ...]


@dataclass
class Coverage:
    """Rules that a passing case saw fire, and the conditions because of which a passing case saw one silent.

    `silenced` holds, by rule, the places in its `when:` list (from 0) that were the first to fail.
    """

    fired: set[str] = field(default_factory=set)
    silenced: dict[str, set[int]] = field(default_factory=dict)


def run_cases(advisor: Advisor, cases: Iterable[Case], lang: str, coverage: Coverage) -> Iterator[Result]:
    """The result of each case; `coverage` grows as they pass. `lang` is that of explanations."""
    by_day: dict[date, Advisor] = {advisor.today: advisor}
    for case in cases:
        of_day = by_day.setdefault(case.as_of, replace(advisor, today=case.as_of, _evaluator=None))
        yield _Run(of_day, case, lang).result(coverage)


class _Run:
    def __init__(self, advisor: Advisor, case: Case, lang: str) -> None:
        self.advisor = advisor
        self.case = case
        self.evaluation: Evaluation = advisor.evaluate(case.deal)
        self.fired = {activation.rule for activation in self.evaluation.activations}
        wording = Wording(advisor.rulebook.vocabulary, lang, case.as_of)
        self.explainer = Explainer(advisor.rulebook, self.evaluation, wording)

    def result(self, coverage: Coverage) -> Result:
        failures = (*self._fires(), *self._silent(), *self._concludes(), *self._cards())
        if not failures:
            coverage.fired.update(self.case.fires)
            for ident in self.case.silent:
                stuck = len(self.explainer.why_not(self._rule(ident)).holding)
                coverage.silenced.setdefault(ident, set()).add(stuck)
        return Result(self.case, failures)

    def _rule(self, ident: str) -> Rule:
        return self.advisor.rulebook.rule_by_id[ident]

    def _fires(self) -> Iterator[Failure]:
        for ident in self.case.fires:
            if ident not in self.fired:
                yield Failure("fires", ident, why_not=self.explainer.why_not(self._rule(ident)))

    def _silent(self) -> Iterator[Failure]:
        for ident in self.case.silent:
            activations = [a for a in self.evaluation.activations if a.rule == ident]
            if activations:
                yield Failure("silent", ident, why=tuple(self.explainer.why(a) for a in activations))

    def _concludes(self) -> Iterator[Failure]:
        memory = self.evaluation.memory
        for key, value in self.case.concludes:
            fact = memory.facts.get(key)
            held = fact.content if fact and isinstance(fact.content, tuple) else (fact.content,) if fact else ()
            if value not in held:
                line = self.explainer.fact_line(key)
                yield Failure("concludes", line.label, expected=str(value), actual=line.value)

    def _cards(self) -> Iterator[Failure]:
        if not self.case.cards:
            return
        # Expected pieces of text are those of the zh card: it is the language rules are written in first.
        briefing = self.advisor.compose(self.evaluation, "zh", self.case.audience)
        for wanted in self.case.cards:
            yield from self._card(wanted, briefing)

    def _card(self, wanted: ExpectedCard, briefing: Briefing) -> Iterator[Failure]:
        cards = [card for card in briefing.activations if card.rule == wanted.rule]
        guard = self._rule(wanted.held_by).title.get("zh") if wanted.held_by else ""
        if any(_meets(card, wanted, guard) for card in cards):
            return
        if not cards:
            yield Failure("fires", wanted.rule, why_not=self.explainer.why_not(self._rule(wanted.rule)))
            return
        expected = _spelt(wanted.status, wanted.person, wanted.held_by, wanted.do)
        for card in cards:
            yield Failure("card", wanted.rule, expected, _spelt(card.status, card.person, card.held_by, card.do))


def _meets(card: Card, wanted: ExpectedCard, guard: str) -> bool:
    """Whether a card is as wanted; `guard` is the title of the guard that should hold it."""
    return (
        wanted.status in ("", card.status)
        and wanted.person in ("", card.person)
        and guard in ("", card.held_by)
        and wanted.do in card.do
    )


def _spelt(status: str, person: str, held_by: str, do: str) -> str:
    pairs = {"status": status, "person": person, "held_by": held_by, "do": do}
    return ", ".join(f"{name}: {value}" for name, value in pairs.items() if value)


class Covered(NamedTuple):
    """Coverage of one rule: whether it was seen to fire, and which conditions were seen to silence it."""

    rule: Rule
    fired: bool
    silenced: frozenset[int]

    @property
    def parts(self) -> tuple[int, int]:
        """What is covered and what there is to cover: the rule firing, and each condition."""
        return int(self.fired) + len(self.silenced), 1 + len(self.rule.when)


def covered(rules: Iterable[Rule], coverage: Coverage) -> list[Covered]:
    """The coverage of each rule, in the order of their places."""
    ordered = sorted(rules, key=lambda rule: (rule.at, rule.id))
    return [Covered(r, r.id in coverage.fired, frozenset(coverage.silenced.get(r.id, ()))) for r in ordered]
