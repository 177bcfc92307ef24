"""Redis as a cluster: its nodes find one another, share the slots, and take back who was lost.

The cluster decides itself who leads a shard. All of this can be repeated, and done by each node
for itself; only the first one shares out the slots, once, while there is no cluster yet.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from seaway.model.instance import Address
from seaway.model.standing import Word
from seaway.targets.local.part import NotReady, Placement

ADMIN = "seaway"
"""The user by which nodes copy from one another, and Seaway arranges them."""
PASSWORD = "CLUSTER_PASSWORD"  # noqa: S105 -- the name of a variable
SLOTS = 16384
PATIENCE = 2.0
"""Seconds for what is asked of one node."""
FORMED_WITHIN = 20.0
PAUSE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node, as another one knows it."""

    id: str
    name: str
    """Where it is reached: `127.0.0.1:14003`; in containers by the name it gives itself."""
    flags: frozenset[str]
    primary: str
    """The one it copies from; empty for one that is primary."""
    slots: int
    linked: bool = True
    """Whether there is a connection to it."""

    @property
    def failed(self) -> bool:
        return bool(self.flags & {"fail", "noaddr"})


@dataclass(slots=True)
class Session:
    """One connection that has logged in."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter = field(repr=False)

    async def ask(self, *words: str) -> str:
        """A command whose answer is a text, and what it says.

        Raises:
            NotReady: the node refused.
        """
        encoded = [word.encode() for word in words]
        body = b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)
        self.writer.write(b"*%d\r\n%s" % (len(words), body))
        line = (await self.reader.readline()).decode(errors="replace").rstrip()
        if not line or line.startswith("-"):
            raise NotReady(line[1:] or "it hung up")
        if line.startswith("$"):
            return (await self.reader.readexactly(int(line[1:]) + 2)).decode(errors="replace")
        return line[1:]

    async def info(self) -> Mapping[str, str]:
        """What the node knows of the whole cluster."""
        lines = (await self.ask("CLUSTER", "INFO")).splitlines()
        pairs = (line.partition(":") for line in lines)
        return {key: value for key, _, value in pairs}

    async def nodes(self) -> Sequence[Node]:
        """All that it knows, itself first."""
        lines = (await self.ask("CLUSTER", "NODES")).splitlines()
        found = [_node(line) for line in lines if line.strip()]
        return sorted(found, key=lambda each: "myself" not in each.flags)


def _node(line: str) -> Node:
    """`id ip:port@bus,host flags primary ping pong epoch link slot …`, as CLUSTER NODES has it."""
    words = line.split()
    address, *named = words[1].split(",")
    ip, _, port = address.partition("@")[0].rpartition(":")
    ranges = [word.partition("-") for word in words[8:] if not word.startswith("[")]
    return Node(
        id=words[0], name=f"{named[0] if named and named[0] else ip}:{port}",
        flags=frozenset(words[2].split(",")), primary=words[3].strip("-"),
        linked=words[7] == "connected",
        slots=sum(int(last or first) - int(first) + 1 for first, _, last in ranges),
    )  # fmt: skip


@asynccontextmanager
async def session(place: Placement, address: Address | None = None) -> AsyncGenerator[Session]:
    """With the node itself, or with another.

    Raises:
        NotReady: it does not answer, or refuses.
    """
    host, port = (address.host, address.port) if address else (place.host, place.port("redis"))
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError) as error:
        raise NotReady(f"the node at {host}:{port} does not answer") from error
    try:
        async with asyncio.timeout(FORMED_WITHIN):
            it = Session(reader, writer)
            await it.ask("AUTH", ADMIN, place.env[PASSWORD])
            yield it
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        raise NotReady(f"the node at {host}:{port} does not answer") from error
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def standing(place: Placement) -> Word:
    """What the node is in a cluster that serves; one that is alone still is none of it.

    Raises:
        NotReady: the cluster does not serve, and why.
    """
    async with session(place) as node:
        info, nodes = await node.info(), await node.nodes()
    if _alone(nodes):
        return Word(word="alone")
    if info.get("cluster_state") != "ok":
        raise NotReady(_trouble(info, nodes))
    return Word(word="replica" if nodes[0].primary else "primary")


def _alone(nodes: Sequence[Node]) -> bool:
    return len(nodes) == 1 and not nodes[0].slots


def _trouble(info: Mapping[str, str], nodes: Sequence[Node]) -> str:
    """Why it does not serve, for people."""
    lost = [each for each in nodes if each.failed and each.slots]
    if not lost:
        return f"the cluster is not whole: {info.get('cluster_slots_ok', '0')} of {SLOTS} slots"
    names = ", ".join(each.name for each in lost)
    count = sum(each.slots for each in lost)
    return f"{count} of {SLOTS} slots have no node: all of a shard are away ({names})"


async def settled(place: Placement, replicas: int) -> None:
    """Be a node of the cluster: of one that there is, or of the one that is formed now.

    Raises:
        NotReady: it is not yet, and why; to be tried again.
    """
    async with session(place) as node:
        nodes, info = await node.nodes(), await node.info()
        whole = info.get("cluster_slots_assigned") == str(SLOTS)
        if not whole and (friend := await _member(place)):
            await _join(place, node, friend)
        elif not whole and place.slot:
            raise NotReady("the cluster is not formed yet")
        elif not whole:
            await _form(place, replicas)
        elif nodes[0].slots == 0 and not nodes[0].primary:
            await _follow(node)
        elif info.get("cluster_state") != "ok":
            await _meet_again(place, node, nodes)
    await _until_whole(place)


async def _member(place: Placement) -> Address | None:
    """Another node, of a cluster with all slots."""
    for slot, ports in place.members.items():
        if slot == place.slot:
            continue
        with contextlib.suppress(NotReady):
            async with session(place, ports["redis"]) as other:
                if (await other.info()).get("cluster_slots_assigned") == str(SLOTS):
                    return ports["redis"]
    return None


async def _join(place: Placement, node: Session, friend: Address) -> None:
    """As a new node with an old address: the one that had it is forgotten by all first."""
    async with session(place, friend) as other:
        known, me = await other.nodes(), (await node.nodes())[0].id
    address = place.members[place.slot]["redis"]
    own = f"{address.host}:{address.port}"
    for old in known:
        if old.name == own and old.id != me:
            if not old.failed:
                raise NotReady("the cluster has not noticed yet that this node was lost")
            if not old.slots:
                await _forgotten(place, old.id)
    await node.ask("CLUSTER", "MEET", await _ip(friend), str(friend.port))
    deadline = asyncio.get_running_loop().time() + FORMED_WITHIN / 2
    while (await node.info()).get("cluster_slots_assigned") != str(SLOTS):
        if asyncio.get_running_loop().time() > deadline:
            raise NotReady("the other nodes do not let it in")
        await asyncio.sleep(PAUSE)
    await _follow(node)


async def _meet_again(place: Placement, node: Session, nodes: Sequence[Node]) -> None:
    """All were away, and may have come back to other addresses: then nobody finds anybody."""
    lost = {each.name for each in nodes if not each.linked}
    for ports in place.members.values():
        address = ports["redis"]
        if f"{address.host}:{address.port}" in lost:
            with contextlib.suppress(NotReady):
                await node.ask("CLUSTER", "MEET", await _ip(address), str(address.port))


async def _ip(address: Address) -> str:
    """Nodes are introduced by numbers only.

    Raises:
        NotReady: nobody has that name now.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            address.host, address.port, family=socket.AF_INET, type=socket.SOCK_STREAM
        )
    except OSError as error:
        raise NotReady(f"{address.host}: {error.strerror}") from error
    return str(found[0][4][0])


