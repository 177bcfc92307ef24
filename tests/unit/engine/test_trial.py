"""A release on trial: watched for its time, and kept or taken back, whatever happens to Seaway."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from seaway.engine.measuring import Measured, asked
from seaway.engine.rollback import again, earlier, jobs_since
from seaway.engine.supervise import Supervisor
from seaway.errors import UsageError
from seaway.model.names import Name
from seaway.model.workload import Role, Rollout
from seaway.ports.ledger import Verdict
from seaway.ports.target import Line
from seaway.stores.ledger import SqliteLedger
from tests.fakes.clock import AtOnce, HandClock
from tests.unit.engine.test_supervise import WorldTarget, come_true
from tests.unit.plan.world import START, release, workload

WATCH = timedelta(seconds=30)
ROLLOUT = Rollout(watch=WATCH, rollback_if={"errors": "> 1%", "for": "5s"})


class Telling(WorldTarget):
    """A target whose ingress tells of requests: ten a second to each instance that is ready."""

    failing: frozenset[str] = frozenset()
    """Programs that answer every other request with 500."""

    async def lines(self, query):
        del query
        told = self.clock.now()
        while True:
            await self.clock.sleep_until(told + timedelta(seconds=1))
            told = self.clock.now()
            for each in self.world.ready("api"):
                for number in range(10):
                    bad = each.digest in self.failing and number % 2
                    yield line(each.id, told, 500 if bad else 200)


def line(instance, at, status=200, ended="--", header=5):
    text = {
        "kind": "access", "status": status, "instance": instance, "upstream": "api",
        "ended": ended, "queued": 0, "connect": 1, "header": header,
    }  # fmt: skip
    return Line(at=at, workload="ingress", instance="i", stream="stdout", text=json.dumps(text))


def api(argv):
    proxy = workload("ingress", role=Role.PROXY)
    return release(proxy, workload("api", argv=(argv,), rollout=ROLLOUT))


@pytest.fixture
async def stack(tmp_path):
    asyncio.get_running_loop().set_default_executor(AtOnce())
    clock, bell = HandClock(), asyncio.Queue()
    ledger, target = SqliteLedger(tmp_path / "ledger.db"), Telling(clock)
    tasks = []

    async def supervise():
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        made = Supervisor(Name("test"), ledger, target, clock, bell.get, tails=target)
        tasks[:] = [asyncio.create_task(made.run())]

    async def deployed(wanted):
        number = ledger.record(wanted).number
        if not tasks:
            await supervise()
        bell.put_nowait(1)
        await come_true(lambda: number in told(ledger, "SW531"), clock)
        return number

    yield ledger, target, clock, deployed, supervise
    for each in tasks:
        each.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    ledger.close()


def told(ledger, code):
    return [each.facts["release"] for each in ledger.events(0) if each.code == code]


async def test_a_release_is_good_when_it_has_been_watched_for_its_time(stack):
    ledger, _, clock, deployed, supervise = stack
    first = await deployed(api("v1"))
    assert ledger.verdict(first) is Verdict.GOOD  # there is nothing to go back to

    number = await deployed(api("v2"))
    begun = clock.now()
    assert ledger.verdict(number) is Verdict.PENDING
    await clock.turn(by=WATCH / 2)
    await supervise()  # the time that has passed is remembered
    await come_true(lambda: ledger.verdict(number) is Verdict.GOOD, clock)

    assert WATCH <= clock.now() - begun <= WATCH + timedelta(seconds=3)


async def test_one_that_does_worse_goes_back_as_a_whole(stack):
    ledger, target, clock, deployed, _ = stack
    await deployed(api("v1"))
    await clock.turn(by=timedelta(seconds=10))
    bad = api("v2")
    target.failing = frozenset({bad.find("api").digest})

    number = await deployed(bad)
    begun = clock.now()
    await come_true(lambda: ledger.verdict(number) is Verdict.FAILED, clock)

    assert clock.now() - begun < timedelta(seconds=9)
    assert told(ledger, "SW552") == [number]
    await come_true(lambda: number + 1 in told(ledger, "SW531"), clock)
    assert {each.digest for each in target.world.live("api")} == {api("v1").find("api").digest}


async def test_a_rollback_that_fails_leaves_what_served(stack):
    """Asked for by hand it may fail as any release may."""
    ledger, target, clock, deployed, _ = stack
    old = await deployed(api("v1"))
    await deployed(api("v2"))
    await come_true(lambda: ledger.releases(1)[0][1] is Verdict.GOOD, clock)
    target.ripens = False

    number = ledger.record(again(earlier(ledger, old), clock.now(), "rollback")).number
    await come_true(lambda: ledger.verdict(number) is Verdict.FAILED, clock)

    assert ledger.wanted().why == f"restores {old + 1}"


def test_going_back_runs_no_job_again_and_names_those_that_ran_since(tmp_path):
    ledger = SqliteLedger(tmp_path / "ledger.db")
    for argv in ("v1", "v2"):
        job = workload("api-before", role=Role.JOB, argv=(argv,))
        made = ledger.record(release(job, workload("api", argv=(argv,), uses=("api-before",))))
        ledger.judge(made.number, Verdict.GOOD)

    old = earlier(ledger, None)

    assert old.number == 1
    assert [each.name for each in again(old, START, "rollback").workloads] == ["api"]
    assert jobs_since(old, ledger.releases(10)) == ("api-before",)
    with pytest.raises(UsageError, match="SW555"):
        earlier(ledger, 9)
    ledger.close()


def test_without_another_release_there_is_no_way_back(tmp_path):
    ledger = SqliteLedger(tmp_path / "ledger.db")
    for _ in range(2):
        ledger.judge(ledger.record(release(workload("api"))).number, Verdict.GOOD)

    with pytest.raises(UsageError, match="SW556"):
        earlier(ledger, None)
    ledger.close()


@pytest.mark.parametrize(
    ("status", "ended", "header", "failed", "cut"),
    [
        (200, "--", 5, False, False),
        (404, "--", 5, False, False),
        (500, "--", 5, True, False),
        (503, "SC", -1, True, False),
        (502, "SH", -1, True, False),
        (200, "SD", 5, False, True),
        (200, "CD", 5, False, False),
        (-1, "CR", -1, False, False),
        (-1, "SH", -1, True, False),
        (101, "--", 5, False, False),
    ],
)
def test_what_the_client_ended_is_no_failure(status, ended, header, failed, cut):
    found = asked(line("api-1", START, status, ended, header))

    assert found is not None
    assert (found.failed, found.cut) == (failed, cut)


def test_other_lines_tell_of_no_request():
    words = replace(line("", START), text="Server api/api-1 is UP")

    assert asked(words) is None


def test_figures_are_kept_by_second_and_instance():
    measured = Measured()
    for second in (0, 0, 1, 5):
        found = asked(line("api-1", START + timedelta(seconds=second)))
        assert found is not None
        measured.count(found)
    begin = START.timestamp()

    assert measured.between(begin, begin + 2).requests == 3
    assert measured.between(begin, begin + 9, lambda _, name: name != "api-1").requests == 0
    assert [int(each - begin) for each in measured.by_second()] == [0, 1, 5]
