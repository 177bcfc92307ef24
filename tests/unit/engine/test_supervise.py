"""The supervisor: what is wanted comes about, whatever happens, and every step is told."""

import asyncio
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta

import pytest

from seaway.engine.scale import scaled
from seaway.engine.supervise import Supervisor
from seaway.engine.wait import Patience, until_in_place
from seaway.errors import ReleaseFailed, SeawayError, StepFailed, UsageError
from seaway.model.instance import Phase
from seaway.model.names import Name
from seaway.model.workload import Role
from seaway.plan.rolling import rolling
from seaway.plan.steps import Create, Start
from seaway.ports.ledger import Verdict
from seaway.stores.ledger import SqliteLedger
from tests.fakes.clock import AtOnce, HandClock, quiet
from tests.unit.plan.world import World, release, workload


class WorldTarget:
    """A target whose instances are those of a World."""

    name = "world"

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock
        self.world = World(now=clock.now())
        self.bell = asyncio.Event()
        self.broken: set[str] = set()
        self.endless: set[str] = set()
        self.ripens = True
        self.calls: list[str] = []

    async def observe(self):
        self.world.now = self.clock.now()
        return tuple(self.world.instances)

    def plan(self, wanted, seen, now):
        return rolling(wanted, seen, now)

    def cannot(self, _):
        return ()

    async def perform(self, step, wanted):
        self.calls.append(step.key)
        if isinstance(step, Create) and step.workload.name in self.endless:
            await asyncio.Event().wait()
        if isinstance(step, Create) and step.workload.name in self.broken:
            raise StepFailed("SW200", problem="no room")
        self.world.perform(step, wanted)
        if isinstance(step, Start) or (isinstance(step, Create) and step.start):
            if self.ripens:
                self.world.ripen()
            else:
                self.die(self.started(), wanted)
        self.bell.set()

    def started(self):
        [one] = [each for each in self.world.instances if each.phase is Phase.STARTING]
        return one

    def die(self, instance, wanted):
        self.world.kill(instance, wanted)
        self.bell.set()

    async def changed(self):
        await self.bell.wait()
        self.bell.clear()


@pytest.fixture
async def stack(tmp_path):
    """A supervisor at work: its ledger, target, clock and bell."""
    asyncio.get_running_loop().set_default_executor(AtOnce())
    clock = HandClock()
    ledger = SqliteLedger(tmp_path / "ledger.db")
    bell = asyncio.Queue()
    target = WorldTarget(clock)
    supervisor = Supervisor(Name("test"), ledger, target, clock, bell.get)
    tasks = []

    def ring():
        """As `up` does: record first, then see that somebody supervises."""
        if not tasks:
            tasks.append(asyncio.create_task(supervisor.run()))
        bell.put_nowait(1)

    def ended():
        return tasks[0].done()

    yield ledger, target, clock, ring, ended
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    ledger.close()


async def come_true(claim, clock):
    """Until the claim holds; the supervisor writes its ledger in a thread, so moments pass."""
    async with asyncio.timeout(10):
        while not claim():
            await quiet()
            await clock.turn(by=timedelta(milliseconds=50))


async def outcome(waiting, clock):
    """What a wait ends with, time passing meanwhile."""
    task = asyncio.ensure_future(waiting)
    await come_true(task.done, clock)
    return await task


async def test_a_recorded_release_comes_into_place_and_is_judged_good(stack):
    """The whole line: recorded, planned, performed, observed, judged."""
    ledger, target, clock, ring, _ = stack
    after = ledger.last_event()
    wanted = ledger.record(release(workload("db"), workload("api", replicas=2, uses=("db",))))
    ring()

    await come_true(lambda: ledger.verdict(wanted.number) is Verdict.GOOD, clock)

    assert len(target.world.ready("api")) == 2
    patience = Patience(clock=clock, alive=lambda: True)
    await outcome(until_in_place(ledger, wanted.number, after, patience), clock)


async def test_a_dead_instance_is_replaced_without_being_asked(stack):
    """A crash is an instance that is not there next time."""
    ledger, target, clock, ring, _ = stack
    wanted = ledger.record(release(workload("api")))
    ring()
    await come_true(lambda: target.world.ready("api"), clock)
    [first] = target.world.ready("api")

    target.die(first, wanted)

    await come_true(lambda: target.world.ready("api"), clock)
    assert target.world.ready("api")[0].id != first.id
    await come_true(lambda: "SW517" in [each.code for each in ledger.events(0)], clock)


