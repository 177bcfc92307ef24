"""A provider whose streams come back to back, as fast as one processor can write them.

    python bench/provider.py PORT

Each request gets the same 50 tokens, each in an event of its own and in a write of its own, as a
provider's own server sends them; then the usage and the end. Nothing is waited for between them.
"""

import asyncio
import json
import os
import sys
from itertools import accumulate

import httptools
import uvloop

TOKENS = 50
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def event(choices: list[dict[str, object]], **more: object) -> bytes:
    """One event in the form of a chat answer, as one piece of a body."""
    told = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "chat",
            "choices": choices, **more}  # fmt: skip
    text = f"data: {json.dumps(told, separators=(',', ':'))}\n\n".encode()
    return b"%x\r\n%s\r\n" % (len(text), text)


def answer() -> list[bytes]:
    """What is written, in order."""
    words: list[dict[str, object]] = [{"content": f" word{number}"} for number in range(TOKENS)]
    first, *pieces = [event([{"index": 0, "delta": each, "finish_reason": None}]) for each in words]
    usage = {"prompt_tokens": 20, "completion_tokens": TOKENS, "total_tokens": 20 + TOKENS}
    end = event([{"index": 0, "delta": {}, "finish_reason": "stop"}]) + event([], usage=usage)
    return [_HEAD + first, *pieces, end + b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"]


ANSWER = answer()
WHOLE = b"".join(ANSWER)
ENDS = tuple(accumulate(map(len, ANSWER)))


class Quick(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]  # by its methods
        self._socket = transport.get_extra_info("socket").fileno()
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        for piece, end in zip(ANSWER, ENDS, strict=True):
            try:  # past the transport, which would gather them in one write
                sent = os.write(self._socket, piece)
            except BlockingIOError:
                sent = 0
            if sent < len(piece):
                self._transport.write(WHOLE[end - len(piece) + sent :])
                return


async def serve(port: int) -> None:
    """Answer for ever."""
    server = await asyncio.get_running_loop().create_server(Quick, "127.0.0.1", port, backlog=512)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
