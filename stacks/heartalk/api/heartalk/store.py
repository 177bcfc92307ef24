"""Keeps answers and counts requests in Redis; both go on, in a stated way, when it is away."""

import hashlib
import logging
import random
from collections.abc import Sequence

import msgspec
from msgspec import Struct
from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

from heartalk.metrics import HitRate
from heartalk.routing import Turn

log = logging.getLogger("heartalk.store")

AWAY = (ValkeyError, OSError, TimeoutError)
JITTER = 0.1
"""Answers kept at the same moment must not all end at the same moment."""
MINUTE = 60
TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 60000)
if redis.call('ZCARD', KEYS[1]) < tonumber(ARGV[1]) then
  redis.call('ZADD', KEYS[1], now, now .. '-' .. ARGV[2])
  redis.call('PEXPIRE', KEYS[1], 60000)
  return 0
end
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return math.max(1, math.ceil((first[2] + 60000 - now) / 1000))
"""
"""One step for all instances, by Redis' own clock: so many requests in any sixty seconds."""


class Kept(Struct, frozen=True):
    """An answer as it is remembered."""

    content: str
    reasoning: str
    model: str
    route: str


class Looked(Struct, frozen=True):
    """What Redis knows of a request."""

    wait: int = 0
    """Seconds until the user may ask again; 0 if this may go on."""
    kept: Kept | None = None


KEPT = msgspec.json.Decoder(Kept)


class Store:
    """The cache of answers and the limit of requests."""

    def __init__(self, redis: Valkey, *, cache_seconds: int, rate_limit: int) -> None:
        self._redis = redis
        self._cache_seconds, self._rate_limit = cache_seconds, rate_limit
        self.hit_rate = HitRate()

    async def look(self, user: str, request: str, key: str) -> Looked:
        """Count the request, and look for a remembered answer, in one round trip.

        Without Redis nothing is refused here, and nothing is remembered: the ingress still limits
        each address, and a chat that is down for want of a counter would serve nobody.
        """
        async with self._redis.pipeline(transaction=False) as both:
            # the text, not its digest: a restarted Redis does not know that one any more
            both.eval(TAKE, 1, _counter(user), str(self._rate_limit), request)
            both.get(key)
            try:
                wait, found = await both.execute()
            except AWAY as error:
                log.warning("Redis is away", extra={"why": str(error)})
                return Looked()
        if wait:
            return Looked(wait=int(wait))
        if not self._cache_seconds:
            return Looked()
        self.hit_rate.count(hit=found is not None)
        return Looked(kept=KEPT.decode(found) if found else None)

    async def keep(self, key: str, answer: Kept) -> None:
        """Remember a whole, good answer."""
        if not self._cache_seconds:
            return
        seconds = self._cache_seconds * (1 - random.random() * JITTER)  # noqa: S311 -- no secret
        try:
            await self._redis.set(key, msgspec.json.encode(answer), px=max(1, int(seconds * 1000)))
        except AWAY as error:
            log.warning("an answer is not kept", extra={"why": str(error)})

    async def check(self) -> None:
        """Raises one of `AWAY` when it does not answer."""
        await self._redis.ping()


def _counter(user: str) -> str:
    """Names of users say too much to be keys."""
    return f"heartalk:rate:{hashlib.sha256(user.encode()).hexdigest()[:32]}"


def cache_key(model: str, turns: Sequence[Turn]) -> str:
    """The same for questions that differ in blanks at the ends only."""
    said = [(turn.role, " ".join(turn.content.split())) for turn in turns]
    return f"heartalk:answer:{hashlib.sha256(msgspec.json.encode([model, said])).hexdigest()}"
