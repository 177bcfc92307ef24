"""Stands in for the AI service, whose own tests are in its folder: says what a text asks for."""

import asyncio
import sys
from collections.abc import AsyncIterator

from grpc import StatusCode, aio
from qingyu_contract import writer_pb2, writer_pb2_grpc


class Writer(writer_pb2_grpc.WriterServicer):
    """Repeats the words of a text; `away twice`, `refuse`, `break`, `silent` are done."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    async def Write(  # noqa: N802 -- the name in the contract
        self, request: writer_pb2.Request, context: aio.ServicerContext[object, object]
    ) -> AsyncIterator[writer_pb2.Event]:
        tries = self._seen[request.question] = self._seen.get(request.question, 0) + 1
        if (
            dict(context.invocation_metadata() or ()).get("authorization")
            != f"Bearer {sys.argv[2]}"
        ):
            await context.abort(StatusCode.UNAUTHENTICATED, "who are you?")
        if "away twice" in request.text and tries <= 2:
            await context.abort(StatusCode.UNAVAILABLE, "not now")
        if "refuse" in request.text:
            await context.abort(StatusCode.FAILED_PRECONDITION, "that is not allowed")
        yield writer_pb2.Event(heartbeat=writer_pb2.Heartbeat())
        source = writer_pb2.Source(n=1, document="d", title="Tea", text=request.owner, score=0.5)
        yield writer_pb2.Event(sources=writer_pb2.Sources(sources=[source]))
        for word in request.text.split():
            yield writer_pb2.Event(token=f"{word} ")
            if word == "break":
                await context.abort(StatusCode.UNAVAILABLE, "gone")
            if word == "silent":
                await asyncio.sleep(30)
        done = writer_pb2.Done(message=request.question, cited=[1], found=True, instance="ai-1")
        yield writer_pb2.Event(done=done)


async def main() -> None:
    """Serve until killed."""
    server = aio.server()
    writer_pb2_grpc.add_WriterServicer_to_server(Writer(), server)
    server.add_insecure_port(f"127.0.0.1:{sys.argv[1]}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main())
