"""How the advice on real deals changes from one version of the rules to another."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from playbook.advise.briefing import Briefing
from playbook.advise.difference import Difference, difference
from playbook.advisor import Advisor, audience_of
from playbook.errors import DealError, Finding, UsageError
from playbook.load.deal import read_deal
from playbook.model.facts import Deal
from playbook.model.rulebook import Rulebook


class DealChange(NamedTuple):
    """How the briefing of one deal changes."""

    file: str
    before: Briefing
    after: Briefing
    change: Difference

    @property
    def is_changed(self) -> bool:
        return not self.change.is_empty or bool(self.reworded)

    @property
    def loses_top(self) -> bool:
        """Whether the first thing to do is another one, or gone."""
        return self.change.top[0][:1] != self.change.top[1][:1]

    @property
    def entered_top(self) -> tuple[str, ...]:
        return tuple(ident for ident in self.change.top[1] if ident not in self.change.top[0])

    @property
    def left_top(self) -> tuple[str, ...]:
        return tuple(ident for ident in self.change.top[0] if ident not in self.change.top[1])

    @property
    def reworded(self) -> tuple[str, ...]:
        """Cards that are shown before and after and say something else."""
        before, after = _texts(self.before), _texts(self.after)
        return tuple(ident for ident, text in before.items() if after.get(ident, text) != text)


def _texts(briefing: Briefing) -> dict[str, tuple[str, ...]]:
    """What each shown card says."""
    return {c.id: (c.title, c.do, c.why, c.say, c.whom) for c in briefing.activations if c.status == "shown"}


class PackDiff(NamedTuple):
    """Rules by id that were added, removed or changed, parameters with both values, and every deal by file."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    parameters: tuple[tuple[str, float, float], ...]
    deals: tuple[DealChange, ...]

    @property
    def changed_deals(self) -> tuple[DealChange, ...]:
        return tuple(deal for deal in self.deals if deal.is_changed)


def read_deals(paths: Iterable[Path], advisor: Advisor) -> dict[str, Deal]:
    """The deals of files and folders by file. Raises `DealError` with the findings of all, `UsageError` for none."""
    deals: dict[str, Deal] = {}
    findings: list[Finding] = []
    paths = list(paths)
    for file in deal_files(paths):
        try:
            deals[str(file)] = read_deal(file, advisor.rulebook.vocabulary, advisor.today)
        except DealError as error:
            findings += error.findings
    if findings:
        raise DealError(findings)
    if not deals:
        raise UsageError("U016", text=", ".join(map(str, paths)))
    return deals


def deal_files(paths: Iterable[Path]) -> list[Path]:
    """The deal files among files and below folders, in order."""
    found: dict[Path, None] = {}
    for path in paths:
        inside = (
            sorted(f for f in path.rglob("*") if f.suffix in (".yaml", ".yml", ".json")) if path.is_dir() else [path]
        )
        found |= dict.fromkeys(f for f in inside if not f.name.endswith((".test.yaml", ".test.yml")))
    return list(found)


def compare(old: Advisor, new: Advisor, deals: dict[str, Deal], lang: str, audience: str = "") -> PackDiff:
    """Both versions on each deal, in one language; for its usual audience where none is given."""
    changes = []
    for file, deal in deals.items():
        reader = audience or audience_of(deal)
        before, after = old.brief(deal, lang, reader), new.brief(deal, lang, reader)
        changes.append(DealChange(file, before, after, difference(before, after)))
    return PackDiff(*_rules(old.rulebook, new.rulebook), _parameters(old.rulebook, new.rulebook), tuple(changes))


def _rules(old: Rulebook, new: Rulebook) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    before, after = old.rule_by_id, new.rule_by_id
    added = tuple(ident for ident in after if ident not in before)
    removed = tuple(ident for ident in before if ident not in after)
    kept = (ident for ident in after if ident in before)
    changed = tuple(ident for ident in kept if before[ident].substance != after[ident].substance)
    return added, removed, changed


def _parameters(old: Rulebook, new: Rulebook) -> tuple[tuple[str, float, float], ...]:
    both = ((name, old.parameters[name].value, p.value) for name, p in new.parameters.items() if name in old.parameters)
    return tuple(each for each in both if each[1] != each[2])
