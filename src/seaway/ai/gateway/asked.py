"""Asked: a request for a model, read no further than needed; the rest is passed on as it came."""

import re

import msgspec

from seaway.serving.refusal import Refusal

Fields = dict[str, msgspec.Raw]
PATHS = ("/chat/completions", "/embeddings")
"""Below the base address."""
_DATA = re.compile(rb'data:[a-z]+/[a-z0-9.+-]+;base64,[^"]*')
_PICTURE_TOKENS = 1024
_LETTERS = 3
"""Bytes for a token: Chinese is about that, English needs more, so it is seldom too little."""
_OVERHEAD = 16
_NOTHING = 4
"""Bytes: more is more than nothing."""
_MODEL = b'"model"'
_ESCAPED = b"\\u00"
"""A letter in disguise: then there may be another key of that name."""


class StreamOptions(msgspec.Struct):
    """Of a stream."""

    include_usage: bool | None = None


class Head(msgspec.Struct):
    """The fields that decide something."""

    model: str
    messages: msgspec.Raw = msgspec.Raw(b"null")
    input: msgspec.Raw = msgspec.Raw(b"null")
    tools: msgspec.Raw = msgspec.Raw(b"null")
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None


_head = msgspec.json.Decoder(Head)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encode = msgspec.json.Encoder().encode
_WITH_USAGE = msgspec.Raw(b'{"include_usage":true}')


class Asked(msgspec.Struct):
    """What a client wants."""

    path: str
    """One of `PATHS`."""
    body: bytes
    head: Head
    tokens: int = 0
    """Of the prompt, estimated before, never far too low."""
    pictures: bool = False
    _fields: Fields = {}

    @property
    def model(self) -> str:
        return self.head.model

    @property
    def stream(self) -> bool:
        return bool(self.head.stream)

    @property
    def usage_wanted(self) -> bool:
        """Whether the client wants the usage at the end of a stream."""
        options = self.head.stream_options
        return options is not None and bool(options.include_usage)

    @property
    def most(self) -> int:
        """Tokens that the answer may have; 0 where nothing is said."""
        return self.head.max_completion_tokens or self.head.max_tokens or 0

    @property
    def tools(self) -> bool:
        return bytes(self.head.tools) not in {b"null", b"[]"}

    def written(self, model: str, *, with_usage: bool) -> bytes:
        """The body for a provider: its own name for the model, all else as it came."""
        more = self.stream and with_usage and not self.usage_wanted
        if not more and (spliced := self._spliced(model)):
            return spliced
        if not self._fields:
            self._fields = _fields.decode(self.body)
        changed = {**self._fields, "model": msgspec.Raw(_encode(model))}
        if more:
            changed["stream_options"] = _WITH_USAGE
        return _encode(changed)

    def _spliced(self, model: str) -> bytes:
        """The body with another name; empty where that takes more than one replacement.

        Quotes inside of a string are escaped: what reads `"model"` is a word of its own, and as
        the request has that key, the only such word is the key.
        """
        if model == self.head.model:
            return self.body
        start, _, rest = self.body.partition(_MODEL)
        if _MODEL in rest or _ESCAPED in self.body:
            return b""
        colon, _, end = rest.partition(_encode(self.head.model))
        return (
            b"".join((start, _MODEL, colon, _encode(model), end)) if colon.strip() == b":" else b""
        )


def asked(path: str, body: bytes) -> Asked:
    """Read a request.

    Raises:
        Refusal: 400, with what is wrong.
    """
    try:
        head = _head.decode(body)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        message = f"We could not parse the body of your request: {error}"
        raise Refusal(400, "invalid_json", message) from error
    content = bytes(head.messages if path == "/chat/completions" else head.input)
    if len(content) <= _NOTHING and content in {b"null", b"[]", b'""'}:
        raise Refusal(400, "missing_required_parameter", "There is nothing to be answered.")
    found = Asked(path, body, head)
    size = len(content)
    if b'"image_url"' in content:
        found.pictures = True
        kept, count = _DATA.subn(b"", content)
        size = len(kept) + count * _PICTURE_TOKENS * _LETTERS
    found.tokens = size // _LETTERS + _OVERHEAD
    return found
