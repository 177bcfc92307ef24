"""Conversation: a chat request, checked and understood."""

from typing import Any

import msgspec

from seaway.serving.refusal import Refusal

_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})
Part = dict[str, Any]


class Message(msgspec.Struct):
    """One of a conversation."""

    role: str
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """Of all its parts of text."""
        if isinstance(self.content, str):
            return self.content
        parts = self.content or []
        return "\n".join(str(each.get("text", "")) for each in parts if each.get("type") == "text")

    @property
    def picture(self) -> str:
        """The address of its last picture."""
        parts = self.content if isinstance(self.content, list) else []
        for each in reversed(parts):
            match each:
                case {"type": "image_url", "image_url": {"url": str(url)} | str(url)}:
                    return url
                case _:
                    continue
        return ""

    @property
    def sound(self) -> str:
        """Its last recording, in base64."""
        parts = self.content if isinstance(self.content, list) else []
        for each in reversed(parts):
            match each:
                case {"type": "input_audio", "input_audio": {"data": str(data)}}:
                    return data
                case _:
                    continue
        return ""


class Conversation(msgspec.Struct):
    """The fields of a chat request that are acted on; others are let pass."""

    model: str
    messages: list[Message]
    stream: bool = False
    stream_options: dict[str, Any] | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    language: str = ""
    """Of a recording; not of OpenAI's."""

    def check(self) -> None:
        """Let only what can be answered pass.

        Raises:
            Refusal: 400, with what is wrong.
        """
        if not self.messages:
            raise Refusal(400, "invalid_request", "'messages' must have at least one message.")
        unknown = {each.role for each in self.messages} - _ROLES
        if unknown:
            raise Refusal(400, "invalid_value", f"Unknown role: {', '.join(sorted(unknown))}.")

    @property
    def question(self) -> str:
        """What was said last by the user."""
        said = (each.text for each in reversed(self.messages) if each.role == "user")
        return next((each for each in said if each.strip()), "")

    @property
    def rules(self) -> str:
        """What the application told the model."""
        kinds = ("system", "developer")
        return "\n".join(each.text for each in self.messages if each.role in kinds)

    @property
    def picture(self) -> str:
        """The last picture, as it was given."""
        shown = (each.picture for each in reversed(self.messages))
        return next((each for each in shown if each), "")

    @property
    def sound(self) -> str:
        """The last recording, as it was given."""
        sent = (each.sound for each in reversed(self.messages))
        return next((each for each in sent if each), "")

    def forget(self) -> None:
        """Recordings, which are large; texts are still counted."""
        for each in self.messages:
            if isinstance(each.content, list):
                each.content = [part for part in each.content if part.get("type") == "text"]

    @property
    def usage_wanted(self) -> bool:
        """At the end of a stream."""
        return bool((self.stream_options or {}).get("include_usage"))

    @property
    def most(self) -> int:
        """Tokens of the answer at most; 0 for as many as there are."""
        return self.max_completion_tokens or self.max_tokens or 0
