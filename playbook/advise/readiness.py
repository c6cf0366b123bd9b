"""Readiness: points for what is known and secured, out of 100. Not a probability."""

from __future__ import annotations

from playbook.advise.briefing import Readiness, ReadinessPart
from playbook.advise.words.wording import Wording
from playbook.evaluate.evaluation import Evaluation
from playbook.evaluate.matching import Matcher
from playbook.model.rulebook import Rulebook
from playbook.model.rules import patterns_of
from playbook.model.settings import ReadinessGroup, ReadinessItem


def readiness(
    groups: tuple[ReadinessGroup, ...], rulebook: Rulebook, evaluation: Evaluation, wording: Wording
) -> Readiness:
    """The score with its parts; `lost` names what earned nothing."""
    matcher = Matcher(rulebook.vocabulary, rulebook.scope(evaluation.memory.today), {})
    parts = []
    for group in groups:
        points, lost = 0.0, []
        for item in group.items:
            earned = _times(item, matcher, evaluation)
            points += item.points * earned
            if earned < item.times:
                counted = f" {earned}/{item.times}" if item.times > 1 else ""
                lost.append(wording.text(item.label) + counted)
        maximum = sum(item.points * item.times for item in group.items)
        parts.append(ReadinessPart(group.name, wording.text(group.label), points, maximum, tuple(lost)))
    return Readiness(round(sum(part.points for part in parts)), tuple(parts))


def _times(item: ReadinessItem, matcher: Matcher, evaluation: Evaluation) -> int:
    """How many times the item's points are earned."""
    memory = evaluation.memory
    if item.counted:
        (pattern,) = patterns_of(item.when)
        return len(matcher.fields(pattern, memory, {}))
    return int(all(matcher.holds(condition)(memory, {}) for condition in item.when))
