"""PostgreSQL with two standbys on real servers: reading, falling behind, losing and handing over.

What happens when leaders are struck again and again is T14 (`torture/primaries.py`).
"""

import asyncio
import os
import random
import shutil
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import pytest

from seaway.components.postgres import Postgres
from seaway.engine.failover import handed_over
from seaway.model.instance import Instance, Phase
from seaway.model.names import Name
from seaway.model.standing import Standing
from seaway.targets.local import launch
from tests.faults.torture.kept import Kept, kept
from tests.faults.torture.trial import Trial

pytestmark = [pytest.mark.local, pytest.mark.timeout(180)]

STORE = Name("db")
LIMIT = 60.0
"""Seconds for anything that is waited for."""
AWAY = (
    OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # its own, when a connection ends between two messages
)  # fmt: skip


class Members:
    """A store of three, and what its clients do."""

    def __init__(self, store: Kept) -> None:
        self.store = store

    @asynccontextmanager
    async def session(
        self, door: str = "db-gate/write/0", user: str = "app"
    ) -> AsyncIterator[asyncpg.Connection]:
        """With whom that door leads to."""
        secret = "db.app-password" if user == "app" else "db.password"
        session = await asyncpg.connect(
            host="127.0.0.1", port=self.store.ports[door], user=user, database="torture",
            password=self.store.vault.read(secret), timeout=3, command_timeout=10,
        )  # fmt: skip
        try:
            yield session
        finally:
            session.terminate()

    async def asked(self, words: str, door: str = "db-gate/write/0", user: str = "app") -> object:
        """One value."""
        async with self.session(door, user) as session:
            return await session.fetchval(words)

    async def all(self) -> Sequence[Instance]:
        """Those that are not over, by slot."""
        live = [
            each for each in await self.store.target.observe()
            if each.workload == STORE and not each.phase.over
        ]  # fmt: skip
        return sorted(live, key=lambda each: each.slot)

    async def whole(self, besides: str = "") -> Instance:
        """The leader, once two follow it closely and none of them is that one."""
        async with asyncio.timeout(LIMIT):
            while True:
                said = [
                    (each, each.said) for each in await self.all()
                    if each.phase is Phase.READY and isinstance(each.said, Standing)
                    and each.id != besides
                ]  # fmt: skip
                leading = [each for each, its in said if its.leads]
                if len(leading) == 1 and sum(its.abreast for _, its in said) == 2:
                    return leading[0]
                await asyncio.sleep(0.05)

    async def read_from(self) -> set[int]:
        """The ports of those to whom the door for reading leads, asked several times."""
        asked = "SELECT inet_server_port()"
        return {int(await self.asked(asked, "db-gate/read/0")) for _ in range(8)}

    def port(self, slot: int) -> int:
        return self.store.ports[f"db/sql/{slot}"]

    def folder(self, slot: int) -> Path:
        """Of the data of a member."""
        return self.store.state.volume(STORE, f"data-{slot}" if slot else "data") / "data/cluster"

    def kill(self, instance: Instance) -> None:
        launch.kill(self.store.state.instance(instance.id), "SIGKILL")


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(LIMIT):
        while not await true():  # noqa: ASYNC110 -- asked
            await asyncio.sleep(0.1)


@asynccontextmanager
async def members(folder: Path, **standby: object) -> AsyncIterator[Members]:
    folder.chmod(0o755)
    trial = Trial(seed=1, full=False, folder=folder, chance=random.Random(1))  # noqa: S311 -- no secret
    database = Postgres.model_validate({"standby": {"count": 2, **standby}, "connections": 40})
    async with kept(trial, database, STORE) as store:
        them = Members(store)
        await them.whole()
        yield them
    assert not trial.tally.leaks


async def test_two_standbys_that_are_not_waited_for(tmp_path):
    """Who is behind is not read from; whoever led comes back, whatever it has too much or lacks."""
    async with members(tmp_path, lag_max="2s") as them:
        await them.asked("CREATE TABLE kept (n bigint)")
        await _behind(them)
        await _unsent(them)
        load = Load(them)
        writers = [asyncio.create_task(load.write(number)) for number in range(4)]
        try:
            await _handed_over(them)
        finally:
            load.over = True
            await asyncio.gather(*writers)
        async with them.session() as session:
            there = {row[0] for row in await session.fetch("SELECT n FROM kept")}
        assert load.acknowledged
        assert load.acknowledged <= there
        assert load.longest < LIMIT / 4, f"{load.longest} s without a write"


