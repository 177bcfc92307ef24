"""The release that a call about data is about: what runs, else what the file says."""

from seaway import wiring
from seaway.cli.place import Place, options
from seaway.cli.show import Show
from seaway.model.release import Release


def asked_release(show: Show, here: Place) -> Release:
    """With how its stores are saved.

    Raises:
        InvalidStack: nothing is recorded, and the file is wrong.
    """
    if here.state.ledger.exists():
        ledger = wiring.open_ledger(here.state)
        if wanted := ledger.wanted():
            return wanted
    stack = wiring.read_stack(options(show.settings))
    vault = wiring.open_vault(here.state)
    return wiring.demanded(wiring.resolved(stack, vault.versions())).release
