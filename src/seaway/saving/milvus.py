"""What Milvus gives: each collection's schema and indexes, and its rows as lines of JSON.

Rows are read one after the other and not at one moment: Milvus has no snapshot to read from.
"""

# mypy: disable-error-code="no-any-return"
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false
# pyright: reportArgumentType=false, reportIndexIssue=false
# pymilvus has no types, or wrong ones; what goes in and what comes out is said here.

import hashlib
import json
import logging
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO

from pymilvus import (  # type: ignore[import-untyped]  # it has none
    CollectionSchema,
    DataType,
    MilvusClient,
)
from pymilvus.exceptions import MilvusException  # type: ignore[import-untyped]  # likewise

from seaway.model.backup import SavedFile
from seaway.saving.dumping import DumpTrouble, Lines, Server
from seaway.saving.packing import Packer, Unpacker

LIMIT = 60.0
"""Seconds for a call."""
AT_ONCE = 1000
"""Rows in one question or answer; 16,384 are the most that Milvus hands out."""
SCHEMA, ROWS = "/schema.json", "/rows.ndjson"
SIMPLE = frozenset({
    DataType.BOOL, DataType.INT8, DataType.INT16, DataType.INT32, DataType.INT64, DataType.FLOAT,
    DataType.DOUBLE, DataType.VARCHAR, DataType.JSON, DataType.FLOAT_VECTOR,
})  # fmt: skip
"""What is the same again after a way through JSON; others are refused."""
Row = Mapping[str, object]
Described = dict[str, object]


class MilvusDump:
    """One server, whose logins, if it has any, are not ours to use."""

    def snapshot(self, server: Server, packer: Packer) -> tuple[SavedFile, ...]:
        """Every collection with all of its rows, in order of their keys."""
        with _opened(server) as client:
            for name in sorted(client.list_collections(timeout=LIMIT)):
                about = _about(client, name)
                packer.add(f"{name}{SCHEMA}", BytesIO(_packed(about)))
                packer.add(f"{name}{ROWS}", Lines(_lines(client, name, about)))
            return packer.files()

    def give_back(self, server: Server, files: Sequence[SavedFile], unpacker: Unpacker) -> None:
        """Collections with their indexes, in memory as those who ask them expect."""
        by_path = {each.path: each for each in files}
        with _opened(server) as client:
            for path, file in sorted(by_path.items()):
                if not path.endswith(SCHEMA):
                    continue
                name = path.removesuffix(SCHEMA)
                _make(client, name, json.loads(unpacker.content(file)))
                rows = unpacker.chunks(by_path[f"{name}{ROWS}"])
                for part in _parts(rows):
                    client.insert(name, part, timeout=LIMIT)
                client.flush(name, timeout=LIMIT)

    def contents(self, server: Server) -> Mapping[str, str]:
        """By path, as in a backup: SHA-256 of what there is."""
        told: dict[str, str] = {}
        with _opened(server) as client:
            for name in sorted(client.list_collections(timeout=LIMIT)):
                about = _about(client, name)
                told[f"{name}{SCHEMA}"] = hashlib.sha256(_packed(about)).hexdigest()
                digest = hashlib.sha256()
                for line in _lines(client, name, about):
                    digest.update(line)
                told[f"{name}{ROWS}"] = digest.hexdigest()
        return told

    def values(self, server: Server, collection: str, name: str) -> set[str]:
        """Of the rows that there are now."""
        with _opened(server) as client:
            client.load_collection(collection, timeout=LIMIT)
            return {str(row[name]) for row in _rows(client, collection, name)}


@contextmanager
def _opened(server: Server) -> Generator[MilvusClient]:
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it would print its call stacks
    client = None
    try:
        client = MilvusClient(f"http://{server.host}:{server.port}", timeout=LIMIT)
        yield client
    except MilvusException as error:
        raise DumpTrouble(str(error.message)) from error
    finally:
        if client is not None:
            client.close()


def _about(client: MilvusClient, name: str) -> Described:
    """What a collection is made of.

    Raises:
        DumpTrouble: it has a kind of field that would not be the same again.
    """
    told = client.describe_collection(name, timeout=LIMIT)
    for each in told["fields"]:
        if each["type"] not in SIMPLE or told["auto_id"]:
            raise DumpTrouble(f"{name}.{each['name']} has a type that cannot be saved")
    fields = [{**each, "type": int(each["type"])} for each in told["fields"]]
    indexes = [
        client.describe_index(name, each, timeout=LIMIT)
        for each in sorted(client.list_indexes(name, timeout=LIMIT))
    ]  # fmt: skip
    kept = [
        {key: value for key, value in each.items() if key not in COUNTS} for each in indexes
    ]  # fmt: skip
    return {
        "fields": fields, "auto_id": told["auto_id"], "description": told["description"],
        "enable_dynamic_field": told["enable_dynamic_field"],
        "consistency": told["consistency_level_name"], "indexes": kept,
    }  # fmt: skip


COUNTS = frozenset({"total_rows", "indexed_rows", "pending_index_rows", "state"})
"""Of an index: what changes by itself."""


def _make(client: MilvusClient, name: str, about: Described) -> None:
    fields = [{**each, "type": DataType(each["type"])} for each in about["fields"]]  # type: ignore[attr-defined]  # as _about made it
    schema = CollectionSchema.construct_from_dict({**about, "fields": fields})
    indexes = client.prepare_index_params()
    for each in about["indexes"]:  # type: ignore[attr-defined]  # likewise
        known = {"field_name", "index_type", "index_name", "metric_type"}
        params = {key: value for key, value in each.items() if key not in known}
        indexes.add_index(**{key: each[key] for key in known & each.keys()}, params=params)
    client.create_collection(
        name, schema=schema, index_params=indexes, consistency_level=about["consistency"],
        timeout=LIMIT,
    )  # fmt: skip
    client.load_collection(name, timeout=LIMIT)


def _lines(client: MilvusClient, name: str, about: Described) -> Iterator[bytes]:
    """All rows in order of their keys, which Milvus does not promise: they are sorted in memory."""
    client.load_collection(name, timeout=LIMIT)
    [key] = [each["name"] for each in about["fields"] if each.get("is_primary")]  # type: ignore[attr-defined]  # as above
    packed = sorted((row[key], _packed(row)) for row in _rows(client, name))
    yield from (line + b"\n" for _, line in packed)


def _rows(client: MilvusClient, name: str, *fields: str) -> Iterator[Row]:
    wanted = list(fields or ("*",))
    reader = client.query_iterator(name, batch_size=AT_ONCE, output_fields=wanted, timeout=LIMIT)
    try:
        while batch := reader.next():
            yield from batch
    finally:
        reader.close()


def _packed(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _parts(chunks: Iterator[bytes | memoryview]) -> Iterator[list[Row]]:
    """Rows, many at once."""
    part: list[Row] = []
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + bytes(chunk)).split(b"\n")
        part += map(json.loads, whole)
        while len(part) >= AT_ONCE:
            yield part[:AT_ONCE]
            part = part[AT_ONCE:]
    if part:
        yield part
