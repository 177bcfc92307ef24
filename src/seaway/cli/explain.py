"""explain: every setting, and the line, default or environment it comes from."""

from collections.abc import Sequence
from dataclasses import replace

import click

from seaway import wiring
from seaway.cli.command import Command
from seaway.cli.place import options
from seaway.cli.settings import Format, Settings
from seaway.cli.show import Cell, Show, Tone, near
from seaway.components import KINDS
from seaway.errors import InvalidStack, UsageError
from seaway.model.stack import Section
from seaway.stackfile.explain import DEFAULT, Row
from seaway.stackfile.explain import explain as rows_of

EXAMPLES = (
    "seaway explain",
    "seaway explain services.api",
    "seaway explain production services.api",
)
NO_ENVIRONMENT = "SW170"
SECTIONS = frozenset({*Section, "ingress", "secrets", "monitor", "targets"})


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("words", nargs=-1, metavar="[ENVIRONMENT] [PATH]")
@click.pass_obj
def explain(settings: Settings, *, words: tuple[str, ...]) -> None:
    """Show settings at or below a path."""
    environment, path = _split(words, settings.environment)
    show = Show(replace(settings, environment=environment))
    stack = wiring.read_stack(options(show.settings))
    if unknown := [each for each in stack.findings if each.code == NO_ENVIRONMENT]:
        raise InvalidStack(unknown)  # other faults do not keep the rest from being explained
    rows = rows_of(stack, KINDS, path)
    if not rows:
        wiring.demanded(wiring.resolved(stack))
        known = sorted({".".join(row.path.split(".")[:2]) for row in rows_of(stack, KINDS)})
        raise UsageError("SW639", path=path, known=", ".join(known))
    _show(show, rows)


def _split(words: Sequence[str], environment: str) -> tuple[str, str]:
    """A word that begins with a section is a path, another one an environment."""
    paths = [word for word in words if word.partition(".")[0] in SECTIONS]
    others = [word for word in words if word not in paths]
    extra = [*others[1:], *paths[1:]]
    if extra:
        raise UsageError("SW604", extra=" ".join(extra), command="seaway explain")
    return (others[0] if others else environment), (paths[0] if paths else "")


def _show(show: Show, rows: Sequence[Row]) -> None:
    if show.settings.format is Format.TABLE:
        show.table(("setting", "value", "origin"), [_cells(row) for row in rows])
        return
    values = [
        {
            "path": row.path, "value": row.value, "origin": row.origin, "file": row.at.file,
            "line": row.at.line, "column": row.at.column,
        }
        for row in rows
    ]  # fmt: skip
    if show.settings.format is Format.JSON:
        show.json(values)
    for value in values if show.settings.format is Format.NDJSON else ():
        show.json(value, indent=None)


def _cells(row: Row) -> tuple[Cell, ...]:
    tone = Tone.BESIDE if row.origin == DEFAULT else Tone.PLAIN
    place = f"{near(row.at.file)}:{row.at.line}" if row.at.line else ""
    origin = row.origin if row.origin != "file" or not place else ""
    return Cell(row.path, tone), Cell(row.value, tone), Cell(f"{place} {origin}".strip(), tone)
