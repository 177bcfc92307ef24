"""Holes filled with what is known on this machine."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from seaway.errors import StepFailed
from seaway.model.names import Digest, InstanceId, Name
from seaway.model.release import Release
from seaway.model.text import Host, Own, Port, Secret, SecretFile, Text
from seaway.model.workload import Command, Role, Workload
from seaway.targets.local.fill import Filler
from seaway.targets.local.ports import Ports
from seaway.targets.local.record import Record
from seaway.targets.local.state import StateFolder
from seaway.targets.local.traffic import ServicePorts

DB, API, USER, INGRESS = Name("db"), Name("api"), Name("user"), Name("ingress")


class Secrets:
    def versions(self):
        return {"db.password": 2}

    def read(self, name, version=0):
        return f"{name}/{version or 2}"

    def write(self, name, value):
        raise NotImplementedError


def workload(name, **changes):
    return Workload(name=name, component=name, program=Command(argv=("x",)), **changes)


def record(workload, number=0, **ports):
    return Record(
        id=InstanceId(f"{workload.name}-{number}"), workload=workload, digest=Digest("d"), slot=0,
        deaths=0, created=datetime(2026, 1, 1, 0, number, tzinfo=UTC), release=7, ports=ports,
    )  # fmt: skip


@pytest.fixture
def filler(tmp_path):
    state = StateFolder(tmp_path / "stack")
    ports = Ports(state)

    def made(*others, release=None, lenient=False):
        return Filler(
            vault=Secrets(), outside={}, state=state, ports=ports,
            record=record(workload(USER), http=8000), others=lambda: others, release=release,
            volumes={"data": Path("/v/data")}, run_folder=Path("/run/user"), lenient=lenient,
            services=ServicePorts(state.root / "services.json", "127.0.0.1", ports.another),
        )  # fmt: skip

    return made


def port(name, port="http"):
    return Text.of(Port(workload=name, port=port))


def test_parts_and_holes_are_joined(filler):
    url = Text.of(
        "postgresql://u:", Secret(name="db.password", quoted=True), "@", Host(workload=DB), "/x"
    )

    assert filler().fill(url) == "postgresql://u:db.password%2F2@127.0.0.1/x"


def test_a_secret_has_the_version_that_was_asked_for(filler):
    """A release is the same for ever, also when the secret has been changed since."""
    assert filler().fill(Text.of(Secret(name="db.password", version=1))) == "db.password/1"


def test_a_secret_file_is_a_path_in_the_private_folder(filler):
    made = filler()

    assert made.fill(Text.of(SecretFile(name="KEY"))) == "/run/user/secret-KEY"
    assert made.files == {"secret-KEY": "KEY/2"}


@pytest.mark.parametrize(
    ("own", "value"),
    [
        (Own(what="host"), "127.0.0.1"), (Own(what="port", name="http"), "8000"),
        (Own(what="instance"), "user-0"), (Own(what="volume", name="data"), "/v/data"),
        (Own(what="release"), "7"),
    ],
)  # fmt: skip
def test_an_instance_knows_itself(filler, own, value):
    assert filler().fill(Text.of(own)) == value


def test_a_store_is_reached_by_the_port_that_stays(filler):
    """Also before it runs: whoever uses it must not be started again when it is replaced."""
    db = workload(DB, role=Role.STORE, ports={"sql": 5432})
    release = Release(stack=Name("s"), workloads=(db,))
    before = filler(release=release).fill(port(DB, "sql"))

    assert filler(record(db, sql=int(before))).fill(port(DB, "sql")) == before


def test_a_service_is_reached_by_its_newest_instance(filler):
    api = workload(API)

    made = filler(record(api, 1, http=1001), record(api, 3, http=1003), record(api, 2, http=1002))

    assert made.fill(port(API)) == "1003"


def test_a_balanced_service_is_reached_by_the_proxy_whatever_instances_there_are(filler):
    """Instances come and go; the environment of those that use them stays."""
    api = workload(API, balanced=True)
    proxy = workload(INGRESS, role=Role.PROXY)
    first = filler(record(api, 1, http=1001), record(proxy)).fill(port(API))

    assert first not in {"1001", "1002"}
    assert filler(record(api, 2, http=1002), record(proxy)).fill(port(API)) == first


def test_without_a_proxy_a_balanced_service_is_reached_directly(filler):
    api = workload(API, balanced=True)

    assert filler(record(api, 1, http=1001)).fill(port(API)) == "1001"


def test_an_address_that_is_not_known_is_said(filler):
    with pytest.raises(StepFailed) as failed:
        filler().fill(port(API))

    assert failed.value.facts["workload"] == "api"


def test_before_anything_starts_an_unknown_address_is_empty(filler):
    assert filler(lenient=True).fill(port(API)) == ""
