"""Carry out a release: record it, see that it is supervised, show how it comes into place."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from seaway import wiring
from seaway.cli.begin import Begun, begin, going_on
from seaway.cli.failure import show_failure
from seaway.cli.patience import patience
from seaway.cli.place import Place
from seaway.cli.progress import progress
from seaway.cli.show import Show
from seaway.engine.wait import Patience, until_in_place
from seaway.errors import NothingRunning, NotRestored, ReleaseFailed, SeawayError, WaitTimedOut
from seaway.model.release import Release
from seaway.ports.ledger import Ledger
from seaway.stores.ledger import SqliteLedger

Until = Callable[[Ledger, int, int, Patience], Awaitable[None]]
"""Waits for a release; see `engine/wait`."""
RESTORING = timedelta(minutes=2)
"""How long the release before may take to come back."""


def wanted(here: Place, ledger: Ledger) -> Release:
    """The release that runs.

    Raises:
        NothingRunning: none does.
    """
    release = ledger.wanted()
    if release is None:
        raise NothingRunning("SW624", stack=here.stack, environment=here.environment)
    return release


async def apply_aside(show: Show, here: Place, release: Release) -> None:
    """The same; an interruption leaves it to the supervisor. With `--dry-run` nothing is done."""
    if show.settings.dry_run:
        show.note("note would", what=release.why)
        return
    with going_on(show):
        await apply(show, here, release)


async def apply(show: Show, here: Place, release: Release) -> Release:
    """Begin, and return when it is in place.

    Raises:
        SeawayError: as `finish` does.
    """
    return await finish(show, here, await begin(show, here, release))


async def finish(show: Show, here: Place, begun: Begun, until: Until = until_in_place) -> Release:
    """Return when it is in place; a failure is shown with the last lines of what failed.

    Raises:
        ReleaseFailed: it cannot be; the one before serves.
        NotRestored: it cannot be, and the one before does not serve either.
        WaitTimedOut: it took longer than `--timeout`; the supervisor goes on.
    """
    ledger, recorded, after = wiring.open_ledger(here.state), begun.release, begun.after
    failed: SeawayError
    with progress(show, ledger, recorded.created) as watch:
        try:
            limit = patience(here, show.settings, watch=watch)
            await until(ledger, recorded.number, after, limit)
        except WaitTimedOut:
            raise
        except ReleaseFailed as error:
            limit = patience(here, show.settings, otherwise=RESTORING, watch=watch)
            failed = await restored(ledger, after, error, limit)
        except SeawayError as error:
            failed = error
        else:
            return recorded
    await show_failure(show, here, failed, since=recorded.created)
    raise failed


async def restored(
    ledger: SqliteLedger, after: int, failed: ReleaseFailed, limit: Patience
) -> ReleaseFailed:
    """The error as it stands once the release before has come back, or has not."""
    number = failed.facts.get("release")
    failures = [each.number for each in ledger.events(after) if each.facts.get("release") == number]
    after = max(failures, default=after)
    try:
        while (before := ledger.wanted()) and before.number == number:
            await limit.pause(f"release {number}")  # its failure is told before it is replaced
        if before is not None:
            await until_in_place(ledger, before.number, after, limit)
    except SeawayError as error:
        facts = {**failed.facts, "restoring": error.facts.get("reason", error.code)}
        return NotRestored("SW633", **facts)
    return failed
