"""Upgrading: data that an older PostgreSQL made is read by a server of its version, on a copy."""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from seaway.errors import PartMissing, SeawayError, StepFailed
from seaway.targets.local.helping import run_as
from seaway.targets.local.parts.postgres import CLUSTER, SUPERUSER, SYSTEM
from seaway.targets.local.preflight import made_by
from seaway.targets.local.process import Identity
from seaway.wire.postgres import Login, Refused, connected

PORT = 5432
"""Only a part of the socket's name: nobody listens on it."""
SETTINGS = """\
listen_addresses = ''
unix_socket_directories = '{folder}'
port = {port}
fsync = off
max_wal_senders = 0
shared_buffers = 64MB
"""
RULES = "local all all trust\n"
"""The folder of the socket is closed to others."""
LONGEST = 6 * 3600.0
"""Seconds for one step with all of the data."""
BEGIN = 300.0
"""Seconds until it answers: what was being written when it ended is replayed first."""


@asynccontextmanager
async def older_server(
    data: Path, folder: Path, identity: Identity | None
) -> AsyncGenerator[Login, None]:
    """A server of the version that made the data, on a copy of it in an empty folder.

    Raises:
        PartMissing: SW874, it is not installed.
        SeawayError: SW877, it does not start.
    """
    made = made_by(data)
    programs = SYSTEM / made / "bin"
    if not (programs / "postgres").is_file():
        raise PartMissing("SW874", made=made)
    cluster = folder / CLUSTER
    try:
        await asyncio.to_thread(_copied, data / CLUSTER, cluster, identity)
    except (OSError, shutil.Error) as error:
        raise SeawayError("SW877", made=made, problem=str(error)) from error
    (folder / "hba").write_text(RULES)
    (folder / "conf").write_text(SETTINGS.format(folder=folder, port=PORT))
    argv = (str(programs / "postgres"), "-D", str(cluster), "-c", f"config_file={folder}/conf",
            "-c", f"hba_file={folder}/hba")  # fmt: skip
    server = asyncio.create_task(
        run_as(identity, argv, env={"LC_ALL": "C.UTF-8"}, limit=LONGEST, cwd=folder)
    )
    try:
        login = Login(user=SUPERUSER, database="postgres", port=PORT, folder=folder)
        await _answers(login, server, made)
        yield login
    finally:
        server.cancel()
        await asyncio.gather(server, return_exceptions=True)


def _copied(cluster: Path, copy: Path, identity: Identity | None) -> None:
    shutil.copytree(cluster, copy, symlinks=True)
    (copy / "postmaster.pid").unlink(missing_ok=True)
    if identity and not identity.namespace:
        for path in (copy.parent, copy, *copy.rglob("*")):
            os.chown(path, identity.uid, identity.gid, follow_symlinks=False)


async def _answers(login: Login, server: "asyncio.Task[object]", made: str) -> None:
    try:
        async with asyncio.timeout(BEGIN):
            while not await _well(login):
                if server.done():
                    raise SeawayError("SW877", made=made, problem=str(server.exception() or "?"))
                await asyncio.sleep(0.1)
    except TimeoutError as error:
        raise SeawayError("SW877", made=made, problem=f"no answer in {BEGIN:g} s") from error


async def _well(login: Login) -> bool:
    try:
        async with connected(login) as session:
            await session.run("SELECT 1")
    except (OSError, Refused, EOFError):
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Dumper:
    """Tells databases of one server to another."""

    programs: Mapping[str, Path]
    """Of the newer one."""
    folder: Path
    """Where a dump lies meanwhile."""

    async def told(self, old: Login, new: Login) -> None:
        """All of a database in the words of a dump; in the newer server it is empty.

        Raises:
            SeawayError: SW877, it could not be read or written.
        """
        file = str(self.folder / "dump")
        dump = (str(self.programs["pg_dump"]), "-Fc", "-Z1", *_where(old), "-f", file)
        load = (str(self.programs["pg_restore"]), "--exit-on-error", "-j2", *_where(new), file)
        env = {"PGPASSWORD": new.password, "LC_ALL": "C.UTF-8"}
        try:
            for argv in (dump, load):
                await run_as(None, argv, env=env, limit=LONGEST, cwd=self.folder)
        except StepFailed as failed:
            problem = str(failed.facts.get("problem", failed.code))
            raise SeawayError("SW877", made=old.database, problem=problem) from failed


def _where(login: Login) -> tuple[str, ...]:
    host = str(login.folder) if login.folder else login.host
    return ("-h", host, "-p", str(login.port), "-U", login.user, "-d", login.database)
