"""What all stores may be promised: backups, standbys, goals. And how their version is written."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from seaway.model.probe import Checks, PartProbe
from seaway.model.quantity import Duration
from seaway.model.settings.code import Zone
from seaway.model.settings.cron import Cron
from seaway.model.settings.form import FORM, Count, Word, word
from seaway.model.standing import Following

Version = Annotated[
    str,
    BeforeValidator(
        lambda given: str(given) if type(given) is int else given, json_schema_input_type=str | int
    ),
    Field(strict=True, pattern=r"^[0-9]{1,3}(\.[0-9]{1,3}){0,2}$"),
]
"""A major version, or more of it. Quoted: `9.10` as a number would be 9.1."""


def store_checks(start: timedelta) -> Checks:
    """How a store is asked how it does (R131).

    There failures of the first minute do not count. Here `start` is a limit after which a server is
    killed: one that reads gigabytes back, or replays its log, must be let finish.
    """
    return Checks(
        ready=PartProbe(),
        live=PartProbe(),
        start=start,
        every=timedelta(seconds=30),
        timeout=timedelta(seconds=10),
        failures=3,
    )


def member_checks(start: timedelta) -> Checks:
    """The same for a store of which another member takes over.

    One that is frozen or cut off is known to be within 2 seconds, and given up after a minute.
    """
    return replace(
        store_checks(start), every=timedelta(seconds=0.4), timeout=timedelta(seconds=0.6),
        failures=2, live_failures=60, again=timedelta(seconds=0.1),
    )  # fmt: skip


class Goals(BaseModel):
    """What a restore must keep; measured by `seaway drill`."""

    model_config = FORM

    rpo: Duration | None = None
    """Most data that may be lost, as time."""
    rto: Duration | None = None
    """Longest time until it serves again."""


class Backup(BaseModel):
    """Where to, how often and for how long a store is saved."""

    model_config = FORM

    to: Word
    """An object store of the `data` section and its bucket (`vault/backups`), a folder
    (`/var/backups`, `./backups`), or `local`: beside the state of the system on this machine."""
    name: Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9_-]{0,40}$")] | None = None
    """How names of its backups begin, before `_backup_` and the date; the system's name if not."""
    full: Cron = "0 2 * * *"
    """When everything is saved: five cron fields, or `hourly`, `daily`, `weekly`, `monthly`."""
    zone: Zone = "UTC"
    """The time zone of `full`."""
    point_in_time: Duration | None = None
    """How far back any moment can be restored; of PostgreSQL only."""
    keep: Mapping[Literal["daily", "weekly", "monthly"], Count] = Field(
        default_factory=dict[Literal["daily", "weekly", "monthly"], int]
    )
    """How many are kept of each; 7 of days when it is not given."""
    goals: Goals = Goals()
    """What is promised of a restore."""
    references: Mapping[Word, Word] = Field(default_factory=dict[str, str])
    """Of PostgreSQL: by bucket (`files/pics`), a query for names of objects that must be in it."""
    drill: Literal["daily", "weekly", "monthly"] | None = None
    """How often a restore is tried."""


class StandbyForm(BaseModel):
    """Copies that follow a store and take over from it."""

    model_config = FORM

    count: Annotated[Count, Field(ge=1, le=5)] = 1
    """How many."""
    failover: Literal["auto", "manual"] = "auto"
    """Who decides that one takes over."""
    lag_max: Duration | None = None
    """How far behind one may be and still be read from, or take over; 10s when it is not given."""
    synchronous: bool = False
    """Whether a change is acknowledged only when every standby that may take over has it on its
    disk. One that is lost may take over no more from then on, and is not waited for."""


Standby = Annotated[
    StandbyForm, BeforeValidator(word("count", int), json_schema_input_type=Count | StandbyForm)
]
"""How many, or the full form."""


def following(standby: StandbyForm | None) -> Following | None:
    """How members follow their leader, by what was written."""
    if standby is None:
        return None
    usual = Following(
        automatic=standby.failover == "auto", synchronous=standby.synchronous
    )  # fmt: skip
    return replace(usual, lag=standby.lag_max) if standby.lag_max else usual
