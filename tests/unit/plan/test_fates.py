"""What a plan says of each piece of data."""

from seaway.model.names import Name
from seaway.model.release import Release
from seaway.model.workload import Role, Server, Volume, Workload
from seaway.plan.changes import Fate, fates

DB = Workload(
    name=Name("db"), component=Name("db"), role=Role.STORE, program=Server(part="postgres"),
    volumes=(Volume(name="data"),),
)  # fmt: skip
RELEASE = Release(stack=Name("shop"), workloads=(DB,))


def test_data_is_kept_created_or_used_by_nothing_any_more():
    there = [("old", "data", 7)]

    assert [(each.workload, each.fate) for each in fates(RELEASE, there)] == [
        ("db", Fate.CREATED), ("old", Fate.ORPHANED),
    ]  # fmt: skip
    assert [each.fate for each in fates(RELEASE, [("db", "data", 7)])] == [Fate.KEPT]


def test_data_of_another_version_than_the_server_is_to_be_upgraded():
    [fate] = fates(RELEASE, [("db", "data", 7)], {Name("db"): ("15", "18.1")})

    assert (fate.fate, fate.before, fate.after, fate.size) == (Fate.OLDER, "15", "18.1", 7)


def test_what_is_not_there_yet_has_no_version():
    [fate] = fates(RELEASE, [], {Name("db"): ("15", "18.1")})

    assert fate.fate is Fate.CREATED
