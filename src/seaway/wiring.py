"""Wiring: the only place where names become classes and parts are put together.

What is slow to load is loaded by the function that needs it: `status` and `logs` need little.
"""

import asyncio
import importlib
import os
import signal
from collections.abc import AsyncGenerator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from seaway.durable import make_folder, write_whole
from seaway.errors import InvalidStack, SeawayError, UsageError
from seaway.model.certificate import Certificate
from seaway.model.finding import Finding, Severity
from seaway.model.names import InstanceId, Name
from seaway.model.release import Release
from seaway.model.workload import Build, Workload
from seaway.ports.ledger import Event
from seaway.stores.alarms import Alarms
from seaway.stores.clock import SystemClock
from seaway.stores.guard import REMOVED, Guard, Kept
from seaway.stores.lease import Bell, holder, lease, ring
from seaway.stores.ledger import SqliteLedger
from seaway.stores.reserve import Reserve
from seaway.stores.room import shortages
from seaway.targets.local.ahead import Pipe, spawned
from seaway.targets.local.daemon import Waiting, loaded, told, unhindered
from seaway.targets.local.saving import saved
from seaway.targets.local.state import StateFolder

if TYPE_CHECKING:
    from seaway.engine.resolve import Resolved
    from seaway.engine.supervise import Supervisor
    from seaway.model.stack import Stack
    from seaway.stores.vault import FileVault
    from seaway.targets.docker.target import DockerTarget
    from seaway.targets.local.target import LocalTarget

ENVIRON: Mapping[str, str] = os.environ


