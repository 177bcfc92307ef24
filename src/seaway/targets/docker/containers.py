"""Containers: those of one stack, as the engine tells of them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from seaway.model.json import Json
from seaway.model.names import InstanceId
from seaway.targets.docker.belonging import INSTANCE, RECORD, Belonging
from seaway.targets.docker.engine import Engine, Id, Refused
from seaway.targets.docker.networks import listed
from seaway.targets.docker.reading import at, items, moment, number, text
from seaway.targets.local.process import Life, ProcessState
from seaway.targets.local.record import Record
from seaway.targets.local.uptime import this_run
from seaway.values import loaded

OF_A_SIGNAL = 128
"""What the first program of a container adds to the number of a signal (tini(1))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One, as it was when it was looked at."""

    id: Id
    instance: InstanceId
    state: str
    """`created`, `running`, `exited` …"""
    pid: int
    started: datetime | None
    ended: datetime | None
    code: int
    oom: bool
    networks: Mapping[str, str]
    """Its addresses, by the name of the network."""
    record: str
    """As it was written when it was made."""

    @property
    def runs(self) -> bool:
        return self.state in {"running", "paused"}

    def written(self) -> Record | None:
        """What Seaway wrote of it; None where that cannot be read."""
        try:
            return loaded(Record, self.record)
        except ValueError:
            return None


class Containers:
    """Looked at anew each time; asked in full only about what has changed."""

    def __init__(self, engine: Engine, belonging: Belonging) -> None:
        self._engine, self._belonging = engine, belonging
        self._known: dict[tuple[Id, str, str], Container] = {}

    async def all(self) -> Mapping[InstanceId, Container]:
        """Those of the stack, by instance.

        Raises:
            StepFailed: SW230, the engine does not answer.
        """
        query: dict[str, Json] = {"all": True, "filters": dict(self._belonging.filter)}
        table = listed(await self._engine.call("GET", "/containers/json", query=query))
        keys = [(Id(text(each, "Id")), text(each, "State"), _places(each)) for each in table]
        found = await asyncio.gather(*map(self._one, keys))
        there = [each for each in found if each]
        self._known = {key: each for key, each in zip(keys, found, strict=True) if each}
        return {each.instance: each for each in there}

    async def of(self, name: InstanceId) -> Container | None:
        """The one of an instance."""
        return await self._read(self._belonging.named(name))

    async def _one(self, key: tuple[Id, str, str]) -> Container | None:
        return self._known.get(key) or await self._read(key[0])

    async def _read(self, name: str) -> Container | None:
        try:
            return _container(await self._engine.call("GET", f"/containers/{name}/json"))
        except Refused as refused:
            if refused.missing:
                return None
            raise


def process_of(container: Container | None, record: Record) -> ProcessState:
    """How the process in it does, or how it ended."""
    if container is None or container.state == "created":
        return ProcessState(life=Life.ABSENT)
    if container.runs:
        return ProcessState(life=Life.RUNNING, pid=container.pid, started=container.started)
    if container.state not in {"exited", "dead", "removing"}:
        return ProcessState(life=Life.RUNNING, pid=container.pid, started=container.started)
    with_the_machine = record.run != this_run()
    code = container.code
    return ProcessState(
        life=Life.LOST if with_the_machine else Life.ENDED, started=container.started,
        ended=container.ended, code=OF_A_SIGNAL - code if code > OF_A_SIGNAL else code,
        reason="oom" if container.oom else "",
    )  # fmt: skip


def _container(found: Json) -> Container:
    state = at(found, "State")
    networks = items(at(found, "NetworkSettings", "Networks"))
    return Container(
        id=Id(text(found, "Id")), instance=InstanceId(text(found, "Config", "Labels", INSTANCE)),
        state=text(state, "Status"), pid=number(state, "Pid"),
        started=moment(text(state, "StartedAt")), ended=moment(text(state, "FinishedAt")),
        code=number(state, "ExitCode"), oom=at(state, "OOMKilled") is True,
        networks={name: text(each, "IPAddress") for name, each in networks},
        record=text(found, "Config", "Labels", RECORD),
    )  # fmt: skip


def _places(row: Json) -> str:
    """In which networks it is, as far as the table tells."""
    networks = items(at(row, "NetworkSettings", "Networks"))
    return " ".join(sorted(f"{name}={text(each, 'IPAddress')}" for name, each in networks))
