"""Older things in the place of newer ones are noticed; what a kill leaves behind is no damage."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from seaway.model.backup import Backup, SavedStore
from seaway.saving.archive import HEAD, WITNESS, Archive, Gap, Head
from seaway.saving.checking import ARCHIVED, check_log, damages
from seaway.saving.log_positions import SEGMENT, segment_name, shown
from seaway.saving.repository import BACKUPS, CATALOGUE, Repository
from seaway.saving.sealing import Damaged
from tests.fakes.place import MemoryPlace

NOW = datetime(2026, 11, 30, 3, tzinfo=UTC)


@pytest.fixture
def place():
    return MemoryPlace()


@pytest.fixture
def repository(place):
    return Repository.at(place, b"k" * 32)


@pytest.fixture
def archive(repository):
    return Archive(repository, "db", "7", 1)


def backup(number: int) -> Backup:
    at = NOW + timedelta(days=number)
    return Backup(
        name=f"shop_backup_{at:%Y%m%d_%H%M%S}", stack="shop", environment="local", began=at,
        ended=at, stores=(),
    )  # fmt: skip


def test_an_older_catalogue_is_noticed(repository, place):
    repository.record(backup(1))
    older = place.files[CATALOGUE]
    repository.record(backup(2))
    place.files[CATALOGUE] = older

    with pytest.raises(Damaged, match=CATALOGUE):
        repository.missing()


def test_a_backup_whose_catalogue_was_not_written_any_more_counts(repository, place):
    """Whoever wrote it was killed just then."""
    written: list[bytes] = []
    write = place.write

    def remembered(name, data, *, durable=True):
        write(name, data, durable=durable)
        if name == CATALOGUE:
            written.append(data)

    place.write = remembered
    repository.record(backup(1))
    place.files[CATALOGUE] = written[0]

    assert not list(damages(repository))
    assert repository.names() == [backup(1).name]


def test_a_lost_backup_is_missed_and_one_that_was_let_go_is_not(repository, place):
    for number in (1, 2, 3):
        repository.record(backup(number))
    repository.remove([backup(1).name])
    assert not list(damages(repository))

    place.remove(f"{BACKUPS}{backup(2).name}")

    assert list(repository.missing()) == [backup(2).name]


def test_a_lost_backup_is_missed_until_it_is_given_up(repository, place):
    """Whoever takes the next backup does not cover it up."""
    for number in (1, 2):
        repository.record(backup(number))
    place.remove(f"{BACKUPS}{backup(1).name}")
    repository.record(backup(3))
    assert repository.looked_through()[1] == [backup(1).name]

    repository.remove([backup(1).name])

    assert not list(damages(repository))
    assert repository.names() == [backup(2).name, backup(3).name]


def test_a_damaged_backup_can_be_given_up(repository, place):
    for number in (1, 2):
        repository.record(backup(number))
    place.files[f"{BACKUPS}{backup(1).name}"] += b"x"
    assert repository.looked_through()[1] == [backup(1).name]
    with pytest.raises(Damaged):
        repository.sweep()

    repository.remove([backup(1).name])

    assert repository.sweep() == 0
    assert [each.name for each in repository.backups()] == [backup(2).name]


def test_an_older_head_of_a_log_is_noticed(archive, place):
    head = Head(position=SEGMENT, at=NOW).broken(NOW).moved(SEGMENT, NOW)
    archive.move(head)
    older = place.files[archive.folder + HEAD]
    archive.move(head.moved(SEGMENT, NOW + timedelta(seconds=5)))
    place.files[archive.folder + HEAD] = older

    with pytest.raises(Damaged, match=HEAD):
        archive.head()


def test_a_head_whose_witness_was_not_written_any_more_is_sound(archive, place):
    head = Head(position=SEGMENT, at=NOW).broken(NOW).moved(SEGMENT, NOW)
    archive.move(head)
    witness = place.files[archive.folder + WITNESS]
    later = head.moved(SEGMENT, NOW + timedelta(seconds=5))
    archive.move(later)
    place.files[archive.folder + WITNESS] = witness

    assert archive.head() == later


def test_a_lost_witness_is_noticed(archive, place):
    head = Head(position=SEGMENT, at=NOW).broken(NOW).moved(SEGMENT, NOW)
    archive.move(head)
    archive.move(head.moved(SEGMENT, NOW))
    place.remove(archive.folder + WITNESS)

    with pytest.raises(Damaged, match=HEAD):
        archive.head()


def test_through_a_gap_of_the_log_nothing_leads_and_on_both_sides_it_is_sound(repository, archive):
    """The server gave up the slot, for its disk was filling: what it had not sent is lost."""
    archive.keep_segment(SEGMENT, b"first".ljust(SEGMENT, b"\0"))
    head = Head(position=2 * SEGMENT, at=NOW).broken(NOW)
    archive.move(head.jumped(Gap(2 * SEGMENT, 5 * SEGMENT)))
    archive.keep_segment(5 * SEGMENT, b"again".ljust(SEGMENT, b"\0"))
    before, after = store(SEGMENT), store(5 * SEGMENT)

    assert check_log(repository, before) == check_log(repository, after) == 6 * SEGMENT
    with pytest.raises(Damaged):
        list(archive.segments(SEGMENT, 6 * SEGMENT))


def test_with_a_clock_that_was_set_back_all_of_the_log_is_looked_at(repository, archive, place):
    """The backup that begins first is not the one with the earliest time."""
    for at in (SEGMENT, 2 * SEGMENT):
        archive.keep_segment(at, b"log".ljust(SEGMENT, b"\0"))
    archive.move(Head(position=3 * SEGMENT, at=NOW).broken(NOW).moved(3 * SEGMENT, NOW))
    for number, start in ((2, SEGMENT), (1, 2 * SEGMENT)):
        repository.record(replace(backup(number), stores=(store(start),)))
    assert not list(damages(repository))

    place.remove(archive.folder + segment_name(1, SEGMENT))

    assert [name for name, _ in damages(repository)] == ["wal/db"]


def store(start: int) -> SavedStore:
    facts = {"system": "7", "timeline": "1", "start": shown(start), "end": shown(start)}
    return SavedStore(
        store="db", part="postgres", version="18", at=NOW, facts={**facts, ARCHIVED: "yes"}
    )
