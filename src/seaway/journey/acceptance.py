"""Acceptance: the lines of a journey, what a check hands back, and what it raises."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Generic, NamedTuple, TypeVar

from seaway.journey.system import System

Figure = str | int | float
LIMIT = timedelta(minutes=2)
"""Of a line that names none; on a busy machine everything takes ten times as long."""
LOOK = 0.1
"""Seconds between two looks of `until`."""


class Both(NamedTuple):
    """The same in both languages."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a check saw: words, and figures by name with their unit in the name."""

    says: Both
    figures: Mapping[str, Figure] = field(default_factory=dict[str, Figure])


class Failed(Exception):  # noqa: N818 -- a name says what happened, as in errors.py
    """An expectation was not met."""

    def __init__(self, says: Both, /, **figures: Figure) -> None:
        super().__init__(says.en)
        self.evidence = Evidence(says, figures)


class NotTried(Failed):
    """The line could not be tried on this system; that counts as not passed."""


def expect(met: object, says: Both, /, **figures: Figure) -> None:
    """Return if `met` is true.

    Raises:
        Failed: it is not; `says` tells what was seen instead.
    """
    if not met:
        raise Failed(says, **figures)


async def until(
    met: Callable[[], Awaitable[object]], says: Both, limit: timedelta = timedelta(seconds=30)
) -> float:
    """Ask again and again until it is true; return the seconds that took.

    Raises:
        Failed: it was not within `limit`; `says` tells what was awaited.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time()
    while not await met():
        if loop.time() - begun > limit.total_seconds():
            raise Failed(says, waited_s=round(loop.time() - begun, 1))
        await asyncio.sleep(LOOK)
    return loop.time() - begun


Visit = TypeVar("Visit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(Generic[Visit]):
    """One line of an acceptance list: either a check, or the reason why there is none yet."""

    id: str
    """Short, for dependencies and for programs that read the report."""
    says: Both
    check: Callable[[Visit], Awaitable[Evidence]] | None = None
    """Returns what it saw; raises `Failed` (see `expect`) where that is not what was promised."""
    not_yet: Both | None = None
    """Why the feature is not there. Such a line neither passes nor fails."""
    after: tuple[str, ...] = ()
    """Ids of lines above, without which this one cannot be tried."""
    limit: timedelta = LIMIT
    drilled: bool = False
    """Whether a drill tries it too: on a copy of everything, one instance each, made of backups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey(Generic[Visit]):
    """What `journey.py` must hold under the name `JOURNEY`."""

    begin: Callable[[System], Visit]
    """Makes what the checks share, usually a class of which they are methods; does no I/O."""
    lines: tuple[Line[Visit], ...]
    """In the order in which they are tried."""

    def __post_init__(self) -> None:
        """Raises ValueError where lines contradict each other."""
        above: set[str] = set()
        for line in self.lines:
            if line.id in above:
                raise ValueError(f"two lines are called {line.id!r}")
            if (line.check is None) == (line.not_yet is None):
                raise ValueError(f"line {line.id!r} needs one of `check` and `not_yet`")
            if missing := set(line.after) - above:
                raise ValueError(f"line {line.id!r} comes after {sorted(missing)}, not above it")
            above.add(line.id)

    def only(self, ids: frozenset[str]) -> "Journey[Visit]":
        """These lines and those that they come after.

        Raises:
            KeyError: there is no line of that name.
        """
        by_id = {line.id: line for line in self.lines}
        kept: set[str] = set()
        wanted = list(ids)
        while wanted:
            line = by_id[wanted.pop()]
            kept.add(line.id)
            wanted += set(line.after) - kept
        return replace(self, lines=tuple(each for each in self.lines if each.id in kept))
