"""Computed fields: what follows from stated facts by arithmetic on dates, people and money.

A stated value wins over a computed one. What follows by judgement is concluded by rules instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from playbook.model.facts import Content, Deal, Fact, Item, WorkingMemory, values_of
from playbook.model.values import Value
from playbook.model.vocabulary import Vocabulary

_POINTS = tuple(f"p{n}" for n in range(1, 10))
_BACKING = ("supporter", "ally")
_PROGRESS = ("advance", "order")
_QUARTER_DAYS = 90


def working_memory(deal: Deal, vocabulary: Vocabulary) -> WorkingMemory:
    """A fresh working memory with the deal's stated facts and everything computed from them."""
    memory = WorkingMemory(vocabulary, deal)
    for item, name, content, keys in _computed(deal, memory):
        if memory.get(item, name) is None:
            memory.add(Fact(item, name, content, "computed", keys=keys))
    return memory


Computed = tuple[Item, str, Content, tuple[str, ...]]


def _computed(deal: Deal, memory: WorkingMemory) -> Iterator[Computed]:
    yield from _support(memory)
    yield from _information(memory)
    yield from _days(deal, memory)
    yield from _contacts(deal, memory)
    yield from _rivals(deal, memory)
    yield from _forecast(memory)


def _support(memory: WorkingMemory) -> Iterator[Computed]:
    """Influence-weighted share of supporters and allies among the people with a known influence."""
    total = backing = 0
    for _, person in memory.of("stakeholder"):
        influence = person.get("influence")
        if isinstance(influence, int):
            total += influence
            backing += influence if person.get("stance") in _BACKING else 0
    if total:
        yield ("account", 0), "support_coverage_pct", round(backing * 100 / total), ()


def _information(memory: WorkingMemory) -> Iterator[Computed]:
    ages: dict[str, int] = {}
    counts: dict[str, int] = {}
    for name in memory.items["info"][0]:
        fact = memory.fact(("info", 0), name)
        point = name.split("_")[0]
        if fact is None or fact.evidence is None or point not in _POINTS:
            continue
        if fact.evidence.day:
            ages[point] = (memory.today - fact.evidence.day).days
        if fact.evidence.sources:
            counts[point] = len(fact.evidence.sources)
    for name, by_point in (("age_days", ages), ("source_count", counts)):
        if by_point:
            points = tuple(sorted(by_point))
            yield ("info", 0), name, tuple(by_point[p] for p in points), points


def _days(deal: Deal, memory: WorkingMemory) -> Iterator[Computed]:
    deadline = memory.get(("bid", 0), "deadline")
    if isinstance(deadline, date):
        yield ("bid", 0), "days_left", (deadline - deal.today).days, ()
    dated = (("stage", "deal", "days_in_stage"), ("top3_ksf", "deal", "ksf_checked_days"))
    for source, entity, target in dated:
        fact = memory.fact(("deal", 0), source)
        if fact and fact.evidence and fact.evidence.day:
            days = (deal.today - fact.evidence.day).days
            yield (entity, 0), target, days, ()
            if source == "stage" and fact.content == "lost":
                yield ("loss", 0), "days_since", days, ()


def _contacts(deal: Deal, memory: WorkingMemory) -> Iterator[Computed]:
    past = [(day, visit) for visit in deal.visits if (day := _visit_day(visit)) and day < deal.today]
    if not past:
        return
    recent = sum((deal.today - day).days <= _QUARTER_DAYS for day, _ in past)
    yield ("visit", 0), "count_90d", recent, ()
    progress = [day for day, visit in past if "commitment" in visit and visit["commitment"].content in _PROGRESS]
    if progress:
        yield ("deal", 0), "last_progress_days", (deal.today - max(progress)).days, ()
    for item, person in memory.of("stakeholder"):
        seen = [day for day, visit in past if person.get("name") in _people(visit)]
        if seen:
            yield item, "last_contact_days", (deal.today - max(seen)).days, ()


def _people(visit: dict[str, Fact]) -> tuple[Value, ...]:
    return values_of(visit["with"].content) if "with" in visit else ()


def _visit_day(visit: dict[str, Fact]) -> date | None:
    fact = visit.get("planned_date")
    return fact.content if fact and isinstance(fact.content, date) else None


def _rivals(deal: Deal, memory: WorkingMemory) -> Iterator[Computed]:
    for item, rival in memory.of("competitor"):
        facts = [memory.fact(item, name) for name in rival]
        days = [f.evidence.day for f in facts if f and f.evidence and f.evidence.day]
        if days:
            yield item, "info_age_days", (deal.today - max(days)).days, ()


def _forecast(memory: WorkingMemory) -> Iterator[Computed]:
    rep = memory.items["rep"][0]
    quota, value, actual = (_number(rep.get(n)) for n in ("quota_cny", "funnel_value_cny", "actual_cny"))
    forecast = _number(rep.get("forecast_cny"))
    remaining = quota - actual if quota is not None and actual is not None else 0
    if value is not None and remaining > 0:
        yield ("rep", 0), "funnel_coverage", round(value / remaining, 1), ()
    if forecast and actual is not None:
        accuracy = (1 - abs(actual - forecast) / forecast) * 100
        yield ("rep", 0), "forecast_accuracy_pct", round(max(accuracy, 0)), ()


def _number(content: Content | None) -> float | None:
    return content if isinstance(content, int | float) else None
