"""The face for the business back end: gRPC, with health, limits and an end that drains."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import aclosing

from grpc import StatusCode, aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio
from qingyu_contract import writer_pb2, writer_pb2_grpc
from seaway_service.client import RefusedError
from seaway_service.errors import UnavailableError

from qingyu_ai.flow import Sources, Token, shown
from qingyu_ai.metrics import CALLS
from qingyu_ai.writing import Asked, Beat, Done, Said, Writing

SERVICE = writer_pb2.DESCRIPTOR.services_by_name["Writer"].full_name
AT_ONCE = 200
"""Calls; more are refused at once, as RESOURCE_EXHAUSTED."""
LONGEST_TEXT = 32_000
FAREWELL = 1.5
"""Seconds in which calls are still taken while health says NOT_SERVING: balancers ask twice a
second, and a call that crosses with the end of the server would be cancelled."""
OPTIONS = (
    ("grpc.so_reuseport", 0),  # a port that is taken is an error, not a share
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # what clients and proxies may ask for, while an answer lets wait
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
    ("grpc.max_receive_message_length", 1_000_000),
)
Context = aio.ServicerContext[writer_pb2.Request, writer_pb2.Event]


class Refused(Exception):  # noqa: N818 -- said as it is
    """The call is none that can be answered."""

    def __init__(self, status: StatusCode, words: str) -> None:
        super().__init__(words)
        self.status = status


class Writer(writer_pb2_grpc.WriterServicer):
    """Answers calls."""

    def __init__(self, writing: Writing, key: str) -> None:
        self._writing, self._key = writing, f"Bearer {key}"

    async def Write(  # noqa: N802 -- the name in the contract
        self, request: writer_pb2.Request, context: Context
    ) -> AsyncIterator[writer_pb2.Event]:
        """Answer one message; ends when its deadline is over or whoever called is gone."""
        status, words = StatusCode.CANCELLED, ""
        try:
            self._admit(context)
            asked = understood(request)
            async with aclosing(self._writing.answer(asked)) as events:
                async for event in events:
                    yield self._event(asked, event)
            status = StatusCode.OK
        except (Refused, UnavailableError, RefusedError) as error:
            status, words = status_of(error)
        finally:
            CALLS.labels(status.name).inc()
        if status is not StatusCode.OK:
            await context.abort(status, words)

    def _admit(self, context: Context) -> None:
        told = dict(context.invocation_metadata() or ()).get("authorization", "")
        given = told if isinstance(told, str) else told.decode("latin-1")
        if not hmac.compare_digest(given.encode(), self._key.encode()):
            raise Refused(StatusCode.UNAUTHENTICATED, "the key is not right")

    def _event(self, asked: Asked, said: Said) -> writer_pb2.Event:
        match said:
            case Sources(found):
                sources = [writer_pb2.Source(**each) for each in shown(found)]
                return writer_pb2.Event(sources=writer_pb2.Sources(sources=sources))
            case Token(text):
                return writer_pb2.Event(token=text)
            case Beat():
                return writer_pb2.Event(heartbeat=writer_pb2.Heartbeat())
            case Done():
                done = writer_pb2.Done(
                    message=asked.question, cited=said.cited, found=said.found,
                    instance=self._writing.instance,
                )  # fmt: skip
                return writer_pb2.Event(done=done)


def understood(request: writer_pb2.Request) -> Asked:
    """Return what is asked.

    Raises:
        Refused: it makes no sense.
    """
    text = request.text.strip()
    named = request.owner and request.conversation and request.question
    if not named or not 0 < len(text) <= LONGEST_TEXT:
        why = f"owner, conversation and question are needed, and 1 to {LONGEST_TEXT} characters"
        raise Refused(StatusCode.INVALID_ARGUMENT, why)
    return Asked(
        owner=request.owner, conversation=request.conversation, question=request.question,
        text=text, draft=request.task == writer_pb2.TASK_DRAFT,
    )  # fmt: skip


def status_of(error: Refused | UnavailableError | RefusedError) -> tuple[StatusCode, str]:
    """Return what a caller is told of a call that failed."""
    match error:
        case Refused():
            return error.status, str(error)
        case UnavailableError():
            return StatusCode.UNAVAILABLE, str(error)
        case RefusedError():
            return StatusCode.FAILED_PRECONDITION, error.message


class Server:
    """The server, with the health that balancers ask for."""

    def __init__(self, writer: Writer, host: str, port: int) -> None:
        self._server = aio.server(options=OPTIONS, maximum_concurrent_rpcs=AT_ONCE)
        self._health = health_aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        writer_pb2_grpc.add_WriterServicer_to_server(writer, self._server)
        self._server.add_insecure_port(f"{host}:{port}")
        self.draining = False

    async def start(self) -> None:
        """Take calls."""
        for name in ("", SERVICE):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        await self._server.start()

    async def stop(self, seconds: float) -> None:
        """Take no new calls, and let those that are open end within so many seconds."""
        self.draining = True
        await self._health.enter_graceful_shutdown()
        await asyncio.sleep(FAREWELL)
        await self._server.stop(seconds)
