"""Asking: puts the questions of a probe to an instance in a container."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import assert_never

from seaway.model.names import InstanceId
from seaway.model.probe import ExecProbe, GrpcProbe, HttpProbe, PartProbe, Probe, TcpProbe
from seaway.model.workload import Server
from seaway.probing.grpc import ask_grpc
from seaway.probing.http import ask_http
from seaway.probing.tcp import ask_tcp
from seaway.targets.docker.executing import asked
from seaway.targets.docker.inside import READY, SETTLE, SOCKET
from seaway.targets.docker.premises import Premises
from seaway.targets.local.asking import LONGEST_SETTLING, answered, port_of
from seaway.targets.local.record import Record


class Asking:
    """From this machine, which is in every network of its engine."""

    def __init__(self, premises: Premises, host_of: Callable[[InstanceId], str]) -> None:
        """`host_of` tells where the ports of an instance are reached."""
        self._premises, self._host_of = premises, host_of

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
                return await self._inside(record, READY)
            case _:
                assert_never(probe)

    async def _inside(self, record: Record, question: str) -> str:
        """By the first program in its container, which knows the part."""
        socket = self._premises.run_folder(record) / SOCKET
        try:
            reader, writer = await asyncio.open_unix_connection(socket)
        except FileNotFoundError:
            return "it is being prepared"
        try:
            writer.write(f"{question}\n".encode())
            answer = await reader.read()
        finally:
            writer.close()
        return str(json.loads(answer)) if answer else "it has ended"
