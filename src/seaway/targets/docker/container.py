"""Container: what the engine is asked to make for one instance."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seaway.model.json import Json
from seaway.model.workload import Command, Program, Role, Server
from seaway.targets.docker.belonging import INSTANCE, RECORD
from seaway.targets.docker.foreign import argv_of, is_foreign
from seaway.targets.docker.premises import Premises, owner
from seaway.targets.local import package_files
from seaway.targets.local.outfit import argument, secret_variables
from seaway.targets.local.record import Record
from seaway.values import dumped

STATIC = "static"
"""The part whose files are made or kept on this machine."""
ENV = "env.sh"
"""In the run folder: what the program finds in its environment, for a shell to read."""
INSIDE = "seaway.targets.docker.inside"
BEGIN = '. "$0" && exec "$@"'
"""Nothing of an environment that may hold secrets is known to the engine."""
PASSWD = "passwd"  # noqa: S105 -- the name of a file that holds none
"""In the run folder: some servers want to know by what name they run."""
SHARED_MEMORY = 256 << 20
"""Bytes of /dev/shm: PostgreSQL keeps what its workers share there."""
SCRATCH = "rw,nosuid,nodev,size=1073741824,mode=1777"
FEW_PIDS = 4096
"""Where the stack file says nothing: no program may take all of them from the machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What there must be before a container can be."""

    image: str
    network: tuple[str, Json]
    """Its first, by name, and how it is found there."""
    env: Mapping[str, str]
    """Variables that hold no secret: they may stand in arguments."""


def wish(record: Record, premises: Premises, made: Made) -> Json:
    """The body of `containers/create`; no secret is in it.

    Raises:
        StepFailed: an argument would show a secret, or nothing.
    """
    who, workload = owner(), record.workload
    name, found_as = made.network
    return {
        "Image": made.image,
        "Hostname": record.id,
        "User": f"{who.uid}:{who.gid}",
        "Entrypoint": [],
        "Cmd": list(_words(record, premises, made.env)),
        "Labels": {
            **premises.belonging.labels(),
            "seaway.workload": workload.name, INSTANCE: record.id, "seaway.slot": str(record.slot),
            "seaway.digest": record.digest, "seaway.release": str(record.release),
            "seaway.deaths": str(record.deaths), RECORD: dumped(record),
        },
        "Healthcheck": {"Test": ["NONE"]},
        "StopSignal": workload.stopping.signal,
        "ExposedPorts": {f"{port}/tcp": {} for port in record.ports.values()},
        "HostConfig": _host(record, premises, name),
        "NetworkingConfig": {"EndpointsConfig": {name: found_as}},
    }  # fmt: skip


def _words(record: Record, premises: Premises, env: Mapping[str, str]) -> Iterator[str]:
    """The command line."""
    run, program = premises.run_folder(record), record.workload.program
    if is_foreign(program):
        yield from argv_of(record, premises)
        return
    if isinstance(program, Server):
        yield from ("python", "-m", INSIDE, str(run))
        return
    secret = secret_variables(record.workload)
    yield from in_surroundings(run, [argument(each, env, secret) for each in program.argv])


def in_surroundings(run: Path, argv: Sequence[str]) -> tuple[str, ...]:
    """A command with the environment of an instance."""
    return ("/bin/sh", "-c", BEGIN, str(run / ENV), *argv)


def _host(record: Record, premises: Premises, network: str) -> Json:
    limits, logs = record.workload.limits, record.workload.logs
    wished: dict[str, Json] = {
        "NetworkMode": network,
        "RestartPolicy": {"Name": "no"},  # who died is replaced; the engine must not be faster
        "Init": True,
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges"],
        "Tmpfs": {"/tmp": SCRATCH},  # noqa: S108 -- of the container, and in memory
        "ShmSize": SHARED_MEMORY,
        "PidsLimit": limits.pids or FEW_PIDS,
        "LogConfig": {
            "Type": "json-file",
            "Config": {"max-size": str(logs.size), "max-file": str(max(logs.files, 1))},
        },
        "Mounts": list(_mounts(record, premises)),
        "PortBindings": _published(record, premises.public),
    }
    if limits.cpu:
        wished["NanoCpus"] = int(limits.cpu * 1_000_000_000)
    if limits.memory:
        wished |= {"Memory": limits.memory, "MemorySwap": limits.memory}
    if limits.files:
        wished["Ulimits"] = [{"Name": "nofile", "Soft": limits.files, "Hard": limits.files}]
    return wished


def _mounts(record: Record, premises: Premises) -> Iterator[Json]:
    """All under the paths they have on this machine, so that either side may name them."""
    run, program = premises.run_folder(record), record.workload.program
    yield _mount(run)
    for folder in premises.data(record).values():
        yield _mount(folder)
    if shown := record.output or _folder_shown(program):
        yield _mount(Path(shown), read_only=True)
    if isinstance(program, Command) and program.files:
        yield _mount(package_files.folder(premises.outside), read_only=True)
    if isinstance(program, Server):
        yield _mount(run / PASSWD, Path("/etc/passwd"), read_only=True)


def _folder_shown(program: Program) -> str:
    """The folder of a front end that is served as it is."""
    if not isinstance(program, Server) or program.part != STATIC:
        return ""
    return str(program.settings.get("root", ""))


def _mount(source: Path, target: Path | None = None, *, read_only: bool = False) -> Json:
    return {
        "Type": "bind", "Source": str(source), "Target": str(target or source),
        "ReadOnly": read_only,
    }  # fmt: skip


def _published(record: Record, address: str) -> Json:
    """The ports of the proxy; everything else is reached by the networks of the stack only."""
    if record.workload.role is not Role.PROXY:
        return {}
    return {
        f"{port}/tcp": [{"HostIp": address, "HostPort": str(port)}]
        for port in record.ports.values()
    }