LOCAL, DOCKER = "local", "docker"
"""Targets that are there."""
MOST_DESCRIPTORS = 1 << 20
ENDING = 5.0
"""Seconds that a supervisor may take to end; to be killed then is as good: nothing is its own."""
SCALED_AFTER = 5.0
"""Seconds after the start of a supervisor: nothing is decided by then, and others are in haste."""
SAVED_AFTER = 1.0
"""Seconds before each start of what saves."""
OF_LATE = timedelta(minutes=1)
"""For so long it is shown that logs were removed: nothing else tells of it afterwards."""
LAST_EVENTS = 100
"""Events that are looked through for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOptions:
    """Which stack, in which environment, with which last-minute settings."""

    file: Path
    environment: str = "local"
    sets: tuple[str, ...] = ()


def state_parent(environ: Mapping[str, str] = ENVIRON) -> Path:
    """The folder that holds the state folders of all stacks of this user.

    SEAWAY_STATE if set; else /var/lib/seaway for root (FHS 3.0, 5.8), which others can pass
    through so that servers need not run as root; else the XDG state folder.
    """
    if given := environ.get("SEAWAY_STATE"):
        return Path(given).absolute()
    if os.getuid() == 0:
        return Path("/var/lib/seaway")
    home = Path(environ.get("XDG_STATE_HOME") or Path.home() / ".local/state")
    return home / "seaway"


def state_folder(stack: str, environment: str) -> StateFolder:
    """Where everything of one stack in one environment is kept; `local` is the plain name."""
    name = stack if environment == "local" else f"{stack}@{environment}"
    return StateFolder(state_parent() / name)


def read_stack(options: StackOptions) -> "Stack":
    """The stack file with its environment.

    Raises:
        InvalidStack: with every finding.
    """
    from seaway.components import KINDS  # noqa: PLC0415 -- see above
    from seaway.stackfile.read import read  # noqa: PLC0415 -- see above

    return read(options.file, options.environment, options.sets, kinds=KINDS)


def resolved(stack: "Stack", versions: Mapping[str, int] | None = None) -> "Resolved":
    """What the stack asks for; findings included, sources stamped with their fingerprints."""
    from seaway.components import KINDS  # noqa: PLC0415 -- see above
    from seaway.components.ingress import routing  # noqa: PLC0415 -- see above
    from seaway.engine.resolve import resolve  # noqa: PLC0415 -- see above

    found = resolve(stack, KINDS, routing=routing, environ=ENVIRON, secret_versions=versions or {})
    release = replace(found.release, target=stack.target.partition(" ")[0])
    return replace(found, release=_stamped(release))


def demanded(found: "Resolved") -> "Resolved":
    """The same, if nothing in it is wrong.

    Raises:
        InvalidStack: there are findings of severity error.
    """
    if any(each.severity is Severity.ERROR for each in found.findings):
        raise InvalidStack(found.findings)
    return found


def ready_to_record(stack: "Stack", vault: "FileVault") -> "Resolved":
    """Make the secrets that may be made, then resolve with the versions there are.

    Raises:
        InvalidStack: there are findings of severity error.
    """
    from seaway.engine.secrets import ensure  # noqa: PLC0415 -- see above

    found = demanded(resolved(stack, vault.versions()))
    if ensure(found.secret_needs, vault):
        return demanded(resolved(stack, vault.versions()))
    return found


def same_sources(release: Release) -> bool:
    """Whether all sources are as they were when the release was made."""
    return _stamped(release) == release


def _stamped(release: Release) -> Release:
    """With the state of the sources in each build, so that changed source means a new digest."""
    prints: dict[Build, str] = {}  # several workloads have the same source
    return replace(release, workloads=tuple(_stamp(each, prints) for each in release.workloads))


def _stamp(workload: Workload, prints: dict[Build, str]) -> Workload:
    from seaway.targets.local.sources import build_fingerprint  # noqa: PLC0415 -- see above

    build = workload.program.build
    if build is None:
        return workload
    plain: Build = replace(build, fingerprint="")
    if plain not in prints:
        prints[plain] = build_fingerprint(plain)
    stamped = replace(plain, fingerprint=prints[plain])
    return replace(workload, program=replace(workload.program, build=stamped))


def open_ledger(state: StateFolder) -> SqliteLedger:
    """The ledger; made when it is not there yet."""
    return SqliteLedger(state.ledger)


def open_vault(state: StateFolder) -> "FileVault":
    """The vault; its file is made with the first secret."""
    from seaway.stores.vault import FileVault  # noqa: PLC0415 -- see above

    return FileVault(state.vault, ENVIRON.get("SEAWAY_VAULT_KEY", ""))


def open_target(state: StateFolder, stack: str, name: str = "") -> "LocalTarget | DockerTarget":
    """The target, by its name, or the one it was last; an asynchronous context."""
    if (name or target_of(state)) == DOCKER:
        from seaway.targets.docker.target import DockerTarget  # noqa: PLC0415 -- see above

        return DockerTarget(
            state, Name(stack), open_vault(state), SystemClock(), outside=dict(ENVIRON)
        )
    from seaway.targets.local.target import LocalTarget  # noqa: PLC0415 -- see above

    return LocalTarget(state, Name(stack), open_vault(state), SystemClock())


def target_of(state: StateFolder) -> str:
    """The platform that the stack runs on here, or ran on last."""
    try:
        return state.target.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return LOCAL


def choose_target(state: StateFolder, release: Release) -> None:
    """Remember where the stack is to run: whoever looks later has only its state.

    Raises:
        UsageError: SW236, it runs somewhere else.
    """
    there = target_of(state)
    if release.target == there:
        return
    if state.instances.exists() and any(state.instances.iterdir()):
        facts = {"stack": release.stack, "environment": release.environment}
        raise UsageError("SW236", there=there, wanted=release.target, **facts)
    make_folder(state.root)
    write_whole(state.target, f"{release.target}\n", durable=True)


def certificates(state: StateFolder, release: Release) -> tuple[Certificate, ...]:
    """Of hosts whose certificates come from an authority of the world."""
    if not any(site.acme for site in release.routing.sites):
        return ()
    return tuple(open_target(state, release.stack).certificates(release))


def supervisor_pid(state: StateFolder) -> int:
    """Pid of the supervisor; 0 when none lives."""
    return holder(state.lease)


def wake(state: StateFolder) -> None:
    """Tell the supervisor that the ledger has something new."""
    ring(state.wake)


async def ensure_supervisor(
    state: StateFolder, stack: str, environment: str, waiting: Pipe | None = None
) -> int:
    """Start one if none lives, wake it if one does; return its pid.

    `waiting` is one that was started before it was known whether it is needed.
    """
    if not supervisor_pid(state):
        one = Waiting(*(waiting or spawned()))
        alive = lambda: bool(supervisor_pid(state))  # noqa: E731 -- asked again and again
        await one.tell(stack, environment, alive, state.supervisor_log)
    wake(state)
    return supervisor_pid(state)


def supervise_when_told() -> None:
    """Load what every stack needs, wait to be told which one, and supervise it.

    Raises:
        LeaseHeld: there is a supervisor already.
    """
    os.closerange(3, MOST_DESCRIPTORS)  # what our caller holds open is none of ours
    for each in ("seaway.engine.supervise", "seaway.targets.local.target"):
        importlib.import_module(each)
    ready: dict[StateFolder, LocalTarget | DockerTarget] = {}

    def expected(stack: str, environment: str) -> None:
        state = state_folder(stack, environment)
        ready[state] = _prepared(state, stack)

    if named := told(_log_of, expected):
        unhindered()
        asyncio.run(supervise(*named, ready.get(state_folder(*named))))


def _log_of(stack: str, environment: str) -> Path:
    return state_folder(stack, environment).supervisor_log


def _prepared(state: StateFolder, stack: str) -> "LocalTarget | DockerTarget":
    """A target that has looked for what the stack needed last."""
    target = open_target(state, stack)
    with suppress(SeawayError, OSError, ValueError):  # told by whoever needs it
        if state.ledger.exists():
            ledger = open_ledger(state)
            for release, _ in ledger.releases(1):
                target.prepare(release)
            ledger.close()
    return target


async def supervise(
    stack: str, environment: str, ready: "LocalTarget | DockerTarget | None" = None
) -> None:
    """Be the supervisor until nothing is wanted; SIGTERM and SIGINT leave everything running.

    `ready` is its target, where that was prepared ahead.

    Raises:
        LeaseHeld: there is one already.
    """
    from seaway.engine.supervise import Supervisor  # noqa: PLC0415 -- see above

    state = state_folder(stack, environment)
    make_folder(state.root)
    if ready and ready.name != target_of(state):  # it has moved since it ran last
        ready = None
    with lease(state.lease) as mine:
        _end_on_signals()
        clock = SystemClock()
        alarms = Alarms(clock)
        async with _rung(state) as bell, ready or open_target(state, stack) as target:
            ledger = open_ledger(state)
            supervisor = Supervisor(
                Name(stack), ledger, target, clock, bell.rung, alarms, mine, tails=target
            )
            async with (
                _beside(_guard(state, ledger, alarms).watch()),
                _beside(_scale(state.wake, target, supervisor)),
                _beside(_save(stack, environment, supervisor)),
            ):
                with suppress(OSError):  # nobody needs to know so much that it would not go on
                    adopted = sum(each.phase.running for each in await target.observe())
                    facts = {"pid": os.getpid(), "adopted": adopted}
                    ledger.tell(Event(at=clock.now(), code="SW535", facts=facts))
                await supervisor.run()
                with suppress(OSError):
                    ledger.tell(Event(at=clock.now(), code="SW538"))


@asynccontextmanager
async def _beside(work: Coroutine[None, None, None]) -> AsyncGenerator[None]:
    """With that going on for as long as the block runs."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _guard(state: StateFolder, ledger: SqliteLedger, alarms: Alarms) -> Guard:
    """An eye on the disks."""
    return Guard(
        look=lambda: shortages(_places(state), os.getpid()), logs=Kept(state.logs),
        reserve=Reserve(state.reserve), ledger=ledger, clock=SystemClock(), alarms=alarms,
    )  # fmt: skip


