"""What MongoDB gives: all collections as they were at one moment, in the files of mongodump.

`DATABASE/COLLECTION.bson` holds the documents in order of `_id`, `….metadata.json` options and
indexes: `mongorestore` of MongoDB reads the same. Users are not saved; Seaway makes its own.
"""

import hashlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from bson import json_util
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import PyMongoError

from seaway.model.backup import SavedFile
from seaway.saving.dumping import DumpTrouble, Lines, Server
from seaway.saving.packing import Packer, Unpacker

PATIENCE = 10_000
"""Milliseconds for a connection, and for a primary to be there."""
OWN = frozenset({"admin", "config", "local"})
"""Databases that the server keeps for itself."""
BSON, ABOUT = ".bson", ".metadata.json"
AT_ONCE = 8 << 20
"""Bytes of documents that are told at once."""
LENGTH = 4
"""Bytes at the start of a document that say how many it has."""
BUCKETS = "system.buckets."
"""Before the name of a time series: where its documents lie, as many as came together in one."""
_Client = MongoClient[dict[str, Any]]
_Table = Collection[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A collection, a time series or a view."""

    database: str
    name: str
    kind: str
    options: Mapping[str, Any]

    @property
    def path(self) -> str:
        """How its files are called, but for their endings."""
        return f"{self.database}/{self.name}"

    @property
    def holds(self) -> str:
        """The collection with its documents; empty for a view."""
        if self.kind == "view":
            return ""
        return f"{BUCKETS}{self.name}" if self.kind == "timeseries" else self.name


class MongoDump:
    """A replica set; any member leads to the primary, which has all that was acknowledged."""

    def snapshot(self, server: Server, packer: Packer) -> tuple[SavedFile, ...]:
        """Every collection as it was when this began: MongoDB keeps that for five minutes.

        Raises:
            DumpTrouble: it took longer, or a collection was changed or removed meanwhile.
        """
        with _primary(server) as client, client.start_session(snapshot=True) as session:
            before = list(_found(client))
            for each in before:
                about = json_util.dumps(_about(client, each)).encode()
                packer.add(f"{each.path}{ABOUT}", BytesIO(about))
                if each.holds:
                    packer.add(f"{each.path}{BSON}", Lines(_batches(client, each, session)))
            if before != list(_found(client)):
                raise DumpTrouble("collections were made or removed while they were read")
            return packer.files()

    def give_back(self, server: Server, files: Sequence[SavedFile], unpacker: Unpacker) -> None:
        """Collections with their indexes, and views, which may be of any of them, last."""
        by_path = {each.path: each for each in files}
        abouts = {
            path.removesuffix(ABOUT): json_util.loads(unpacker.content(each))
            for path, each in by_path.items() if path.endswith(ABOUT)
        }  # fmt: skip
        with _primary(server) as client:
            for path, about in sorted(abouts.items(), key=lambda each: each[1]["type"] == "view"):
                database, _, name = path.partition("/")
                found = Found(
                    database=database, name=name, kind=about["type"], options=about["options"]
                )
                client[database].command({"create": name, **found.options})
                if found.holds:
                    chunks = unpacker.chunks(by_path[f"{path}{BSON}"])
                    _tell(client[database][found.holds], chunks)
                if about["indexes"]:
                    client[database].command({"createIndexes": name, "indexes": about["indexes"]})

    def contents(self, server: Server) -> Mapping[str, str]:
        """By path, as in a backup: SHA-256 of what there is at one moment."""
        told: dict[str, str] = {}
        with _primary(server) as client, client.start_session(snapshot=True) as session:
            for each in _found(client):
                about = json_util.dumps(_about(client, each)).encode()
                told[f"{each.path}{ABOUT}"] = hashlib.sha256(about).hexdigest()
                if each.holds:
                    digest = hashlib.sha256()
                    for batch in _batches(client, each, session):
                        digest.update(batch)
                    told[f"{each.path}{BSON}"] = digest.hexdigest()
        return told

    def values(self, server: Server, collection: str, name: str) -> set[str]:
        """A field may lie deeper: `index.revision`."""
        with _primary(server) as client:
            rows = client[server.database][collection].aggregate([
                {"$match": {name: {"$ne": None}}}, {"$group": {"_id": f"${name}"}},
            ])  # fmt: skip
            return {str(row["_id"]) for row in rows}


@contextmanager
def _primary(server: Server) -> Generator[_Client]:
    try:
        with _client(server, f"{server.host}:{server.port}") as first:
            said = first.admin.command("hello")
            if said.get("isWritablePrimary"):  # by its name others may not reach it
                yield first
                return
        name, _, port = str(said.get("primary", "")).rpartition(":")
        if not (host := server.doors.get(name, name)):
            raise DumpTrouble("no primary is elected")
        with _client(server, f"{host}:{port}") as client:
            yield client
    except PyMongoError as error:
        raise DumpTrouble(str(error).partition(", full error")[0]) from error


def _client(server: Server, address: str) -> _Client:
    return MongoClient(
        f"mongodb://{address}/", directConnection=True, username="root",
        password=server.password, authSource="admin", serverSelectionTimeoutMS=PATIENCE,
        connectTimeoutMS=PATIENCE, appname="seaway", w="majority",
    )  # fmt: skip


def _found(client: _Client) -> Iterator[Found]:
    """All there is, in order of name, but for what belongs to the server or to another one."""
    for database in sorted(set(client.list_database_names()) - OWN):
        for each in sorted(client[database].list_collections(), key=lambda one: str(one["name"])):
            if not each["name"].startswith("system."):
                yield Found(
                    database=database, name=each["name"], kind=each["type"],
                    options=dict(each["options"]),
                )  # fmt: skip


def _about(client: _Client, found: Found) -> Mapping[str, Any]:
    """Options, and indexes but for the one that each collection has."""
    indexes: list[dict[str, Any]] = []
    if found.kind != "view":
        listed = client[found.database][found.name].list_indexes()
        indexes = [dict(each) for each in listed if each["name"] != "_id_"]
    for each in indexes:
        each.pop("ns", None)
    return {
        "options": found.options, "indexes": sorted(indexes, key=lambda each: each["name"]),
        "collectionName": found.name, "type": found.kind,
    }  # fmt: skip


def _batches(
    client: _Client, found: Found, session: ClientSession
) -> Iterator[bytes]:  # fmt: skip
    """Documents as the server has them, read at the moment of the session.

    A capped collection has an order of its own, and no past: it is read as it is.
    """
    table = client[found.database][found.holds]
    if found.options.get("capped"):
        yield from table.find_raw_batches()  # pyright: ignore[reportReturnType] -- bytes, in truth
    else:
        yield from table.find_raw_batches(sort=[("_id", 1)], session=session)  # pyright: ignore[reportReturnType] -- as above


def _tell(table: _Table, chunks: Iterator[bytes | memoryview]) -> None:
    """Documents of a stream, many at once; none is looked at, so none is refused."""
    batch: list[RawBSONDocument] = []
    size = 0
    for each in _documents(chunks):
        batch.append(RawBSONDocument(each))
        size += len(each)
        if size >= AT_ONCE:
            table.insert_many(batch, bypass_document_validation=True)  # pyright: ignore[reportArgumentType] -- any mapping will do
            batch, size = [], 0
    if batch:
        table.insert_many(batch, bypass_document_validation=True)  # pyright: ignore[reportArgumentType] -- as above


def _documents(chunks: Iterator[bytes | memoryview]) -> Iterator[bytes]:
    """Each begins with its length, the lowest byte first (bsonspec.org)."""
    rest = bytearray()
    for chunk in chunks:
        rest += chunk
        at = 0
        while len(rest) - at >= LENGTH and len(rest) - at >= (
            size := int.from_bytes(rest[at : at + LENGTH], "little")
        ):
            yield bytes(rest[at : at + size])
            at += size
        del rest[:at]
    if rest:
        raise DumpTrouble("the last document is cut off")
