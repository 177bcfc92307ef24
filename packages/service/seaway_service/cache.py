"""Opens the connections to Redis, and says plainly when it does not answer."""

from collections.abc import Iterator
from contextlib import contextmanager

import valkey.asyncio as valkey
from valkey.asyncio.connection import parse_url
from valkey.asyncio.retry import Retry
from valkey.backoff import ExponentialBackoff
from valkey.exceptions import ValkeyError

from seaway_service.cluster import Cluster
from seaway_service.errors import UnavailableError

PART = "redis"


def connected(url: str, retries: int = 1, nodes: str = "") -> valkey.Valkey:
    """Return a client; it connects when first used, and again whenever it must.

    Of a cluster `nodes` has each `host:port`, with commas; the password is in the address.
    """
    if nodes:
        several = (each.rpartition(":") for each in nodes.split(","))
        password = str(parse_url(url).get("password", ""))
        return Cluster([(host, int(port)) for host, _, port in several], password)
    client: valkey.Valkey = valkey.Valkey.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=2,
        socket_timeout=3,
        health_check_interval=15,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), retries),
        max_connections=100,
    )
    return client


@contextmanager
def translated() -> Iterator[None]:
    """Turn the client's errors into ours."""
    try:
        yield
    except (ValkeyError, OSError, TimeoutError) as error:
        raise UnavailableError(PART) from error


async def check(client: valkey.Valkey) -> None:
    """Return if Redis answers."""
    with translated():
        await client.ping()
