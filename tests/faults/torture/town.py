"""Town: a stack with a real ingress and an application of many manners, and people who ask it."""

import asyncio
import contextlib
import os
import shutil
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from seaway import wiring
from seaway.model.instance import Phase
from seaway.model.release import Release
from seaway.ports.ledger import Verdict
from seaway.stores.lease import ring
from seaway.stores.vault import FileVault
from tests.faults.torture import containers
from tests.faults.torture.stage import Stage, stage
from tests.faults.torture.trial import Trial

STACK = """
seaway: 1
name: {name}
services:
  api:
    run: python3 rude_app.py
    source: ./app
    port: 8000
    replicas: 2
    health: {{ready: /readyz, live: /livez, start: {start}, every: 1s, timeout: 2s}}
    stop: {{grace: 3s}}
    rollout: {rollout}
    env: {{EFFECTS: {effects}, VERSION: "0", MANNERS: "", FAILING: "0"}}
ingress:
  ports: {{http: {port}}}
  localhost:
    routes:
      /: {{to: api, body: 1MB}}
      /events: {{to: api, stream: true}}
      /socket: {{to: api, websocket: true}}
environments:
  docker: {{target: docker}}
"""
START = {"local": "8s", "docker": "30s"}
"""How long an instance may take to get ready, where a test promises nothing of it."""
STARTS = "SW512"
DECIDED = 60.0
"""Seconds within which every release is decided."""


@dataclass
class Town:
    """The stack, through the ledger as the commands use it."""

    stage: Stage
    file: Path
    effects: Path
    port: int

    def release(self, why: str = "deploy", **env: str) -> Release:
        """What the stack file says, with other variables for the application."""
        sets = tuple(f"services.api.env.{name}={text!r}" for name, text in env.items())
        options = wiring.StackOptions(
            file=self.file, environment=self.stage.environment, sets=sets
        )  # fmt: skip
        stack = wiring.read_stack(options)
        found = wiring.ready_to_record(stack, FileVault(self.stage.state.vault))
        return replace(found.release, why=why)

    def begin(self, release: Release) -> int:
        """As `deploy` does; the number of the release."""
        number = self.stage.ledger.record(release).number
        ring(self.stage.state.wake)
        return number

    async def decided(self, number: int, limit: float = DECIDED) -> Verdict:
        """What became of it."""
        end = time.monotonic() + limit
        while (verdict := self.stage.ledger.verdict(number)) in UNDECIDED:
            assert time.monotonic() < end, f"not decided: {self.last_events()}"
            await asyncio.sleep(0.02)
        assert verdict is not None
        return verdict

    def last_events(self) -> list[str]:
        """What happened last, for a failure to tell of."""
        ledger = self.stage.ledger
        events = ledger.events(ledger.last_event() - 12)
        return [f"{each.at:%M:%S.%f} {each.code} {dict(each.facts)}" for each in events]

    def starts(self, after: int) -> int:
        """How many copies of the application were started since that event."""
        events = self.stage.ledger.events(after)
        return sum(each.code == STARTS and each.facts.get("workload") == "api" for each in events)

    async def deployed(self, limit: float = DECIDED, **env: str) -> Verdict:
        """Release it, and wait for the verdict."""
        return await self.decided(self.begin(self.release(**env)), limit)

    async def settled(self, limit: float = DECIDED) -> None:
        """Until what is wanted is good: after a failure, the release before."""
        async with asyncio.timeout(limit):
            while True:
                wanted = self.stage.ledger.wanted()
                if wanted and self.stage.ledger.verdict(wanted.number) is Verdict.GOOD:
                    return
                await asyncio.sleep(0.02)

    def serving(self) -> set[str]:
        """The digests of the instances that are there, as last seen."""
        live = (each for each in self.stage.ledger.seen() if each.workload == "api")
        return {each.digest for each in live if each.phase in {Phase.READY, Phase.STARTING}}

    async def noted(self) -> None:
        """Until all that was done has been noted."""
        if self.stage.environment != "local":
            await asyncio.sleep(containers.ARRIVING)

    def executed_twice(self) -> int:
        """Payments that were made more than once."""
        return sum(count - 1 for count in self._payments().values())

    def payments(self) -> int:
        """Payments that were made."""
        return len(self._payments())

    def ended(self) -> int:
        """Kept connections that the application has ended by its own will."""
        return self.effects.read_text().split().count("ended")

    def _payments(self) -> Counter[str]:
        return Counter(each for each in self.effects.read_text().split() if each != "ended")


UNDECIDED = {Verdict.PENDING, Verdict.PASSED}


@asynccontextmanager
async def town(
    trial: Trial, name: str, *, rollout: str = "{drain: 5s}", start: str = ""
) -> AsyncIterator[Town]:  # fmt: skip
    """A town in which release 1 is good; nothing of it afterwards."""
    start = start or START[trial.target]
    async with _place(trial, name) as (made, effects, told):
        folder = trial.folder / "project"
        (folder / "app").mkdir(parents=True)
        shutil.copy(Path(__file__).with_name("rude_app.py"), folder / "app")
        port = free_port()
        (folder / "seaway.yaml").write_text(STACK.format(
            name=made.stack, rollout=rollout, start=start, effects=told, port=port,
        ))  # fmt: skip
        for each in (folder, folder / "app"):
            each.chmod(0o755)
        found = Town(made, folder / "seaway.yaml", effects, port)
        release = found.release("up")
        wiring.choose_target(made.state, release)
        if trial.target == "docker":
            await containers.images(made, release)
        number = found.begin(release)
        await made.supervise()
        assert await found.decided(number) is Verdict.GOOD, found.last_events()
        yield found


