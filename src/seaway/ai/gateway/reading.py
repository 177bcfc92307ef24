"""Reading: requests, one after another, out of what a client's connection brings."""

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

import httptools
import msgspec

HEAD_WITHIN, BODY_WITHIN = 10.0, 60.0
"""Seconds for the head of a request, and for the rest of it."""
LARGEST_HEAD = 32_768
"""Bytes, or what comes in one piece."""
_HEADERS = frozenset({b"authorization", b"idempotency-key"})
_LENGTHS = frozenset(map(len, _HEADERS))
_BEGUN, _HEAD, _TOLD = "begun", "head", "told to go on"


class Request(msgspec.Struct, gc=False):
    """One request, whole."""

    since: float
    method: bytes
    target: bytes
    headers: dict[bytes, bytes]
    """Only those that anything depends on, names in small letters."""
    body: bytes
    keep: bool

    @property
    def path(self) -> str:
        """Without the query; an address in the request line is no path here."""
        return self.target.partition(b"?")[0].decode("latin-1")


class Refused(Exception):  # noqa: N818 -- an answer, not a defect
    """What was read is no request that can be answered."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Reader:
    """Of one connection.

    The parser's calls go to lists and a dictionary, without a function between: what they were
    told is looked at when a request is whole, or when what was read ends before it is.
    """

    def __init__(self, largest: int, told: Callable[[Request], None]) -> None:
        """`told` gets each request; `largest` is in bytes of a body."""
        self._largest, self._told = largest, told
        self._targets: list[bytes] = []
        self._headers: dict[bytes, bytes] = {}
        self._chunks: list[bytes] = []
        self.reached: list[str] = []
        """Of a request that is not whole yet, else empty."""
        self._parser = httptools.HttpRequestParser(
            SimpleNamespace(
                on_message_begin=partial(self.reached.append, _BEGUN),
                on_url=self._targets.append, on_header=self._headers.__setitem__,
                on_headers_complete=partial(self.reached.append, _HEAD),
                on_body=self._chunks.append, on_message_complete=self._ends,
            )
        )  # fmt: skip
        self._head = self._size = self._counted = 0
        self._since = self.due = 0.0
        """`due`: when the request that is being read must be whole."""

    def feed(self, data: bytes, now: float) -> bool:
        """Read more; whether the client waits to be told that it may go on.

        Raises:
            Refused: it cannot be read, or is larger than may be.
        """
        if not self.reached:
            self._since = now
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserUpgrade, httptools.HttpParserError) as error:
            cause = error.__context__
            raise (cause if isinstance(cause, Refused) else Refused(400)) from error
        return bool(self.reached) and self._in_part(len(data))

    def _in_part(self, size: int) -> bool:
        """Limits hold for what there is of a request; whether its client waits."""
        if _HEAD not in self.reached:
            self.due = self._since + HEAD_WITHIN
            self._head += size
            if self._head > LARGEST_HEAD:
                raise Refused(400)
            return False
        self.due = self._since + BODY_WITHIN
        self._size += sum(map(len, self._chunks[self._counted :]))
        self._counted = len(self._chunks)
        if self._size > self._largest:
            raise Refused(413)
        waits = _TOLD not in self.reached and any(n.lower() == b"expect" for n in self._headers)
        if waits:
            self.reached.append(_TOLD)
        return waits

    def _ends(self) -> None:
        """A request is whole; the parser may find another one in what was read."""
        headers: dict[bytes, bytes] = {}
        chunks, parser = self._chunks, self._parser
        for name, value in self._headers.items():
            if len(name) in _LENGTHS and (small := name.lower()) in _HEADERS:
                headers[small] = value
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        if len(body) > self._largest:
            raise Refused(413)
        request = Request(self._since, parser.get_method(), b"".join(self._targets), headers, body,
                          parser.should_keep_alive())  # fmt: skip
        self._headers.clear()
        chunks.clear()
        self._targets.clear()
        self.reached.clear()
        self._head = self._size = self._counted = 0
        self._told(request)
