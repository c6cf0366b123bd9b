"""From evaluated files to the pipeline review: one pass over the deals, then the sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from playbook.advise.pipeline.review import (
    CLAIMS,
    LEVELS,
    VERSION,
    Category,
    Closed,
    Level,
    Limits,
    NextAction,
    Objection,
    Opportunity,
    Pipeline,
    RepLine,
    Reviewed,
    Source,
    Target,
    amount,
    shown_cards,
    win_share,
)
from playbook.advise.words.wording import Wording
from playbook.model.facts import Content, values_of
from playbook.model.rulebook import Rulebook
from playbook.model.vocabulary import Lang

_WON_STAGES = ("implementation", "growth")
_SHARED_LEAST, _ACTIONS, _TEAM_ACTIONS = 2, 5, 3


def pipeline(reviewed: Iterable[Reviewed], rulebook: Rulebook, lang: Lang, as_of: date, rep: str = "") -> Pipeline:
    """The review of evaluated files, of one rep where `rep` is given."""
    files = [_File(each, rulebook, lang) for each in reviewed]
    if rep:
        files = [file for file in files if file.rep == rep]
    deals = [file for file in files if not file.reviewed.is_team]
    limits = _limits(rulebook)
    opportunities = tuple(file.opportunity(limits) for file in deals if file.outcome == "open")
    closed = tuple(file.closed() for file in deals if file.outcome != "open")
    return Pipeline(
        VERSION,
        lang,
        as_of,
        rep,
        limits,
        opportunities,
        closed,
        _levels(opportunities, rulebook),
        _categories(opportunities),
        _reps(opportunities, closed, files),
        _sources(opportunities, closed),
        _actions(files),
    )


def reps_of(reviewed: Iterable[Reviewed], rulebook: Rulebook) -> list[str]:
    """The reps named in the files."""
    return sorted({rep for each in reviewed if (rep := _File(each, rulebook, "zh").rep)})


def _limits(rulebook: Rulebook) -> Limits:
    names = (
        "funnel_coverage_target",
        "stalled_days",
        "overstay_factor_days",
        "date_slips_limit",
        "forecast_accuracy_floor_pct",
        "new_leads_min_30d",
        "lead_source_kinds",
    )
    return Limits(*(rulebook.parameters[name].value for name in names))


class _File:
    """One evaluated file and how to read it."""

    def __init__(self, reviewed: Reviewed, rulebook: Rulebook, lang: Lang) -> None:
        self.reviewed = reviewed
        self.rulebook = rulebook
        self.memory = reviewed.evaluation.memory
        self.w = Wording(rulebook.vocabulary, lang, self.memory.today)

    def get(self, key: str) -> Content | None:
        entity, _, name = key.partition(".")
        return self.memory.get((entity, 0), name)

    def words(self, key: str) -> str:
        entity, _, name = key.partition(".")
        fact = self.memory.fact((entity, 0), name)
        return self.w.fact(fact) if fact else ""

    def number(self, key: str) -> float | None:
        content = self.get(key)
        return content if isinstance(content, int | float) else None

    def whole(self, key: str) -> int | None:
        content = self.number(key)
        return None if content is None else int(content)

    @property
    def rep(self) -> str:
        return self.words("team.rep") or self.words("rep.name")

    @property
    def outcome(self) -> str:
        """The deal's status; where none is stated, what stage and forecast category tell."""
        status = self.get("deal.status")
        if status not in (None, "open"):
            return str(status)
        stage = self.get("deal.stage")
        if stage == "lost":
            return "lost"
        return "won" if stage in _WON_STAGES or self.get("deal.forecast_category") == "closed" else "open"

    @property
    def source(self) -> str:
        """Where the deal came from: the way in where one is stated, else who started it."""
        if self.get("deal.reactive_mode") is not None:
            return self.words("deal.reactive_mode")
        return self.words("deal.initiation") if self.get("deal.initiation") != "unknown" else ""

    @property
    def name(self) -> str:
        return self.words("deal.name") or self.reviewed.file

    def closed(self) -> Closed:
        reason = self.words("loss.reason") if self.outcome == "lost" else ""
        number = self.number("deal.amount_cny")
        account = self.words("account.name")
        return Closed(self.reviewed.file, self.name, account, self.rep, self.outcome, number, reason, self.source)

    def opportunity(self, limits: Limits) -> Opportunity:
        level, stated = self._level()
        win_pct = self.rulebook.parameters[f"win_level_{level}_pct"].value if level else 0
        money = self.number("deal.amount_cny")
        still, staying = self.whole("deal.last_progress_days"), self.whole("deal.days_in_stage")
        slips = self.whole("deal.close_date_slips")
        due = self.get("deal.next_step_due")
        due = due if isinstance(due, date) else None
        claimed = str(self.get("deal.forecast_category") or "")
        gates = self.reviewed.briefing.gates
        supported = self._supported() if gates else claimed or CLAIMS[-1]
        against = self.reviewed.objections.get(claimed, ()) if gates else ()
        return Opportunity(
            file=self.reviewed.file,
            name=self.name,
            account=self.words("account.name"),
            rep=self.rep,
            stage=str(self.get("deal.stage")),
            stage_label=self.words("deal.stage"),
            level=level,
            level_stated=stated if stated != level else None,
            amount_cny=money,
            win_pct=win_pct,
            weighted_cny=(money or 0) * win_pct / 100,
            claimed=claimed,
            supported=supported,
            is_gated=bool(gates),
            # Whether the decider stands with us weighs most, then the support, then what we know.
            missing=tuple(gate for gate in reversed(gates) if not gate.open),
            objections=tuple(Objection(rule, self._title(rule)) for rule in against),
            days_in_stage=staying,
            last_progress_days=still,
            slips=slips,
            is_stalled=(still or 0) > limits.stalled_days or (staying or 0) > limits.overstay_days,
            is_slipped=(slips or 0) >= limits.slips,
            next_step=self.words("deal.next_step"),
            next_step_due=due,
            is_overdue=due is not None and due < self.memory.today,
            close=self.words("deal.forecast_close_month") or self.words("deal.expected_decision_date"),
            source=self.source,
        )

    def _supported(self) -> str:
        """The best category to which no rule objects."""
        return next((claim for claim in CLAIMS if not self.reviewed.objections.get(claim)), CLAIMS[-1])

    def _title(self, rule: str) -> str:
        return self.rulebook.rule_by_id[rule].title.get(self.w.lang)

    def _level(self) -> tuple[int | None, int | None]:
        """The level that rules conclude, the lowest of several, and the one that counts for now in the file."""
        evaluation = self.reviewed.evaluation
        refused = [c.value for _, c in evaluation.overridden if c.key == "deal.funnel_level"]
        held = [value for value in values_of(self.get("deal.funnel_level")) if isinstance(value, int)]
        fact = self.memory.fact(("deal", 0), "funnel_level")
        stated = held[0] if held and fact and fact.origin == "stated" else None
        concluded = [value for value in (refused or held) if isinstance(value, int)]
        return min(concluded, default=None), stated

    def target(self, open_cny: float | None) -> Target | None:
        """The quota and forecast that the file gives, if any."""
        quota, actual = self.number("rep.quota_cny"), self.number("rep.actual_cny")
        stated = self.number("rep.funnel_coverage")
        forecast, accuracy = self.number("rep.forecast_cny"), self.number("rep.forecast_accuracy_pct")
        if {quota, actual, stated, forecast, accuracy} == {None} and self.get("rep.lead_sources") is None:
            return None
        remaining = max(quota - (actual or 0), 0) if quota is not None else None
        reached = round(open_cny / remaining, 1) if open_cny is not None and remaining else stated
        sources = self.memory.fact(("rep", 0), "lead_sources")
        field = self.rulebook.vocabulary.entities["rep"].fields["lead_sources"]
        return Target(
            self.rep,
            self.reviewed.file,
            quota,
            actual,
            remaining,
            reached,
            stated,
            self.number("rep.funnel_value_cny"),
            forecast,
            accuracy,
            self.whole("rep.new_leads_30d"),
            tuple(self.w.value(field, value) for value in values_of(sources.content)) if sources else (),
        )


