"""Executing: a command where an instance runs, with the terminal of this process or asked."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from seaway.errors import NothingRunning
from seaway.model.instance import Instance
from seaway.model.release import Release
from seaway.ports.target import Said
from seaway.targets.local.creating import make_run_folder
from seaway.targets.local.dressing import Wardrobe
from seaway.targets.local.helping import SHIM
from seaway.targets.local.outfit import Outfit
from seaway.targets.local.record import read_record


async def execute(
    instance: Instance, release: Release, argv: Sequence[str], wardrobe: Wardrobe
) -> int:
    """Run to the end, with the environment, folder and user of the instance.

    Raises:
        NothingRunning: the instance has been forgotten meanwhile.
        StepFailed: the program is not there.
    """
    outfit = _outfit(instance, release, argv, wardrobe)
    env = {**outfit.env, "TERM": wardrobe.premises.outside.get("TERM", "dumb")}
    process = await asyncio.create_subprocess_exec(*_as_user(outfit), env=env, cwd=outfit.cwd)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, _nothing)  # it is for the command, which gets it too
    try:
        return await process.wait()
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def ask(
    instance: Instance, release: Release, argv: Sequence[str], wardrobe: Wardrobe
) -> Said:
    """Run to the end and hand over what it wrote; raises as `execute` does."""
    outfit = _outfit(instance, release, argv, wardrobe)
    process = await asyncio.create_subprocess_exec(
        *_as_user(outfit), env=outfit.env, cwd=outfit.cwd, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, problem = await process.communicate()
        return Said(status=await process.wait(), out=out, problem=problem)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _outfit(
    instance: Instance, release: Release, argv: Sequence[str], wardrobe: Wardrobe
) -> Outfit:
    state = wardrobe.premises.state
    record = read_record(state.instance(instance.id))
    if record is None:
        raise NothingRunning("SW264", instance=instance.id)
    dressing = wardrobe.dressing(record, release)
    make_run_folder(state, record.id, dressing.identity)
    return dressing.outfit(tuple(argv))


def _as_user(outfit: Outfit) -> tuple[str, ...]:
    """The command, begun as another user where the instance runs as one."""
    who = outfit.identity
    if who is None:
        return outfit.argv
    words = (str(os.getpid()), str(who.uid), str(who.gid), str(int(who.namespace)))
    return (
        sys.executable,
        "-I",
        "-S",
        str(SHIM),
        "--become",
        *words,
        str(outfit.cwd),
        *outfit.argv,
    )


def _nothing() -> None:
    """A handler that does nothing."""
