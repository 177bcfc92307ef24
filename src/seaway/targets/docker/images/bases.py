"""Bases: the images that others are built on: had from a registry, and asked what is in them."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict, cast

from seaway.durable import make_folder, write_whole
from seaway.errors import StepFailed
from seaway.model.json import Json
from seaway.targets.docker.engine import Engine, Refused
from seaway.targets.docker.images.telling import Say, told

PYTHON = "python:3.11-slim"
"""What programs start from where nothing else is asked for."""
OLDEST_PYTHON = (3, 11)
ASKING = 60.0
"""Seconds for a container to say what is in it."""
_QUESTION = """
import json, os, platform, sys
from pathlib import Path
status = Path("/var/lib/dpkg/status")
told = status.read_text("utf-8", "replace") if status.exists() else ""
def fields(block):
    lines = block.splitlines()
    return dict(line.split(": ", 1) for line in lines if ": " in line and line[0] != " ")
blocks = [fields(block) for block in told.split("\\n\\n")]
version = "{0.major}.{0.minor}.{0.micro}".format(sys.version_info)
print(json.dumps({
    "environment": {
        "implementation_name": sys.implementation.name, "implementation_version": version,
        "os_name": os.name, "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": "", "platform_system": platform.system(), "platform_version": "",
        "python_full_version": version, "python_version": version.rpartition(".")[0],
        "sys_platform": sys.platform,
    },
    "libc": platform.libc_ver()[1] if platform.libc_ver()[0] == "glibc" else "",
    "packages": [[each["Package"], each.get("Version", ""), each.get("Architecture", "")]
                 for each in blocks if "Package" in each],
}))
"""
"""Asked of the Python that is in it."""


class _Told(TypedDict):
    environment: dict[str, str]
    libc: str
    packages: list[list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """An image to build on."""

    name: str
    id: str
    digest: str = ""
    """By which its registry knows it; empty for one that was made here."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of its Python, as PEP 508 has it; empty where it has none."""
    libc: str = ""
    """Version of its GNU C library; empty where it has another."""
    packages: tuple[tuple[str, ...], ...] = ()
    """Of its system: name, version, architecture."""

    @property
    def python(self) -> str:
        """`3.11`; empty where it has none."""
        return self.environment.get("python_version", "")

    @property
    def platforms(self) -> tuple[str, ...]:
        """The names that packages have for it, the best first (PEP 600)."""
        machine = self.environment["platform_machine"]
        newest = int(self.libc.split(".")[1])
        return (
            *(f"manylinux_2_{number}_{machine}" for number in range(newest, 16, -1)),
            *(f"manylinux{year}_{machine}" for year in (2014, 2010, 1)),
            f"linux_{machine}",
        )


@dataclass(frozen=True, slots=True)
class Bases:
    """Those of one engine."""

    engine: Engine
    mirror: str
    """A registry that has what the usual one has; empty for none."""
    kept: Path
    """A folder for what they said."""

    async def plain(self, name: str, say: Say) -> Base:
        """The image of that name, fetched where it is not there.

        Raises:
            StepFailed: SW265, it cannot be had.
        """
        found = await self._found(name)
        if found is None:
            await self._pull(name, say)
            found = await self._found(name)
        if found is None:
            raise StepFailed("SW265", image=name, problem="it is not there after its pull")
        return found

    async def with_python(self, name: str, say: Say) -> Base:
        """The same, and what its Python says of itself.

        Raises:
            StepFailed: it cannot be had, or has no Python that will do.
        """
        base = await self.plain(name, say)
        file = self.kept / f"base-{base.id.removeprefix('sha256:')[:16]}.json"
        try:
            text = await asyncio.to_thread(file.read_text)
        except OSError:
            text = await self._asked(base)
            await asyncio.to_thread(make_folder, self.kept)
            await asyncio.to_thread(write_whole, file, text)
        told_ = cast("_Told", json.loads(text))
        return Base(
            name=base.name, id=base.id, digest=base.digest, environment=told_["environment"],
            libc=told_["libc"], packages=tuple(map(tuple, told_["packages"])),
        )  # fmt: skip

    async def _found(self, name: str) -> Base | None:
        try:
            answer = await self.engine.call("GET", f"/images/{name}/json")
        except Refused as error:
            if error.missing:
                return None
            raise
        found = cast("Mapping[str, object]", answer)
        digests = cast("list[str]", found.get("RepoDigests") or [])
        return Base(name=name, id=str(found["Id"]), digest=digests[0] if digests else "")

    async def _pull(self, name: str, say: Say) -> None:
        source = mirrored(name, self.mirror)
        say(f"fetching the image {source}")
        repository, tag = split(source)
        query: dict[str, Json] = {"fromImage": repository, "tag": tag}
        try:
            async for each in told(self.engine.stream("POST", "/images/create", query=query)):
                if problem := each.get("error"):
                    raise StepFailed("SW265", image=source, problem=problem)
        except Refused as error:
            raise StepFailed("SW265", image=source, problem=str(error.facts["problem"])) from error
        if source != name:
            repository, tag = split(name)
            where: dict[str, Json] = {"repo": repository, "tag": tag}
            await self.engine.call("POST", f"/images/{source}/tag", query=where)

    async def _asked(self, base: Base) -> str:
        """What a container of it says, started for nothing else."""
        body: Json = {
            "Image": base.id, "Entrypoint": ["python", "-c", _QUESTION], "Cmd": [],
            "NetworkDisabled": True, "User": "65534:65534",
            "HostConfig": {"ReadonlyRootfs": True, "CapDrop": ["ALL"]},
        }  # fmt: skip
        made = cast(
            "Mapping[str, str]", await self.engine.call("POST", "/containers/create", body=body)
        )
        path = f"/containers/{made['Id']}"
        try:
            await self.engine.call("POST", f"{path}/start")
            await self.engine.call("POST", f"{path}/wait", limit=ASKING)
            said = self.engine.stream("GET", f"{path}/logs", query={"stdout": "1"})
            text = "".join([each async for each in _frames(said)])
            version = cast("_Told", json.loads(text))["environment"]["python_version"]
        except (Refused, ValueError, KeyError) as error:
            raise StepFailed("SW266", image=base.name) from error
        finally:
            await self.engine.call("DELETE", path, query={"force": "1"})
        if tuple(map(int, version.split("."))) < OLDEST_PYTHON:
            raise StepFailed("SW266", image=base.name)
        return text


def split(name: str) -> tuple[str, str]:
    """Repository, and tag or digest; the tag is `latest` where there is none."""
    if "@" in name:
        repository, _, digest = name.partition("@")
        return repository, digest
    head, colon, tag = name.rpartition(":")
    return (head, tag) if colon and "/" not in tag else (name, "latest")


def mirrored(name: str, mirror: str) -> str:
    """The same image at a mirror of the usual registry; one of another registry stays."""
    first, slash, _ = name.partition("/")
    elsewhere = slash and ("." in first or ":" in first or first == "localhost")
    if not mirror or elsewhere:
        return name
    return f"{mirror.rstrip('/')}/{name if slash else f'library/{name}'}"


async def _frames(pieces: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """What was written, without the eight bytes before each part (Engine API, attach)."""
    data = b"".join([each async for each in pieces])
    while data:
        size = int.from_bytes(data[4:8], "big")
        yield data[8 : 8 + size].decode(errors="replace")
        data = data[8 + size :]
