"""Counts requests of each user or address over all replicas together: R44."""

import hashlib
import math
from dataclasses import dataclass
from uuid import uuid4

import valkey.asyncio as valkey
from seaway_service.cache import translated

from nutrition.names import NAME

# Every request of the last window is kept, by its time on the server's clock: in no window of that
# length, wherever it begins, are there more than the limit. A refused one is not kept.
TAKE = """
local now = redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
local window, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ms - window)
local used = redis.call('ZCARD', KEYS[1])
if used >= limit then
  local oldest = redis.call('ZRANGE', KEYS[1], used - limit, used - limit, 'WITHSCORES')
  return {-1, tonumber(oldest[2]) + window - ms}
end
redis.call('ZADD', KEYS[1], ms, ARGV[3])
redis.call('PEXPIRE', KEYS[1], window)
return {limit - used - 1, 0}
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """Whether the request may pass, how many more may now, or how many seconds to wait."""

    allowed: bool
    left: int
    wait: int


class Quota:
    """A limit of `limit` requests in any window of `window_ms` milliseconds."""

    def __init__(self, client: valkey.Valkey, limit: int, window_ms: int) -> None:
        self._take = client.register_script(TAKE)
        self._window_ms = window_ms
        self.limit = limit

    async def take(self, subject: str) -> Taken:
        """Count a request of the subject."""
        with translated():
            left, wait_ms = await self._take(
                keys=[key(subject)], args=[self._window_ms, self.limit, uuid4().hex]
            )
        if int(left) < 0:
            return Taken(allowed=False, left=0, wait=max(math.ceil(int(wait_ms) / 1000), 1))
        return Taken(allowed=True, left=int(left), wait=0)


def key(subject: str) -> str:
    """Return where it is counted; the subject is hashed, it may be an address."""
    return f"{NAME}:quota:{hashlib.sha256(subject.encode()).hexdigest()[:32]}"
