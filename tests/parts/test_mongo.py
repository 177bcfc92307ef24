"""MongoDB as a part: a real replica set of three, its members killed, emptied and asked."""

import asyncio
import contextlib
import shutil
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from seaway.components.mongo import Mongo
from seaway.model.instance import Address
from seaway.targets.local.part import NotReady, Placement
from seaway.targets.local.parts.mongo import MongoPart
from seaway.targets.local.parts.mongo_set import ELECTION
from tests.parts.harness import Bench, free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")
PASSWORD, KEY = "store.app-password", "store.key"


@dataclass(slots=True)
class Member(Bench):
    slot: int = 0
    all_ports: tuple[int, ...] = ()

    def placed(self) -> Placement:
        members = {
            slot: {"mongo": Address(host="127.0.0.1", port=port)}
            for slot, port in enumerate(self.all_ports)
        }
        return replace(Bench.placed(self), slot=self.slot, members=members)

    async def begin(self) -> None:
        """Start it, and let it find its place among the others."""
        self.place = self.placed()
        await self.launch()
        await self.until_ready()
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(NotReady):
                    await self.part.settle(self.place, self.run)
                    return
                await asyncio.sleep(0.1)

    async def word(self) -> str:
        return (await self.part.ready(self.place)).word

    def client(self, user: str, password: str, database: str, **more: object) -> AsyncMongoClient:
        return AsyncMongoClient(
            "127.0.0.1", self.ports["mongo"], username=user, password=password,
            authSource=database, directConnection=True, **more,
        )  # fmt: skip


@dataclass(slots=True)
class Set:
    members: tuple[Member, ...]

    def client(self) -> AsyncMongoClient:
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.members[0].all_ports)
        password = self.members[0].secrets[PASSWORD]
        return AsyncMongoClient(
            f"mongodb://app:{password}@{hosts}/lantern?replicaSet=rs0&authSource=lantern"
        )

    async def primary(self) -> Member:
        words = [await each.word() for each in self.members]
        return self.members[words.index("primary")]

    async def secondary(self) -> Member:
        words = [await each.word() for each in self.members]
        return self.members[words.index("secondary")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rs0(tmp_path_factory) -> AsyncIterator[Set]:
    """One set for all tests: each leaves it whole."""
    ports, secrets = list[int](), dict[str, str]()
    for _ in range(3):
        ports.append(free_port(set(ports)))
    members = tuple(
        Member(
            MongoPart(), Mongo, tmp_path_factory.mktemp(f"member-{slot}"), {}, secrets,
            {"mongo": ports[slot]}, slot=slot, all_ports=tuple(ports),
        )
        for slot in range(3)
    )  # fmt: skip
    try:
        await asyncio.gather(*(each.begin() for each in members))
        yield Set(members)
    finally:
        await asyncio.gather(*(each.stop(signal.SIGKILL) for each in members if each.process))


async def test_three_members_are_one_set_with_one_primary(rs0):
    assert sorted([await each.word() for each in rs0.members]) == [
        "primary", "secondary", "secondary",
    ]  # fmt: skip


async def test_the_application_may_do_all_in_its_database_and_nothing_beside(rs0):
    async with rs0.client() as client:
        await client.lantern.notes.insert_one({"text": "hello"})
        with pytest.raises(OperationFailure):
            await client.other.notes.insert_one({"text": "hello"})
        with pytest.raises(OperationFailure):
            await client.admin.command("replSetGetConfig")

        assert await client.lantern.notes.count_documents({"text": "hello"}) == 1


async def test_strangers_are_let_in_nowhere(rs0):
    """Neither without a login, nor with another key, nor by the exception for a first login."""
    member = rs0.members[0]
    bare = AsyncMongoClient(
        "127.0.0.1", member.ports["mongo"], directConnection=True, serverSelectionTimeoutMS=1500
    )
    for client in (
        bare,
        member.client("__system", "another key", "local", serverSelectionTimeoutMS=1500),
    ):
        async with client:
            with pytest.raises(PyMongoError):
                await client.lantern.notes.find_one()
            with pytest.raises(PyMongoError):
                await client.admin.command({"createUser": "me", "pwd": "x", "roles": ["root"]})


async def test_settling_again_changes_nothing(rs0):
    """Whoever was interrupted begins anew."""
    async with rs0.client() as client:
        before = await client.lantern.command("usersInfo")
        for each in rs0.members:
            await each.part.settle(each.place, each.run)
        after = await client.lantern.command("usersInfo")

    assert before["users"]
    assert after["users"] == before["users"]


async def test_another_primary_is_elected_and_writes_go_on(rs0):
    """Killed, not asked: what was acknowledged is kept, and the killed one comes back."""
    old = await rs0.primary()
    async with rs0.client() as client:
        notes = client.lantern.get_collection("kept")
        await notes.insert_many([{"n": n} for n in range(100)])
        begin = time.monotonic()
        await old.stop(signal.SIGKILL)
        await notes.insert_one({"n": 100})
        took = time.monotonic() - begin
        await old.begin()

        assert await notes.count_documents({}) == 101
    assert await rs0.primary() is not old
    assert took < ELECTION / 1000 + 20, "it is some 4 s on a machine that has time"


async def test_a_member_that_lost_its_disk_copies_all_of_it_anew(rs0):
    lost = await rs0.secondary()
    await lost.stop(signal.SIGKILL)
    shutil.rmtree(lost.root / "data")
    await lost.begin()
    client = lost.client("app", lost.secrets[PASSWORD], "lantern", readPreference="secondary")
    async with client:
        assert await client.lantern.kept.count_documents({}) == 101
    assert await lost.word() == "secondary"


async def test_another_password_is_taken_up_where_there_was_one(rs0):
    """After `seaway secrets rotate` the members are begun anew, one by one."""
    member = await rs0.secondary()
    await member.stop()
    member.secrets[PASSWORD] = "a" * 32
    await member.begin()

    async with rs0.client() as client:
        assert await client.lantern.kept.count_documents({}) == 101
