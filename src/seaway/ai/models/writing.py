"""Writing: English text by SmolLM2, a language model of 135 million numbers."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportAttributeAccessIssue=false
# xllamacpp has no types; what is asked and what comes back is JSON.

import asyncio
import secrets
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import xllamacpp  # type: ignore[import-untyped]  # see above

from seaway.ai.models.conversation import Conversation
from seaway.ai.models.lane import Lane
from seaway.serving.refusal import Refusal

CONTEXT = 4096
"""Tokens of question and answer together."""
ANSWER = 512
"""Tokens, where the request does not say."""
_HELPFUL = {"role": "system", "content": "You are a helpful assistant."}
"""Without any rules it answers like a page from the web."""
_PENALTY = 1.1
"""Of repeating itself: without one so small a model gets caught in a circle."""
Part = dict[str, Any]


class Writer:
    """One answer at a time, on one thread: on a busy machine two hinder each other."""

    def __init__(self, weights: Path) -> None:
        told = xllamacpp.CommonParams()
        told.model.path = str(weights)
        told.cpuparams.n_threads = told.cpuparams_batch.n_threads = 1
        told.n_ctx, told.n_parallel, told.verbosity = CONTEXT, 1, -1
        # It also listens on a port of this machine: nobody knows the key, and nothing is shown.
        told.api_keys = [secrets.token_hex(32)]
        told.cors_origins = "http://127.0.0.1"
        told.ui = told.endpoint_slots = told.endpoint_props = False
        self._model = xllamacpp.Server(told)

    async def pieces(self, talk: Conversation, lane: Lane) -> AsyncIterator[str]:
        """The answer as it is written; ends soon when nobody reads any more.

        Raises:
            Refusal: it is too long, or there are too many questions.
        """
        loop, over = asyncio.get_running_loop(), threading.Event()
        said: asyncio.Queue[Part | None] = asyncio.Queue()

        def take(part: Part) -> bool:
            loop.call_soon_threadsafe(said.put_nowait, part)
            return over.is_set()

        def work() -> None:
            try:
                told = self._model.handle_chat_completions(self._asked(talk), take)
                if isinstance(told, dict):
                    take(told)
            finally:
                loop.call_soon_threadsafe(said.put_nowait, None)

        working = asyncio.ensure_future(lane.run(work))
        working.add_done_callback(lambda _: said.put_nowait(None))
        try:
            while (part := await said.get()) is not None:
                if text := _text(part):
                    yield text
            await working
        finally:
            over.set()
            working.cancel()

    @staticmethod
    def _asked(talk: Conversation) -> Part:
        messages = [{"role": each.role, "content": each.text} for each in talk.messages]
        if not talk.rules:
            messages.insert(0, _HELPFUL)
        return {
            "messages": messages, "stream": True, "max_tokens": min(talk.most or ANSWER, CONTEXT),
            "temperature": talk.temperature or 0.0, "repeat_penalty": _PENALTY, "seed": 1,
        }  # fmt: skip


def _text(part: Part) -> str:
    if "error" in part or "code" in part:
        raise Refusal(
            400, "context_length_exceeded", "The conversation is too long for this model."
        )
    choices: list[Part] = part.get("choices") or []
    content = choices[0].get("delta", {}).get("content") if choices else None
    return str(content or "")
