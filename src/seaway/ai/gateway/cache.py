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
_LOCK = 10_000
"""Milliseconds for which one instance is waited for, longer while it says that it is at it."""
_HOLD = _LOCK / 3000
_LOOK = 0.03
"""Seconds between two looks for what another instance asks."""
HIT, MISS, SHARED = "hit", "miss", "shared"
LOOK, KEEP = (script(each) for each in ("cache.lua", "keep.lua"))
Make = Callable[[], Awaitable[bytes]]
Looked = Callable[[bytes, str], None]


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
        self._run, self._count = f"{secrets.token_hex(8)}-", 0
        self._holding: dict[str, asyncio.TimerHandle] = {}
        """By lock, until when it must be said again that it is held."""

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
            self._store.tell("SET", key, answer, "PX", _for(seconds))

    def begin(self, key: str, told: Looked) -> bool:
        """Look without a task; whether it was begun: not where somebody else asks already.

        `told` gets the answer, or the name by which it is ours to ask until `end`, or neither.
        """
        if self._store is None or key in self._flights:
            return False
        self._flights[key] = []
        who = self._turn()
        looked = self._look(self._store, key, who)
        looked.add_done_callback(partial(self._looked, self._store, key, who, told))
        return True

    def _looked(
        self, store: Store, key: str, who: str, told: Looked, looked: asyncio.Future[Value]
    ) -> None:
        found = None if looked.exception() else looked.result()
        if found == 1:
            lock = _lock(key)
            self._holding[lock] = self._loop.call_later(_HOLD, self._hold, store, lock)
            told(b"", who)
            return
        answer = found if isinstance(found, bytes) else None
        self._land(key, answer)
        told(answer or b"", "")

    def end(self, key: str, who: str, seconds: float, answer: bytes) -> None:
        """Keep the answer; without one, let others ask."""
        self._holding.pop(_lock(key)).cancel()
        if self._store is not None:
            self._release(self._store, key, who, seconds, answer)
        self._land(key, answer or None)

    def _land(self, key: str, outcome: bytes | Exception | None) -> None:
        for each in self._flights.pop(key):
            _tell(each, outcome)

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
        self._flights[key] = []
        outcome: bytes | Exception | None = None  # of one who goes away
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

    def _look(self, store: Store, key: str, who: str) -> asyncio.Future[Value]:
        return store.ask("EVALSHA", LOOK.digest, "2", key, _lock(key), who, str(_LOCK))

    async def _locked(self, store: Store, key: str, who: str) -> tuple[bytes | None, str]:
        """Nothing when it is ours to ask; else what is kept, or another instance has asked."""
        how = HIT
        while True:
            found = await self._look(store, key, who)
            if isinstance(found, bytes):
                return found, how
            if found != 0:
                return None, MISS
            how = SHARED
            await asyncio.sleep(_LOOK)

    async def _made(self, store: Store, key: str, who: str, make: Make, seconds: float) -> bytes:
        lock, answer = _lock(key), b""
        self._holding[lock] = self._loop.call_later(_HOLD, self._hold, store, lock)
        try:
            answer = await make()
        finally:
            self._holding.pop(lock).cancel()
            self._release(store, key, who, seconds, answer)
        return answer

    @staticmethod
    def _release(store: Store, key: str, who: str, seconds: float, answer: bytes) -> None:
        kept = (answer, _for(seconds)) if answer and len(answer) <= LARGEST else ()
        store.tell("EVALSHA", KEEP.digest, "2", key, _lock(key), who, *kept)

    def _hold(self, store: Store, lock: str) -> None:
        """It takes long: whoever waits is told that it is being asked."""
        store.tell("PEXPIRE", lock, str(_LOCK))
        self._holding[lock] = self._loop.call_later(_HOLD, self._hold, store, lock)

    def _turn(self) -> str:
        """A name for one who asks, like no other in any process."""
        self._count += 1
        return f"{self._run}{self._count}"


def _lock(key: str) -> str:
    return f"{key}:asking"


def _for(seconds: float) -> str:
    """Milliseconds for which it is kept."""
    spread = seconds * (1 - JITTER * random.random())  # noqa: S311 -- not all at once
    return str(max(int(spread * 1000), 1))


def _tell(turn: "asyncio.Future[bytes | None]", outcome: bytes | Exception | None) -> None:
    if turn.done():
        return
    if isinstance(outcome, Exception):
        turn.set_exception(outcome)
        turn.exception()  # it may be that nobody waits any more
    else:
        turn.set_result(outcome)
