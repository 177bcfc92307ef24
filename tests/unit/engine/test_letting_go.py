"""Whatever is saved when, and whatever rules come and go: the last good chain stays (D11).

`just fuzz tests/unit/engine/test_letting_go.py` tries 20,000 schedules, each from its beginning.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seaway.engine.backup import Taker
from seaway.errors import SeawayError
from seaway.model.backup import Backup, Destination, Keep, Piece, SavedFile, SavedStore, Saving
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.saving.archive import Head
from seaway.saving.checking import ARCHIVED, archive_of
from seaway.saving.log_positions import SEGMENT, segment_name, segment_of, shown
from seaway.saving.repository import Repository
from tests.fakes.clock import HandClock
from tests.fakes.place import MemoryPlace

NOW = datetime(2026, 11, 30, 3, tzinfo=UTC)
STORES = ("db", "files")
RULES = st.tuples(
    st.builds(Keep, daily=st.integers(0, 2), weekly=st.integers(0, 1)),
    st.none() | st.timedeltas(timedelta(days=1), timedelta(days=20)),
)
STEPS = st.one_of(
    st.tuples(st.just("wait"), st.timedeltas(timedelta(minutes=1), timedelta(days=12))),
    st.tuples(st.just("save"), st.sets(st.sampled_from(STORES), min_size=1)),
    st.tuples(st.just("save"), st.sets(st.sampled_from(STORES), min_size=1)),
    st.tuples(st.just("history"), st.none()),
    st.tuples(st.just("rules"), RULES),
)


@dataclass
class World:
    """A stack with a database whose log is kept, and an object store."""

    now: datetime = NOW
    timeline: int = 1
    position: int = SEGMENT
    rules: tuple[Keep, timedelta | None] = (Keep(), timedelta(days=7))
    moments: list[tuple[datetime, int, int]] = field(default_factory=list)
    """Once restorable: when, of which timeline, up to which position."""
    count: int = 0
    repository: Repository = field(
        default_factory=lambda: Repository.at(MemoryPlace(), b"k" * 32)  # type: ignore[arg-type]
    )

    @property
    def savings(self) -> tuple[Saving, ...]:
        keep, window = self.rules
        to = Destination(folder="/kept")
        return (
            Saving(store="db", part="postgres", destination=to, keep=keep, point_in_time=window),
            Saving(store="files", part="s3", destination=to, keep=keep),
        )

    def go_on(self, for_: timedelta) -> None:
        """Rows are written all the time, and their log is kept."""
        self.now += for_
        self.position += SEGMENT * 3 // 4
        archive = archive_of(self.repository, self.database())
        for at in range(segment_of(self.position - SEGMENT), self.position, SEGMENT):
            self.repository.place.write(archive.folder + segment_name(self.timeline, at), b"")
        archive.move(Head(position=self.position, at=self.now, number=1))
        begun = any(
            store.facts.get("timeline") == str(self.timeline)
            for backup in self.repository.backups() if (store := backup.find("db"))
        )  # fmt: skip
        if begun:
            self.moments.append((self.now, self.timeline, self.position))

    def database(self) -> SavedStore:
        at = shown(self.position)
        facts = {"system": "7", "timeline": str(self.timeline), "start": at, "end": at}
        return SavedStore(
            store="db", part="postgres", version="18", at=self.now, files=self.file("db"),
            facts={**facts, ARCHIVED: "yes"},
        )  # fmt: skip

    def file(self, store: str) -> tuple[SavedFile, ...]:
        content = f"{store} {self.count}".encode()
        name = self.repository.seal.name(content)
        self.repository.keep(name, content)
        return (SavedFile(path="it", size=1, digest="", pieces=(Piece(name, 0, 1),)),)

    def save(self, stores: set[str]) -> None:
        self.count += 1
        files = SavedStore(
            store="files", part="s3", version="4", at=self.now, files=self.file("files")
        )
        made = {"db": self.database(), "files": files}
        self.repository.record(Backup(
            name=f"b{self.count:04}_backup_{self.now:%Y%m%d_%H%M%S}", stack="shop",
            environment="local", began=self.now, ended=self.now,
            stores=tuple(made[each] for each in sorted(stores)),
        ))  # fmt: skip
        clock = HandClock(self.now)
        taker = Taker(repository=self.repository, target=None, clock=clock, own={})
        taker._retain(self.savings)


@given(RULES, st.lists(STEPS, min_size=4, max_size=16))
def test_the_last_good_chain_of_each_store_stays(rules, steps):
    """Its backup, its blocks, and all of the log that a moment within the window needs."""
    world, last = World(rules=rules), dict[str, datetime]()
    for kind, told in steps:
        match kind:
            case "wait":
                world.go_on(told)
            case "history":
                world.timeline += 1
                world.go_on(timedelta(minutes=1))
            case "rules":
                world.rules = told
            case _:
                world.go_on(timedelta(minutes=1))
                world.save(told)
                last |= dict.fromkeys(told, world.now)
                holds(world, last)


def test_a_clock_that_is_set_back_loses_no_log():
    """The later backup has the earlier time: what lies between the two is needed all the same."""
    world, started = World(), SEGMENT * 7 // 4
    world.go_on(timedelta(minutes=1))
    world.save({"db"})
    for _ in range(8):
        world.go_on(timedelta(minutes=1))
    world.now -= timedelta(hours=1)

    world.save({"db"})

    archive = archive_of(world.repository, world.database())
    there = {each.rpartition("/")[2] for each in world.repository.place.names(archive.folder)}
    needed = range(segment_of(started), world.position, SEGMENT)
    assert {segment_name(1, at) for at in needed} <= there


async def test_an_older_one_that_cannot_be_read_is_said_and_costs_no_second_backup():
    """Nobody knows which blocks it needs: nothing is let go of until somebody has looked."""
    world = World()
    world.save({"files"})
    [damaged] = world.repository.names()
    world.repository.place.write(f"backups/{damaged}", b"noise")
    clock = HandClock(world.now + timedelta(days=1))
    taker = Taker(repository=world.repository, target=None, clock=clock, own={"vault": b"x"})

    with pytest.raises(SeawayError, match="SW838"):
        await taker.take(Release(stack=Name("shop")), ())

    assert len(world.repository.names()) == 2


def holds(world: World, last: dict[str, datetime]) -> None:
    repository, backups = world.repository, list(world.repository.backups())
    for store, at in last.items():
        assert any(found.at == at for each in backups if (found := each.find(store)))
    for backup in backups:
        for store in backup.stores:
            repository.content(store.files[0].pieces[0].block)
    window, names = world.rules[1], set(repository.place.names("wal/"))
    since = world.now - window if window else world.now
    # what a narrower window once let go is gone: only what it held counts from there on
    world.moments = [each for each in world.moments if each[0] >= since]
    for at, timeline, position in world.moments:
        assert reaches(backups, names, (at, timeline, position), repository)


def reaches(backups, names, told, repository) -> bool:
    """Whether some backup has all the log from itself up to there."""
    at, timeline, position = told
    for backup in backups:
        store = backup.find("db")
        if store and store.at <= at and store.facts["timeline"] == str(timeline):
            folder = archive_of(repository, store).folder
            start = int(store.facts["start"].partition("/")[2], 16)
            wanted = range(segment_of(start), position, SEGMENT)
            if all(folder + segment_name(timeline, each) in names for each in wanted):
                return True
    return False
