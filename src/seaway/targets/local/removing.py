"""Removing: stops instances, forgets them, and throws data away when asked to."""

import asyncio
import contextlib
import shutil
from datetime import timedelta
from pathlib import Path

from seaway.errors import DataRefused
from seaway.model.instance import Instance
from seaway.model.names import InstanceId
from seaway.model.release import Release
from seaway.plan.steps import Stop
from seaway.targets.local import launch
from seaway.targets.local.creating import over
from seaway.targets.local.dressing import Wardrobe
from seaway.targets.local.marks import Happened, Mark, read_mark, write_mark
from seaway.targets.local.process import Life
from seaway.targets.local.record import (
    instance_names,
    read_record,
    records,
    remove_folder,
)
from seaway.targets.local.state import StateFolder

LOGS_KEPT = 20
"""Forgotten instances of a workload whose logs are kept."""


async def stop(step: Stop, release: Release | None, wardrobe: Wardrobe) -> None:
    """End an instance; return when nothing of it is left.

    The mark comes first: whoever finds it ended knows that this was wanted.
    """
    state = wardrobe.premises.state
    folder = state.instance(step.instance.id)
    record = read_record(folder)
    if record is None or launch.state(folder).life in {Life.ENDED, Life.LOST}:
        return
    if read_mark(folder, Mark.STOPPING) is None:
        happened = Happened(wardrobe.premises.clock.now(), step.why, step.failed)
        with contextlib.suppress(OSError):  # what is to stop stops, on a full disk too
            write_mark(folder, Mark.STOPPING, happened)
    wanted = release.find(record.workload.name) if release else None
    grace = timedelta(0) if step.at_once else (wanted or record.workload).stopping.grace
    await launch.stop(folder, grace=grace)
    with contextlib.suppress(OSError):  # noted at the next start as well
        wardrobe.volumes.note_filled(record.workload, record.slot)
    await asyncio.to_thread(shutil.rmtree, state.run(record.id), ignore_errors=True)


async def forget(instance: Instance, wardrobe: Wardrobe) -> None:
    """Remove what is left of an instance that is over; nothing while it is not."""
    state = wardrobe.premises.state
    folder = state.instance(instance.id)
    if not folder.exists() or not over(folder):
        return
    record = read_record(folder)
    there = await asyncio.to_thread(_removed, instance, state)
    if record is None or record.environment or record.output:
        await asyncio.to_thread(wardrobe.builds.remove_unused, records(state))
    if not there:  # then nobody is making a run folder either
        with contextlib.suppress(OSError):  # the second one may have another stack's folders
            for above in state.run(instance.id).parents[:2]:
                above.rmdir()


def _removed(instance: Instance, state: StateFolder) -> frozenset[InstanceId]:
    """Remove it, and logs that are too many; return which are left."""
    run_folder = state.run(instance.id)
    if run_folder.exists():
        shutil.rmtree(run_folder, ignore_errors=True)
    remove_folder(state, instance.id)
    there = frozenset(instance_names(state))
    remove_old_logs(state.logs / instance.workload, there)
    return there


def remove_old_logs(folder: Path, there: frozenset[InstanceId]) -> None:
    """Keep the logs of the last instances of a workload, and of those that are there."""
    if not folder.exists():  # they never said a word
        return
    newest: dict[str, float] = {}
    for file in folder.glob("*.jsonl*"):
        with contextlib.suppress(FileNotFoundError):
            name = file.name.partition(".")[0]
            if name not in there:
                newest[name] = max(newest.get(name, 0.0), file.stat().st_mtime)
    for name in sorted(newest, key=lambda each: newest[each], reverse=True)[LOGS_KEPT:]:
        for file in (*folder.glob(f"{name}.jsonl*"), *folder.glob(f"{name}.errors.jsonl*")):
            file.unlink(missing_ok=True)


async def destroy(wardrobe: Wardrobe) -> None:
    """Remove every volume and log.

    Raises:
        DataRefused: something is running.
    """
    state = wardrobe.premises.state
    running = [
        record.id for record in records(state)
        if launch.state(state.instance(record.id)).life is Life.RUNNING
    ]  # fmt: skip
    if running:
        raise DataRefused("SW263", running=", ".join(running))
    await asyncio.to_thread(wardrobe.volumes.destroy)
    await asyncio.to_thread(shutil.rmtree, state.logs, ignore_errors=True)
