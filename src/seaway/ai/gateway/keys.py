"""Keys: who may ask. Only keyed hashes of keys are kept; they open nothing."""

import asyncio
import hashlib
import secrets
from collections.abc import Mapping

import msgspec

from seaway.ai.gateway.limits import Scopes
from seaway.ai.gateway.settings import Limits, Settings
from seaway.ai.gateway.store import Store, StoreGone, Value
from seaway.ai.gateway.way import Way
from seaway.serving.refusal import Refusal

FRESH = 0.5
"""Seconds that what is known of a key is believed: a revoked one is refused within twice that."""
_KNOWN = 10_000
"""Keys that are remembered, wrong ones too."""
_PREFIX = "sk-sw-"
_PEPPER = 64


class Row(msgspec.Struct, frozen=True):
    """A client as the store has it, by the hash of its key."""

    name: str
    limits: Limits = Limits()


class Client(msgspec.Struct):
    """Who asks."""

    name: str
    limits: Limits
    scopes: Scopes | None = None
    """The limits that hold, once they have been worked out."""
    ways: dict[str, Way] = {}
    """Of this client's requests, by model, where they are always the same."""


_row = msgspec.json.Decoder(Row)


class Keys:
    """Of the stack file, and those that were made while it runs."""

    def __init__(self, told: Settings, environ: Mapping[str, str], store: Store | None) -> None:
        pepper = environ.get(told.pepper_from, "") or secrets.token_hex(16)
        self._pepper = pepper.encode()[:_PEPPER]
        self._store, self._key = store, f"{told.name}:keys"
        self._fixed = {
            self.digest(environ[each.key_from].encode()): Client(name, each.limits)
            for name, each in told.clients.items()
        }
        self._names = frozenset(told.clients)
        self._known: dict[str, tuple[float, Client | None]] = {}
        # Keys of the stack file are in this process's environment anyway.
        self._by_header = {
            b"Bearer " + environ[each.key_from].encode(): Client(name, each.limits)
            for name, each in told.clients.items()
        }
        self._loop = asyncio.get_running_loop()

    def digest(self, key: bytes) -> str:
        """What is kept of a key."""
        return hashlib.blake2b(key, key=self._pepper, digest_size=32).hexdigest()

    def known(self, authorization: bytes) -> Client | None:
        """Who that is, where nobody need be asked; else `client` tells."""
        return self._by_header.get(authorization)

    async def client(self, authorization: bytes) -> Client:
        """Who that is.

        Raises:
            Refusal: 401 for nobody, 503 where it cannot be known.
        """
        if fixed := self.known(authorization):
            return fixed
        scheme, _, key = authorization.partition(b" ")
        if scheme.lower() != b"bearer" or not key:
            raise _unknown("A key is needed: Authorization: Bearer KEY.")
        digest = self.digest(key.strip())
        if fixed := self._fixed.get(digest):
            return fixed
        if self._store is None:
            raise _unknown("This key is not known.")
        found = await self._looked_up(digest, self._store)
        if found is None:
            raise _unknown("This key is not known.")
        return found

    async def _looked_up(self, digest: str, store: Store) -> Client | None:
        now = self._loop.time()
        known = self._known.get(digest)
        if known and now - known[0] < FRESH:
            return known[1]
        try:
            row = await store.ask("HGET", self._key, digest)
        except StoreGone as error:
            raise _unsure() from error
        client = _client(row)
        if len(self._known) >= _KNOWN:
            self._known.clear()
        self._known[digest] = (now, client)
        return client

    async def make(self, name: str, limits: Limits) -> str:
        """A new key for a client; it is shown this once.

        Raises:
            Refusal: 409, the name is taken; 503, there is no store to keep it.
        """
        if name in self._names or name in await self.names():
            raise Refusal(409, "name_taken", f"There is a client called {name}.")
        key = _PREFIX + secrets.token_urlsafe(32)
        row = msgspec.json.encode(Row(name, limits))
        await self._asked("HSET", self._key, self.digest(key.encode()), row)
        return key

    async def revoke(self, name: str) -> bool:
        """Refuse the keys of a client from now on; whether there were any."""
        rows = await self._rows()
        gone = [digest for digest, row in rows.items() if row.name == name]
        if gone:
            await self._asked("HDEL", self._key, *gone)
        return bool(gone)

    async def names(self) -> list[str]:
        """Of the clients in the store."""
        return sorted(row.name for row in (await self._rows()).values())

    async def _rows(self) -> dict[str, Row]:
        found = await self._asked("HGETALL", self._key)
        given = found if isinstance(found, list) else []
        flat = [each for each in given if isinstance(each, bytes)]
        pairs = zip(flat[::2], flat[1::2], strict=True)
        return {digest.decode(): _row.decode(row) for digest, row in pairs}

    async def _asked(self, *words: str | bytes) -> Value:
        if self._store is None:
            message = "Keys are kept in a Redis: name one in `uses` of the gateway."
            raise Refusal(503, "no_store", message)
        try:
            return await self._store.ask(*words)
        except StoreGone as error:
            raise _unsure() from error


def _unknown(message: str) -> Refusal:
    return Refusal(401, "invalid_api_key", message)


def _unsure() -> Refusal:
    return Refusal(503, "store_unavailable", "The key cannot be checked now.", after=1)


def _client(row: Value) -> Client | None:
    if not isinstance(row, bytes):
        return None
    found = _row.decode(row)
    return Client(found.name, found.limits)
