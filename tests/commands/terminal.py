"""Calls `seaway` as a program, as a person at a terminal or a script does."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

LIMIT = 90


@dataclass
class Terminal:
    """Calls `seaway` as a program, in a folder, with a state folder of its own."""

    folder: Path
    state: Path

    @classmethod
    def new(cls, folder: Path) -> Self:
        """Others may pass through the folder: services do not run as root."""
        for each in (folder, *folder.parents[:2]):
            each.chmod(0o755)
        (folder / "project").mkdir()
        return cls(folder / "project", folder / "state")

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SEAWAY_")}
        return {**kept, "SEAWAY_STATE": str(self.state), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "seaway", *arguments], cwd=self.folder, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        with self.start(*arguments) as process:
            try:
                out, err = process.communicate(timeout=LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def status(self) -> dict:
        return json.loads(self("status", "--format", "json").stdout)

    def pids(self) -> dict[str, int]:
        return {
            one["id"]: one["pid"]
            for each in self.status()["workloads"]
            for one in each["instances"]
            if one["phase"] == "ready"
        }
