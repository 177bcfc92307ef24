"""Creating: everything a new instance needs, made before anything runs."""

import errno
import os
import secrets
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from seaway.errors import SeawayError, StepFailed
from seaway.model.names import InstanceId, Name
from seaway.model.release import Release
from seaway.model.workload import Build, Command, Workload
from seaway.plan.steps import Create
from seaway.targets.local import launch
from seaway.targets.local.asking import in_words
from seaway.targets.local.dressing import Dressing, Wardrobe
from seaway.targets.local.marks import Happened, Mark, read_mark, write_mark
from seaway.targets.local.process import Identity, Life
from seaway.targets.local.record import (
    Record,
    instance_names,
    new_folder,
    read_record,
    write_record,
)
from seaway.targets.local.shim_log import Log
from seaway.targets.local.state import StateFolder
from seaway.targets.local.uptime import this_run


def new_name(workload: Name) -> InstanceId:
    """Of an instance that is to be made."""
    return InstanceId(f"{workload}-{secrets.token_hex(3)}")


async def create(
    step: Create, name: InstanceId, release: Release, wardrobe: Wardrobe,
    then: Callable[[Dressing], Awaitable[None]] | None = None,
) -> None:  # fmt: skip
    """Make an instance for a slot; nothing where there is one of this kind that is not over.

    What is to be done with it `then` belongs to the making: until it is done nobody else may.

    Raises:
        StepFailed: it did not work; the instance is there, dead, and carries the reason.
    """
    state, clock = wardrobe.premises.state, wardrobe.premises.clock
    if _there(step, state):
        return
    record = Record(
        id=name, workload=step.workload, digest=step.workload.digest, slot=step.slot,
        deaths=step.deaths, created=clock.now(), release=release.number, run=this_run(),
        bare=_bare(step.workload),
    )  # fmt: skip
    with new_folder(state, record) as folder:
        try:
            dressing = await _make(record, folder, release, wardrobe)
        except SeawayError as error:
            write_mark(folder, Mark.FAILED, Happened(clock.now(), in_words(error), failed=True))
            raise
        except OSError as error:
            why = error.strerror or str(error)
            write_mark(folder, Mark.FAILED, Happened(clock.now(), why, failed=True))
            raise StepFailed("SW261", instance=record.id, problem=why) from error
        if not record.bare:
            write_mark(folder, Mark.PREPARED, Happened(clock.now()))
        if then is not None:
            await then(dressing)


def _bare(workload: Workload) -> bool:
    program = workload.program
    return isinstance(program, Command) and not (
        program.build or workload.ports or workload.volumes
    )


def _there(step: Create, state: StateFolder) -> bool:
    mine = [
        state.instance(name) for name in instance_names(state)
        if name.rpartition("-")[0] == step.workload.name  # of a hundred, read those only
    ]  # fmt: skip
    return any(
        record.slot == step.slot and record.digest == step.workload.digest and not over(folder)
        for folder in mine if not launch.has_ended(folder) and (record := read_record(folder))
    )  # fmt: skip


def over(folder: Path) -> bool:
    """Whether the instance will never run again."""
    life = launch.state(folder).life
    if life is Life.ABSENT:
        return any(read_mark(folder, mark) for mark in (Mark.FAILED, Mark.STOPPING))
    return life is not Life.RUNNING


async def _make(
    record: Record, folder: Path, release: Release, wardrobe: Wardrobe
) -> Dressing:  # fmt: skip
    """Ports, build, volumes, first files: in this order, for each may need the one before."""
    state, workload = wardrobe.premises.state, record.workload
    if workload.ports:
        record = replace(record, ports=wardrobe.ports.allot(workload, record.slot))
        write_record(folder, record)
        wardrobe.ports.keep_promise(record.ports.values())
    if workload.program.build:
        record = await _built(record, workload.program.build, wardrobe)
        write_record(folder, record)
    if isinstance(workload.program, Command) and workload.program.files:
        await wardrobe.builds.fetch(workload.program.files, partial(tell, state, record))
    dressing = wardrobe.dressing(record, release)
    if workload.volumes:
        wardrobe.volumes.provide(workload, record.slot, dressing.identity)
    if dressing.part:
        make_run_folder(state, record.id, dressing.identity)
        await dressing.part.prepare(dressing.placement(early=True), dressing.runner())
        wardrobe.volumes.note_filled(workload, record.slot)
    return dressing


async def _built(record: Record, build: Build, wardrobe: Wardrobe) -> Record:
    """The record with what was built for it; a failure is told in the instance's log too."""
    try:
        environment, output = await wardrobe.builds.make(build)
        source = await wardrobe.builds.keep_source(build, environment)
    except StepFailed as error:
        said = error.facts.get("output") or in_words(error)
        tell(wardrobe.premises.state, record, str(said))
        raise
    return replace(
        record, environment=str(environment or ""), output=str(output or ""),
        source=str(source or ""),
    )  # fmt: skip


def tell(state: StateFolder, record: Record, text: str) -> None:
    """Write what Seaway has to say about an instance into its log."""
    log = Log(str(log_file(state, record)), record.workload.logs.size, record.workload.logs.files)
    for line in text.splitlines():
        log.say(line)
    log.close()


def log_file(state: StateFolder, record: Record) -> Path:
    """Where the lines of an instance are kept, after it is forgotten too."""
    return state.logs / record.workload.name / f"{record.id}.jsonl"


def make_run_folder(state: StateFolder, name: InstanceId, owner: Identity | None) -> None:
    """Make the private folder of an instance, for the one it runs as.

    Raises:
        PermissionError: somebody else has a folder of that name.
    """
    folder = state.run(name)
    for above in reversed(folder.parents[:2]):
        above.mkdir(mode=0o711, parents=True, exist_ok=True)
        if above.lstat().st_uid != os.getuid():
            raise PermissionError(errno.EPERM, f"{above} belongs to someone else")
        above.chmod(0o711)
    folder.mkdir(mode=0o700, exist_ok=True)
    if owner and not owner.namespace:
        shutil.chown(folder, owner.uid, owner.gid)
