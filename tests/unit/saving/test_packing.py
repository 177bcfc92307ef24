"""Files into blocks and back; and a base backup that is compared with what its server says."""

import io
import json
import struct
import tarfile

import pytest

from seaway.saving.packing import BLOCK, Packer, Unpacker
from seaway.saving.postgres import _received
from seaway.saving.repository import BLOCKS, Repository
from seaway.saving.sealing import Damaged
from tests.fakes.place import MemoryPlace

DIGITS, SUM = b"123456789", "839206e3"
"""The check value of CRC-32C (RFC 3720), byte by byte as a server writes it."""


@pytest.fixture
def repository():
    return Repository.at(MemoryPlace(), bytes(32))


def test_files_of_any_size_come_back_and_equal_blocks_are_kept_once(repository):
    contents = {
        "empty": b"", "small": b"s", "also small": b"a" * 100,
        "large": bytes(BLOCK) + b"end", "twice": bytes(BLOCK), "whole": b"x" * BLOCK,
    }  # fmt: skip

    with Packer(repository) as packer:
        for path, content in contents.items():
            packer.add(path, io.BytesIO(content))
        files = packer.files()
        again = Packer(repository, set(repository.block_names()))
        again.add("small", io.BytesIO(b"s" * BLOCK))
        again.add("twice", io.BytesIO(bytes(BLOCK)))
        again.files()

    assert [each.path for each in files] == sorted(contents)
    unpacker = Unpacker(repository)
    assert {each.path: unpacker.content(each) for each in files} == contents
    kept = [len(repository.place.read(each)) for each in repository.place.names(BLOCKS)]
    assert len(kept) == 5  # zeros, "end", "x", what two small ones share, and "s"
    assert packer.written + again.written == sum(kept)


def test_a_block_that_cannot_be_written_is_told_when_the_files_are(repository, monkeypatch):
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Repository, "keep", full)
    with Packer(repository) as packer:
        packer.add("one", io.BytesIO(b"1"))
        with pytest.raises(OSError, match="No space"):
            packer.files()


def archive(files):
    """As a server sends it: directories, and files of which some have long paths."""
    made = io.BytesIO()
    with tarfile.open(mode="w", fileobj=made, format=tarfile.USTAR_FORMAT) as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            if content is None:
                member.type = tarfile.DIRTYPE
            else:
                member.size = len(content)
            tar.addfile(member, io.BytesIO(content or b""))
    return made.getvalue()


class Server:
    """Answers with an archive, in pieces of any size, and a manifest."""

    def __init__(self, content, told, size=1000):
        pieces = [content[at : at + size] for at in range(0, len(content), size)]
        self.said = [
            (b"d", b"nbase.tar\0\0"), *((b"d", b"d" + each) for each in pieces), (b"d", b"m"),
            (b"d", b"d" + json.dumps({"Files": told}).encode()), (b"Z", b"I"),
        ]  # fmt: skip

    def send(self, kind, body):
        assert (kind, body[:11]) == (b"Q", b"BASE_BACKUP")

    def receive(self):
        return self.said.pop(0)


def of(path, size, checksum):
    return {"Path": path, "Size": size, "Checksum": checksum}


@pytest.mark.parametrize(
    "told",
    [
        of("base/1", 9, "839206e4"), of("base/1", 8, SUM), of("base/2", 9, SUM),
        of("base/1", 9, struct.pack(">I", 0xE3069283).hex()),
    ],
)  # fmt: skip
def test_what_is_not_as_the_server_sent_it_is_no_backup(repository, told):
    content = archive({"base/1": DIGITS})
    with Packer(repository) as packer:
        _received(Server(content, [of("base/1", 9, SUM)]), "x", packer)
        with pytest.raises(Damaged, match=str(told["Path"])):
            _received(Server(content, [told]), "x", packer)


def test_the_archive_of_a_server_is_taken_apart(repository):
    long, large = f"{'d' * 120}/{'f' * 90}", bytes(range(256)) * (BLOCK // 256) + b"and more"
    files = {"base": None, "base/1": DIGITS, long: b"", "base/2": large, "pg_wal": None}

    with Packer(repository) as packer:
        found, _ = _received(Server(archive(files), [of("base/1", 9, SUM)]), "x", packer)

    unpacker = Unpacker(repository)
    content = {each.path: unpacker.content(each) for each in found}
    assert content.pop("backup_manifest")
    assert content == {"base/": b"", "base/1": DIGITS, long: b"", "base/2": large, "pg_wal/": b""}


@pytest.mark.parametrize("cut", [600, 1024, 1500])
def test_an_archive_that_is_cut_off_is_no_backup(repository, cut):
    content = archive({"base/0": b"x" * 500, "base/1": DIGITS})[:cut]
    told = [of("base/1", 9, SUM)]
    with Packer(repository) as packer, pytest.raises(Damaged):
        _received(Server(content, told), "x", packer)
