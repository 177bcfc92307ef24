"""Conversation: a chat request, checked and understood."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from seaway.ai.simulator.pictures import NotAPicture, described
from seaway.ai.simulator.refusal import Refusal
from seaway.ai.simulator.sounds import NotASound, heard
from seaway.ai.simulator.words import tokens

Raw = Any
_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
_PER_MESSAGE = 4


class Function(msgspec.Struct):
    """What a tool is called and takes."""

    name: str
    parameters: dict[str, Raw] | None = None


class Tool(msgspec.Struct):
    """Of the one type there is."""

    function: Function


class Message(msgspec.Struct):
    """One of a conversation."""

    role: str
    content: str | list[dict[str, Raw]] | None = None
    tool_calls: list[Raw] | None = None


class Body(msgspec.Struct):
    """The fields of a chat request that are acted on; others are let pass."""

    model: str
    messages: list[Message]
    stream: bool | None = None
    stream_options: dict[str, Raw] | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    n: int | None = None
    tools: list[Tool] | None = None
    tool_choice: Raw = None
    response_format: dict[str, Raw] | None = None


@dataclass(slots=True, kw_only=True)
class Conversation:
    """What was said, and how it is to be answered."""

    model: str
    texts: list[str] = field(default_factory=list[str])
    """Of the messages with text, in order."""
    roles: list[str] = field(default_factory=list[str])
    pictures: list[str] = field(default_factory=list[str])
    """Descriptions."""
    sounds: list[str] = field(default_factory=list[str])
    """What is said in them."""
    other_tokens: int = 0
    """Of pictures and sounds."""
    stream: bool = False
    usage_wanted: bool = False
    most: int = 0
    """Tokens of the answer at most; 0 for as many as there are."""
    body: Body

    @property
    def question(self) -> str:
        """The last text."""
        return self.texts[-1] if self.texts else ""

    @property
    def prompt_tokens(self) -> int:
        """As they are charged."""
        said = sum(len(tokens(each)) for each in self.texts)
        return said + self.other_tokens + _PER_MESSAGE * len(self.roles)


def conversation(data: bytes) -> Conversation:
    """Read a request.

    Raises:
        Refusal: 400, with what is wrong.
    """
    try:
        body = msgspec.json.decode(data, type=Body)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Refusal(400, f"We could not parse the body of your request: {error}") from error
    if not body.messages:
        raise Refusal(400, "'messages' must have at least one message.", param="messages")
    if body.n not in {None, 1}:
        raise Refusal(400, "Only n=1 is supported.", "unsupported_value", "n")
    options = body.stream_options or {}
    found = Conversation(
        model=body.model, stream=bool(body.stream), usage_wanted=bool(options.get("include_usage")),
        most=body.max_completion_tokens or body.max_tokens or 0, body=body,
    )  # fmt: skip
    for number, message in enumerate(body.messages):
        _add(found, number, message)
    return found


def _add(found: Conversation, number: int, message: Message) -> None:
    role, content = message.role, message.content
    if role not in _ROLES:
        raise Refusal(400, f"Invalid value: {role!r}.", "invalid_value", f"messages[{number}].role")
    found.roles.append(role)
    if isinstance(content, str):
        found.texts.append(content)
    elif isinstance(content, list):
        for part in content:
            _part(found, number, part)
    elif not (content is None and message.tool_calls):
        raise Refusal(400, f"Invalid content of message {number}.", param=f"messages[{number}]")


def _part(found: Conversation, number: int, part: Raw) -> None:
    at = f"messages[{number}].content"
    match part:
        case {"type": "text", "text": str(text)}:
            found.texts.append(text)
        case {"type": "image_url", "image_url": {"url": str(url)}}:
            try:
                shown, count = described(url)
            except NotAPicture as error:
                raise Refusal(400, f"Not a picture: {error}", "invalid_image", at) from error
            found.pictures.append(shown)
            found.other_tokens += count
        case {"type": "input_audio", "input_audio": {"data": str(data), "format": str(form)}}:
            try:
                said, count = heard(data, form)
            except NotASound as error:
                raise Refusal(400, f"Not a recording: {error}", "invalid_audio", at) from error
            found.sounds.append(said)
            found.other_tokens += count
        case _:
            raise Refusal(400, "A part of the content is not supported.", "invalid_value", at)
