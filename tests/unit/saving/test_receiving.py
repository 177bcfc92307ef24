"""The log of a database goes into its archive without a hole, whatever was there before."""

import asyncio
import hashlib
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from seaway.model.backup import SavedFile, SavedStore
from seaway.saving import receiving
from seaway.saving.archive import Archive, Head
from seaway.saving.checking import ARCHIVED, check_log, damages
from seaway.saving.giving_back import CLUSTER, Until, fill_postgres
from seaway.saving.log_positions import SEGMENT, shown
from seaway.saving.packing import Unpacker
from seaway.saving.postgres import System, Written
from seaway.saving.repository import Repository
from seaway.stores.clock import SystemClock
from tests.fakes.place import MemoryPlace

NOW = datetime(2026, 11, 30, 3, tzinfo=UTC)
FIRST = 16 * SEGMENT
LOG = b"log " * 50_000
"""What the server has from the start of that segment on."""


@pytest.fixture
def repository():
    return Repository.at(MemoryPlace(), b"k" * 32)


@pytest.fixture
def archive(repository):
    return Archive(repository, "db", "7", 2)


@pytest.fixture
def server(monkeypatch):
    """Answers as PostgreSQL does to whoever follows its log."""

    @asynccontextmanager
    async def session(login):
        yield None

    async def who(_):
        return System("7", 2, FIRST + len(LOG))

    async def nothing(*_):
        return None

    async def sent(_session, _slot, _timeline, start):
        yield Written(start, LOG[start - FIRST :])
        await asyncio.sleep(60)

    async def moment(_):
        return NOW, FIRST + len(LOG)

    for name, fake in {
        "replicating": session, "connected": session, "system": who, "make_slot": nothing,
        "log_from": sent, "moment": moment, "confirm": lambda *_: None,
    }.items():  # fmt: skip
        monkeypatch.setattr(receiving, name, fake)


async def follow(repository: Repository, archive: Archive) -> None:
    """Until all that the server has is kept."""
    receiver = receiving.Receiver(repository, "db", SystemClock())
    following = asyncio.create_task(receiver.follow(None))  # type: ignore[arg-type]  # of a fake
    async with asyncio.timeout(10):
        while (head := archive.head()) is None or head.position < FIRST + len(LOG):  # noqa: ASYNC110 -- another task
            await asyncio.sleep(0.01)
    following.cancel()
    await asyncio.wait({following})


def of_a_backup(start: int) -> SavedStore:
    facts = {"system": "7", "timeline": "2", "start": shown(start), "end": shown(start)}
    return SavedStore(
        store="db", part="postgres", version="18", at=NOW, facts={**facts, ARCHIVED: "yes"}
    )


async def test_a_new_log_is_kept_from_the_start_of_its_segment(server, repository, archive):
    await follow(repository, archive)

    assert check_log(repository, of_a_backup(FIRST + 100)) == FIRST + len(LOG)


@pytest.mark.parametrize("left", ["nothing", "its end"])
async def test_a_history_that_comes_back_after_its_log_was_let_go_is_whole_again(
    server, repository, archive, left
):
    """It had no backup any more; then the data that had been put aside was taken back."""
    known = FIRST + 10_000
    archive.move(Head(position=known, at=NOW).broken(NOW))
    if left == "its end":
        archive.keep_piece(FIRST + 6_000, LOG[6_000:10_000])

    await follow(repository, archive)

    assert check_log(repository, of_a_backup(known + 100)) == FIRST + len(LOG)
    [(_, content)] = archive.segments(known + 100, FIRST + len(LOG))
    assert content.rstrip(b"\0") == LOG


async def test_where_all_of_it_is_there_it_goes_on_from_its_end(server, repository, archive):
    archive.keep_piece(FIRST, LOG[:10_000])
    archive.move(Head(position=FIRST + 10_000, at=NOW).broken(NOW))

    await follow(repository, archive)

    pieces = [each.partition(".")[2] for each in repository.place.names(archive.folder)]
    assert sorted(filter(None, pieces)) == [f"0000000-{10_000:07X}", f"{10_000:07X}-{len(LOG):07X}"]


def test_two_that_are_brought_back_one_after_the_other_have_two_histories(
    repository, archive, tmp_path
):
    """The second before any log of the first was kept: both would write the same one."""
    folder = SavedFile(path="pg_wal/", size=0, digest=hashlib.sha256().hexdigest())
    settings = replace(folder, path="postgresql.auto.conf")
    store = replace(of_a_backup(FIRST), files=(folder, settings))
    used = []
    for name, lasting in (("aside", False), ("one", True), ("two", True), ("three", True)):
        (tmp_path / name).mkdir()
        fill_postgres(
            tmp_path / name, store, Until(), Unpacker(repository), archive, lasting=lasting
        )
        used.append(sorted(each.stem for each in (tmp_path / name / CLUSTER).rglob("*.history")))

    assert used == [[], [], ["00000003"], ["00000003", "00000004"]]
    assert replace(archive, timeline=3).head() is None
    assert not list(damages(repository))
