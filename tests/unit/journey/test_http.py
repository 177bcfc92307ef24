"""The HTTP of journeys: an answer is whole, or there is none."""

import asyncio
import contextlib

import pytest

from seaway.journey import Both, Http, NoAnswer, load, until


@contextlib.asynccontextmanager
async def server(*answers, asked=None):
    """Answers one connection after the other with these bytes; the last one again and again."""
    left = list(answers)

    async def answer(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.lower().split(b"\r\n")
                       if line.startswith(b"content-length:")), 0)  # fmt: skip
        if asked is not None:
            asked.append(head + await reader.readexactly(length))
        writer.write(left.pop(0) if len(left) > 1 else left[0])
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        yield Http(f"http://127.0.0.1:{port}")


async def test_a_body_of_known_length_and_one_in_pieces_are_whole():
    plain = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-One: a\r\nX-One: b\r\n\r\nhello"
    pieces = (
        b"HTTP/1.1 201 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n2;x\r\n2]\r\n0\r\n\r\n"
    )
    async with server(plain, pieces, b"HTTP/1.0 404 No\r\n\r\nto the end") as client:
        first, second, third = [await client.get("/") for _ in range(3)]

    assert (first.status, first.text, first.headers["x-one"]) == (200, "hello", "a, b")
    assert (second.status, second.json()) == (201, [1, 2])
    assert (third.status, third.body) == (404, b"to the end")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"SSH-2.0-OpenSSH\r\n",
        b"",
    ],
)
async def test_half_an_answer_is_none(answer):
    """A request that was broken off must be counted as failed."""
    async with server(answer) as client:
        with pytest.raises(NoAnswer, match="GET /half"):
            await client.get("/half")


async def test_a_server_that_is_not_there_is_told():
    async with server(b"") as client:
        pass

    with pytest.raises(NoAnswer, match="ConnectionRefusedError"):
        await client.get("/")


async def test_cookies_are_kept_and_json_is_sent():
    asked = []
    kept = b"HTTP/1.1 204 No\r\nSet-Cookie: a=1; Path=/; HttpOnly\r\nSet-Cookie: b=2\r\n\r\n"
    async with server(kept, asked=asked) as client:
        await client.post("/in", {"name": "水"}, headers={"X-Way": "up"})
        await client.get("/out")

    assert client.cookies == {"a": "1", "b": "2"}
    assert asked[0].startswith(b"POST /in HTTP/1.1\r\n")
    assert asked[0].endswith(b'\r\n\r\n{"name": "\\u6c34"}')
    assert b"Content-Type: application/json\r\n" in asked[0]
    assert b"X-Way: up\r\n" in asked[0]
    assert b"Cookie: a=1; b=2\r\n" in asked[1]


async def test_a_stream_comes_line_by_line():
    body = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nid: 1\r\ndata: a\n\n: beat\n"
    async with server(body) as client, client.stream("GET", "/events") as answer:
        lines = [each async for each in answer.lines()]

    assert lines == ["id: 1", "data: a", "", ": beat"]


async def test_what_goes_wrong_in_a_block_that_reads_is_not_the_servers_fault():
    async with server(b"HTTP/1.1 200 OK\r\n\r\n") as client:
        with pytest.raises(ValueError, match="mine"):
            async with client.stream("GET", "/"):
                raise ValueError("mine")


async def test_load_counts_every_answer():
    good, bad = b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 503 No\r\n\r\n"
    async with server(good, bad, b"", good) as client, load(client, "/", clients=2) as seen:

        async def enough():
            return seen.count >= 10

        await until(enough, Both("ten answers", "十个回答"))

    assert seen.answers[503] == 1
    assert seen.answers[200] == seen.count - 2
    assert sum(seen.failures.values()) == 2
    assert seen.slowest > 0
