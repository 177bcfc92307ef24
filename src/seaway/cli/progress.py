"""Progress: what happens, as it happens. A live table on a terminal, lines elsewhere."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import datetime

from seaway.cli.settings import Format
from seaway.cli.show import Cell, Show, Tone
from seaway.cli.tables import PHASE_TONES
from seaway.model.instance import Instance, Phase
from seaway.ports.ledger import Event, Ledger
from seaway.stores.clock import SystemClock

Watch = Callable[[Sequence[Event]], None]

TONES = {
    "SW513": Tone.GOOD, "SW514": Tone.DOUBTFUL, "SW515": Tone.BAD, "SW517": Tone.BAD,
    "SW531": Tone.GOOD, "SW532": Tone.BAD, "SW533": Tone.BAD, "SW534": Tone.BAD,
    "SW536": Tone.BAD, "SW539": Tone.BAD,
}  # fmt: skip
ASIDE = frozenset({"SW511", "SW520", "SW521", "SW522", "SW535"})
"""Told with `-v` only."""
FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
GRAVE = frozenset({"SW514", "SW515", "SW517", "SW534", "SW536", "SW539"})
"""Kept on the screen above the live table."""


@contextmanager
def progress(
    show: Show, ledger: Ledger, begin: datetime | None = None
) -> Generator[Watch, None, None]:
    """What must be shown new events while something is under way, since `begin` or now."""
    lines = Lines(show, begin or SystemClock().now())
    settings = show.settings
    if settings.quiet or settings.format is not Format.TABLE or not show.stderr.is_terminal:
        yield lines.watch
        return
    board = Board(ledger)
    with show.live(lambda: board.rows(show)):

        def watch(events: Sequence[Event]) -> None:
            board.watch(events)
            lines.watch([each for each in events if each.code in GRAVE])

        yield watch
        board.watch(())


class Lines:
    """One line for each thing that happened, with the seconds since the call began."""

    def __init__(self, show: Show, begin: datetime) -> None:
        self._show = show
        self._begin = begin
        self._newest = 0

    def watch(self, events: Sequence[Event]) -> None:
        """Show new events."""
        settings = self._show.settings
        for event in events:
            if event.number <= self._newest:
                continue  # told already
            self._newest = event.number
            if settings.quiet or (event.code in ASIDE and not settings.verbose):
                continue
            seconds = max((event.at - self._begin).total_seconds(), 0)
            told = self._show.told(event.code, **event.facts)
            tone = TONES.get(event.code, Tone.PLAIN)
            self._show.aside(Cell(f"{seconds:6.1f} s  ", Tone.BESIDE), Cell(told, tone))


class Board:
    """Each instance with its phase and how long it has been in it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._seen: Sequence[Instance] = tuple(ledger.seen())

    def watch(self, events: Sequence[Event]) -> None:
        """Look again where something has happened."""
        if events:
            self._seen = tuple(self._ledger.seen())

    def rows(self, show: Show) -> list[tuple[Cell, ...]]:
        """A row for each instance that is not over."""
        now = SystemClock().now()
        frame = FRAMES[int(now.timestamp() * 8) % len(FRAMES)]
        return [
            (
                Cell("✔" if each.phase is Phase.READY else frame, PHASE_TONES[each.phase]),
                Cell(each.id),
                Cell(show.told(f"state {each.phase}"), PHASE_TONES[each.phase]),
                Cell(f"{max((now - each.since).total_seconds(), 0):.1f} s", Tone.BESIDE),
                Cell(each.reason, Tone.BESIDE),
            )
            for each in self._seen
            if not each.phase.over
        ]