def _levels(deals: Sequence[Opportunity], rulebook: Rulebook) -> tuple[Level, ...]:
    """Level 1 first; a line for deals without a level where there are any."""
    lines = []
    for level in (*LEVELS, 0):
        those = [each for each in deals if (each.level or 0) == level]
        win_pct = rulebook.parameters[f"win_level_{level}_pct"].value if level else 0
        if level or those:
            lines.append(Level(level, len(those), amount(those), win_pct, sum(each.weighted_cny for each in those)))
    return tuple(lines)


def _categories(deals: Sequence[Opportunity]) -> tuple[Category, ...]:
    lines = []
    for name in (*CLAIMS, ""):
        claimed = [each for each in deals if each.claimed == name]
        supported = [each for each in deals if each.supported == name]
        if name or claimed:
            lines.append(Category(name, len(claimed), amount(claimed), len(supported), amount(supported)))
    return tuple(lines)


def _reps(deals: Sequence[Opportunity], closed: Sequence[Closed], files: Sequence[_File]) -> tuple[RepLine, ...]:
    """One line a rep, nobody's deals last."""
    names = sorted({file.rep for file in files}, key=lambda name: (not name, name))
    lines = []
    for name in names:
        own = [each for each in deals if each.rep == name]
        ended = Counter(each.outcome for each in closed if each.rep == name)
        mine = [file for file in files if file.rep == name]
        targets = (file.target(amount(own) if own else None) for file in mine)
        lines.append(
            RepLine(
                name,
                len(own),
                amount(own),
                sum(each.weighted_cny for each in own),
                amount([each for each in own if each.claimed == CLAIMS[0]]),
                amount([each for each in own if each.supported == CLAIMS[0]]),
                sum(each.is_stalled or each.is_slipped for each in own),
                ended["won"],
                ended["lost"],
                next((target for target in targets if target), None),
            )
        )
    return tuple(lines)


