"""Brings the tables to the version this code needs, inside of the caller's transaction."""

import re
from importlib import import_module
from importlib.resources import files
from typing import Any, Protocol

from seaway_jobs.within import Within, value

VERSION = 1
LOCK = 1_396_785_736
OURS = re.compile(r"(?:procrastinate|seaway_jobs)_\w+")

EXISTS = "SELECT to_regclass('seaway_jobs_version') IS NOT NULL"
NUMBER = "SELECT number FROM seaway_jobs_version"
FOUND = "SELECT to_regclass('procrastinate_jobs') IS NOT NULL"


class Result(Protocol):
    """What both kinds of connection answer."""

    def fetchone(self) -> Any: ...  # noqa: ANN401 - a row, of either kind


class SqlalchemyLike(Protocol):
    """SQLAlchemy's Connection."""

    def exec_driver_sql(self, statement: str, /) -> Result: ...


class PsycopgLike(Protocol):
    """psycopg's Connection."""

    def execute(self, query: Any, /) -> Result: ...  # noqa: ANN401 - psycopg wants literals


def install(connection: SqlalchemyLike | PsycopgLike) -> int:
    """Bring the tables to this version, in the transaction of the caller; return its number.

    Safe to run twice and at once: the second waits for the first and finds nothing to do.
    """
    _run(connection, f"SELECT pg_advisory_xact_lock({LOCK})")
    there = bool(_run(connection, EXISTS).fetchone()[0])
    number = int(_run(connection, NUMBER).fetchone()[0]) if there else 0
    if not number and not _run(connection, FOUND).fetchone()[0]:
        # loaded here: a worker has no use for it, and it takes a tenth of a second
        manager = import_module("procrastinate.schema").SchemaManager
        _run(connection, str(manager.get_schema()))
    for step in range(number + 1, VERSION + 1):
        _run(connection, _step(step))
    return max(number, VERSION)


async def installed(within: Within) -> int:
    """Return the version of the tables that are there, 0 for none."""
    return int(await value(within, NUMBER)) if await value(within, EXISTS) else 0


def is_own_table(name: str | None) -> bool:
    """Tell whether a table belongs to the queue, for Alembic to leave alone."""
    return bool(OURS.fullmatch(name or ""))


def _step(number: int) -> str:
    text = (files("seaway_jobs") / "sql" / f"{number:04}.sql").read_text("utf-8")
    return f"{text};\nUPDATE seaway_jobs_version SET number = {number};"


def _run(connection: SqlalchemyLike | PsycopgLike, text: str) -> Result:
    if hasattr(connection, "exec_driver_sql"):
        # it hands over an empty list of values, and then a percent sign counts as a place for one
        return connection.exec_driver_sql(text.replace("%", "%%"))
    # the text is procrastinate's and ours, none of it from outside
    return connection.execute(text)
