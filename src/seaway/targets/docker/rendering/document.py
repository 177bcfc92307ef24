"""Document: the compose file of a release."""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from seaway.model.names import Name
from seaway.model.release import Release
from seaway.model.workload import Command, Role, Workload
from seaway.targets.docker.edges import edges
from seaway.targets.docker.rendering.image import Folder
from seaway.targets.docker.rendering.ingress import certificate_of, sealed_hosts
from seaway.targets.docker.rendering.service import Around, edge_name, service
from seaway.targets.docker.rendering.surroundings import Surroundings
from seaway.targets.docker.rendering.yaml_text import Value

ADDRESSES = 64
"""In each network: the engine's own pool ends after thirty networks."""
REGIONS = 16
"""Stacks begin at different places, so that two of them seldom meet."""


def document(
    release: Release, found: Mapping[Name, Surroundings], images: Mapping[Name, Folder],
    configs: Sequence[str], data: Mapping[str, Path],
) -> Mapping[str, Value]:  # fmt: skip
    """All of it; `configs` are the names of files in `config`, `data` folders for volumes.

    Raises:
        StepFailed: an argument would show a secret, or nothing.
    """
    whole: dict[str, Value] = {
        "name": _name(release), "services": dict(_services(release, found, images))
    }  # fmt: skip
    whole["networks"] = dict(_networks(release))
    if volumes := tuple(_volumes(release)):
        whole["volumes"] = {each: _volume(data.get(each)) for each in volumes}
    whole["configs"] = {
        each.partition(".")[0]: {"file": f"./config/{each}"} for each in sorted(configs)
    }
    if names := secrets_of(release, found):
        whole["secrets"] = {each: {"file": f"./secrets/{each}"} for each in names}
    return whole


def secrets_of(release: Release, found: Mapping[Name, Surroundings]) -> tuple[str, ...]:
    """The names of all files of secrets, in order."""
    names = {name for each in found.values() for name in each.secrets}
    return tuple(sorted({*names, *map(certificate_of, sealed_hosts(release.routing))}))


def crontab(release: Release) -> str:
    """The lines for what runs at times; empty where nothing does."""
    return "".join(
        f"# {each.name}, in {each.zone}\n"
        f"{each.schedule} cd /srv/{release.stack} && docker compose run --rm {each.name}\n"
        for each in release.workloads if each.role is Role.SCHEDULE
    )  # fmt: skip


def volumes_of(workload: Workload) -> tuple[str, ...]:
    """Those that Compose keeps; the proxy's files are among the rendered ones."""
    return () if workload.role is Role.PROXY else tuple(each.name for each in workload.volumes)


def _services(
    release: Release, found: Mapping[Name, Surroundings], images: Mapping[Name, Folder]
) -> Iterator[tuple[str, Value]]:
    named = set[str]()
    for each in release.workloads:
        folder, program = images.get(each.name), each.program
        if folder is None:
            given = program.image if isinstance(program, Command) else ""
            around = Around(
                release=release, surroundings=found[each.name], image=given, python=False
            )
        else:
            around = Around(
                release=release, surroundings=found[each.name], image=folder.tag,
                build="" if folder.name in named else f"./images/{folder.name}",
                python=folder.python,
            )  # fmt: skip
            named.add(folder.name)
        yield each.name, service(each, around)


def _name(release: Release) -> str:
    usual = release.environment in {"local", release.target}
    return release.stack if usual else f"{release.stack}-{release.environment}"


def _networks(release: Release) -> Iterator[tuple[str, Value]]:
    digest = int(sha256(_name(release).encode()).hexdigest(), 16)
    begin = digest % REGIONS * (65536 // REGIONS)
    for number, edge in enumerate(edges(release)):
        third, fourth = divmod(begin + number * ADDRESSES, 256)
        subnet = f"${{NETWORKS:-10.84}}.{third}.{fourth}/26"
        yield edge_name(edge), {
            "internal": edge.closed, "ipam": {"config": [{"subnet": subnet}]}
        }  # fmt: skip


def _volume(folder: Path | None) -> Mapping[str, Value]:
    """Made by the engine, or a folder that is there."""
    if folder is None:
        return {}
    return {"driver": "local", "driver_opts": {"type": "none", "o": "bind", "device": str(folder)}}


def _volumes(release: Release) -> Iterator[str]:
    for each in release.workloads:
        yield from (f"{each.name}-{volume}" for volume in volumes_of(each))
