"""T11: streams of events and websockets while releases come and go (R3).

A stream comes to its own end. A websocket goes on until its client ends it, or is told 1001 when
the time to drain is over. What is cut without a word is counted.
"""

import asyncio
import base64
import os
import struct
from collections import Counter
from dataclasses import dataclass, field

from seaway.ports.ledger import Verdict
from tests.faults.torture.town import Connection, Town, town
from tests.faults.torture.trial import Trial

SECONDS, SECONDS_SHORT = 30, 3
"""How long a stream lasts."""
DRAIN, DRAIN_SHORT = 40, 6
ENDLESS = 10
"""One in so many websockets is never ended by its client."""
CLOSE, TEXT, GOING_AWAY = 8, 1, 1001


@dataclass
class Audience:
    """Who listens, and what became of it."""

    port: int
    seconds: int
    over: bool = False
    streams: int = 0
    sockets: int = 0
    ends: Counter[str] = field(default_factory=Counter[str])

    async def listen(self) -> None:
        """One stream of events after the other, each to its end."""
        while not self.over:
            self.streams += 1
            try:
                whole = await self._events()
                self.ends["stream whole" if whole else "stream cut"] += 1
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                self.ends[f"stream {type(error).__name__}"] += 1

    async def _events(self) -> bool:
        made = await Connection.to(self.port)
        made.writer.write(
            f"GET /events?seconds={self.seconds} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        )
        status, _ = await made.head()
        said = b""
        async with asyncio.timeout(self.seconds + 30):
            while size := int(await made.reader.readuntil(b"\r\n"), 16):
                said += await made.reader.readexactly(size + 2)
        made.close()
        return status == 200 and said.count(b"data:") == int(self.seconds / 0.2) + 1

    async def talk(self, number: int) -> None:
        """One websocket after the other: a word each second, an answer to each."""
        while not self.over:
            self.sockets += 1
            try:
                self.ends[f"socket {await self._words(endless=number % ENDLESS == 0)}"] += 1
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                self.ends[f"socket {type(error).__name__}"] += 1

    async def _words(self, *, endless: bool) -> str:
        made = await Connection.to(self.port)
        key = base64.b64encode(os.urandom(16)).decode()
        made.writer.write(
            f"GET /socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade"
            f"\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        status, _ = await made.head()
        if status != 101:
            return f"refused with {status}"
        said = 0
        while not self.over and (endless or said < self.seconds):
            said += 1
            if closed := await self._word(made, str(said).encode()):
                return closed
            await asyncio.sleep(1)
        made.writer.write(bytes([0x80 | CLOSE, 0x82, 0, 0, 0, 0]) + struct.pack("!H", 1000))
        await made.reader.readexactly(4)
        made.close()
        return "whole"

    async def _word(self, made: Connection, word: bytes) -> str:
        """Empty for an answer, else how it was ended."""
        made.writer.write(bytes([0x80 | TEXT, 0x80 | len(word), 0, 0, 0, 0]) + word)
        async with asyncio.timeout(30):
            first, length = await made.reader.readexactly(2)
            data = await made.reader.readexactly(length)
        if first & 0xF == CLOSE:
            made.close()
            code = struct.unpack("!H", data[:2])[0]
            return "told to go" if code == GOING_AWAY else f"closed with {code}"
        return "" if data == word else "answered wrongly"


async def long_streams(trial: Trial) -> None:
    """Many listen, and the release is another one every time."""
    seconds, drain = trial.times(SECONDS, SECONDS_SHORT), trial.times(DRAIN, DRAIN_SHORT)
    async with town(trial, "t11", rollout=f"{{drain: {drain}s}}") as made:
        audience = Audience(made.port, seconds)
        async with asyncio.TaskGroup() as group:
            for number in range(trial.times(200, 20)):
                group.create_task(audience.listen())
                group.create_task(audience.talk(number))
            await _releases(trial, made, drain)
            audience.over = True
        judge(trial, audience)


async def _releases(trial: Trial, made: Town, drain: int) -> None:
    await asyncio.sleep(1)
    for number in range(trial.times(10, 2)):
        verdict = await made.deployed(limit=drain + 60, VERSION=str(number + 1))
        trial.tally.demand(verdict is Verdict.GOOD, f"release {number + 1} was {verdict}")
        trial.tally.faults += 1


def judge(trial: Trial, audience: Audience) -> None:
    """None was cut, and one was told to go."""
    tally, good = trial.tally, {"stream whole", "socket whole", "socket told to go"}
    tally.requests = audience.streams + audience.sockets
    bad = {why: count for why, count in audience.ends.items() if why not in good}
    tally.lost = sum(bad.values())
    tally.more |= {"streams": audience.streams, "sockets": audience.sockets, **audience.ends}
    tally.demand(not bad, f"cut: {bad}")
    tally.demand(audience.ends["socket told to go"], "no websocket lasted until the drain was over")
