"""Move: what of a stack can be taken to another environment, and whether it got there whole."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from seaway.engine.backup import ORDER
from seaway.engine.drill import Content, restored_content
from seaway.engine.reaching import Stores
from seaway.errors import UsageError
from seaway.model.backup import Destination, Saving
from seaway.model.release import Release
from seaway.model.workload import Role, Workload
from seaway.ports.component import SecretNeed
from seaway.ports.saving import KEY
from seaway.ports.vault import Vault

KEEPING = frozenset({Role.STORE, Role.GATE})
"""What runs while data is taken: nobody else writes."""


def everything(release: Release, there: Release) -> tuple[Saving, ...]:
    """All stores, whether they are saved at other times or not.

    Raises:
        UsageError: SW866, one has no counterpart there; SW867, one cannot be taken whole.
    """
    stores = [each for each in release.workloads if each.role is Role.STORE and each.volumes]
    for each in stores:
        other = there.find(each.name)
        if other is None or _part(other) != _part(each):
            raise UsageError("SW866", store=each.name, environment=there.environment)
        if _part(each) not in ORDER or _clustered(each) or _clustered(other):
            raise UsageError("SW867", store=each.name)
    return tuple(
        Saving(store=each.name, part=_part(each), destination=Destination()) for each in stores
    )  # fmt: skip


def _part(workload: Workload) -> str:
    return str(getattr(workload.program, "part", ""))


def _clustered(workload: Workload) -> bool:
    """Whether each member has other data."""
    return _part(workload) == "redis" and workload.replicas > 1


def quiet(release: Release) -> Release:
    """Its stores and nothing else: what they hold does not change any more."""
    kept = tuple(each for each in release.workloads if each.role in KEEPING)
    routing = type(release.routing)()
    stores = replace(release, workloads=kept, savings=(), routing=routing)
    return replace(stores, number=0, created=None, why="move")


async def held(
    target: Stores, release: Release, savings: Sequence[Saving]
) -> Mapping[str, Content]:  # fmt: skip
    """What each store holds now: a figure for each table, object, collection or database."""
    return {each.store: await restored_content(target, release, each) for each in savings}


def differing(before: Mapping[str, Content], after: Mapping[str, Content]) -> Iterator[str]:
    """By name, what is not the same in both."""
    for store, mine in before.items():
        other = after[store]
        for name in sorted(mine.keys() | other.keys()):
            if mine.get(name) != other.get(name):
                yield f"{store}: {name}"


def carry(mine: Vault, theirs: Vault, needs: Sequence[SecretNeed]) -> None:
    """Secrets that Seaway made go with the data; what people gave for that environment stays.

    The key of the backups there stays, too: older ones are opened by it.
    """
    made = {each.name for each in needs if each.generate} | {each.public for each in needs}
    known = theirs.versions()
    for name in mine.versions():
        if name in known and (name == KEY or name not in made):
            continue
        if name not in known or theirs.read(name) != mine.read(name):
            theirs.write(name, mine.read(name))
