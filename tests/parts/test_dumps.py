"""MongoDB and Milvus saved and given back: real servers, everything in them the same again."""

import asyncio
import signal
import threading
from contextlib import asynccontextmanager

import pytest
from bson import Decimal128, Int64, ObjectId
from pymilvus import DataType, MilvusClient
from pymongo import MongoClient

from seaway.components.milvus import Milvus
from seaway.components.mongo import Mongo
from seaway.saving.dumping import DumpTrouble, Server
from seaway.saving.milvus import MilvusDump
from seaway.saving.mongo import MongoDump
from seaway.saving.packing import Packer, Unpacker
from seaway.saving.places import FolderPlace
from seaway.saving.repository import Repository
from seaway.targets.local.parts.milvus import MilvusPart
from seaway.targets.local.parts.mongo import MongoPart
from tests.parts.harness import Bench, free_port
from tests.parts.test_mongo import Member

ROOT = "store.root-password"


@pytest.fixture
def repository(tmp_path):
    return Repository.at(FolderPlace(tmp_path / "kept"), bytes(32))


@pytest.fixture
def members(tmp_path_factory):
    """A place for three members; `aside` is a set of one, as a restore begins it."""
    secrets, ports = {}, list[int]()
    for _ in range(4):
        ports.append(free_port(set(ports)))

    def made(slot: int, own: tuple[int, ...]) -> Member:
        folder = tmp_path_factory.mktemp("member")
        return Member(
            MongoPart(), Mongo, folder, {}, secrets, {"mongo": own[slot]}, slot=slot, all_ports=own
        )

    return made, tuple(ports)


@asynccontextmanager
async def running(*members):
    try:
        await asyncio.gather(*(each.begin() for each in members))
        yield
    finally:
        await asyncio.gather(*(each.stop(signal.SIGKILL) for each in members if each.process))


def server(member: Member) -> Server:
    return Server(host="127.0.0.1", port=member.ports["mongo"], password=member.secrets[ROOT])


def client(member: Member, **more) -> MongoClient:
    told = server(member)
    return MongoClient(
        "127.0.0.1", told.port, username="root", password=told.password, directConnection=True,
        w="majority", **more,
    )  # fmt: skip


def filled(database) -> None:
    """Something of each kind that a dump could lose."""
    database.notes.insert_many(
        [{"n": number, "text": "字" * (number % 50)} for number in range(3000)]
    )
    database.notes.create_index([("n", 1)], unique=True)
    database.notes.create_index([("text", "text")], default_language="none")
    database.odd.insert_many([
        {"_id": ObjectId(), "m": Decimal128("1.10"), "big": Int64(1 << 40), "none": None},
        {"_id": "text", "inner": {"b": 1, "a": 2}, "bytes": b"\0\1"},
    ])  # fmt: skip
    database.create_collection("strict", validator={"age": {"$type": "int"}})
    database.create_collection("recent", capped=True, size=100_000)
    database.recent.insert_many([{"n": number} for number in range(20)])
    database.create_collection("times", timeseries={"timeField": "at", "metaField": "of"})
    database.create_collection("view", viewOn="notes", pipeline=[{"$match": {"n": {"$lt": 5}}}])
    database.create_collection("empty")


async def test_a_set_is_given_back_whole_and_grows_to_three_again(members, repository):
    """It comes up as a set of one under another address, and is taken over from there."""
    made, (first, *own) = members
    source, aside = made(0, (own[0],)), made(0, (first,))
    with Packer(repository) as packer:
        async with running(source):
            with client(source) as mongo:
                filled(mongo.lantern)
            files = await asyncio.to_thread(MongoDump().snapshot, server(source), packer)
            before = await asyncio.to_thread(MongoDump().contents, server(source))
    async with running(aside):
        await asyncio.to_thread(MongoDump().give_back, server(aside), files, Unpacker(repository))
        assert await asyncio.to_thread(MongoDump().contents, server(aside)) == before
        assert {each.path: each.digest for each in files} == before

    there = [made(slot, tuple(own)) for slot in range(3)]
    there[0].root = aside.root
    async with running(*there):
        assert sorted([await each.word() for each in there]) == [
            "primary",
            "secondary",
            "secondary",
        ]
        assert await asyncio.to_thread(MongoDump().contents, server(there[1])) == before
        with client(there[0]) as mongo:
            assert mongo.lantern.view.count_documents({}) == 5
            assert len(list(mongo.lantern.notes.list_indexes())) == 3


