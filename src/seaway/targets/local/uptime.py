"""Uptime: which run of this machine, or of this container, the present moment belongs to."""

from contextlib import suppress
from functools import cache
from pathlib import Path

PROC = Path("/proc")


@cache
def this_run() -> str:
    """Another one after each start of the machine; also after one of the container we are in.

    Nobody who asks outlives it, so it is read once. What was lost with the machine did not die of
    itself (random(4), proc_pid_stat(5)).
    """
    boot = first = ""
    with suppress(OSError):
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    with suppress(OSError, IndexError):
        first = (PROC / "1/stat").read_text().rpartition(")")[2].split()[19]
    return f"{boot} {first}"
