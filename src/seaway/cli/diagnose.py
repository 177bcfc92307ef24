"""diagnose: what is wrong with what runs on this host; asked by `seaway doctor`, not by people."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import click

from seaway import wiring
from seaway.cli import hosted
from seaway.cli.command import Command
from seaway.cli.doctor_running import Check, of_what_runs
from seaway.cli.place import Place, place
from seaway.cli.settings import Settings
from seaway.engine.secrets import findings
from seaway.model.finding import Finding, Severity
from seaway.model.finding import Place as Spot
from seaway.model.names import Name
from seaway.model.stack import Stack
from seaway.stores.clock import SystemClock


@click.command(cls=Command, hidden=True, examples=("seaway diagnose",))
@click.pass_obj
def diagnose(settings: Settings) -> None:
    """Tell it as data, without words: those are chosen where people read them."""
    here = place(hosted.stack(), settings.environment)
    vault, (needs, _) = wiring.open_vault(here.state), hosted.secret_needs()
    now = SystemClock().now()
    secrets = tuple(findings(needs, vault, here.environment, now)) if here.wanted() else ()
    checks = (Check("secrets", secrets), *asyncio.run(_checks(here)))
    click.echo(told(Told(checks, vault.versions())))


@dataclass(frozen=True, slots=True)
class Told:
    """What one Seaway tells another."""

    checks: tuple[Check, ...] = ()
    versions: Mapping[str, int] = field(default_factory=dict[str, int])
    """Of the secrets that it has."""


async def _checks(here: Place) -> tuple[Check, ...]:
    target = wiring.open_target(here.state, here.stack)
    stack = Stack(name=Name(here.stack), file="", environment=here.environment)
    return await of_what_runs(here, stack, target, await target.observe())


def told(what: Told) -> str:
    """For another Seaway to read."""
    checks = [
        {
            "name": check.name, "details": check.details,
            "findings": [
                {"code": each.code, "severity": each.severity, "path": each.at.path,
                 "facts": dict(each.facts)} for each in check.findings
            ],
        } for check in what.checks
    ]  # fmt: skip
    return json.dumps({"checks": checks, "versions": dict(what.versions)}, default=str)


def heard(text: str) -> Told:
    """What another Seaway told.

    Raises:
        ValueError: that was something else.
    """
    try:
        given = json.loads(text)
        checks = tuple(
            Check(check["name"], tuple(map(_finding, check["findings"])), tuple(check["details"]))
            for check in given["checks"]
        )
        return Told(checks, {name: int(each) for name, each in given["versions"].items()})
    except (KeyError, TypeError) as error:
        raise ValueError(str(error)) from error


def _finding(given: Mapping[str, Any]) -> Finding:
    return Finding(
        code=given["code"], severity=Severity(given["severity"]), at=Spot(path=given["path"]),
        facts=given["facts"],
    )  # fmt: skip
