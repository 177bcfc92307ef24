"""Health: what is known of a provider: breaker, rests that it asked for, load, and retries left."""

import random

SPAN = 5.0
"""Seconds after which what was counted counts half."""
MANY = 1000
"""Calls after which it does, too."""
FEWEST = 5
"""Failures that open the breaker, when they are at least half of the calls."""
FIRST_REST, LONGEST_REST = 1.0, 60.0
"""Seconds that the breaker stays open; doubled each time its probe fails."""
LONGEST_ASKED = 300.0
"""Seconds of a Retry-After that are believed."""


class Health:
    """Of one provider, as this process sees it. All times are those of the loop."""

    def __init__(self) -> None:
        self._calls = self._failures = 0
        self._fades = 0.0
        self._until = 0.0
        self._rest = FIRST_REST
        self._probing = False
        self._resting = 0.0
        self.opened = 0
        self.busy = 0
        """Calls under way."""

    @property
    def state(self) -> str:
        """`closed`, `open`, or `half-open` while a probe is under way."""
        return "half-open" if self._probing else "open" if self._until else "closed"

    def lets(self, now: float) -> bool:
        """Whether a call may be made; after the rest of an open breaker, one: the probe."""
        if now < self._resting:
            return False
        if not self._until:
            return True
        if now < self._until or self._probing:
            return False
        self._probing = True
        return True

    def calm(self, now: float) -> bool:
        """Whether nothing at all is wrong."""
        return not self._until and now >= self._resting

    def wait(self, now: float) -> float:
        """Seconds until a call may be made."""
        return max(self._until - now, self._resting - now, 0.05)

    def good(self, now: float) -> None:
        """A call was answered."""
        if self._until:
            self._until, self._rest, self._probing = 0.0, FIRST_REST, False
            self._calls = self._failures = 0
        if now >= self._fades or self._calls >= MANY:
            self._fade(now)
        self._calls += 1

    def bad(self, now: float) -> None:
        """A call failed by the provider's fault."""
        if now >= self._fades or self._calls >= MANY:
            self._fade(now)
        self._calls += 1
        self._failures += 1
        if self._probing:
            self._rest = min(self._rest * 2, LONGEST_REST)
            self._open(now)
        elif not self._until and self._failures >= max(FEWEST, self._calls / 2):
            self._open(now)

    def ended(self, *, told: bool) -> None:
        """A call is over; if it told nothing, the next may be the probe."""
        self.busy -= 1
        if not told:
            self._probing = False

    def rest(self, now: float, seconds: float) -> None:
        """The provider asks not to be called for so long."""
        self._probing = False
        self._resting = max(self._resting, now + min(seconds, LONGEST_ASKED))

    def _open(self, now: float) -> None:
        self.opened += 1
        self._probing = False
        self._until = now + self._rest * random.uniform(0.8, 1.2)  # noqa: S311 -- not all at once

    def _fade(self, now: float) -> None:
        """What is past counts less; what is long past, not at all."""
        share = 2 if now < self._fades + SPAN else MANY * 2
        self._calls, self._failures = self._calls // share, self._failures // share
        self._fades = now + SPAN


class Budget:
    """Retries that may be made: a tenth of the requests, and a few to begin with.

    So an outage is not made worse by those who suffer from it (G1).
    """

    SHARE, FIRST, MOST = 0.1, 3.0, 50.0

    def __init__(self) -> None:
        self._left = self.FIRST

    def earn(self) -> None:
        """One more request."""
        if self._left < self.MOST:
            self._left += self.SHARE

    def take(self) -> bool:
        """Use one, if there is one."""
        if self._left < 1:
            return False
        self._left -= 1
        return True