async def test_what_is_saved_is_of_one_moment(members, repository):
    """Two collections that always change together are never saved apart."""
    made, (first, *_) = members
    source, counts = made(0, (first,)), [0]
    async with running(source), writing(source):
        for _ in range(20):
            with Packer(repository) as packer:
                files = await asyncio.to_thread(MongoDump().snapshot, server(source), packer)
            counts = [
                unpacked(repository, each).count(b"_id") for each in files
                if each.path.endswith(".bson")
            ]  # fmt: skip
            assert counts[0] == counts[1]
    assert counts[0] > 20


@asynccontextmanager
async def writing(source: Member):
    """One row into each of two collections, together, again and again."""
    ended = threading.Event()

    def write() -> None:
        with client(source) as mongo, mongo.start_session() as session:
            number = 0
            while not ended.is_set():
                number += 1
                with session.start_transaction():
                    mongo.lantern.left.insert_one({"_id": number}, session=session)
                    mongo.lantern.right.insert_one({"_id": number}, session=session)

    with client(source) as mongo:
        mongo.lantern.create_collection("left")
        mongo.lantern.create_collection("right")
    writer = asyncio.create_task(asyncio.to_thread(write))
    try:
        yield
    finally:
        ended.set()
        await writer


def unpacked(repository, file) -> bytes:
    return Unpacker(repository).content(file)


async def test_vectors_are_given_back_with_their_indexes(tmp_path_factory, repository):
    first, second = (
        Bench(MilvusPart(), Milvus, tmp_path_factory.mktemp("milvus"), {}) for _ in range(2)
    )
    try:
        await first.start(60)
        await second.start(60)
        one, other = (Server(host="127.0.0.1", port=each.ports["grpc"]) for each in (first, second))
        await asyncio.to_thread(embed, one.port)
        with Packer(repository) as packer:
            files = await asyncio.to_thread(MilvusDump().snapshot, one, packer)
        await asyncio.to_thread(MilvusDump().give_back, other, files, Unpacker(repository))

        saved = {each.path: each.digest for each in files}
        assert saved == await asyncio.to_thread(MilvusDump().contents, one)
        assert saved == await asyncio.to_thread(MilvusDump().contents, other)
        assert await asyncio.to_thread(nearest, other.port) == "k0007"
    finally:
        for each in (first, second):
            if each.process:
                await each.stop(signal.SIGKILL)


def embed(port: int) -> None:
    milvus = MilvusClient(f"http://127.0.0.1:{port}")
    schema = milvus.create_schema(auto_id=False, enable_dynamic_field=True)
    schema.add_field("key", DataType.VARCHAR, is_primary=True, max_length=64)
    schema.add_field("embedding", DataType.FLOAT_VECTOR, dim=3)
    schema.add_field("about", DataType.JSON)
    index = milvus.prepare_index_params()
    index.add_index("embedding", index_type="HNSW", metric_type="COSINE", params={"M": 16})
    milvus.create_collection("rows", schema=schema, index_params=index)
    rows = [
        {"key": f"k{n:04}", "embedding": [1 / 3, n / 7, 0.1], "about": {"字": n}, "more": n}
        for n in range(2500)
    ]  # fmt: skip
    milvus.insert("rows", rows)
    milvus.delete("rows", ids=["k0003"])
    milvus.close()


def nearest(port: int) -> str:
    milvus = MilvusClient(f"http://127.0.0.1:{port}")
    [[found]] = milvus.search("rows", [[1 / 3, 1.0, 0.1]], limit=1)
    milvus.close()
    return found["key"]


async def test_what_would_not_be_the_same_again_is_refused(tmp_path_factory, repository):
    bench = Bench(MilvusPart(), Milvus, tmp_path_factory.mktemp("milvus"), {})
    try:
        await bench.start(60)
        milvus = MilvusClient(f"http://127.0.0.1:{bench.ports['grpc']}")
        await asyncio.to_thread(milvus.create_collection, "numbered", 4, auto_id=True)
        with Packer(repository) as packer, pytest.raises(DumpTrouble):
            MilvusDump().snapshot(Server(host="127.0.0.1", port=bench.ports["grpc"]), packer)
        milvus.close()
    finally:
        if bench.process:
            await bench.stop(signal.SIGKILL)
