"""Streams: events as they come, sockets that stay open."""

import asyncio
import time
from datetime import timedelta

import httpx2
import pytest
import websockets

from seaway.model.names import Name
from seaway.model.route import Route, Timeouts
from tests.ingress.stand import HOST, Backend, Request, backends, routing, running

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

CHUNKED = HEAD.replace(b"Connection: close", b"Transfer-Encoding: chunked")


def stream_route(limit: float = 600) -> Route:
    times = Timeouts(response=timedelta(seconds=limit))
    return Route(path="/", to=Name("api"), stream=True, timeouts=times)


async def test_each_event_arrives_when_it_is_sent(tmp_path):
    """R21: a proxy that collects before it sends on makes a model look dead."""
    sent: list[float] = []

    async def talks(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD)
        for number in range(5):
            sent.append(time.monotonic())
            writer.write(f"data: {number}\n\n".encode())
            await writer.drain()
            await asyncio.sleep(0.3)
        writer.close()

    api = Backend("api-1", talks)
    async with backends(api), running(tmp_path, routing(stream_route())) as stand:
        await stand.admit(api)
        headers = {"Accept-Encoding": "gzip"}
        async with stand.client() as client, client.stream("GET", "/", headers=headers) as said:
            arrived = [(line, time.monotonic()) async for line in said.aiter_lines() if line]

    assert [line for line, _ in arrived] == [f"data: {n}" for n in range(5)]
    late = [got - gone for (_, got), gone in zip(arrived, sent, strict=True)]
    assert max(late) < 0.2
    assert "content-encoding" not in said.headers
    assert "accept-encoding" not in api.requests[0].headers


async def test_a_heartbeat_keeps_a_stream_open_beyond_the_time_for_an_answer(tmp_path):
    async def beats(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD)
        for _ in range(8):
            writer.write(b": still here\n\n")
            await writer.drain()
            await asyncio.sleep(0.5)
        writer.write(b"data: done\n\n")
        writer.close()

    api = Backend("api-1", beats)
    async with backends(api), running(tmp_path, routing(stream_route(1))) as stand:
        await stand.admit(api)
        async with stand.client() as client:
            said = await client.get("/")

    assert said.text.endswith("data: done\n\n")


async def test_a_stream_that_falls_silent_is_ended(tmp_path):
    async def stops(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + b"9\r\ndata: 1\n\n\r\n")
        await writer.drain()
        await asyncio.sleep(10)

    api = Backend("api-1", stops)
    async with backends(api), running(tmp_path, routing(stream_route(1))) as stand:
        await stand.admit(api)
        started = time.monotonic()
        async with stand.client() as client, client.stream("GET", "/") as said:
            with pytest.raises(httpx2.RemoteProtocolError):
                async for _ in said.aiter_bytes():
                    pass
        took = time.monotonic() - started

    assert took < 5


async def test_when_the_reader_leaves_the_application_hears_of_it(tmp_path):
    """A model that goes on talking to nobody costs money."""
    left = asyncio.Event()

    async def talks(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"data: 1\n\n")
        await writer.drain()
        await request.reader.read()
        left.set()

    api = Backend("api-1", talks)
    async with backends(api), running(tmp_path, routing(stream_route())) as stand:
        await stand.admit(api)
        async with stand.client() as client, client.stream("GET", "/") as said:
            async for _ in said.aiter_bytes():
                break
        await asyncio.wait_for(left.wait(), 5)


async def echo(socket: websockets.ServerConnection) -> None:
    async for message in socket:
        await socket.send(f"{message} from {socket.request.headers['X-Real-IP']}")


def socket_routes(idle: float = 3600) -> tuple[Route, ...]:
    times = Timeouts(response=timedelta(seconds=1), idle=timedelta(seconds=idle))
    return (
        Route(path="/ws", to=Name("api"), websocket=True, timeouts=times),
        Route(path="/", to=Name("api"), timeouts=times),
    )


async def test_a_websocket_talks_both_ways_and_outlives_the_time_for_an_answer(tmp_path):
    """R15."""
    async with (
        running(tmp_path, routing(*socket_routes())) as stand,
        websockets.serve(echo, "127.0.0.1", 0) as server,
    ):
        await stand.admit(_standing_in(server))
        async with _dial(stand, "/ws/chat") as socket:
            await socket.send("one")
            first = await socket.recv()
            await asyncio.sleep(2)
            await socket.send("two")
            second = await socket.recv()

    assert (first, second) == ("one from 127.0.0.1", "two from 127.0.0.1")


async def test_a_websocket_in_which_nothing_is_said_is_ended_at_its_routes_time(tmp_path):
    async with (
        running(tmp_path, routing(*socket_routes(idle=1))) as stand,
        websockets.serve(echo, "127.0.0.1", 0, ping_interval=None) as server,
    ):
        await stand.admit(_standing_in(server))
        started = time.monotonic()
        async with _dial(stand, "/ws", ping_interval=None) as socket:
            await socket.wait_closed()
        took = time.monotonic() - started

    assert 1 <= took < 4


async def test_only_a_websocket_route_is_upgraded(tmp_path):
    """An upgrade that nobody asked for is a way around the rules of the ingress."""
    async with (
        running(tmp_path, routing(*socket_routes())) as stand,
        websockets.serve(echo, "127.0.0.1", 0) as server,
    ):
        await stand.admit(_standing_in(server))
        with pytest.raises(websockets.InvalidStatus) as refused:
            await _dial(stand, "/other")

    assert refused.value.response.status_code in {400, 426}


def _dial(stand, path: str, **options: object) -> websockets.connect:
    port = stand.place.ports["http"]
    return websockets.connect(
        f"ws://{HOST}{path}", host="127.0.0.1", port=port, proxy=None, **options
    )


def _standing_in(server: websockets.Server) -> Backend:
    backend = Backend("api-1", echo)
    backend.port = next(iter(server.sockets)).getsockname()[1]
    return backend
