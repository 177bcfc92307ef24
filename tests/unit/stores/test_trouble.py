"""Disks in trouble: what is said, what is kept back for them, and what is never lost by them."""

import asyncio
import errno
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from seaway.errors import SeawayError
from seaway.model.finding import Finding
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.stores.alarms import AGAIN, Alarms
from seaway.stores.guard import EVERY, Guard, Kept
from seaway.stores.lease import lease, ring
from seaway.stores.ledger import SqliteLedger
from seaway.stores.reserve import PIECES, SIZE, Reserve
from seaway.stores.room import shortages
from seaway.stores.vault import FileVault
from tests.fakes.clock import HandClock

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FACTS = {"folder": "/x", "problem": "Input/output error"}


_STARVED = """
import os, resource
from seaway.stores.alarms import Alarms
from seaway.stores.clock import SystemClock
alarms = Alarms(SystemClock())
open_now = len(os.listdir("/proc/self/fd")) - 1
resource.setrlimit(resource.RLIMIT_NOFILE, (open_now, open_now))
alarms("SW549", {"supervisor": 1, "used": 2, "limit": 3})
"""


def test_who_can_open_no_file_still_says_what_is_wrong():
    """The words are read when they are first needed."""
    done = subprocess.run([sys.executable, "-c", _STARVED], capture_output=True, check=True)

    assert json.loads(done.stderr)["code"] == "SW549"


def test_folders_that_can_be_written_are_no_news(tmp_path):
    assert shortages([tmp_path, Path("/dev/shm")], os.getpid()) == ()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_removed_and_one_that_takes_no_files_are_told_apart(tmp_path):
    """The fixes differ."""
    found = shortages([tmp_path / "gone", Path("/sys")], 0)

    assert [each.code for each in found] == ["SW544", "SW546"]
    assert found[0].facts["folder"] == str(tmp_path / "gone")


def test_the_reserve_can_be_given_up_piece_by_piece_and_filled_again(tmp_path):
    """Each piece is real room on the disk."""
    reserve = Reserve(tmp_path / "reserve")
    reserve.fill()

    assert all(file.stat().st_blocks * 512 >= SIZE for file in (tmp_path / "reserve").iterdir())
    assert [reserve.give_up() for _ in range(PIECES + 1)] == [*[True] * PIECES, False]
    reserve.fill()
    assert len(list((tmp_path / "reserve").iterdir())) == PIECES


def test_a_stop_is_recorded_with_the_reserve_and_nothing_else_takes_it(tmp_path):
    """A release may be refused on a full disk, a stop never as long as there is a reserve."""
    ledger = SqliteLedger(tmp_path / "ledger.db")
    wanted = ledger.record(Release(stack=Name("shop"), created=NOW))
    assert ledger.wanted() == wanted  # what is limited now is the connection that stays
    Reserve(tmp_path / "reserve").fill()
    ledger._connection.execute("PRAGMA max_page_count = 1")  # it is larger already: full

    with pytest.raises(OSError, match="ledger") as caught:
        ledger.record(Release(stack=Name("shop"), created=NOW, why="x" * 100_000))
    assert caught.value.errno == errno.ENOSPC
    assert len(list((tmp_path / "reserve").iterdir())) == PIECES

    assert ledger.wanted() == wanted
    ledger.want_nothing()
    assert ledger.wanted() is None


REFUSED = """
import sys
from pathlib import Path
from seaway.stores.ledger import SqliteLedger
SqliteLedger(Path(sys.argv[1])).want_nothing()
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace makes calls of the system fail")
def test_a_stop_that_was_refused_is_not_found_after_a_crash(tmp_path):
    """The log on the disk held it, though it was said to have failed, until the next write."""
    ledger = SqliteLedger(tmp_path / "ledger.db")
    wanted = ledger.record(Release(stack=Name("shop"), created=NOW))
    fails = ("strace", "-f", "-o", "/dev/null", "-e", "inject=fdatasync:error=EIO")
    stopping = (sys.executable, "-c", REFUSED, str(tmp_path / "ledger.db"))
    done = subprocess.run([*fails, *stopping], capture_output=True, text=True, check=False)

    assert "Input/output error" in done.stderr
    assert ledger.wanted() == wanted
    (tmp_path / "later").mkdir()
    for name in ("ledger.db", "ledger.db-wal"):  # the index in memory is what a crash takes
        shutil.copy(tmp_path / name, tmp_path / "later" / name)
    assert SqliteLedger(tmp_path / "later/ledger.db").wanted() == wanted


KEPT_OPEN = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.stores.ledger import SqliteLedger
ledger = SqliteLedger(Path(sys.argv[1]))
ledger.record(Release(stack=Name("shop"), created=datetime.now(UTC)))
print(ledger.wanted() is not None, flush=True)
sys.stdin.read()
"""
WRITING = "l_start=120,"
"""Where SQLite locks its index while it writes (wal.c, WAL_WRITE_LOCK)."""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace makes calls of the system fail")
def test_who_waits_holds_nobody_up_though_a_lock_was_not_let_go(tmp_path):
    """SQLite passes over the refusal: the supervisor could write nothing while a command waited."""

    def keeping(folder: str, *fault: str) -> tuple[SqliteLedger, subprocess.Popen[str]]:
        ledger = SqliteLedger(tmp_path / folder / "ledger.db")
        trace = ("strace", "-o", str(tmp_path / f"{folder}.txt"), "-e", "trace=fcntl", *fault)
        program = (sys.executable, "-c", KEPT_OPEN, str(tmp_path / folder / "ledger.db"))
        process = subprocess.Popen([*trace, *program], stdin=subprocess.PIPE, text=True,
                                   stdout=subprocess.PIPE)  # fmt: skip
        assert process.stdout
        assert process.stdout.readline() == "True\n"
        return ledger, process

    keeping("once")[1].communicate(timeout=30)
    calls = (tmp_path / "once.txt").read_text().splitlines()
    freed = [number for number, each in enumerate(calls, 1) if WRITING in each and "UNLCK" in each]
    ledger, process = keeping("refused", "-e", f"inject=fcntl:error=ENOLCK:when={freed[-1]}")
    try:
        ledger.record(Release(stack=Name("shop"), created=NOW))
    finally:
        process.communicate(timeout=30)
    [refused] = [each for each in (tmp_path / "refused.txt").read_text().splitlines()
                 if "INJECTED" in each]  # fmt: skip
    assert WRITING in refused


