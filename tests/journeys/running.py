"""Runs the real command line on a real stack, and load against what it serves."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from seaway.cli.verify import load

REPOSITORY = Path(__file__).resolve().parents[2]
LONG_LINES = frozenset() if os.environ.get("SEAWAY_RUNBOOKS") == "all" else {"recovered"}
"""Lines of journeys that `just runbooks` tries, for all systems, and CI leaves out."""
PATIENCE = 300.0
"""Seconds for one call; a cold start on two cores that ten others use takes half of it."""


def lines_of(stack: str) -> str:
    """Those of its journey that are tried here, for `--only`."""
    for name in [each for each in sys.modules if each.partition(".")[0] == "journey"]:
        del sys.modules[name]  # that of another stack
    journey = load(REPOSITORY / "stacks" / stack / "journey" / "__init__.py")
    return ",".join(each.id for each in journey.lines if each.id not in LONG_LINES)


@dataclass(frozen=True)
class Seaway:
    """The command line for one stack file, with a state folder of its own."""

    file: Path
    state: Path
    environ: dict[str, str] = field(default_factory=dict)
    sets: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    """What the command is run by: `nsenter`, to be somewhere else."""

    def __call__(
        self, *arguments: str, status: int | None = 0, stdin: str = "", limit: float = PATIENCE
    ) -> str:
        """Run one command; return what it printed. `status` None takes any."""
        sets = [word for each in self.sets for word in ("--set", each)]
        done = subprocess.run(
            [*self.before, sys.executable, "-m", "seaway", "-f", str(self.file), "--no-color",
             *sets, *arguments],
            env=self.env, input=stdin, capture_output=True, text=True,
            timeout=limit, check=False,
        )  # fmt: skip
        said = f"{done.stdout}\n{done.stderr}"
        assert status is None or done.returncode == status, (
            f"{arguments}: {done.returncode}\n{said}"
        )
        return done.stdout

    @property
    def env(self) -> dict[str, str]:
        return {
            **os.environ, "SEAWAY_STATE": str(self.state), "SEAWAY_LANG": "en", **self.environ,
        }  # fmt: skip

    def status(self) -> dict[str, Any]:
        return dict(json.loads(self("status", "--format", "json")))

    def instances(self, part: str) -> list[dict[str, Any]]:
        """Live instances of one part."""
        [row] = [each for each in self.status()["workloads"] if each["name"] == part]
        return [each for each in row["instances"] if each["phase"] not in {"dead", "done"}]

    def wait_until(self, true: Any, what: str, limit: float = 60.0) -> float:
        """Ask until it is true; return the seconds it took."""
        start = time.monotonic()
        while not true():
            assert time.monotonic() - start < limit, f"not within {limit} s: {what}"
            time.sleep(0.1)
        return time.monotonic() - start


def own_processes(state: Path) -> dict[int, str]:
    """Every process that belongs to a stack under that state folder, by its environment."""
    marker = f"{state}/".encode()
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environ = (folder / "environ").read_bytes()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if (b"SEAWAY_FOLDER=" + marker in environ or marker in command) and command:
            found[int(folder.name)] = command.replace(b"\0", b" ").decode()
    return found


@dataclass
class Load:
    """GET requests from several connections, each answer counted."""

    url: str
    clients: int = 8
    answers: Counter[int | str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    stop: bool = False

    @contextmanager
    def running(self) -> Iterator["Load"]:
        """Load for as long as the block runs."""
        thread = threading.Thread(target=lambda: asyncio.run(self._all()))
        thread.start()
        try:
            yield self
        finally:
            self.stop = True
            thread.join(30)

    @property
    def failures(self) -> dict[int | str, int]:
        return {each: count for each, count in self.answers.items() if each != 200}

    async def _all(self) -> None:
        limits = httpx2.Limits(max_connections=self.clients)
        async with httpx2.AsyncClient(verify=False, timeout=15, limits=limits) as client:
            await asyncio.gather(*(self._one(client) for _ in range(self.clients)))

    async def _one(self, client: Any) -> None:
        while not self.stop:
            begun = time.monotonic()
            try:
                answer = await client.get(self.url)
                self.answers[answer.status_code] += 1
            except httpx2.HTTPError as error:
                self.answers[f"{type(error).__name__}: {error}"] += 1
            self.latencies.append(time.monotonic() - begun)
            await asyncio.sleep(0.002)
