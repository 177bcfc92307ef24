"""S6: fifty programs that crash again and again cost little, disturb nobody, and are not forgotten.

When the cause ends, by a new configuration or because what they use is back, they are at once, too.
"""

import asyncio
import contextlib
import os
import resource
import signal
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from seaway.model.names import Name
from seaway.model.probe import Checks, ExecProbe
from seaway.model.text import Text
from seaway.model.workload import Restarting, Workload
from tests.faults.torture.stage import TOLD, Ends, Stage, stage
from tests.faults.torture.trial import Trial, middle, share

LOOPERS, LOOPERS_SHORT, SERVICES = 50, 12, 6
KILLS, KILLS_SHORT = 100, 8
WINDOW, WINDOW_SHORT = 40.0, 5.0
SETTLING, SETTLING_SHORT = 16.0, 2.0
"""Seconds until the pauses have grown."""
SHARE = 0.03
"""Of one core, without what the programs themselves take."""
ALONE = 50
DEAD = "SW517"
STABLE = timedelta(milliseconds=200)
COUNTED = Path("/sys/fs/cgroup/cpuacct")
LOOPS = 'test -e "$FIX" || exit 1\nexec sleep 3600\n'
NEEDS = f'test -e "$FIX" || exit 1\n{TOLD}'
READY_AT_ONCE = Checks(ready=ExecProbe(argv=("true",)))


async def crash_loops(trial: Trial) -> None:
    """Restarts are timed while all is well and while fifty crash; then the causes are mended."""
    async with stage(trial.folder, "s06") as made:
        fixed = trial.folder / "fixed"
        fixed.touch()  # a release that never came into place would be undone
        parts, names = _parts(made, fixed, trial.times(LOOPERS, LOOPERS_SHORT))
        made.want(*parts)
        await made.supervise()
        await made.until(lambda: len(made.started) == SERVICES + 2, 90)
        await asyncio.sleep(3)
        quiet = await _restarts(made, trial, names)
        fixed.unlink()
        for name, [(_, state)] in made.living().items():
            if name.startswith("x") or name == "needy":
                os.kill(state.pid, signal.SIGKILL)
        cost = await _cost(made, trial, fixed)
        trial.tally.demand(not made.living().get("x00"), "nothing crashed")
        beside = await _restarts(made, trial, names)
        _judge(trial, quiet, beside, cost)
        await _mended(made, trial, parts)


async def _cost(made: Stage, trial: Trial, fixed: Path) -> float:
    """The share of one core that crashes take, but for what the programs would take alone."""
    with _counted(trial, made) as used:
        await asyncio.sleep(SETTLING if trial.full else SETTLING_SHORT)
        before, begun, told = used(), time.monotonic(), made.ledger.last_event()
        await asyncio.sleep(WINDOW if trial.full else WINDOW_SHORT)
        passed = time.monotonic() - begun
        cost = (used() - before) / passed
    crashes = sum(each.code == DEAD for each in made.ledger.events(told)) / passed
    own = crashes * _alone(made.folder / "x00.sh", fixed)
    trial.tally.more |= {
        "all_percent": round(cost * 100, 2), "programs_percent": round(own * 100, 2),
        "crashes_a_second": round(crashes, 2),
    }  # fmt: skip
    return cost - own if trial.tally.more["counted"] == "all" else cost


def _parts(
    made: Stage, fixed: Path, count: int
) -> tuple[list[Workload], list[str]]:  # fmt: skip
    """All workloads; those that are killed by name, the last of all is one that crashes."""
    names = [f"s{number:02}" for number in range(SERVICES)]
    quick = Restarting(stable=STABLE)
    services = [made.program(name, restarting=quick) for name in names]
    depended = made.program("depended", checks=READY_AT_ONCE, restarting=quick)
    needy = made.program("needy", NEEDS, uses=(Name("depended"),))
    loopers = [made.program(f"x{number:02}", LOOPS) for number in range(count)]
    fix = Text.of(str(fixed))
    return [
        *services, depended,
        *(replace(each, env={**each.env, "FIX": fix}) for each in (needy, *loopers)),
    ], names  # fmt: skip


