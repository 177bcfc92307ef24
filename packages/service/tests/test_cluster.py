"""Cluster: asks whoever has the key, and again while nobody answers. A real server, of one node.

Several nodes, killed and frozen, are in Seaway's own tests: `tests/faults/torture/clusters.py`.
"""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import timedelta
from uuid import uuid4

import pytest
import valkey.asyncio as valkey
from valkey.exceptions import ResponseError

from seaway_service import cache
from seaway_service.sessions import Sessions
from seaway_service.testing import Server, redis, running
from seaway_service.throttle import Limit, Throttle

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """Give a server that has all slots, and its address."""
    folder = tmp_path_factory.mktemp("cluster")
    server, url = redis(folder)
    server.command = [*server.command, "--cluster-enabled", "yes"]
    with running(server):
        said(url, "CLUSTER ADDSLOTSRANGE 0 16383")
        while b"cluster_state:ok" not in said(url, "CLUSTER INFO"):
            pass
        yield server, url


def said(url: str, command: str) -> bytes:
    """Ask as no client would."""
    password, _, where = url.rpartition("//:")[2].partition("@")
    host, _, port = where.partition("/")[0].rpartition(":")
    with closing(socket.create_connection((host, int(port)), 5)) as opened:
        opened.sendall(f"AUTH {password}\r\n{command}\r\nQUIT\r\n".encode())
        return b"".join(iter(lambda: opened.recv(65536), b""))


@pytest.fixture
async def client(node: tuple[Server, str]) -> AsyncIterator[valkey.Valkey]:
    _, url = node
    opened = cache.connected(url, nodes=url.rpartition("@")[2].partition("/")[0])
    yield opened
    await opened.aclose()


async def test_a_command_waits_for_a_server_that_was_killed(
    node: tuple[Server, str], client: valkey.Valkey
) -> None:
    """A primary that starts again refuses for two seconds more, for others may have moved on."""
    server, _ = node
    await client.set("kept", "7")
    server.stop(signal.SIGKILL)

    asked = asyncio.ensure_future(client.incr("kept"))
    await asyncio.sleep(0)
    server.start()

    assert await asked == 8


async def test_sessions_and_limits_work_there(client: valkey.Valkey) -> None:
    sessions, throttle = Sessions(client, DAY, prefix="t"), Throttle(client, "t")
    identity, token = await sessions.begin(uuid4())
    _, second = await sessions.refresh(token)

    assert await sessions.alive(identity)
    await sessions.withdraw(second)
    assert not await sessions.alive(identity)
    limits = [Limit(f"{n}-{uuid4()}", 2, DAY) for n in range(3)]
    assert [await throttle.take(*limits) for _ in range(2)] == [0, 0]
    assert await throttle.take(*limits) > 0


async def test_what_a_cluster_cannot_do_is_refused_at_once(client: valkey.Valkey) -> None:
    with pytest.raises(ResponseError, match="CROSSSLOT"):
        await client.delete("a", "b")
    with pytest.raises(NotImplementedError):
        _ = client.pipeline()


async def test_it_says_whether_it_answers(client: valkey.Valkey) -> None:
    await cache.check(client)
