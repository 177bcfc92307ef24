"""Project: everything that Compose needs for a stack."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files as resources
from pathlib import Path
from typing import cast

from seaway.model.finding import Finding, Place, Severity
from seaway.model.names import InstanceId, Name
from seaway.model.probe import Checks, GrpcProbe
from seaway.model.release import Release
from seaway.model.text import Text
from seaway.model.workload import Command, Role, Rollout, Server, Workload
from seaway.ports.component import SecretNeed
from seaway.targets.docker.images import own
from seaway.targets.docker.images.images import OURS as SEAWAYS
from seaway.targets.docker.images.images import OWN
from seaway.targets.docker.images.trees import copied
from seaway.targets.docker.inside import Told
from seaway.targets.docker.rendering.document import (
    crontab,
    document,
    secrets_of,
    volumes_of,
)
from seaway.targets.docker.rendering.image import Folder, Workshop, of_seaway
from seaway.targets.docker.rendering.ingress import FOLDER, ingress_files, sealed_hosts
from seaway.targets.docker.rendering.secret_files import secret_script
from seaway.targets.docker.rendering.service import WEB, config_of
from seaway.targets.docker.rendering.surroundings import FILES, folder_of, surroundings
from seaway.targets.docker.rendering.yaml_text import yaml_text
from seaway.targets.local.volumes import Volumes
from seaway.values import dumped

HEAD = "# Written by `seaway render`; the next one writes it anew.\n"
"""How the file begins by which a folder is known to be ours."""
COMPOSE, SECRETS = "compose.yaml", "secrets.sh"
OURS = ("images", "config", "files")
"""Folders that are removed before they are written again; secrets are never touched."""
PASSWD = "root:x:0:0::/:/bin/false\nseaway:x:10001:10001::/tmp:/bin/sh\n"  # noqa: S105 -- none
NO_DATA: Mapping[str, Path] = {}
NOT_ALONE = frozenset({"gate", "milvus", "mongo", "pebble", "pebble-names"})
"""Parts that need Seaway beside them, or are not in an image."""


@dataclass(slots=True)
class Project:
    """Files by name, what is copied, and the folders of images by workload."""

    files: dict[str, str] = field(default_factory=dict[str, str])
    copies: dict[str, Path] = field(default_factory=dict[str, Path])
    images: dict[Name, Folder] = field(default_factory=dict[Name, Folder])
    secrets: tuple[str, ...] = ()
    """The names of the files that must be in `secrets`."""

    def write(self, there: Path) -> None:
        """Into that folder; what an earlier one wrote is replaced, once all of this is there."""
        there = there.resolve()
        draft = there.with_name(f".{there.name}.{os.getpid()}")
        try:
            self._draft(draft)
            there.mkdir(exist_ok=True)
            for name in OURS:
                shutil.rmtree(there / name, ignore_errors=True)
                if (draft / name).exists():
                    (draft / name).replace(there / name)
            for each in [each for each in draft.rglob("*") if not each.is_dir()]:
                place = there / each.relative_to(draft)
                place.parent.mkdir(exist_ok=True)
                each.replace(place)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _draft(self, there: Path) -> None:
        there.mkdir(parents=True)
        for name, text in self.files.items():
            _write(there / name, text.encode())
            (there / name).chmod(0o755 if text.startswith("#!") else 0o644)
        for name, source in self.copies.items():
            _copy(source, there / name)
        for image in {each.name: each for each in self.images.values()}.values():
            folder = there / "images" / image.name
            for name, data in image.context.files.items():
                _write(folder / name, data)
            for name, source in image.context.folders.items():
                _copy(source, folder / name)


def ours(folder: Path) -> bool:
    """Whether it may be written into: it is empty, not there, or was written by us."""
    try:
        return (folder / COMPOSE).read_text("utf-8").startswith(HEAD)
    except FileNotFoundError:
        return not folder.exists() or not any(folder.iterdir())


def data_of(release: Release, volumes: Volumes) -> Mapping[str, Path]:
    """The folders of a stack that runs on the Docker target, by what Compose calls them."""
    return {
        f"{each.name}-{name}": folder
        for each in release.workloads if volumes_of(each)
        for name, folder in volumes.folders(each, 0).items()
    }  # fmt: skip


def shortcomings(release: Release) -> Iterator[Finding]:
    """What Compose cannot do of it, and what people must do in its place."""
    for each in release.workloads:
        at, part = Place(path=each.component), getattr(each.program, "part", "")
        if part in NOT_ALONE or (each.role is Role.STORE and each.replicas > 1):
            yield Finding(code="SW283", at=at, facts={"component": each.component})
        if isinstance(each.checks.ready or each.checks.live, GrpcProbe):
            facts = {"component": each.component}
            yield Finding(code="SW284", at=at, severity=Severity.WARNING, facts=facts)
    for host in sealed_hosts(release.routing):
        yield Finding(code="SW285", severity=Severity.WARNING, facts={"host": host})


async def project(
    release: Release, needs: Sequence[SecretNeed], workshop: Workshop,
    data: Mapping[str, Path] = NO_DATA,
) -> Project:  # fmt: skip
    """All of it but what people read; `data` are folders that are there, by volume.

    Raises:
        StepFailed: something that belongs into it cannot be had.
    """
    made = Project(images=await _images(release, workshop))
    found = {each.name: surroundings(each, release) for each in release.workloads}
    configs = {"health.py": _health(), "passwd": PASSWD}
    for each in release.workloads:
        if script := found[each.name].script:
            configs[f"{config_of(each, 'env')}.sh"] = script
        if isinstance(each.program, Server):
            told = await _told(each, each.program, made, workshop)
            configs[f"{config_of(each, 'told')}.json"] = dumped(told) + "\n"
        elif each.program.files:
            await _add_packages(each.program, made, workshop)
        if each.role is Role.PROXY:
            files = ingress_files(each, release).items()
            made.files |= {f"config/ingress/{name}": text for name, text in files}
    made.files |= {f"config/{name}": text for name, text in configs.items()}
    whole = document(release, found, made.images, tuple(configs), data)
    made.secrets = secrets_of(release, found)
    wanted = [each for each in needs if {each.name, each.public} & {*made.secrets}]
    made.files |= {
        COMPOSE: HEAD + yaml_text(whole),
        SECRETS: secret_script(wanted, sealed_hosts(release.routing)),
        "secrets/.gitignore": "*\n!.gitignore\n",
    }
    if lines := crontab(release):
        made.files["schedules.crontab"] = lines
    return made


async def _images(release: Release, workshop: Workshop) -> dict[Name, Folder]:
    """By workload; an equal one is the same object, and one that is given is not among them."""
    kept = [folder_of(each, name) for each in release.workloads for name in volumes_of(each)]
    known: dict[tuple[str, ...], Folder] = {}
    found: dict[Name, Folder] = {}
    for each in release.workloads:
        program = each.program
        if isinstance(program, Command) and program.build:
            build = program.build
            key: tuple[str, ...] = (build.folder, build.command, program.image)
            if key not in known:
                name = f"{release.stack}-{each.component}"
                known[key] = await workshop.of_source(name, build, program.image)
        elif isinstance(program, Command) and program.image and program.image not in OWN:
            continue
        else:
            which = program.image.removeprefix(SEAWAYS)
            which = which if which in own.SPECIAL else own.PARTS
            key = (which,)
            if key not in known:
                folders = kept if which != own.MODELS else ()
                known[key] = of_seaway(f"{release.stack}-{which}", which, folders)
        found[each.name] = known[key]
    return found


async def _told(workload: Workload, program: Server, made: Project, workshop: Workshop) -> Told:
    """What a part must know; its files come along. No path of this machine is in it."""
    settings = dict(program.settings)
    if program.part == "static":
        output = (await workshop.builds.make(program.build))[1] if program.build else None
        made.copies[f"files/{workload.name}"] = output or Path(str(settings["root"]))
        settings["root"] = WEB
    if patterns := cast("list[str]", settings.get("init")):
        settings["init"] = [
            f"{FILES}/{workload.name}/{number}/*" for number in range(len(patterns))
        ]
        for number, pattern in enumerate(patterns):
            for file in sorted(_found(pattern)):
                made.copies[f"files/{workload.name}/{number}/{file.name}"] = file
    plain = replace(program, settings=settings, build=None, choice="", argv=(), image="")
    names = dict.fromkeys(workload.env, Text())
    little = replace(
        workload, program=plain, env=names, checks=Checks(), rollout=Rollout(), scaling=None
    )
    volumes = {each.name: folder_of(workload, each.name) for each in workload.volumes}
    if workload.role is Role.PROXY:
        volumes = dict.fromkeys(volumes, FOLDER)
    return Told(
        instance=InstanceId(workload.name), workload=little, ports=workload.ports, env={},
        volumes=volumes, output=WEB if program.part == "static" else "",
    )  # fmt: skip


async def _add_packages(program: Command, made: Project, workshop: Workshop) -> None:
    await workshop.builds.fetch(program.files, lambda _: None)
    for each in program.files:
        made.copies[f"files/packages/{each.name}"] = workshop.packages / each.name


def _found(pattern: str) -> Iterator[Path]:
    return Path("/").glob(pattern.lstrip("/"))


def _health() -> str:
    return (resources("seaway.targets.docker.rendering") / "health.py").read_text("utf-8")


def _copy(source: Path, there: Path) -> None:
    there.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        copied(source, there)
    else:
        shutil.copyfile(source, there)


def _write(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
