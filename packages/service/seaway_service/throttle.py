"""Limits how often something may be tried, over all replicas together."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

import valkey.asyncio as valkey

from seaway_service.cache import translated

# Counts before the attempt, not after: a burst of parallel guesses must not slip through.
TAKE = """
for index, name in ipairs(KEYS) do
  if tonumber(redis.call('GET', name) or '0') >= tonumber(ARGV[index * 2 - 1]) then
    return math.max(redis.call('TTL', name), 1)
  end
end
for index, name in ipairs(KEYS) do
  if redis.call('INCR', name) == 1 then redis.call('EXPIRE', name, ARGV[index * 2]) end
end
return 0
"""
GIVE_BACK = """
for _, name in ipairs(KEYS) do
  if tonumber(redis.call('GET', name) or '0') > 0 then redis.call('DECR', name) end
end
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `attempts` for one `subject` within `period` of the first."""

    subject: str
    attempts: int
    period: timedelta

    def key(self, prefix: str) -> str:
        """Return where it is counted; the subject is hashed, it may be an address.

        In a cluster all lie on one server: several are counted at once.
        """
        return f"{{{prefix}:throttle}}:{hashlib.sha256(self.subject.encode()).hexdigest()[:32]}"


class Throttle:
    """Counters in Redis that end by themselves."""

    def __init__(self, client: valkey.Valkey, prefix: str) -> None:
        self._prefix = prefix
        self._take = client.register_script(TAKE)
        self._give_back = client.register_script(GIVE_BACK)

    async def take(self, *limits: Limit) -> int:
        """Count an attempt against all limits, or return how many seconds to wait instead."""
        args = [one for limit in limits for one in (limit.attempts, seconds(limit.period))]
        with translated():
            return int(await self._take(keys=self._keys(limits), args=args))

    async def give_back(self, *limits: Limit) -> None:
        """Uncount an attempt that turned out to be rightful."""
        with translated():
            await self._give_back(keys=self._keys(limits))

    def _keys(self, limits: tuple[Limit, ...]) -> list[str]:
        return [limit.key(self._prefix) for limit in limits]


def seconds(period: timedelta) -> int:
    """Return whole seconds, as Redis wants them."""
    return int(period.total_seconds())
