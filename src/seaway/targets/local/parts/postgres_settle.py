"""What a PostgreSQL cluster must hold before its stack may use it. All of it can be repeated."""

import asyncio
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from seaway.errors import StepFailed
from seaway.model.near import nearest
from seaway.targets.local.part import Placement, Runner
from seaway.targets.local.parts.postgres_members import PASSWORD, is_member, settle_replicator
from seaway.values import understood
from seaway.wire.postgres import (
    Connection,
    Login,
    connected,
    verifier,
    verifies,
)

RIGHTS = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
INIT_LIMIT = 300.0
"""Seconds for the first SQL files."""
UNHURRIED = "SET synchronous_commit = off"
"""Not to wait for the disk: the first commit of an application, which waits, takes all before it
along, and what a power cut loses until then is made again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The settings of the component, as this part understands them."""

    database: str
    user: str
    extensions: tuple[str, ...] = ()
    init: tuple[str, ...] = ()
    locale: str = "C.UTF-8"
    parameters: Mapping[str, str]


def told(place: Placement) -> Told:
    """What the component wants."""
    return understood(Told, place.server.settings)


async def settled(place: Placement, login: Login, run: Runner) -> None:
    """Make passwords, role, database, extensions and rights what they should be.

    Raises:
        StepFailed: an extension is not there, or a first SQL file has a fault.
        Refused: the server would not do it.
    """
    wanted = told(place)
    async with connected(login) as session:
        await session.run(UNHURRIED)
        await _passwords(session, place, wanted)
        await _database(session, wanted)
        if is_member(place):
            hashed = await asyncio.to_thread(verifier, place.env[PASSWORD])
            await settle_replicator(session, place, hashed)
    async with connected(replace(login, database=wanted.database)) as session:
        await session.run(UNHURRIED)
        await _extensions(session, place, wanted)
        await session.run(f'GRANT USAGE, CREATE ON SCHEMA public TO "{wanted.user}"')
        if not await session.run("SELECT 1 FROM pg_namespace WHERE nspname = 'seaway'"):
            await _first_time(session, place, wanted, run)


async def _passwords(session: Connection, place: Placement, wanted: Told) -> None:
    rows = await session.run("SELECT rolname, rolpassword FROM pg_authid")
    kept = {row[0]: row[1] for row in rows}
    if wanted.user not in kept:
        await session.run(f'CREATE ROLE "{wanted.user}" {RIGHTS}')
    for role, password in (
        (wanted.user, place.env["APP_PASSWORD"]),
        ("postgres", place.env["POSTGRES_PASSWORD"]),
    ):
        if not verifies(kept.get(role) or "", password):
            hashed = await asyncio.to_thread(verifier, password)
            await session.run(f"ALTER ROLE \"{role}\" PASSWORD '{hashed}'")


async def _database(session: Connection, wanted: Told) -> None:
    """Who is not named has no right to connect, in any database."""
    name, role = wanted.database, wanted.user
    rows = await session.run("SELECT datname FROM pg_database")
    if (name,) not in rows:
        await session.run(f'CREATE DATABASE "{name}"')
    await session.run(
        f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC;'
        "REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;"
        f'GRANT CONNECT, CREATE, TEMPORARY ON DATABASE "{name}" TO "{role}"'
    )


async def _extensions(session: Connection, place: Placement, wanted: Told) -> None:
    there = {row[0] for row in await session.run("SELECT extname FROM pg_extension")}
    missing = [each for each in wanted.extensions if each not in there]
    if not missing:
        return
    rows = await session.run("SELECT name FROM pg_available_extensions")
    refuse_missing_extensions(place, [row[0] or "" for row in rows])
    for extension in missing:
        await session.run(f'CREATE EXTENSION IF NOT EXISTS "{extension}" CASCADE')


def refuse_missing_extensions(place: Placement, known: Collection[str]) -> None:
    """Name the first that does not come with the server; where nothing is known, none.

    Raises:
        StepFailed: there is one.
    """
    for extension in told(place).extensions:
        if known and extension not in known:
            raise StepFailed(
                "SW344", component=place.workload.component, name=extension,
                origin=place.found.origin, nearest=nearest(extension, known),
            )  # fmt: skip


async def _first_time(session: Connection, place: Placement, wanted: Told, run: Runner) -> None:
    """Run the first SQL files as the application, and note it, in one transaction."""
    files = await asyncio.to_thread(_files, place, wanted.init)
    if not files:
        await session.run(_note(files))
        return
    script = "".join(
        (f'SET SESSION AUTHORIZATION "{wanted.user}";\n', *(body + "\n;\n" for _, body in files),
         "RESET SESSION AUTHORIZATION;\n", _note(files), "\n")
    )  # fmt: skip
    try:
        await run(_psql(place, wanted), env={"PGPASSWORD": place.env["POSTGRES_PASSWORD"]},
                  stdin=script, limit=INIT_LIMIT)  # fmt: skip
    except StepFailed as failed:
        facts = {"component": place.workload.component, "files": ", ".join(n for n, _ in files)}
        raise StepFailed("SW345", **facts, problem=failed.facts.get("problem", "")) from failed


def _psql(place: Placement, wanted: Told) -> Sequence[str]:
    return (
        str(place.found.programs["psql"]), "--no-psqlrc", "--quiet", "--single-transaction",
        "--set=ON_ERROR_STOP=1", f"--host={place.host}", f"--port={place.port('sql')}",
        "--username=postgres", f"--dbname={wanted.database}", "--file=-",
    )  # fmt: skip


def _files(place: Placement, patterns: Sequence[str]) -> list[tuple[str, str]]:
    """Names and bodies, in order of pattern, then of name."""
    found: list[tuple[str, str]] = []
    for pattern in patterns:
        paths = sorted(Path("/").glob(pattern.lstrip("/")))
        if not paths:
            raise StepFailed("SW346", component=place.workload.component, pattern=pattern)
        found.extend((path.name, path.read_text()) for path in paths)
    return found


def _note(files: Sequence[tuple[str, str]]) -> str:
    """A schema of Seaway's own: where it is, the database is not new any more."""
    digests = ((name, hashlib.sha256(body.encode()).hexdigest()) for name, body in files)
    rows = ", ".join(f"('{_escaped(name)}', '{digest}')" for name, digest in digests)
    table = "CREATE TABLE seaway.init (file text, sha256 text, at timestamptz DEFAULT now());"
    filled = f"INSERT INTO seaway.init VALUES {rows};" if rows else ""  # noqa: S608 -- quoted above
    return f"CREATE SCHEMA seaway; {table} {filled}"


def _escaped(text: str) -> str:
    return text.replace("'", "''")
