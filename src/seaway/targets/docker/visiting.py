"""Visiting: asks servers that run in images of others, as their part asks them, from outside."""

from collections.abc import Callable, Mapping, Sequence

from seaway.errors import StepFailed
from seaway.model.names import InstanceId
from seaway.model.release import Release
from seaway.model.standing import Said
from seaway.targets.docker.creating import environment
from seaway.targets.docker.edges import member
from seaway.targets.docker.foreign import part_of, placed
from seaway.targets.docker.premises import Premises
from seaway.targets.docker.speaking import ALIVE, SETTLE
from seaway.targets.local.part import Lives, NotReady, Output, Placement
from seaway.targets.local.record import Record, records


class Visiting:
    """From this machine, which is in every network of its engine."""

    def __init__(self, premises: Premises, host_of: Callable[[InstanceId], str]) -> None:
        """`host_of` tells where the ports of an instance are reached."""
        self._premises, self._host_of = premises, host_of
        self._envs: dict[InstanceId, Mapping[str, str]] = {}

    async def ask(self, record: Record, question: str) -> Said | None:
        """Put one of the questions that parts are asked; what it is among the others.

        Raises:
            NotReady: a no.
        """
        place = self._place(record)
        part = part_of(place.server)
        if question == SETTLE:
            await part.settle(place, _no_command)
        elif question == ALIVE and isinstance(part, Lives):
            await part.alive(place)
        else:
            return await part.ready(place)
        return None

    def doors(self, record: Record) -> Mapping[str, str]:
        """Where each member of its store is reached, by its name; empty if nowhere."""
        store = record.workload.name
        there = [each for each in records(self._premises.state) if each.workload.name == store]
        doors = {member(store, slot): "" for slot in range(record.workload.replicas)}
        return doors | {
            member(store, each.slot): found
            for each in there if (found := self._host_of(each.id))
        }  # fmt: skip

    def forget(self, name: InstanceId) -> None:
        """It will not be asked again."""
        self._envs.pop(name, None)

    def _place(self, record: Record) -> Placement:
        host = self._host_of(record.id)
        if not host:
            raise NotReady("it has no address yet")
        if record.id not in self._envs:  # asked many times a second while it starts
            self._envs[record.id] = self._env(record)
        doors = self.doors(record)
        return placed(record, self._premises, self._envs[record.id], host, doors)

    def _env(self, record: Record) -> Mapping[str, str]:
        """Its own secrets: it is told the address of nobody."""
        release = Release(stack=self._premises.stack, target="docker")
        return environment(record, release, self._premises)


async def _no_command(
    argv: Sequence[str], *, env: Mapping[str, str] | None = None, stdin: str = "",
    limit: float = 60.0,
) -> Output:  # fmt: skip
    """In an image of others there may be none."""
    del env, stdin, limit
    raise StepFailed("SW245", command=argv[0])
