"""The words of the pipeline review, and its parts put into words: the same for every format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from typing import Any

from playbook.advise.pipeline.review import NextAction, Opportunity, Pipeline, RepLine, Target
from playbook.advise.words.wording import Wording
from playbook.model.vocabulary import Vocabulary
from playbook.resources import templates_folder

_WAN, _MILLION = 10**4, 10**6
_NAMES_SHOWN = 4


@cache
def pipeline_words(lang: str) -> dict[str, Any]:
    """The labels of `pipeline.yaml` in `lang`."""
    import yaml

    from playbook.render.phrases import in_language

    loaded = yaml.safe_load((templates_folder() / "pipeline.yaml").read_text(encoding="utf-8"))
    return {key: in_language(value, lang) for key, value in loaded.items()}


class Phrases:
    """A review in words: amounts in the reader's unit, labels from the vocabulary."""

    def __init__(self, review: Pipeline, vocabulary: Vocabulary) -> None:
        self.review = review
        self.terms = pipeline_words(review.lang)
        self.wording = Wording(vocabulary, review.lang, review.as_of)
        self._fields = vocabulary.entities["deal"].fields

    def money(self, value: float | None) -> str:
        """A number in the unit of the tables, such as `1,280` for 12.8 million in Chinese."""
        if value is None:
            return str(self.terms["dash"])
        if self.review.lang == "en":
            return f"{value / _MILLION:,.2f}"
        return f"{value / _WAN:,.1f}".removesuffix(".0")

    def amount(self, value: float | None) -> str:
        """An amount with its unit."""
        return str(self.terms["dash"]) if value is None else self.wording.amount(value)

    def bar(self, value: float, count: int) -> str:
        """What stands behind a bar: the amount and how many deals."""
        return str(self.terms["bar"].format(amount=self.money(value), n=count))

    def day(self, day: date) -> str:
        return self.wording.day(day)

    def rep(self, name: str) -> str:
        return name or str(self.terms["nobody"])

    def category(self, name: str) -> str:
        return (
            self._fields["forecast_category"].label_of[name].get(self.review.lang) if name else self.terms["no_claim"]
        )

    def outcome(self, name: str) -> str:
        return self._fields["status"].label_of[name].get(self.review.lang)

    def level(self, level: int | None) -> str:
        return str(self.terms["levels"].get(level or 0, level))

    def percent(self, value: float | None) -> str:
        return str(self.terms["dash"]) if value is None else f"{value:g}%"

    def days(self, days: int | None) -> str:
        return str(self.terms["dash"]) if days is None else self.terms["days"].format(n=days)

    # Sentences

    def heading(self) -> str:
        return f"{self.terms['title']} · {self.review.rep}" if self.review.rep else str(self.terms["title"])

    def subheading(self) -> str:
        return f"{self.terms['as_of'].format(day=self.wording.day(self.review.as_of))} · {self.terms['unit']}"

    def summary(self) -> str:
        r, terms = self.review, self.terms
        commit = r.categories[0]
        blank = sum(each.amount_cny is None for each in r.opportunities)
        sums = {"amount": self.amount(r.open_cny), "weighted": self.amount(r.weighted_cny)}
        parts = [
            terms["summary_open"].format(n=len(r.opportunities), **sums),
            terms["summary_commit"].format(
                claimed=self.amount(commit.claimed_cny), supported=self.amount(commit.supported_cny)
            ),
            terms["summary_over"].format(n=len(r.overstated), still=len(r.standing)),
            terms["summary_blank"].format(n=blank) if blank else "",
        ]
        return ("" if r.lang == "zh" else " ").join(part for part in parts if part)

    def level_claims(self) -> Iterator[str]:
        """Deals whose file says another level than the rules conclude."""
        for deal in self.review.opportunities:
            if deal.level_stated is not None:
                levels = {"stated": self.level(deal.level_stated), "level": self.level(deal.level)}
                yield self.terms["level_claim"].format(deal=deal.name, **levels)

    def coverage_needed(self) -> str:
        return str(self.terms["coverage_needed"].format(n=f"{self.review.limits.coverage:g}"))

    def limits(self) -> str:
        limits = self.review.limits
        stay, still = f"{limits.overstay_days:g}", f"{limits.stalled_days:g}"
        return str(self.terms["limits"].format(still=still, stay=stay, slips=f"{limits.slips:g}"))

    def slips(self, deal: Opportunity) -> str:
        return str(self.terms["dash"] if deal.slips is None else self.terms["slips_n"].format(n=deal.slips))

    def raisable(self) -> list[Opportunity]:
        return [deal for deal in self.review.opportunities if deal.is_understated]

    def next_step(self, deal: Opportunity) -> str:
        """The step with its day, marked when that is over."""
        terms = self.terms
        step = deal.next_step or terms["no_step"]
        if deal.next_step_due is None:
            return str(step)
        form = terms["overdue"] if deal.is_overdue else terms["by"]
        return f"{step}{terms['semicolon']}{form.format(day=self.day(deal.next_step_due))}"

    def verdict(self, deal: Opportunity) -> str:
        form = self.terms["check_line"] if deal.is_overstated else self.terms["raise_line"]
        return str(form.format(claimed=self.category(deal.claimed), supported=self.category(deal.supported)))

    def missing(self, deal: Opportunity) -> Iterator[tuple[str, str]]:
        """Each shut gate with what it still needs."""
        for gate in deal.missing:
            yield gate.label, self.terms["semicolon"].join(gate.missing)

    def rules_say(self, deal: Opportunity) -> str:
        return str(self.terms["semicolon"]).join(each.title for each in deal.objections)

    def coverage(self, line: RepLine) -> str:
        target = line.target
        if target is None or target.coverage is None:
            return str(self.terms["dash"])
        shown = self.terms["times"].format(n=f"{target.coverage:g}")
        is_stated = line.deals == 0
        return f"{shown}{self.terms['stated'] if is_stated else ''}"

    def is_short(self, line: RepLine) -> bool:
        """Whether the coverage is below what is wanted."""
        covered = line.target.coverage if line.target else None
        return covered is not None and covered < self.review.limits.coverage

    def differing(self) -> Iterator[str]:
        """Reps whose funnel list says something else than the deal files."""
        for line in self.review.reps:
            stated = line.target.funnel_stated_cny if line.target else None
            if stated is not None and line.deals and stated != line.open_cny:
                sums = {"stated": self.amount(stated), "open": self.amount(line.open_cny)}
                yield self.terms["differs"].format(rep=self.rep(line.rep), **sums)

    def accuracies(self) -> Iterator[str]:
        for target in self.review.targets:
            if target.accuracy_pct is None:
                continue
            low = target.accuracy_pct < self.review.limits.accuracy_pct
            said = self.terms["accuracy_line"].format(
                rep=self.rep(target.rep),
                forecast=self.amount(target.forecast_cny),
                actual=self.amount(target.actual_cny),
                pct=f"{target.accuracy_pct:g}",
            )
            yield said + (self.terms["accuracy_low"].format(n=f"{self.review.limits.accuracy_pct:g}") if low else "")

    def leads(self) -> Iterator[str]:
        for target in self.review.targets:
            if target.new_leads_30d is not None or target.lead_sources:
                yield self._leads(target)

    def _leads(self, target: Target) -> str:
        limits, terms = self.review.limits, self.terms
        said: str = terms["leads_line"].format(
            rep=self.rep(target.rep),
            n=terms["dash"] if target.new_leads_30d is None else target.new_leads_30d,
            wanted=f"{limits.new_leads:g}",
            kinds=len(target.lead_sources),
            kinds_wanted=f"{limits.lead_kinds:g}",
            names=terms["comma"].join(target.lead_sources) or terms["unknown"],
        )
        return said

    def closed(self) -> Iterator[str]:
        """Won and lost with the share, reasons of losses, and what ended otherwise."""
        r, terms = self.review, self.terms
        if r.won or r.lost:
            sums = (sum(each.amount_cny or 0 for each in deals) for deals in (r.won, r.lost))
            won_amount, lost_amount = map(self.amount, sums)
            said = terms["closed_line"].format(
                won=len(r.won), won_amount=won_amount, lost=len(r.lost), lost_amount=lost_amount
            )
            yield said + terms["win_line"].format(pct=r.win_pct)
        if r.lost:
            yield terms["reasons"] + terms["colon"] + self._counts([each.reason or terms["unknown"] for each in r.lost])
        others = [self.outcome(each.outcome) for each in r.closed if each.outcome not in ("won", "lost")]
        if others:
            yield terms["other_end"] + terms["colon"] + self._counts(others)

    def _counts(self, names: Sequence[str]) -> str:
        found = sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0]))
        return str(self.terms["comma"]).join(self.terms["reason_n"].format(reason=name, n=n) for name, n in found)

    def action(self, action: NextAction) -> tuple[str, str]:
        """The title with its day, and whom it is about: the team or the deals."""
        terms = self.terms
        due = f"{terms['semicolon']}{terms['due'].format(day=self.day(action.due))}" if action.due else ""
        title = f"{action.title}{due}"
        if action.team:
            return title, terms["for_team"].format(name=action.team)
        shown = terms["comma"].join(action.deals[:_NAMES_SHOWN])
        more = terms["more"].format(n=len(action.deals)) if self.review.lang == "zh" else ""
        if self.review.lang == "en" and len(action.deals) > _NAMES_SHOWN:
            more = terms["more"].format(n=len(action.deals) - _NAMES_SHOWN)
        return title, shown + (more if len(action.deals) > _NAMES_SHOWN else "")
