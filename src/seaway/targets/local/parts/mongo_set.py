"""What a member of a MongoDB replica set must have before it is used. All of it can be repeated."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from seaway.errors import StepFailed
from seaway.targets.local.part import NotReady, Placement
from seaway.values import understood

ELECTION = 3000
"""Milliseconds without a word from the primary before another is elected (10,000 if not set). Less,
and a machine of two cores that is busy for a moment would be taken for one that is gone."""
HEARTBEAT = 500
"""Milliseconds between two questions of members to each other."""
PATIENCE = 5000
"""Milliseconds for one step towards the set."""
NOT_YET, HAS_ONE, EXISTS, WRONG = 94, 23, 51003, 18
"""Error codes: no configuration yet; there is one; such a user is there; a login that is wrong."""

_SERVING = ("primary", "secondary")
_Client = AsyncMongoClient[Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """What a member says of its set; nothing where it has none."""

    set: str
    primary: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The settings of the component, as this part understands them."""

    set: str
    user: str
    database: str
    cache: int
    """Bytes."""


def told(place: Placement) -> Told:
    """What the component wants."""
    return understood(Told, place.server.settings)


async def answering(place: Placement) -> None:
    """Return when the server lets in who has the key; it may belong to no set yet.

    Raises:
        NotReady: it does not.
    """
    async with _opened(place, _here(place)) as client:
        await _hello(client)


async def standing(place: Placement) -> str:
    """What the member is in its set.

    Raises:
        NotReady: neither primary nor secondary.
    """
    async with _opened(place, _here(place)) as client:
        try:
            status = await client.admin.command("replSetGetStatus")
        except OperationFailure as error:
            raise NotReady(_words(error)) from error
    state = _STATES[int(status["myState"])]
    if state not in _SERVING:
        raise NotReady(state)
    return state


async def settled(place: Placement) -> None:
    """Form the set or join it, wait for a primary, and have the users made there.

    Raises:
        NotReady: the others, or a primary, are not there yet.
        StepFailed: the set has a member that the stack no longer names.
    """
    async with _opened(place, _here(place)) as own:
        hello = await _hello(own)
        if not hello.set:
            await _formed(place, own)
            hello = await _hello(own)
        _refuse_strangers(place, hello)
    if not hello.primary:
        raise NotReady("no primary is elected yet")
    async with _opened(place, hello.primary) as client:
        await _users(place, client, _door(place, hello.primary))
    await standing(place)


async def _formed(place: Placement, own: _Client) -> None:
    """The first member makes the set, once nobody else has one; whoever comes later joins it."""
    there = await asyncio.gather(*(_seen(place, each) for each in _others(place)))
    if primary := next((each.primary for each in there if each.primary), ""):
        await _joined(place, primary)
    elif any(each.set for each in there):
        raise NotReady("waits for the others to elect a primary")
    elif place.slot == 0:
        await _initiated(place, own)
    else:
        raise NotReady("waits for the first member to form the set")


async def _initiated(place: Placement, own: _Client) -> None:
    members = [{"_id": number, "host": each} for number, each in enumerate(_members(place))]
    settings = {"electionTimeoutMillis": ELECTION, "heartbeatIntervalMillis": HEARTBEAT}
    wanted = {"_id": told(place).set, "settings": settings, "members": members}
    try:
        await own.admin.command({"replSetInitiate": wanted})
    except OperationFailure as error:
        if error.code != HAS_ONE:
            raise NotReady(_words(error)) from error
        await _taken_over(place, own)


async def _taken_over(place: Placement, own: _Client) -> None:
    """A set of one came with the data, from where that was restored: it is ours from here on.

    Only a server that finds itself not among the members says that it belongs to no set. The other
    members, which have nothing, join as those do that come later.
    """
    try:
        config = (await own.admin.command("replSetGetConfig"))["config"]
        me, [single] = _own(place), config["members"]
        if single["host"] != me:
            wanted = {**config, "version": config["version"] + 1,
                      "members": [{**single, "host": me}]}  # fmt: skip
            await own.admin.command({"replSetReconfig": wanted, "force": True})
    except (OperationFailure, ValueError) as error:
        raise NotReady(str(error)) from error


async def _joined(place: Placement, primary: str) -> None:
    """Be one of the members; the primary then sends everything. Two at once: one tries again."""
    me = _own(place)
    async with _opened(place, primary) as client:
        try:
            config = (await client.admin.command("replSetGetConfig"))["config"]
            if me not in [each["host"] for each in config["members"]]:
                number = max(each["_id"] for each in config["members"]) + 1
                members = [*config["members"], {"_id": number, "host": me}]
                changed = {**config, "version": config["version"] + 1, "members": members}
                await client.admin.command({"replSetReconfig": changed})
        except OperationFailure as error:
            raise NotReady(_words(error)) from error