async def _behind(them: Members) -> None:
    """Reading leads to standbys, to those that keep up, at last to the leader (R77)."""
    leader = (await them.whole()).slot
    first, second = (slot for slot in range(3) if slot != leader)
    await until(lambda: _is(them.read_from(), {them.port(first), them.port(second)}))

    await _held(them, first, paused=True)
    await _writing(them, lambda: _is(them.read_from(), {them.port(second)}))
    await _held(them, second, paused=True)
    await _writing(them, lambda: _is(them.read_from(), {them.port(leader)}))

    for slot in (first, second):
        await _held(them, slot, paused=False)
    await until(lambda: _is(them.read_from(), {them.port(first), them.port(second)}))


async def _unsent(them: Members) -> None:
    """Without `synchronous` a lost leader may have had more: that is undone, not copied anew."""
    leader = await them.whole()
    inode = them.folder(leader.slot).stat().st_ino
    _stop_senders(them.folder(leader.slot))
    await them.asked("INSERT INTO kept VALUES (-1)")
    them.kill(leader)
    after = await them.whole(leader.id)
    assert after.slot != leader.slot
    assert them.folder(leader.slot).stat().st_ino == inode, "copied anew, not rewound"
    await them.asked("INSERT INTO kept VALUES (-2)")
    for slot in range(3):
        await until(lambda door=f"db/sql/{slot}": _has(them, door, {-2}))


async def _handed_over(them: Members) -> None:
    """As `seaway failover` does (R169); then a member is copied anew that has lost its disk."""
    leader = await them.whole()
    wish = handed_over(them.store.ledger.wanted(), await them.store.target.observe(), STORE)
    them.store.change(wish)
    after = await them.whole(leader.id)
    assert after.slot != leader.slot
    assert wish.why == f"failover db {after.id}"

    [gone] = [each for each in await them.all() if each.slot == leader.slot]
    inode = them.folder(gone.slot).stat().st_ino
    await asyncio.to_thread(shutil.rmtree, them.folder(gone.slot), ignore_errors=True)
    them.kill(gone)
    assert (await them.whole(gone.id)).slot == after.slot, "the leader changed needlessly"
    assert them.folder(gone.slot).stat().st_ino != inode


class Load:
    """Writers that begin again where they fail."""

    def __init__(self, them: Members) -> None:
        self.them, self.over, self.longest = them, False, 0.0
        self.acknowledged: set[int] = set()

    async def write(self, writer: int) -> None:
        number, last = writer * 10_000_000, time.monotonic()
        while not self.over:
            with suppress(*AWAY):
                async with self.them.session() as session:
                    while not self.over:
                        number += 1
                        await session.execute("INSERT INTO kept VALUES ($1)", number)
                        self.acknowledged.add(number)
                        self.longest = max(self.longest, time.monotonic() - last)
                        last = time.monotonic()
                        await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)


async def _is(asked: Awaitable[set[int]], wanted: set[int]) -> bool:
    try:
        return await asked == wanted
    except AWAY:
        return False


async def _has(them: Members, door: str, wanted: set[int]) -> bool:
    """Whether of the odd rows exactly these are there."""
    try:
        async with them.session(door) as session:
            return {
                row[0] for row in await session.fetch("SELECT n FROM kept WHERE n < 0")
            } == wanted
    except AWAY:
        return False


async def _held(them: Members, slot: int, *, paused: bool) -> None:
    """Whether it takes over what it gets."""
    what = "pause" if paused else "resume"
    await them.asked(f"SELECT pg_wal_replay_{what}()::text", f"db/sql/{slot}", "postgres")


async def _writing(them: Members, true: Callable[[], Awaitable[bool]]) -> None:
    async def so() -> bool:
        await them.asked("INSERT INTO kept VALUES (1)")
        return await true()

    await until(so)


def _stop_senders(cluster: Path) -> None:
    """Let the leader of that folder send nothing from now on."""
    leader = (cluster / "postmaster.pid").read_text().split()[0]
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
            if parent == leader and b"walsender" in (process / "cmdline").read_bytes():
                os.kill(int(process.name), signal.SIGSTOP)
