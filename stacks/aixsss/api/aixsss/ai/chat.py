"""Asks an OpenAI-compatible chat endpoint and passes its answer on while it is being written."""

import asyncio
import contextlib
import json
import re
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

import httpcore2

from aixsss.ai.failures import RefusedError, UnansweredError, Why

CONNECT_SECONDS = 5.0
CONNECT_TRIES = 3
PAUSE_SECONDS = 0.2
LONGEST_TEXT = 200_000
LONGEST_LINE = 1_000_000
LONGEST_ERROR = 20_000
NO_CONNECTION = (httpcore2.ConnectError, httpcore2.ConnectTimeout, httpcore2.PoolTimeout)
SPACE = re.compile(r"\s+")


class Message(TypedDict):
    """One turn of the conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Whom to ask, and the key to be let in with."""

    provider: str
    base_url: str
    name: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked; `key` is the same each time the same thing is asked again."""

    messages: Sequence[Message]
    most_tokens: int
    key: str


class Chat:
    """Connections to providers. Nothing is asked twice that may have been heard.

    A question costs money, so only what surely never left is sent again here: a connection that
    could not be made. Everything else is for the queue to try again, which counts.
    """

    def __init__(self, *, silence_seconds: float) -> None:
        """Make the pool; `silence_seconds` is how long nothing at all may come."""
        self._silence = silence_seconds
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=50, max_keepalive_connections=10, keepalive_expiry=30,
        )  # fmt: skip

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.aclose()

    async def answer(self, model: Model, question: Question) -> AsyncGenerator[str, None]:
        """Yield the answer in pieces, as they come.

        Raises:
            UnansweredError: there is none, or not all of it; another time there may be.
            RefusedError: the provider will not answer this.
        """
        length = 0
        async with self._asked(model, question) as response, aclosing(events(response)) as heard:
            ended = False
            async for event in heard:
                piece, ended = read(event, ended=ended)
                length += len(piece)
                if length > LONGEST_TEXT:
                    raise RefusedError(Why.REFUSED, f"the answer is over {LONGEST_TEXT} characters")
                if piece:
                    yield piece
            if not ended:
                raise UnansweredError(Why.BROKEN_OFF, f"{model.provider} stopped in mid-answer")
            if not length:
                raise UnansweredError(Why.BROKEN_OFF, f"{model.provider} answered nothing")

    @asynccontextmanager
    async def _asked(self, model: Model, question: Question) -> AsyncIterator[httpcore2.Response]:
        name = model.provider
        try:
            async with contextlib.AsyncExitStack() as opened:
                response = await self._connected(opened, model, question)
                await refuse(response, model)
                yield response
        except NO_CONNECTION as error:
            raise UnansweredError(Why.UNREACHABLE, f"{name} cannot be reached") from error
        except httpcore2.TimeoutException as error:
            why = f"{name} said nothing for {self._silence:g} s"
            raise UnansweredError(Why.SILENT, why) from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            raise UnansweredError(Why.BROKEN_OFF, f"{name} broke the connection") from error

    async def _connected(
        self, opened: contextlib.AsyncExitStack, model: Model, question: Question
    ) -> httpcore2.Response:
        for pause in range(1, CONNECT_TRIES):
            try:
                return await opened.enter_async_context(self._sent(model, question))
            except NO_CONNECTION:  # not a byte of the question was sent
                await asyncio.sleep(PAUSE_SECONDS * pause)
        return await opened.enter_async_context(self._sent(model, question))

    def _sent(
        self, model: Model, question: Question
    ) -> contextlib.AbstractAsyncContextManager[httpcore2.Response]:
        headers = {
            "authorization": f"Bearer {model.key}",
            "content-type": "application/json",
            "accept": "text/event-stream",
            # for gateways that remember what they answered; others ignore it
            "idempotency-key": question.key,
        }
        asked = {
            "model": model.name,
            "messages": list(question.messages),
            "max_tokens": question.most_tokens,
            "stream": True,
        }
        wait = self._silence
        return self._pool.stream(
            "POST",
            f"{model.base_url.rstrip('/')}/chat/completions",
            headers=list(headers.items()),
            content=json.dumps(asked, ensure_ascii=False).encode(),
            extensions={
                "timeout": {"connect": CONNECT_SECONDS, "read": wait, "write": wait, "pool": wait}
            },
        )


async def events(response: httpcore2.Response) -> AsyncGenerator[str, None]:
    """Yield the data of each event; cut anywhere, in the middle of a character too."""
    rest = b""
    async for chunk in response.aiter_stream():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].strip().decode("utf-8", "replace")
        if len(rest) > LONGEST_LINE:
            raise UnansweredError(Why.BROKEN_OFF, "what came is no stream of events")


def read(data: str, *, ended: bool) -> tuple[str, bool]:
    """Return the text in one event, and whether the answer has ended by now.

    Raises:
        UnansweredError: it is broken, or an error that came late.
        RefusedError: the filter of the provider stepped in.
    """
    if data == "[DONE]":
        return "", True
    try:
        event: Any = json.loads(data)
        if event.get("error"):
            raise UnansweredError(Why.BROKEN_OFF, short(event["error"].get("message") or "error"))
        if not event.get("choices"):  # the last one may hold the usage alone
            return "", ended
        choice = event["choices"][0]
        finish = choice.get("finish_reason")
        text = (choice.get("delta") or {}).get("content") or ""
    except (ValueError, AttributeError, LookupError, TypeError) as error:
        raise UnansweredError(Why.BROKEN_OFF, "a part of the answer is garbled") from error
    if finish == "content_filter":
        raise RefusedError(Why.FILTERED, "the provider's filter stepped in")
    return str(text), ended or bool(finish)


STATUS = {
    401: Why.KEY_REFUSED,
    402: Why.NO_CREDIT,
    403: Why.KEY_REFUSED,
    404: Why.NO_MODEL,
}
LATER = frozenset({408, 409, 425, 429})
OK, SERVER_ERRORS = 200, 500


async def refuse(response: httpcore2.Response, model: Model) -> None:
    """Raise for every answer that is not a stream."""
    if response.status == OK and b"event-stream" in header(response, b"content-type"):
        return
    said = message(await beginning(response))
    detail = f"{model.provider} answered {response.status}" + (f": {said}" if said else "")
    if response.status == OK:
        raise UnansweredError(Why.BROKEN_OFF, f"{model.provider} did not answer with a stream")
    if response.status in LATER or response.status >= SERVER_ERRORS:
        raise UnansweredError(Why.BUSY, detail, after(response))
    raise RefusedError(STATUS.get(response.status, refused_for(said)), detail)


def refused_for(said: str) -> Why:
    """Tell a filter from all else that a 400 may mean; providers have no code in common."""
    return Why.FILTERED if re.search(r"content.?filter|moderation|sensitive", said) else Why.REFUSED


async def beginning(response: httpcore2.Response) -> bytes:
    """Return the first of what an answer says."""
    content = b""
    async for chunk in response.aiter_stream():
        content += chunk
        if len(content) > LONGEST_ERROR:
            break
    return content


def message(body: bytes) -> str:
    """Return the words in an answer that is an error; a page or noise has none."""
    try:
        error: Any = json.loads(body)["error"]
        return short(error if isinstance(error, str) else error["message"])
    except (ValueError, LookupError, TypeError):
        return ""


def after(response: httpcore2.Response) -> float | None:
    """Return how many seconds to wait, where the provider says so."""
    told = header(response, b"retry-after").decode("latin-1")
    return float(told) if re.fullmatch(r"\d{1,5}(\.\d{1,6})?", told) else None


def header(response: httpcore2.Response, name: bytes) -> bytes:
    """Return a header, or nothing."""
    return next((value for key, value in response.headers if key.lower() == name), b"")


def short(text: object) -> str:
    """Return the text on one line; what a provider says may be a page long."""
    return SPACE.sub(" ", str(text)).strip()[:300]
