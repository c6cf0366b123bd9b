"""The whole way from files to a briefing, for the command line and for programs.

advisor = Advisor.load()
briefing = advisor.brief(advisor.read("deals/hospital.yaml"), lang="zh")
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from playbook.advise.briefing import Briefing
from playbook.advise.compose import compose
from playbook.cache import cached
from playbook.errors import RuleError
from playbook.evaluate.evaluation import Evaluation, Evaluator
from playbook.load.deal import read_deal
from playbook.model.facts import Deal
from playbook.model.rulebook import Rulebook, digest_of
from playbook.model.settings import Settings

if TYPE_CHECKING:
    from playbook.advise.memory.remembering import Memory

EngineName = Literal["auto", "durable_rules", "reference"]


@dataclass
class Advisor:
    """A rulebook ready to advise as of one day.

    `is_fallback` tells that durable_rules could not be loaded, so the reference matcher serves.
    """

    rulebook: Rulebook
    settings: Settings
    today: date
    engine: EngineName = "auto"
    is_fallback: bool = False
    _evaluator: Evaluator | None = None

    @staticmethod
    def load(packs: Iterable[Path | str] = (), today: date | None = None, engine: EngineName = "auto") -> Advisor:
        """Loads the built-in pack and company packs. Raises `RuleError`."""
        paths = [Path(pack) for pack in packs]
        rulebook, settings = cached(_name("rulebook", paths), digest_of(paths), lambda: _load(paths))
        return Advisor(rulebook, settings, today or date.today(), engine)

    @property
    def evaluator(self) -> Evaluator:
        """The engine, made on first use."""
        if self._evaluator is None:
            self._evaluator = self._make_evaluator()
        return self._evaluator

    def _make_evaluator(self) -> Evaluator:
        if self.engine != "reference":
            from playbook.compile.ruleset import compile_rulebook
            from playbook.evaluate.engine import DurableEngine, load_module

            module = load_module()
            if module is not None:
                key = f"{self.rulebook.digest} {self.today.isoformat()}"
                compiled = cached("compiled", key, lambda: compile_rulebook(self.rulebook, self.today))
                return DurableEngine(self.rulebook, self.today, module, compiled)
            self.is_fallback = True
        from playbook.evaluate.reference import Reference

        return Reference(self.rulebook, self.today)

    def read(self, path: Path | str) -> Deal:
        """Reads a deal file. Raises `DealError`."""
        return read_deal(Path(path), self.rulebook.vocabulary, self.today)

    def evaluate(self, deal: Deal) -> Evaluation:
        return self.evaluator.evaluate(deal)

    def brief(self, deal: Deal, lang: str = "zh", audience: str = "rep") -> Briefing:
        """The briefing of a deal, in `zh` or `en`, for a `rep`, `manager` or `coach`."""
        return self.compose(self.evaluate(deal), lang, audience)

    def compose(
        self, evaluation: Evaluation, lang: str = "zh", audience: str = "rep", past: Memory | None = None
    ) -> Briefing:
        """The briefing of an evaluation; with `past`, what was done or rejected before is left out."""
        return compose(self.rulebook, self.settings, evaluation, lang, audience, past)


def audience_of(deal: Deal) -> str:
    """Who reads the briefing of a deal when nobody is named: the rep, or the manager for a team's file."""
    has_deal = any(fact.key == ("deal", 0, "stage") for fact in deal.facts)
    return "rep" if has_deal else "manager"


def _load(paths: list[Path]) -> tuple[Rulebook, Settings]:
    from playbook.check.checked import load_rulebook
    from playbook.compile.ruleset import check_limits
    from playbook.load.settingsfile import load_settings

    rulebook = load_rulebook(paths)
    if findings := list(check_limits(rulebook)):
        raise RuleError(findings)
    return rulebook, load_settings(rulebook.vocabulary)


def _name(base: str, paths: list[Path]) -> str:
    """A cache file a set of packs, so that working with and without a pack does not evict."""
    if not paths:
        return base
    import hashlib

    names = "\0".join(str(path.resolve()) for path in paths)
    return f"{base}-{hashlib.sha256(names.encode()).hexdigest()[:12]}"
