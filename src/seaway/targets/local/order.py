"""Order: what a shim is told through its pipe, in plain values; for type checkers and `launch`."""

from typing import TypedDict


class Order(TypedDict):
    """A `ProcessSpec` without classes: a shim that imported those would start twice as slowly."""

    folder: str
    run_folder: str
    argv: list[str]
    env: dict[str, str]
    cwd: str
    log: str
    log_size: int
    """Bytes of one log file."""
    log_files: int
    errors: str
    """The file for stderr alone; empty where there is none."""
    errors_size: int
    errors_files: int
    stop_signal: int
    grace: float
    """Seconds."""
    group: str
    """What control groups made for it are called."""
    cpu: float
    memory: int
    pids: int
    open_files: int
    identity: tuple[int, int, bool] | None
    """Uid, gid, and whether only mapped in a user namespace."""
    lasting: bool
    files: dict[str, str]
