"""T08: full disks, broken disks, no descriptors; what runs goes on, and what is wrong is said."""

import asyncio
import contextlib
import json
import os
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from seaway.stores.lease import holder
from seaway.targets.local.state import StateFolder
from tests.faults.torture.calls import Calls, forget, kill_all, zygote
from tests.faults.torture.disks import ext4, memory
from tests.faults.torture.trial import Trial

CASES, CASES_SHORT = 60, 9
SIDE_BY_SIDE = 3
SAID_WITHIN = 10.0
MENDED_WITHIN = 45.0
"""Seconds; a step that failed again and again waits up to 30 s for its next try."""
BLOCKED_AT_MOST = 1.0
LASTS = 7.0
"""Seconds that a fault lasts at least: the supervisor looks every four."""
STACK = """\
seaway: 1
name: {name}
services:
  talker:
    run: {python} {script} {beats}
  side:
    run: sleep 3600
"""
TALKER = """\
import os, sys, time
beats, worst = os.open(sys.argv[1], os.O_WRONLY), 0.0
for number in range(1 << 40):
    before = time.monotonic()
    os.write(1, b"line %d of the talker\\n" % number)
    worst = max(worst, time.monotonic() - before)
    os.pwrite(beats, b"%012d %010.4f" % (number, worst), 0)
    time.sleep(0.01)
"""


@dataclass(frozen=True)
class Case:
    """One kind of trouble in one place."""

    kind: str
    place: str

    @property
    def name(self) -> str:
        return f"{self.kind} {self.place}"


KINDS = (
    Case("full", "state"), Case("full", "logs"), Case("full", "run"), Case("no inodes", "state"),
    Case("no inodes", "logs"), Case("descriptors", "supervisor"), Case("removed", "logs"),
    Case("broken", "state"), Case("read-only", "state"),
)  # fmt: skip
SAID = {
    "full": "SW542", "no inodes": "SW543", "descriptors": "SW549", "removed": "SW544",
    "broken": "SW546", "read-only": "SW546",
}  # fmt: skip


@dataclass
class Stand:
    """A stack in trouble."""

    trial: Trial
    calls: Calls
    state: StateFolder
    beats: Path
    case: Case

    def beat(self) -> tuple[int, float]:
        """How often the talker has written, and how long it was blocked at worst."""
        number, _, worst = self.beats.read_text().partition(" ")
        return (int(number), float(worst)) if worst else (0, 0.0)

    async def status(self) -> dict:
        said = await self.calls("status", "--format", "json")
        return json.loads(said.out) if said.status == 0 else {"error": said.err}

    def log(self) -> str:
        with contextlib.suppress(OSError):
            return self.state.supervisor_log.read_text()
        return ""

    async def until(self, claim: Callable[[dict], object], limit: float) -> float | None:
        """Seconds until the status is so; None when it never was."""
        begun = time.monotonic()
        while time.monotonic() - begun < limit:
            if claim(await self.status()):
                return time.monotonic() - begun
            await asyncio.sleep(0.1)
        return None


async def disk_trouble(trial: Trial) -> None:
    """One case after the other, some side by side."""
    cases = [*KINDS, *trial.chance.choices(KINDS, k=max(0, CASES - len(KINDS)))]
    left = iter(enumerate(cases[: trial.times(CASES, CASES_SHORT)]))
    (trial.folder / "talker.py").write_text(TALKER)
    async with zygote(trial.folder) as door:

        async def work() -> None:
            for number, case in left:
                for each in await _case(trial, door, number, case):
                    trial.tally.wrong.append(f"{case.name}: {each}")
                    sys.stderr.write(f"{case.name}: {each}\n")

        await asyncio.gather(*(work() for _ in range(SIDE_BY_SIDE)))


