"""Finds the psycopg connection inside of what an application holds."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, LiteralString, Protocol

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]
Connection = psycopg.AsyncConnection[Any]


class RawLike(Protocol):
    """SQLAlchemy's PoolProxiedConnection."""

    @property
    def driver_connection(self) -> Any: ...  # noqa: ANN401 - it is so in SQLAlchemy


class ConnectionLike(Protocol):
    """SQLAlchemy's AsyncConnection."""

    def get_raw_connection(self) -> Awaitable[RawLike]: ...


class SessionLike(Protocol):
    """SQLAlchemy's AsyncSession."""

    def connection(self) -> Awaitable[ConnectionLike]: ...


Within = Connection | ConnectionLike | SessionLike


async def driver_of(within: Within) -> Connection:
    """Return the psycopg connection of the transaction that `within` is in.

    Raises:
        TypeError: the driver is another one.
    """
    if isinstance(within, psycopg.AsyncConnection):
        return within
    outer = within if hasattr(within, "get_raw_connection") else await within.connection()
    driver = (await outer.get_raw_connection()).driver_connection
    if not isinstance(driver, psycopg.AsyncConnection):
        message = f"the driver must be psycopg, with async (postgresql+psycopg), not {type(driver)}"
        raise TypeError(message)
    return driver


async def rows(
    within: Within, query: LiteralString, values: Mapping[str, object] | Sequence[object] = ()
) -> list[Row]:
    """Return what the query gives, each row by the names of its columns."""
    connection = await driver_of(within)
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, values or None)
        return await cursor.fetchall()


async def value(
    within: Within, query: LiteralString, values: Mapping[str, object] | Sequence[object] = ()
) -> Any:  # noqa: ANN401 - as the query has it
    """Return the first column of the first row; None without one."""
    found = await rows(within, query, values)
    return next(iter(found[0].values())) if found else None
