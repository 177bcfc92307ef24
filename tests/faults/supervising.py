"""A supervisor of three web servers, to be killed; started by the fault tests, never imported.

Arguments: the test's folder and the revision that is wanted.
"""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from seaway.engine.supervise import Supervisor
from seaway.model.release import Release
from seaway.stores.clock import SystemClock
from seaway.stores.ledger import SqliteLedger
from tests.contracts.targets import STACK, local_state, open_local, web


async def supervise(folder: Path, revision: int) -> None:
    state = local_state(folder)
    state.root.mkdir(parents=True, exist_ok=True)
    ledger, silent = SqliteLedger(state.ledger), asyncio.Event()
    wanted = replace(web(folder), replicas=3, revision=revision)
    before = ledger.wanted()
    if before is None or before.workloads != (wanted,):
        ledger.record(Release(stack=STACK, workloads=(wanted,)))
    async with open_local(folder) as target:
        await Supervisor(STACK, ledger, target, SystemClock(), silent.wait).run()


if __name__ == "__main__":
    asyncio.run(supervise(Path(sys.argv[1]), int(sys.argv[2])))
