"""Cache: answers kept in the store, each asked for once however many want it."""

import asyncio
import hashlib
import random
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from seaway.ai.gateway.store import Store, StoreGone, Value, script

LARGEST = 2**20
"""Bytes of an answer that is kept."""
JITTER = 0.1
"""Part of its time by which an answer may be forgotten earlier, so that not all are at once."""
LOCK = 10_000
"""Milliseconds for which one instance is waited for, longer while it says that it is at it."""
_HOLD = LOCK / 3000
"""Seconds between two times at which it is said that an answer is still being asked for."""
_LOOK = 0.03
"""Seconds between two looks for what another instance asks."""
HIT, MISS, SHARED = "hit", "miss", "shared"
LOOK, KEEP = (script(each) for each in ("cache.lua", "keep.lua"))
Make = Callable[[], Awaitable[bytes]]
Outcome = bytes | Exception | None
"""Of who asks: the answer, how it failed, or nothing where the one who asked has gone away."""


def cache_key(name: str, *parts: bytes) -> str:
    """Of a question: equal only for the same parts."""
    whole = b"".join([b"%d:%b" % (len(part), part) for part in parts])
    return f"{name}:answer:{hashlib.blake2b(whole, digest_size=20).hexdigest()}"


class Cache:
    """All answers; without a store, only what is asked at the same time is shared."""

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._flights: dict[str, list[Callable[[Outcome], None]]] = {}
        """What is being asked, and who waits for it."""
        self._loop = asyncio.get_running_loop()
        self._run, self._count = f"{secrets.token_hex(8)}-", 0
        self._holding: set[str] = set()
        """What is asked for by us, of which it must be said now and then."""
        self._timer: asyncio.TimerHandle | None = None

    async def get(self, key: str) -> bytes | None:
        """What is kept, if it can be had."""
        if self._store is None:
            return None
        with suppress(StoreGone):
            found = await self._store.ask("GET", key)
            return found if isinstance(found, bytes) else None
        return None

    def put(self, key: str, seconds: float, answer: bytes) -> None:
        """Keep an answer; nobody waits for it."""
        if self._store is not None and len(answer) <= LARGEST:
            self._store.tell("SET", key, answer, "PX", str(_for(seconds)))

    def begin(self, key: str) -> str:
        """Who looks for it, until `found`; nobody where somebody else of this process does.

        The look itself is made with the question to the limits (`limits.lua`).
        """
        if self._store is None or key in self._flights:
            return ""
        self._flights[key] = []
        return self._turn()

    def wait(self, key: str, told: Callable[[Outcome], None]) -> bool:
        """Whether somebody of this process asks for it; then what comes of that is told."""
        flight = self._flights.get(key)
        if flight is None:
            return False
        flight.append(told)
        return True

    def found(self, key: str, found: Value) -> bool:
        """What the look has found; whether it is ours to ask, until `end`."""
        if found == 1:
            self._hold(key)
            return True
        self._land(key, found if isinstance(found, bytes) else None)
        return False

    def end(self, key: str, who: str, seconds: float, answer: bytes) -> None:
        """Keep the answer; without one, let others ask."""
        if self._store is not None:
            self._release(self._store, key, who, seconds, answer)
        self._land(key, answer or None)

    def _land(self, key: str, outcome: Outcome) -> None:
        for told in self._flights.pop(key):
            told(outcome)

    async def once(self, key: str, seconds: float, make: Make) -> tuple[bytes, str]:
        """The kept answer, or the one that another is asking for, or a new one.

        What fails, fails for all who wait in this process, and is not kept. Where the one who asks
        goes away, one of those who wait asks.
        """
        while (others := self._flights.get(key)) is not None:
            turn: asyncio.Future[bytes | None] = self._loop.create_future()
            others.append(partial(_tell, turn))
            if (shared := await turn) is not None:
                return shared, SHARED
        self._flights[key] = []
        outcome: Outcome = None  # of one who goes away
        try:
            outcome, how = await self._looked_up(key, seconds, make)
        except Exception as error:
            outcome = error
            raise
        else:
            return outcome, how
        finally:
            self._land(key, outcome)

    async def _looked_up(self, key: str, seconds: float, make: Make) -> tuple[bytes, str]:
        if self._store is None:
            return await make(), MISS
        who = self._turn()
        try:
            found, how = await self._locked(self._store, key, who)
        except StoreGone:
            return await make(), MISS
        if found is not None:
            return found, how
        return await self._made(self._store, key, who, make, seconds), MISS

    async def _locked(self, store: Store, key: str, who: str) -> tuple[bytes | None, str]:
        """Nothing when it is ours to ask; else what is kept, or another instance has asked."""
        how = HIT
        while True:
            found = await store.ask("EVALSHA", LOOK.digest, "2", key, lock(key), who, str(LOCK))
            if isinstance(found, bytes):
                return found, how
            if found == 1:
                return None, MISS
            how = SHARED
            await asyncio.sleep(_LOOK)

    async def _made(self, store: Store, key: str, who: str, make: Make, seconds: float) -> bytes:
        answer = b""
        self._hold(key)
        try:
            answer = await make()
        finally:
            self._release(store, key, who, seconds, answer)
        return answer

    def _release(self, store: Store, key: str, who: str, seconds: float, answer: bytes) -> None:
        self._holding.discard(key)
        ms = _for(seconds) if answer and len(answer) <= LARGEST else 0
        store.together(KEEP, (key, lock(key)), (who, answer if ms else b"", ms))

    def _hold(self, key: str) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(_HOLD, self._hold_on)
        self._holding.add(key)

    def _hold_on(self) -> None:
        """Whoever waits for what takes long is told that it is being asked."""
        self._timer = self._loop.call_later(_HOLD, self._hold_on) if self._holding else None
        if self._store is not None:
            for each in self._holding:
                self._store.tell("PEXPIRE", lock(each), str(LOCK))

    def _turn(self) -> str:
        """A name for one who asks, like no other in any process."""
        self._count += 1
        return f"{self._run}{self._count}"


def lock(key: str) -> str:
    """Held by who asks for an answer."""
    return f"{key}:asking"


def _for(seconds: float) -> int:
    """Milliseconds for which it is kept."""
    spread = seconds * (1 - JITTER * random.random())  # noqa: S311 -- not all at once
    return max(int(spread * 1000), 1)


def _tell(turn: "asyncio.Future[bytes | None]", outcome: Outcome) -> None:
    if turn.done():
        return
    if isinstance(outcome, Exception):
        turn.set_exception(outcome)
        turn.exception()  # it may be that nobody waits any more
    else:
        turn.set_result(outcome)
