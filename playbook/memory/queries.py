"""Questions to the decision log over many briefings: how rules fared, the history of deals, what was said."""

from __future__ import annotations

import sqlite3
from collections import Counter
from datetime import date

from playbook.advise.memory.remembering import CHECK, REASONS
from playbook.memory.history import LOST, WON, BriefingRecord, Opinion, RuleRecord, Said
from playbook.memory.log import Log


def rule_records(log: Log, deal: str = "", since: date = date.min) -> tuple[RuleRecord, ...]:
    """How every rule fared that fired, those most often shown first. Raises `LogError`."""
    with log.reading() as db:
        if db is None:
            return ()
        scope = (since.isoformat(), deal, deal)
        rows = db.execute(
            "SELECT rule, COUNT(*), SUM(was_shown), SUM(was_top) FROM (SELECT c.rule AS rule, MAX(c.was_shown) AS"
            " was_shown, MAX(c.was_top) AS was_top FROM card c JOIN briefing b ON b.id = c.briefing WHERE"
            " b.day >= ? AND (? = '' OR b.deal = ?) GROUP BY c.rule, c.briefing) GROUP BY rule",
            scope,
        ).fetchall()
        words, outcomes = _last_words(db, scope), _outcomes(db, scope)
    records = []
    for rule, fired, shown, top in rows:
        said = {(verdict, reason): n for (ident, verdict, reason), n in words.items() if ident == rule}
        rejected = tuple((reason, n) for reason in REASONS if (n := said.get(("rejected", reason), 0)))
        ends = outcomes.get(rule, Counter())
        accepted, done = said.get(("accepted", ""), 0), said.get(("done", ""), 0)
        records.append(RuleRecord(rule, fired, shown, top, accepted, done, rejected, ends[WON], ends[LOST]))
    return tuple(sorted(records, key=lambda r: (-r.top, -r.shown, -r.fired, r.rule)))


def _last_words(db: sqlite3.Connection, scope: tuple[str, str, str]) -> Counter[tuple[str, str, str]]:
    """How often which rule was given which verdict: the last word on a card counts, while its facts stay."""
    rows = db.execute(
        "SELECT rule, verdict, reason, deal, card, basis FROM feedback b"
        " WHERE b.day >= ? AND (? = '' OR b.deal = ?) ORDER BY time, id", scope,
    )  # fmt: skip
    last = {
        (deal, card, basis): (rule, verdict, reason)
        for rule, verdict, reason, deal, card, basis in rows
        if not card.endswith(CHECK)  # an answer about facts, not about the advice
    }
    return Counter(last.values())


def _outcomes(db: sqlite3.Connection, scope: tuple[str, str, str]) -> dict[str, Counter[str]]:
    """By rule, how many deals it was shown for ended how, by what each deal's last briefing says."""
    rows = db.execute(
        "SELECT b.deal, b.outcome FROM briefing b WHERE b.day >= ? AND (? = '' OR b.deal = ?) ORDER BY b.day, b.time",
        scope,
    )
    ends = dict(rows.fetchall())
    shown = db.execute(
        "SELECT DISTINCT c.rule, b.deal FROM card c JOIN briefing b ON b.id = c.briefing"
        " WHERE b.day >= ? AND (? = '' OR b.deal = ?) AND c.was_shown = 1", scope,
    )  # fmt: skip
    found: dict[str, Counter[str]] = {}
    for rule, deal in shown:
        found.setdefault(rule, Counter())[ends[deal]] += 1
    return found


def briefing_records(log: Log, deal: str = "", since: date = date.min) -> tuple[BriefingRecord, ...]:
    """The briefings of a deal, or of all, the oldest first. Raises `LogError`."""
    with log.reading() as db:
        if db is None:
            return ()
        rows = db.execute(
            "SELECT b.id, b.time, b.day, b.deal, b.name, b.audience, b.rulebook, b.facts, b.outcome, b.readiness"
            " FROM briefing b WHERE b.day >= ? AND (? = '' OR b.deal = ?) ORDER BY b.day, b.time, b.id",
            (since.isoformat(), deal, deal),
        ).fetchall()
        found = []
        for ident, time, day, *rest in rows:
            cards = db.execute(
                "SELECT title, top FROM card WHERE briefing = ? AND number > 0"
                " ORDER BY top, place", (ident,),
            ).fetchall()  # fmt: skip
            top = tuple(title for title, place in cards if place)
            found.append(BriefingRecord._make((time, date.fromisoformat(day), *rest, len(cards), top)))
    return tuple(found)


def said_records(log: Log, deal: str, since: date = date.min) -> tuple[Said, ...]:
    """Everything that was said of a deal's cards, the oldest first. Raises `LogError`."""
    with log.reading() as db:
        if db is None:
            return ()
        rows = db.execute(
            "SELECT time, day, deal, card, rule, title, verdict, reason, note, said_by FROM feedback b"
            " WHERE b.day >= ? AND (? = '' OR b.deal = ?) ORDER BY day, time, id",
            (since.isoformat(), deal, deal),
        )
        return tuple(Said._make((r[0], date.fromisoformat(r[1]), *r[2:6], Opinion(*r[6:]))) for r in rows)
