"""Remote: a command about a stack on another machine is carried out there.

Seaway on the host does what it does on any machine, with the terminal of this one.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from seaway import wiring
from seaway.cli import hosted
from seaway.cli.command import STDIN
from seaway.cli.place import options, stack_file
from seaway.cli.registry import secret_kept_here
from seaway.cli.settings import Settings
from seaway.cli.show import Show
from seaway.cli.signals import carried_out
from seaway.errors import NothingRunning, PartMissing, UsageError
from seaway.model.stack import Stack
from seaway.targets.docker.hosts.address import Address, address_of

if TYPE_CHECKING:
    from seaway.targets.docker.hosts.agent import Agent

STAYS = frozenset({
    "new", "check", "explain", "simulate", "install", "verify", "completion", "bundle", "host",
    "render", "eject", "audit", "doctor", "supervise", "save", "reside", "receive",
})  # fmt: skip
"""Commands that are about this machine, or about the file alone."""
BRINGS = frozenset({"up", "deploy"})
"""Those that bring a release into place."""
LOOKS = frozenset({"plan", "secrets"})
"""Those that are about what the stack file says, and so are told of it."""
SIGN, BUNDLE = "ssh://", "--bundle"


def elsewhere(settings: Settings, command: str) -> Address | None:
    """The machine on which a command is to be carried out; None for this one.

    Raises:
        SeawayError: there is no stack file, or it is wrong.
    """
    if command in STAYS or hosted.stack() or _brought(settings.arguments):
        return None
    if SIGN not in stack_file(settings).read_text(encoding="utf-8", errors="replace"):
        return None
    stack = wiring.read_stack(options(settings))
    if command == "secrets" and secret_kept_here(stack) in settings.arguments:
        return None
    return address_of(stack.target)


def _brought(arguments: Sequence[str]) -> bool:
    """Whether it is about a bundle: that is for this machine, whatever it was made for."""
    return any(each.partition("=")[0] == BUNDLE for each in arguments)


def carry_out(settings: Settings, command: str, address: Address, file: str = "") -> int:
    """Carry a command out there; return its exit status. What it is to read is a `file` here.

    Raises:
        UsageError: SW627, that file cannot be read.
    """
    if file and file != STDIN:
        settings = replace(settings, arguments=_typed(file, settings.arguments))
    return carried_out(_carry_out(settings, command, address))


def _typed(file: str, arguments: Sequence[str]) -> tuple[str, ...]:
    """The same call, with what is in the file as its standard input; it lies in memory only."""
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise UsageError("SW627", file=file, problem=error.strerror or str(error)) from error
    with os.fdopen(os.memfd_create("seaway"), "r+b", buffering=0) as memory:
        memory.write(data)
        memory.seek(0)
        os.dup2(memory.fileno(), 0)
    last = max(number for number, each in enumerate(arguments) if each == file)
    return (*arguments[:last], STDIN, *arguments[last + 1 :])


async def _carry_out(settings: Settings, command: str, address: Address) -> int:
    try:
        from seaway.targets.docker.hosts.ssh import connected, engine_of  # noqa: PLC0415 -- an extra
    except ModuleNotFoundError as error:
        raise PartMissing("SW220", host=address.host) from error
    from seaway.targets.docker.hosts.agent import Agent  # noqa: PLC0415 -- see above

    stack = wiring.read_stack(options(settings))
    async with connected(address) as connection, engine_of(connection, address) as engine:
        agent, more = Agent(engine, address.folder), dict[str, str]()
        if command in BRINGS or command in LOOKS:
            shipped = await _shipped(settings, stack, address, command, agent)
            if shipped is None:
                return 0
            more = shipped
        elif not await agent.there():
            raise NothingRunning("SW624", stack=stack.name, environment=stack.environment)
        around = hosted.surroundings(settings, stack, address.host)
        return await agent.run(settings.arguments, {**around, **more})


async def _shipped(
    settings: Settings, stack: Stack, address: Address, command: str, agent: "Agent"
) -> dict[str, str] | None:
    """Bring what the command is about; what it is told of that. None where it was answered here."""
    from seaway.cli.shipping import Shipping, foretold  # noqa: PLC0415 -- slow to load

    show = Show(settings)
    shipping = Shipping(show, stack, address, agent)
    if command == "secrets":
        return await shipping.secrets()
    if command in BRINGS and not settings.dry_run:
        return await shipping.whole()
    if await agent.there():
        return await shipping.release()
    foretold(show, wiring.demanded(wiring.resolved(stack)).release)
    return None