def test_a_damaged_ledger_is_called_so(tmp_path):
    """Not by a traceback: the reader can move it away."""
    (tmp_path / "ledger.db").write_bytes(b"no database at all" * 1000)

    with pytest.raises(SeawayError) as caught:
        SqliteLedger(tmp_path / "ledger.db")
    assert caught.value.code == "SW541"


def test_a_vault_without_its_key_gets_no_other_key(tmp_path):
    """The right one may still be brought back from a copy."""
    vault = FileVault(tmp_path / "vault")
    vault.write("A", "value")
    key = (tmp_path / "vault.key").read_text()
    (tmp_path / "vault.key").unlink()

    with pytest.raises(SeawayError) as caught:
        FileVault(tmp_path / "vault").read("A")
    assert caught.value.code == "SW703"
    assert not (tmp_path / "vault.key").exists()
    (tmp_path / "vault.key").write_text(key)
    assert FileVault(tmp_path / "vault").read("A") == "value"


def test_a_lease_knows_when_the_folder_is_another_one(tmp_path):
    """A disk that was mounted over it, or a folder that was removed, is not its own any more."""
    folder = tmp_path / "state"
    folder.mkdir()
    with lease(folder / "lock") as mine:
        assert mine()
        folder.rename(tmp_path / "aside")
        assert not mine()
        folder.mkdir()
        (folder / "lock").touch()
        assert not mine()


def test_a_bell_that_cannot_be_rung_is_told_of(tmp_path):
    """Else a command would wait for ever for a supervisor that sleeps."""
    with pytest.raises(IsADirectoryError):
        ring(tmp_path)


def test_an_alarm_is_said_once_a_minute_and_later_when_nothing_can_be_written(tmp_path):
    """The log of a supervisor is on the very disk that is full."""
    clock, file = HandClock(), tmp_path / "log"
    file.touch()
    handle = os.open("/dev/full", os.O_WRONLY)
    try:
        alarms = Alarms(clock, handle)
        alarms("SW546", FACTS)
        with file.open("ab") as room:
            os.dup2(room.fileno(), handle)
        alarms("SW546", FACTS)
        clock._now += AGAIN + timedelta(seconds=1)
        alarms("SW546", FACTS)
    finally:
        os.close(handle)

    told = [json.loads(line) for line in file.read_text().splitlines()]
    assert [each["code"] for each in told] == ["SW546", "SW546"]
    assert "/x" in told[0]["m"]


def test_a_folder_that_was_removed_and_made_again_is_noticed(tmp_path):
    """A shim makes the log folder again with its next line: nothing is missing any more."""
    kept = Kept(tmp_path / "logs")

    assert not kept.keep()
    assert not kept.keep()
    (tmp_path / "logs").rmdir()
    (tmp_path / "logs").mkdir()
    assert kept.keep()
    assert not kept.keep()


async def test_the_guard_says_when_trouble_begins_and_when_it_is_over(tmp_path):
    """In the ledger as far as it goes, and it makes up for what was given up or removed."""
    clock, trouble = HandClock(), list[Finding]()
    ledger, nowhere = SqliteLedger(tmp_path / "ledger.db"), os.open("/dev/null", os.O_WRONLY)
    guard = Guard(
        look=trouble.copy, logs=Kept(tmp_path / "logs"), reserve=Reserve(tmp_path / "reserve"),
        ledger=ledger, clock=clock, alarms=Alarms(clock, nowhere),
    )  # fmt: skip
    watching = asyncio.create_task(guard.watch())
    try:
        await _until((tmp_path / "reserve" / "0").exists)
        trouble.append(Finding(code="SW542", facts={"folder": "/x"}))
        await _until(lambda: [e.code for e in ledger.events(0)] == ["SW542"], clock)
        trouble.clear()
        await _until(lambda: [e.code for e in ledger.events(0)] == ["SW542", "SW548"], clock)
        assert (tmp_path / "logs").is_dir()
    finally:
        watching.cancel()
        os.close(nowhere)
        ledger.close()


async def _until(claim, clock=None):
    async with asyncio.timeout(20):
        while not claim():
            await asyncio.sleep(0.01)
            if clock is not None:
                await clock.turn(by=EVERY)
