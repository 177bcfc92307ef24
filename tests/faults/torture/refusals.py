"""T06: any call of the system may be refused; a command then works or says why, whole (S11)."""

import asyncio
import contextlib
import json
import os
import re
import secrets
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from seaway.engine.scale import scaled
from seaway.stores.lease import holder
from seaway.stores.ledger import SqliteLedger
from seaway.stores.vault import FileVault
from seaway.targets.local.state import StateFolder
from tests.faults.torture.calls import Calls, Running, Said, forget, kill_all, zygote
from tests.faults.torture.injection import COUNTING, Point, points, sample
from tests.faults.torture.trial import Trial

POINTS, POINTS_SHORT = 2800, 30
"""A fifth is never reached; 2,000 are to be."""
LONGEST = 20 * 60
"""Seconds after which no further point is tried: so many as fit are tried."""
SIDE_BY_SIDE, SAVED = 8, 2
"""Most of the time is spent waiting for programs to have lived for a second. Those with a store."""
STATUSES = frozenset({0, 1, 2, 3, 4, 5, 6, 7, 8, 17, 18})
STACK = """\
seaway: 1
name: {name}
secrets:
  TOKEN: {generate: 32}
services:
  web:
    run: sleep 3600
    secrets: [TOKEN]
  side:
    run: sleep 3600
    env: {TURN: "0"}
"""
STORE = """\
data:
  cache: {kind: redis, memory: 32Mi, backup: {to: ./kept}}
"""
COMMANDS = {
    "check": 0.02, "up": 0.22, "scale": 0.18, "secrets": 0.06, "down": 0.06, "deploy": 0.14,
    "supervise": 0.24, "backup": 0.1,
}  # fmt: skip
"""The share of the points that each gets: about as many as it has."""
REACTION = 0.5
"""Seconds for a supervisor to show what a refused call does to it."""
TURN = re.compile(r'TURN: "\d+"')
OURS = re.compile(r"error\[(SW\d+)\]")
HUNG = "it hung"
FAULTS = frozenset({"SW600", "SW539"})
"""How Seaway says that it did not expect what happened."""