async def _case(trial: Trial, door: Path, number: int, case: Case) -> list[str]:
    name = f"t08-{number}"
    folder = trial.folder / name
    folder.mkdir()
    beats = folder / "beats"
    beats.touch()
    beats.chmod(0o666)
    text = STACK.format(
        name=name, python=sys.executable, script=trial.folder / "talker.py", beats=beats
    )
    (folder / "seaway.yaml").write_text(text)
    parent = folder / "state"
    parent.mkdir()
    with ExitStack() as stack:
        fault = stack.enter_context(_prepared(case, folder, parent, name))
        calls = Calls(folder, fault.parent, door)
        stand = Stand(trial, calls, StateFolder(fault.parent / name), beats, case)
        try:
            return await _through(stand, fault)
        finally:
            await kill_all(folder)
            forget(name)


@dataclass
class Fault:
    """How the trouble is made and ended; `end` is None where only a restart helps."""

    parent: Path
    """Of the state folder."""
    begin: Callable[[Path], None]
    end: Callable[[], None] | None


@contextmanager
def _prepared(case: Case, folder: Path, parent: Path, name: str) -> Iterator[Fault]:
    """The file systems that the case needs, before anything runs."""
    match case.kind, case.place:
        case "descriptors", _:
            limits: list[tuple[int, tuple[int, int]]] = []
            yield Fault(parent, lambda root: _starve(root, limits), lambda: _feed(limits))
        case "removed", _:
            yield Fault(parent, _remove_logs, lambda: None)
        case "broken", _:
            with ext4(folder, 16) as disk:
                yield Fault(disk.place, lambda _: disk.cut(), None)
        case "read-only", _:
            with ext4(folder, 16, errors="remount-ro") as disk:
                device = Path(disk.device).name
                trigger = Path(f"/sys/fs/ext4/{device}/trigger_fs_error")
                yield Fault(disk.place, lambda _: _written(trigger, "torture"), None)
        case kind, place:
            inodes = 400 if kind == "no inodes" else 0
            where = {
                "state": parent, "logs": parent / name / "logs",
                "run": Path(f"/dev/shm/seaway-{os.getuid()}/{name}"),
            }[place]  # fmt: skip
            with memory(where, "8m", inodes):
                fill = _fill_inodes if inodes else _fill
                yield Fault(parent, lambda _: fill(where), lambda: _empty(where))
                _empty(where)


async def _through(stand: Stand, fault: Fault) -> list[str]:
    """Before, during and after."""
    wrong: list[str] = []
    up = await stand.calls("up", "-d")
    if up.status != 0 or await stand.until(_well, 20) is None:
        return [f"it was not well before: {up.status} {up.err[-300:]} {await stand.status()}"]
    before, first = _pids(await stand.status()), stand.beat()[0]
    begun = time.monotonic()
    fault.begin(stand.state.root)
    stand.trial.tally.faults += 1
    wrong += await _said(stand, begun)
    await asyncio.sleep(max(0.0, LASTS - (time.monotonic() - begun)))
    wrong += await _goes_on(stand, before, first)
    if fault.end is not None:
        wrong += await _over(stand, fault.end)
    return wrong


async def _over(stand: Stand, end: Callable[[], None]) -> list[str]:
    """The trouble ends, sometimes after a `down` in the middle of it; then all is well again."""
    wrong: list[str] = []
    downed = stand.case.place == "state" and stand.trial.chance.random() < 0.5
    if downed:
        down = await stand.calls("down")
        wrong += [f"down in trouble: {down.err[-300:]}"] if down.status != 0 else []
        end()
        up = await stand.calls("up", "-d")
        wrong += [f"up after the trouble: {up.err[-300:]}"] if up.status != 0 else []
    else:
        end()
    mended = await stand.until(_well, MENDED_WITHIN)
    if mended is None:
        wrong.append(f"not well afterwards: {json.dumps(await stand.status())[-600:]}")
    stand.trial.tally.mending.append(mended or MENDED_WITHIN)
    if not downed:  # else the supervisor has ended before it could write anything
        wrong += await _logged(stand)
    return [*wrong, *await _logs_again(stand)]


