"""Answering: a text as an answer of OpenAI's API, whole or in events."""

import uuid
from collections.abc import AsyncIterator, Mapping

import orjson

from seaway.ai.models.conversation import Conversation
from seaway.ai.models.tokens import tokens
from seaway.serving.front import Front

Json = Mapping[str, object]


async def send(talk: Conversation, model: str, pieces: AsyncIterator[str], reply: Front) -> None:
    """Send the pieces as they come, or all together."""
    start: Json = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": 0, "model": model}
    if not talk.stream:
        text = "".join([each async for each in pieces])
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        whole: Json = {
            **start,
            "object": "chat.completion",
            "choices": [choice],
            "usage": _usage(talk, text),
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
    _end(talk, start, "".join(said), reply)


def _end(talk: Conversation, start: Json, text: str, reply: Front) -> None:
    last = _event(start, {}, "stop")
    if talk.usage_wanted:
        closing: Json = {**start, "object": "chat.completion.chunk", "choices": [],
                   "usage": _usage(talk, text)}  # fmt: skip
        last += b"data: %s\n\n" % orjson.dumps(closing)
    if not reply.begun:
        reply.stream(b"", _event(start, {"role": "assistant", "content": ""}))
    reply.end(last + b"data: [DONE]\n\n")


def _event(start: Json, delta: Json, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    told = {**start, "object": "chat.completion.chunk", "choices": [choice]}
    return b"data: %s\n\n" % orjson.dumps(told)


def _usage(talk: Conversation, text: str) -> Json:
    prompt, answer = sum(tokens(each.text) for each in talk.messages), tokens(text)
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}