@dataclass
class Bench:
    """One stack to try commands on."""

    calls: Calls
    state: StateFolder
    trial: Trial
    hit: Counter[str] = field(default_factory=Counter[str])
    missed: int = 0
    turn: int = 0
    """Of the releases."""
    before: str = ""
    """The points that were tried here last."""
    refused: str = ""
    """The calls that were refused last, as strace shows them."""

    # ------------------------------------------------------------------------------ one command

    async def once(self, command: str, fault: str) -> list[str]:
        """Try it with a fault; what is wrong with what came of it."""
        ways = {
            "check": self._check, "secrets": self._secrets, "scale": self._scale,
            "down": self._down, "up": self._up, "deploy": self._deploy,
            "supervise": self._supervise, "backup": self._backup,
        }  # fmt: skip
        return await ways[command](fault)

    async def _check(self, fault: str) -> list[str]:
        return self._judged(await self.calls("check", fault=fault))

    async def _secrets(self, fault: str) -> list[str]:
        value = secrets.token_hex(16)
        said = await self.calls("secrets", "set", "TOKEN", stdin=value, fault=fault)
        wrong = self._judged(said)
        kept = FileVault(self.state.vault).read("TOKEN")
        if said.status == 0 and kept != value:
            wrong.append("kept, it said, and it is not there")
        return wrong

    async def _scale(self, fault: str) -> list[str]:
        said = await self.calls("scale", "web=2", fault=fault)
        wrong = self._judged(said)
        if said.status == 0 and self._replicas() != 2:
            wrong.append("scaled, it said, and it is not")
        return [*wrong, *await self._mended(said)]

    async def _down(self, fault: str) -> list[str]:
        said = await self.calls("down", fault=fault)
        wrong = self._judged(said)
        if said.status == 0 and self._running():
            wrong.append("down, it said, and something runs")
        return [*wrong, *await self._mended(said)]

    async def _up(self, fault: str) -> list[str]:
        await self.calls("down")
        said = await self.calls("up", "-d", fault=fault)
        wrong = self._judged(said)
        if said.status == 0 and not self._running():
            wrong.append("up, it said, and nothing runs")
        return [*wrong, *await self._mended(said)]

    async def _deploy(self, fault: str) -> list[str]:
        """Old or new, exactly; new where it says so."""
        path, self.turn = self.calls.folder / "seaway.yaml", self.turn + 1
        path.write_text(TURN.sub(f'TURN: "{self.turn}"', path.read_text()))
        said = await self.calls("deploy", "-y", fault=fault)
        wrong, runs = self._judged(said), self._turns()
        if said.status == 0 and runs != {self.turn}:
            wrong.append(f"in place, it said, and what runs is {runs} of {self.turn}")
        return [*wrong, *await self._mended(said)]

    async def _backup(self, fault: str) -> list[str]:
        """What was saved before stays whole; what is said to be saved is there."""
        said = await self.calls("backup", fault=fault)
        wrong = self._judged(said)
        again = await self.calls("backup")
        listed = await self.calls("backups", "--check")
        if again.status != 0 or listed.status != 0:
            wrong.append(f"then backup: {again.status} {again.err[-300:]}")
            wrong.append(f"then backups: {listed.status} {listed.out[-300:]} {listed.err[-300:]}")
        return wrong

    async def _supervise(self, fault: str) -> list[str]:
        """The supervisor is another one, with the fault, and has something to do at once."""
        await self._end_supervisor()
        before = self._pids()
        if not self._ask_for(replicas=2):
            up = await self.calls("up", "-d")
            return [f"nothing was wanted, after {self.before}; then up: {up.status}"]
        running = await self.calls.begin(
            "supervise", "--stack", self.state.root.name, fault=fault, follow=True
        )
        await self._refused(running)
        ended = not Path(f"/proc/{running.pid}").exists()
        hurt = [name for name, pid in before.items() if not Path(f"/proc/{pid}").exists()]
        await running.detach()
        running.kill()
        said = await running.ended()
        self.hit.update({"hit": 1} if said.injected else {})
        self.missed += not said.injected
        wrong = [f"it did not leave {name} alone" for name in hurt]
        wrong += ["it wrote a traceback"] if "Traceback" in said.err else []
        wrong += [f"it was surprised: {each}" for each in FAULTS if f'"{each}"' in said.err]
        if ended and not OURS.search(said.err):
            wrong.append(f"it ended without a word: {said.err[-300:]}")
        return [*wrong, *await self._mended(said)]

    async def _refused(self, running: Running) -> None:
        """Until the call has been refused and a moment more; some never are."""
        log = running.base.with_suffix(".strace")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 - REACTION):
                while b"(INJECTED)" not in log.read_bytes():  # noqa: ASYNC110 -- strace tells nobody
                    await asyncio.sleep(0.05)
        await asyncio.sleep(REACTION)

    def keep(self, log: str) -> None:
        """Remember what was refused, if anything was."""
        if log:
            self.refused = "\n".join(line for line in log.splitlines() if "(INJECTED)" in line)

    # -------------------------------------------------------------------------- what is there now

    def _judged(self, said: Said) -> list[str]:
        """Success, or an error of ours with its status, in time."""
        if not said.injected:
            self.missed += 1
        self.hit["hit"] += bool(said.injected)
        if said.status is None:
            return [HUNG]
        if said.status not in STATUSES:
            return [f"status {said.status}: {said.err[-300:]}"]
        codes = set(OURS.findall(said.err))
        if said.status and not codes:
            return [f"no error of ours: {said.err[-300:]}"]
        if FAULTS & codes or "Traceback" in said.err:
            return [f"it was surprised: {said.err[-500:]}"]
        return []

    async def _mended(self, said: Said) -> list[str]:
        """An undisturbed `up` works after whatever came before."""
        up = await self.calls("up", "-d")
        if up.status != 0:
            return [f"then up: {up.status} {up.err[-400:]} (before: {said.err[-200:]})"]
        now = await self.calls("status", "--format", "json")
        seen = json.loads(now.out) if now.out else {"health": now.err}
        if seen["health"] != "healthy":
            return [f"then not healthy: {now.status} {now.out[-300:]} {now.err[-300:]}"]
        pids = self._running()
        return [] if len(pids) == 2 else [f"then {len(pids)} processes for 2 services"]

    def _replicas(self) -> int:
        with closing(SqliteLedger(self.state.ledger)) as ledger:
            wanted = ledger.wanted()
            web = wanted and wanted.find("web")
            return web.replicas if web else 0

    def _ask_for(self, *, replicas: int) -> bool:
        """As `scale` does, without waiting for it; False where nothing is wanted."""
        with closing(SqliteLedger(self.state.ledger)) as ledger:
            wanted = ledger.wanted()
            if wanted is not None:
                ledger.record(scaled(wanted, {"web": replicas}))
            return wanted is not None

    def _pids(self) -> dict[str, int]:
        """The processes of each service, by name of the workload."""
        found: dict[str, int] = {}
        for pid in self._running():
            with contextlib.suppress(OSError):
                folder = Path(f"/proc/{pid}/environ").read_bytes().partition(b"SEAWAY_FOLDER=")[2]
                found[Path(folder.partition(b"\0")[0].decode()).name.rpartition("-")[0]] = pid
        return found

    def _turns(self) -> set[int]:
        """Of the releases that run."""
        found: set[int] = set()
        for pid in self._running():
            with contextlib.suppress(OSError):
                environ = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
                found |= {int(each[5:]) for each in environ if each.startswith(b"TURN=")}
        return found

    def _running(self) -> list[int]:
        """Programs of the stack, without shims and supervisors."""
        mark, found = f"SEAWAY_FOLDER={self.state.root}/".encode(), []
        for environ in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if mark in environ.read_bytes():
                    found.append(int(environ.parent.name))
        return found

    async def _end_supervisor(self) -> None:
        while pid := holder(self.state.lease):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
            await asyncio.sleep(0.01)


