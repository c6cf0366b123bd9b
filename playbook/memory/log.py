"""The decision log as a SQLite file: the only module that touches it.

Every write is one transaction that waits for others, so that any number of processes may use a log at once.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from playbook.advise.memory.remembering import Feedback, Memory, Past, PastCard
from playbook.errors import Finding, Location, PlaybookError
from playbook.memory.history import Entry, Key, LoggedCard, Opinion

_APPLICATION = 0x506C6179  # "Play": marks a SQLite file as a log of ours
_WAIT = 20.0  # seconds that a process waits for another one's write
_UNREADABLE = ("SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_ERROR", "SQLITE_MISMATCH", "SQLITE_CONSTRAINT")

# One script a version; a log of an older version gets those it lacks.
_MIGRATIONS = (
    """
    CREATE TABLE briefing (
        id INTEGER PRIMARY KEY, time TEXT NOT NULL, day TEXT NOT NULL, deal TEXT NOT NULL, name TEXT NOT NULL,
        audience TEXT NOT NULL, lang TEXT NOT NULL, rulebook TEXT NOT NULL, facts TEXT NOT NULL,
        outcome TEXT NOT NULL, readiness INTEGER NOT NULL, gates TEXT NOT NULL,
        UNIQUE (deal, audience, day, facts, rulebook)
    );
    CREATE TABLE card (
        briefing INTEGER NOT NULL REFERENCES briefing (id), place INTEGER NOT NULL, id TEXT NOT NULL,
        rule TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL, person TEXT NOT NULL, title TEXT NOT NULL,
        basis TEXT NOT NULL, number INTEGER NOT NULL, top INTEGER NOT NULL,
        was_shown INTEGER NOT NULL, was_top INTEGER NOT NULL,
        PRIMARY KEY (briefing, place)
    );
    CREATE TABLE feedback (
        id INTEGER PRIMARY KEY, time TEXT NOT NULL, day TEXT NOT NULL, deal TEXT NOT NULL, card TEXT NOT NULL,
        rule TEXT NOT NULL, kind TEXT NOT NULL, person TEXT NOT NULL, title TEXT NOT NULL, basis TEXT NOT NULL,
        facts TEXT NOT NULL, verdict TEXT NOT NULL, reason TEXT NOT NULL, note TEXT NOT NULL, said_by TEXT NOT NULL
    );
    CREATE INDEX feedback_deal ON feedback (deal);
    """,
)


class LogError(PlaybookError):
    """The decision log cannot be used."""

    def __init__(self, code: str, file: Path, **args: str) -> None:
        super().__init__([Finding(code, Location(str(file)), args)])


class Log:
    """A decision log. Nothing is made before the first write; a missing file is an empty log.

    Every method raises `LogError` when the file is foreign, damaged, too new, or cannot be reached.
    """

    def __init__(self, file: Path) -> None:
        self.file = file

    # Writing

    def append(self, entry: Entry) -> None:
        """Logs a briefing. The same one again only renews its time and cards; what it has shown stays known."""
        with self._writing() as db:
            found = db.execute(_SAME, _key(entry.key)).fetchone()
            seen = _seen(db, found[0]) if found else {}
            head = (_now(), entry.name, entry.lang, entry.outcome, entry.readiness, json.dumps(entry.open_gates))
            if found:
                ident = found[0]
                db.execute("DELETE FROM card WHERE briefing = ?", (ident,))
                db.execute(
                    "UPDATE briefing SET time = ?, name = ?, lang = ?, outcome = ?, readiness = ?, gates = ?"
                    " WHERE id = ?",
                    _storable(*head, ident),
                )
            else:
                ident = db.execute(
                    "INSERT INTO briefing (time, name, lang, outcome, readiness, gates, deal, audience, day, facts,"
                    " rulebook) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    _storable(*head, *_key(entry.key)),
                ).lastrowid
            rows = (_card_row(ident, place, card, seen) for place, card in enumerate(entry.cards, 1))
            db.executemany(f"INSERT INTO card VALUES ({', '.join('?' * 13)})", rows)  # noqa: S608 - only marks

    def say(self, entry: Entry, card: LoggedCard, opinion: Opinion, day: date) -> None:
        """Logs what somebody says of a card of a logged briefing."""
        key = entry.key
        with self._writing() as db:
            db.execute(
                "INSERT INTO feedback (time, day, deal, card, rule, kind, person, title, basis, facts, verdict, reason,"
                " note, said_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                _storable(
                    _now(), day.isoformat(), key.deal, card.id, card.rule, card.kind, card.person, card.title,
                    card.basis, key.facts, *opinion,
                ),
            )  # fmt: skip

    # Reading

    def memory(self, key: Key) -> Memory:
        """What is to be remembered when a briefing is made: nothing from after its day."""
        with self.reading() as db:
            if db is None:
                return Memory(key.facts)
            last = db.execute(_LAST, (*_key(key)[:3], *_key(key)[2:])).fetchone()
            same = db.execute(_SAME, _key(key)).fetchone()
            shown = {ident for ident, (was_shown, _) in _seen(db, same[0]).items() if was_shown} if same else set()
            rows = db.execute(_FEEDBACK, _storable(key.deal, key.day.isoformat()))
            feedback = tuple(Feedback._make((*row[:6], date.fromisoformat(row[6]), *row[7:])) for row in rows)
            return Memory(key.facts, _past(db, last) if last else None, frozenset(shown), feedback)

    def latest(self, deal: str, audience: str | None = None) -> Entry | None:
        """The briefing of a deal that was made last."""
        with self.reading() as db:
            row = db and db.execute(_LATEST, (*_storable(deal), audience, audience)).fetchone()
            if not db or not row:
                return None
            ident, day, reader, facts, rulebook, name, lang, outcome, readiness, gates = row
            columns = "id, rule, kind, status, person, title, basis, number, top"
            cards = db.execute(f"SELECT {columns} FROM card WHERE briefing = ? ORDER BY place", (ident,))  # noqa: S608
            key = Key(deal, reader, date.fromisoformat(day), facts, rulebook)
            found = tuple(LoggedCard(*card) for card in cards)
            return Entry(key, name, lang, outcome, readiness, tuple(json.loads(gates)), found)

    # Files and errors

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """A connection to read one state of the log with; None where there is no log yet."""
        if not self.file.exists():
            yield None
            return
        with self._connection() as db:
            if _version(db, self.file) == 0:
                yield None  # an empty file
                return
            _migrate(db, self.file)
            db.execute("BEGIN")
            yield db

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LogError("M003", self.file, reason=error.strerror or str(error)) from error
        with self._connection() as db:
            _migrate(db, self.file)
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        db: sqlite3.Connection | None = None
        try:
            db = sqlite3.connect(self.file, timeout=_WAIT, isolation_level=None)
            yield db
        except (sqlite3.Error, ValueError) as error:
            raise self._error(error) from error
        finally:
            if db is not None:
                db.close()  # what was not committed is undone

    def _error(self, error: Exception) -> LogError:
        name = getattr(error, "sqlite_errorname", "SQLITE_CORRUPT")
        if name.startswith(_UNREADABLE):
            return LogError("M001", self.file)
        return LogError("M003", self.file, reason=str(error))


_SAME = "SELECT id FROM briefing WHERE deal = ? AND audience = ? AND day = ? AND facts = ? AND rulebook = ?"
_LAST = (
    "SELECT id, day, lang, readiness, gates FROM briefing WHERE deal = ? AND audience = ? AND day <= ?"
    " AND NOT (day = ? AND facts = ? AND rulebook = ?) ORDER BY day DESC, time DESC, id DESC LIMIT 1"
)
_FEEDBACK = (
    "SELECT card, rule, kind, person, verdict, reason, day, basis, facts FROM feedback"
    " WHERE deal = ? AND day <= ? ORDER BY time, id"
)
_LATEST = (
    "SELECT id, day, audience, facts, rulebook, name, lang, outcome, readiness, gates FROM briefing"
    " WHERE deal = ? AND (? IS NULL OR audience = ?) ORDER BY time DESC, id DESC LIMIT 1"
)


def _migrate(db: sqlite3.Connection, file: Path) -> None:
    """Brings a log, an empty file included, to the version of this program."""
    if _version(db, file) == len(_MIGRATIONS):
        return
    db.execute("BEGIN IMMEDIATE")
    for script in _MIGRATIONS[_version(db, file) :]:  # asked again: another process may have been quicker
        for statement in filter(str.strip, script.split(";")):
            db.execute(statement)
    db.execute(f"PRAGMA application_id = {_APPLICATION}")
    db.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")
    db.execute("COMMIT")


def _version(db: sqlite3.Connection, file: Path) -> int:
    """The version of a log, 0 for an empty file. Raises `LogError` for another program's or a newer one."""
    ours = not db.in_transaction
    if ours:
        db.execute("BEGIN")  # all three from one state: another process may be making the tables
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    if ours:
        db.execute("COMMIT")
    if application != _APPLICATION and (application or version or tables):
        raise LogError("M001", file)
    if version > len(_MIGRATIONS):
        raise LogError("M002", file)
    return int(version)


