"""Asks models behind one OpenAI-compatible address: what is said, and what it comes to."""

import base64
from datetime import timedelta

from seaway_service.client import JSON, Call, Client, packed

from lulab.shared_settings import Shared

PART = "the model"
SUMMARY_TOKENS, TRANSCRIPT_TOKENS = 800, 16_000
"""Most that a model may write."""
LONGEST_TRANSCRIPT = 60_000
"""Characters that fit into what models read at once."""
INSTRUCTION = (
    "你是会议秘书。请用会议的语言写一份简短的纪要：结论、待办（谁、做什么、何时）。只写会上说过的内容。"
    " You take the minutes. Write a short summary in the language of the meeting:"
    " decisions, and who does what by when. Only what was said."
)
HEAR = "请逐字写下录音内容。Write down word for word what is said."
FORMATS = {"audio/wav": "wav", "audio/mpeg": "mp3", "audio/mp4": "m4a", "video/mp4": "mp4"}
LARGEST = 20 * 1024 * 1024
"""Bytes of a recording that one request may carry, by OpenAI's own limit."""


class Model:
    """One address, one key."""

    def __init__(self, settings: Shared) -> None:
        self._settings = settings
        patience = timedelta(seconds=settings.OPENAI_TIMEOUT)
        self._client = Client(PART, settings.OPENAI_BASE_URL, patience, retries=2)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def heard(self, content: bytes, media_type: str) -> str:
        """Return what is said in a recording.

        Raises:
            RefusedError, UnavailableError: the model has not heard it.
        """
        sound = {"data": base64.b64encode(content).decode(), "format": FORMATS[media_type]}
        parts = [{"type": "text", "text": HEAR}, {"type": "input_audio", "input_audio": sound}]
        messages: list[dict[str, object]] = [{"role": "user", "content": parts}]
        return await self._asked(self._settings.SPEECH_MODEL, messages, TRANSCRIPT_TOKENS)

    async def summed_up(self, transcript: str) -> str:
        """Return the transcript in short.

        Raises:
            RefusedError, UnavailableError: the model has not answered.
        """
        messages: list[dict[str, object]] = [
            {"role": "system", "content": INSTRUCTION},
            {"role": "user", "content": transcript[:LONGEST_TRANSCRIPT]},
        ]
        return await self._asked(self._settings.SUMMARY_MODEL, messages, SUMMARY_TOKENS)

    async def _asked(self, model: str, messages: list[dict[str, object]], most: int) -> str:
        told = self._settings
        headers = {"content-type": JSON, "authorization": f"Bearer {told.OPENAI_API_KEY}"}
        if told.OPENAI_ORG_ID:
            headers["openai-organization"] = told.OPENAI_ORG_ID
        asked = {"model": model, "messages": messages, "max_tokens": most}
        call = Call(method="POST", path="/chat/completions", headers=headers, body=packed(asked))
        answer = await self._client.json(call)
        return str(answer["choices"][0]["message"]["content"]).strip()
