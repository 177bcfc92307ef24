"""What is taken to another environment, which secrets go with it, and what counts as the same."""

from dataclasses import replace

import pytest

from seaway.engine.move import carry, differing, everything, quiet
from seaway.engine.restore import whole
from seaway.errors import UsageError
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.model.route import Routing, Site
from seaway.model.scaling import Scaling
from seaway.model.workload import Command, Role, Server, Volume, Workload
from seaway.ports.component import SecretNeed
from seaway.ports.saving import KEY

DB = Workload(
    name=Name("db"), component=Name("db"), role=Role.STORE, program=Server(part="postgres"),
    volumes=(Volume(name="data"),),
)  # fmt: skip
API = Workload(
    name=Name("api"), component=Name("api"), program=Command(argv=("api",)), replicas=3
)  # fmt: skip
NIGHTLY = replace(API, name=Name("nightly"), role=Role.SCHEDULE)
SITE = Site(host="shop.example", routes=(), tls="acme")
HERE = Release(
    stack=Name("shop"), workloads=(DB, API, NIGHTLY), routing=Routing(sites=(SITE,)), number=7
)
THERE = replace(HERE, environment="docker")


class Kept:
    """A vault in memory."""

    def __init__(self, **values: str) -> None:
        self.values = values

    def versions(self) -> dict[str, int]:
        return dict.fromkeys(self.values, 1)

    def read(self, name: str, version: int = 0) -> str:
        assert not version
        return self.values[name]

    def write(self, name: str, value: str) -> int:
        self.values[name] = value
        return 1

    def write_pair(self, name: str, public: str, bits: int) -> int:
        raise NotImplementedError


def test_all_stores_are_taken_whether_they_are_saved_or_not():
    assert [each.store for each in everything(HERE, THERE)] == ["db"]


def test_a_store_of_another_kind_there_is_refused():
    other = THERE.with_workload(replace(DB, program=Server(part="redis")))

    with pytest.raises(UsageError, match="SW866"):
        everything(HERE, other)


def test_a_cluster_is_refused_for_each_of_its_nodes_has_other_keys():
    cache = replace(DB, name=Name("cache"), program=Server(part="redis"), replicas=6)
    release = replace(HERE, workloads=(cache,))

    with pytest.raises(UsageError, match="SW867"):
        everything(release, release)


def test_while_data_is_taken_only_stores_run():
    assert [each.name for each in quiet(HERE).workloads] == ["db"]
    assert quiet(HERE).routing.sites == ()


def test_what_differs_is_named_by_store():
    before = {"db": {"t": "3 17", "u": "1 1"}, "files": {}}

    assert list(differing(before, {"db": {"t": "3 17"}, "files": {"pics/1": "x"}})) == [
        "db: u", "files: pics/1",
    ]  # fmt: skip


def test_made_secrets_go_with_the_data_and_given_ones_stay():
    """Tokens of users and passwords of stores hold; a key somebody gave for that environment, too,
    and the one that opens its older backups."""
    mine = Kept(token="a", api_key="mine", key=KEY, **{KEY: "new"})
    theirs = Kept(token="b", api_key="theirs", **{KEY: "old"})
    needs = [SecretNeed(name="token", generate=24), SecretNeed(name="api_key"),
             SecretNeed(name=KEY, generate=32)]  # fmt: skip

    carry(mine, theirs, needs)

    assert theirs.values == {"token": "a", "api_key": "theirs", "key": KEY, KEY: "old"}


def test_a_copy_for_a_drill_has_one_of_each_and_asks_no_authority():
    scaled = HERE.with_workload(replace(API, scaling=Scaling(least=2, most=9)))

    copy = whole(scaled, "shop-drill")

    assert [(each.name, each.replicas) for each in copy.workloads] == [("db", 1), ("api", 1)]
    assert copy.find("api").scaling is None
    assert [each.tls for each in copy.routing.sites] == ["local"]
