"""Remote: a command about a stack on another machine is carried out there.

Seaway on the host does what it does on any machine, with the terminal of this one.
"""

import asyncio

from seaway import wiring
from seaway.cli import hosted
from seaway.cli.place import options, stack_file
from seaway.cli.settings import Settings
from seaway.cli.show import Show
from seaway.errors import NothingRunning, PartMissing
from seaway.targets.docker.hosts.address import Address, address_of

STAYS = frozenset({
    "new", "check", "explain", "simulate", "install", "verify", "completion", "bundle", "host",
    "render", "eject", "audit", "doctor", "supervise", "save", "reside", "receive",
})  # fmt: skip
"""Commands that are about this machine, or about the file alone."""
BRINGS = frozenset({"up", "deploy"})
"""Those that bring a release into place."""
SIGN = "ssh://"


def elsewhere(settings: Settings, command: str) -> Address | None:
    """The machine on which a command is to be carried out; None for this one.

    Raises:
        SeawayError: there is no stack file, or it is wrong.
    """
    if command in STAYS or hosted.stack():
        return None
    if SIGN not in stack_file(settings).read_text(encoding="utf-8", errors="replace"):
        return None
    return address_of(wiring.read_stack(options(settings)).target)


def carry_out(settings: Settings, command: str, address: Address) -> int:
    """Carry a command out there; return its exit status."""
    return asyncio.run(_carry_out(settings, command, address))


async def _carry_out(settings: Settings, command: str, address: Address) -> int:
    try:
        from seaway.targets.docker.hosts.ssh import connected, engine_of  # noqa: PLC0415 -- an extra
    except ModuleNotFoundError as error:
        raise PartMissing("SW220", host=address.host) from error
    from seaway.cli.shipping import Shipping, foretold  # noqa: PLC0415 -- slow to load
    from seaway.targets.docker.hosts.agent import Agent  # noqa: PLC0415 -- see above

    show, stack = Show(settings), wiring.read_stack(options(settings))
    async with connected(address) as connection, engine_of(connection, address) as engine:
        agent, more = Agent(engine, address.folder), dict[str, str]()
        there = await agent.there()
        if command == "plan" or (settings.dry_run and command in BRINGS):
            if not there:
                foretold(show, wiring.demanded(wiring.resolved(stack)).release)
                return 0
            more = await Shipping(show, stack, address, agent).release()
        elif command in BRINGS:
            more = await Shipping(show, stack, address, agent).whole()
        elif command == "secrets":
            more = await Shipping(show, stack, address, agent).secrets()
        elif not there:
            raise NothingRunning("SW624", stack=stack.name, environment=stack.environment)
        around = hosted.surroundings(settings, stack, address.host)
        return await agent.run(settings.arguments, {**around, **more})
