"""logs: what the parts wrote, in order of time."""

import asyncio
import json
import re
from dataclasses import asdict
from datetime import timedelta

import click

from seaway import wiring
from seaway.cli.command import Command, Option
from seaway.cli.place import Place, place_of
from seaway.cli.settings import Format, Settings
from seaway.cli.show import Cell, Show, Tone
from seaway.cli.values import Duration, Part, Whole
from seaway.engine.logs import logs as read
from seaway.errors import UsageError
from seaway.ports.target import Line, LogQuery
from seaway.stores.clock import SystemClock

EXAMPLES = (
    "seaway logs",
    "seaway logs api --follow",
    "seaway logs api worker --since 10m --grep timeout",
    "seaway logs --errors --since 7d",
)


@click.command(cls=Command, examples=EXAMPLES)
@click.option("--follow", is_flag=True, cls=Option, help="option follow")
@click.option("--since", type=Duration(), cls=Option, help="option since")
@click.option("--tail", type=Whole(least=0), cls=Option, help="option tail")
@click.option("--grep", default="", metavar="PATTERN", cls=Option, help="option grep")
@click.option("--errors", is_flag=True, cls=Option, help="option errors")
@click.argument("names", nargs=-1, metavar="[PART]...", type=Part())
@click.pass_obj
def logs(  # noqa: PLR0913 -- its options
    settings: Settings, *, follow: bool, since: timedelta | None, tail: int | None, grep: str,
    errors: bool, names: tuple[str, ...],
) -> None:  # fmt: skip
    """Show lines of all parts, or of some."""
    here = place_of(settings)
    query = LogQuery(
        workloads=frozenset(names), follow=follow, tail=tail, grep=_pattern(grep),
        since=SystemClock().now() - since if since is not None else None, errors=errors,
    )  # fmt: skip
    asyncio.run(_print(Show(settings), here, query))


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise UsageError("SW629", value=text, problem=str(error)) from error
    return text


async def _print(show: Show, here: Place, query: LogQuery) -> None:
    release = here.ledger().wanted()
    async for line in read(release, wiring.open_target(here.state, here.stack), query):
        show_log(show, line)


def show_log(show: Show, line: Line) -> None:
    """A line of a log as data, in the format that was asked for."""
    if show.settings.format is not Format.TABLE:
        show.json({**asdict(line), "at": line.at.isoformat()}, indent=None)
        return
    at = line.at.astimezone().strftime("%H:%M:%S.%f")[:-3]
    platform = line.stream == "seaway"
    show.line(
        Cell(f"{at} ", Tone.BESIDE),
        Cell(f"{line.instance} | ", show.tone_of(line.workload)),
        Cell(readable(line.text), Tone.BESIDE if platform else Tone.PLAIN),
    )


def readable(text: str) -> str:
    """A request that the proxy wrote down, in a few words; everything else as it is."""
    if not text.startswith(ACCESS):
        return text
    try:
        told = json.loads(text)
        words = (told["method"], told["host"] + told["path"], told["status"], f"{told['total']} ms")
    except (ValueError, KeyError, TypeError):
        return text
    return " ".join(str(word) for word in (*words, told.get("instance", "")))


ACCESS = '{"kind":"access"'
