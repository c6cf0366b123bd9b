"""The weekly pipeline review: funnel, coverage, stalled deals, forecast against the gates, sources, next actions.

Types here are frozen; `pipeline` makes one from evaluated files. Amounts are yuan.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from playbook.advise.briefing import Briefing, Card, Gate
from playbook.evaluate.evaluation import Evaluation

VERSION = 1
CLAIMS = ("commit", "upside", "pipeline")  # best first
LEVELS = (1, 2, 3, 4, 5)


class Reviewed(NamedTuple):
    """One evaluated file. `objections`: by forecast category, the rules that object to reporting the deal so."""

    file: str
    is_team: bool
    evaluation: Evaluation
    briefing: Briefing
    objections: dict[str, tuple[str, ...]]


class Objection(NamedTuple):
    """A rule that speaks against the claimed category."""

    rule: str
    title: str


class Opportunity(NamedTuple):
    """An open deal. `level` is the rules' (None: they conclude none), `level_stated` the file's where it differs.

    `claimed` is empty when nothing is reported. `missing`: the shut gates, where the gates apply.
    """

    file: str
    name: str
    account: str
    rep: str
    stage: str
    stage_label: str
    level: int | None
    level_stated: int | None
    amount_cny: float | None
    win_pct: float
    weighted_cny: float
    claimed: str
    supported: str
    is_gated: bool
    missing: tuple[Gate, ...]
    objections: tuple[Objection, ...]
    days_in_stage: int | None
    last_progress_days: int | None
    slips: int | None
    is_stalled: bool
    is_slipped: bool
    next_step: str
    next_step_due: date | None
    is_overdue: bool
    close: str
    source: str

    @property
    def is_overstated(self) -> bool:
        """Whether more is reported than the rules support."""
        return bool(self.claimed) and CLAIMS.index(self.claimed) < CLAIMS.index(self.supported)

    @property
    def is_understated(self) -> bool:
        """Whether all three gates are open and less than a commit is reported."""
        return self.is_gated and self.supported == CLAIMS[0] != self.claimed and not self.missing


class Closed(NamedTuple):
    """A deal that is no longer open, or on hold. `outcome`: won, lost, no_decision, abandoned, on_hold."""

    file: str
    name: str
    account: str
    rep: str
    outcome: str
    amount_cny: float | None
    reason: str
    source: str


class Level(NamedTuple):
    level: int
    deals: int
    amount_cny: float
    win_pct: float
    weighted_cny: float


class Category(NamedTuple):
    """A forecast category as reported and as supported; the empty name stands for deals without a claim."""

    name: str
    claimed_count: int
    claimed_cny: float
    supported_count: int
    supported_cny: float


class Source(NamedTuple):
    """Where deals come from. `win_pct` is None as long as none of them was won or lost."""

    source: str
    open_count: int
    open_cny: float
    won: int
    lost: int
    win_pct: int | None


class Target(NamedTuple):
    """What a team file says of a rep; `coverage` from the open deals where there are any, else as stated."""

    rep: str
    file: str
    quota_cny: float | None
    actual_cny: float | None
    remaining_cny: float | None
    coverage: float | None
    coverage_stated: float | None
    funnel_stated_cny: float | None
    forecast_cny: float | None
    accuracy_pct: float | None
    new_leads_30d: int | None
    lead_sources: tuple[str, ...]


class RepLine(NamedTuple):
    """One rep's share of the review; the empty name stands for deals of nobody."""

    rep: str
    deals: int
    open_cny: float
    weighted_cny: float
    commit_claimed_cny: float
    commit_supported_cny: float
    stalled: int
    won: int
    lost: int
    target: Target | None


class NextAction(NamedTuple):
    """What the manager does next. `team`: the file it comes from, else it is shown by `deals`."""

    rule: str
    title: str
    do: str
    due: date | None
    team: str
    deals: tuple[str, ...]


class Limits(NamedTuple):
    """The parameters that the review measures with."""

    coverage: float
    stalled_days: float
    overstay_days: float
    slips: float
    accuracy_pct: float
    new_leads: float
    lead_kinds: float


class Pipeline(NamedTuple):
    """The whole review in one language. `rep` is the rep it is narrowed to, or empty."""

    version: int
    lang: str
    as_of: date
    rep: str
    limits: Limits
    opportunities: tuple[Opportunity, ...]
    closed: tuple[Closed, ...]
    levels: tuple[Level, ...]
    categories: tuple[Category, ...]
    reps: tuple[RepLine, ...]
    sources: tuple[Source, ...]
    actions: tuple[NextAction, ...]

    @property
    def open_cny(self) -> float:
        return amount(self.opportunities)

    @property
    def weighted_cny(self) -> float:
        return sum(each.weighted_cny for each in self.opportunities)

    @property
    def standing(self) -> tuple[Opportunity, ...]:
        """Stalled and slipped deals, the longest still first."""
        held = [each for each in self.opportunities if each.is_stalled or each.is_slipped]
        return tuple(sorted(held, key=lambda o: (-max(o.last_progress_days or 0, o.days_in_stage or 0), o.file)))

    @property
    def overstated(self) -> tuple[Opportunity, ...]:
        return tuple(each for each in self.opportunities if each.is_overstated)

    @property
    def won(self) -> tuple[Closed, ...]:
        return tuple(each for each in self.closed if each.outcome == "won")

    @property
    def lost(self) -> tuple[Closed, ...]:
        return tuple(each for each in self.closed if each.outcome == "lost")

    @property
    def win_pct(self) -> int | None:
        return win_share(len(self.won), len(self.lost))

    @property
    def targets(self) -> tuple[Target, ...]:
        return tuple(line.target for line in self.reps if line.target)


def amount(deals: Sequence[Opportunity]) -> float:
    return sum(each.amount_cny or 0 for each in deals)


def win_share(won: int, lost: int) -> int | None:
    """The share of won among decided deals in percent."""
    return round(won * 100 / (won + lost)) if won + lost else None


def shown_cards(briefing: Briefing) -> list[Card]:
    """The cards that ask the manager to do something, best first."""
    kinds = ("action", "gate", "warning")
    urgent = ("critical", "high")
    return [
        card
        for card in briefing.activations
        if card.status == "shown" and card.kind in kinds and (card.priority in urgent or card.id in briefing.top)
    ]