async def refused_calls(trial: Trial) -> None:
    """Refuse one call at a time, and see that each command bears it."""
    deadline = time.monotonic() + trial.times(LONGEST, 75)
    async with zygote(trial.folder) as door:
        plain = [_bench(trial, door, f"t06-{number}", STACK) for number in range(SIDE_BY_SIDE)]
        saved = [_bench(trial, door, f"t06-s{number}", STACK + STORE) for number in range(SAVED)]
        benches = [*plain, *saved]
        try:
            for each in benches:
                said = await each.calls("up", "-d")
                assert said.status == 0, said.err
            chosen = await _chosen(plain[0], saved[0], trial)
            async with asyncio.TaskGroup() as group:
                for some in (plain, saved):
                    own = [each for each in chosen if (each.command == "backup") is (some is saved)]
                    group.create_task(_work_off(own, some, trial, deadline))
        finally:
            await kill_all(trial.folder / "state")
            forget(*(each.state.root.name for each in benches))
            trial.tally.faults = sum(each.hit["hit"] for each in benches)
            trial.tally.more["part"] = "/".join(map(str, trial.part))
            trial.tally.more["never_reached"] = sum(each.missed for each in benches)


def _bench(trial: Trial, door: Path, name: str, stack: str) -> Bench:
    project, state = trial.folder / name, trial.folder / "state"
    project.mkdir()
    (project / "seaway.yaml").write_text(stack.replace("{name}", name))
    bench = Bench(Calls(project, state, door), StateFolder(state / name), trial)
    bench.calls.watch = bench.keep
    return bench


async def _chosen(plain: Bench, saved: Bench, trial: Trial) -> list[Point]:
    """A sample of all points there are; how many that is, is told."""
    found: list[Point] = []
    wanted = trial.times(POINTS, POINTS_SHORT)
    for command, part in COMMANDS.items():
        bench, log = saved if command == "backup" else plain, list[str]()
        bench.calls.watch = log.append
        await bench.once(command, COUNTING)
        bench.calls.watch = bench.keep
        every = list(points(command, max(log, key=len)))
        trial.tally.more[f"points_{command}"] = len(every)
        found += sample(every, max(1, round(wanted * part)), trial.seed, trial.part)
    for each in (plain, saved):
        each.hit.clear()
        each.missed = 0
    trial.chance.shuffle(found)
    return found


async def _work_off(
    chosen: list[Point], benches: list[Bench], trial: Trial, deadline: float
) -> None:  # fmt: skip
    left = iter(chosen)

    async def work(bench: Bench) -> None:
        for point in left:
            if time.monotonic() > deadline:
                return
            wrong = await bench.once(point.command, point.fault)
            if wrong == [HUNG]:  # on a machine with much else to do it has to do so twice
                wrong = await bench.once(point.command, point.fault)
            trial.tally.requests += 1
            name = f"{point.command} {point.call} {point.error} {point.turn}"
            bench.before = f"{bench.before}, {name}"[-200:]
            for each in wrong:
                trial.tally.wrong.append(f"{name}: {each}")
                sys.stderr.write(f"{name}: {each}\n{bench.refused}\n")

    async with asyncio.TaskGroup() as group:
        for each in benches:
            group.create_task(work(each))
