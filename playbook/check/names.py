"""Checks that look at a rulebook as a whole: names that must exist, ids, and strata."""

from __future__ import annotations

from collections.abc import Iterator

from playbook.errors import Finding, Location
from playbook.model.rulebook import Rulebook
from playbook.model.rules import Rule, patterns_of
from playbook.model.strata import stratify
from playbook.model.unary import Between, Compare, Is, Not, OneOf, Param, Test
from playbook.model.vocabulary import nearest


def check_rulebook(rulebook: Rulebook) -> list[Finding]:
    """Every finding about a rulebook whose files could be read."""
    findings = [finding for rule in rulebook.rules for finding in _check_rule(rule, rulebook)]
    strata = stratify(rulebook.rules)
    if strata.cycle:
        place = next((r.at for r in rulebook.rules if r.id in strata.cycle), Location("rules"))
        findings.append(Finding("R045", place, {"cycle": " → ".join(strata.cycle)}))
    return findings


def _check_rule(rule: Rule, rulebook: Rulebook) -> Iterator[Finding]:
    for name in sorted(_parameters(rule)):
        if name not in rulebook.parameters:
            yield _unknown("R044", rule, name=name, near=nearest(name, rulebook.parameters))
    for tactic in rule.source:
        if tactic not in rulebook.tactics:
            yield _unknown("R046", rule, name=tactic, near=nearest(tactic, rulebook.tactics))
    clusters = {out.cluster for out in (rule.advise, rule.ask) if out and out.cluster}
    guard = rule.guard
    for cluster in sorted(clusters | set(guard.clusters if guard else ())):
        if cluster not in rulebook.clusters:
            yield _unknown("R047", rule, name=cluster, near=nearest(cluster, rulebook.clusters))
    for target in guard.rules if guard else ():
        if target not in rulebook.rule_by_id:
            yield _unknown("R048", rule, name=target, near=nearest(target, rulebook.rule_by_id))
    for tactic in guard.sources if guard else ():
        if tactic not in rulebook.tactics:
            yield _unknown("R046", rule, name=tactic, near=nearest(tactic, rulebook.tactics))


def _unknown(code: str, rule: Rule, **args: str) -> Finding:
    return Finding(code, rule.at, {"rule": rule.id, **args})


def _parameters(rule: Rule) -> set[str]:
    names = {p.name for p in rule.placeholders() if p.alias == "param"}
    for pattern in patterns_of(rule.when):
        if isinstance(pattern.number, Param):
            names.add(pattern.number.name)
        for _, test in pattern.tests:
            names.update(_parameters_of(test))
    return names


def _parameters_of(test: Test) -> Iterator[str]:
    match test:
        case Is(Param(name)) | Compare(_, Param(name)):
            yield name
        case Between(low, high):
            yield from (bound.name for bound in (low, high) if isinstance(bound, Param))
        case Not(inner):
            yield from _parameters_of(inner)
        case OneOf(tests):
            for each in tests:
                yield from _parameters_of(each)
        case _:
            pass
