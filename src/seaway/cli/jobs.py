"""jobs: look into the queues behind the workers, and mend what went wrong."""

import asyncio
from collections.abc import Sequence
from enum import StrEnum

import click
from pydantic import JsonValue

from seaway import wiring
from seaway.cli.ask import agree
from seaway.cli.command import Command, Group, Option
from seaway.cli.jobs_shown import job_lines, job_rows, stats_rows, worker_rows
from seaway.cli.place import place_of
from seaway.cli.settings import Format, Settings
from seaway.cli.show import Cell, Show, Tone
from seaway.cli.values import Choice, Part, Whole
from seaway.engine.jobs import ask
from seaway.errors import NothingRunning, UsageError
from seaway.stores.clock import SystemClock

TABLE = {
    "list": "seaway.cli.jobs:list_jobs",
    "show": "seaway.cli.jobs:show_job",
    "replay": "seaway.cli.jobs:replay",
    "drop": "seaway.cli.jobs:drop",
    "stats": "seaway.cli.jobs:stats",
    "workers": "seaway.cli.jobs:workers",
}
EXAMPLES = (
    "seaway jobs stats",
    "seaway jobs list --state dead",
    "seaway jobs show 17",
    "seaway jobs replay --all --task draft",
)

jobs = Group("jobs", TABLE, examples=EXAMPLES)


class State(StrEnum):
    """Where a job is, as the library says it."""

    WAITING = "waiting"
    DELAYED = "delayed"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"
    DROPPED = "dropped"


service = click.option("--service", type=Part(), default="", cls=Option, help="option service")
queue = click.option("--queue", default="", metavar="QUEUE", cls=Option, help="option queue")
task = click.option("--task", default="", metavar="TASK", cls=Option, help="option task")
every = click.option("--all", "every", is_flag=True, cls=Option, help="option all jobs")
numbers = click.argument("numbers", nargs=-1, metavar="[JOB]...", type=Whole(least=1))


@click.command("list", cls=Command, examples=EXAMPLES[1:2])
@click.option("--state", type=Choice(State), cls=Option, help="option job state")
@click.option("--limit", type=Whole(least=1), default=100, cls=Option, help="option limit")
@queue
@task
@service
@click.pass_obj
def list_jobs(  # noqa: PLR0913 -- its options
    settings: Settings, *, state: State | None, limit: int, queue: str, task: str, service: str
) -> None:
    """Show jobs."""
    words = ["list", "--limit", str(limit), *_given(queue=queue, task=task)]
    words += ["--state", state.value] if state else []
    found = _asked(settings, words, service)
    heads = ("job", "queue", "task", "state", "tries", "age", "note")
    _table(settings, found, heads, job_rows(Show(settings), found, SystemClock().now()))


@click.command("show", cls=Command, examples=EXAMPLES[2:3])
@click.argument("number", metavar="JOB", type=Whole(least=1))
@service
@click.pass_obj
def show_job(settings: Settings, *, number: int, service: str) -> None:
    """Show one job."""
    show = Show(settings)
    found = _asked(settings, ["show", str(number)], service)
    if not isinstance(found, dict):
        raise NothingRunning("SW804", job=number)
    if settings.format is not Format.TABLE:
        show.json(found, indent=2 if settings.format is Format.JSON else None)
        return
    for name, value in job_lines(found):
        show.line(Cell(f"{name:<12}", Tone.BESIDE), Cell(value))


@click.command("replay", cls=Command, examples=("seaway jobs replay 17 18", EXAMPLES[3]))
@numbers
@every
@queue
@task
@service
@click.pass_obj
def replay(  # noqa: PLR0913 -- its options
    settings: Settings, *, numbers: tuple[int, ...], every: bool, queue: str, task: str,
    service: str,
) -> None:  # fmt: skip
    """Let dead jobs run again."""
    words = ["replay", *_chosen(numbers, every=every), *_given(queue=queue, task=task)]
    _changed(settings, _asked(settings, words, service), "replayed")


@click.command("drop", cls=Command, examples=("seaway jobs drop 17",))
@click.option(
    "--state", type=Choice(State), default=State.DEAD, cls=Option, help="option job state"
)
@numbers
@every
@queue
@task
@service
@click.pass_obj
def drop(  # noqa: PLR0913 -- its options
    settings: Settings, *, state: State, numbers: tuple[int, ...], every: bool, queue: str,
    task: str, service: str,
) -> None:  # fmt: skip
    """Let jobs never run."""
    show = Show(settings)
    chosen = _chosen(numbers, every=every)
    if every:
        agree(show, "ask drop jobs", state=show.told(f"job {state}"))
    words = ["drop", *chosen, "--state", state.value, *_given(queue=queue, task=task)]
    _changed(settings, _asked(settings, words, service), "dropped")


@click.command("stats", cls=Command, examples=EXAMPLES[:1])
@queue
@service
@click.pass_obj
def stats(settings: Settings, *, queue: str, service: str) -> None:
    """Show figures."""
    found = _asked(settings, ["stats", *_given(queue=queue)], service)
    heads = ("queue", "task", "waiting", "delayed", "running", "done", "dead", "oldest", "mean",
             "workers")  # fmt: skip
    _table(settings, found, heads, stats_rows(found))


@click.command("workers", cls=Command, examples=("seaway jobs workers --format json",))
@service
@click.pass_obj
def workers(settings: Settings, *, service: str) -> None:
    """Show who serves which queue."""
    found = _asked(settings, ["workers"], service)
    rows = worker_rows(Show(settings), found, SystemClock().now())
    _table(settings, found, ("worker", "queue", "state", "running", "seen"), rows)


def _asked(settings: Settings, words: Sequence[str], service: str) -> JsonValue:
    return asyncio.run(_ask(settings, words, service))


async def _ask(settings: Settings, words: Sequence[str], service: str) -> JsonValue:
    here = place_of(settings)
    release = here.ledger().wanted()
    if release is None:
        raise NothingRunning("SW624", stack=here.stack, environment=here.environment)
    target = wiring.open_target(here.state, here.stack)
    return (await ask(release, await target.observe(), target, words, by=service)).value


def _chosen(numbers: Sequence[int], *, every: bool) -> list[str]:
    if not numbers and not every:
        raise UsageError("SW805")
    return ["--all"] if every else [str(each) for each in numbers]


def _given(**options: str) -> list[str]:
    return [word for name, value in options.items() if value for word in (f"--{name}", value)]


def _table(
    settings: Settings, found: JsonValue, heads: Sequence[str], rows: Sequence[Sequence[Cell]]
) -> None:
    show = Show(settings)
    if settings.format is Format.JSON:
        show.json(found)
    elif settings.format is Format.NDJSON:
        for each in found if isinstance(found, list) else ():
            show.json(each, indent=None)
    elif rows:
        show.table(heads, rows)
    else:
        show.note("note jobs none")


def _changed(settings: Settings, found: JsonValue, what: str) -> None:
    """Tell which jobs it was about."""
    show = Show(settings)
    changed = found.get(what) if isinstance(found, dict) else None
    numbers = [str(each) for each in changed] if isinstance(changed, list) else []
    if settings.format is not Format.TABLE:
        show.json(found, indent=2 if settings.format is Format.JSON else None)
    elif numbers:
        show.note(f"note jobs {what}", Tone.GOOD, jobs=", ".join(numbers))
    else:
        show.note("note jobs none")
