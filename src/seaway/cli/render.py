"""render: the files that another tool would run the stack by, without Seaway."""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import click

from seaway import wiring
from seaway.cli.command import Command, Option
from seaway.cli.place import options
from seaway.cli.settings import Format, Settings
from seaway.cli.show import Show, Tone
from seaway.cli.values import Choice
from seaway.engine.resolve import Resolved
from seaway.errors import InvalidStack, UsageError
from seaway.messages import say
from seaway.model.finding import Severity
from seaway.model.release import Release
from seaway.targets.docker.rendering.image import Workshop
from seaway.targets.docker.rendering.project import (
    COMPOSE,
    NO_DATA,
    Project,
    data_of,
    ours,
    project,
    shortcomings,
)
from seaway.targets.local import package_files
from seaway.targets.local.builds import Builds
from seaway.targets.local.state import StateFolder
from seaway.targets.local.volumes import Volumes


class Kind(StrEnum):
    """For which tool; another one comes with its target."""

    COMPOSE = "compose"


README = "README.md"
EXAMPLES = (
    "seaway render -t compose",
    "seaway render -t compose -e production -o handover",
)


@click.command(cls=Command, examples=EXAMPLES)
@click.option("-t", "--type", "kind", type=Choice(Kind), default=Kind.COMPOSE, cls=Option,
              help="option rendered kind")  # fmt: skip
@click.option("-o", "--output", "output", metavar="FOLDER", default="", cls=Option,
              help="option rendered output")  # fmt: skip
@click.pass_obj
def render(settings: Settings, *, kind: Kind, output: str) -> None:
    """Write a folder, or show its main file."""
    del kind  # there is one
    show, there = Show(settings), Path(output)
    expect_room(output)
    found, made = rendered(settings, show)
    if not output:
        _show(show, made)
        return
    made.files[README] = read_first(settings, found.release, made)
    write(show, made, there)
    if not settings.dry_run:
        show.note("note rendered", Tone.GOOD, folder=there)


def expect_room(output: str) -> None:
    """Before anything is made.

    Raises:
        UsageError: SW286, the folder holds something else.
    """
    if output and not ours(Path(output)):
        raise UsageError("SW286", folder=output)


def rendered(
    settings: Settings, show: Show, *, with_data: bool = False
) -> tuple[Resolved, Project]:  # fmt: skip
    """What the stack asks for, and the project of it; beside them, what it does not do.

    Raises:
        InvalidStack: the stack has mistakes, or something in it needs Seaway.
    """
    stack = wiring.read_stack(options(settings))
    state = wiring.state_folder(stack.name, stack.environment)
    found = wiring.demanded(wiring.resolved(stack, wiring.open_vault(state).versions()))
    missing = tuple(shortcomings(found.release))
    if any(each.severity is Severity.ERROR for each in missing):
        raise InvalidStack(missing)
    data = data_of(found.release, Volumes(state)) if with_data else NO_DATA
    made = asyncio.run(_made(found, state, data))
    show.beside((*found.findings, *missing))
    return found, made


def write(show: Show, made: Project, there: Path) -> None:
    """All but secrets; or say what would be written."""
    if not show.settings.dry_run:
        made.write(there)
    note = "note would write" if show.settings.dry_run else "note written"
    for name in (COMPOSE, README):
        show.note(note, path=there / name)


async def _made(found: Resolved, state: StateFolder, data: Mapping[str, Path]) -> Project:
    outside = dict(wiring.ENVIRON)
    builds = Builds(state, outside)
    packages = package_files.folder(outside)
    workshop = Workshop(
        builds=builds, kept=state.root / "images", packages=packages,
        wheels=packages.with_name("wheels"), network={**outside, **await builds.network()},
    )  # fmt: skip
    return await project(found.release, found.secret_needs, workshop, data)


def _show(show: Show, made: Project) -> None:
    """The main file, or all of them by name."""
    match show.settings.format:
        case Format.TABLE:
            show.data(made.files[COMPOSE])
        case Format.JSON:
            show.json(made.files)
        case Format.NDJSON:
            for name, text in made.files.items():
                show.json({name: text}, indent=None)


def read_first(
    settings: Settings, release: Release, made: Project, *more: str
) -> str:  # fmt: skip
    """For those who have the folder and no Seaway; `more` are further parts."""
    folders = {each.name: each for each in made.images.values()}.values()
    images = "".join(f"- `images/{each.name}` → `{each.tag}`\n" for each in folders)
    parts = ["rendered readme"]
    if "schedules.crontab" in made.files:
        parts.append("rendered readme schedules")
    if release.savings:
        parts.append("rendered readme backups")
    facts = {"stack": release.stack, "environment": release.environment, "images": images}
    return "\n".join(say(each, facts, settings.language).text for each in (*parts, *more))
