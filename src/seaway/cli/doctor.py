"""doctor: what is wrong, with cause and remedy."""

import asyncio
from collections.abc import Sequence

import click

from seaway import wiring
from seaway.cli.command import Command, Option
from seaway.cli.doctor_elsewhere import elsewhere
from seaway.cli.doctor_running import Check, of_what_runs
from seaway.cli.machine import machine, versions
from seaway.cli.place import Place, options, place
from seaway.cli.settings import Format, Settings
from seaway.cli.show import Cell, Show, Tone
from seaway.cli.values import Choice
from seaway.engine.doctor import preflight
from seaway.engine.resolve import Resolved
from seaway.engine.secrets import findings as secret_findings
from seaway.errors import FindingsReported, InvalidStack
from seaway.model.finding import Finding, Severity, worst
from seaway.model.stack import Stack
from seaway.stores.clock import SystemClock
from seaway.targets.docker.hosts.address import address_of


@click.command(
    cls=Command, examples=("seaway doctor", "seaway doctor --fail-on warning --format json")
)
@click.option(
    "--fail-on", type=Choice(Severity), default=Severity.ERROR, cls=Option, help="option fail on"
)
@click.pass_obj
def doctor(settings: Settings, *, fail_on: Severity) -> None:
    """Look at everything; end with 4 where something was found."""
    show = Show(settings)
    checks = asyncio.run(_checks(settings))
    _show(show, checks)
    found = [finding for check in checks for finding in check.findings]
    order = list(Severity)
    grave = [each for each in found if order.index(each.severity) >= order.index(fail_on)]
    if grave:
        errors = sum(each.severity is Severity.ERROR for each in found)
        warnings = sum(each.severity is Severity.WARNING for each in found)
        raise FindingsReported("SW622", errors=errors, warnings=warnings)


async def _checks(settings: Settings) -> tuple[Check, ...]:
    try:
        stack = wiring.read_stack(options(settings))
    except InvalidStack as error:
        return (Check("stack file", _only(error.findings)),)
    if address := address_of(stack.target):
        return await elsewhere(settings, stack, address)
    here = place(stack.name, stack.environment)
    vault = wiring.open_vault(here.state)
    found = wiring.resolved(stack, vault.versions())
    if worst(found.findings) is Severity.ERROR:
        return (Check("stack file", tuple(found.findings)),)
    now = SystemClock().now()
    secrets = tuple(secret_findings(found.secret_needs, vault, stack.environment, now))
    return (
        Check("stack file", tuple(found.findings)),
        Check("secrets", secrets),
        *await _platform(here, stack, found),
    )


async def _platform(here: Place, stack: Stack, found: Resolved) -> tuple[Check, ...]:
    target = wiring.open_target(here.state, here.stack)
    seen = await target.observe()
    return (
        Check("machine", tuple(preflight(found.release, machine(found.release, seen, here.state)))),
        Check("parts", tuple(target.cannot(found.release)), versions(found.release)),
        *await of_what_runs(here, stack, target, seen),
    )


def _only(findings: Sequence[object]) -> tuple[Finding, ...]:
    return tuple(each for each in findings if isinstance(each, Finding))


def _show(show: Show, checks: Sequence[Check]) -> None:
    if show.settings.format is Format.TABLE:
        for check in checks:
            _show_check(show, check)
        return
    values = [
        {
            "check": each.name,
            "details": each.details,
            "findings": show.findings_json(each.findings),
        }
        for each in checks
    ]
    if show.settings.format is Format.JSON:
        show.json({"checks": values})
    for value in values if show.settings.format is Format.NDJSON else ():
        show.json(value, indent=None)


SIGNS = {
    None: ("✔", Tone.GOOD),
    Severity.INFO: ("✔", Tone.GOOD),
    Severity.WARNING: ("!", Tone.DOUBTFUL),
    Severity.ERROR: ("✘", Tone.BAD),
}


def _show_check(show: Show, check: Check) -> None:
    sign, tone = SIGNS[worst(check.findings)]
    show.line(Cell(f"{sign} ", tone), Cell(show.told(f"check {check.name}"), Tone.STRONG))
    for detail in check.details:
        show.line(Cell(f"  {detail}", Tone.BESIDE))
    for each in check.findings:
        if each.severity is not Severity.INFO or show.settings.verbose:
            show.finding(each)