async def _scale(wake: Path, target: "LocalTarget | DockerTarget", by: "Supervisor") -> None:
    """Services that scale by themselves, from the first one on."""
    await asyncio.sleep(SCALED_AFTER)
    await by.wish.concerns(lambda it: any(each.scaling for each in it.workloads))
    while not await asyncio.to_thread(loaded, "seaway.engine.autoscale"):  # noqa: ASYNC110 -- 30 ms
        await asyncio.sleep(SCALED_AFTER)
    from seaway.engine.autoscale import Autoscaler  # noqa: PLC0415 -- see above

    await Autoscaler(
        ledger=by.ledger, target=target, meter=target.meter(), clock=by.clock,
        ring=lambda: ring(wake), alarm=by.alarm,
    ).run()  # fmt: skip


async def _save(stack: str, environment: str, supervisor: "Supervisor") -> None:
    """Backups of the stack, in a process of their own, where it has some."""
    while True:
        await asyncio.sleep(SAVED_AFTER)
        await supervisor.wish.concerns(lambda release: bool(release.savings))
        with suppress(OSError):  # there is no room for a process, say: it is tried again
            await saved(stack, environment)


def troubles(state: StateFolder, ledger: SqliteLedger) -> tuple[Finding, ...]:
    """What keeps this stack from being written about here and now, and what was lost of late."""
    found = shortages([each for each in _places(state) if each.exists()], supervisor_pid(state))
    since = SystemClock().now() - OF_LATE
    removed = [
        each for each in ledger.events(ledger.last_event() - LAST_EVENTS)
        if each.code == REMOVED and each.at > since
    ]  # fmt: skip
    return (*found, *(Finding(code=each.code, facts=each.facts) for each in removed[-1:]))


def _places(state: StateFolder) -> tuple[Path, ...]:
    """What has to be written while a stack runs."""
    run = state.run(InstanceId("any")).parent
    return (state.root, state.logs, *([run] if run.exists() else []))


@asynccontextmanager
async def _rung(state: StateFolder) -> AsyncGenerator[Bell]:
    bell = Bell(state.wake)
    try:
        yield bell
    finally:
        bell.close()


def _end_on_signals() -> None:
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()

    def end() -> None:
        loop.call_later(ENDING, os._exit, 0)
        if task is not None:
            task.cancel()

    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, end)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
