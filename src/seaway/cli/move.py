"""move: take the data of a stack to another environment of this machine, and run it there."""

import click

from seaway import wiring
from seaway.cli import bringing, hosted, restoring
from seaway.cli.apply import wanted
from seaway.cli.ask import agree
from seaway.cli.command import Command, Option
from seaway.cli.moving import Move, moved, taken_back, where_to
from seaway.cli.page import size
from seaway.cli.place import Place, place, place_of, stack_file
from seaway.cli.plan import outlook
from seaway.cli.settings import Settings
from seaway.cli.show import Cell, Show, Tone
from seaway.cli.signals import carried_out
from seaway.cli.status import something_runs
from seaway.engine.move import carry, everything
from seaway.errors import UsageError
from seaway.ports.ledger import Event
from seaway.stores.clock import SystemClock

EXAMPLES = ("seaway move docker", "seaway -e docker move local", "seaway move --back")
MOVED = "SW868"


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("to", required=False, metavar="[ENVIRONMENT]")
@click.option("--back", is_flag=True, cls=Option, help="option move back")
@click.pass_obj
def move(settings: Settings, *, to: str | None, back: bool) -> None:
    """Take all data there, compare it, run the stack there; or run it here again."""
    show, here = Show(settings), place_of(settings)
    if back == bool(to):
        raise UsageError("SW873")
    carried_out(_back(show, here) if back else _move(show, here, to or ""))


async def _move(show: Show, here: Place, environment: str) -> None:
    asked = await _asked(show, here, environment)
    for each in asked.savings:
        show.aside(Cell(show.told("note moves", store=each.store, environment=environment)))
    if show.settings.dry_run:
        return
    agree(show, "ask move", stack=here.stack, environment=environment)
    done = await moved(asked)
    facts: dict[str, str | int | float] = {
        "stack": here.stack, "here": here.environment, "there": environment,
        "seconds": round(done.down.total_seconds(), 1),
    }  # fmt: skip
    for one in (here, asked.there):
        wiring.open_ledger(one.state).tell(Event(at=SystemClock().now(), code=MOVED, facts=facts))
    show.note(MOVED, Tone.GOOD, **facts)
    show.note("note moved", size=size(done.size), here=here.environment)


async def _asked(show: Show, here: Place, environment: str) -> Move:
    """Everything that can be known before anything is stopped is looked at.

    Raises:
        UsageError: it cannot be moved there.
    """
    if hosted.stack():  # its file is elsewhere, with all that it says of other environments
        raise UsageError("SW872", environment=environment)
    release = wanted(here, here.ledger())
    options = wiring.StackOptions(file=stack_file(show.settings), environment=environment)
    stack = wiring.read_stack(options)
    if stack.target.partition(" ")[2].startswith("ssh://") or environment == here.environment:
        raise UsageError("SW872", environment=environment)
    there = place(here.stack, environment)
    if there.state.ledger.exists() and await something_runs(there):
        raise UsageError("SW865", stack=here.stack, environment=environment)
    savings = everything(release, wiring.demanded(wiring.resolved(stack)).release)
    vault = wiring.open_vault(there.state)
    if not show.settings.dry_run:
        carry(wiring.open_vault(here.state), vault, wiring.resolved(stack).secret_needs)
    found = wiring.ready_to_record(stack, vault)
    stores = frozenset(each.store for each in savings)
    if restoring.holds_data(there, found.release, stores):
        raise UsageError("SW864", stack=here.stack, environment=environment)
    bringing.tell(show, await outlook(found, vault))
    if not show.settings.dry_run:
        there.claim(stack_file(show.settings))
    return Move(
        show=show, here=here, there=there, release=release, wanted=found.release, savings=savings
    )


async def _back(show: Show, here: Place) -> None:
    environment, number = where_to(here)
    agree(show, "ask move back", stack=here.stack, environment=environment)
    there = place(here.stack, environment)
    await taken_back(show, here, there, number)
    show.note("note moved back", Tone.GOOD, stack=here.stack, environment=environment)
