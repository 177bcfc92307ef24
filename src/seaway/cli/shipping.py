"""Shipping: what a release needs is brought to the host that it is to run on."""

import asyncio
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from seaway import wiring
from seaway.cli import hosted
from seaway.cli.receive import Ready
from seaway.cli.registry import registry_of
from seaway.cli.sent import sent
from seaway.cli.show import Show, Tone
from seaway.engine.resolve import Resolved
from seaway.errors import SeawayError
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.model.stack import Stack
from seaway.model.workload import Server, Workload
from seaway.targets.docker.engine import SOCKET, Engine
from seaway.targets.docker.hosts.address import Address
from seaway.targets.docker.hosts.agent import Agent
from seaway.targets.docker.hosts.carrying import Load, images_of, load_of, tagged
from seaway.targets.docker.hosts.moving import lacking, move
from seaway.targets.docker.hosts.registry import Registry, pulled, pushed, there
from seaway.targets.docker.images.context import Context, pieces
from seaway.targets.docker.images.images import Images
from seaway.targets.local import package_files
from seaway.targets.local.builds import Builds

OWN = Workload(name=Name("seaway"), component=Name("seaway"), program=Server(part="seaway"))
"""Seaway itself, as something that runs in its image of parts."""


@dataclass(frozen=True, slots=True)
class Shipping:
    """One stack, and the host that it is for."""

    show: Show
    stack: Stack
    address: Address
    agent: Agent

    async def whole(self) -> dict[str, str]:
        """Bring images, files and the release; what the command there is to be told.

        Raises:
            InvalidStack: something is wrong with the stack.
            StepFailed: an image cannot be made, or the host does not take it.
        """
        release = wiring.demanded(wiring.resolved(self.stack)).release
        names = await self._images(release.workloads)
        return await self._release(names)

    async def release(self) -> dict[str, str]:
        """The release alone, to be looked at."""
        return await self._release({})

    async def secrets(self) -> dict[str, str]:
        """What Seaway there needs to keep secrets for a stack that it may not know yet."""
        if not await self.agent.there():
            await self._images(())
        found = wiring.demanded(wiring.resolved(self.stack))
        await self._ready(found)
        return {hosted.NEEDS: hosted.told_needs(found)}

    async def _images(self, workloads: tuple[Workload, ...]) -> dict[str, str]:
        """Have them there, Seaway's own first; their names, by what they are wanted for."""
        here = Engine() if os.access(SOCKET, os.R_OK | os.W_OK) else self.agent.engine
        state = wiring.state_folder(self.stack.name, self.stack.environment)
        environ = dict(wiring.ENVIRON)
        images = Images(here, state, environ, Builds(state, environ), self._say)
        own = await tagged(here, await images.ensure(OWN))
        wanted = await images_of(workloads, images)
        names = {key: await tagged(here, each) for key, each in wanted.items()}
        brought = await self._bring(here, sorted({own, *names.values()}))
        await self.agent.ensure(brought[own])
        return {key: brought[each] for key, each in names.items()}

    async def _bring(self, here: Engine, names: Sequence[str]) -> Mapping[str, str]:
        """Have images there; what each is called there."""
        if registry := registry_of(self.stack):
            return {each: await self._through(registry, here, each) for each in names}
        if missing := await lacking(here, self.agent.engine, names):
            self.show.note("note sending", count=len(missing), host=self.address.name)
            await move(here, self.agent.engine, missing, sent(self.show))
        return {each: each for each in names}

    async def _through(self, registry: Registry, here: Engine, name: str) -> str:
        """Push an image from here, and have it pulled there by its digest."""
        self._say(f"{name} → {registry.at}")
        reference = await pushed(here, registry, name)
        if not await there(self.agent.engine, reference):
            facts = {"image": reference.partition("@")[0], "host": self.address.name}
            self.show.note("note pulling", **facts)
            await pulled(self.agent.engine, registry, reference)
        return reference

    async def _release(self, names: dict[str, str]) -> dict[str, str]:
        found = wiring.resolved(self.stack)
        ready = await self._ready(found)
        found = wiring.demanded(wiring.resolved(self.stack, ready["versions"]))
        state = wiring.state_folder(self.stack.name, self.stack.environment)
        carried = Path(self.address.folder, state.root.name, "carried")
        environ = dict(wiring.ENVIRON)
        load = await load_of(found.release, Builds(state, environ), carried)
        with tempfile.TemporaryFile() as file:
            await asyncio.to_thread(load.write, file, names)
            await self.agent.unpack(carried, pieces(file))
        await self._packages(load, ready)
        return {hosted.RELEASE: load.release.digest, hosted.NEEDS: hosted.told_needs(found)}

    async def _ready(self, found: Resolved) -> Ready:
        """Have the host make folders and secrets.

        Raises:
            SeawayError: SW221, it could not.
        """
        around = hosted.surroundings(self.show.settings, self.stack, self.address.host)
        env = {**around, hosted.NEEDS: hosted.told_needs(found)}
        said = await self.agent.ask(("receive",), env)
        if said.status:
            problem = said.problem.decode(errors="replace").strip()
            raise SeawayError("SW221", host=self.address.name, problem=problem)
        return cast("Ready", json.loads(said.out))

    async def _packages(self, load: Load, ready: Ready) -> None:
        """Files of published packages that the host does not have."""
        missing = [each for each in load.packages if each.name not in ready["there"]]
        if not missing:
            return
        kept = package_files.folder(wiring.ENVIRON)
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as file:
            links = [(Path(folder, each.name), kept / each.name) for each in missing]
            await asyncio.to_thread(_link, links)
            await asyncio.to_thread(Context(folders={".": Path(folder)}).write, file)
            await self.agent.unpack(Path(ready["packages"]), pieces(file))

    def _say(self, line: str) -> None:
        if self.show.settings.verbose:
            self.show.note("note step", Tone.BESIDE, line=line)


def _link(links: Sequence[tuple[Path, Path]]) -> None:
    for link, file in links:
        link.symlink_to(file)


def foretold(show: Show, release: Release) -> None:
    """What a first release will bring, where nothing of it is there yet."""
    from seaway.cli.plan import Outlook, show_outlook  # noqa: PLC0415 -- slow to load
    from seaway.plan.changes import changes, fates  # noqa: PLC0415 -- see above

    show_outlook(
        show,
        Outlook(
            release=release, changes=changes(release, ()), fates=fates(release, ()), findings=()
        ),
    )
