"""T14: the leader of a PostgreSQL store killed, frozen, cut off, its data gone (D1, D2, D3).

Writers come by the gate and, all the time, straight to each member as well: an old leader that
still acknowledged anything would be caught by that.
"""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

from seaway.components.postgres import Postgres
from seaway.model.instance import Instance, Phase
from seaway.model.names import Name
from seaway.model.standing import Standing
from seaway.targets.leading.leads import LeadFile
from seaway.targets.local import launch
from tests.faults.torture.kept import PATIENCE, Kept, kept
from tests.faults.torture.trial import Trial

STORE, GATE = Name("db"), "db-gate"
WRITERS, ROWS = 4, 10
WRITABLE, WRITABLE_SHORT = 3.0, 15.0
"""Seconds from the disaster to the first row of the next leader, at p95."""
LONGEST, LONGEST_SHORT = 5.0, 30.0
FAILURES = (
    OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # its own, when a connection ends between two messages
)  # fmt: skip
SETTINGS: dict[str, object] = {"standby": {"count": 1, "synchronous": True}, "connections": 40}
INSERT = (
    "INSERT INTO acked SELECT $1 || n FROM generate_series(1, $2) n"
    " RETURNING inet_server_port()"
)  # fmt: skip


@dataclass
class Town:
    """One store with a standby, and who writes into it."""

    store: Kept
    acked: list[tuple[float, float, int, str]] = field(default_factory=list)
    """Begin, end, port of the member that acknowledged, and start of the names of `ROWS` rows."""
    over: bool = False

    @property
    def gate(self) -> int:
        """The port that leads to the leader."""
        return self.store.ports[f"{GATE}/write/0"]

    async def connect(self, port: int) -> asyncpg.Connection:
        password = self.store.vault.read("db.app-password")
        return await asyncpg.connect(
            host="127.0.0.1", port=port, user="app", database="torture", password=password,
            timeout=2, command_timeout=5,
        )  # fmt: skip

    async def write(self, name: str, port: int, pause: float) -> None:
        """Write for ever, each time begun anew where it failed."""
        connection, number = None, 0
        while not self.over:
            begin, number = time.monotonic(), number + 1
            try:
                connection = connection or await self.connect(port)
                rows = await connection.fetch(INSERT, f"{name}-{number}-", ROWS)
                mark = f"{name}-{number}-"
                self.acked.append((begin, time.monotonic(), rows[0][0], mark))
                await asyncio.sleep(pause)
            except FAILURES:
                if connection:
                    connection.terminate()
                connection = None
                await asyncio.sleep(0.05)
        if connection:
            connection.terminate()

    async def leader(self) -> Instance:
        """Who leads, once another one could."""
        async with asyncio.timeout(PATIENCE):
            while True:
                lead = LeadFile(self.store.state.root).of(STORE)
                for each in await self.store.target.observe():
                    said = each.said
                    leads = isinstance(said, Standing) and said.leads
                    if leads and lead.safe and each.phase is Phase.READY:
                        return each
                await asyncio.sleep(0.05)


async def hurt_primaries(trial: Trial) -> None:
    """Let one disaster follow another; count what was acknowledged and what is there."""
    tally = trial.tally
    kinds = ["kill", "freeze", "gone", *(["cut"] if _can_cut() else [])]
    async with _town(trial) as town:
        await _table(town)
        strangers = [port for name, port in town.store.ports.items() if name.startswith("db/sql/")]
        async with asyncio.TaskGroup() as group:
            for number in range(WRITERS):
                group.create_task(town.write(f"w{number}", town.gate, 0.02))
            for port in strangers:
                group.create_task(town.write(f"s{port}", port, 0.05))
            while tally.faults < trial.times(30, 3):
                if tally.faults % len(kinds) == 0:
                    trial.chance.shuffle(kinds)
                await _disaster(town, kinds[tally.faults % len(kinds)], trial)
            await town.leader()
            town.over = True
        await _judge(town, trial)


def _can_cut() -> bool:
    return os.geteuid() == 0 and shutil.which("iptables") is not None


