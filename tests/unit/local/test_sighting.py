"""What files and the kernel say about one instance, as the engine is told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from seaway.model.instance import Phase, Traffic
from seaway.model.names import Digest, InstanceId, Name
from seaway.model.workload import Command, Role, Workload
from seaway.targets.local.marks import Happened, Health, Mark
from seaway.targets.local.process import Life, ProcessState
from seaway.targets.local.record import Record
from seaway.targets.local.sighting import Sighting, instance_of
from seaway.targets.local.uptime import this_run

BORN = datetime(2026, 1, 1, tzinfo=UTC)
LATER = BORN + timedelta(seconds=3)
MUCH_LATER = BORN + timedelta(hours=1)
RUNNING = ProcessState(life=Life.RUNNING, pid=7, started=BORN)
READY = Health(phase=Phase.READY, since=LATER)


def ended(code=0, reason="", at=LATER):
    return ProcessState(life=Life.ENDED, started=BORN, ended=at, code=code, reason=reason)


def sighting_of(process, *, role=Role.SERVICE, deaths=0, making=False, run="", **marks):
    workload = Workload(
        name=Name("api"), component=Name("api"), role=role, program=Command(argv=("x",))
    )
    record = Record(
        id=InstanceId("api-1"), workload=workload, digest=Digest("d"), slot=0, deaths=deaths,
        created=BORN, release=1, run=run,
    )  # fmt: skip
    return Sighting(
        record=record, folder=Path("/x"), process=process, in_the_making=making,
        marks={Mark(name): happened for name, happened in marks.items()},
    )  # fmt: skip


def seen(process, *, now=LATER, **facts):
    sighting = sighting_of(process, **facts)
    return instance_of(sighting, Name("s"), READY, now=now, traffic=Traffic.NONE, config=Digest(""))


ABSENT = ProcessState(life=Life.ABSENT)
LOST = ProcessState(life=Life.LOST, started=BORN)
ASKED, FAILED = Happened(LATER, "replaced"), Happened(LATER, "sick", failed=True)


@pytest.mark.parametrize(
    ("instance", "phase", "reason"),
    [
        (seen(ABSENT, making=True), Phase.PREPARING, ""),
        (seen(ABSENT, prepared=Happened(LATER)), Phase.PREPARED, ""),
        (seen(ABSENT, failed=Happened(LATER, "build failed")), Phase.DEAD, "build failed"),
        (seen(ABSENT, prepared=Happened(LATER), stopping=ASKED), Phase.DONE, "replaced"),
        (seen(RUNNING), Phase.READY, ""),
        (seen(RUNNING, stopping=ASKED), Phase.STOPPING, "replaced"),
        (seen(ended(0), stopping=ASKED), Phase.DONE, "replaced"),
        (seen(ended(-15), stopping=FAILED), Phase.DEAD, "sick"),
        (seen(ended(0)), Phase.DEAD, "exit 0"),
        (seen(ended(3)), Phase.DEAD, "exit 3"),
        (seen(ended(-9)), Phase.DEAD, "killed by SIGKILL"),
        (seen(ended(-9, "oom")), Phase.DEAD, "oom"),
        (seen(ended(-200)), Phase.DEAD, "killed by signal 200"),
        (seen(ended(0), role=Role.JOB), Phase.DONE, ""),
        (seen(ended(0), role=Role.SCHEDULE), Phase.DONE, ""),
        (seen(ended(1), role=Role.JOB), Phase.DEAD, "exit 1"),
        (seen(LOST, lost=Happened(LATER)), Phase.DEAD, "lost"),
        (seen(LOST, lost=Happened(LATER), stopping=ASKED), Phase.DONE, "replaced"),
    ],
    ids=lambda value: value.phase.value if hasattr(value, "phase") else None,
)
def test_each_state_has_one_phase(instance, phase, reason):
    assert (instance.phase, instance.reason) == (phase, reason)
    assert instance.since in {BORN, LATER}


def test_what_is_only_just_being_started_is_not_asked_how_it_does():
    """Its time to get ready would count from its creation: a long build would use it up."""
    starting = ProcessState(life=Life.RUNNING, pid=7)

    assert not sighting_of(starting).up
    assert sighting_of(RUNNING).up
    assert not sighting_of(RUNNING, stopping=ASKED).up


def test_deaths_in_a_row_include_this_one():
    assert seen(ended(1), deaths=2).deaths == 3


def test_what_was_lost_with_the_machine_did_not_die_of_itself():
    """After a power cut no release may pass for one that cannot get ready."""
    lost = Happened(LATER)

    assert seen(LOST, deaths=2, run="another start of this machine", lost=lost).deaths == 2
    assert seen(LOST, deaths=2, run=this_run(), lost=lost).deaths == 3
    assert seen(ended(1), deaths=2, run="another start of this machine").deaths == 3


def test_a_long_life_begins_a_new_row():
    assert seen(ended(1, at=MUCH_LATER), deaths=9).deaths == 1


def test_one_that_never_ran_has_not_lived_long():
    """A build that takes minutes and fails each time must end in giving up."""
    failed = Happened(MUCH_LATER, "build failed")

    assert seen(ABSENT, deaths=2, failed=failed).deaths == 3


def test_one_that_lives_long_enough_is_over_it():
    assert seen(RUNNING, deaths=2, now=LATER).deaths == 2
    assert seen(RUNNING, deaths=2, now=MUCH_LATER).deaths == 0


def test_only_one_that_runs_has_a_pid():
    assert (seen(RUNNING).pid, seen(ended(1)).pid) == (7, 0)
