"""Limit: so many requests from one address, as an exact token bucket.

HAProxy's own counters forget a burst all at once. This is the generic cell rate algorithm (ITU-T
I.371): for each address one number is kept, the time at which its bucket will be full again.
Times are counted in units that fit 32 bits; when they start again from 0, or an entry is older
than any that could matter, the address begins with a full bucket.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from seaway.model.route import Rate, Routing

WRAP = 2**32
STEPS = 1000
"""Units between two requests: the rate is kept to a thousandth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A rate in the proxy's units."""

    unit: int
    """Microseconds."""
    interval: int
    """Units that one request costs."""
    window: int
    """Units that an address may be ahead."""
    expire: int
    """Seconds after which an entry means nothing any more."""


def bucket(rate: Rate) -> Bucket:
    """`burst` at once, then one each time its share of the period has passed."""
    cost = rate.per.total_seconds() * 1_000_000 / rate.count
    unit = max(1, round(cost / STEPS))
    interval = max(1, round(cost / unit))
    window = (max(1, rate.burst) - 1) * interval
    return Bucket(
        unit=unit,
        interval=interval,
        window=window,
        expire=(window + interval) * unit // 1_000_000 + 10,
    )


def table(route: str) -> str:
    """The name of a route's table."""
    return f"rate-{route}"


def rules(route: str, rate: Rate, when: str) -> Iterator[str]:
    """Refuse with 429 what is too much; what is refused costs nothing."""
    given, name = bucket(rate), table(route)
    rule = "  http-request"
    yield f"{rule} track-sc0 src table {name} {when}"
    yield f"{rule} set-var(txn.now) date(0,us),div({given.unit}),mod({WRAP}) {when}"
    yield f"{rule} set-var(txn.full) sc_get_gpt0(0,{name}) {when}"
    yield f"{rule} set-var(txn.ahead) var(txn.full),sub(txn.now) {when}"
    yield f"{rule} set-var(txn.ahead) int(0) {when} {{ var(txn.ahead) -m int lt 0 }}"
    far = given.window + given.interval
    yield f"{rule} set-var(txn.ahead) int(0) {when} {{ var(txn.ahead) -m int gt {far} }}"
    second = max(1, 1_000_000 // given.unit)
    yield (
        f"{rule} set-var(txn.wait) var(txn.ahead),sub({given.window}),add({second - 1}),"
        f"div({second}) {when} {{ var(txn.ahead) -m int gt {given.window} }}"
    )
    yield f"{rule} deny deny_status 429 {when} {{ var(txn.ahead) -m int gt {given.window} }}"
    yield (
        f"{rule} set-var(txn.full) var(txn.now),add(txn.ahead),add({given.interval}),mod({WRAP}) "
        f"{when}"
    )
    yield f"{rule} sc-set-gpt0(0) var(txn.full) {when}"


def tables(routing: Routing) -> Iterator[str]:
    """One for each limited route; about 10 MB when full (R11)."""
    for number, site in enumerate(routing.sites):
        for position, route in enumerate(site.routes):
            if route.rate:
                expire = bucket(route.rate).expire
                yield f"\nbackend {table(f'{number}.{position}')}"
                yield f"  stick-table type ipv6 size 100k expire {expire}s store gpt0"