async def _users(place: Placement, client: _Client, primary: str) -> None:
    wanted = told(place)
    rights = [{"role": "dbOwner", "db": wanted.database}]
    app = place.env["MONGO_APP_PASSWORD"]
    await _user(client, primary, wanted.database, (wanted.user, app), rights)
    root = place.env["MONGO_ROOT_PASSWORD"]
    await _user(client, primary, "admin", ("root", root), [{"role": "root", "db": "admin"}])


async def _user(
    client: _Client, primary: str, database: str, login: tuple[str, str],
    rights: list[dict[str, str]],
) -> None:  # fmt: skip
    """Made where it is missing; given its password where it has another."""
    name, password = login
    if await _lets_in(primary, database, login):
        return
    body = {"pwd": password, "roles": rights}
    try:
        await client[database].command({"createUser": name, **body})
    except OperationFailure as error:
        if error.code != EXISTS:
            raise NotReady(_words(error)) from error
        await client[database].command({"updateUser": name, **body})


async def _lets_in(address: str, database: str, login: tuple[str, str]) -> bool:
    client = _client(address, database, *login)
    async with client:
        try:
            await client[database].command("ping")
        except OperationFailure as error:
            if error.code == WRONG:
                return False
            raise
    return True


def _refuse_strangers(place: Placement, hello: Hello) -> None:
    """Fewer members than the set has: to drop them unasked may lose what only they have."""
    strangers = {*hello.hosts} - {*_members(place)}
    if strangers:
        raise StepFailed(
            "SW313", component=place.workload.component, strangers=", ".join(sorted(strangers))
        )


async def _seen(place: Placement, address: str) -> Hello:
    """How another member stands; all must be asked before a set is formed.

    Raises:
        NotReady: it does not answer yet.
    """
    async with _opened(place, address) as client:
        return await _hello(client)


async def _hello(client: _Client) -> Hello:
    said = await client.admin.command("hello")
    return Hello(
        set=str(said.get("setName") or ""), primary=str(said.get("primary") or ""),
        hosts=understood(tuple[str, ...], said.get("hosts") or []),
    )  # fmt: skip


@contextlib.asynccontextmanager
async def _opened(place: Placement, address: str) -> AsyncGenerator[_Client]:
    """To one member, as the members come to each other: by the key.

    Raises:
        NotReady: nobody listens there, or it does not know the key.
    """
    door = _door(place, address)
    host, _, port = door.rpartition(":")
    try:  # the driver would try again and again until its time is over
        _, writer = await asyncio.open_connection(host, int(port))
        writer.close()
        async with _client(door, "local", "__system", place.env["MONGO_KEY"]) as client:
            yield client
    except OSError as error:
        raise NotReady(f"{address}: {error.strerror or error}") from error
    except PyMongoError as error:
        raise NotReady(f"{address}: {_words(error)}") from error


def _door(place: Placement, address: str) -> str:
    """Where it is reached from here: `host:port`.

    Raises:
        NotReady: it is not there.
    """
    host, _, port = address.rpartition(":")
    there = place.doors.get(host, host)
    if not there:
        raise NotReady(f"{address} is not there")
    return f"{there}:{port}"


def _client(address: str, database: str, user: str, password: str) -> _Client:
    return AsyncMongoClient(
        f"mongodb://{address}/", directConnection=True, username=user, password=password,
        authSource=database, authMechanism="SCRAM-SHA-256", serverSelectionTimeoutMS=PATIENCE,
        connectTimeoutMS=PATIENCE, socketTimeoutMS=PATIENCE, appname="seaway",
    )  # fmt: skip


def _members(place: Placement) -> list[str]:
    """In order of slot, as they know each other."""
    addresses = [ports["mongo"] for _, ports in sorted(place.members.items())]
    return [f"{each.host}:{each.port}" for each in addresses]


def _here(place: Placement) -> str:
    """Where it asks itself."""
    return f"{place.host}:{place.port('mongo')}"


def _own(place: Placement) -> str:
    """As what the others know it."""
    return _members(place)[place.slot]


def _others(place: Placement) -> list[str]:
    return [each for each in _members(place) if each != _own(place)]


_STATES = (
    "starting", "primary", "secondary", "recovering", "", "copying from the others", "unknown",
    "arbiter", "down", "rolling back", "removed",
)  # fmt: skip
"""By number: MongoDB manual, `replica set member states`."""


def _words(error: PyMongoError) -> str:
    """The first line: what follows names every server and every try."""
    return str(error).partition(", full error")[0].partition("\n")[0][:300]
