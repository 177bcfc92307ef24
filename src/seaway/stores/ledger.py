"""The ledger in one SQLite file: releases, events, and what was last seen."""

import errno
import json
import sqlite3
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock

from seaway.durable import make_folder
from seaway.model.instance import Instance
from seaway.model.release import Release
from seaway.ports.ledger import Event, Verdict
from seaway.stores.opening import opened, translated
from seaway.stores.reserve import Reserve
from seaway.values import dumped, loaded

SCHEMA = """
CREATE TABLE IF NOT EXISTS releases (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, body BLOB NOT NULL,
    verdict TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, code TEXT NOT NULL,
    facts TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS single (name TEXT PRIMARY KEY, value BLOB NOT NULL);
"""
EVENTS_KEPT = 20_000
RELEASES_KEPT = 10
"""R120: the last N releases; those younger than the last good one are never removed."""


class SqliteLedger:
    """Several processes may hold it open. Releases and wishes are on disk before a call returns.

    What the disk or SQLite refuses is raised as an OSError that names the file and the cause; a
    file that is no ledger any more as SW541.
    """

    def __init__(self, path: Path) -> None:
        make_folder(path.parent)
        self._lock, self._path = Lock(), path
        self._reserve = Reserve(path.with_name("reserve"))
        self._texts: dict[str, tuple[Instance, str]] = {}
        """What was seen last, by name: the value and how it is written down."""
        self._connection, self._sound = opened(path, SCHEMA)

    def copy(self) -> bytes:
        """All of it as the bytes of a file, of one moment."""
        with self._used():
            return bytes(self._connection.serialize())

    def close(self) -> None:
        """Once every thread is out of it: SQLite does not survive being closed in mid-call."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self, *, durable: bool) -> Generator[sqlite3.Connection]:
        """One at a time in this process; `durable` means on disk at the end (S10)."""
        with self._used():
            self._connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._roll_back()
                raise
            self._commit()
            # SQLite passes over it when the kernel does not let go of its lock (ENOLCK), and nobody
            # else could write while this process waits; a file that was closed has none.
            self._sound = not durable

    def _commit(self) -> None:
        try:
            self._connection.execute("COMMIT")
        except BaseException:
            self._roll_back()
            self._write_over()
            raise

    def _write_over(self) -> None:
        """What was refused when it was to be synced is in the log already, whole.

        Nobody sees it, but who opens the file after a crash would take it for granted, unless
        something else has been written in its place.
        """
        with suppress(sqlite3.Error):
            self._connection.execute("PRAGMA synchronous=NORMAL")  # syncing is what failed
            _set(self._connection, "refused", b"")

    def _roll_back(self) -> None:
        """A commit that failed has left the transaction open, or has not: SQLite decides."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with self._used():
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def _used(self) -> Generator[None]:
        """By one thread at a time. One that was of no use lately is opened anew.

        The disk may be another one by now, or take writes again.
        """
        with self._lock:
            if not self._sound:
                self._connection.close()
                self._connection, self._sound = opened(self._path, SCHEMA)
            try:
                with translated(self._path):
                    yield
            except OSError as error:
                self._sound = error.errno not in {errno.EIO, errno.EROFS}
                raise

    def record(self, release: Release) -> Release:
        at = release.created or _now()
        with self._transaction(durable=True) as db:
            row = db.execute(
                "INSERT INTO releases (at, body, verdict) VALUES (?, '', ?)",
                (at.isoformat(), Verdict.PENDING),
            )
            number = int(row.lastrowid or 0)
            numbered = replace(release, number=number, created=at, trial=not release.back)
            body = dumped(numbered).encode()
            db.execute("UPDATE releases SET body = ? WHERE number = ?", (body, number))
            db.execute(
                "UPDATE releases SET verdict = ? WHERE verdict IN (?, ?) AND number < ?",
                (Verdict.REPLACED, Verdict.PENDING, Verdict.PASSED, number),
            )
            _set(db, "wanted", str(number).encode())
            _prune(db, number)
        return numbered

    def wanted(self) -> Release | None:
        rows = self._rows(
            "SELECT body, verdict, (SELECT value FROM single WHERE name = 'copies') "
            "FROM releases JOIN single ON single.name = 'wanted' "
            "WHERE releases.number = CAST(CAST(single.value AS TEXT) AS INTEGER)"
        )
        if not rows:
            return None
        [(body, verdict, copies)] = rows
        return _parsed(_bytes(body), str(verdict), _bytes(copies or b"{}"))

    def scale(self, copies: Mapping[str, int]) -> None:
        with self._transaction(durable=True) as db:
            row = db.execute("SELECT value FROM single WHERE name = 'copies'").fetchone()
            known: dict[str, int] = json.loads(_bytes(row[0])) if row else {}
            _set(db, "copies", json.dumps({**known, **copies}).encode())

    def want_nothing(self) -> None:
        """On a full disk the reserve is given up for it: stopping must always be possible."""
        while True:
            try:
                self._want_nothing()
            except OSError as error:
                if error.errno != errno.ENOSPC or not self._reserve.give_up():
                    raise
            else:
                return

    def _want_nothing(self) -> None:
        with self._transaction(durable=True) as db:
            _set(db, "wanted", b"0")
            db.execute("INSERT OR REPLACE INTO single (name, value) "
                       "SELECT 'ended', COALESCE(MAX(number), 0) FROM releases")  # fmt: skip

    def judge(self, number: int, verdict: Verdict) -> None:
        with self._transaction(durable=True) as db:
            db.execute("UPDATE releases SET verdict = ? WHERE number = ?", (verdict, number))

    def proven(self, release: Release) -> bool:
        """Whether one that wanted just the same has been in place. No value is made for it."""
        wish = _wish(dumped(release).encode())
        rows = self._rows("SELECT body FROM releases WHERE verdict = ?", Verdict.GOOD)
        return any(_wish(_bytes(body)) == wish for (body,) in rows)

    def verdict(self, number: int) -> Verdict | None:
        rows = self._rows("SELECT verdict FROM releases WHERE number = ?", number)
        return Verdict(str(rows[0][0])) if rows else None

    def last_good(self, before: int) -> Release | None:
        rows = self._rows(
            "SELECT body FROM releases WHERE verdict = ? AND number < ? AND number > COALESCE("
            "(SELECT CAST(CAST(value AS TEXT) AS INTEGER) FROM single WHERE name = 'ended'), 0) "
            "ORDER BY number DESC LIMIT 1",
            Verdict.GOOD, before,
        )  # fmt: skip
        return loaded(Release, _bytes(rows[0][0])) if rows else None

    def find(self, number: int) -> tuple[Release, Verdict] | None:
        rows = self._rows("SELECT body, verdict FROM releases WHERE number = ?", number)
        found = [(loaded(Release, _bytes(b)), Verdict(str(v))) for b, v in rows]
        return found[0] if found else None

    def releases(self, limit: int) -> Sequence[tuple[Release, Verdict]]:
        rows = self._rows(
            "SELECT body, verdict FROM releases ORDER BY number DESC LIMIT ?", limit
        )  # fmt: skip
        return [(loaded(Release, _bytes(b)), Verdict(str(v))) for b, v in rows]

    def tell(self, event: Event) -> None:
        with self._transaction(durable=False) as db:
            _tell(db, (event,))

    def events(self, after: int) -> Sequence[Event]:
        rows = self._rows(
            "SELECT number, at, code, facts FROM events WHERE number > ? ORDER BY number", after
        )
        return [
            Event(
                number=int(str(number)), at=datetime.fromisoformat(str(at)), code=str(code),
                facts=json.loads(str(facts)),
            )
            for number, at, code, facts in rows
        ]  # fmt: skip

    def last_event(self) -> int:
        rows = self._rows("SELECT COALESCE(MAX(number), 0) FROM events")
        return int(str(rows[0][0]))

    def see(self, instances: Sequence[Instance], events: Sequence[Event] = ()) -> None:
        with self._transaction(durable=False) as db:
            _set(db, "seen", self._all_seen(instances).encode())
            _tell(db, events)

    def _all_seen(self, instances: Sequence[Instance]) -> str:
        """As a list. Of a hundred hardly one has changed: the text of the others is at hand."""
        before, self._texts = self._texts, {}
        for each in instances:
            value, text = before.get(each.id, (None, ""))
            self._texts[each.id] = (each, text if value is each else dumped(each))
        return f"[{', '.join(text for _, text in self._texts.values())}]"

    def seen(self) -> Sequence[Instance]:
        rows = self._rows("SELECT value FROM single WHERE name = 'seen'")
        return loaded(tuple[Instance, ...], _bytes(rows[0][0])) if rows else ()