async def _forgotten(place: Placement, name: str) -> None:
    for slot, ports in place.members.items():
        if slot != place.slot:
            with contextlib.suppress(NotReady):
                async with session(place, ports["redis"]) as other:
                    await other.ask("CLUSTER", "FORGET", name)


async def _follow(node: Session) -> None:
    """Copy the primary that has the fewest copies."""
    nodes = await node.nodes()
    copies = [each.primary for each in nodes if each.primary and not each.failed]
    primaries = [each for each in nodes if each.slots and not each.failed and not each.primary]
    if not primaries:
        raise NotReady("no primary answers")
    least = min(primaries, key=lambda each: (copies.count(each.id), each.name))
    await node.ask("CLUSTER", "REPLICATE", least.id)


async def _form(place: Placement, replicas: int) -> None:
    """Share the slots out among the first nodes; the others copy them, in turn."""
    primaries = len(place.members) // (1 + replicas)
    async with contextlib.AsyncExitStack() as stack:
        them = [
            await stack.enter_async_context(session(place, ports["redis"]))
            for _, ports in sorted(place.members.items())
        ]
        own = [(await each.nodes())[0] for each in them]
        for index, node in enumerate(them):
            if index < primaries and not own[index].slots:
                first, last = (SLOTS * each // primaries for each in (index, index + 1))
                await node.ask("CLUSTER", "ADDSLOTSRANGE", str(first), str(last - 1))
            with contextlib.suppress(NotReady):  # it has one already
                await node.ask("CLUSTER", "SET-CONFIG-EPOCH", str(index + 1))
        for ports in list(place.members.values())[1:]:
            address = ports["redis"]
            await them[0].ask("CLUSTER", "MEET", await _ip(address), str(address.port))
        for node in them:
            while not _all_met(await node.nodes(), len(them)):  # noqa: ASYNC110 -- asked
                await asyncio.sleep(PAUSE)
        for index in range(primaries, len(them)):
            await them[index].ask("CLUSTER", "REPLICATE", own[index % primaries].id)


def _all_met(nodes: Sequence[Node], count: int) -> bool:
    return len(nodes) == count and not any("handshake" in each.flags for each in nodes)


async def _until_whole(place: Placement) -> None:
    """With its copy made, for one that has not yet copied never takes over."""
    async with session(place) as node:
        while (await node.info()).get("cluster_state") != "ok":  # noqa: ASYNC110 -- asked
            await asyncio.sleep(PAUSE)
        while "link_status:down" in await node.ask("INFO", "replication"):  # noqa: ASYNC110
            await asyncio.sleep(PAUSE)
