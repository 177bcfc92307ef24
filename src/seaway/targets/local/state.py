"""The folder in which everything of one stack on this machine is kept."""

import os
from dataclasses import dataclass
from pathlib import Path

from seaway.model.names import InstanceId


@dataclass(frozen=True, slots=True)
class StateFolder:
    """Paths only. `root` is absolute, private but for `x` where others must pass."""

    root: Path

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.db"

    @property
    def vault(self) -> Path:
        return self.root / "vault"

    @property
    def lease(self) -> Path:
        """Locked by the supervisor as long as it lives; the kernel says by whom."""
        return self.root / "supervisor.lock"

    @property
    def wake(self) -> Path:
        """A FIFO; a byte in it makes the supervisor look again."""
        return self.root / "wake"

    @property
    def origin(self) -> Path:
        """Names the stack file that was brought up here last."""
        return self.root / "stack-file"

    @property
    def target(self) -> Path:
        """Names the platform that the stack runs on here, if that is not this very machine."""
        return self.root / "target"

    @property
    def moved(self) -> Path:
        """Says to which environment its data has gone, where it has."""
        return self.root / "moved.json"

    @property
    def remembered(self) -> Path:
        """What was asked for when it was brought up last, and the release that it became."""
        return self.root / "remembered.json"

    @property
    def reserve(self) -> Path:
        """Room that is given up on a full disk, so that a stop can be recorded."""
        return self.root / "reserve"

    @property
    def supervisor_log(self) -> Path:
        return self.root / "supervisor.log"

    @property
    def instances(self) -> Path:
        return self.root / "instances"

    def instance(self, name: InstanceId) -> Path:
        """What the target knows of an instance: record, lock, exit status."""
        return self.instances / name

    def volume(self, workload: str, volume: str) -> Path:
        return self.root / "volumes" / workload / volume

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def builds(self) -> Path:
        return self.root / "builds"

    @property
    def certificates(self) -> Path:
        return self.root / "certificates"

    def run(self, name: InstanceId) -> Path:
        """Its run folder: secrets and sockets, in memory where the machine has a place for that."""
        shared = Path("/dev/shm")  # noqa: S108 -- a folder of ours with mode 0700 inside it
        base = shared if os.access(shared, os.W_OK) else self.root / "run"
        return base / f"seaway-{os.getuid()}" / self.root.name / name
