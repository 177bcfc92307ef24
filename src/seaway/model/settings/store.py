"""What all stores may be promised: backups, standbys, goals. And how their version is written."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from seaway.model.probe import Checks, PartProbe
from seaway.model.quantity import Duration
from seaway.model.settings.form import FORM, Count, Word, word

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
    """An object store of the `data` section."""
    full: Word = "0 2 * * *"
    """When everything is saved, as five cron fields."""
    point_in_time: Duration | None = None
    """How far back any moment can be restored."""
    keep: Mapping[Literal["daily", "weekly", "monthly"], Count] = Field(
        default_factory=dict[Literal["daily", "weekly", "monthly"], int]
    )
    """How many are kept of each."""
    goals: Goals = Goals()
    """What is promised of a restore."""
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
    """How far behind one may be and still take over."""


Standby = Annotated[
    StandbyForm, BeforeValidator(word("count", int), json_schema_input_type=Count | StandbyForm)
]
"""How many, or the full form."""
