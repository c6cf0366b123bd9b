"""Every deal and team file of a folder evaluated for the pipeline review, with what the rules say to each claim."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import yaml

from playbook.advise.pipeline.review import CLAIMS, Reviewed
from playbook.advisor import Advisor, audience_of
from playbook.evaluate.reference import Reference
from playbook.model.facts import Deal, Fact
from playbook.model.rules import Rule
from playbook.model.rulestore import RuleStore
from playbook.resources import data_text

_CATEGORY = ("deal", 0, "forecast_category")
_CLAIMED = (_CATEGORY, ("deal", 0, "win_prob_rep"))  # a high win rate is a claim as well


def reviews(deals: dict[str, Deal], advisor: Advisor, lang: str) -> Iterator[Reviewed]:
    """Each file as the review needs it, one at a time so that progress can be shown."""
    objecting, matcher = _deciding(advisor)
    for file, deal in deals.items():
        is_team = audience_of(deal) == "manager"
        evaluation = advisor.evaluate(deal)
        briefing = advisor.compose(evaluation, lang, "manager")
        objections = {} if is_team else _objections(deal, matcher, objecting)
        yield Reviewed(file, is_team, evaluation, briefing, objections)


def _deciding(advisor: Advisor) -> tuple[frozenset[str], Reference]:
    """The rules that decide on categories, and a matcher for them and for all that they may look at."""
    rules = list(advisor.rulebook.in_force(advisor.today))
    objecting = frozenset(rule.id for rule in rules if _objects(rule))
    needed = RuleStore(sorted((r for r in rules if r.conclude or r.id in objecting), key=lambda rule: rule.id))
    return objecting, Reference(replace(advisor.rulebook, rule_by_id=needed), advisor.today)


def _objects(rule: Rule) -> bool:
    """Whether a rule is one of those that decide which forecast category a deal may be reported in."""
    spec = _spec()
    advise = rule.advise
    if advise is None or advise.kind not in spec["kinds"] or advise.cluster != spec["cluster"]:
        return False
    return not rule.source or not set(spec["sources"]).isdisjoint(rule.source)


@cache
def _spec() -> dict[str, Any]:
    spec: dict[str, Any] = yaml.safe_load(data_text("pipeline.yaml"))["objections"]
    return spec


def _objections(deal: Deal, matcher: Reference, objecting: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """By category, the rules that fire once the deal is reported in it and not when it is merely in the pipeline."""
    fired = {claim: _fired(deal, claim, matcher) & objecting for claim in CLAIMS}
    lowest = fired[CLAIMS[-1]]
    return {claim: tuple(sorted(rules - lowest)) for claim, rules in fired.items()}


def _fired(deal: Deal, claim: str, matcher: Reference) -> set[str]:
    facts = tuple(fact for fact in deal.facts if fact.key not in _CLAIMED)
    supposed = replace(deal, facts=(*facts, Fact(("deal", 0), "forecast_category", claim)))
    return {activation.rule for activation in matcher.evaluate(supposed).activations}
