"""The ledger keeps what it said it kept."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from seaway.model.names import Name
from seaway.ports.ledger import Event, Verdict
from seaway.stores.ledger import RELEASES_KEPT, SqliteLedger
from tests.unit.plan.world import START, World, release, workload


@pytest.fixture
def ledger(tmp_path):
    kept = SqliteLedger(tmp_path / "ledger.db")
    yield kept
    kept.close()


def test_a_recorded_release_is_the_wanted_one_for_every_process(ledger, tmp_path):
    """Command line and supervisor are two processes with one ledger."""
    wanted = ledger.record(release(workload("api", replicas=3)))

    other = SqliteLedger(tmp_path / "ledger.db")

    assert wanted.number == 1
    assert other.wanted() == wanted
    other.want_nothing()
    assert ledger.wanted() is None
    other.close()


def test_a_release_replaced_before_its_verdict_is_marked_so(ledger):
    """Nobody will ever judge it."""
    first = ledger.record(release(workload("api")))
    ledger.record(release(workload("api", replicas=2)))

    assert ledger.verdict(first.number) is Verdict.REPLACED


def test_what_has_been_in_place_is_known_by_what_it_wants(ledger):
    """Then there is nothing to find out before it is begun once more."""
    wanted = release(workload("api"))
    ledger.record(replace(wanted, why="up"))
    before = ledger.proven(wanted)
    ledger.judge(1, Verdict.GOOD)
    assert wanted.workloads[0].digest  # what is worked out of a workload is no part of it

    assert not before
    assert ledger.proven(wanted)
    assert not ledger.proven(release(workload("api", replicas=2)))


def test_the_last_good_release_outlives_any_number_of_bad_ones(ledger):
    """A rollback needs it however often people tried since."""
    good = ledger.record(release(workload("api")))
    ledger.judge(good.number, Verdict.GOOD)
    for _ in range(RELEASES_KEPT * 2):
        bad = ledger.record(release(workload("api", replicas=2)))
        ledger.judge(bad.number, Verdict.FAILED)

    assert ledger.last_good(bad.number) == good


def test_what_ran_before_a_down_is_not_gone_back_to(ledger):
    """Nothing of it served when the next release failed."""
    good = ledger.record(release(workload("api")))
    ledger.judge(good.number, Verdict.GOOD)
    ledger.want_nothing()
    bad = ledger.record(release(workload("api", replicas=2)))

    assert ledger.last_good(bad.number) is None
    ledger.judge(bad.number, Verdict.GOOD)
    assert ledger.last_good(bad.number + 1) == bad


def test_old_releases_are_let_go(ledger):
    """R120: the last ten are kept."""
    for _ in range(RELEASES_KEPT * 3):
        ledger.judge(ledger.record(release(workload("api"))).number, Verdict.GOOD)

    assert len(ledger.releases(100)) <= RELEASES_KEPT + 1


def test_events_come_in_order_after_a_number(ledger):
    """Followers ask for what they have not seen."""
    for number in range(5):
        ledger.tell(Event(at=START, code="SW513", facts={"instance": f"api-{number}"}))

    events = ledger.events(after=3)

    assert [each.facts["instance"] for each in events] == ["api-3", "api-4"]
    assert ledger.last_event() == 5


def test_what_was_seen_is_what_others_read(ledger, tmp_path):
    """`status` reads it while a supervisor lives."""
    world = World()
    world.settle(release(workload("api", replicas=2)))
    ledger.see(world.instances)

    other = SqliteLedger(tmp_path / "ledger.db")

    assert list(other.seen()) == world.instances
    other.close()


def test_a_recorded_release_survives_kill_9(tmp_path):
    """What was acknowledged is there, whatever the writer was doing after."""
    code = (
        "import sys; from pathlib import Path\n"
        "from seaway.stores.ledger import SqliteLedger\n"
        "from seaway.model.release import Release\n"
        "ledger = SqliteLedger(Path(sys.argv[1]))\n"
        "while True:\n"
        "    print(ledger.record(Release(stack='test')).number, flush=True)\n"
    )
    path = tmp_path / "ledger.db"
    writer = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    acknowledged = [int(writer.stdout.readline()) for _ in range(20)][-1]
    os.kill(writer.pid, signal.SIGKILL)
    rest = [int(line) for line in writer.stdout.read().split("\n")[:-1]]
    writer.stdout.close()
    writer.wait()

    ledger = SqliteLedger(path)
    wanted = ledger.wanted()

    assert wanted is not None
    assert wanted.number >= max([acknowledged, *rest])
    assert replace(wanted, number=0, created=None) == replace(
        release(), number=0, created=None, stack=Name("test")
    )
    ledger.close()


def test_a_release_is_on_trial_until_it_is_judged_and_one_that_goes_back_is_not(ledger):
    first = ledger.record(release(workload("api")))
    assert ledger.wanted().trial

    ledger.judge(first.number, Verdict.PASSED)
    assert not ledger.wanted().trial
    ledger.judge(first.number, Verdict.GOOD)
    ledger.record(replace(first, why="rollback 1"))

    assert not ledger.wanted().trial
    assert ledger.find(first.number) == (first, Verdict.GOOD)
    assert ledger.find(99) is None


def test_one_that_has_passed_its_trial_can_still_be_overtaken(ledger):
    """Else it would be neither good nor bad for ever."""
    first = ledger.record(release(workload("api")))
    ledger.judge(first.number, Verdict.PASSED)

    ledger.record(release(workload("api", argv=("v2",))))

    assert ledger.verdict(first.number) is Verdict.REPLACED
