"""Everything that is wrong with a playbook: files, names, meaning, limits of the engine and sidecar tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path

from playbook.advisor import Advisor
from playbook.check.book import Book
from playbook.check.checks import OF_BOOKS, OF_RULES
from playbook.check.names import check_rulebook
from playbook.check.witness import candidates
from playbook.compile.ruleset import check_limits
from playbook.errors import Finding
from playbook.load.casefile import case_files, read_cases
from playbook.load.packs import build_rulebook
from playbook.model.facts import Deal
from playbook.model.rulebook import Rulebook
from playbook.model.rules import Rule
from playbook.resources import rules_folder, shown

Progress = Callable[[Iterable[Rule]], Iterable[Rule]]


def audit_paths(
    paths: Iterable[Path], packs: Iterable[Path], today: date, witness: bool, show_progress: bool
) -> list[Finding]:
    """Every finding about packs, with `paths` only those in their files.

    A path outside the built-in pack and `packs` is taken for a company pack of its own.
    `witness`: also try each rule in the engine; `show_progress`: with a bar on stderr.
    """
    paths, packs = [path.resolve() for path in paths], list(packs)
    known = [rules_folder().resolve(), *(pack.resolve() for pack in packs)]
    more = [path for path in paths if not any(path.is_relative_to(root) for root in known)]
    findings = audit([*packs, *more], today)
    if witness and not any(finding.severity == "error" for finding in findings):
        advisor = Advisor.load([*packs, *more], today)
        findings = [*findings, *unfireable(advisor, _bar if show_progress else iter)]
    narrowed = [f for f in findings if not paths or _is_in(f.at.file, paths)]
    return sorted(narrowed, key=lambda f: (f.at, f.code))


def _is_in(file: str, paths: Iterable[Path]) -> bool:
    """Whether a file as findings name it lies in one of the paths."""
    inside = file.startswith("rules/") and not Path(file).exists()
    place = (rules_folder().parent / file if inside else Path(file)).resolve()
    return any(place.is_relative_to(path) for path in paths)


def _bar(rules: Iterable[Rule]) -> Iterable[Rule]:
    from rich.console import Console
    from rich.progress import track

    yield from track(list(rules), description="witness", console=Console(stderr=True), transient=True)


def audit(packs: Iterable[Path], today: date) -> list[Finding]:
    """Every finding about the built-in pack and company packs, by place.

    Checks that need the whole rulebook wait until there are no errors left.
    """
    packs = list(packs)
    findings: list[Finding] = []
    rulebook = build_rulebook(packs, findings.append)
    findings = audit_rulebook(rulebook, findings, today)
    faults: list[Finding] = []
    known = known_rules(rulebook)
    for file in case_files([rules_folder(), *packs]):
        if file.exists():
            read_cases(file, rulebook.vocabulary, known, faults.append, shown(file))
    findings += without_followers(faults, findings)
    if not any(finding.severity == "error" for finding in findings):
        findings += check_limits(rulebook)
    return sorted(findings, key=lambda f: (f.at, f.code))


def without_followers(faults: list[Finding], findings: list[Finding]) -> list[Finding]:
    """The faults of test files; that one names a rule that could not be read is no fault of its own."""
    has_error = any(finding.severity == "error" for finding in findings)
    return [fault for fault in faults if not (has_error and fault.code == "C005")]


def known_rules(rulebook: Rulebook) -> frozenset[str]:
    """The rules that a sidecar test may speak of: also those of the built-in pack that a company pack replaced."""
    return frozenset((*rulebook.rule_by_id, *(change.rule for change in rulebook.changes)))


def audit_rulebook(rulebook: Rulebook, findings: list[Finding], today: date) -> list[Finding]:
    """What is wrong with the rules of a rulebook, besides what was found when its files were read."""
    findings = list(findings)
    names = check_rulebook(rulebook)
    findings += [f for f in names if f.code != "R048" or not findings]
    book = Book(rulebook, today)
    incomparable = {f.at for f in names if f.code == "R044"}  # what they compare with has no value
    sound = [rule for rule in book.rules if rule.at not in incomparable]
    findings += [finding for rule in sound for check in OF_RULES for finding in check(book, rule)]
    if not any(finding.severity == "error" for finding in findings):
        findings += [finding for check in OF_BOOKS for finding in check(book)]
    return sorted(findings, key=lambda f: (f.at, f.code))


def unfireable(advisor: Advisor, progress: Progress = iter) -> Iterator[Finding]:
    """Rules for which no deal is found on which they fire, tried in the real engine. Takes a while."""
    for rule in progress(advisor.rulebook.in_force(advisor.today)):
        if witness_of(advisor, rule) is None:
            yield Finding("K011", rule.at, {"rule": rule.id}, "warning")


def witness_of(advisor: Advisor, rule: Rule) -> Deal | None:
    """A deal on which a rule fires in the real engine; None when none is found."""
    for deal in candidates(advisor.rulebook, rule, advisor.today):
        if any(activation.rule == rule.id for activation in advisor.evaluate(deal).activations):
            return deal
    return None