async def _said(stand: Stand, begun: float) -> list[str]:
    """In the status, and in the log of the supervisor where that can be written."""
    code = SAID[stand.case.kind]

    def named(seen: dict) -> bool:
        whole = json.dumps(seen)
        refused = "error" in seen and "SW637" in whole
        return code in whole or refused or code in stand.log()

    seconds = await stand.until(named, SAID_WITHIN)
    if seconds is None:
        return [f"not said: {json.dumps(await stand.status())[-300:]} {stand.log()[-300:]}"]
    stand.trial.tally.more["said_max"] = max(
        float(stand.trial.tally.more.get("said_max", 0)), round(time.monotonic() - begun, 2)
    )
    return []


async def _logged(stand: Stand) -> list[str]:
    """The supervisor wrote it down too, by now also where its own log was on the full disk."""
    codes, begun = {SAID[stand.case.kind]}, time.monotonic()
    if stand.case.kind == "descriptors":
        codes.add("SW545")  # it cannot even count its own
    while time.monotonic() - begun < SAID_WITHIN:
        if any(code in stand.log() for code in codes):
            return []
        await asyncio.sleep(0.1)
    return [f"not in the log of the supervisor: {stand.log()[-300:]}"]


async def _goes_on(stand: Stand, before: dict[str, int], first: int) -> list[str]:
    wrong: list[str] = []
    for name, pid in before.items():
        if not Path(f"/proc/{pid}").exists():
            wrong.append(f"{name} does not run any more")
    now, worst = stand.beat()
    await asyncio.sleep(0.5)
    if not first < now < stand.beat()[0]:
        wrong.append(f"the talker is blocked at {now}")
    if worst > BLOCKED_AT_MOST:
        wrong.append(f"the talker was blocked for {worst:.2f} s")
    if not holder_or_broken(stand):
        wrong.append("the supervisor has ended")
    tally = stand.trial.tally
    tally.more["blocked_max"] = max(float(tally.more.get("blocked_max", 0)), worst)
    return wrong


def holder_or_broken(stand: Stand) -> bool:
    """Whether the supervisor lives, or its lock cannot be asked for."""
    try:
        return bool(holder(stand.state.lease))
    except OSError:
        return True


async def _logs_again(stand: Stand) -> list[str]:
    """New lines are kept again."""
    begun = time.monotonic()
    while time.monotonic() - begun < 10:
        number = stand.beat()[0]
        said = await stand.calls("logs", "talker", "--tail", "5")
        if any(int(line.split()[-4]) >= number - 200 for line in _lines(said.out)):
            return []
        await asyncio.sleep(0.2)
    return [f"no new line in the log: {said.out[-200:]} {said.err[-200:]}"]


def _lines(out: str) -> list[str]:
    return [line for line in out.splitlines() if line.endswith("of the talker")]


def _well(seen: dict) -> bool:
    """Serving, and nothing is wrong now; that logs were removed is told for a minute."""
    now = [each for each in seen.get("findings", ()) if each["code"] != SAID["removed"]]
    return seen.get("health") == "healthy" and not now


def _pids(seen: dict) -> dict[str, int]:
    return {
        one["id"]: one["pid"] for each in seen["workloads"] for one in each["instances"]
        if one["pid"]
    }  # fmt: skip


# ------------------------------------------------------------------------------------- the trouble


def _starve(root: Path, kept: list[tuple[int, tuple[int, int]]]) -> None:
    """Let the supervisor open nothing more."""
    pid = holder(root / "supervisor.lock")
    used = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    kept.append((pid, before))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (used, before[1]))


def _feed(kept: list[tuple[int, tuple[int, int]]]) -> None:
    for pid, before in kept:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


def _remove_logs(root: Path) -> None:
    """At once and as a whole: a line that is written meanwhile makes them again."""
    gone = root / ".logs-gone"
    (root / "logs").rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _fill(place: Path) -> None:
    with contextlib.suppress(OSError), (place / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def _fill_inodes(place: Path) -> None:
    folder = place / "fillers"
    folder.mkdir()
    with contextlib.suppress(OSError):
        for number in range(1 << 20):
            (folder / str(number)).touch()


def _empty(place: Path) -> None:
    (place / "filler").unlink(missing_ok=True)
    shutil.rmtree(place / "fillers", ignore_errors=True)


def _written(file: Path, text: str) -> None:
    file.write_text(text)