@asynccontextmanager
async def _place(trial: Trial, name: str) -> AsyncIterator[tuple[Stage, Path, str]]:
    """A stage, the file of all that was done, and what programs are told of where to note it."""
    effects = trial.folder / "effects"
    effects.touch()
    effects.chmod(0o666)
    async with contextlib.AsyncExitStack() as around:
        told = str(effects)
        if trial.target == "docker":
            told = await around.enter_async_context(containers.noting(effects))
        made = await around.enter_async_context(stage(trial.folder, name, trial.target))
        try:
            yield made, effects, told
        finally:
            if trial.target == "docker":
                await made.kill_supervisor()
                await containers.removed(made)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# ------------------------------------------------------------------------------------- who asks


@dataclass
class Load:
    """Clients that ask one thing after the other on kept connections; half of it are payments."""

    port: int
    pause: float = 0.02
    held: float = 0.3
    """Seconds for which each fifth body is held back in its middle."""
    requests: int = 0
    lost: Counter[str] = field(default_factory=Counter[str])
    """What was not answered as it should be, by why."""
    exposed: int = 0
    """Answers 500 that the application itself meant."""
    versions: Counter[str] = field(default_factory=Counter[str])
    latencies: list[float] = field(default_factory=list[float])
    paid: int = 0
    doing: str = ""
    """What is going on, for a failure to tell of."""
    moments: list[str] = field(default_factory=list[str])
    _over: bool = False
    _number: int = 0

    @contextlib.asynccontextmanager
    async def running(self, clients: int) -> AsyncIterator["Load"]:
        """For as long as the block runs; what is in hand at its end comes to its end."""
        async with asyncio.TaskGroup() as group:
            for number in range(clients):
                group.create_task(self._client(number))
            try:
                yield self
            finally:
                self._over = True

    async def _client(self, client: int) -> None:
        connection: Connection | None = None
        while not self._over:
            await asyncio.sleep(self.pause)
            self._number += 1
            number = self._number
            try:
                connection = connection if connection and connection.open else None
                connection = connection or await Connection.to(self.port)
                if (client + number) % 2:
                    await self._pay(connection, number)
                else:
                    await self._get(connection)
            except (OSError, asyncio.IncompleteReadError, TimeoutError, EOFError) as error:
                self._lose(type(error).__name__)
                if connection:
                    connection.close()
                connection = None
            finally:
                self.requests += 1
        if connection:
            connection.close()

    async def _get(self, connection: "Connection") -> None:
        begun = time.monotonic()
        self._judge("GET", await connection.ask("GET", "/"), None)
        self.latencies.append(time.monotonic() - begun)

    async def _pay(self, connection: "Connection", number: int) -> None:
        """Each fifth body is held back for a moment in its middle."""
        body, pause = f"pay-{number}".encode(), 0.0 if number % 5 else self.held
        self.paid += 1
        self._judge("POST", await connection.ask("POST", "/pay", body, pause), body)

    def _judge(self, method: str, answer: "Answer", wanted: bytes | None) -> None:
        self.versions[answer.version] += 1
        if answer.status == 500 and answer.body == b"broken":
            self.exposed += 1
        elif answer.status != 200 or (wanted is not None and answer.body != wanted):
            self._lose(f"{method} status {answer.status}")

    def _lose(self, why: str) -> None:
        self.lost[why] += 1
        self.moments.append(f"{self.doing} {why} at {time.strftime('%M:%S')}")


@dataclass(frozen=True)
class Answer:
    status: int
    version: str
    body: bytes


@dataclass
class Connection:
    """A kept connection of HTTP/1.1."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    ends: bool = False

    @classmethod
    async def to(cls, port: int) -> "Connection":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    @property
    def open(self) -> bool:
        """Whether another request may be sent: the other side has not ended it meanwhile."""
        return not self.ends and not self.reader.at_eof() and not self.writer.is_closing()

    def close(self) -> None:
        self.writer.close()

    async def ask(self, method: str, path: str, body: bytes = b"", pause: float = 0.0) -> Answer:
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
        half = len(body) // 2 if pause else len(body)
        self.writer.write(head.encode() + body[:half])
        if pause:
            await self.writer.drain()
            await asyncio.sleep(pause)
            self.writer.write(body[half:])
        async with asyncio.timeout(30):
            status, fields = await self.head()
            data = await self.reader.readexactly(int(fields.get("content-length", "0")))
        self.ends = fields.get("connection", "").lower() == "close"
        return Answer(status, fields.get("x-version", "?"), data)

    async def head(self) -> tuple[int, Mapping[str, str]]:
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines[1:] if line)
        return int(lines[0].split()[1]), {name.lower(): text.strip() for name, _, text in pairs}


def own_environment(made: Stage) -> dict[str, str]:
    """For commands of this town."""
    return {
        **os.environ, "SEAWAY_STATE": str(made.state.root.parent), "NO_COLOR": "1",
        "SEAWAY_ENVIRONMENT": made.environment,
    }  # fmt: skip