class Held(AtOnce):
    """Does nothing until it is let go, like a disk that hangs."""

    def __init__(self):
        super().__init__()
        self.waiting = []
        self.held = True

    def submit(self, function, /, *args, **kwargs):
        if not self.held:
            return super().submit(function, *args, **kwargs)
        done = Future()
        self.waiting.append((done, function, args, kwargs))
        return done

    def let_go(self):
        self.held = False
        for done, function, args, kwargs in self.waiting:
            done.set_result(function(*args, **kwargs))


async def test_who_dies_while_something_is_written_down_is_replaced_all_the_same(stack):
    """A disk that is slow must not keep a dead service waiting."""
    ledger, target, clock, ring, _ = stack
    wanted = ledger.record(release(workload("api"), workload("web")))
    ring()
    await come_true(lambda: ledger.verdict(wanted.number) is Verdict.GOOD, clock)
    disk = Held()
    asyncio.get_running_loop().set_default_executor(disk)
    target.die(target.world.ready("api")[0], wanted)
    await come_true(lambda: disk.waiting, clock)
    [web] = target.world.ready("web")

    target.die(web, wanted)

    await come_true(lambda: target.world.ready("web"), clock)
    assert disk.held
    disk.let_go()
    told = lambda: [each for each in ledger.events(0) if each.facts.get("instance") == web.id]  # noqa: E731
    await come_true(lambda: any(each.code == "SW517" for each in told()), clock)


async def test_what_is_wanted_is_read_though_each_look_outlasts_the_writing(stack):
    """Else the supervisor writes, looks and writes again, and hears nothing new for ever."""
    ledger, target, clock, ring, _ = stack
    first = ledger.record(release(workload("api")))
    ring()
    await come_true(lambda: ledger.verdict(first.number) is Verdict.GOOD, clock)
    disk, look = Held(), target.observe
    asyncio.get_running_loop().set_default_executor(disk)

    async def slow():
        if disk.waiting and disk.held:
            disk.let_go()  # what was to be written is written while we look
        for _ in range(30):
            await asyncio.sleep(0)
        return await look()

    target.die(target.world.ready("api")[0], first)
    await come_true(lambda: disk.waiting, clock)
    target.observe = slow
    ring()
    await come_true(lambda: not disk.held, clock)

    second = ledger.record(release(workload("api", argv=("second",))))
    ring()

    await come_true(lambda: ledger.verdict(second.number) is Verdict.GOOD, clock)


async def test_a_bad_release_is_undone_and_the_good_one_recorded_again(stack):
    """Old instances never left, and the ledger says how it went."""
    ledger, target, clock, ring, _ = stack
    good = ledger.record(release(workload("api", replicas=2)))
    ring()
    await come_true(lambda: ledger.verdict(good.number) is Verdict.GOOD, clock)
    serving = {each.id for each in target.world.ready("api")}

    target.ripens = False
    after = ledger.last_event()
    bad = ledger.record(release(workload("api", replicas=2, argv=("bad",))))
    ring()
    await come_true(lambda: ledger.verdict(bad.number) is Verdict.FAILED, clock)
    await come_true(lambda: ledger.verdict(bad.number + 1) is Verdict.GOOD, clock)

    assert {each.id for each in target.world.ready("api")} == serving
    patience = Patience(clock=clock, alive=lambda: True)
    with pytest.raises(ReleaseFailed):
        await outcome(until_in_place(ledger, bad.number, after, patience), clock)


async def test_a_first_release_that_fails_says_so_and_goes_on_trying(stack):
    """There is nothing to go back to."""
    ledger, target, clock, ring, _ = stack
    target.ripens = False
    bad = ledger.record(release(workload("api")))
    ring()
    await come_true(lambda: ledger.verdict(bad.number) is Verdict.FAILED, clock)

    patience = Patience(clock=clock, alive=lambda: True)
    with pytest.raises(SeawayError, match="SW533"):
        await outcome(until_in_place(ledger, bad.number, 0, patience), clock)
    target.ripens = True
    await come_true(lambda: target.world.ready("api"), clock)


async def test_a_release_asked_for_after_power_cuts_is_not_judged_by_them(stack):
    """Each cut takes all, and somebody brings it up again: none of that is the release's fault."""
    ledger, target, clock, ring, _ = stack
    wanted = release(workload("db", role=Role.STORE))
    for _ in range(5):
        asked = ledger.record(replace(wanted, created=clock.now()))
        ring()
        await come_true(lambda: ledger.verdict(asked.number) is not Verdict.PENDING, clock)  # noqa: B023 -- awaited
        assert ledger.verdict(asked.number) is Verdict.GOOD
        target.die(target.world.ready("db")[0], wanted)


