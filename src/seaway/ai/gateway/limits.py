"""Limits: requests, tokens and money, exact over all instances: reserved before, settled after."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import cast

import msgspec

from seaway.ai.gateway.cache import LOCK, lock
from seaway.ai.gateway.settings import Limits, Window
from seaway.ai.gateway.store import Store, StoreGone, Value, script

BUCKETS = 600
"""Of a window: at most a 600th of it is counted too long."""
_KEPT = 6 * 3_600_000
"""Milliseconds beyond two windows: keys expire by a clock that may jump."""
_LATER = 0.005
"""Seconds in which corrections are gathered."""
_AWAY = 0.25
"""Seconds until they are tried again, where the store is away."""
RESERVE, SETTLE = script("limits.lua"), script("settle.lua")


class Use(msgspec.Struct, frozen=True, gc=False):
    """What a request takes, or took; money in millionths."""

    requests: int = 0
    tokens: int = 0
    spend: int = 0


@dataclass(frozen=True, slots=True)
class Scope:
    """One limit for one client, or for all."""

    name: str
    """As it is told to the client: `requests`, `tokens`, `spend`."""
    key: str
    window: Window

    def amount(self, use: Use) -> int:
        """What counts here."""
        return int(getattr(use, self.name))

    @property
    def width(self) -> int:
        """Milliseconds of a bucket."""
        return max(int(self.window.per * 1000) // BUCKETS, 1)

    @property
    def count(self) -> int:
        """How many buckets cover the window."""
        return -(-int(self.window.per * 1000) // self.width)


class LimitReached(Exception):  # noqa: N818 -- said as it is
    """It may not pass now."""

    def __init__(self, scope: Scope, wait: float) -> None:
        super().__init__(scope.name)
        self.scope, self.wait = scope, wait
        """Seconds; less than 0 for never."""


class Batch(msgspec.Struct, gc=False):
    """What was reserved together, in the same buckets, and what of it is to be corrected."""

    rows: Sequence[Scope]
    buckets: Sequence[int]
    requests: int = 0
    tokens: int = 0
    spend: int = 0
    owing: bool = False


class Grant(msgspec.Struct, frozen=True, gc=False):
    """What was reserved, and where."""

    use: Use
    batch: Batch | None = None


Told = Callable[[Grant | Exception, Value], None]
"""Called with what was reserved, with LimitReached, or with StoreGone; and with what was found."""


class Wish(msgspec.Struct, gc=False):
    """To be counted, and to look for a kept answer where there is a `key`."""

    use: Use
    told: Told
    key: str = ""
    who: str = ""
    """Who asks where there is no answer yet."""


class Scopes:
    """The limits that hold for a client, and who waits to be counted in this turn."""

    def __init__(self, clock: str, rows: Sequence[Scope]) -> None:
        self.rows = rows
        self.waiting: list[Wish] = []
        self._amounts = [attrgetter(each.name) for each in rows]  # called what they count
        longest = max((each.window.per for each in rows), default=0)
        self._keys = (clock, *(each.key for each in rows))
        self._figures: list[int] = [int(2000 * longest) + _KEPT, len(rows), LOCK]
        for each in rows:
            self._figures += (each.width, each.count, each.window.most)

    def command(self, now: int, wishes: Sequence[Wish]) -> Sequence[str | bytes | int]:
        """To reserve for all of these, and to look."""
        keys, words = list(self._keys), list[str | bytes | int]()
        for each in wishes:
            if each.key:
                keys += (each.key, lock(each.key))
            words.append(each.who)
            for amount in self._amounts:
                words.append(amount(each.use))
        return ("EVALSHA", RESERVE.digest, len(keys), *keys, now, *self._figures, *words)


class Limiter:
    """All limits; without a store they count in this process only."""

    def __init__(self, name: str, store: Store | None) -> None:
        self._name, self._clock_key = name, f"{name}:clock"
        self._store = store
        self._time, self._since = 0.0, time.monotonic()
        self._own: dict[str, _Row] = {}
        self._owed: list[Batch] = []
        """Of which corrections are to be sent."""
        self._loop = asyncio.get_running_loop()

    def scopes(self, *rows: tuple[str, Limits]) -> Scopes:
        """The limits that hold together, each with whose it is."""
        found = tuple(
            Scope(each, f"{self._name}:limit:{whose}:{each}", window)
            for whose, limits in rows for each in ("requests", "tokens", "spend")
            if (window := getattr(limits, each)) is not None
        )  # fmt: skip
        return Scopes(self._clock_key, found)

    @property
    def now(self) -> float:
        """Milliseconds, by a clock that does not jump."""
        return self._time + (time.monotonic() - self._since) * 1000

    async def reserve(self, scopes: Scopes, use: Use) -> Grant:
        """Take that much in all windows, or nothing.

        Raises:
            LimitReached: one of them has not so much left.
            StoreGone: it cannot be known.
        """
        turn: asyncio.Future[Grant] = self._loop.create_future()
        self.ask(scopes, Wish(use, partial(self._turned, turn)))
        return await turn

    def ask(self, scopes: Scopes, wish: Wish) -> None:
        """Likewise, for one who has no task that could wait."""
        if not scopes.rows and not wish.key:
            wish.told(Grant(wish.use), None)
        elif self._store is None:
            wish.told(self._reserved_here(scopes.rows, wish.use), None)
        else:
            if not scopes.waiting:
                self._store.turn.last(partial(self._ask, scopes, self._store))
            scopes.waiting.append(wish)

    def _turned(
        self, turn: "asyncio.Future[Grant]", outcome: Grant | Exception, found: Value
    ) -> None:
        del found
        if isinstance(outcome, Grant):
            if turn.done():
                self.settle(outcome, Use())  # who asked has gone
            else:
                turn.set_result(outcome)
        elif not turn.done():
            turn.set_exception(outcome)

    def _ask(self, scopes: Scopes, store: Store) -> None:
        """One command for all who wait."""
        waiting, scopes.waiting = scopes.waiting, []
        store.call(scopes.command(int(self.now), waiting), partial(self._told, scopes, waiting))

    def _told(self, scopes: Scopes, waiting: Sequence[Wish], answer: Value | Exception) -> None:
        rows = scopes.rows
        if not isinstance(answer, list):
            gone = answer if isinstance(answer, StoreGone) else StoreGone(str(answer))
            for each in waiting:
                each.told(gone if rows else Grant(each.use), None)
            return
        count = 1 + len(rows)
        now, *buckets = cast("list[int]", answer[:count])  # as the script says
        self._advance(int(now))
        batch, results = Batch(rows, buckets), iter(answer[count:])
        for each, refused, wait, found in zip(waiting, results, results, results, strict=True):
            each.told(_reached(rows, refused, wait) if refused else Grant(each.use, batch), found)

    def settle(self, grant: Grant, used: Use) -> None:
        """Correct what was reserved; nobody waits for it."""
        use, batch = grant.use, grant.batch
        if batch is None or used == use:
            return
        batch.requests += used.requests - use.requests
        batch.tokens += used.tokens - use.tokens
        batch.spend += used.spend - use.spend
        if self._store is None:
            for each in _corrections(batch):
                self._own[each[0]].correct(*each[1:])
        elif not batch.owing:
            batch.owing = True
            if not self._owed:
                self._loop.call_later(_LATER, self._pay, self._store)
            self._owed.append(batch)

    def _pay(self, store: Store) -> None:
        """All corrections together."""
        if not store.up:
            self._loop.call_later(_AWAY, self._pay, store)
            return
        batches, self._owed = self._owed, []
        owed: dict[tuple[str, int], int] = {}
        for key, bucket, more in (row for each in batches for row in _corrections(each)):
            owed[key, bucket] = owed.get((key, bucket), 0) + more
        words = [word for (_, bucket), more in owed.items() for word in (bucket, more)]
        keys = [key for key, _ in owed]
        if keys:
            store.call(("EVALSHA", SETTLE.digest, len(keys), *keys, *words), _nobody)

    async def tick(self) -> None:
        """Tell the store how late it is, and learn it: done now and then by each process."""
        if self._store is not None:
            answer = await self._store.ask(
                "EVALSHA", RESERVE.digest, "1", self._clock_key, str(int(self.now)), "0", "0", "0"
            )
            if isinstance(answer, list) and isinstance(answer[0], bytes):
                self._advance(int(answer[0]))

    def _advance(self, told: int) -> None:
        if told > self.now:
            self._time, self._since = float(told), time.monotonic()

    def _reserved_here(self, scopes: Sequence[Scope], use: Use) -> Grant | LimitReached:
        now = int(self.now)
        rows = [self._own.setdefault(each.key, _Row(each)) for each in scopes]
        for row, scope in zip(rows, scopes, strict=True):
            row.forget(now)
            amount = scope.amount(use)
            if amount and row.total + amount > scope.window.most:
                return LimitReached(scope, row.wait(amount, now))
        buckets = [row.add(scope.amount(use), now) for row, scope in zip(rows, scopes, strict=True)]
        return Grant(use, Batch(scopes, buckets))


def _reached(rows: Sequence[Scope], refused: Value, wait: Value) -> LimitReached:
    which, ms = cast("tuple[int, int]", (refused, wait))
    return LimitReached(rows[which - 1], ms / 1000)


def _corrections(batch: Batch) -> list[tuple[str, int, int]]:
    """Key, bucket, and what is to be added there; they are owed no more."""
    found = [
        (scope.key, bucket, more) for scope, bucket in zip(batch.rows, batch.buckets, strict=True)
        if (more := int(getattr(batch, scope.name)))
    ]  # fmt: skip
    batch.requests = batch.tokens = batch.spend = 0
    batch.owing = False
    return found


def _nobody(answer: Value | Exception) -> None:
    del answer


class _Row:
    """One window of this process: the same rules as in `limits.lua`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.buckets: dict[int, int] = {}
        self.total = 0

    def forget(self, now: int) -> None:
        first, buckets = now // self._scope.width - self._scope.count, self.buckets
        while buckets and (oldest := next(iter(buckets))) < first:  # they came in order
            self.total -= buckets.pop(oldest)

    def add(self, amount: int, now: int) -> int:
        bucket = now // self._scope.width
        self.buckets[bucket] = self.buckets.get(bucket, 0) + amount
        self.total += amount
        return bucket

    def correct(self, bucket: int, more: int) -> None:
        if bucket in self.buckets:
            more = max(more, -self.buckets[bucket])
            self.buckets[bucket] += more
            self.total += more

    def wait(self, amount: int, now: int) -> float:
        if amount > self._scope.window.most:
            return -1
        needed = self.total + amount - self._scope.window.most
        for bucket in sorted(self.buckets):
            needed -= self.buckets[bucket]
            if needed <= 0:
                return ((bucket + self._scope.count + 1) * self._scope.width - now) / 1000
        return self._scope.window.per
