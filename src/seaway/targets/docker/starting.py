"""Starting: fills in what is known only now, and has the engine start the container."""

from seaway.errors import SeawayError
from seaway.model.names import InstanceId
from seaway.model.release import Release
from seaway.targets.docker.containers import Containers
from seaway.targets.docker.creating import provide
from seaway.targets.docker.edges import mine
from seaway.targets.docker.engine import Refused
from seaway.targets.docker.premises import Premises
from seaway.targets.local.asking import in_words
from seaway.targets.local.marks import Happened, Mark, read_mark, write_mark
from seaway.targets.local.record import Record, read_record


async def start(
    name: InstanceId, release: Release, premises: Premises, containers: Containers
) -> None:  # fmt: skip
    """Start a prepared instance; nothing where it has been started, or is over.

    Raises:
        StepFailed: it could not be started; the instance is dead, and carries the reason.
    """
    folder = premises.state.instance(name)
    record, container = read_record(folder), await containers.of(name)
    stopped = any(read_mark(folder, mark) for mark in (Mark.FAILED, Mark.STOPPING))
    if record is None or container is None or stopped or container.state != "created":
        return
    try:
        provide(record, release, premises)
        await premises.networks.join(container.id, release, record.workload.name, record.slot)
        await _expected(record, release, premises, containers)
        await premises.engine.call("POST", f"/containers/{container.id}/start")
    except SeawayError as error:
        now = await containers.of(name)
        if now is None or now.state == "created":
            happened = Happened(premises.clock.now(), in_words(error), failed=True)
            write_mark(folder, Mark.FAILED, happened)
        raise


async def _expected(
    record: Record, release: Release, premises: Premises, containers: Containers
) -> None:  # fmt: skip
    """Those it speaks to may be older than the networks they share with it."""
    name = record.workload.name
    others = {each for edge in mine(release, name) for each in edge.words} - {name}
    for instance, container in (await containers.all()).items():
        near = container.runs and instance.rpartition("-")[0] in others
        if near and (there := container.written()):
            try:
                await premises.networks.join(container.id, release, there.workload.name, there.slot)
            except Refused as refused:
                if not (refused.missing or refused.there_already):  # else it is just going
                    raise
