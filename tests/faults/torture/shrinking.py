"""R08: copies are taken away under load, as the autoscaler does it; nothing is lost (R8)."""

import asyncio
import time
from dataclasses import replace

from seaway.model.instance import Phase, Traffic
from seaway.model.scaling import Scaling
from seaway.ports.ledger import Verdict
from seaway.stores.lease import ring
from tests.faults.torture.rollouts import judge
from tests.faults.torture.town import Load, Town, town
from tests.faults.torture.trial import Trial

DOWNS, DOWNS_SHORT = 100, 5
LEAST, MOST = 1, 3


async def scale_downs(trial: Trial) -> None:
    """One copy more, one copy less, again and again, while people ask and pay."""
    async with town(trial, "r08") as made:
        trial.tally.demand(await _scaling(made) is Verdict.GOOD, "it never scaled")
        load = Load(made.port)
        async with load.running(clients=trial.times(20, 8)):
            for number in range(trial.times(DOWNS, DOWNS_SHORT)):
                load.doing = f"down {number}"
                more = trial.chance.randint(LEAST + 1, MOST)
                await _copies(made, more)
                begun = time.monotonic()
                await _copies(made, more - 1)
                trial.tally.mending.append(time.monotonic() - begun)
                trial.tally.faults += 1
        await judge(trial.tally, load, made)


async def _scaling(made: Town) -> Verdict:
    release = made.release("scaling")
    api = release.find("api")
    assert api is not None
    wide = replace(api, scaling=Scaling(least=LEAST, most=MOST))
    return await made.decided(made.begin(release.with_workload(wide)))


async def _copies(made: Town, wanted: int) -> None:
    """Return when there are so many, all of them get requests, and none is on its way out."""
    made.stage.ledger.scale({"api": wanted})
    ring(made.stage.state.wake)
    async with asyncio.timeout(60):
        while _there(made) != ["in"] * wanted:  # noqa: ASYNC110 -- a file tells nobody
            await asyncio.sleep(0.02)


def _there(made: Town) -> list[str]:
    live = (each for each in made.stage.ledger.seen() if each.workload == "api")
    return [
        "in" if each.phase is Phase.READY and each.traffic is Traffic.IN else each.phase
        for each in live if not each.phase.over
    ]  # fmt: skip
