"""From what a person types to a card of a logged briefing and an opinion of it."""

from __future__ import annotations

from playbook.advise.advice import ASK
from playbook.advise.memory.remembering import REASONS
from playbook.errors import UsageError, both
from playbook.memory.history import Entry, LoggedCard, Opinion
from playbook.model.values import fold
from playbook.model.vocabulary import nearest


def choose(entry: Entry, text: str) -> LoggedCard:
    """The card that a number, id or rule names. Raises `UsageError`, with the nearest name, when none or several."""
    word = fold(text)
    numbered = entry.numbered
    if word.isdecimal():
        found = [card for card in numbered if card.number == int(word)]
        if not found:
            raise UsageError("M009", text=text, count=str(len(numbered)))
        return found[0]
    ours = [card for card in entry.cards if card.kind not in ("guard", "conclusion")]
    found = [card for card in ours if fold(card.id) == word]
    # A rule means its cards that are shown, before its questions; where none is, those that rest.
    for cards in ([c for c in numbered if not c.id.endswith(ASK)], numbered, ours):
        found = found or [c for c in cards if fold(c.rule) == word]
    if not found:
        names = {fold(name): name for card in ours for name in (card.id, card.rule)}
        raise UsageError("M006", text=text, near=names.get(nearest(word, names), ""))
    if len(found) > 1:
        raise UsageError("M007", text=text, names=", ".join(card.id for card in found))
    return found[0]


def opinion_of(done: bool, accept: bool, reject: str | None, note: str = "", by: str = "") -> Opinion:
    """The opinion that the options state. Raises `UsageError` unless it is exactly one."""
    if done + accept + (reject is not None) != 1:
        raise UsageError("M008")
    if reject is None:
        return Opinion("done" if done else "accepted", "", note, by)
    return Opinion("rejected", _reason(reject), note, by)


def _reason(text: str) -> str:
    """The code of a reason, given as code or label."""
    names = {fold(name): code for code, label in REASONS.items() for name in (code, label.zh, label.en)}
    word = fold(text)
    if word in names:
        return names[word]
    near = nearest(word, names)
    choices = [" | ".join(f"{code} {label.get(lang)}" for code, label in REASONS.items()) for lang in ("zh", "en")]
    raise UsageError("M010", text=text, near=names.get(near, ""), **both("known", *choices))
