"""A client of a Redis cluster that bears with the loss of a node: it asks again for a while.

A node that was killed is back within about three seconds, one that hangs is replaced after the
`node_timeout` of its cluster. Until then its part of the keys refuses, hangs up, or is silent.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, NoReturn

import valkey.asyncio as valkey
from valkey.asyncio.retry import Retry
from valkey.backoff import NoBackoff
from valkey.crc import key_slot
from valkey.exceptions import AuthenticationError, BusyLoadingError, ReadOnlyError, ResponseError
from valkey.exceptions import ConnectionError as Unconnected
from valkey.exceptions import TimeoutError as Silent

Node = tuple[str, int]
"""Host and port."""

AWAY = (BusyLoadingError, OSError, ReadOnlyError, Silent, Unconnected)
ELSEWHERE = "MOVED "
REFUSED = (ELSEWHERE, "CLUSTERDOWN ", "MASTERDOWN ", "TRYAGAIN ")
"""How answers begin that another node, or the same one later, would give otherwise."""
KEYLESS = frozenset({"PING", "SCRIPT FLUSH", "SCRIPT LOAD"})
"""For all primaries; of any other command the first argument is a key, or it is a script."""
SCRIPTS = frozenset({"EVAL", "EVALSHA", "EVALSHA_RO", "EVAL_RO"})
ANSWER = 2.0
"""Seconds until a node that says nothing counts as away."""
PATIENCE = 15.0
"""Seconds from the first failure: longer than a fail-over after `node_timeout: 5s` takes."""
FIRST, LONGEST = 0.05, 0.4
"""Seconds between two tries: doubled each time, up to the longest."""


class Cluster(valkey.Valkey):
    """Commands go to whoever has their key; a command may be carried out twice after a failure.

    All keys of a command or script must have one `{hash tag}`. There are no pipelines.
    """

    def __init__(self, nodes: Sequence[Node], password: str) -> None:
        super().__init__(host=nodes[0][0], port=nodes[0][1], password=password)
        self._nodes = tuple(nodes)
        self._password = password
        self._clients: dict[Node, valkey.Valkey] = {}
        self._ranges: tuple[tuple[range, Node], ...] = ()
        self._looking = asyncio.Lock()
        self._looked = 0.0

    async def execute_command(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 -- theirs
        """Return the answer, or raise the last failure after `PATIENCE`."""
        loop, pause = asyncio.get_running_loop(), FIRST
        deadline = loop.time() + PATIENCE
        while True:
            begin = loop.time()
            try:
                return await self._asked(*args, **options)
            except (*AWAY, ResponseError) as error:
                if not _passes(error) or loop.time() + pause > deadline:
                    raise
                moved = str(error).startswith(ELSEWHERE)
            if not moved:
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST)
            await self._look(begin)

    def pipeline(self, *_: object, **__: object) -> NoReturn:
        """Refuse: its commands would go to nodes that do not have their keys."""
        message = "a cluster has no pipelines; use a script whose keys have one hash tag"
        raise NotImplementedError(message)

    async def aclose(self, *_: object, **__: object) -> None:
        """Close all connections."""
        await super().aclose()
        for client in self._clients.values():
            await client.aclose()

    async def _asked(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        if not self._ranges:
            await self._look(asyncio.get_running_loop().time())
        name = str(args[0]).upper()
        if name in KEYLESS:
            answers = await asyncio.gather(*(self._told(node, *args) for node in self._primaries))
            return answers[0]
        key = args[3] if name in SCRIPTS else args[1]
        return await self._told(self._holder(key), *args, **options)

    async def _told(self, node: Node, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        return await self._client(node).execute_command(*args, **options)  # type: ignore[no-untyped-call]  # theirs has none

    @property
    def _primaries(self) -> Sequence[Node]:
        return sorted({node for _, node in self._ranges})

    def _holder(self, key: str | bytes) -> Node:
        slot = key_slot(key.encode() if isinstance(key, str) else key)
        for slots, node in self._ranges:
            if slot in slots:
                return node
        raise Unconnected(f"no node has slot {slot}")

    def _client(self, node: Node) -> valkey.Valkey:
        if node not in self._clients:
            self._clients[node] = valkey.Valkey(
                host=node[0],
                port=node[1],
                password=self._password,
                decode_responses=True,
                socket_connect_timeout=ANSWER,
                socket_timeout=ANSWER,
                health_check_interval=15,
                retry=Retry(NoBackoff(), 0),
                max_connections=100,
            )
        return self._clients[node]

    async def _look(self, since: float) -> None:
        """Ask the nodes who has what, unless somebody has done so since that moment."""
        async with self._looking:
            if self._looked >= since:
                return
            for node in sorted(self._nodes, key=lambda each: each not in self._clients):
                try:
                    found = await self._told(node, "CLUSTER SLOTS")
                except (*AWAY, ResponseError):
                    continue
                self._ranges = tuple(
                    (range(first, last + 1), (host or node[0], int(port)))
                    for first, last, (host, port, *_), *_ in found
                )
                self._looked = asyncio.get_running_loop().time()
                return
        if not self._ranges:
            raise Unconnected("no node of the cluster answers")


def _passes(error: Exception) -> bool:
    """Whether it may be otherwise soon."""
    away = isinstance(error, AWAY) and not isinstance(error, AuthenticationError)
    return away or str(error).startswith(REFUSED)
