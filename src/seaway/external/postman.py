"""Postman: brings callbacks to the merchant, again and again until they are answered."""

import asyncio
import http
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from seaway.external.book import Book, Callback, Try, now

PATIENCE = 5.0
"""Seconds for an answer, as WeChat Pay gives."""
LATE = 30.0
"""Seconds, of the fault `callback-late`; hurried like the waits."""
_READ = 4096
"""Bytes of an answer that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """How one callback is written and what counts as its answer."""

    write: Callable[[], tuple[bytes, Mapping[str, str]]]
    """Body and headers; signed anew for each try."""
    good: Callable[[int, bytes], bool]
    waits: Sequence[float]
    """Seconds after each try that was not answered well."""
    before: Callable[[], tuple[str, Mapping[str, str], bytes]] | None = None
    """A question that the address must answer first: what is asked, headers, and the answer."""


class _Stay(urllib.request.HTTPRedirectHandler):
    """A callback goes where it was ordered to, and nowhere else."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


@dataclass(slots=True)
class Postman:
    """Sends while its task group lives; `hurry` makes all waits that many times shorter."""

    group: asyncio.TaskGroup
    book: Book
    hurry: float
    _trusted: set[str] = field(default_factory=set[str])
    """Addresses that have answered the question."""
    _opener: urllib.request.OpenerDirector = field(
        default_factory=lambda: urllib.request.build_opener(
            urllib.request.ProxyHandler({}), _Stay()
        )
    )

    def send(self, callback: Callback, letter: Letter) -> None:
        """Begin to bring it."""
        if self.book.take("callback-lost"):
            callback.state = "lost"
            return
        late = LATE if self.book.take("callback-late") else 0.0
        times = 2 if self.book.take("callback-twice") else 1
        self.group.create_task(self._bring(callback, letter, late, times))

    async def _bring(self, callback: Callback, letter: Letter, late: float, times: int) -> None:
        for wait in (late, *letter.waits):
            await asyncio.sleep(wait / self.hurry)
            if await self._try(callback, letter):
                callback.state = "answered"
                for _ in range(times - 1):
                    await self._try(callback, letter)
                return
        callback.state = "given up"

    async def _try(self, callback: Callback, letter: Letter) -> bool:
        mark = Try(at=now(), outcome="asking")
        callback.tries.append(mark)
        if letter.before is not None and callback.url not in self._trusted:
            where, headers, expected = letter.before()
            mark.status, said = await asyncio.to_thread(self._ask, where, None, headers)
            if mark.status != http.HTTPStatus.OK or said.strip() != expected:
                mark.outcome = "the address did not prove itself: " + said.decode(errors="replace")
                return False
            self._trusted.add(callback.url)
        body, headers = letter.write()
        mark.status, said = await asyncio.to_thread(self._ask, callback.url, body, headers)
        good = bool(mark.status) and letter.good(mark.status, said)
        mark.outcome = "answered" if good else said.decode("utf-8", "replace")[:200] or "no answer"
        return good

    def _ask(self, url: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and body; 0 and the trouble where there was no answer. A body is posted."""
        asked = urllib.request.Request(url, body, dict(headers))  # noqa: S310 -- checked when ordered
        try:
            with self._opener.open(asked, timeout=PATIENCE) as answer:
                return answer.status, answer.read(_READ)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(_READ)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return 0, str(error).encode()