def _wish(body: bytes) -> dict[str, object]:
    """What a release is about, whoever asked for it and when."""
    told: dict[str, object] = json.loads(body)
    return {name: value for name, value in told.items() if name not in {"number", "created", "why"}}


@lru_cache(maxsize=2)
def _parsed(body: bytes, verdict: str, copies: bytes) -> Release:
    """Every turn of a supervisor reads what is wanted, and hardly one finds something else."""
    release = loaded(Release, body).with_copies(json.loads(copies))
    return replace(release, trial=verdict == Verdict.PENDING and not release.back)


def _set(db: sqlite3.Connection, name: str, value: bytes) -> None:
    db.execute("INSERT OR REPLACE INTO single (name, value) VALUES (?, ?)", (name, value))


def _tell(db: sqlite3.Connection, events: Sequence[Event]) -> None:
    db.executemany(
        "INSERT INTO events (at, code, facts) VALUES (?, ?, ?)",
        [(each.at.isoformat(), each.code, json.dumps(dict(each.facts))) for each in events],
    )


def _prune(db: sqlite3.Connection, newest: int) -> None:
    good = db.execute(
        "SELECT COALESCE(MAX(number), 0) FROM releases WHERE verdict = ?", (Verdict.GOOD,)
    ).fetchone()[0]
    oldest = min(newest - RELEASES_KEPT + 1, good or newest)
    db.execute("DELETE FROM releases WHERE number < ?", (oldest,))
    db.execute(
        "DELETE FROM events WHERE number <= (SELECT MAX(number) FROM events) - ?", (EVENTS_KEPT,)
    )


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 -- only for a release that nobody dated
