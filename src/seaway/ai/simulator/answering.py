"""Answering: what a conversation is answered with, in pieces or whole."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import orjson

from seaway.ai.simulator.conversation import Conversation, Function
from seaway.ai.simulator.shapes import fitting
from seaway.ai.simulator.words import answer, chance, chinese, thoughts, tokens

Raw = dict[str, Any]
CREATED = 1_767_225_600
"""2026-01-01: answers are the same at any time."""
_SHORTEST_HINT = 4
"""Letters of a word by which the name of a tool is recognised in a question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The same for the same question."""

    id: str
    model: str
    pieces: tuple[str, ...] = ()
    thoughts: tuple[str, ...] = ()
    call: Raw | None = None
    """A call of a tool, instead of text."""
    finish: str = "stop"
    usage: Raw

    @property
    def whole(self) -> Raw:
        """For a request without `stream`."""
        message: Raw = {"role": "assistant", "content": "".join(self.pieces), "refusal": None}
        if self.thoughts:
            message["reasoning_content"] = "".join(self.thoughts)
        if self.call:
            message |= {"content": None, "tool_calls": [self.call]}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish}
        return {"id": self.id, "object": "chat.completion", "created": CREATED,
                "model": self.model, "choices": [choice], "usage": self.usage,
                "system_fingerprint": "fp_simulator"}  # fmt: skip

    def streamed(self, *, usage_wanted: bool) -> Iterator[Raw]:
        """For a request with `stream`, but for the end mark."""
        head: Raw = {"id": self.id, "object": "chat.completion.chunk", "created": CREATED,
                     "model": self.model, "system_fingerprint": "fp_simulator"}  # fmt: skip
        if usage_wanted:
            head["usage"] = None
        for delta in self._deltas():
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}
            yield {**head, "choices": [choice]}
        yield {**head, "choices": [
            {"index": 0, "delta": {}, "logprobs": None, "finish_reason": self.finish}
        ]}  # fmt: skip
        if usage_wanted:
            yield {**head, "choices": [], "usage": self.usage}

    def _deltas(self) -> Iterator[Raw]:
        yield {"role": "assistant", "content": None if self.call else ""}
        for piece in self.thoughts:
            yield {"content": None, "reasoning_content": piece}
        if self.call is None:
            yield from ({"content": piece} for piece in self.pieces)
            return
        said = self.call["function"]
        yield {"tool_calls": [{"index": 0, **self.call, "function": {**said, "arguments": ""}}]}
        for piece in tokens(said["arguments"]):
            yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}


def answered(asked: Conversation, seed: int) -> Answer:
    """The answer to a conversation."""
    call = _call(asked, seed)
    text = "" if call else _text(asked, seed)
    thought = tokens(thoughts(asked.texts)) if "reason" in asked.model else []
    pieces = tokens(text)
    if asked.roles[-1] == "assistant":  # a beginning that is to be continued
        begun = asked.question
        pieces = tokens(text.removeprefix(begun))
    cut = bool(asked.most) and len(pieces) > asked.most
    pieces = pieces[: asked.most] if cut else pieces
    counted = len(tokens(call["function"]["arguments"])) + 8 if call else len(pieces)
    return Answer(
        id=_id(asked, seed), model=asked.model, pieces=tuple(pieces), thoughts=tuple(thought),
        call=call, finish="tool_calls" if call else "length" if cut else "stop",
        usage=_usage(asked.prompt_tokens, counted, len(thought)),
    )  # fmt: skip


def _usage(prompt: int, said: int, thought: int) -> Raw:
    return {
        "prompt_tokens": prompt, "completion_tokens": said + thought,
        "total_tokens": prompt + said + thought,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": thought},
    }  # fmt: skip


def _id(asked: Conversation, seed: int) -> str:
    said = msgspec.json.encode([seed, asked.model, asked.body.messages])
    return f"chatcmpl-{hashlib.sha256(said).hexdigest()[:24]}"


def _text(asked: Conversation, seed: int) -> str:
    if asked.sounds:  # whatever else is asked: a recording is written down
        return "\n".join(asked.sounds)
    talk = asked.texts[:-1] if asked.roles[-1] == "assistant" else asked.texts
    wanted = asked.body.response_format or {}
    match wanted.get("type"):
        case "json_schema":
            schema = wanted.get("json_schema", {}).get("schema")
        case "json_object":
            return orjson.dumps({"answer": answer(seed, talk, asked.pictures)}).decode()
        case _:
            return answer(seed, talk, asked.pictures)
    value = fitting(schema, chance(seed, *talk), chinese=chinese(talk[-1] if talk else ""))
    return orjson.dumps(value).decode()


def _call(asked: Conversation, seed: int) -> Raw | None:
    """Of the tool that is asked for by the request, or whose name occurs in the question."""
    functions = [each.function for each in asked.body.tools or ()]
    match asked.body.tool_choice:
        case "none":
            return None
        case "required":
            chosen = functions[:1]
        case {"function": {"name": str(name)}}:
            chosen = [each for each in functions if each.name == name]
        case _:
            fits = asked.roles[-1] == "user"
            chosen = [each for each in functions if fits and _hinted(each, asked.question)]
    if not chosen:
        return None
    tool = chosen[0]
    luck = chance(seed, *asked.texts, tool.name)
    value = fitting(tool.parameters, luck, chinese=chinese(asked.question))
    function = {"name": tool.name, "arguments": orjson.dumps(value).decode()}
    return {"id": f"call_{luck.getrandbits(96):024x}", "type": "function", "function": function}


def _hinted(tool: Function, question: str) -> bool:
    words = tool.name.lower().replace("-", "_").split("_")
    said = question.lower()
    return any(len(each) >= _SHORTEST_HINT and each in said for each in words)
