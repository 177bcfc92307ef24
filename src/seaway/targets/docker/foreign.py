"""Foreign: parts whose server runs in the image of its makers, in which nothing is of Seaway."""

from collections.abc import Mapping
from pathlib import Path

from seaway.model.instance import Address
from seaway.model.workload import Program, Role, Server
from seaway.targets.docker.edges import member
from seaway.targets.docker.premises import ANYWHERE, Premises
from seaway.targets.local.part import Found, Launch, Part, Placement
from seaway.targets.local.premises import Shelf
from seaway.targets.local.record import Record

FOREIGN = frozenset({"mongo"})
"""Their servers come with no package that may be brought along. What others are asked inside of
their containers, these are asked from outside."""
_SHELF = Shelf()


def is_foreign(program: Program) -> bool:
    """Whether it is the server of such a part."""
    return isinstance(program, Server) and program.part in FOREIGN


def part_of(server: Server) -> Part:
    """What knows its command line, its configuration, and how it is asked.

    Raises:
        PartMissing: what it is asked with is not installed.
    """
    return _SHELF.part(server.part)


def launch_of(record: Record, premises: Premises, env: Mapping[str, str]) -> Launch:
    """What is executed in its container, and the files that it reads there; `env` with secrets."""
    place = placed(record, premises, env, ANYWHERE, {})
    return part_of(place.server).launch(place)


def argv_of(record: Record, premises: Premises) -> tuple[str, ...]:
    """What is executed, for which no secret has to be known."""
    return launch_of(record, premises, dict.fromkeys(record.workload.env, "")).argv


def placed(
    record: Record, premises: Premises, env: Mapping[str, str], host: str, doors: Mapping[str, str]
) -> Placement:  # fmt: skip
    """Where it lives; it is reached at `host`, each member of its store by its name in `doors`."""
    workload, server = record.workload, record.workload.program
    if not isinstance(server, Server):
        raise TypeError(workload.name)
    program = server.argv[0]
    return Placement(
        instance=record.id, workload=workload, server=server, folder=premises.run_folder(record),
        volumes=premises.data(record), host=host, listening=ANYWHERE, ports=record.ports, env=env,
        found=Found(version="", origin=server.image, programs={program: Path(program)}),
        slot=record.slot, doors=doors,
        members={int(slot): each for slot, each in members_of(record).items()},
    )  # fmt: skip


def members_of(record: Record) -> dict[str, dict[str, Address]]:
    """All of its store, by slot: each has a name that is the same for ever."""
    workload = record.workload
    if workload.role is not Role.STORE:
        return {}
    return {
        str(slot): {
            name: Address(host=member(workload.name, slot), port=port)
            for name, port in workload.ports.items()
        }
        for slot in sorted({*range(workload.replicas), record.slot})
    }
