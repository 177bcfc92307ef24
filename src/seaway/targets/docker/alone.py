"""Alone: the first program in the container of a part that no Seaway looks after.

It is told by a file without secrets, finds those in its environment, and makes the users,
databases and buckets of its part by itself, as soon as that answers.
"""

import asyncio
import os
import sys
from contextlib import suppress
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path

from seaway.errors import SeawayError
from seaway.model.names import InstanceId
from seaway.targets.docker.inside import PLACE, WHY, Inside, Told
from seaway.targets.docker.rendering.health import SETTLED
from seaway.targets.docker.speaking import SETTLE
from seaway.targets.local.asking import in_words
from seaway.targets.local.belongings import write_private
from seaway.targets.local.prober import SETTLE_PAUSES
from seaway.values import dumped, loaded

RUN = Path("/run/seaway")
"""In memory, and this container's own."""
LIMIT = 300.0
"""Seconds for one try: first data may be a lot."""


async def cared_for(inside: Inside) -> int:
    """Run a part to its end, and make what it needs meanwhile; return how it ended."""
    settling = asyncio.create_task(_settle(inside), name="settle")
    try:
        return await inside.run()
    finally:
        settling.cancel()
        await asyncio.gather(settling, return_exceptions=True)


async def _settle(inside: Inside) -> None:
    """Until it is done; said once for each reason why it is not."""
    said = ""
    for pause in chain(SETTLE_PAUSES, repeat(SETTLE_PAUSES[-1])):
        why = "no answer in time"
        with suppress(TimeoutError):
            async with asyncio.timeout(LIMIT):
                why = await inside.answer(SETTLE)
        if not why:
            (RUN / SETTLED).touch()
            return
        if why != said:
            sys.stderr.write(f"not settled yet: {why}\n")
        said = why
        await asyncio.sleep(pause)


def main() -> int:
    """Be the part that the named file tells of."""
    try:
        told = loaded(Told, Path(sys.argv[1]).read_bytes())
        given = os.environ  # noqa: TID251 -- a program of its own
        env = {name: given[name] for name in told.workload.env}
        name = InstanceId(given.get("HOSTNAME", told.instance))
        content = dumped(replace(told, instance=name, env=env))
        for left in (PLACE, SETTLED):
            (RUN / left).unlink(missing_ok=True)
        write_private(str(RUN / PLACE), content, (os.getuid(), os.getgid()))
        return asyncio.run(cared_for(Inside(RUN)))
    except (SeawayError, OSError, KeyError) as error:
        why = in_words(error) if isinstance(error, SeawayError) else str(error)
        with suppress(OSError):
            (RUN / WHY).write_text(why)
        sys.stderr.write(f"{why}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
