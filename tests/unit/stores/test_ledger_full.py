"""The ledger on a full disk: the cause is named, and it goes on once there is room again."""

import errno
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seaway.model.names import Name
from seaway.model.release import Release
from seaway.stores.ledger import SqliteLedger

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_full_disk_is_named_and_is_over_when_there_is_room_again(tmp_path: Path) -> None:
    """SQLite's own limit of pages answers as a full disk does (SQLITE_FULL)."""
    ledger = SqliteLedger(tmp_path / "ledger.db")
    release = Release(stack=Name("shop"), created=NOW, why="x" * 100_000)
    ledger._connection.execute("PRAGMA max_page_count = 10")

    with pytest.raises(OSError, match="ledger") as caught:
        ledger.record(release)
    assert caught.value.errno == errno.ENOSPC

    ledger._connection.execute("PRAGMA max_page_count = 100000")
    assert ledger.record(release).number == 1
