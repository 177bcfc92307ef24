"""Starting: fills in what is known only now, and hands the instance to a shim."""

import asyncio
import shutil
from pathlib import Path

from seaway.errors import SeawayError, StepFailed
from seaway.model.release import Release
from seaway.model.workload import Role
from seaway.plan.steps import Start
from seaway.targets.local import launch
from seaway.targets.local.asking import in_words
from seaway.targets.local.copying import Template
from seaway.targets.local.creating import log_file, make_run_folder
from seaway.targets.local.dressing import Dressing, Wardrobe
from seaway.targets.local.marks import Happened, Mark, read_mark, write_mark
from seaway.targets.local.ports import free, holder
from seaway.targets.local.premises import Premises
from seaway.targets.local.process import Life, ProcessSpec
from seaway.targets.local.record import Record, read_record
from seaway.targets.local.state import StateFolder


async def start(
    step: Start, release: Release, wardrobe: Wardrobe, template: Template | None = None
) -> None:  # fmt: skip
    """Start a prepared instance; nothing where it has been started, or is over.

    Raises:
        StepFailed: it could not be started; the instance is dead, and carries the reason.
    """
    folder = wardrobe.premises.state.instance(step.instance.id)
    record = read_record(folder)
    if record is not None and not _begun(folder):
        await start_dressed(wardrobe.dressing(record, release), wardrobe.premises, template)


async def start_dressed(
    dressing: Dressing, premises: Premises, template: Template | None = None
) -> None:  # fmt: skip
    """Start an instance that has just been made, and that nobody else has seen yet.

    Raises:
        StepFailed: as above.
    """
    record, folder = dressing.record, premises.state.instance(dressing.record.id)
    try:
        spec = _spec(dressing, premises.state)
        _ports_free(record)
        await launch.launch(spec, template)
    except SeawayError as error:
        if launch.state(folder).life is Life.ABSENT:
            happened = Happened(premises.clock.now(), in_words(error), failed=True)
            write_mark(folder, Mark.FAILED, happened)
            run_folder = premises.state.run(record.id)
            await asyncio.to_thread(shutil.rmtree, run_folder, ignore_errors=True)
        raise


def _begun(folder: Path) -> bool:
    stopped = any(read_mark(folder, mark) for mark in (Mark.FAILED, Mark.STOPPING))
    return stopped or launch.state(folder).life is not Life.ABSENT


def _spec(dressing: Dressing, state: StateFolder) -> ProcessSpec:
    record = dressing.record
    if dressing.part:  # the shim makes it for the others
        make_run_folder(state, record.id, dressing.identity)
    outfit = dressing.outfit()
    return ProcessSpec(
        folder=state.instance(record.id), run_folder=state.run(record.id), argv=outfit.argv,
        env=outfit.env, cwd=outfit.cwd, files=outfit.files, identity=outfit.identity,
        log=log_file(state, record), log_keeping=record.workload.logs,
        stop_signal=record.workload.stopping.signal, grace=record.workload.stopping.grace,
        limits=record.workload.limits, lasting=record.workload.role in {Role.JOB, Role.SCHEDULE},
    )  # fmt: skip


def _ports_free(record: Record) -> None:
    """A stranger on a port is named: the server's own message seldom says who it is."""
    for port in record.ports.values():
        if not free(port):
            raise StepFailed("SW262", instance=record.id, port=port, holder=holder(port))