async def test_a_step_that_fails_is_told_and_tried_again_with_pauses(stack):
    """A full disk must not make a busy loop, nor stop anything else."""
    ledger, target, clock, ring, _ = stack
    target.broken = {"api"}
    ledger.record(release(workload("api"), workload("web")))
    ring()
    await come_true(lambda: target.world.ready("web"), clock)
    for _ in range(300):
        await clock.turn(by=timedelta(seconds=1))

    tries = [key for key in target.calls if key.startswith("create api")]
    assert 8 <= len(tries) <= 20
    target.broken = set()
    await come_true(lambda: target.world.ready("api"), clock)


async def test_a_step_that_failed_is_tried_again_though_the_clock_was_set_back(stack):
    """Its pause would last until the clock is there again: hours."""
    ledger, target, clock, ring, _ = stack
    target.broken = {"api"}
    ledger.record(release(workload("api")))
    ring()
    await come_true(lambda: target.calls, clock)
    target.broken = set()
    clock._now -= timedelta(hours=8)
    ring()

    await come_true(lambda: target.world.ready("api"), clock)


async def test_down_stops_everything_and_ends_the_supervisor(stack):
    """Wanting nothing is a wish like any other."""
    ledger, target, clock, ring, ended = stack
    ledger.record(release(workload("db"), workload("api", uses=("db",))))
    ring()
    await come_true(lambda: target.world.ready("api"), clock)

    ledger.want_nothing()
    ring()
    await come_true(ended, clock)

    assert target.world.instances == []
    assert ledger.seen() == ()


async def test_scaling_starts_and_stops_only_what_differs(stack):
    """Those that serve go on serving."""
    ledger, target, clock, ring, _ = stack
    wanted = ledger.record(release(workload("api", replicas=2)))
    ring()
    await come_true(lambda: len(target.world.ready("api")) == 2, clock)
    before = {each.id for each in target.world.ready("api")}

    ledger.record(scaled(wanted, {"api": 4}))
    ring()
    await come_true(lambda: len(target.world.ready("api")) == 4, clock)
    assert before <= {each.id for each in target.world.ready("api")}
    ledger.record(scaled(wanted, {"api": 1}))
    ring()
    await come_true(lambda: len(target.world.live("api")) == 1, clock)

    assert target.world.live("api")[0].phase is Phase.READY


async def test_what_is_being_made_is_broken_off_when_nobody_wants_it(stack):
    """A build of half an hour must not keep `down` waiting."""
    ledger, target, clock, ring, ended = stack
    target.endless = {"web"}
    ledger.record(release(workload("api"), workload("web")))
    ring()
    await come_true(lambda: target.world.ready("api"), clock)

    ledger.want_nothing()
    ring()
    await come_true(ended, clock)

    assert target.world.instances == []


async def test_a_look_that_fails_ends_nothing_and_is_made_again(stack):
    """A disk that answers with an error for a while must not leave the stack to itself."""
    ledger, target, clock, ring, ended = stack
    observe, failures = target.observe, [OSError(5, "Input/output error", "/x")] * 3

    async def observe_badly():
        if failures:
            raise failures.pop()
        return await observe()

    target.observe = observe_badly
    wanted = ledger.record(release(workload("api")))
    ring()

    await come_true(lambda: ledger.verdict(wanted.number) is Verdict.GOOD, clock)

    assert not failures
    assert not ended()


async def test_a_verdict_that_cannot_be_written_is_written_later(stack):
    """Somebody waits for it; on a full disk everything else goes on."""
    ledger, _, clock, ring, ended = stack
    judge, failures = ledger.judge, [OSError(28, "No space left on device", "/x")] * 3

    def judge_badly(number, verdict):
        if failures:
            raise failures.pop()
        judge(number, verdict)

    ledger.judge = judge_badly
    wanted = ledger.record(release(workload("api")))
    ring()

    await come_true(lambda: ledger.verdict(wanted.number) is Verdict.GOOD, clock)

    assert "SW531" in [each.code for each in ledger.events(0)]
    assert not ended()


def test_scaling_goes_as_far_as_the_file_does():
    """What may be written there may be asked for here."""
    wanted = release(workload("api"))

    assert scaled(wanted, {"api": 1000}).find("api").replicas == 1000
    with pytest.raises(UsageError, match="SW504"):
        scaled(wanted, {"api": 1001})
