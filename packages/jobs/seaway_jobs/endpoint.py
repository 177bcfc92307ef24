"""Answers health checks and shows metrics over HTTP, for this machine or its network only."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

Answer = tuple[int, str]
Page = Callable[[], Awaitable[Answer]]

LONGEST_REQUEST = 8_192
PATIENCE_SECONDS = 5.0
WORDS = {200: "OK", 404: "Not Found", 503: "Service Unavailable"}


@asynccontextmanager
async def answering(host: str, port: int, pages: Mapping[str, Page]) -> AsyncIterator[None]:
    """Answer GET of the pages for the length of the block."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                await _answer(head, writer, pages)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # nobody is there any more, or it was no request
        finally:
            writer.close()

    server = await asyncio.start_server(answer, host, port, limit=LONGEST_REQUEST)
    async with server:
        yield


async def _answer(head: bytes, writer: asyncio.StreamWriter, pages: Mapping[str, Page]) -> None:
    words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    path = words[1].partition("?")[0] if len(words) > 1 else ""
    page = pages.get(path) if words[0] in {"GET", "HEAD"} else None
    status, text = await page() if page else (404, "not found\n")
    body = text.encode()
    lines = [
        f"HTTP/1.1 {status} {WORDS[status]}",
        "Content-Type: text/plain; version=0.0.4; charset=utf-8",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if words[0] == "HEAD" else body))
    await writer.drain()
