"""The settings of a worker, from its environment."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Self


def database_url(environ: Mapping[str, str] = os.environ) -> str:
    """Return DATABASE_URL, or what is in the file that DATABASE_URL_FILE names.

    Raises:
        ValueError: neither is set.
    """
    if file := environ.get("DATABASE_URL_FILE"):
        return Path(file).read_text("utf-8").strip()
    if url := environ.get("DATABASE_URL"):
        # the name of a driver is SQLAlchemy's business
        return url.replace("postgresql+psycopg://", "postgresql://", 1)
    raise ValueError("DATABASE_URL is not set")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """How one worker works."""

    database_url: str = field(repr=False)
    concurrency: int = 4
    """Jobs at the same time."""
    drain: timedelta = timedelta(seconds=60)
    """How long jobs in hand may take when the worker is told to stop."""
    lease: timedelta = timedelta(seconds=10)
    """Silence after which a worker that is paused or cut off loses its jobs."""
    keep: timedelta = timedelta(hours=24)
    """How long finished jobs are kept."""
    crashes: int = 3
    """A job is parked when it ended that many workers."""
    host: str = "127.0.0.1"
    port: int = 0
    """0 for no endpoint."""
    instance: str = field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}")

    def __post_init__(self) -> None:
        for name, least in (("concurrency", 1), ("crashes", 1), ("port", 0)):
            if getattr(self, name) < least:
                message = f"{name} must be at least {least}"
                raise ValueError(message)
        if self.lease < timedelta(seconds=1):
            raise ValueError("a lease below one second takes jobs from workers that are well")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Return what the environment says, and else the defaults.

        Raises:
            ValueError: a variable is missing, or no number.
        """
        usual = {"HOST": "127.0.0.1", "INSTANCE": f"{socket.gethostname()}-{os.getpid()}"}
        given = usual | {name: each for name, each in environ.items() if each}
        return cls(
            database_url=database_url(environ),
            concurrency=_number(given, "WORKER_CONCURRENCY", 4),
            drain=timedelta(seconds=_number(given, "STOP_SECONDS", 60)),
            lease=timedelta(seconds=_number(given, "JOBS_LEASE_SECONDS", 10)),
            keep=timedelta(hours=_number(given, "JOBS_KEEP_HOURS", 24)),
            crashes=_number(given, "JOBS_CRASHES", 3),
            host=given["HOST"],
            port=_number(given, "PORT", 0),
            instance=given["INSTANCE"],
        )


def _number(given: Mapping[str, str], name: str, usual: int) -> int:
    try:
        return int(given.get(name, usual))
    except ValueError as error:
        message = f"{name} must be a whole number"
        raise ValueError(message) from error
