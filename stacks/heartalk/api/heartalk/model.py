"""Asks models through the gateway: one JSON answer, or a stream of pieces."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
import msgspec
from msgspec import Struct, field

from heartalk.metrics import PROVIDER
from heartalk.problems import Problem, request_id
from heartalk.routing import Turn

CONNECT_SECONDS = 5.0
MOST_TOKENS = 1024
SICK_AFTER = 3
"""Calls that failed in a row."""
SICK_FOR = 30.0
"""Seconds after the last of them; without calls nobody knows any better."""


class Message(Struct, frozen=True):
    """What a model says, whole or a piece of it."""

    content: str | None = None
    reasoning_content: str | None = None


class Choice(Struct, frozen=True):
    """One of the answers; a whole one has a message, a piece has a delta."""

    message: Message = field(default_factory=Message)
    delta: Message = field(default_factory=Message)
    finish_reason: str | None = None


class Said(Struct, frozen=True):
    """One answer, or one event of a stream."""

    choices: list[Choice] = field(default_factory=list[Choice])
    model: str = ""
    error: dict[str, object] | None = None


SAID = msgspec.json.Decoder(Said)


class Models:
    """The connections to the gateway, which retries and falls back; here nothing is sent twice."""

    def __init__(self, base_url: str, key: str, seconds: float) -> None:
        self._url = base_url.rstrip("/")
        self._failed, self._failed_at = 0, 0.0
        self._session = aiohttp.ClientSession(
            headers={"authorization": f"Bearer {key}", "content-type": "application/json"},
            timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS),
            connector=aiohttp.TCPConnector(limit=200, keepalive_timeout=30),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def answer(self, model: str, turns: Sequence[Turn]) -> Message:
        """The whole answer.

        Raises:
            Problem: 502 or 504; there is none now.
        """
        async with self._asked(model, turns, stream=False) as response:
            said = _said(await response.read())
        if not said.choices or not said.choices[0].message.content:
            raise self._broken(model)
        self._answered(model)
        return said.choices[0].message

    async def pieces(self, model: str, turns: Sequence[Turn]) -> AsyncIterator[Message]:
        """The answer while it is written.

        Raises:
            Problem: it did not come to its end.
        """
        ended = False
        async with self._asked(model, turns, stream=True) as response:
            async for line in response.content:
                if not line.startswith(b"data:"):
                    continue
                data = line[5:].strip()
                if data == b"[DONE]":
                    ended = True
                    break
                said = _said(data)
                if said.error:
                    break
                for choice in said.choices[:1]:
                    ended = ended or choice.finish_reason is not None
                    yield choice.delta
        if not ended:
            raise self._broken(model)
        self._answered(model)

    async def check(self) -> None:
        """Raises Problem or an error of the client when no answers can be had just now."""
        if self._failed >= SICK_AFTER and time.monotonic() - self._failed_at < SICK_FOR:
            raise Problem(502, "provider", f"{self._failed} calls in a row failed")
        async with self._session.get(
            f"{self._url}/models", timeout=aiohttp.ClientTimeout(total=2)
        ) as response:
            if response.status != 200:
                raise Problem(502, "provider", f"the gateway answered {response.status}")

    @asynccontextmanager
    async def _asked(
        self, model: str, turns: Sequence[Turn], *, stream: bool
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        asked = {"model": model, "messages": turns, "max_tokens": MOST_TOKENS, "stream": stream}
        try:
            async with self._session.post(
                f"{self._url}/chat/completions", data=msgspec.json.encode(asked),
                headers={"x-request-id": request_id.get()},
            ) as response:  # fmt: skip
                if response.status != 200:
                    raise self._refused(model, response)
                yield response
        except TimeoutError as error:
            self._missed(model, "timeout")
            raise Problem(504, "provider_timeout", "the model took too long", 2) from error
        except (aiohttp.ClientError, OSError) as error:
            raise self._broken(model) from error

    def _answered(self, model: str) -> None:
        PROVIDER.labels(model, "ok").inc()
        self._failed = 0

    def _missed(self, model: str, outcome: str) -> None:
        PROVIDER.labels(model, outcome).inc()
        self._failed += 1
        self._failed_at = time.monotonic()

    def _refused(self, model: str, response: aiohttp.ClientResponse) -> Problem:
        self._missed(model, str(response.status))
        after = response.headers.get("retry-after", "")
        wait = min(int(after), 60) if after.isdigit() else 2
        if response.status == 429:
            return Problem(503, "provider_busy", "the model has too much to do", wait)
        return Problem(502, "provider", f"the model answered {response.status}", wait)

    def _broken(self, model: str) -> Problem:
        self._missed(model, "broken")
        return Problem(502, "provider", "the model broke off", 2)


def _said(data: bytes) -> Said:
    try:
        return SAID.decode(data)
    except msgspec.DecodeError as error:
        raise Problem(502, "provider", "the model's answer is garbled", 2) from error
