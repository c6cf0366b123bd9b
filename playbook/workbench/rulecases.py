"""The test cases about one rule."""

from __future__ import annotations

from playbook.errors import Finding
from playbook.load.casefile import read_cases, sidecar_of
from playbook.model.cases import Case
from playbook.model.rulebook import Rulebook, file_of
from playbook.model.rules import Rule
from playbook.resources import shown


def cases_about(rule: Rule, rulebook: Rulebook) -> list[Case]:
    """The cases beside a rule's file that say something of it; what cannot be read is left to `rules test`."""
    path = sidecar_of(file_of(rule))
    if not path.is_file():
        return []
    unread: list[Finding] = []
    cases = read_cases(path, rulebook.vocabulary, rulebook.rule_by_id, unread.append, shown(path))
    return [case for case in cases if rule.id in case.rules]
