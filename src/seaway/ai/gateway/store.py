"""Store: a client for Redis that sends all commands of one turn of the loop together."""

import asyncio
import hashlib
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

import hiredis

from seaway.ai.gateway.turn import Turn

Value = None | int | float | bytes | str | list["Value"]
WAIT = 1.0
"""Seconds after which an answer will not come any more."""
_PAUSES = (0.02, 0.05, 0.1, 0.25, 0.5)
"""Seconds between tries to connect."""


@dataclass(frozen=True, slots=True)
class Script:
    """In Lua, run by its digest."""

    text: str
    digest: str


def script(name: str) -> Script:
    """One of the files beside."""
    text = Path(__file__).with_name(name).read_text()
    return Script(text, hashlib.sha1(text.encode()).hexdigest())  # noqa: S324 -- Redis names scripts so


class StoreGone(Exception):  # noqa: N818 -- said as it is
    """Redis does not answer. Whether a command had an effect is not known."""


@dataclass(frozen=True, slots=True)
class Address:
    """Of `redis://user:password@host:port/number`."""

    host: str
    port: int
    login: tuple[str, ...]
    number: int

    @staticmethod
    def of(url: str) -> "Address":
        """Read an address."""
        found = urlsplit(url)
        words = tuple(unquote(each) for each in (found.username, found.password) if each)
        number = found.path.strip("/")
        return Address(found.hostname or "127.0.0.1", found.port or 6379, words, int(number or 0))


Told = Callable[[Value | Exception], None]
"""Called with the answer of a command, an error if it is one, or with StoreGone."""


class Store(asyncio.Protocol):
    """One connection, made again when it breaks."""

    def __init__(self, address: Address, scripts: Sequence[Script], turn: Turn) -> None:
        self._address, self._scripts = address, scripts
        self.turn, self._loop = turn, turn.loop
        self._reader = hiredis.Reader()
        self._transport: asyncio.Transport | None = None
        self._out: list[bytes] = []
        self._asked: deque[tuple[Told, float]] = deque()
        self._together: dict[str, tuple[list[str], list[str | bytes | int]]] = {}
        """What a script is to be told at the end of this turn: keys and figures, by its digest."""
        self._lost = asyncio.Event()
        self.up = False

    async def keep(self) -> None:
        """Stay connected for ever."""
        failures = 0
        while True:
            with suppress(OSError, StoreGone, TimeoutError):
                await self._connect()
                failures = 0
                await self._watch()
            self.up = False
            await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
            failures += 1

    async def _connect(self) -> None:
        self._lost = asyncio.Event()
        self._reader = hiredis.Reader()
        async with asyncio.timeout(2 * WAIT):
            await self._loop.create_connection(lambda: self, self._address.host, self._address.port)
            first: list[tuple[str | bytes, ...]] = []
            if self._address.login:
                first.append(("AUTH", *self._address.login))
            if self._address.number:
                first.append(("SELECT", str(self._address.number)))
            first += [("SCRIPT", "LOAD", each.text) for each in self._scripts]
            for answer in await asyncio.gather(*(self._answer(each) for each in first)):
                if isinstance(answer, Exception):
                    raise StoreGone(str(answer))
        self.up = True

    async def _watch(self) -> None:
        """Return when the connection is lost, or has not answered in time."""
        while not self._lost.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(WAIT / 4):
                    await self._lost.wait()
            if self._asked and self._loop.time() - self._asked[0][1] > WAIT and self._transport:
                self._transport.abort()

    def ask(self, *words: str | bytes) -> "asyncio.Future[Value]":
        """Send a command at the end of this turn; the answer, or StoreGone, is in the future."""
        if self.up:
            return self._answer(words)
        gone: asyncio.Future[Value] = self._loop.create_future()
        gone.set_exception(StoreGone("not connected"))
        return gone

    def call(self, words: Sequence[str | bytes | int], told: Told) -> None:
        """Likewise, for one who has no task that could wait."""
        if self.up:
            self._send(words, told)
        else:
            told(StoreGone("not connected"))

    def tell(self, *words: str | bytes) -> None:
        """Send a command whose answer nobody waits for."""
        if self.up:
            self._send(words, _nobody)

    def together(
        self, script: Script, keys: Sequence[str], figures: Sequence[str | bytes | int]
    ) -> None:
        """Likewise a script, once for all that is told in this turn."""
        if not self._together:
            self.turn.last(self._tell)
        known = self._together.get(script.digest)
        if known is None:
            known = self._together[script.digest] = [], []
        known[0].extend(keys)
        known[1].extend(figures)

    def _tell(self) -> None:
        together, self._together = self._together, {}
        for digest, (keys, figures) in together.items():
            if self.up:
                self._send(("EVALSHA", digest, len(keys), *keys, *figures), _nobody)

    def _answer(self, words: Sequence[str | bytes | int]) -> "asyncio.Future[Value]":
        answer: asyncio.Future[Value] = self._loop.create_future()
        self._send(words, partial(_give, answer))
        return answer

    def _send(self, words: Sequence[str | bytes | int], told: Told) -> None:
        if not self._out:
            self.turn.last(self._flush)
        self._out.append(_packed(words))
        self._asked.append((told, self._loop.time()))

    def _flush(self) -> None:
        """One call of the kernel: a transport makes one for each thing that it is given."""
        if self._transport and self._out:
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's is one by its methods

    def data_received(self, data: bytes) -> None:
        self.turn.came(self._received, data)

    def _received(self, data: bytes) -> None:
        reader, asked = self._reader, self._asked
        reader.feed(data)
        whole = False
        try:
            while (value := reader.gets()) is not False:
                told, _ = asked.popleft()
                told(value)
            whole = True
        finally:
            if not whole:  # one has failed, which is told by the loop; the others go on
                self.turn.came(self._received, b"")

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.up = False
        self._transport = None
        self._out.clear()
        self.turn.came(self._leave, b"")  # after what has come before

    def _leave(self, _: bytes) -> None:
        waiting, self._asked = self._asked, deque()
        self._lost.set()
        for told, _since in waiting:
            told(StoreGone("connection lost"))


def _nobody(answer: Value | Exception) -> None:
    del answer


def _give(future: "asyncio.Future[Value]", answer: Value | Exception) -> None:
    if future.done():
        return
    if isinstance(answer, StoreGone):
        future.set_exception(answer)
        future.exception()  # it may be that nobody waits any more
    else:
        future.set_result(answer)  # type: ignore[arg-type]  # an error of Redis is a value here


def _packed(words: Sequence[str | bytes | int]) -> bytes:
    return hiredis.pack_command(tuple(words))  # type: ignore[arg-type, no-any-return]  # its stub knows one word
