"""Sighting: what the files of one instance and the kernel say, made into an Instance."""

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import assert_never

from seaway.model.instance import FULL, Address, Instance, Phase, Traffic
from seaway.model.names import Digest, Name
from seaway.model.standing import Said
from seaway.model.workload import Role
from seaway.plan.restart import deaths_in_a_row
from seaway.targets.local.marks import Happened, Health, Mark, read_mark
from seaway.targets.local.ports import HOST
from seaway.targets.local.process import Life, ProcessState
from seaway.targets.local.record import Record, in_the_making
from seaway.targets.local.uptime import this_run


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Everything that was found about one instance at one moment."""

    record: Record
    folder: Path
    process: ProcessState
    marks: Mapping[Mark, Happened] = field(default_factory=dict[Mark, Happened])
    in_the_making: bool = False
    host: str = HOST
    """Where its ports are reached."""

    @property
    def abandoned(self) -> bool:
        """Whether a killed Seaway was making it: nobody will ever start it."""
        return not (
            self.in_the_making or self.marks or self.process.life is not Life.ABSENT
        )  # fmt: skip

    @property
    def runs(self) -> bool:
        return self.process.life is Life.RUNNING

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop and has not done so."""
        return self.runs and Mark.STOPPING in self.marks

    @property
    def up(self) -> bool:
        """Whether it has been started and not been asked to stop: it can be asked how it does.

        Not while its shim is still starting it. How long it may take to be ready counts from its
        start, and all that is known of that so far is when it was created: before its build.
        """
        return self.runs and not self.stopping and self.process.started is not None

    @property
    def started(self) -> datetime:
        return self.process.started or self.record.created

    @property
    def ended(self) -> datetime:
        """When it ended, or that was noticed."""
        lost = self.marks.get(Mark.LOST)
        return self.process.ended or (lost.at if lost else self.started)


def sight(record: Record, folder: Path, process: ProcessState) -> Sighting:
    """Look at one instance, whose process does as given."""
    making = in_the_making(folder)  # before the marks: whoever was making it writes one at the end
    try:
        there = frozenset(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        there = frozenset[str]()
    found = {mark: read_mark(folder, mark) for mark in Mark if mark in there}
    if record.bare:
        found[Mark.PREPARED] = Happened(record.created)
    return Sighting(
        record=record, folder=folder, process=process, in_the_making=making,
        marks={mark: happened for mark, happened in found.items() if happened},
    )  # fmt: skip


def instance_of(  # noqa: PLR0913 -- each from another source
    sighting: Sighting, stack: Name, health: Health, *, now: datetime, traffic: Traffic,
    config: Digest, weight: int = FULL, said: Said | None = None,
) -> Instance:  # fmt: skip
    """The instance as the engine sees it; `health` counts while it runs."""
    record, drain = sighting.record, sighting.marks.get(Mark.DRAIN)
    seen = _phase(sighting, health)
    return Instance(
        id=record.id, stack=stack, workload=record.workload.name, digest=record.digest,
        phase=seen.phase, since=seen.since, reason=seen.reason, created=record.created,
        slot=record.slot, traffic=traffic, weight=weight, drain_started=drain.at if drain else None,
        deaths=_deaths(sighting, seen.phase, now), release=record.release,
        uses=record.workload.uses, config=config,
        said=said if sighting.up else None,
        addresses={
            name: Address(host=sighting.host, port=port) for name, port in record.ports.items()
        },
        pid=sighting.process.pid if sighting.runs else 0,
    )  # fmt: skip


def _phase(sighting: Sighting, health: Health) -> Health:
    """Its phase, since when, and why."""
    match sighting.process.life:
        case Life.RUNNING:
            asked = sighting.marks.get(Mark.STOPPING)
            return _is(Phase.STOPPING, asked.at, asked.why) if asked else health
        case Life.ENDED | Life.LOST:
            return _over(sighting)
        case Life.ABSENT:
            return _not_started(sighting)
        case _:
            assert_never(sighting.process.life)


def _not_started(sighting: Sighting) -> Health:
    marks = sighting.marks
    if failed := marks.get(Mark.FAILED):
        return _is(Phase.DEAD, failed.at, failed.why)
    if asked := marks.get(Mark.STOPPING):
        return _is(Phase.DEAD if asked.failed else Phase.DONE, asked.at, asked.why)
    if (prepared := marks.get(Mark.PREPARED)) and not sighting.in_the_making:
        return _is(Phase.PREPARED, prepared.at, "")
    return _is(Phase.PREPARING, sighting.record.created, "")


def _over(sighting: Sighting) -> Health:
    asked, process = sighting.marks.get(Mark.STOPPING), sighting.process
    if asked:
        return _is(Phase.DEAD if asked.failed else Phase.DONE, sighting.ended, asked.why)
    job = sighting.record.workload.role in {Role.JOB, Role.SCHEDULE}
    if job and process.life is Life.ENDED and process.code == 0:
        return _is(Phase.DONE, sighting.ended, "")
    reason = "restart of the machine" if _with_the_machine(sighting) else how_it_ended(process)
    return _is(Phase.DEAD, sighting.ended, reason)


def how_it_ended(process: ProcessState) -> str:
    """`exit 1`, `killed by SIGKILL`, `oom`, `lost`."""
    if process.life is Life.LOST:
        return "lost"
    if process.reason == "oom":
        return "oom"
    code = process.code or 0
    if code >= 0:
        return f"exit {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def _deaths(sighting: Sighting, phase: Phase, now: datetime) -> int:
    """Its own death included; a life long enough has ended the row before."""
    record = sighting.record
    if phase is Phase.DEAD and _with_the_machine(sighting):
        return record.deaths  # not its fault
    if phase is Phase.DEAD:
        lived = (sighting.ended - sighting.started).total_seconds() if _ran(sighting) else 0.0
        return deaths_in_a_row(record.deaths, lived, record.workload)
    if phase is Phase.DONE:
        return 0
    stable = sighting.runs and now - sighting.started >= record.workload.restarting.stable
    return 0 if stable else record.deaths


def _with_the_machine(sighting: Sighting) -> bool:
    """Whether it was lost because the whole machine was."""
    run = sighting.record.run
    return sighting.process.life is Life.LOST and bool(run) and run != this_run()


def _ran(sighting: Sighting) -> bool:
    return sighting.process.life is not Life.ABSENT


def _is(phase: Phase, since: datetime, reason: str) -> Health:
    return Health(phase=phase, since=since, reason=reason)
