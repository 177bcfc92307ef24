"""Events: a stream of server-sent events, cut at its seams and understood as far as needed."""

from dataclasses import dataclass, field

import msgspec
import orjson

DONE = b"data: [DONE]\n\n"
_CONTENT, _SPACED = b'"content":"', b'"content": "'
_LARGEST = 2**20
"""Bytes of one event."""


class Usage(msgspec.Struct):
    """As the provider charges."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


class Delta(msgspec.Struct):
    """What one event adds."""

    content: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[msgspec.Raw] | None = None


class Choice(msgspec.Struct):
    """One of the answers; there is one as a rule."""

    delta: Delta | None = None
    finish_reason: str | None = None


class Chunk(msgspec.Struct):
    """The fields of an event that decide something."""

    choices: list[Choice] | None = None
    usage: Usage | None = None
    model: str = ""
    error: dict[str, msgspec.Raw] | str | None = None


class Malformed(Exception):  # noqa: N818 -- said as it is
    """What came is no stream of chat events."""


class Stopped(Exception):  # noqa: N818 -- said as it is
    """The provider itself says in its stream that it cannot go on."""


_decode = msgspec.json.Decoder(Chunk).decode


@dataclass(slots=True)
class Events:
    """Reads one stream; `feed` gives what may be sent on."""

    hide_reasoning: bool
    usage_wanted: bool
    usage: Usage | None = None
    model: str = ""
    begun: bool = False
    """Whether a token has come."""
    answering: bool = False
    """Whether a token of the answer itself has come, not of the reasoning."""
    reasoned: bool = False
    finished: bool = False
    done: bool = False
    count: int = 0
    """Events with a token."""
    _rest: bytes = b""
    _before: bytes = b""
    _after: bytes = b""
    """What stands around the word in the last event, with the empty line at its end."""
    _seam: bytes = b""
    """What stands between two such words; empty where the last event was not of that form."""
    _held: list[bytes] = field(default_factory=list[bytes])

    def feed(self, data: bytes) -> bytes:
        """Whole events only; none before the first with a token, for it may yet come from another.

        Raises:
            Malformed: an event cannot be read.
            Stopped: an event is an error.
        """
        if self._rest:
            data = self._rest + data
        elif self._seam and self._only_alike(data):
            return data  # as nearly always
        return self._cut(data.replace(b"\r\n", b"\n") if b"\r" in data else data)

    def _cut(self, data: bytes) -> bytes:
        """The events that are whole; the rest waits."""
        held, begin, odd = self._held, 0, False
        while (end := data.find(b"\n\n", begin)) >= 0:
            if self._seam and not odd and data.startswith(self._before, begin):
                if alike := self._alike(data, begin):
                    held.append(data[begin:alike])
                    begin = alike
                    continue
                odd = True  # it is not tried again for each of many events
            if kept := self._take(data[begin:end]):
                held.append(kept + b"\n\n")
            begin = end + 2
        self._rest = data[begin:]
        if len(self._rest) > _LARGEST:
            raise Malformed
        if not self.begun or not held:
            return b""
        self._held = []
        return b"".join(held)

    def _only_alike(self, data: bytes) -> bool:
        """Whether it is the last event again, or several of them, with other words."""
        before, after = self._before, self._after
        if not (data.startswith(before) and data.endswith(after)):
            return False
        word = data[len(before) : len(data) - len(after)]
        if b'"' in word:
            return self._alike(data, 0) > 0
        if not word or b"\\" in word or not _printable(word):
            return False
        self.count += 1
        return True

    def _alike(self, data: bytes, begin: int) -> int:
        """Where the events end that are an earlier one again, with other words in it; 0 for none.

        They need not be read: the words have no quote, no backslash and nothing that JSON forbids,
        so each is a string that ends where the first did.
        """
        after = self._after
        end = data.rfind(after, begin)
        words = data[begin + len(self._before) : end].split(self._seam)
        text = b" ".join(words)
        if end < 0 or b"" in words or b'"' in text or b"\\" in text or not _printable(text):
            return 0
        self.count += len(words)
        return end + len(after)

    def end(self) -> bytes:
        """At the end of the body: what is still to be sent.

        Raises:
            Malformed: the answer has no end.
        """
        rest = self.feed(b"\n\n") if self._rest.strip() else b""
        if not self.finished:
            raise Malformed
        return rest + b"".join(self._held) + DONE

    def _take(self, event: bytes) -> bytes:
        """What is kept of an event: all of it, as a rule."""
        if not event.startswith(b"data: ") or b"\n" in event:
            event = _plain(event)
        data = event[6:]
        try:
            chunk = _decode(data)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
            if data and data != b"[DONE]":
                raise Malformed from error
            self.done = self.done or bool(data)
            return b""
        if chunk.error is not None:
            raise Stopped(msgspec.json.encode(chunk.error).decode(errors="replace")[:500])
        self._understand(chunk)
        if not (self._seam and event.startswith(self._before)):
            self._learn(event, chunk)
        if chunk.usage and not chunk.choices and not self.usage_wanted:
            return b""
        if self.hide_reasoning and b'"reasoning_content"' in data:
            return _without_reasoning(data)
        return event

    def _learn(self, event: bytes, chunk: Chunk) -> None:
        """What stands around the word of an event that only adds a word of the answer."""
        word = _word(chunk)
        if not word or (self.hide_reasoning and b'"reasoning_content"' in event):
            return
        spelling = _CONTENT if _CONTENT in event else _SPACED
        before, content, rest = event.partition(spelling)
        said, quote, after = rest.partition(b'"')
        if said == word.encode():
            self._before, self._after = before + content, quote + after + b"\n\n"
            self._seam = self._after + self._before

    def _understand(self, chunk: Chunk) -> None:
        self.usage, self.model = chunk.usage or self.usage, self.model or chunk.model
        for choice in chunk.choices or ():
            delta = choice.delta
            if delta is not None and (delta.content or delta.tool_calls is not None):
                self.begun = self.answering = True
                self.count += 1
            elif delta is not None and delta.reasoning_content:
                self.begun = self.reasoned = True
                self.count += 1
            if choice.finish_reason:
                self.begun = self.finished = True


def _word(chunk: Chunk) -> str:
    """What an event adds, where it adds only that."""
    choices = chunk.choices
    if not choices or len(choices) > 1 or chunk.usage is not None:
        return ""
    delta = choices[0].delta
    if delta is None or choices[0].finish_reason is not None or delta.tool_calls is not None:
        return ""
    return "" if delta.reasoning_content is not None else delta.content or ""


def _printable(text: bytes) -> bool:
    try:
        return text.decode().isprintable()
    except UnicodeDecodeError:
        return False


def _plain(event: bytes) -> bytes:
    """In one line; empty data for a comment, which keeps the connection."""
    lines = [line[5:].strip() for line in event.split(b"\n") if line.startswith(b"data:")]
    return b"data: " + b"\n".join(lines)


def _without_reasoning(data: bytes) -> bytes:
    """The event without it; nothing where nothing else is in it."""
    event = orjson.loads(data)
    kept = False
    for choice in event.get("choices", ()):
        delta: dict[str, object] = choice.get("delta") or {}
        delta.pop("reasoning_content", None)
        kept = kept or any(value is not None for value in delta.values())
        kept = kept or choice.get("finish_reason") is not None
    return b"data: " + orjson.dumps(event) if kept or event.get("usage") else b""


class Message(msgspec.Struct):
    """Of an answer that is not streamed."""

    reasoning_content: str | None = None


class WholeChoice(msgspec.Struct):
    """Likewise."""

    message: Message = msgspec.field(default_factory=Message)


class Whole(msgspec.Struct):
    """The fields of a whole answer that decide something."""

    model: str = ""
    usage: Usage | None = None
    choices: list[WholeChoice] | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")
    error: msgspec.Raw = msgspec.Raw(b"null")


_whole = msgspec.json.Decoder(Whole)


def whole(body: bytes) -> Whole:
    """Understand a whole answer.

    Raises:
        Malformed: it is none.
    """
    try:
        found = _whole.decode(body)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise Malformed from error
    if bytes(found.error) != b"null" or (not found.choices and bytes(found.data) == b"null"):
        raise Malformed
    return found


def without_reasoning(body: bytes, found: Whole) -> bytes:
    """A whole answer without what was thought before it."""
    for each in found.choices or ():
        if each.message.reasoning_content is not None:
            break
    else:
        return body
    answer = orjson.loads(body)
    for choice in answer["choices"]:
        choice["message"].pop("reasoning_content", None)
    return orjson.dumps(answer)
