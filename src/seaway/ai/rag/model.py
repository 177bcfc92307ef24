"""Model: answers as a stream, asked of the gateway over HTTP."""

# pyright: reportUnknownVariableType=false
# LangSmith leaves type arguments of its own open.

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

import httpx2
import msgspec
from langsmith import traceable

from seaway.serving.refusal import Refusal

WITHIN = httpx2.Timeout(60.0, connect=3.0)
"""Seconds between two pieces; the gateway has limits of its own, and they are shorter."""
Message = dict[str, str]


class _Delta(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    delta: _Delta = msgspec.field(default_factory=_Delta)
    finish_reason: str | None = None


class _Error(msgspec.Struct):
    message: str = ""


class _Chunk(msgspec.Struct):
    choices: list[_Choice] = []
    error: _Error | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """Of an answer."""

    text: str
    last: str = ""
    """Why it ends here, in the last piece: `stop`, or `length` when it is not complete."""


class Model:
    """One model of a gateway."""

    def __init__(self, url: str, key: str, name: str) -> None:
        self.name = name
        self._http = httpx2.AsyncClient(
            base_url=url, headers={"authorization": f"Bearer {key}"}, timeout=WITHIN,
            trust_env=False,
        )  # fmt: skip
        self.written = traceable(run_type="llm", name=name, reduce_fn=_joined)(self._written)
        """The answer piece by piece; seen by the tracing, where it is on.

        Raises:
            Refusal: there is no answer, or it broke off.
        """

    async def close(self) -> None:
        """End its connections."""
        await self._http.aclose()

    async def _written(self, messages: Sequence[Message]) -> AsyncGenerator[Piece]:
        asked = {"model": self.name, "messages": list(messages), "stream": True,
                 "temperature": 0}  # fmt: skip
        try:
            async with self._http.stream("POST", "/chat/completions", json=asked) as answer:
                if not answer.is_success:
                    raise _refused(answer.status_code, await answer.aread())
                async with aclosing(_pieces(answer)) as pieces:
                    async for piece in pieces:
                        yield piece
                        if piece.last:
                            return
        except httpx2.ConnectError as error:
            message = "The model does not answer."
            raise Refusal(503, "model_gone", message, after=2) from error
        except httpx2.HTTPError as error:
            raise _interrupted(type(error).__name__) from error
        raise _interrupted("it has no end")


async def _pieces(answer: httpx2.Response) -> AsyncGenerator[Piece]:
    async for line in answer.aiter_lines():
        data = line.removeprefix("data:").strip()
        if data == line.strip() or data == "[DONE]":
            continue  # an empty line, a comment, or the end that has been said before
        try:
            chunk = msgspec.json.decode(data, type=_Chunk)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise _interrupted("it cannot be read") from error
        if chunk.error is not None:
            raise _interrupted(chunk.error.message)
        for choice in chunk.choices:
            yield Piece(choice.delta.content or "", choice.finish_reason or "")


def _refused(status: int, body: bytes) -> Refusal:
    busy = status in {429, 503}
    message = f"The model refuses: {body[:300].decode(errors='replace')}"
    return Refusal(503 if busy else 502, "model_failed", message, after=2 if busy else 0)


def _interrupted(why: str) -> Refusal:
    return Refusal(502, "stream_interrupted", f"The answer broke off: {why}.")


def _joined(pieces: Sequence[Piece]) -> str:
    return "".join(each.text for each in pieces)
