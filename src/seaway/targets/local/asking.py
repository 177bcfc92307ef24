"""Asking: puts the questions of a probe to an instance on this machine."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import assert_never

from seaway.errors import SeawayError
from seaway.model.names import InstanceId
from seaway.model.probe import ExecProbe, GrpcProbe, HttpProbe, PartProbe, Probe, TcpProbe
from seaway.model.standing import Said
from seaway.probing.grpc import ask_grpc
from seaway.probing.http import ask_http
from seaway.probing.tcp import ask_tcp
from seaway.probing.trouble import seconds, trouble
from seaway.targets.leading.hearing import Hearing
from seaway.targets.local.dressing import Dressing
from seaway.targets.local.helping import run_as
from seaway.targets.local.part import Lives, NotReady
from seaway.targets.local.ports import HOST
from seaway.targets.local.record import Record

log = logging.getLogger(__name__)

LONGEST_HEARING = timedelta(seconds=0.5)
LONGEST_SETTLING = timedelta(minutes=5)
"""First data may be a lot; a workload that may start more slowly than this may also settle so."""


class Asking:
    """Asks by the record alone, so that it works for instances that another Seaway started."""

    def __init__(
        self, dressing: Callable[[Record], Dressing], changed: Callable[[], None] = lambda: None
    ) -> None:
        """`changed` is called when one says something else of itself than before."""
        self._dress, self._hearing = dressing, Hearing(changed)
        self._dressed: dict[InstanceId, Dressing] = {}

    async def ask(self, record: Record, probe: Probe, limit: timedelta) -> str:
        """Empty for a yes, else the reason; `limit` is all the time it may take."""
        return await answered(self._ask(record, probe, limit.total_seconds()), limit)

    async def settle(self, record: Record) -> str:
        """Let a part that has just started make its users, databases or buckets.

        Empty when it is done, else why not.
        """
        limit = max(record.workload.checks.start, LONGEST_SETTLING)
        return await answered(self._settle(record), limit)

    def said(self, name: InstanceId) -> Said | None:
        """What it said of itself last."""
        return self._hearing.said(name)

    async def hear(self, record: Record) -> None:
        """Have it say anew what it is among the others; nothing where it does not answer."""
        await self.ask(record, PartProbe(), LONGEST_HEARING)

    def forget(self, name: InstanceId) -> None:
        """It will not be asked again."""
        self._dressed.pop(name, None)
        self._hearing.forget(name)

    def _dressing(self, record: Record) -> Dressing:
        """Put together once: while something starts it is asked twenty times a second."""
        if record.id not in self._dressed:
            self._dressed[record.id] = self._dress(record)
        return self._dressed[record.id]

    async def _settle(self, record: Record) -> str:
        dressing = self._dressing(record)
        if dressing.part:
            await dressing.part.settle(dressing.settled_placement, dressing.runner())
        return ""

    async def _ask(self, record: Record, probe: Probe, limit: float) -> str:
        match probe:
            case HttpProbe():
                return await ask_http(HOST, port_of(record, probe.port), probe.path, limit)
            case TcpProbe():
                return await ask_tcp(HOST, port_of(record, probe.port), limit)
            case GrpcProbe():
                return await ask_grpc(HOST, port_of(record, probe.port), probe.service, limit)
            case ExecProbe():
                outfit = self._dressing(record).outfit(probe.argv)
                await run_as(
                    outfit.identity, outfit.argv, env=outfit.env, limit=limit, cwd=outfit.cwd
                )
                return ""
            case PartProbe():
                dressing = self._dressing(record)
                if probe.alone and isinstance(dressing.part, Lives):
                    await dressing.part.alive(dressing.settled_placement)
                elif dressing.part:
                    said = await dressing.part.ready(dressing.settled_placement)
                    self._hearing.heard(record.id, said)
                return ""
            case _:
                assert_never(probe)


async def answered(question: Awaitable[str], limit: timedelta) -> str:
    """The answer, or why there is none.

    Whatever goes wrong in a part is a no: a fault in one check must not end the care for the rest.
    """
    try:
        async with asyncio.timeout(limit.total_seconds()):
            return await question
    except TimeoutError:
        return f"no answer in {seconds(limit.total_seconds())}"
    except (NotReady, EOFError) as no:
        return str(no)
    except OSError as error:
        return trouble(error)
    except SeawayError as error:
        return in_words(error)
    except Exception as fault:
        log.exception("a check failed by itself")
        return f"its check failed by itself: {type(fault).__name__}"


def port_of(record: Record, name: str) -> int:
    """The port of that name; the only one there is has every name."""
    if name not in record.ports and len(record.ports) == 1:
        return next(iter(record.ports.values()))
    if name not in record.ports:
        raise OSError(f"it has no port called {name}")
    return record.ports[name]


def in_words(error: SeawayError) -> str:
    """What went wrong, as a reason that an instance can carry."""
    from seaway.messages import Language, say  # noqa: PLC0415 -- all words are slow to load

    return say(error.code, error.facts, Language.EN).text
