"""Helping: runs helper commands of parts as an unprivileged user, and leaves none behind."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from seaway.errors import StepFailed
from seaway.targets.local.limits import children_of
from seaway.targets.local.part import Output
from seaway.targets.local.process import Identity
from seaway.targets.local.spawning import spawned

SHIM = Path(__file__).with_name("shim.py")
LAST_LINES = 5
SHORTEST_SECRET = 6
"""What is shorter is not taken for a secret: a port masked everywhere would hide the message."""


async def run_as(  # noqa: PLR0913 -- a Runner's, and where and as whom
    identity: Identity | None, argv: Sequence[str], *, env: Mapping[str, str],
    stdin: str = "", limit: float = 60.0, cwd: Path,
) -> Output:  # fmt: skip
    """Run a command to its end, at most `limit` seconds; it dies with this process.

    Raises:
        StepFailed: it ended with another status than 0, or took too long; its last lines, without
            what its environment and input hold, are among the facts.
    """
    who = (identity.uid, identity.gid, int(identity.namespace)) if identity else ("", "", 0)
    words = [str(os.getpid()), *map(str, who), str(cwd), *argv]
    become = (sys.executable, "-I", "-S", str(SHIM), "--become")
    process = await spawned(*become, *words, env=env, own_session=True)
    try:
        async with asyncio.timeout(limit):
            output, complaint = await process.communicate(stdin.encode())
    except TimeoutError:
        raise StepFailed("SW212", program=Path(argv[0]).name, limit=limit) from None
    finally:
        await _end(process)
    said = Output(
        status=process.returncode or 0,
        stdout=output.decode(errors="replace"),
        stderr=complaint.decode(errors="replace"),
    )
    if said.status:
        problem = _last_words(said, [*env.values(), *stdin.splitlines()])
        raise StepFailed("SW211", program=Path(argv[0]).name, status=said.status, problem=problem)
    return said


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill its whole tree, if it still runs."""
    if process.returncode is not None:
        return
    tree = [process.pid]
    for pid in tree:
        tree += children_of(pid)
    pinned = [fd for pid in tree[1:] if (fd := _pin(pid)) >= 0]
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # not waited for yet: the number is its own
    for fd in pinned:
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(fd, signal.SIGKILL)
        os.close(fd)
    await process.wait()


def _pin(pid: int) -> int:
    try:
        return os.pidfd_open(pid)
    except OSError:
        return -1


def _last_words(said: Output, secrets: Sequence[str]) -> str:
    text = (said.stderr.strip() or said.stdout.strip()).splitlines()[-LAST_LINES:]
    words = "\n".join(text)
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            words = words.replace(secret, "***")
    return words
