"""What changed since the last briefing, as labelled lines. The same for every format."""

from __future__ import annotations

from playbook.advise.briefing import Resting, Since
from playbook.render import phrases
from playbook.render.phrases import Scope, Words

_MOST = 5


def since_lines(scope: Scope, since: Since | None) -> list[tuple[str, str]]:
    """Label and text of each line; none where no log is kept, or where nothing was briefed before."""
    if since is None or not (since.last or since.has_news):
        return []
    w: Words = scope["w"]
    rested = [_resting(scope, card) for card in since.rested if card.reason != "facts_wrong"]
    lines = [(w["readiness"], _readiness(since))]
    lines += [(w["since_opened"], _names(scope, since.opened)), (w["since_shut"], _names(scope, since.shut))]
    lines += [(w["since_done"], _names(scope, [card.title for card in since.done]))]
    lines += [(w["since_rested"], _names(scope, rested))]
    lines += [(w["since_check"], _names(scope, [card.title for card in since.check]))]
    lines += [(w["since_new"], _names(scope, [card.title for card in since.new]))]
    lines += [(w["since_gone"], _names(scope, [card.title for card in since.gone]))]
    return [(label, text) for label, text in lines if text]


def since_title(scope: Scope, since: Since) -> str:
    """The heading, with the day of the last briefing where there was one."""
    w: Words = scope["w"]
    last = w["since_last"].format(day=phrases.day(scope, since.last)) if since.last else ""
    return phrases.with_more(scope, w["since"], last)


def _readiness(since: Since) -> str:
    if since.last is None or since.readiness_before == since.readiness_now:
        return ""
    return f"{since.readiness_before} → {since.readiness_now}"


def _resting(scope: Scope, card: Resting) -> str:
    w: Words = scope["w"]
    back = w["back_on"].format(day=phrases.day(scope, card.until)) if card.until else ""
    return phrases.with_more(scope, card.title, phrases.present([card.label, back], w["clause"]))


def _names(scope: Scope, titles: list[str] | tuple[str, ...]) -> str:
    return phrases.brief(scope, titles, _MOST)