def _sources(deals: Sequence[Opportunity], closed: Sequence[Closed]) -> tuple[Source, ...]:
    """The largest first; deals without one last."""
    lines = []
    for name in {each.source for each in deals} | {each.source for each in closed}:
        own = [each for each in deals if each.source == name]
        ended = Counter(each.outcome for each in closed if each.source == name)
        won, lost = ended["won"], ended["lost"]
        lines.append(Source(name, len(own), amount(own), won, lost, win_share(won, lost)))
    return tuple(sorted(lines, key=lambda line: (not line.source, -line.open_cny, line.source)))


def _actions(files: Sequence[_File]) -> tuple[NextAction, ...]:
    """The first cards of team files, then those that several deals share, the most frequent first."""
    actions = []
    for file in files:
        if file.reviewed.is_team:
            briefing = file.reviewed.briefing
            cards = [briefing.card(ident) for ident in briefing.top[:_TEAM_ACTIONS]]
            whose = file.rep or file.reviewed.file
            actions += [NextAction(c.rule, c.title or c.summary, c.do or c.summary, c.due, whose, ()) for c in cards]
    return (*actions, *_shared(files))


def _shared(files: Sequence[_File]) -> list[NextAction]:
    found: dict[str, dict[str, NextAction]] = {}
    best: Counter[str] = Counter()
    for file in files:
        if file.reviewed.is_team or file.outcome != "open":
            continue
        for card in shown_cards(file.reviewed.briefing):
            action = NextAction(card.rule, card.title or card.summary, card.do, card.due, "", (file.name,))
            found.setdefault(card.rule, {}).setdefault(file.reviewed.file, action)
            best[card.rule] = max(best[card.rule], card.score)
    ranked = sorted(found, key=lambda rule: (-len(found[rule]), -best[rule], rule))
    chosen = [rule for rule in ranked if len(found[rule]) >= _SHARED_LEAST][:_ACTIONS] or ranked[:_ACTIONS]
    return [_joined(list(found[rule].values())) for rule in chosen]


def _joined(actions: list[NextAction]) -> NextAction:
    """One action for several deals: their names, the earliest day, and the words of none where they differ."""
    days = [each.due for each in actions if each.due]
    do = actions[0].do if len({each.do for each in actions}) == 1 else ""
    names = tuple(name for each in actions for name in each.deals)
    return actions[0]._replace(do=do, due=min(days, default=None), deals=names)
