"""Answering: a text as an answer of OpenAI's API, whole or in events."""

import uuid
from collections.abc import AsyncIterator, Callable, Mapping

import orjson

from seaway.ai.models.conversation import Conversation
from seaway.ai.models.tokens import tokens
from seaway.serving.front import Front

Json = Mapping[str, object]


async def send(
    talk: Conversation, model: str, pieces: AsyncIterator[str], reply: Front,
    more: Callable[[], int] = int,
) -> None:  # fmt: skip
    """Send the pieces as they come, or all together.

    `more` says, after the last, how many tokens were asked besides those of texts.
    """
    start: Json = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": 0, "model": model}
    if not talk.stream:
        text = "".join([each async for each in pieces])
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        whole: Json = {
            **start,
            "object": "chat.completion",
            "choices": [choice],
            "usage": _usage(talk, text, more()),
        }
        reply.whole(200, orjson.dumps(whole))
        return
    said: list[str] = []
    async for each in pieces:
        said.append(each)
        event = _event(start, {"content": each})
        if reply.begun:
            reply.piece(event)
        else:
            reply.stream(b"", _event(start, {"role": "assistant", "content": ""}) + event)
        await reply.drained()
    _end(talk, start, ("".join(said), more()), reply)


def _end(talk: Conversation, start: Json, said: tuple[str, int], reply: Front) -> None:
    last = _event(start, {}, "stop")
    if talk.usage_wanted:
        closing: Json = {**start, "object": "chat.completion.chunk", "choices": [],
                   "usage": _usage(talk, *said)}  # fmt: skip
        last += b"data: %s\n\n" % orjson.dumps(closing)
    if not reply.begun:
        reply.stream(b"", _event(start, {"role": "assistant", "content": ""}))
    reply.end(last + b"data: [DONE]\n\n")


def _event(start: Json, delta: Json, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    told = {**start, "object": "chat.completion.chunk", "choices": [choice]}
    return b"data: %s\n\n" % orjson.dumps(told)


def _usage(talk: Conversation, text: str, more: int) -> Json:
    prompt = sum(tokens(each.text) for each in talk.messages) + more
    answer = tokens(text)
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}
