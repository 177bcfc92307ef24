"""Usage: what each client had of each model, kept in the store by day."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import msgspec

from seaway.ai.gateway.store import Store, StoreGone

KEPT = 400
"""Days."""
_EACH = 1.0
"""Seconds between two writings: a process that is killed loses what came after the last."""
_MOST_DAYS = 366
Key = tuple[str, str, str]
"""Client, provider, model."""


class Account(msgspec.Struct):
    """What a client had of a model."""

    requests: int = 0
    input: int = 0
    output: int = 0
    spend: int = 0
    """Millionths."""

    def add(self, more: "Account", times: int = 1) -> None:
        """Count these too."""
        self.requests += more.requests * times
        self.input += more.input * times
        self.output += more.output * times
        self.spend += more.spend * times


class Line(msgspec.Struct):
    """Of one day."""

    day: str
    client: str
    provider: str
    model: str
    requests: int
    input_tokens: int
    output_tokens: int
    spend: float
    """In the currency of the prices."""


_key = msgspec.json.Decoder(tuple[str, str, str, str])
_account = msgspec.json.Decoder(Account)
_encode = msgspec.json.Encoder().encode


class Accounts:
    """All of this process, since it began; the store has their sums by day.

    What is written is not a difference but all that this process has counted on that day, under a
    name of its own: written twice, or after a broken connection, it is still right.
    """

    def __init__(self, name: str, store: Store | None) -> None:
        self._name, self._store = name, store
        self.rows: dict[Key, Account] = {}
        self._before: dict[Key, Account] = {}
        """What had been counted when the day began."""
        self._written: dict[Key, Account] = {}
        self._day, self._run = datetime.now(UTC).date(), secrets.token_hex(6)

    def of(self, client: str, provider: str, model: str) -> Account:
        """Where that is counted."""
        key = client, provider, model
        found = self.rows.get(key)
        if found is None:
            found = self.rows[key] = Account()
        return found

    async def keep(self) -> None:
        """Write what is new, for ever."""
        while True:
            await asyncio.sleep(_EACH)
            with suppress(StoreGone):
                await self.write()

    async def write(self) -> None:
        """Write what is new.

        Raises:
            StoreGone: it may not be written; it will be the next time.
        """
        await self._write()
        today = datetime.now(UTC).date()
        if today != self._day:
            self._before = {key: msgspec.structs.replace(row) for key, row in self.rows.items()}
            self._day, self._run, self._written = today, secrets.token_hex(6), {}

    async def _write(self) -> None:
        new = {key: self._today(key) for key in self.rows}
        new = {key: row for key, row in new.items() if row != self._written.get(key, Account())}
        if self._store is None or not new:
            return
        words: list[bytes] = []
        for key, row in new.items():
            words += (_encode((self._run, *key)), _encode(row))
        place = self._place(self._day)
        await self._store.ask("HSET", place, *words)
        self._store.tell("EXPIRE", place, str(KEPT * 86_400))
        self._written |= new

    def _today(self, key: Key) -> Account:
        found = msgspec.structs.replace(self.rows[key])
        found.add(self._before.get(key, Account()), -1)
        return found

    def _place(self, day: date) -> str:
        return f"{self._name}:usage:{day.isoformat()}"

    async def lines(self, first: date, last: date) -> list[Line]:
        """What was used from one day to another, of all processes; days are those of UTC.

        Raises:
            StoreGone: it cannot be known.
        """
        with suppress(StoreGone):
            await self.write()
        count = min((last - first).days + 1, _MOST_DAYS)
        days = [first + timedelta(days=number) for number in range(count)]
        if self._store is None:
            rows = {key: self._today(key) for key in self.rows}
            return _lines(self._day, rows) if self._day in days else []
        answers = await asyncio.gather(*(self._store.ask("HGETALL", self._place(day))
                                         for day in days))  # fmt: skip
        found: list[Line] = []
        for day, answer in zip(days, answers, strict=True):
            flat = answer if isinstance(answer, list) else []
            found += _lines(day, _summed([each for each in flat if isinstance(each, bytes)]))
        return found


def _summed(flat: Sequence[bytes]) -> Mapping[Key, Account]:
    """Over all processes."""
    found: dict[Key, Account] = {}
    for name, row in zip(flat[::2], flat[1::2], strict=True):
        _, *key = _key.decode(name)
        found.setdefault((key[0], key[1], key[2]), Account()).add(_account.decode(row))
    return found


def _lines(day: date, rows: Mapping[Key, Account]) -> list[Line]:
    return [
        Line(day.isoformat(), *key, row.requests, row.input, row.output, row.spend / 1e6)
        for key, row in sorted(rows.items())
    ]
