"""receive: make a host ready for what comes; asked by `seaway deploy`, not by people."""

import json
from typing import TypedDict

import click

from seaway import wiring
from seaway.cli import hosted
from seaway.cli.command import Command
from seaway.cli.place import place
from seaway.cli.settings import Settings
from seaway.durable import make_folder
from seaway.engine.secrets import ensure
from seaway.targets.docker.carried import Carried
from seaway.targets.local import package_files


class Ready(TypedDict):
    """What the other side wants to know."""

    versions: dict[str, int]
    """Of secrets."""
    packages: str
    """The folder for files of published packages."""
    there: list[str]
    """Which of them it has."""


@click.command(cls=Command, hidden=True, examples=("seaway receive",))
@click.pass_obj
def receive(settings: Settings) -> None:
    """Make folders and missing secrets; tell which versions there are. No value is told."""
    state = place(hosted.stack(), settings.environment).state
    make_folder(state.root)
    Carried(state).make()
    packages = package_files.folder(wiring.ENVIRON)
    make_folder(packages)
    vault = wiring.open_vault(state)
    ensure(hosted.secret_needs()[0], vault)
    there = sorted(each.name for each in packages.iterdir())
    ready = Ready(versions=dict(vault.versions()), packages=str(packages), there=there)
    click.echo(json.dumps(ready))
