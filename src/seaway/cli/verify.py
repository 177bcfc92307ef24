"""verify: the acceptance list of a stack, line by line, on what runs."""

import asyncio
import importlib.util
import signal
import sys
from dataclasses import replace
from pathlib import Path

import click

from seaway.cli.acceptance import Lines, as_json, in_language
from seaway.cli.apply import wanted
from seaway.cli.command import Command, Option
from seaway.cli.fault import masked
from seaway.cli.place import Place, place_of, stack_file
from seaway.cli.settings import Format, Settings
from seaway.cli.show import Cell, Show, Tone
from seaway.cli.status import current
from seaway.cli.system import Running
from seaway.cli.verify_page import page
from seaway.engine.verify import Outcome, Report
from seaway.engine.verify import verify as tried
from seaway.errors import Interrupted, SeawayError, UsageError
from seaway.journey import Journey
from seaway.model.near import choice
from seaway.stores.clock import SystemClock

FILES = ("journey.py", "journey/__init__.py")
"""Beside the stack file; a package where it has grown."""


@click.command(
    cls=Command,
    examples=(
        "seaway verify",
        "seaway verify stacks/aixsss --html report.html",
        "seaway verify --only login,upload",
        "seaway verify --drilled --dry-run",
        "seaway verify --format json",
    ),
)
@click.option("--journey", metavar="FILE", cls=Option, help="option journey")
@click.option("--html", metavar="FILE", cls=Option, help="option html")
@click.option("--only", metavar="LINES", cls=Option, help="option only lines")
@click.option("--drilled", is_flag=True, cls=Option, help="option drilled")
@click.argument("stack", required=False, metavar="[STACK]")
@click.pass_obj
def verify(  # noqa: PLR0913 -- its options
    settings: Settings, *, journey: str | None, html: str | None, only: str | None,
    drilled: bool, stack: str | None,
) -> None:  # fmt: skip
    """Try every line; end with 1 unless all that were tried passed, and none was left untried."""
    settings = replace(settings, file=stack or settings.file)
    show = Show(settings)
    loaded = _chosen(load(_file(settings, journey)), only, drilled=drilled)
    if settings.dry_run:
        _foretell(show, loaded)
        return
    report = asyncio.run(_verified(show, place_of(settings), loaded))
    if settings.format is Format.JSON:
        show.json(as_json(report))
    if html:
        _write(Path(html), page(report, settings.language))
        show.note("note report", Tone.BESIDE, file=html)
    _judge(show, report)


def load(file: Path) -> Journey[object]:
    """The journey in that file, which runs in this interpreter.

    Raises:
        UsageError: the file is no Python, or holds no journey.
    """
    places = [str(file.parent)] if file.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(
        "journey", file, submodule_search_locations=places
    )
    if spec is None or spec.loader is None:
        raise UsageError("SW902", file=str(file), problem="?")
    module = importlib.util.module_from_spec(spec)
    sys.modules["journey"] = module  # as an import would: dataclasses look themselves up
    try:
        spec.loader.exec_module(module)
    except Exception as problem:
        told = masked(f"{type(problem).__name__}: {problem}")
        raise UsageError("SW902", file=str(file), problem=told) from problem
    if not isinstance(getattr(module, "JOURNEY", None), Journey):
        raise UsageError("SW902", file=str(file), problem="JOURNEY?")
    journey: Journey[object] = module.JOURNEY
    return journey


def _foretell(show: Show, journey: Journey[object]) -> None:
    """Which lines would be tried, in their order."""
    language = show.settings.language
    match show.settings.format:
        case Format.TABLE:
            for each in journey.lines:
                show.line(Cell(each.id, Tone.STRONG), Cell(f"  {in_language(language, each.says)}"))
        case Format.JSON:
            show.json([{"id": each.id, "says": each.says._asdict()} for each in journey.lines])
        case Format.NDJSON:
            for each in journey.lines:
                show.json({"id": each.id, "says": each.says._asdict()}, indent=None)


def _chosen(journey: Journey[object], only: str | None, *, drilled: bool) -> Journey[object]:
    """All lines, or those that are named or that a drill tries, with what they come after."""
    if drilled:
        journey = journey.only(frozenset(each.id for each in journey.lines if each.drilled))
    if only is None:
        return journey
    known = [each.id for each in journey.lines]
    named = frozenset(each.strip() for each in only.split(",") if each.strip())
    for each in sorted(named.difference(known)):
        raise UsageError("SW906", **choice(each, known))
    return journey.only(named or frozenset(known))


def _file(settings: Settings, named: str | None) -> Path:
    folder = stack_file(settings).parent
    files = [Path(named).absolute()] if named else [folder / each for each in FILES]
    for each in files:
        if each.is_file():
            return each
    raise UsageError("SW901", file=str(files[0]))


async def _verified(show: Show, here: Place, journey: Journey[object]) -> Report:
    clock = SystemClock()
    begun = clock.now()
    ledger = here.ledger()
    release = wanted(here, ledger)
    seen = await current(here, ledger)
    lines = Lines(show, journey)
    with lines.shown():
        results = await tried(
            journey, Running(show.settings, here, seen), _interrupts(), lines.tell
        )
    return Report(
        stack=here.stack, environment=here.environment, release=release.number,
        addresses=seen.addresses, begun=begun, took=clock.now() - begun, results=results,
    )  # fmt: skip


def _interrupts() -> asyncio.Event:
    """Set by Ctrl-C and by SIGTERM: what was changed is put back, and the report is written."""
    event = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, event.set)
    return event


def _judge(show: Show, report: Report) -> None:
    counts = {
        "stack": report.stack, "passed": report.count(Outcome.PASSED),
        "failed": report.count(Outcome.FAILED), "untried": report.count(Outcome.NOT_TRIED),
        "later": report.count(Outcome.NOT_YET),
    }  # fmt: skip
    if any(each.cause and each.cause.code == "SW911" for each in report.results):
        show.cause(SeawayError("SW903", **counts))
        raise Interrupted("SW620", told=True)
    if not report.passed:
        raise SeawayError("SW903", **counts)
    show.note("note verified", Tone.GOOD, **counts)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        problem = error.strerror or str(error)
        raise SeawayError("SW905", file=str(file), problem=problem) from error
