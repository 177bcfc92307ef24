"""Images: finds or builds the image that a workload runs in.

An image carries, as a label, what was wanted when it was made. Whoever wants the same finds it and
looks at nothing else: a release that was recorded runs in its image for as long as that is kept,
whatever its folder and its base have become.
"""

import asyncio
import hashlib
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from packaging.utils import canonicalize_name

from seaway import __version__
from seaway.durable import make_folder, write_whole
from seaway.errors import StepFailed
from seaway.model.json import Json
from seaway.model.workload import Build, Command, Workload
from seaway.targets.docker.engine import Engine
from seaway.targets.docker.foreign import is_foreign
from seaway.targets.docker.images import own
from seaway.targets.docker.images.bases import PYTHON, Base, Bases
from seaway.targets.docker.images.bill import bill
from seaway.targets.docker.images.building import Order, built
from seaway.targets.docker.images.context import Context
from seaway.targets.docker.images.origin import commit
from seaway.targets.docker.images.pins import Pin, pins, written
from seaway.targets.docker.images.projects import Projects, is_project, own_wheels, project_name
from seaway.targets.docker.images.recipe import APP, Recipe, dockerfile
from seaway.targets.docker.images.telling import Say
from seaway.targets.docker.images.tidying import remove_unused
from seaway.targets.docker.images.wheels import Wheels, pins_of
from seaway.targets.local import package_files
from seaway.targets.local.builds import Builds
from seaway.targets.local.sources import build_fingerprint
from seaway.targets.local.state import StateFolder

