"""The gate: the one address of a store with members, one for writing and one for reading."""

from datetime import timedelta

from seaway.model.names import Name
from seaway.model.probe import Checks, PartProbe
from seaway.model.text import Host, Port, Text
from seaway.model.workload import Limits, LogKeeping, Role, Server, Stopping, Workload

WRITE, READ = "write", "read"
MEMBER = "MEMBER_"
"""Start of the variables that hold where the members are, by slot: `127.0.0.1:14000`."""
CHECKS = Checks(
    ready=PartProbe(), live=PartProbe(), every=timedelta(seconds=2), timeout=timedelta(seconds=2),
    failures=2, live_failures=10,
)  # fmt: skip
MEMORY = 128 * 2**20
PER_CONNECTION = 40 * 2**10
"""Bytes; two buffers of 16 KiB and what belongs to them (HAProxy, `tune.bufsize`)."""


def gate_of(store: Name) -> Name:
    """What the gate of a store is called."""
    return Name(f"{store}-gate")


def gate(store: Name, port: str, members: int, connections: int, logs: LogKeeping) -> Workload:
    """Before a store of so many members, each with so many connections."""
    most = 2 * connections
    return Workload(
        name=gate_of(store),
        component=store,
        role=Role.GATE,
        program=Server(
            part="gate",
            settings={"connections": most},
            image="haproxy:2.8-alpine",
        ),
        env={
            f"{MEMBER}{slot}": Text.of(
                Host(workload=store, slot=slot), ":", Port(workload=store, port=port, slot=slot)
            )
            for slot in range(members)
        },
        ports={WRITE: 5432, READ: 5433},
        uses=(store,),
        checks=CHECKS,
        limits=Limits(memory=MEMORY + 2 * most * PER_CONNECTION),
        stopping=Stopping(signal="SIGUSR1", grace=timedelta(seconds=5)),
        logs=logs,
    )
