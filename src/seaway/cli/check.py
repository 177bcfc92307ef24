"""check: all mistakes of the stack file at once."""

from collections.abc import Sequence

import click

from seaway import wiring
from seaway.cli.command import Command, Option
from seaway.cli.place import options
from seaway.cli.settings import Format, Settings
from seaway.cli.show import Show, Tone
from seaway.errors import FindingsReported, InvalidStack, UsageError
from seaway.model.finding import Finding, Severity


@click.command(
    cls=Command, examples=("seaway check", "seaway check -e production --warnings-as-errors")
)
@click.option("--warnings-as-errors", is_flag=True, cls=Option, help="option warnings as errors")
@click.pass_obj
def check(settings: Settings, *, warnings_as_errors: bool) -> None:
    """Show all findings; errors end with 2, warnings with 4 where that was asked."""
    show = Show(settings)
    found = findings(settings)
    errors, warnings = (count(found, each) for each in (Severity.ERROR, Severity.WARNING))
    show_findings(show, found)
    if errors:
        raise UsageError("SW622", errors=errors, warnings=warnings)
    show.note("note checked", Tone.GOOD if not warnings else Tone.PLAIN, warnings=warnings)
    if warnings and warnings_as_errors:
        raise FindingsReported("SW622", errors=errors, warnings=warnings)


def findings(settings: Settings) -> tuple[Finding, ...]:
    """Everything that is wrong with the stack file."""
    try:
        return tuple(wiring.resolved(wiring.read_stack(options(settings))).findings)
    except InvalidStack as error:
        return tuple(each for each in error.findings if isinstance(each, Finding))


def count(found: Sequence[Finding], severity: Severity) -> int:
    """How many there are of that severity."""
    return sum(each.severity is severity for each in found)


def show_findings(show: Show, found: Sequence[Finding]) -> None:
    """Findings as data, in the format that was asked for."""
    match show.settings.format:
        case Format.TABLE:
            for each in found:
                show.finding(each)
        case Format.JSON:
            show.json({"findings": show.findings_json(found)})
        case Format.NDJSON:
            for value in show.findings_json(found):
                show.json(value, indent=None)