WANTED, SOURCE = "seaway.wanted", "seaway.source"
FORM = "1"
"""Raised when the same wishes are to be built in another way."""
OURS = "seaway/"
"""Start of the names of all that is made here."""
OWN = frozenset({"seaway/ai", "seaway/models", "seaway/milvus"})
"""What components call the images of Seaway's own programs."""
MIRROR = "SEAWAY_REGISTRY_MIRROR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """All that an image is made of."""

    recipe: Recipe
    base: Base
    context: Context
    pins: tuple[Pin, ...]
    """What is installed, by the wheels that are in the context."""


class Images:
    """Those of one stack, in one engine."""

    def __init__(
        self, engine: Engine, state: StateFolder, outside: Mapping[str, str], builds: Builds,
        say: Say = lambda _: None,
    ) -> None:  # fmt: skip
        self._engine, self._outside, self._builds, self._say = engine, outside, builds, say
        self._stack = state.root.name.partition("@")[0]
        self._kept = state.root / "images"
        self._bases = Bases(engine, outside.get(MIRROR, ""), self._kept)
        self._busy: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def ensure(self, workload: Workload) -> str:
        """The id of the image that it runs in; made or fetched where it is not there.

        Raises:
            StepFailed: it cannot be had: no base, no packages, a step that failed.
        """
        program = workload.program
        if isinstance(program, Command) and program.build:
            return await self._of_source(program.build, program.image)
        given = isinstance(program, Command) and program.image and program.image not in OWN
        if given or is_foreign(program):
            return (await self._bases.plain(program.image, self._say)).id
        return await self._own(_which(program.image))

    async def _of_source(self, build: Build, given: str) -> str:
        wanted = _key(build.folder, build.command, build.fingerprint, given)
        async with self._busy[wanted]:
            if found := await self._found(wanted):
                return found
            return await self._build(await self._source_contents(build, given), wanted, build)

    async def _source_contents(self, build: Build, given: str) -> Contents:
        folder = Path(build.folder)
        if build.command:
            await self._builds.make(build)
        if not is_project(folder):
            base = await self._bases.plain(given or PYTHON, self._say)
            return self._put_together(base, folder, Context(folders={f"root{APP}": folder}), ())
        base = await self._bases.with_python(given or PYTHON, self._say)
        self._demand_libc(base)
        network = await self._network()
        lock = await Projects(self._kept, network).lock(folder, base)
        self._say(f"fetching the packages of {folder.name}")
        wheels = Wheels(self._wheels, network)
        there = await wheels.fetched(pins(lock, base.environment), base, own_wheels(folder))
        context = Context(folders={f"root{APP}": folder, "wheels": there})
        return self._put_together(base, folder, context, pins_of(there))

    async def _own(self, which: str) -> str:
        lock = own.lock(which)
        digest = await asyncio.to_thread(own.digest)
        wanted = _key("seaway", digest, lock)
        async with self._busy[wanted]:
            if found := await self._found(wanted):
                return found
            return await self._build(await self._own_contents(which), wanted, None)

    async def _own_contents(self, which: str) -> Contents:
        base = await self._bases.with_python(PYTHON, self._say)
        self._demand_libc(base)
        self._say("fetching Seaway's own packages")
        wheels = Wheels(self._wheels, await self._network())
        there = await wheels.fetched(pins(own.lock(which), base.environment), base, ())
        context = Context(folders={f"root{APP}/seaway": own.source(), "wheels": there})
        return self._put_together(base, own.source(), context, pins_of(there), title=which)

    def _put_together(
        self, base: Base, folder: Path, context: Context, several: tuple[Pin, ...], title: str = ""
    ) -> Contents:
        paths = tuple(
            path for path, there in ((APP, folder), (f"{APP}/src", folder / "src"))
            if several and there.is_dir()
        )  # fmt: skip
        recipe = Recipe(
            base=base.name, title=title or f"{self._stack}-{folder.name}",
            packages=bool(several), paths=paths, labels=_labels(folder, several, self._outside),
        )  # fmt: skip
        if several:
            context.files["requirements.txt"] = written(several).encode()
        context.files["Dockerfile"] = dockerfile(recipe).encode()
        return Contents(recipe=recipe, base=base, context=context, pins=several)

    async def _build(self, contents: Contents, wanted: str, build: Build | None) -> str:
        with tempfile.TemporaryFile(prefix="seaway-context-") as data:
            digest = await asyncio.to_thread(contents.context.write, data)
            if build and build.fingerprint not in {"", build_fingerprint(build)}:
                raise StepFailed("SW281", folder=build.folder)
            source = build.folder if build else contents.recipe.title
            whole = hashlib.sha256(f"{contents.base.id}\0{digest}".encode()).hexdigest()[:12]
            name = f"{OURS}{contents.recipe.title}:{whole}".lower()
            order = Order(
                context=data, tag=name,
                labels={WANTED: wanted, SOURCE: source, "seaway.content": digest},
                arguments={"PIP_NO_INDEX": "1"},
            )  # fmt: skip
            image = await built(self._engine, order, self._say)
        await remove_unused(self._engine, SOURCE, source, contents.recipe.title)
        await asyncio.to_thread(self._keep_bill, contents, name, image)
        return image

    def _keep_bill(self, contents: Contents, name: str, image: str) -> None:
        make_folder(self._kept)
        wheels = contents.context.folders.get("wheels")
        text = bill(name, image, contents.base, wheels)
        write_whole(self._kept / f"{image.removeprefix('sha256:')[:16]}.cdx.json", text)

    async def _found(self, wanted: str) -> str:
        """The youngest image that was made for this; empty for none."""
        query: dict[str, Json] = {"filters": {"label": [f"{WANTED}={wanted}"]}}
        answer = await self._engine.call("GET", "/images/json", query=query)
        found = cast("Sequence[Mapping[str, object]]", answer or ())
        found = [each for each in found if each.get("RepoTags")]  # others are stages
        newest = max(found, key=lambda each: cast("int", each["Created"]), default=None)
        return str(newest["Id"]) if newest else ""

    async def _network(self) -> dict[str, str]:
        return {**self._outside, **await self._builds.network()}

    @property
    def _wheels(self) -> Path:
        return package_files.folder(self._outside).with_name("wheels")

    @staticmethod
    def _demand_libc(base: Base) -> None:
        if not base.libc:
            raise StepFailed("SW266", image=base.name)


def _which(image: str) -> str:
    """Of Seaway's own images, the one that has what a workload needs."""
    name = image.removeprefix(OURS)
    return name if name in own.SPECIAL else own.PARTS


def _key(*words: str) -> str:
    return hashlib.sha256("\0".join((FORM, *words)).encode()).hexdigest()[:24]


def _labels(
    folder: Path, several: Sequence[Pin], outside: Mapping[str, str]
) -> dict[str, str]:  # fmt: skip
    """As the OCI image specification names them (annotations.md)."""
    start, found = "org.opencontainers.image.", dict[str, str]()
    own_pin = f"{canonicalize_name(project_name(folder))}=="
    versions = [each.wanted for each in several if each.wanted.startswith(own_pin)]
    if folder == own.source():
        found["version"] = __version__
    elif versions:
        found["version"] = versions[0].removeprefix(own_pin)
    if revision := commit(folder):
        found["revision"] = revision
    if (seconds := outside.get("SOURCE_DATE_EPOCH", "")).isdigit():
        found["created"] = datetime.fromtimestamp(int(seconds), UTC).isoformat()
    return {f"{start}{name}": text for name, text in found.items()}
