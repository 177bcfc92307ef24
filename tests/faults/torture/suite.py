"""Suite: every torture test, by number. `docs/guides/torture.md` says what each promises."""

import importlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from tests.faults.torture.trial import Trial

Torture = Callable[[Trial], Awaitable[None]]


@dataclass(frozen=True)
class Entry:
    """One test: a module of this folder with one asynchronous function."""

    number: str
    title: str
    place: str
    """`module:function`; loaded when it is run."""
    minutes: float = 10.0
    """Longest time of the full form."""
    short: float = 2.0
    """Minutes of the short one, on a machine that does other things as well."""
    root: bool = False
    """Whether only root can make its faults."""
    targets: tuple[str, ...] = ("local",)
    """The platforms that it can hurt."""
    often: bool = True
    """Whether CI runs its short form; others are run by the runner alone."""

    @property
    def function(self) -> Torture:
        module, _, name = self.place.partition(":")
        torture: Torture = getattr(importlib.import_module(f"{__package__}.{module}"), name)
        return torture


SUITE: tuple[Entry, ...] = (
    Entry("T01", "services killed", "services:killed_services"),
    Entry("T02", "supervisors killed", "supervisors:killed_supervisors"),
    Entry("T03", "log pump killed", "log_pump:killed_pump", minutes=8),
    Entry("T04", "trees that will not go", "trees:hostile_trees"),
    Entry("T05", "numbers of processes used again", "strangers:reused_numbers", root=True),
    Entry("T06", "calls of the system refused", "refusals:refused_calls", minutes=30),
    Entry("T07", "power lost", "power:cut_power", minutes=15, root=True),
    Entry("T08", "disk trouble", "trouble:disk_trouble", minutes=15, root=True),
    *(
        replace(each, targets=("local", "docker"))
        for each in (
            Entry("T09", "releases under load", "rollouts:rollouts", minutes=15),
            Entry("T10", "rude applications released", "rollouts:rude_apps", minutes=15),
            Entry("T11", "streams across releases", "streams:long_streams", minutes=14),
            Entry("T12", "deploys killed", "interrupted:killed_deploys", minutes=15),
            Entry("T13", "kept connections ended", "adversary:ended_connections"),
            Entry("R08", "copies taken away", "shrinking:scale_downs", minutes=15),
            Entry("R09", "one life of a stack", "together:one_life", often=False),
        )
    ),
    Entry("T14", "leaders of a store struck", "primaries:hurt_primaries", minutes=10),
    Entry("R84", "nodes of a Redis cluster struck", "clusters:hurt_nodes", minutes=12),
    Entry("T15", "backups damaged", "damages:damaged_backups", minutes=24, short=4),
    Entry("T16", "moments restored", "backups:moments", minutes=20, short=4),
    Entry("T17", "backups killed", "kills:killed_backups", minutes=24, short=4),
    Entry("D12", "keys and objects", "keys_and_objects:keys_and_objects", minutes=15, short=4),
    *(
        replace(each, minutes=30, short=4, often=False)
        for each in (
            Entry("T07B", "power lost under stores", "stores_on_disks:cut_power", root=True),
            Entry("T08B", "disks of data full", "stores_on_disks:full_disks", root=True),
            Entry("T15B", "backups in a bucket damaged", "damages:damaged_bucket"),
            Entry("T17B", "backups to a bucket killed", "kills:killed_to_bucket"),
        )
    ),
    Entry("T19", "workers and brokers of jobs", "jobs:hurt_workers", minutes=30, short=6),
    Entry("T22", "canaries as secrets", "leaks:leaks", minutes=20, short=5),
    Entry("S06", "crash loops", "loopers:crash_loops"),
    Entry("S07", "pauses after deaths", "virtual:pauses"),
    Entry("S08", "memory hogs", "hogs:memory_hogs"),
    Entry("S12", "order of starts and stops", "virtual:orders"),
    Entry("S13", "grace of a stop", "hogs:graces"),
    Entry("S14", "order of real processes", "live_order:live_orders"),
)
