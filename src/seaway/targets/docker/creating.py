"""Creating: everything a new container needs, made before anything runs."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial

from seaway.errors import SeawayError, StepFailed
from seaway.model.json import Json
from seaway.model.names import InstanceId
from seaway.model.release import Release
from seaway.model.workload import Command, Server
from seaway.plan.steps import Create
from seaway.targets.docker.container import ENV, PASSWD, Made, wish
from seaway.targets.docker.engine import Id
from seaway.targets.docker.filling import Filler
from seaway.targets.docker.foreign import is_foreign, launch_of, members_of
from seaway.targets.docker.inside import MORE, PLACE, Told, exports
from seaway.targets.docker.premises import Premises, owner
from seaway.targets.docker.reading import text
from seaway.targets.docker.removing import remove_container
from seaway.targets.leading.leads import LeadFile
from seaway.targets.local.asking import in_words
from seaway.targets.local.belongings import write_private
from seaway.targets.local.creating import make_run_folder, tell
from seaway.targets.local.marks import Happened, Mark, write_mark
from seaway.targets.local.record import Record, new_folder, write_record
from seaway.targets.local.uptime import this_run
from seaway.values import dumped


async def create(step: Create, name: InstanceId, release: Release, premises: Premises) -> Record:
    """Make a container for a slot, and what it needs.

    Raises:
        StepFailed: it did not work; the instance is there, dead, and carries the reason.
    """
    clock = premises.clock
    record = Record(
        id=name, workload=step.workload, digest=step.workload.digest, slot=step.slot,
        deaths=step.deaths, created=clock.now(), release=release.number, run=this_run(),
    )  # fmt: skip
    with new_folder(premises.state, record) as folder:
        try:
            record = await _made(record, release, premises)
        except SeawayError as error:
            write_mark(folder, Mark.FAILED, Happened(clock.now(), in_words(error), failed=True))
            raise
        except OSError as error:
            why = error.strerror or str(error)
            write_mark(folder, Mark.FAILED, Happened(clock.now(), why, failed=True))
            raise StepFailed("SW261", instance=record.id, problem=why) from error
        write_mark(folder, Mark.PREPARED, Happened(clock.now()))
    return record


async def _made(record: Record, release: Release, premises: Premises) -> Record:
    """Image, ports, files, volumes, networks, and the container: each may need the one before."""
    workload, folder = record.workload, premises.state.instance(record.id)
    image = await _image(record, premises)
    output = await _output(record, premises)
    record = replace(record, ports=premises.allotted(workload), output=output)
    write_record(folder, record)
    premises.ports.keep_promise(record.ports.values())
    if isinstance(workload.program, Command) and workload.program.files:
        say = partial(tell, premises.state, record)
        await premises.builds.fetch(workload.program.files, say)
    premises.volumes.provide(workload, record.slot, owner())
    make_run_folder(premises.state, record.id, owner())
    write_private(str(premises.run_folder(record) / PASSWD), _passwd(), _both())
    network = await premises.networks.first(release, workload.name, record.slot)
    made = Made(image=image, network=network, env=_plain(record, release, premises))
    container = await _contained(record, premises, wish(record, premises, made))
    await premises.networks.join(container, release, workload.name, record.slot)
    return record


async def _contained(record: Record, premises: Premises, body: Json) -> Id:
    """Have the engine make it. It does not stop for one who goes away meanwhile."""
    path, query = "/containers/create", {"name": premises.belonging.named(record.id)}
    making = asyncio.ensure_future(premises.engine.call("POST", path, query=query, body=body))
    try:
        return Id(text(await asyncio.shield(making), "Id"))
    except asyncio.CancelledError:
        with suppress(SeawayError):
            await making
            await remove_container(premises, record.id)
        raise


async def _image(record: Record, premises: Premises) -> str:
    try:
        return await premises.images.ensure(record.workload)
    except StepFailed as error:
        if said := error.facts.get("output"):
            tell(premises.state, record, str(said))
        raise


async def _output(record: Record, premises: Premises) -> str:
    """The files of a web front end, made on this machine as its stack file says."""
    program = record.workload.program
    if not isinstance(program, Server) or program.build is None:
        return ""
    try:
        _, output = await premises.builds.make(program.build)
    except StepFailed as error:
        tell(premises.state, record, str(error.facts.get("output") or in_words(error)))
        raise
    return str(output or "")


def environment(record: Record, release: Release, premises: Premises) -> Mapping[str, str]:
    """All variables of an instance, those that hold secrets too.

    Raises:
        StepFailed: an address it needs is not there.
        UsageError: a secret does not exist.
    """
    return _filler(record, release, premises).env()


def _filler(record: Record, release: Release, premises: Premises) -> Filler:
    return Filler(
        vault=premises.vault, outside=premises.outside, record=record,
        volumes=premises.data(record), run_folder=premises.run_folder(record),
        release=release, services=premises.services,
    )  # fmt: skip


def _plain(record: Record, release: Release, premises: Premises) -> dict[str, str]:
    """The variables that hold no secret."""
    filler = _filler(record, release, premises)
    env = record.workload.env.items()
    return {name: filler.fill(each) for name, each in env if not each.secret}


def provide(record: Record, release: Release, premises: Premises) -> None:
    """Write what a container reads when it starts; secrets are in memory only, and only its own.

    Raises:
        StepFailed: an address it needs is not there.
        UsageError: a secret does not exist.
    """
    make_run_folder(premises.state, record.id, owner())
    run, filler = premises.run_folder(record), _filler(record, release, premises)
    env = filler.env()
    files = dict(filler.files)
    if is_foreign(record.workload.program):
        files |= launch_of(record, premises, env).files
    elif isinstance(record.workload.program, Server):
        files[PLACE] = dumped(
            Told(
                instance=record.id, workload=record.workload, ports=record.ports, env=env,
                volumes={name: str(each) for name, each in premises.data(record).items()},
                output=record.output, slot=record.slot, members=members_of(record),
                lead=LeadFile(premises.state.root).of(record.workload.name),
            )
        )  # fmt: skip
    surroundings = {
        "HOME": str(next(iter(premises.data(record).values()), run)), "LANG": "C.UTF-8",
        "TZ": premises.outside.get("TZ", "UTC"), "PYTHONUNBUFFERED": "1", **env,
    }  # fmt: skip
    files[ENV] = exports(surroundings)
    if isinstance(record.workload.program, Server):
        files[ENV] += f"[ ! -r {run / MORE} ] || . {run / MORE}\n"
    files[PASSWD] = _passwd()
    for name, content in files.items():
        if name == PASSWD and (run / PASSWD).exists():
            continue
        (run / name).unlink(missing_ok=True)
        write_private(str(run / name), content, _both())


def _passwd() -> str:
    who = owner()
    return f"root:x:0:0::/:/bin/false\nseaway:x:{who.uid}:{who.gid}::/tmp:/bin/sh\n"


def _both() -> tuple[int, int]:
    who = owner()
    return who.uid, who.gid