async def _disaster(town: Town, kind: str, trial: Trial) -> None:
    """Strike the leader, and wait until another one has acknowledged a row."""
    leader = await town.leader()
    await asyncio.sleep(trial.chance.random())
    port, begin = leader.addresses["sql"].port, time.monotonic()
    rule = ("INPUT", "-i", "lo", "-p", "tcp", "--dport", str(port), "-j", "DROP")
    folder = town.store.state.instance(leader.id)
    match kind:
        case "kill":
            launch.kill(folder, signal.SIGKILL.name)
        case "freeze":
            launch.kill(folder, signal.SIGSTOP.name)
        case "gone":
            volume = town.store.state.volume(
                STORE, f"data-{leader.slot}" if leader.slot else "data"
            )
            await asyncio.to_thread(shutil.rmtree, volume / "data" / "cluster", ignore_errors=True)
        case _:
            await _iptables("-I", *rule)
    try:
        trial.tally.mending.append(await _mended(town, port, begin))
        trial.tally.faults += 1
    finally:
        if kind == "cut":
            await _iptables("-D", *rule)


async def _iptables(*words: str) -> None:
    process = await asyncio.create_subprocess_exec("iptables", *words)
    assert await process.wait() == 0


async def _mended(town: Town, port: int, begin: float) -> float:
    seen = len(town.acked)
    async with asyncio.timeout(PATIENCE):
        while True:
            for _, end, other, _ in town.acked[seen:]:
                if other != port and end > begin:
                    return end - begin
            seen = len(town.acked)
            await asyncio.sleep(0.01)


async def _judge(town: Town, trial: Trial) -> None:
    tally = trial.tally
    connection = await town.connect(town.gate)
    kept = {row[0] for row in await connection.fetch("SELECT id FROM acked")}
    await connection.close()
    tally.rows_acked = len(town.acked) * ROWS
    tally.rows_lost = sum(
        f"{mark}{number}" not in kept
        for *_, mark in town.acked for number in range(1, ROWS + 1)
    )  # fmt: skip
    tally.more["double_primaries"] = _overlapping(town)
    tally.demand(not tally.rows_lost, f"{tally.rows_lost} acknowledged rows are lost")
    tally.demand(not tally.more["double_primaries"], "two members acknowledged at the same time")
    tally.demand(tally.rows_acked >= trial.times(100_000, 2_000), f"{tally.rows_acked} rows only")
    late = sorted(tally.mending)
    p95 = late[min(len(late) - 1, int(len(late) * 0.95))]
    limit, longest = trial.limit(WRITABLE, WRITABLE_SHORT), trial.limit(LONGEST, LONGEST_SHORT)
    tally.more["writable_p95"] = round(p95, 2)
    tally.demand(p95 <= limit, f"writable after {p95:.2f} s at p95, promised are {limit} s")
    tally.demand(late[-1] <= longest, f"once after {late[-1]:.2f} s, promised are {longest} s")


def _overlapping(town: Town) -> int:
    """Acknowledgements of a member that was asked after another one had begun to acknowledge."""
    wrong, turns = 0, list[tuple[float, int]]()
    for begin, end, port, _ in sorted(town.acked, key=lambda each: each[1]):
        if not turns or turns[-1][1] != port:
            back = [since for since, other in turns if other != port and begin > since]
            earlier = [since for since, other in turns if other == port]
            if earlier and back and begin < max(back):
                wrong += 1
            turns.append((end, port))
    swaps = len(turns) - 1
    return wrong + max(0, swaps - LeadFile(town.store.state.root).of(STORE).epoch + 1)


async def _table(town: Town) -> None:
    await town.leader()
    connection = await town.connect(town.gate)
    await connection.execute("CREATE TABLE acked (id text PRIMARY KEY)")
    await connection.close()


@asynccontextmanager
async def _town(trial: Trial) -> AsyncIterator[Town]:
    """The store, and nobody writes to it yet."""
    async with kept(trial, Postgres.model_validate(SETTINGS), STORE) as store:
        town = Town(store)
        try:
            yield town
        finally:
            town.over = True
