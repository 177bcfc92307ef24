"""Rolling out: a release is carried out while its requests are counted, and reported on."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from seaway import wiring
from seaway.cli.apply import finish
from seaway.cli.begin import begin, going_on
from seaway.cli.place import Place
from seaway.cli.rollout_shown import as_json, show_report
from seaway.cli.settings import Format
from seaway.cli.show import Show, Tone
from seaway.engine.measuring import BEFORE, Measured, follow
from seaway.engine.rollback import earlier
from seaway.engine.rollout import Outcome, Report, Span, parts, placed, seconds
from seaway.engine.wait import until_judged
from seaway.errors import NotRestored, ReleaseFailed, SeawayError
from seaway.model.release import Release
from seaway.stores.clock import SystemClock
from seaway.stores.ledger import SqliteLedger

LINGERS = timedelta(seconds=3)
"""So long it is measured afterwards, where anybody asks for anything."""
LATE = 0.3
"""Seconds until the last lines of the ingress have been read."""


@dataclass(slots=True)
class _Rollout:
    """What is known of one while it goes on."""

    ledger: SqliteLedger
    first: datetime
    """From when on it is measured."""
    old: frozenset[str]
    """Instances that were there before."""
    after: int
    """The last event before it."""
    measured: Measured = field(default_factory=Measured)


async def roll_out(show: Show, here: Place, release: Release, html: str | None) -> None:
    """Carry it out to its end, and report on it, whatever the end is.

    Raises:
        ReleaseFailed: it failed; the one before serves.
        NotRestored: it failed, and nothing serves in its place.
        SeawayError: as `finish` does.
    """
    ledger, clock = wiring.open_ledger(here.state), SystemClock()
    old = frozenset(each.id for each in ledger.seen() if not each.phase.over)
    going = _Rollout(ledger, clock.now() - BEFORE, old, ledger.last_event())
    target = wiring.open_target(here.state, here.stack)
    counting = asyncio.create_task(follow(target, release, going.first, going.measured))
    failed: SeawayError | None = None
    try:
        with going_on(show):
            begun = await begin(show, here, release)
            try:
                await finish(show, here, begun, until_judged)
            except SeawayError as error:
                failed = _graver(error)
            decided = clock.now()
            await _linger(going, clock, decided)
    finally:
        counting.cancel()
        with suppress(asyncio.CancelledError, OSError):
            await counting
    tell(show, _report(going, begun.release, failed, decided), html)
    if failed:
        raise failed


def tell(show: Show, report: Report, html: str | None) -> None:
    """In the format that was asked for, and as a page."""
    if show.settings.format is Format.TABLE:
        show_report(show, report)
    else:
        show.json(as_json(report), indent=None if show.settings.format is Format.NDJSON else 2)
    if html:
        from seaway.cli.rollout_page import page  # noqa: PLC0415 -- few ask for it

        try:
            Path(html).write_text(page(report, show.settings.language), encoding="utf-8")
        except OSError as error:
            raise SeawayError("SW905", file=html, problem=error.strerror or str(error)) from error
        show.note("note report", Tone.BESIDE, file=html)


def _graver(error: SeawayError) -> SeawayError:
    """Without a release before it there was nothing to restore."""
    return NotRestored(error.code, **error.facts) if error.code == "SW533" else error


async def _linger(going: _Rollout, clock: SystemClock, decided: datetime) -> None:
    """A moment for what comes after, and for the last lines of the log."""
    busy = going.measured.between(decided.timestamp() - 10, decided.timestamp()).requests
    await clock.sleep_until(decided + (LINGERS if busy else timedelta(seconds=LATE)))


def _report(
    going: _Rollout, release: Release, failed: SeawayError | None, decided: datetime
) -> Report:  # fmt: skip
    begun = release.created or going.first
    events = tuple(going.ledger.events(going.after))
    settled = decided if failed else placed(events, release.number, decided)
    span = Span(
        first=going.first, begun=begun, placed=settled, last=decided + LINGERS
    )  # fmt: skip
    return Report(
        stack=release.stack, environment=release.environment, release=release.number,
        outcome=_outcome(failed), begun=begun, took=decided - begun,
        parts=parts(going.measured, span), events=events, back=_back(going.ledger),
        seconds=seconds(going.measured, begun, going.old),
        good=int(str(failed.facts.get("good", 0))) if failed else 0,
    )  # fmt: skip


def _outcome(failed: SeawayError | None) -> Outcome:
    match failed:
        case None:
            return Outcome.GOOD
        case NotRestored():
            return Outcome.LOST
        case ReleaseFailed():
            return Outcome.BACK
        case _:
            return Outcome.UNFINISHED


def _back(ledger: SqliteLedger) -> int:
    try:
        return earlier(ledger, None).number
    except SeawayError:
        return 0
