"""new: a small project that runs."""

import json
from collections.abc import Iterator
from enum import StrEnum
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from seaway.cli.command import Command, Option
from seaway.cli.settings import Settings
from seaway.cli.show import Show, Tone
from seaway.cli.values import Choice
from seaway.components import KINDS
from seaway.components.ingress import Ingress
from seaway.errors import SeawayError, UsageError
from seaway.model.names import valid_name
from seaway.stackfile.schema import schema


class Template(StrEnum):
    """What a project begins with; a folder of `templates`."""

    API = "api"
    WEB = "web"
    AI = "ai"
    """Not built yet."""


MARK = "@NAME@"
"""Stands for the name of the stack."""


@click.command(cls=Command, examples=("seaway new shop", "seaway new shop --template web"))
@click.option(
    "--template", type=Choice(Template), default=Template.API, cls=Option, help="option template"
)
@click.argument("name")
@click.pass_obj
def new(settings: Settings, *, template: Template, name: str) -> None:
    """Write the files of a template into a new folder."""
    show = Show(settings)
    stack = Path(name).name
    if not valid_name(stack):
        raise UsageError("SW618", name=stack, example=_example(stack))
    if template is Template.AI:
        raise UsageError("SW610", command="new --template ai")
    folder = Path(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError("SW617", path=str(folder))
    texts = {folder / path: text for path, text in _texts(template, stack)}
    for path in texts:
        show.note("note would write" if settings.dry_run else "note written", path=path)
    if not settings.dry_run:
        _write(texts)
        show.note("note made", Tone.GOOD, folder=folder)


def _texts(template: Template, stack: str) -> Iterator[tuple[Path, str]]:
    """The files of a template by path, ready to write; the schema for editors among them."""
    for path, file in _files(files("seaway.cli") / "templates" / template, Path()):
        yield path, file.read_text(encoding="utf-8").replace(MARK, stack)
    yield Path("seaway.schema.json"), json.dumps(schema(KINDS, Ingress), indent=1) + "\n"


def _files(folder: Traversable, path: Path) -> Iterator[tuple[Path, Traversable]]:
    for each in sorted(folder.iterdir(), key=lambda one: one.name):
        if each.is_dir():
            yield from _files(each, path / each.name)
        else:
            yield path / each.name.removesuffix(".txt"), each


def _write(texts: dict[Path, str]) -> None:
    for path, text in texts.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise SeawayError("SW619", path=str(path), problem=error.strerror) from error


def _example(wrong: str) -> str:
    """A name like the one that was meant."""
    letters = "".join(each if each.isascii() and each.isalnum() else "-" for each in wrong.lower())
    return letters.lstrip("-0123456789")[:40].strip("-") or "shop"
