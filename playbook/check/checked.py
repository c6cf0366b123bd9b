"""A rulebook that is fit for use: read, overlaid and checked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from playbook.check.names import check_rulebook
from playbook.errors import Finding, RuleError
from playbook.load.packs import build_rulebook
from playbook.model.rulebook import Rulebook


def load_rulebook(packs: Iterable[Path] = ()) -> Rulebook:
    """Reads, overlays and checks the packs. Raises `RuleError` with every finding."""
    packs = list(packs)
    findings: list[Finding] = []
    rulebook = build_rulebook(packs, findings.append)
    # A rule that could not be read is missing from the rulebook; that a guard names it is no fault.
    findings += [f for f in check_rulebook(rulebook) if f.code != "R048" or not findings]
    if any(finding.severity == "error" for finding in findings):
        raise RuleError(findings)
    return rulebook
