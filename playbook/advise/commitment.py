"""What to ask the customer for on the visit: the best and the least, by the stage of the purchase."""

from __future__ import annotations

from typing import Any

from playbook.advise.briefing import Commitment
from playbook.advise.words.wording import Filler, Wording
from playbook.cache import cached
from playbook.evaluate.evaluation import Activation, Evaluation
from playbook.model.facts import values_of
from playbook.model.rulebook import Rulebook
from playbook.resources import data_text

_NAMED = 2  # people whom a commitment names; of more, it says "them"


def commitment(rulebook: Rulebook, evaluation: Evaluation, wording: Wording) -> Commitment:
    """The commitments of the stage; empty without a deal, and `held` while a guard keeps us from the customer."""
    memory = evaluation.memory
    stage = memory.get(("deal", 0), "stage")
    if stage is None:
        return Commitment()
    for activation in evaluation.activations:
        guard = evaluation.rules[activation.rule].guard
        if guard and guard.effect == "hold" and "customer" in guard.parties:
            return Commitment(held=_reason(rulebook, evaluation, wording, activation))
    texts = _texts()
    routine = memory.get(("deal", 0), "size_class") == "small_routine" and stage in ("need", "evaluation", "commitment")
    chosen = texts["routine" if routine else str(stage)]
    people = [str(value) for value in values_of(memory.get(("visit", 0), "with"))]
    named = people and len(people) <= _NAMED
    who = wording.join(people) if named else texts["who"][wording.lang]
    return Commitment(*(chosen[name][wording.lang].replace("{who}", who) for name in ("best", "least")))


def _reason(rulebook: Rulebook, evaluation: Evaluation, wording: Wording, activation: Activation) -> str:
    guard = evaluation.rules[activation.rule].guard
    filler = Filler(rulebook, wording, evaluation.memory, activation, {})
    return filler.fill(guard.reason) if guard else ""


def _texts() -> dict[str, Any]:
    text = data_text("commitments.yaml")
    return cached("commitments", text, lambda: _load(text))


def _load(text: str) -> dict[str, Any]:
    import yaml

    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded
