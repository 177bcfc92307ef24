"""A real database for all tests, and workers that can be killed."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from seaway_jobs import JobView, Queue, State, find, install
from seaway_jobs.within import Connection
from tests import servers

PATIENCE_SECONDS = 60.0
NAME = "ai-jobs"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Postgres]:
    """Run a server, without the pains of durability."""
    folder = tmp_path_factory.mktemp("postgres")
    for each in (folder, *folder.parents[:2]):
        each.chmod(0o755)
    folder.chmod(0o777)
    with servers.running(folder, "fsync=off") as server:
        yield server


@pytest.fixture
def url(postgres: servers.Postgres) -> str:
    """Make a database, with the tables and one of the application's."""
    name = f"db{time.monotonic_ns()}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    url = f"{postgres.url.rpartition('/')[0]}/{name}"
    with psycopg.connect(url) as connection:
        install(connection)
        connection.execute("CREATE TABLE effects (job bigint, attempt int, process int)")
    return url


@dataclass(slots=True)
class Bench:
    """A database, a queue in it, and the workers that were started."""

    url: str
    folder: Path
    connection: Connection
    queue: Queue
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def work(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start a worker."""
        given = {"DATABASE_URL": self.url, "AI_QUEUE_NAME": NAME, **environment}
        log = self.folder / f"worker-{len(self.workers)}.log"
        self.workers.append(servers.started("diligent.py", given, log))
        return self.workers[-1]

    async def effects(self) -> list[tuple[int, int, int]]:
        """Return what the tasks wrote: the job, the attempt and the process."""
        cursor = await self.connection.execute("SELECT * FROM effects ORDER BY job")
        return [tuple(row) for row in await cursor.fetchall()]

    async def job(self, number: int) -> JobView:
        """Return the job as it is now."""
        found = await find(self.connection, number)
        assert found is not None
        return found

    async def until(self, job: int, *states: State) -> JobView:
        """Wait until the job is in one of the states."""
        await self.happens(lambda: self._in(job, states))
        return await self.job(job)

    async def happens(self, what: Callable[[], Awaitable[bool]]) -> None:
        """Wait for what no event tells us from outside."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await what():
                await asyncio.sleep(0.01)

    async def _in(self, job: int, states: tuple[State, ...]) -> bool:
        return (await self.job(job)).state in states


@pytest.fixture
async def bench(url: str, tmp_path: Path) -> AsyncIterator[Bench]:
    """All that a test needs; its workers are killed in the end."""
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    async with connection:
        made = Bench(url, tmp_path, connection, Queue(NAME))
        try:
            yield made
        finally:
            for each in made.workers:
                with suppress(ProcessLookupError):
                    each.kill()
                each.wait(10)
