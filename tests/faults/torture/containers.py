"""Containers: what a town needs where its programs run in them, and their end."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import cast

from seaway.errors import SeawayError
from seaway.model.names import InstanceId
from seaway.model.release import Release
from seaway.stores.clock import SystemClock
from seaway.stores.vault import FileVault
from seaway.targets.docker.belonging import Belonging
from seaway.targets.docker.containers import Containers
from seaway.targets.docker.engine import SOCKET, Engine, Refused
from seaway.targets.docker.images.bases import PYTHON
from seaway.targets.docker.networks import Networks
from seaway.targets.docker.premises import premises_of
from tests.faults.torture.stage import Stage

ARRIVING = 0.3
"""Seconds that a note may be on its way."""


async def images(made: Stage, release: Release) -> None:
    """Make those that a release needs: what takes its time before anything is measured."""
    premises = premises_of(
        made.state, made.stack, FileVault(made.state.vault), SystemClock(), {}
    )  # fmt: skip
    for workload in release.workloads:
        await premises.images.ensure(workload)


@asynccontextmanager
async def noting(file: Path) -> AsyncIterator[str]:
    """Write what programs in containers tell into a file; the address for them to tell it to."""

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while line := await reader.readline():
                with file.open("ab") as notes:
                    notes.write(line)
        writer.close()

    host = await _this_machine()
    server = await asyncio.start_server(listen, host)
    async with server:
        yield f"{host}:{server.sockets[0].getsockname()[1]}"


async def _this_machine() -> str:
    """As containers see it."""
    found = await Engine().call("GET", "/networks/bridge")
    config = cast("dict[str, dict[str, list[dict[str, str]]]]", found)["IPAM"]["Config"]
    return config[0].get("Gateway") or config[0]["Subnet"].rpartition(".")[0] + ".1"


async def removed(made: Stage) -> None:
    """End all containers of a stage, as fast as it goes; nothing of it stays in the engine."""
    engine, belonging = Engine(), Belonging.of(made.state, made.stack)
    for each in (await Containers(engine, belonging).all()).values():
        with suppress(Refused):
            await engine.call("DELETE", f"/containers/{each.id}", query={"force": True})
    await Networks(engine, belonging).remove_unused(None)
    shutil.rmtree(made.state.run(InstanceId("any")).parent, ignore_errors=True)
    titles = {"label": [f"org.opencontainers.image.title={made.stack}-app"]}
    found = cast(
        "list[dict[str, str]]", await engine.call("GET", "/images/json", query={"filters": titles})
    )
    for image in found:
        with suppress(Refused):
            await engine.call("DELETE", f"/images/{image['Id']}", query={"force": True})


def engine_there() -> bool:
    """Whether there is an engine with the image that all others are built on."""
    return Path(SOCKET).exists() and asyncio.run(_base_there())


async def _base_there() -> bool:
    try:
        await Engine().call("GET", f"/images/{PYTHON}/json")
    except SeawayError:
        return False
    return True
