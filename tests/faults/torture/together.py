"""R09: T09 to T13 in one life of one stack, each in little: what CI has time for in containers.

A release under load while streams go on; one that ends rudely, and ends kept connections; a deploy
that is killed with its supervisor; and one that fails too often, and goes back by itself.
"""

import asyncio
import time

from seaway.ports.ledger import Verdict
from tests.faults.torture import interrupted, rollouts, streams
from tests.faults.torture.town import Load, Town, town
from tests.faults.torture.trial import Trial

DRAIN = 3
SECONDS = 2
"""How long a stream lasts: it ends before the time to drain does."""
CALM = f"{{drain: {DRAIN}s}}"
STRICT = f'{{drain: {DRAIN}s, watch: 10s, rollback_if: {{errors: "> 1%", for: 2s}}}}'
LISTENERS, CLIENTS = 6, 8
ENDED, ENDED_FULL = 100, 2_000
"""Kept connections that the application ends when the next request may come."""
KILLED_AT, BOTH = 11, 2
"""The step, of those of T12, at which a deploy is killed; its number there says who is."""
EXPOSED, EXPOSED_SHORT = 0.005, 0.05
"""Of all requests, those that a release may spoil that fails too often (R5)."""
REGRESSED = "SW552"


async def one_life(trial: Trial) -> None:
    """All releases are of one application, and the same clients ask throughout."""
    async with town(trial, "r09", rollout=CALM) as made:
        load = Load(made.port)
        try:
            async with load.running(clients=CLIENTS):
                await _while_streams_go_on(trial, made, load)
                await _rude(trial, made, load)
                load.doing = "killed"
                await interrupted.one(made, trial, BOTH, KILLED_AT)
                await _regressing(trial, made, load)
        finally:
            await interrupted.end_supervisor(made)
        await rollouts.judge(trial.tally, load, made)
        trial.tally.more |= {"versions": len(load.versions), "exposed": load.exposed}


async def _while_streams_go_on(trial: Trial, made: Town, load: Load) -> None:
    load.doing = "streams"
    audience = streams.Audience(made.port, SECONDS)
    async with asyncio.TaskGroup() as group:
        for number in range(LISTENERS):
            group.create_task(audience.listen())
            group.create_task(audience.talk(number))
        await asyncio.sleep(1)
        trial.tally.demand(await made.deployed(VERSION="1") is Verdict.GOOD, "it was not good")
        trial.tally.faults += 1
        audience.over = True
    streams.judge(trial, audience)


async def _rude(trial: Trial, made: Town, load: Load) -> None:
    load.doing = "rude"
    verdict = await made.deployed(VERSION="rude", MANNERS="exit,adversary")
    trial.tally.demand(verdict is Verdict.GOOD, f"the rude one was {verdict}")
    load.pause = 0.001
    while made.ended() < trial.times(ENDED_FULL, ENDED):  # noqa: ASYNC110 -- nobody tells of it
        await asyncio.sleep(0.05)
    load.pause = Load.pause
    trial.tally.faults += made.ended()


async def _regressing(trial: Trial, made: Town, load: Load) -> None:
    """By what was measured, and before many have seen it."""
    load.doing = "failing"
    made.file.write_text(made.file.read_text().replace(CALM, STRICT))
    before, last = made.serving(), made.stage.ledger.last_event()
    release = made.begin(made.release(VERSION="failing", FAILING="0.05"))
    while not load.exposed and made.stage.ledger.verdict(release) is Verdict.PENDING:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    begun = time.monotonic()
    verdict = await made.decided(release)
    await made.settled()
    took, exposed = time.monotonic() - begun, load.exposed / load.requests
    tally = trial.tally
    tally.faults += 1
    tally.mending.append(took)
    tally.demand(verdict is Verdict.FAILED, f"the failing one was {verdict}")
    tally.demand(made.serving() == before, "another release serves than before it")
    tally.demand(took <= rollouts.RESTORED, f"it took {took:.1f} s to go back")
    tally.demand(exposed <= trial.limit(EXPOSED, EXPOSED_SHORT), f"{exposed:.2%} were exposed")
    codes = [each.code for each in made.stage.ledger.events(last)]
    tally.demand(REGRESSED in codes, f"it did not go back for what was measured: {codes}")
