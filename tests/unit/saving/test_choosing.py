"""Which backup is taken, where others are damaged or missing: the right one, or none."""

from datetime import UTC, datetime, timedelta

import pytest

from seaway.engine.restore import Wish, choose
from seaway.errors import SeawayError, UsageError
from seaway.model.backup import Backup, SavedStore
from seaway.model.names import Name
from seaway.saving.repository import Repository
from tests.fakes.place import kept as repository

NOW = datetime(2026, 11, 30, 3, tzinfo=UTC)
OLD, NEW = NOW - timedelta(days=30), NOW - timedelta(days=1)


def backup(at: datetime, *stores: str) -> Backup:
    return Backup(
        name=f"shop_backup_{at:%Y%m%d_%H%M%S}", stack=Name("shop"), environment="local",
        began=at, ended=at,
        stores=tuple(SavedStore(store=Name(s), part="s3", version="4", at=at) for s in stores),
    )  # fmt: skip


def damaged(kept: Repository, one: Backup) -> None:
    kept.place.write(f"backups/{one.name}", b"noise")


def lost(kept: Repository, one: Backup) -> None:
    kept.place.remove(f"backups/{one.name}")


@pytest.fixture(params=[damaged, lost])
def spoil(request):
    return request.param


def test_an_old_one_is_no_reason_against_the_newest(spoil):
    old, new = backup(OLD, "files"), backup(NEW, "files")
    kept = repository(old, new)
    spoil(kept, old)

    [part] = choose(kept, Wish(), ["files"]).parts

    assert part.backup == new


def test_one_that_may_be_newer_is(spoil):
    """Names are in the time zone of a schedule: a day tells nothing."""
    for late in (NOW, NEW - timedelta(hours=20)):
        old, new, other = backup(OLD, "files"), backup(NEW, "files"), backup(late, "files")
        kept = repository(old, new, other)
        spoil(kept, other)

        with pytest.raises(SeawayError, match="SW838"):
            choose(kept, Wish())


def test_an_old_one_is_where_a_store_was_saved_before_it(spoil):
    """It may hold that store, of a later time."""
    first, old, new = (
        backup(OLD - timedelta(days=9), "pics"), backup(OLD, "files"), backup(NEW, "files"),
    )  # fmt: skip
    kept = repository(first, old, new)
    spoil(kept, old)

    with pytest.raises(SeawayError, match="SW838"):
        choose(kept, Wish())


def test_an_old_one_is_where_a_store_is_in_no_other(spoil):
    old, new = backup(OLD, "files", "pics"), backup(NEW, "files")
    kept = repository(old, new)
    spoil(kept, old)

    with pytest.raises(SeawayError, match="SW838"):
        choose(kept, Wish(), ["files", "pics"])
    assert choose(kept, Wish(stores=("files",)), ["files"]).parts


def test_where_none_can_be_read_that_is_said(spoil):
    only = backup(NEW, "files")
    kept = repository(only)
    spoil(kept, only)

    with pytest.raises(SeawayError, match="SW838"):
        choose(kept, Wish())
    with pytest.raises(UsageError, match="SW840"):
        choose(repository(), Wish())


def test_a_moment_before_it_is_refused_as_ever(spoil):
    old, other, new = backup(OLD, "files"), backup(NEW, "files"), backup(NOW, "files")
    kept = repository(old, other, new)
    spoil(kept, other)

    with pytest.raises(SeawayError, match="SW838"):
        choose(kept, Wish(at=NEW + timedelta(hours=1)))
