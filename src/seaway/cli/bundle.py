"""bundle: everything a stack runs from in one file, and a stack from such a file."""

import asyncio
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

import click

from seaway import wiring
from seaway.cli import hosted
from seaway.cli.command import Command, Option
from seaway.cli.page import size
from seaway.cli.place import Place, options, place
from seaway.cli.sent import sent
from seaway.cli.settings import Settings
from seaway.cli.show import Show, Tone
from seaway.engine.holes import with_versions, without
from seaway.engine.resolve import Resolved
from seaway.engine.secrets import ensure
from seaway.model.release import Release
from seaway.model.stack import Stack
from seaway.ports.vault import Vault
from seaway.targets.docker.carried import Carried
from seaway.targets.docker.engine import Engine
from seaway.targets.docker.hosts import bundles
from seaway.targets.docker.hosts.carrying import images_of, load_of, tagged
from seaway.targets.docker.images.images import Images
from seaway.targets.local import package_files
from seaway.targets.local.builds import Builds


@click.command(
    "bundle", cls=Command,
    examples=("seaway bundle -e production", "seaway bundle -e production -o shop.bundle"),
)  # fmt: skip
@click.option("-o", "--output", metavar="FILE", default="", cls=Option, help="option bundle output")
@click.pass_obj
def command(settings: Settings, *, output: str) -> None:
    """Make all images and write them, with the release, to a file."""
    show, stack = Show(settings), wiring.read_stack(options(settings))
    file = Path(output or f"{stack.name}-{stack.environment}.bundle")
    with _whole(file) as out:
        asyncio.run(_written(stack, out))
    show.note("note bundle", Tone.GOOD, file=file, size=size(file.stat().st_size))


@contextmanager
def _whole(file: Path) -> Generator[IO[bytes]]:
    """To be written into: there at the end, or not at all, for it takes minutes."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with draft.open("wb") as out:
            yield out
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


async def _written(stack: Stack, out: IO[bytes]) -> None:
    found = wiring.demanded(wiring.resolved(stack))
    names = [each.name for each in (*found.secret_needs, *found.optional_secrets)]
    release = wiring.resolved(stack, dict.fromkeys(names, 1)).release
    state, environ = wiring.state_folder(stack.name, stack.environment), dict(wiring.ENVIRON)
    engine, builds = Engine(), Builds(state, environ)
    wanted = await images_of(release.workloads, Images(engine, state, environ, builds))
    images = {key: await tagged(engine, each) for key, each in wanted.items()}
    load = await load_of(release, builds, bundles.ANYWHERE)
    about = bundles.About(release=load.release, needs=hosted.told_needs(found), images=images)
    await bundles.write(engine, about, load, package_files.folder(environ), out)


def unpacked(show: Show, file: str) -> tuple[Place, Resolved, Vault]:
    """Have what a bundle holds on this machine, and be asked for it.

    Raises:
        SeawayError: it is no bundle, or the engine does not take it.
    """
    packages = package_files.folder(wiring.ENVIRON)
    unpacking = bundles.unpack(Path(file), Engine(), _carried, packages, sent(show))
    about = asyncio.run(unpacking)
    here = _place(about)
    needed, optional = hosted.needs_told(about.needs)
    vault = wiring.open_vault(here.state)
    ensure(needed, vault)
    there = vault.versions()
    unset = frozenset(each.name for each in optional if each.name not in there)
    workloads = tuple(
        with_versions(without(each, unset), there) for each in about.release.workloads
    )
    release: Release = bundles.placed(
        replace(about.release, workloads=workloads), Carried(here.state)
    )
    return here, Resolved(release=release, secret_needs=needed), vault


def _place(about: bundles.About) -> Place:
    return place(about.release.stack, about.release.environment)


def _carried(about: bundles.About) -> Carried:
    return Carried(_place(about).state)
