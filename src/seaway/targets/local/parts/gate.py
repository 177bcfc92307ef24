"""gate: HAProxy for one store, one address to write to and one to read from; told where they lead.

It does not look for the leader by itself: only who keeps the leader knows who that is.
"""

import asyncio
import contextlib
from collections.abc import Mapping

from seaway.errors import StepFailed
from seaway.model.settings.gate import MEMBER, READ, WRITE
from seaway.model.standing import NOBODY, Aim
from seaway.plan.steps import Order
from seaway.targets.local.part import Found, Launch, NotReady, Placement, Runner
from seaway.targets.local.parts.haproxy import HaproxyPart

SOCKET, CONFIGURATION = "gate.sock", "gate.cfg"
PATIENCE = 2.0
"""Seconds for one answer, or for all to one order."""
PAUSE = 0.02
AWAY = 0x01 | 0x08
"""Bits of a server's administrative state: maintenance and drain (HAProxy, management guide,
`show servers state`)."""
_BY_NAME = (
    "  default-server init-addr none resolvers network",
    "resolvers network",
    "  parse-resolv-conf",
    "  timeout resolve 500ms",
    "  timeout retry 500ms",
    "  hold valid 500ms",
)
"""In a container members have names, and another address each time that they start."""
_NAME, _BACKEND, _ADMIN = 3, 1, 6
"""Columns of that table."""


class GatePart:
    """HAProxy in one process, with its orders through a socket in its run folder."""

    name = "gate"

    def find(self, choice: str) -> Found:
        """The same as the proxy."""
        return HaproxyPart().find(choice)

    async def prepare(self, place: Placement, run: Runner) -> None:
        """Nothing: it keeps nothing."""

    def launch(self, place: Placement) -> Launch:
        """At first it leads nowhere: whoever led when it ended may not lead any more."""
        program, file = place.found.programs["haproxy"], place.folder / CONFIGURATION
        argv = (str(program), "-db", "-f", str(file))
        return Launch(argv=argv, files={CONFIGURATION: _configuration(place)})

    async def ready(self, place: Placement) -> Aim:
        """It leads to somebody who takes writes."""
        try:
            async with asyncio.timeout(PATIENCE):
                table = await _told(place, "show servers state")
        except TimeoutError as error:
            raise NotReady(f"no answer in {PATIENCE:g} s") from error
        except OSError as error:
            raise NotReady(error.strerror or str(error)) from error
        aim = _aim(table)
        if aim.write == NOBODY:
            raise NotReady("no member takes writes yet")
        return aim

    async def settle(self, place: Placement, run: Runner) -> None:
        """Nothing to do."""

    async def arrange(self, place: Placement, order: Order) -> None:
        """Lead elsewhere. Who is connected to one that does not lead any more is cut off."""
        if not isinstance(order, Aim):
            raise StepFailed("SW348", member=place.instance, problem="it is a gate")
        orders = [
            *_change(WRITE, {order.write}, _slots(place), frozenset()),
            *_change(READ, {*order.read}, _slots(place), frozenset({order.write})),
        ]
        try:
            async with asyncio.timeout(PATIENCE):
                said = [await _told(place, each) for each in orders]
        except (TimeoutError, OSError) as error:
            raise StepFailed("SW348", member=place.instance, problem=str(error)) from error
        if problem := "".join(said).strip():
            raise StepFailed("SW348", member=place.instance, problem=problem)


def _slots(place: Placement) -> Mapping[int, str]:
    """Where the members are."""
    return {
        int(name.removeprefix(MEMBER)): address for name, address in place.env.items()
        if name.startswith(MEMBER)
    }  # fmt: skip


def _change(
    backend: str, wanted: set[int], known: Mapping[int, str], fresh: frozenset[int]
) -> list[str]:  # fmt: skip
    """Orders: the others out first, so that there are never two; `fresh` ones are not cut off."""
    orders: list[str] = []
    for slot in sorted(known.keys() - wanted):
        orders.append(f"set server {backend}/{slot} state maint")
        if slot not in fresh:
            orders.append(f"shutdown sessions server {backend}/{slot}")
    return [*orders, *(f"set server {backend}/{slot} state ready" for slot in sorted(wanted))]


def _aim(table: str) -> Aim:
    led: dict[str, list[int]] = {WRITE: [], READ: []}
    for line in table.splitlines():
        words = line.split()
        if len(words) > _ADMIN and words[_BACKEND] in led and not int(words[_ADMIN]) & AWAY:
            led[words[_BACKEND]].append(int(words[_NAME]))
    write = led[WRITE][0] if len(led[WRITE]) == 1 else NOBODY
    return Aim(write=write, read=tuple(sorted(led[READ])))


async def _told(place: Placement, order: str) -> str:
    """The answer to one order or question."""
    reader, writer = await _opened(f"{place.folder}/{SOCKET}")
    try:
        writer.write(f"{order}\n".encode())
        return (await reader.read()).decode(errors="replace")
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _opened(path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """One that has just been started opens its socket in a moment; the caller limits the time."""
    while True:
        try:
            return await asyncio.open_unix_connection(path)
        except (FileNotFoundError, ConnectionRefusedError):
            await asyncio.sleep(PAUSE)


def _configuration(place: Placement) -> str:
    """For connections that live for days and are silent for hours."""
    lines = [
        "global",
        f"  stats socket {place.folder}/{SOCKET} mode 600 level admin",
        f"  maxconn {place.server.settings['connections']}",
        "  log stderr format raw daemon notice",
        "defaults",
        "  mode tcp",
        "  timeout connect 2s",
        "  timeout client 7d",
        "  timeout server 7d",
        "  option clitcpka",
        "  option srvtcpka",
        "  retries 0",  # the client tries again sooner, and by then another may lead
        "  balance leastconn",
        *(_BY_NAME if place.listening else ()),
    ]
    for name in (WRITE, READ):
        lines += [
            f"frontend to-{name}", f"  bind {place.listens}:{place.port(name)}",
            f"  default_backend {name}", f"backend {name}",
        ]  # fmt: skip
        lines += [
            f"  server {slot} {address} disabled" for slot, address in sorted(_slots(place).items())
        ]
    return "\n".join(lines) + "\n"
