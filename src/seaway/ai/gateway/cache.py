"""Cache: answers kept in the store, each asked for once however many want it."""

import asyncio
import hashlib
import random
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress

from seaway.ai.gateway.store import Store, StoreGone

LARGEST = 2**20
"""Bytes of an answer that is kept."""
JITTER = 0.1
"""Part of its time by which an answer may be forgotten earlier, so that not all are at once."""
_LOCK = 10_000
"""Milliseconds for which one instance is waited for, longer while it says that it is at it."""
_LOOK = 0.03
"""Seconds between two looks for what another instance asks."""
HIT, MISS, SHARED = "hit", "miss", "shared"
_RELEASE = "if redis.call('GET',KEYS[1])==ARGV[1] then return redis.call('DEL',KEYS[1]) end"
Make = Callable[[], Awaitable[bytes]]


def cache_key(name: str, *parts: bytes) -> str:
    """Of a question: equal only for the same parts."""
    whole = b"".join(each for part in parts for each in (b"%d:" % len(part), part))
    return f"{name}:answer:{hashlib.blake2b(whole, digest_size=20).hexdigest()}"


class Cache:
    """All answers; without a store, only what is asked at the same time is shared."""

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._flights: dict[str, list[asyncio.Future[bytes | None]]] = {}
        """What is being asked, and who waits for it."""
        self._loop = asyncio.get_running_loop()

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
            spread = seconds * (1 - JITTER * random.random())  # noqa: S311 -- not all at once
            self._store.tell("SET", key, answer, "PX", str(max(int(spread * 1000), 1)))

    async def once(self, key: str, seconds: float, make: Make) -> tuple[bytes, str]:
        """The kept answer, or the one that another is asking for, or a new one.

        What fails, fails for all who wait in this process, and is not kept. Where the one who asks
        goes away, one of those who wait asks.
        """
        while (others := self._flights.get(key)) is not None:
            turn: asyncio.Future[bytes | None] = self._loop.create_future()
            others.append(turn)
            if (shared := await turn) is not None:
                return shared, SHARED
        waiting = self._flights[key] = []
        outcome: bytes | Exception | None = None  # of one who goes away
        try:
            outcome, how = await self._looked_up(key, seconds, make)
        except Exception as error:
            outcome = error
            raise
        else:
            return outcome, how
        finally:
            del self._flights[key]
            for each in waiting:
                _tell(each, outcome)

    async def _looked_up(self, key: str, seconds: float, make: Make) -> tuple[bytes, str]:
        held: tuple[str, str] | None = None
        if self._store is not None:
            with suppress(StoreGone):
                found = await self._store.ask("GET", key)
                if isinstance(found, bytes):
                    return found, HIT
                lock = f"{key}:asking", secrets.token_hex(8)
                found = await self._locked(self._store, key, lock)
                if found is not None:
                    return found, SHARED
                held = lock
        if held is None:
            return await make(), MISS
        return await self._made(key, seconds, make, held), MISS

    async def _locked(self, store: Store, key: str, lock: tuple[str, str]) -> bytes | None:
        """Nothing when it is ours to ask; else what another instance has asked."""
        while await store.ask("SET", *lock, "NX", "PX", str(_LOCK)) != b"OK":
            await asyncio.sleep(_LOOK)
            found = await store.ask("GET", key)
            if isinstance(found, bytes):
                return found
        again = await store.ask("GET", key)  # it may have come between the two
        if isinstance(again, bytes):
            store.tell("EVAL", _RELEASE, "1", *lock)
            return again
        return None

    async def _made(self, key: str, seconds: float, make: Make, held: tuple[str, str]) -> bytes:
        at_it = self._loop.create_task(self._hold(held[0]))
        try:
            answer = await make()
            self.put(key, seconds, answer)
        finally:
            at_it.cancel()
            if self._store is not None:
                self._store.tell("EVAL", _RELEASE, "1", *held)
        return answer

    async def _hold(self, lock: str) -> None:
        while self._store is not None:
            await asyncio.sleep(_LOCK / 3000)
            self._store.tell("PEXPIRE", lock, str(_LOCK))


def _tell(turn: "asyncio.Future[bytes | None]", outcome: bytes | Exception | None) -> None:
    if turn.done():
        return
    if isinstance(outcome, Exception):
        turn.set_exception(outcome)
        turn.exception()  # it may be that nobody waits any more
    else:
        turn.set_result(outcome)
