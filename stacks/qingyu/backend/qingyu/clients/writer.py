"""Asks the AI service over gRPC: with a deadline, again where nothing was begun, never in vain."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from grpc import StatusCode, aio
from qingyu_contract import writer_pb2, writer_pb2_grpc
from seaway_service.errors import UnavailableError
from seaway_service.problems import Problem, invalid

from qingyu.metrics import REPEATED

PART = "the AI service"
TRIES = 4
FIRST_WAIT_SECONDS = 0.1
OPTIONS = (
    # a connection that has died without a word is noticed within half a minute
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.enable_retries", 0),  # it would not know what is safe to repeat; we do
)
Call = aio.UnaryStreamCall[writer_pb2.Request, writer_pb2.Event]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait; units: seconds."""

    whole: float
    """For an answer."""
    silence: float
    """For its next piece, or a beat."""


class Writer:
    """The AI service, wherever its calls are balanced."""

    def __init__(self, address: str, key: str, patience: Patience) -> None:
        self._address, self._patience = address, patience
        self._metadata = (("authorization", f"Bearer {key}"),)
        self._channel: aio.Channel | None = None

    async def close(self) -> None:
        """Close all connections."""
        if self._channel is not None:
            await self._channel.close()

    async def events(self, request: writer_pb2.Request) -> AsyncGenerator[writer_pb2.Event]:
        """Yield what is written, beats too.

        A call that found nobody, or lost them before they said anything, is made again: the
        service keeps an answer by its question, so that it can never be there twice.

        Raises:
            UnavailableError: nobody answers, or they broke off.
            Problem: they will not.
        """
        for left in reversed(range(TRIES)):
            begun = False
            try:
                async with aclosing(self._heard(request)) as events:
                    async for event in events:
                        begun = begun or event.WhichOneof("said") != "heartbeat"
                        yield event
            except aio.AioRpcError as error:
                if begun or not left or error.code() is not StatusCode.UNAVAILABLE:
                    raise translated(error) from error
            else:
                return
            REPEATED.inc()
            await asyncio.sleep(FIRST_WAIT_SECONDS * 2 ** (TRIES - 1 - left))

    async def _heard(self, request: writer_pb2.Request) -> AsyncGenerator[writer_pb2.Event]:
        if self._channel is None:
            self._channel = aio.insecure_channel(self._address, OPTIONS)
        stub = writer_pb2_grpc.WriterStub(self._channel)
        call = stub.Write(request, timeout=self._patience.whole, metadata=self._metadata)
        try:
            while True:
                async with asyncio.timeout(self._patience.silence):
                    event = await call.read()
                if not isinstance(event, writer_pb2.Event):  # the end of the stream
                    return
                yield event
        except TimeoutError as error:
            raise UnavailableError(PART) from error
        finally:
            call.cancel()


def translated(error: aio.AioRpcError) -> Exception:
    """Return what a failed call means to whoever asked."""
    words = error.details() or "it has failed"
    match error.code():
        case StatusCode.INVALID_ARGUMENT:
            return invalid(words)
        case StatusCode.FAILED_PRECONDITION:
            return Problem(422, "model_refused", words)
        case StatusCode.RESOURCE_EXHAUSTED:
            busy = "too many answers are being written"
            return Problem(503, "overloaded", busy, {"Retry-After": "2"})
        case StatusCode.DEADLINE_EXCEEDED:
            return Problem(504, "too_long", "the answer took too long")
        case _:
            return UnavailableError(PART)
