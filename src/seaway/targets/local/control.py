"""Control: questions and orders to a running HAProxy, through the socket of its master process."""

import asyncio
import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from seaway.model.instance import FULL
from seaway.targets.local.part import NotReady

ANSWER_WITHIN = 5.0
"""Seconds."""
WORKER_WITHIN = 0.5
"""Seconds for the first try to ask a worker. One that ends just then never answers, and the master
keeps the connection open; asked again, it says that there is no such worker any more."""
PAUSE = 0.02
"""Seconds between two tries to connect."""
LARGEST_ANSWER = 8 * 2**20
LEAVING = 0x01 | 0x08
"""Bits of a server's administrative state that we set: maintenance and drain (HAProxy,
management guide, `show servers state`)."""
MAINTENANCE = 0x01


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """The processes behind the master, by pid. An old one ends with its last connection."""

    current: int
    old: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server of a backend, as one worker has it."""

    backend: str
    name: str
    address: str
    """`host:port`."""
    serving: bool
    """Healthy as far as the worker knows."""
    state: int
    weight: int = FULL

    @property
    def admitted(self) -> bool:
        return not self.state & LEAVING

    @property
    def out(self) -> bool:
        return bool(self.state & MAINTENANCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a worker has in hand at a moment."""

    clients: int
    """Connections of clients, idle ones too."""
    busy: Mapping[str, int]
    """Requests and sockets in hand, by the name of every server it knows."""

    @property
    def idle(self) -> bool:
        """Whether a client is connected that asks for nothing just now, but still may."""
        return self.clients > sum(self.busy.values())


class Control:
    """The master's socket. Each question is a connection of its own: nothing is kept open."""

    def __init__(self, master: Path) -> None:
        self._master = master

    async def workers(self) -> Workers:
        """Who serves now.

        Raises:
            NotReady: nobody does, or the master does not answer.
        """
        current, old, kind = 0, list[int](), ""
        for line in (await self._ask("show proc")).splitlines():
            words = line.split()
            if line.startswith("# "):
                kind = line[2:]
            elif len(words) > 1 and words[1] == "worker":
                pid = int(words[0])
                if kind == "workers":
                    current = pid
                else:
                    old.append(pid)
        if not current:
            raise NotReady("no worker")
        return Workers(current=current, old=tuple(old))

    async def ask(self, worker: int, command: str) -> str:
        """What a worker answers; empty when there is no such worker any more."""
        answer = await self._ask(f"@!{worker} {command}", each=WORKER_WITHIN)
        return "" if answer.startswith("Can't find the target PID") else answer.strip()

    async def reload(self) -> None:
        """Have the master start a worker with the files as they are now; does not wait for it."""
        await self._ask("reload")

    async def servers(self, worker: int) -> tuple[Server, ...]:
        """All servers of all backends."""
        return tuple(_servers(await self.ask(worker, "show servers state")))

    async def load(self, worker: int) -> "Load":
        """What a worker has in hand."""
        table = await self.ask(worker, "show stat -1 5 -1")
        clients, busy = 0, dict[str, int]()
        for row in csv.DictReader(table.removeprefix("# ").splitlines()):
            count = int(row["scur"] or 0)
            if row["svname"] == "FRONTEND":
                clients += count
            else:
                busy[row["svname"]] = busy.get(row["svname"], 0) + count
        return Load(clients=clients, busy=busy)

    async def _ask(self, command: str, each: float = ANSWER_WITHIN) -> str:
        """The master does not listen for a moment when it starts and when it exchanges workers.

        Where there is no socket at all the proxy has ended. The first try takes at most `each`
        seconds, another twice as long: on a busy machine all of them would be too short else.
        """
        why: Exception | None = None
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                while True:
                    try:
                        async with asyncio.timeout(each):
                            return await self._answer(command)
                    except (ConnectionError, TimeoutError) as error:
                        why = error
                        each *= 2 if isinstance(error, TimeoutError) else 1
                    await asyncio.sleep(PAUSE)
        except (OSError, TimeoutError) as error:
            said = str(why or error) or "nothing came in time"
            raise NotReady(f"the proxy does not answer: {said}") from error

    async def _answer(self, command: str) -> str:
        reader, writer = await asyncio.open_unix_connection(self._master, limit=LARGEST_ANSWER)
        try:
            writer.write(command.encode() + b"\n")
            writer.write_eof()
            await writer.drain()
            return (await reader.read()).decode()
        finally:
            writer.close()


def _servers(table: str) -> Iterator[Server]:
    """The table's second line names its columns, after a `#`."""
    lines = table.splitlines()
    columns = lines[1].lstrip("# ").split() if len(lines) > 1 else []
    for line in lines[2:]:
        row = dict(zip(columns, line.split(), strict=False))
        if row:
            yield Server(
                backend=row["be_name"],
                name=row["srv_name"],
                address=f"{row['srv_addr']}:{row['srv_port']}",
                serving=row["srv_op_state"] == "2",
                state=int(row["srv_admin_state"]),
                weight=int(row["srv_uweight"]),
            )