async def _restarts(made: Stage, trial: Trial, names: list[str]) -> list[float]:
    """Seconds from the end of a shim to the execution of its successor."""
    found: list[float] = []
    for _ in range(trial.times(KILLS, KILLS_SHORT)):
        await asyncio.sleep(0.1 + STABLE.total_seconds())
        name = trial.chance.choice(names)
        [(_, state)] = made.living()[name]
        shim, before = Ends(state.shim), len(made.started[name])
        os.kill(state.pid, signal.SIGKILL)
        told = await shim.moment()
        await made.until(lambda: len(made.started[name]) > before)  # noqa: B023
        found.append(made.started[name][-1][1] - told)
        trial.tally.faults += 1
    return found


@contextlib.contextmanager
def _counted(trial: Trial, made: Stage) -> Generator[Callable[[], float]]:
    """Counts the processor time of the supervisor and of all that it starts, in seconds.

    Where control groups cannot do that, of the supervisor and its template.
    """
    assert made.supervisor is not None
    pid = made.supervisor.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    group = COUNTED / f"seaway-s06-{os.getpid()}"
    try:
        group.mkdir()
        for each in (str(pid), *children):
            (group / "cgroup.procs").write_text(each)
    except OSError:
        trial.tally.more["counted"] = "supervisor"
        yield lambda: sum(_processor(each) for each in (str(pid), *children))
        return
    trial.tally.more["counted"] = "all"
    try:
        yield lambda: int((group / "cpuacct.usage").read_text()) / 1e9
    finally:
        for each in (group / "cgroup.procs").read_text().split():
            with contextlib.suppress(OSError):
                (COUNTED / "cgroup.procs").write_text(each)
        with contextlib.suppress(OSError):
            group.rmdir()


def _alone(script: Path, fixed: Path) -> float:
    """Seconds of processor that one of the programs takes by itself, started by nobody of ours."""
    words, env = ["bash", str(script)], {"FIX": str(fixed), "PATH": os.environ["PATH"]}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(ALONE):
        os.waitpid(os.posix_spawnp("bash", words, env), 0)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return used / ALONE


def _processor(pid: str) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _judge(trial: Trial, quiet: list[float], beside: list[float], cost: float) -> None:
    tally = trial.tally
    tally.more |= {
        "cost_percent": round(cost * 100, 2), "quiet_p50": middle(quiet),
        "quiet_p99": share(quiet, 0.99), "beside_p50": middle(beside),
        "beside_p99": share(beside, 0.99),
    }  # fmt: skip
    tally.demand(cost <= trial.limit(SHARE, 0.5), f"crash loops cost {cost:.1%} of a core")
    allowed = share(quiet, 0.99) * trial.limit(1.2, 10) + trial.limit(0, 100)
    tally.demand(share(beside, 0.99) <= allowed, "restarts of others are slower beside them")


async def _mended(made: Stage, trial: Trial, parts: list[Workload]) -> None:
    """A new configuration, and a dependency that is back: both are acted on within a second."""
    limit = trial.limit(1.0, 10.0)
    begun = time.time()
    made.want(*parts[:-1], made.program(parts[-1].name))
    await made.until(lambda: made.started[parts[-1].name], 20)
    took = made.started[parts[-1].name][0][1] - begun
    trial.tally.more["config_fix"] = round(took * 1000, 1)
    trial.tally.demand(took <= limit, f"a mended configuration was acted on after {took:.2f} s")

    (trial.folder / "fixed").touch()
    before, needed = len(made.started["depended"]), len(made.started["needy"])
    [(_, state)] = made.living()["depended"]
    os.kill(state.pid, signal.SIGKILL)
    await made.until(lambda: len(made.started["depended"]) > before)
    back = made.started["depended"][-1][1]
    await made.until(lambda: len(made.started["needy"]) > needed, 40)
    took = made.started["needy"][-1][1] - back
    trial.tally.more["dependency_fix"] = round(took * 1000, 1)
    trial.tally.demand(took <= limit, f"a dependency that was back was seen after {took:.2f} s")
