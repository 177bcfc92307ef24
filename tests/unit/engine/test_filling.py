"""Stores are filled in a thread that nobody can stop from outside."""

import asyncio
import io
import os
import threading
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from seaway.engine.restore import Choice, Giver, Part
from seaway.model.backup import Backup, SavedStore
from seaway.saving.packing import BLOCK, Packer
from seaway.saving.repository import BLOCKS, Repository
from tests.fakes.place import MemoryPlace

NOW = datetime(2026, 11, 30, 3, tzinfo=UTC)
MANY = 12


class SlowPlace(MemoryPlace):
    """Whoever reads a block waits until he may."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.may = threading.Event(), threading.Event()
        self.reads = 0

    def read(self, name: str) -> bytes:
        if name.startswith(BLOCKS):
            self.reads += 1
            self.asked.set()
            assert self.may.wait(30)
        return super().read(name)


class Target:
    """Of one empty folder."""

    def __init__(self, folder) -> None:
        self.folder, self.told = folder, False

    async def empty(self, _):
        return self.folder

    async def filled(self, _) -> None:
        self.told = True


@pytest.fixture
def place():
    return SlowPlace()


@pytest.fixture
def choice(place):
    with Packer(Repository.at(place, bytes(32))) as packer:
        packer.add("dump.rdb", io.BytesIO(os.urandom(MANY * BLOCK)))
        store = SavedStore(store="cache", part="redis", version="9", at=NOW, files=packer.files())
    backup = Backup(
        name="shop_backup_20261130_030000", stack="shop", environment="local", began=NOW,
        ended=NOW, stores=(store,),
    )  # fmt: skip
    return Choice((Part(store=store, backup=backup, as_of=NOW),), backup)


async def test_whoever_breaks_it_off_comes_after_all_that_is_written(place, choice, tmp_path):
    """Else what tidies up finds files that have just come, and much is read for nothing."""
    target = Target(tmp_path)
    giver = Giver(repository=Repository.at(place, bytes(32)), target=target)
    filling = asyncio.create_task(giver.fill(SimpleNamespace(find=lambda _: "cache"), choice))
    await asyncio.to_thread(place.asked.wait, 30)

    filling.cancel()
    for _ in range(5):
        await asyncio.sleep(0)
    assert not filling.done()
    place.may.set()
    with pytest.raises(asyncio.CancelledError):
        await filling

    there = sorted(tmp_path.rglob("*"))
    sizes = [each.stat().st_size for each in there]
    await asyncio.get_running_loop().shutdown_default_executor()
    assert sizes == [each.stat().st_size for each in sorted(tmp_path.rglob("*"))]
    assert place.reads < MANY
    assert not target.told


async def test_filled_it_has_what_was_saved(place, choice, tmp_path):
    target = Target(tmp_path)
    place.may.set()
    giver = Giver(repository=Repository.at(place, bytes(32)), target=target)

    await giver.fill(SimpleNamespace(find=lambda _: "cache"), choice)

    assert (tmp_path / "dump.rdb").stat().st_size == MANY * BLOCK
    assert target.told
