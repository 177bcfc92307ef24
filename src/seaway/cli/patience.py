"""How long a call waits, and what it shows meanwhile."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from seaway.cli.place import Place
from seaway.cli.settings import Settings
from seaway.engine.wait import Patience
from seaway.ports.ledger import Event
from seaway.stores.clock import SystemClock


def patience(
    here: Place, settings: Settings, *, otherwise: timedelta | None = None,
    watch: Callable[[Sequence[Event]], None] = lambda _: None,
) -> Patience:  # fmt: skip
    """As long as `--timeout` says, else `otherwise`, else without end."""
    clock = SystemClock()
    limit = settings.timeout or otherwise
    deadline = clock.now() + limit if limit is not None else None
    return Patience(clock=clock, alive=here.alive, deadline=deadline, watch=watch)