def _seen(db: sqlite3.Connection, briefing: int) -> dict[str, tuple[int, int]]:
    """By card, whether the briefing has shown it, and among the first three, at any time."""
    rows = db.execute("SELECT id, was_shown, was_top FROM card WHERE briefing = ?", (briefing,))
    return {ident: (was_shown, was_top) for ident, was_shown, was_top in rows}


def _past(db: sqlite3.Connection, row: tuple[Any, ...]) -> Past:
    ident, day, lang, readiness, gates = row
    cards = db.execute("SELECT id, rule, title, was_shown FROM card WHERE briefing = ? AND number + was_shown > 0"
                       " ORDER BY place", (ident,))  # fmt: skip
    shown = tuple(PastCard(card, rule, title, bool(was_shown)) for card, rule, title, was_shown in cards)
    return Past(date.fromisoformat(day), lang, readiness, frozenset(json.loads(gates)), shown)


def _card_row(briefing: Any, place: int, card: LoggedCard, seen: dict[str, tuple[int, int]]) -> tuple[Any, ...]:
    was_shown, was_top = seen.get(card.id, (0, 0))
    flags = (int(was_shown or card.number > 0), int(was_top or card.top > 0))
    return (briefing, place, *_storable(*card), *flags)


def _key(key: Key) -> tuple[Any, ...]:
    return _storable(key.deal, key.audience, key.day.isoformat(), key.facts, key.rulebook)


def _storable(*values: Any) -> tuple[Any, ...]:
    """Texts as SQLite can hold them: without halves of characters, which a file's name may contain."""
    return tuple(v.encode("utf-8", "replace").decode() if isinstance(v, str) else v for v in values)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
