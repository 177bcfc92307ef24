"""host: other machines that stacks run on, reached over SSH."""

import asyncio
import importlib.util
import platform
from collections.abc import Sequence
from dataclasses import replace

import click

from seaway.cli.ask import agree, at_terminal
from seaway.cli.command import Command, Group, Option
from seaway.cli.settings import Settings
from seaway.cli.show import Cell, Show, Tone
from seaway.errors import FindingsReported, PartMissing, StepFailed
from seaway.model.finding import Finding, Severity
from seaway.targets.docker.hosts.address import Address, parsed

TABLE = {"add": "seaway.cli.host:add"}
EXAMPLES = (
    "seaway host add ssh://root@staging.example",
    "seaway host add ssh://deploy@staging.example:2222 --key SHA256:…",
)

host = Group("host", TABLE, examples=EXAMPLES)


@click.command(cls=Command, examples=EXAMPLES)
@click.option(
    "--key", "fingerprint", metavar="FINGERPRINT", default="", cls=Option, help="option key"
)
@click.argument("place", metavar="ADDRESS")
@click.pass_obj
def add(settings: Settings, *, place: str, fingerprint: str) -> None:
    """Make a host ready: show what is missing, ask, and do it."""
    if importlib.util.find_spec("asyncssh") is None:
        raise PartMissing("SW220", host=place)
    asyncio.run(_add(Show(settings), parsed(place), fingerprint))


async def _add(show: Show, address: Address, fingerprint: str) -> None:
    from seaway.targets.docker.hosts import bare, ssh  # noqa: PLC0415 -- an extra

    await _known(show, address, fingerprint)
    async with ssh.connected(address) as connection:
        found = await bare.look(connection)
        told = found.told
        facts = {"system": told.get("system", "?"), "kernel": told.get("kernel", "?")}
        show.note("note host is", Tone.BESIDE, host=address.name, **facts)
        _refuse(show, tuple(bare.findings(found, platform.machine())))
        todo = tuple(bare.acts(found))
        for each in todo:
            show.aside(Cell("+ ", Tone.GOOD), Cell(show.told(each.code, user=told.get("user", ""))))
        if todo and not show.settings.dry_run:
            agree(show, "ask host", host=address.name)
            for each in todo:
                await bare.perform(each, found, connection)
                show.note(
                    "note host did", Tone.GOOD, what=show.told(each.code, user=told.get("user", ""))
                )
    if show.settings.dry_run:
        return
    async with ssh.connected(address) as connection, ssh.engine_of(connection, address):
        show.note("note host ready", Tone.GOOD, host=address.name, url=ssh.url(address))


def _refuse(show: Show, found: Sequence[Finding]) -> None:
    """Show what is wrong.

    Raises:
        FindingsReported: some of it makes the host unfit.
    """
    show.beside(found)
    errors = sum(each.severity is Severity.ERROR for each in found)
    if errors:
        raise FindingsReported("SW622", errors=errors, warnings=len(found) - errors)


async def _known(show: Show, address: Address, fingerprint: str) -> None:
    """See that the key of the host is known: by its fingerprint, or because a person says so.

    Raises:
        StepFailed: nobody says so.
    """
    from seaway.targets.docker.hosts import ssh  # noqa: PLC0415 -- an extra

    try:
        async with ssh.connected(address):
            return
    except StepFailed as error:
        if error.code != "SW214":
            raise
        key = await ssh.key_of(address, fingerprint)
        shown = key.get_fingerprint()
        if fingerprint and fingerprint != shown:
            raise
        if not fingerprint:
            if not at_terminal():
                raise
            show.note("note host key", host=address.known_as, fingerprint=shown)
            agree(Show(replace(show.settings, yes=False)), "ask host key")  # `-y` is not about this
        ssh.remember(address, key)
