"""R84: nodes of a Redis cluster killed and frozen under load, then both nodes of a shard.

The client is the one that the stacks use, so what it bears with and what it reports is measured.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import valkey.asyncio as valkey
from valkey.exceptions import ValkeyError

from seaway.components.redis import Redis
from seaway.model.instance import Instance, Phase
from seaway.model.names import Name
from seaway.model.standing import Word
from seaway.targets.local import launch
from tests.faults.torture.kept import PATIENCE, Kept, kept
from tests.faults.torture.trial import Trial

sys.path.append(str(Path(__file__).resolve().parents[3] / "packages/service"))
from seaway_service.cluster import Cluster

STORE = Name("cache")
NODES = 6
CALLERS, PAUSE = 10, 0.004
"""About 1,500 commands a second, each for itself."""
WHOLE, WHOLE_FROZEN, WHOLE_SHORT = 5.0, 15.0, 30.0
"""Seconds from the kill until every node says that the cluster serves."""
ERRORS = 0.001
"""Share of the commands that fail for the client, in the window of one disaster."""


@dataclass
class Load:
    """What the callers saw; times are of the monotonic clock, in seconds."""

    client: Cluster
    seen: list[tuple[float, float, str]] = field(default_factory=list)
    """Begin, end, and the name of the failure or nothing."""
    wrote: dict[str, int] = field(default_factory=dict)
    """By key: the number that was acknowledged last."""
    over: bool = False

    async def call(self, caller: int) -> None:
        """Write and read numbers that rise, each key by one caller only."""
        number = 0
        while not self.over:
            number += 1
            key = f"{caller}-{number % 50}"
            begin, failure = time.monotonic(), ""
            try:
                await self.client.set(key, number)
                self.wrote[key] = number
                if int(await self.client.get(key) or 0) != number:
                    failure = "Lost"
            except (ValkeyError, OSError, TimeoutError) as error:
                failure = type(error).__name__
            self.seen.append((begin, time.monotonic(), failure))
            await asyncio.sleep(PAUSE)

    def window(self, since: float) -> Sequence[tuple[float, float, str]]:
        """What ended after that moment."""
        return [each for each in self.seen if each[1] >= since]


async def hurt_nodes(trial: Trial) -> None:
    """Kill primaries, freeze one, then lose a shard while nobody keeps the cluster."""
    tally = trial.tally
    cluster = {"node_timeout": "5s" if trial.full else "2s"}
    cache = Redis.model_validate({"cluster": cluster, "memory": "64Mi"})
    async with kept(trial, cache, STORE) as store:
        await _whole(store)
        async with _load(store) as load:
            await asyncio.sleep(1)
            for number in range(trial.times(20, 2)):
                freeze = trial.full and number % 5 == 4
                await _disaster(store, load, trial, freeze=freeze)
            await _judge(load, trial)
        await _shard(store, trial)
        tally.requests = 2 * len(load.seen)


async def _disaster(store: Kept, load: Load, trial: Trial, *, freeze: bool) -> None:
    """Strike a primary; count what the callers see until some time after the cluster is whole."""
    tally = trial.tally
    primaries = [each for each in await store.target.observe() if each.said == Word(word="primary")]
    victim = trial.chance.choice(primaries)
    begin = time.monotonic()
    launch.kill(store.state.instance(victim.id), "SIGSTOP" if freeze else "SIGKILL")
    await _until_not_whole(store, victim)
    await _whole(store)
    took = time.monotonic() - begin
    tally.faults += 1
    if freeze:
        tally.more["frozen_max"] = max(float(tally.more.get("frozen_max", 0)), round(took, 1))
    else:
        tally.mending.append(took)
    await asyncio.sleep(1)
    seen = load.window(begin)
    failed = [failure for *_, failure in seen if failure]
    longest = max(end - start for start, end, _ in seen)
    for failure in failed:
        tally.more[f"saw_{failure}"] = int(tally.more.get(f"saw_{failure}", 0)) + 1
    tally.more["longest_call"] = max(float(tally.more.get("longest_call", 0)), round(longest, 2))
    limit = trial.limit(WHOLE_FROZEN if freeze else WHOLE, WHOLE_SHORT)
    tally.demand(took <= limit, f"whole after {took:.1f} s")
    tally.demand(len(failed) <= ERRORS * 2 * len(seen), f"{len(failed)} of {2 * len(seen)} failed")


async def _until_not_whole(store: Kept, victim: Instance) -> None:
    """Until the one that was struck is gone, or replaced."""
    async with asyncio.timeout(PATIENCE):
        while victim.id in {each.id for each in await _ready(store)}:  # noqa: ASYNC110 -- seen
            await asyncio.sleep(0.02)


async def _all(store: Kept) -> Sequence[Instance]:
    return [each for each in await store.target.observe() if each.workload == STORE]


async def _ready(store: Kept) -> Sequence[Instance]:
    return [each for each in await _all(store) if each.phase is Phase.READY]


async def _whole(store: Kept) -> None:
    """Until six nodes are ready: each asks the cluster, which refuses while a shard is away."""
    async with asyncio.timeout(PATIENCE):
        while len(await _ready(store)) < NODES:  # noqa: ASYNC110 -- seen
            await asyncio.sleep(0.05)


async def _judge(load: Load, trial: Trial) -> None:
    """All that was acknowledged is there."""
    load.over = True
    await asyncio.sleep(0.1)
    for key, number in dict(load.wrote).items():
        kept_number = int(await load.client.get(key) or 0)
        trial.tally.lost += kept_number < number
    trial.tally.demand(not trial.tally.lost, f"{trial.tally.lost} keys lost")


@asynccontextmanager
async def _load(store: Kept) -> AsyncIterator[Load]:
    """Callers that go on until the end."""
    load = Load(_client(store))
    async with asyncio.TaskGroup() as group:
        for caller in range(CALLERS):
            group.create_task(load.call(caller))
        try:
            yield load
        finally:
            load.over = True
    await load.client.aclose()


def _client(store: Kept) -> Cluster:
    ports = [port for name, port in store.ports.items() if name.startswith(f"{STORE}/redis/")]
    return Cluster([("127.0.0.1", port) for port in ports], store.vault.read(f"{STORE}.password"))


async def _shard(store: Kept, trial: Trial) -> None:
    """Both nodes of a shard cannot start: said by the others, and healed once they can."""
    members = await _first_shard(store)
    broken = [manifest for port in members for manifest in _manifests(store, port)]
    told = {path: path.read_bytes() for path in broken}
    for path in broken:
        path.write_bytes(b"broken")
    for each in await _all(store):
        if each.addresses["redis"].port in members:
            launch.kill(store.state.instance(each.id), "SIGKILL")
    trial.tally.faults += 2
    try:
        await _said(store, "all of a shard are away")
    finally:
        for path, content in told.items():
            path.write_bytes(content)
    begin = time.monotonic()
    await _whole(store)
    trial.tally.more["shard_healed"] = round(time.monotonic() - begin, 1)


async def _first_shard(store: Kept) -> set[int]:
    """The ports of the nodes that have the first of all slots."""
    client = valkey.Valkey(
        port=store.ports[f"{STORE}/redis/0"], password=store.vault.read(f"{STORE}.password")
    )
    try:
        found = await client.execute_command("CLUSTER SLOTS")
    finally:
        await client.aclose()
    [nodes] = [nodes for first, _, *nodes in found if first == 0]
    return {int(node[1]) for node in nodes}


def _manifests(store: Kept, port: int) -> Sequence[Path]:
    """What a node reads first when it starts."""
    slot = next(int(name.rpartition("/")[2]) for name, its in store.ports.items() if its == port)
    volume = store.state.volume(STORE, f"data-{slot}" if slot else "data")
    return list(volume.rglob("*.manifest"))


async def _said(store: Kept, words: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while not any(words in each.reason for each in await _all(store)):  # noqa: ASYNC110 -- seen
            await asyncio.sleep(0.05)
