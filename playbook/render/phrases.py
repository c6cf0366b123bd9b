"""Phrases from the parts of a briefing: days, facts, sources, whom to see. The same for every format.

A scope gives the labels as `w` and the briefing as `b`: the context of a template, or a plain dict.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any, Protocol

from playbook.advise.briefing import Card, FactLine, Source
from playbook.resources import templates_folder

Words = dict[str, Any]


class Scope(Protocol):
    """What a phrase may look up."""

    def __getitem__(self, key: str, /) -> Any: ...


@cache
def words(lang: str) -> Words:
    """The labels of `words.yaml` in `lang` ("zh" or "en")."""
    from playbook.cache import cached

    text = (templates_folder() / "words.yaml").read_text(encoding="utf-8")
    return {key: in_language(value, lang) for key, value in cached("words", text, lambda: _load(text)).items()}


def _load(text: str) -> Words:
    import yaml

    loaded: Words = yaml.safe_load(text)
    return loaded


def in_language(value: Any, lang: str) -> Any:
    if not isinstance(value, dict):
        return value
    if value.keys() == {"zh", "en"}:
        return value[lang]
    return {key: in_language(inner, lang) for key, inner in value.items()}


def day(scope: Scope, day: date | None) -> str:
    """A date with its weekday; with the year only when that is not the briefing's."""
    if day is None:
        return ""
    w: Words = scope["w"]
    form = w["date"] if day.year == scope["b"].as_of.year else w["date_year"]
    weekday, month = w["weekday"][day.weekday()], w["month"][day.month - 1]
    return str(form.format(year=day.year, month=month, day=day.day, weekday=weekday))


def full_day(scope: Scope, day: date) -> str:
    """A date with weekday and year."""
    w: Words = scope["w"]
    weekday, month = w["weekday"][day.weekday()], w["month"][day.month - 1]
    return str(w["date_year"].format(year=day.year, month=month, day=day.day, weekday=weekday))


def ago(scope: Scope, days: int | None) -> str:
    if days is None:
        return ""
    forms: list[str] = scope["w"]["ago"]
    return forms[min(max(days, 0), 2)].format(n=days)


def labelled(scope: Scope, value: str, label: str) -> str:
    """`label: value`, or nothing when there is no value."""
    return f"{label}{scope['w']['colon']}{value}" if value else ""


def with_more(scope: Scope, text: str, more: str) -> str:
    """`text (more)`, or either alone when the other is empty."""
    return str(scope["w"]["bracket"].format(text=text, more=more)) if text and more else text or more


def fact(scope: Scope, fact: FactLine) -> str:
    """`label: value (who said so)`."""
    return with_more(scope, labelled(scope, fact.value, fact.label), fact.evidence)


def sources(scope: Scope, sources: tuple[Source, ...]) -> str:
    """Documents in words, each once, with the sections meant."""
    w: Words = scope["w"]
    sections: dict[str, dict[str, None]] = {}
    for source in sources:
        sections.setdefault(source.document or source.id, {})[source.section] = None
    joined = {document: present(list(names), w["semicolon"]) for document, names in sections.items()}
    forms = [
        w["source_form"].format(document=document, section=section) if section else document
        for document, section in joined.items()
    ]
    return present(forms, w["semicolon"])


def who(scope: Scope, card: Card) -> str:
    """Whom the card sends one to; a review question goes to the rep. The person is named unless the words do so."""
    if card.kind == "question" and "rep" not in card.audience:
        return str(scope["w"]["the_rep"])
    return card.whom if card.person in card.whom else with_more(scope, card.person, card.whom)


def score_sum(scope: Scope, card: Card) -> str:
    """The score as the sum of its parts, those worth nothing left out."""
    w: Words = scope["w"]
    text = ""
    for name, points in card.score_parts:
        label = w["score_part"].get(name, name)
        level = f" {w['priority'].get(card.priority, card.priority)}" if name == "priority" else ""
        text += f" {'-' if points < 0 else '+'} {label}{level} {abs(points)}" if points else ""
    return f"{card.score} = {text.removeprefix(' + ').strip()}" if text else str(card.score)


def brief(scope: Scope, texts: Iterable[str], limit: int) -> str:
    """The first texts joined, and how many there are when some are left out; limit 0: all."""
    w: Words = scope["w"]
    given = list(texts)
    shown = given[:limit] if limit else given
    more = [w["in_all"].format(n=len(given))] if len(shown) < len(given) else []
    return str(w["semicolon"].join(shown + more))


def about(scope: Scope, card: Card) -> str:
    """The title, with the person whom it does not name."""
    title = card.title or card.summary
    return title if card.person in title else with_more(scope, title, card.person)


def present(values: list[Any], separator: str) -> str:
    """The values that are there, joined."""
    return separator.join(str(value) for value in values if value)


def number(scope: Scope, value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
