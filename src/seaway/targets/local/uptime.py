"""Uptime: which run of this machine, or of this container, the present moment belongs to."""

from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def this_run() -> str:
    """Another one after each start of the machine; also after one of the container we are in.

    What was lost with the machine did not die of itself (random(4), proc_pid_stat(5)).
    """
    boot = first = ""
    with suppress(OSError):
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    with suppress(OSError, IndexError):
        first = (PROC / "1/stat").read_text().rpartition(")")[2].split()[19]
    return f"{boot} {first}"
