"""States what a payment service is asked for and what it tells, whichever it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What is to be paid; units: fen."""

    number: str
    amount_fen: int
    title: str
    callback: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What was paid, as the service signed it; units: fen."""

    number: str
    amount_fen: int
    transaction_id: str


class PayService(Protocol):
    """WeChat Pay, or Alipay."""

    async def begin(self, due: Due) -> str:
        """Return what the guest's telephone has to scan.

        Raises:
            RefusedError, UnavailableError, ForgedError: it was not to be had.
        """
        ...

    async def look(self, number: str) -> Paid | None:
        """Return what was paid, None while nothing was.

        Raises:
            RefusedError, UnavailableError, ForgedError: it was not to be had.
        """
        ...

    def heard(self, headers: Mapping[str, str], body: bytes) -> Paid | None:
        """Return what a callback tells; None for one about something else.

        Raises:
            ForgedError: it is not from the service, or not for us.
        """
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...
