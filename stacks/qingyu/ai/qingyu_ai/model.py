"""Asks a model through the gateway, and gives its answer piece by piece."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import Any

from seaway_service.client import JSON, Call, Client, RefusedError, packed
from seaway_service.errors import UnavailableError

from qingyu_ai.prompts import Message

PART = "the model"


class Model:
    """The models of one gateway."""

    def __init__(self, url: str, key: str, silence: timedelta) -> None:
        self._client = Client(PART, url, silence)
        self._headers = {"authorization": f"Bearer {key}", "content-type": JSON}

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def written(self, model: str, told: Sequence[Message]) -> AsyncGenerator[str]:
        """Yield the answer as it is written.

        Raises:
            RefusedError: the gateway will not.
            UnavailableError: there is none, or it broke off.
        """
        asked = {"model": model, "messages": list(told), "stream": True, "temperature": 0}
        call = Call(
            method="POST", path="/chat/completions", body=packed(asked), headers=self._headers,
            repeatable=False,
        )  # fmt: skip
        async with self._client.stream(call) as pieces, aclosing(events(pieces)) as chunks:
            async for chunk in chunks:
                for choice in chunk.get("choices", ()):
                    if text := choice["delta"].get("content"):
                        yield text
                    if choice.get("finish_reason"):
                        return
        raise UnavailableError(PART)


async def events(pieces: AsyncIterator[bytes]) -> AsyncGenerator[dict[str, Any]]:
    """Yield what each event of the stream says.

    Raises:
        RefusedError: the gateway says that it broke off.
        UnavailableError: it cannot be read.
    """
    async for line in lines(pieces):
        if not line.startswith(b"data:") or line == b"data: [DONE]":
            continue  # an empty line, a comment, or the end that has been said before
        try:
            chunk: dict[str, Any] = json.loads(line.removeprefix(b"data:"))
        except ValueError as error:
            raise UnavailableError(PART) from error
        if wrong := chunk.get("error"):
            raise RefusedError(PART, 502, str(wrong.get("message", "")))
        yield chunk


async def lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield line by line."""
    rest = b""
    async for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line.rstrip(b"\r")
