"""A small server of gRPC for tests: `python call_server.py NAME`; prints its port, ends on SIGTERM.

`/test.Echo/Say` waits for as many milliseconds as it is told and answers with its name and the
deadline it was given; `/test.Echo/Peer` answers with the connection that it came by;
`/test.Echo/Count` says so many numbers, one each `PAUSE` seconds.
"""

import asyncio
import signal
import sys

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

PAUSE = 0.05
GRACE = 20.0
FAREWELL = 1.5
"""Seconds in which it still answers, and says to whoever asks that it will not for long."""


async def main(name: str) -> None:
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)

    async def say(request: bytes, context: grpc.aio.ServicerContext) -> bytes:
        await asyncio.sleep(int(request or b"0") / 1000)
        left = context.time_remaining()
        return f"{name} {'-' if left is None else round(left, 2)}".encode()

    async def peer(_: bytes, context: grpc.aio.ServicerContext) -> bytes:
        return f"{name} {context.peer()}".encode()

    async def count(request: bytes, _: grpc.aio.ServicerContext):
        for number in range(int(request)):
            yield f"{name} {number}".encode()
            await asyncio.sleep(PAUSE)

    handlers = {
        "Say": grpc.unary_unary_rpc_method_handler(say),
        "Peer": grpc.unary_unary_rpc_method_handler(peer),
        "Count": grpc.unary_stream_rpc_method_handler(count),
    }
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", handlers),))
    state = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(state, server)
    await state.set("", health_pb2.HealthCheckResponse.SERVING)
    await state.set("test.Echo", health_pb2.HealthCheckResponse.SERVING)
    await state.set("test.Closed", health_pb2.HealthCheckResponse.NOT_SERVING)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await ending.wait()
    await state.enter_graceful_shutdown()
    await asyncio.sleep(FAREWELL)
    await server.stop(GRACE)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
