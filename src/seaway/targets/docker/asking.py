"""Asking: puts the questions of a probe to an instance in a container."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import assert_never

from seaway.model.names import InstanceId
from seaway.model.probe import ExecProbe, GrpcProbe, HttpProbe, PartProbe, Probe, TcpProbe
from seaway.model.standing import Lead, Said
from seaway.model.workload import Server
from seaway.probing.grpc import ask_grpc
from seaway.probing.http import ask_http
from seaway.probing.tcp import ask_tcp
from seaway.targets.docker.executing import asked
from seaway.targets.docker.foreign import is_foreign
from seaway.targets.docker.premises import Premises
from seaway.targets.docker.speaking import ALIVE, READY, SETTLE, SOCKET, Answer, Question, answer
from seaway.targets.docker.visiting import Visiting
from seaway.targets.leading.hearing import Hearing
from seaway.targets.leading.leads import LeadFile
from seaway.targets.local.asking import LONGEST_HEARING, LONGEST_SETTLING, answered, port_of
from seaway.targets.local.record import Record


class Asking:
    """From this machine, which is in every network of its engine."""

    def __init__(
        self, premises: Premises, host_of: Callable[[InstanceId], str],
        changed: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """`host_of` tells where the ports of an instance are reached.

        `changed` is called when one says something else of itself than before.
        """
        self._premises, self._host_of = premises, host_of
        self._hearing, self._visiting = Hearing(changed), Visiting(premises, host_of)

    async def ask(self, record: Record, probe: Probe, limit: timedelta) -> str:
        """Empty for a yes, else the reason; `limit` is all the time it may take."""
        return await answered(self._ask(record, probe, limit.total_seconds()), limit)

    async def settle(self, record: Record) -> str:
        """Let a part that has just started make its users, databases or buckets.

        Empty when it is done, else why not.
        """
        if not isinstance(record.workload.program, Server):
            return ""
        limit = max(record.workload.checks.start, LONGEST_SETTLING)
        return await answered(self._inside(record, SETTLE), limit)

    def said(self, name: InstanceId) -> Said | None:
        """What it said of itself last."""
        return self._hearing.said(name)

    async def hear(self, record: Record) -> None:
        """Have it say anew what it is among the others; nothing where it does not answer."""
        await self.ask(record, PartProbe(), LONGEST_HEARING)

    def forget(self, name: InstanceId) -> None:
        """It will not be asked again."""
        self._hearing.forget(name)
        self._visiting.forget(name)

    def doors(self, record: Record) -> Mapping[str, str]:
        """Where each member of its store is reached from here, by its name; empty if nowhere."""
        return self._visiting.doors(record)

    def lead(self, record: Record) -> Lead | None:
        """Who leads the store of a member, as it is written down."""
        if record.workload.following is None:
            return None
        return LeadFile(self._premises.state.root).of(record.workload.name)

    async def put(self, record: Record, question: Question) -> Answer:
        """To the first program in its container, which knows the part; the caller limits the time.

        Raises:
            OSError: the container has gone.
        """
        return await answer(self._premises.run_folder(record) / SOCKET, question)

    async def _ask(self, record: Record, probe: Probe, limit: float) -> str:
        match probe:
            case HttpProbe():
                host = self._host_of(record.id)
                return await ask_http(host, port_of(record, probe.port), probe.path, limit)
            case TcpProbe():
                return await ask_tcp(self._host_of(record.id), port_of(record, probe.port), limit)
            case GrpcProbe():
                host, port = self._host_of(record.id), port_of(record, probe.port)
                return await ask_grpc(host, port, probe.service, limit)
            case ExecProbe():
                said = await asked(self._premises, record, probe.argv)
                last = said.problem.decode(errors="replace").strip().rpartition("\n")[2]
                return f"exit {said.status}: {last}" if said.status else ""
            case PartProbe():
                return await self._inside(record, ALIVE if probe.alone else READY)
            case _:
                assert_never(probe)

    async def _inside(self, record: Record, question: str) -> str:
        if is_foreign(record.workload.program):
            said = await self._visiting.ask(record, question)
            if question == READY:
                self._hearing.heard(record.id, said)
            return ""
        answer = await self.put(record, Question(ask=question, lead=self.lead(record)))
        if question == READY and not answer.no:
            self._hearing.heard(record.id, answer.told)
        return answer.no
