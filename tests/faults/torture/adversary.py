"""T13: an application that ends kept connections just when the next request may come (R4).

By FIN or by RST, 0 to 5 ms after an answer. No client sees an error for it, and no payment is made
twice: HAProxy must not repeat what may have had an effect.
"""

import asyncio

from tests.faults.torture.town import Load, town
from tests.faults.torture.trial import Trial

REQUESTS, REQUESTS_SHORT = 20_000, 1_500


async def ended_connections(trial: Trial) -> None:
    """So many requests, half of them payments, one right after the other."""
    async with town(trial, "t13") as made:
        await made.deployed(VERSION="1", MANNERS="adversary")
        load = Load(made.port, pause=0.001, held=0)
        async with load.running(clients=16):
            while load.requests < trial.times(REQUESTS, REQUESTS_SHORT):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        tally = trial.tally
        await made.noted()
        tally.requests, tally.lost = load.requests, load.lost.total()
        tally.executed_twice = made.executed_twice()
        tally.faults = made.ended()
        tally.more |= {"paid": load.paid}
        tally.demand(not tally.lost, f"{tally.lost} were lost: {load.moments[:9]}")
        tally.demand(not tally.executed_twice, f"{tally.executed_twice} were made twice")
        tally.demand(made.payments() == load.paid, f"{made.payments()} of {load.paid} were made")
