"""Removing: stops containers, forgets them, and throws data away when asked to."""

import asyncio
import contextlib
import os
import shutil
import signal
from datetime import timedelta

from seaway.errors import DataRefused
from seaway.model.instance import Instance
from seaway.model.names import InstanceId
from seaway.model.release import Release
from seaway.plan.steps import Stop
from seaway.targets.docker.containers import Container, Containers
from seaway.targets.docker.engine import Refused
from seaway.targets.docker.premises import Premises
from seaway.targets.docker.tailing import Tailing
from seaway.targets.local.limits import children_of
from seaway.targets.local.marks import Happened, Mark, read_mark, write_mark
from seaway.targets.local.record import instance_names, read_record, remove_folder
from seaway.targets.local.removing import remove_old_logs

KILL_WITHIN = 60.0
"""Seconds more than the grace that the engine may take."""


async def stop(
    step: Stop, release: Release | None, premises: Premises, containers: Containers
) -> None:  # fmt: skip
    """End a container; return when nothing of it runs.

    The mark comes first: whoever finds it ended knows that this was wanted.
    """
    name = step.instance.id
    folder = premises.state.instance(name)
    record, container = read_record(folder), await containers.of(name)
    if record is None or (container and container.state in {"exited", "dead"}):
        return
    if read_mark(folder, Mark.STOPPING) is None:
        happened = Happened(premises.clock.now(), step.why, step.failed)
        with contextlib.suppress(OSError):  # what is to stop stops, on a full disk too
            write_mark(folder, Mark.STOPPING, happened)
    if container and container.runs:
        wanted = release.find(record.workload.name) if release else None
        stopping = (wanted or record.workload).stopping
        if container.state == "paused":
            await premises.engine.call("POST", f"/containers/{container.id}/unpause")
        grace = timedelta(0) if step.at_once else stopping.grace
        await _ended(premises, container, stopping.signal, grace)
    with contextlib.suppress(OSError):  # noted at the next start as well
        premises.volumes.note_filled(record.workload, record.slot)
    await asyncio.to_thread(shutil.rmtree, premises.state.run(name), ignore_errors=True)


async def _ended(
    premises: Premises, container: Container, name: str, grace: timedelta
) -> None:  # fmt: skip
    """Asked with its signal, then killed; both by the engine, which sees to the rest of it."""
    path = f"/containers/{container.id}"
    if grace:
        with contextlib.suppress(Refused):  # it has ended meanwhile
            await premises.engine.call("POST", f"{path}/kill", query={"signal": name})
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace.total_seconds()):
                await premises.engine.call("POST", f"{path}/wait", limit=grace.total_seconds() + 10)
                return
    with contextlib.suppress(Refused):
        await premises.engine.call("POST", f"{path}/kill", query={"signal": "SIGKILL"})
    await premises.engine.call("POST", f"{path}/wait", limit=KILL_WITHIN)


async def forget(
    instance: Instance, premises: Premises, containers: Containers, tailing: Tailing
) -> None:  # fmt: skip
    """Remove what is left of an instance that is over; its last lines are kept."""
    state, name = premises.state, instance.id
    record, container = read_record(state.instance(name)), await containers.of(name)
    if container and container.runs:
        return
    if record is not None:
        await tailing.keep(record)
    await remove_container(premises, name)
    await asyncio.to_thread(shutil.rmtree, state.run(name), ignore_errors=True)
    remove_folder(state, name)
    there = frozenset(instance_names(state))
    remove_old_logs(state.logs / instance.workload, there)
    if not there:
        await premises.networks.remove_unused(None)
        with contextlib.suppress(OSError):  # the second one may have another stack's folders
            for above in state.run(name).parents[:2]:
                above.rmdir()


async def remove_container(premises: Premises, name: InstanceId) -> None:
    """Remove the container of an instance; nothing where there is none. Volumes stay."""
    path = f"/containers/{premises.belonging.named(name)}"
    try:
        await premises.engine.call("DELETE", path, query={"force": True, "v": False})
    except Refused as refused:
        if not (refused.missing or refused.there_already):
            raise


async def kill(
    instance: Instance, name: str, premises: Premises, containers: Containers
) -> None:  # fmt: skip
    """Send the program itself a signal; nothing where it is over.

    The first process in a container only looks after it, and cannot pass on every signal.
    """
    container = await containers.of(instance.id)
    if container is None or not container.runs:
        return
    try:
        for pid in children_of(container.pid):
            os.kill(pid, signal.Signals[name])
    except PermissionError:
        path = f"/containers/{container.id}/kill"
        await premises.engine.call("POST", path, query={"signal": name})


async def destroy(premises: Premises, containers: Containers) -> None:
    """Remove every volume and log.

    Raises:
        DataRefused: something is running.
    """
    running = [name for name, each in (await containers.all()).items() if each.runs]
    if running:
        raise DataRefused("SW263", running=", ".join(running))
    await asyncio.to_thread(premises.volumes.destroy)
    await asyncio.to_thread(shutil.rmtree, premises.state.logs, ignore_errors=True)
