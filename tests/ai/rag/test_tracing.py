"""Tracing is off unless it is switched on; then it says what was asked, found and told."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from tests.ai.rag.running import Around, ask, put, rag
from tests.ai.services import database, models, url, vectors

pytestmark = pytest.mark.local
TEXT = "# Hours\n\nThe harbour restaurant opens at six in the evening.\n"
QUESTION = "When does the restaurant open?"


class LangSmith:
    """Takes whatever is sent, as the real one would."""

    def __init__(self) -> None:
        self.seen = bytearray()
        self.port = 0
        self.arrived = asyncio.Event()

    async def serve(self) -> AsyncIterator["LangSmith"]:
        server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _take(self, reader, writer) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = [int(line.split(b":")[1]) for line in head.split(b"\r\n")
                      if line.lower().startswith(b"content-length")]  # fmt: skip
            self.seen += head + await self._body(head, length, reader)
            if b"harbour restaurant opens" in self.seen and QUESTION.encode() in self.seen:
                self.arrived.set()
            told = json.dumps({}).encode()
            writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\n"
                         b"content-length: %d\r\n\r\n%s" % (len(told), told))  # fmt: skip

    @staticmethod
    async def _body(head: bytes, length: list[int], reader) -> bytes:
        if length:
            return await reader.readexactly(length[0])
        if b"chunked" not in head.lower():
            return b""
        body = b""
        while size := int(await reader.readline(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
        return body


@pytest.fixture
async def smith() -> AsyncIterator[LangSmith]:
    async for each in LangSmith().serve():
        yield each


async def test_nothing_is_sent_unless_it_is_switched_on(tmp_path, smith):
    told = {"LANGCHAIN_ENDPOINT": f"http://127.0.0.1:{smith.port}", "LANGCHAIN_API_KEY": "lsv2_key",
            "LANGCHAIN_PROJECT": "ai-nutrition-restaurant"}  # fmt: skip
    on = {**told, "LANGCHAIN_TRACING_V2": "true"}
    keyless = {**on, "LANGCHAIN_API_KEY": ""}
    async with (
        database(tmp_path) as db,
        models("embed extract") as offline,
        vectors(url(db), offline) as search,
    ):
        for env in (told, keyless):
            async with rag(Around(db, search, offline, env=env)) as program:
                await put(program, "hours", TEXT)
                assert (await ask(program, QUESTION))["found"]
            assert smith.seen == b""

        async with rag(Around(db, search, offline, env=on)) as program:
            assert (await ask(program, QUESTION))["found"]
            async with asyncio.timeout(20):
                await smith.arrived.wait()

    assert b"ai-nutrition-restaurant" in smith.seen
    assert b"lsv2_key" in smith.seen
