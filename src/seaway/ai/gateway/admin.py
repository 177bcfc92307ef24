"""Admin: who may ask, what was used, and what was asked, for the operator."""

import hmac
from collections.abc import Mapping
from datetime import UTC, date, datetime
from urllib.parse import parse_qsl

import msgspec

from seaway.ai.gateway.reading import Request
from seaway.ai.gateway.refusal import only
from seaway.ai.gateway.serving import Serving
from seaway.ai.gateway.settings import Limits
from seaway.ai.gateway.store import StoreGone
from seaway.serving.refusal import Refusal

START = "/admin/"
_CLIENT = "/admin/clients/"
_MOST_PROMPTS = 1000
_encode = msgspec.json.Encoder().encode


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """A client that is to get a key."""

    name: str
    limits: Limits = Limits()


class Admin:
    """All below `/admin/`, with a key of its own."""

    def __init__(self, serving: Serving, key: str) -> None:
        """Without a key nobody is let in."""
        self._serving, self._key = serving, key

    async def answer(self, path: str, request: Request) -> bytes:
        """The answer, as JSON.

        Raises:
            Refusal: there is none, or not for this one.
        """
        given = request.headers.get(b"authorization", b"")
        if not self._key or not hmac.compare_digest(given, f"Bearer {self._key}".encode()):
            raise Refusal(401, "invalid_api_key", "The key of the administration is needed.")
        match path:
            case "/admin/clients":
                return await self._clients(request)
            case "/admin/usage":
                return await self._usage(_query(request))
            case "/admin/prompts":
                return await self._prompts(_query(request))
            case _ if path.startswith(_CLIENT):
                return await self._revoke(path.removeprefix(_CLIENT), request)
            case _:
                raise Refusal(404, "unknown_url", "There is nothing here.")

    async def _clients(self, request: Request) -> bytes:
        keys = self._serving.keys
        if request.method == b"GET":
            return _encode({"clients": [*self._serving.told.clients, *await keys.names()]})
        only(request.method, b"POST")
        try:
            wanted = msgspec.json.decode(request.body, type=Wanted)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise Refusal(400, "invalid_json", str(error)) from error
        key = await keys.make(wanted.name, wanted.limits)
        return _encode({"name": wanted.name, "key": key})

    async def _revoke(self, name: str, request: Request) -> bytes:
        only(request.method, b"DELETE")
        if not await self._serving.keys.revoke(name):
            raise Refusal(404, "unknown_client", "There is no such client that could be removed.")
        return b'{"status":"ok"}'

    async def _usage(self, given: Mapping[str, str]) -> bytes:
        """By day, client and model: `?from=2026-11-01&to=2026-11-30`; today where neither is."""
        today = datetime.now(UTC).date().isoformat()
        try:
            first = date.fromisoformat(given.get("from") or today)
            last = date.fromisoformat(given.get("to") or today)
        except ValueError as error:
            raise Refusal(400, "invalid_day", "Days look like 2026-11-30.") from error
        try:
            lines = await self._serving.metrics.accounts.lines(first, last)
        except StoreGone as error:
            raise _unknown_now() from error
        return _encode({"usage": lines})

    async def _prompts(self, given: Mapping[str, str]) -> bytes:
        """Of a route that keeps them, newest first: `?route=chat&count=20`."""
        count = given.get("count", "20")
        most = min(int(count), _MOST_PROMPTS) if count.isdecimal() else 1
        try:
            rows = await self._serving.prompts.rows(given.get("route", ""), max(most, 1))
        except StoreGone as error:
            raise _unknown_now() from error
        return _encode({"prompts": rows})


def _query(request: Request) -> Mapping[str, str]:
    only(request.method, b"GET")
    return dict(parse_qsl(request.target.partition(b"?")[2].decode("latin-1")))


def _unknown_now() -> Refusal:
    return Refusal(503, "store_unavailable", "That cannot be looked up now.", after=1)
