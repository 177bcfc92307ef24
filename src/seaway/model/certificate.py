"""Certificate: one that a public authority signs for a host, and when to ask for the next."""

from dataclasses import dataclass
from datetime import datetime, timedelta

RENEW_AFTER = 2 / 3
"""Of its life. What is left is for noticing that renewing does not work."""
SPREAD = 1 / 20
"""Of its life: so much earlier at most, or all that were made together would be renewed so."""
FIRST = timedelta(minutes=1)
FACTOR = 3
"""Four tries in the first hour; Let's Encrypt allows five failed ones for a host (2026-11)."""
LONGEST = timedelta(hours=12)
SOONEST = 1 / 20
"""Of the life of the old one: what lives for a week cannot wait for days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The one there is, if there is one, and what came of asking for another since."""

    host: str
    issuer: str = ""
    serial: int = 0
    fingerprint: str = ""
    """SHA-256 of it, in hex: by that it is known to whoever is shown it."""
    since: datetime | None = None
    """None where there is none yet; then the stack's own authority vouches for the host."""
    until: datetime | None = None
    failures: int = 0
    """In a row, since it was issued."""
    tried: datetime | None = None
    """When the last of them was."""
    problem: str = ""
    """Why the last of them failed, in the words of the authority."""

    @property
    def life(self) -> timedelta:
        """From its issue to its end; zero where there is none."""
        return self.until - self.since if self.since and self.until else timedelta()

    def due(self, now: datetime) -> datetime:
        """When to ask for another: now where there is none, else at two thirds of its life.

        A little before that, so that not all are renewed at once, and later after failures.
        """
        renewal = now
        if self.since:
            early = self.serial % 997 / 997 * SPREAD
            renewal = self.since + self.life * (RENEW_AFTER - early)
        if self.tried and self.failures:
            return max(renewal, self.tried + self._pause())
        return renewal

    def _pause(self) -> timedelta:
        """Longer after each failure in a row, and a little longer for some than for others."""
        longest = min(LONGEST, self.life * SOONEST) if self.since else LONGEST
        factor: int = FACTOR ** min(self.failures - 1, 16)
        spread = self.tried.microsecond / 1_000_000 if self.tried else 0.0
        return min(FIRST * factor, longest) * (1 + spread / 10)

    def late(self, now: datetime) -> bool:
        """Whether it ends soon although another should have been there for long."""
        return self.until is not None and self.until - now < self.life * (1 - RENEW_AFTER) / 2
