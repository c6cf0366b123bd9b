"""Watching rule files: after each save, what is wrong, which tests fail, and how the advice on deals changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

from playbook.advise.briefing import Briefing
from playbook.advise.difference import difference
from playbook.advisor import Advisor, audience_of
from playbook.errors import Finding, UsageError
from playbook.load.casefile import case_files, read_cases
from playbook.load.packs import build_rulebook
from playbook.load.settingsfile import load_settings
from playbook.model.cases import Case
from playbook.model.facts import Deal
from playbook.model.rulebook import Rulebook
from playbook.model.rules import Rule
from playbook.resources import rules_folder, shown
from playbook.workbench.audit import audit_rulebook, known_rules, without_followers
from playbook.workbench.packdiff import DealChange
from playbook.workbench.testrun import Coverage, Result, run_cases


class Saved(NamedTuple):
    """What came of a save: all findings, results of the tests concerned, and the deals whose advice changed.

    With an error among the findings nothing else is looked at; the state before stays the one to compare with.
    """

    findings: tuple[Finding, ...]
    results: tuple[Result, ...] = ()
    changes: tuple[DealChange, ...] = ()


@dataclass
class Session:
    """The packs and deals being watched, as of the last save without errors; `rulebook` as of the last save."""

    packs: list[Path]
    deals: dict[str, Deal]
    today: date
    lang: str
    rulebook: Rulebook | None = None
    _rules: dict[str, Rule] = field(default_factory=dict)
    _briefings: dict[str, Briefing] = field(default_factory=dict)

    @property
    def roots(self) -> list[Path]:
        """The folders and files to watch."""
        return [rules_folder(), *self.packs]

    def look(self, saved: Iterable[Path] = ()) -> Saved:
        """Reads what changed and says what came of it. `saved`: the files that were saved; none at the start."""
        findings: list[Finding] = []
        rulebook = build_rulebook(self.packs, findings.append)
        findings = audit_rulebook(rulebook, findings, self.today)
        cases = self._cases(rulebook, findings)
        self.rulebook = rulebook
        findings.sort(key=lambda finding: (finding.at, finding.code))
        if any(finding.severity == "error" for finding in findings):
            return Saved(tuple(findings))
        advisor = Advisor(rulebook, load_settings(rulebook.vocabulary), self.today, "reference")
        changed = self._changed(rulebook.rules)
        files = {path.resolve() for path in saved}
        concerned = [case for file, case in cases if file in files or case.rules & changed]
        results = run_cases(advisor, concerned, self.lang, Coverage())
        return Saved(tuple(findings), tuple(results), tuple(self._advice(advisor)))

    def _changed(self, rules: Iterable[Rule]) -> set[str]:
        """Ids of the rules that are new, changed or gone; nothing at the first look."""
        before, self._rules = self._rules, {rule.id: rule.substance for rule in rules}
        if not before:
            return set()
        return {ident for ident in {*before, *self._rules} if before.get(ident) != self._rules.get(ident)}

    def _cases(self, rulebook: Rulebook, findings: list[Finding]) -> list[tuple[Path, Case]]:
        """Every case with its file; what is wrong with a test file is added to the findings."""
        known = known_rules(rulebook)
        found = []
        for file in case_files(self.roots):
            if file.exists():
                faults: list[Finding] = []
                cases = read_cases(file, rulebook.vocabulary, known, faults.append, shown(file))
                findings += without_followers(faults, findings)
                found += [(file.resolve(), case) for case in cases]
        return found

    def _advice(self, advisor: Advisor) -> Iterator[DealChange]:
        for file, deal in self.deals.items():
            before = self._briefings.get(file)
            after = self._briefings[file] = advisor.brief(deal, self.lang, audience_of(deal))
            if before is not None:
                change = DealChange(file, before, after, difference(before, after))
                if change.is_changed:
                    yield change


def saves(roots: list[Path]) -> Iterator[list[Path]]:
    """The files saved below folders, batch by batch, until interrupted. Raises `UsageError` without watchfiles."""
    try:
        from watchfiles import watch
    except ImportError as error:
        raise UsageError("U021", text="watch", name="watchfiles") from error
    batches = watch(*roots, debounce=200, step=50, raise_interrupt=False)
    return (sorted({Path(path) for _, path in batch}) for batch in batches)
