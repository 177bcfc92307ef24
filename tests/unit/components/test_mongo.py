"""The mongo and milvus components: what follows from what is written."""

import pytest
from pydantic import ValidationError

from seaway.components.milvus import Milvus
from seaway.components.mongo import Mongo
from seaway.messages import words_of
from seaway.model.finding import Severity
from seaway.model.names import Name
from seaway.model.text import Host, Port, Secret
from seaway.model.workload import Role, Server, Workload
from seaway.ports.component import Expansion, Surroundings

AROUND = Surroundings(stack=Name("food-app"), environment="local", folder="/srv/food")


def expand(**settings: object) -> Expansion:
    return Mongo.model_validate(settings).expand(Name("docs"), AROUND)


def server(**settings: object) -> tuple[Workload, Server]:
    [workload] = expand(**settings).workloads
    assert isinstance(workload.program, Server)
    return workload, workload.program


def codes(**settings: object) -> dict[str, Severity]:
    return {each.code: each.severity for each in expand(**settings).findings}


def test_a_set_has_three_members_with_a_volume_each():
    workload, program = server()

    assert workload.role is Role.STORE
    assert workload.replicas == 3
    assert [each.name for each in workload.volumes] == ["data"]
    assert program.image == "mongo:7.0"
    assert server(image="registry.example.com/mongo:8.0")[1].image.endswith("mongo:8.0")
    assert server(members=1)[0].replicas == 1


def test_users_are_told_all_members_the_set_and_where_the_user_is_known():
    """R87. A driver that knows one member only is lost with it."""
    variables = expand(database="qingyu").exports.variables
    shown = "".join(
        part if isinstance(part, str)
        else f"{{{type(part).__name__}{getattr(part, 'slot', '')}}}"
        for part in variables["MONGODB_URI"].parts
    )  # fmt: skip

    assert shown == (
        "mongodb://app:{Secret}@{Host0}:{Port0},{Host1}:{Port1},{Host2}:{Port2}"
        "/qingyu?replicaSet=rs0&authSource=qingyu"
    )
    assert variables["MONGODB_DATABASE"].written == "qingyu"
    assert expand().exports.variables["MONGODB_DATABASE"].written == "food-app"


def test_no_more_members_does_not_begin_the_others_anew():
    assert server(members=3)[0].digest == server(members=5)[0].digest


def test_the_key_of_the_members_is_not_rotated():
    """Members with another key than the rest are shut out."""
    needs = {each.name: each for each in expand().secrets}

    assert not needs["docs.key"].rotates
    assert needs["docs.app-password"].rotates
    assert set(needs) == {"docs.key", "docs.root-password", "docs.app-password"}


@pytest.mark.parametrize(
    ("memory", "cache"), [(None, 384), ("512Mi", 256), ("2Gi", 896)], ids=["usual", "least", "more"]
)  # fmt: skip
def test_the_cache_fits_the_memory(memory, cache):
    given = {"resources": {"memory": memory}} if memory else {}

    assert server(**given)[1].settings["cache"] == cache * 2**20


def test_what_loses_the_set_is_said():
    assert codes(members=2) == {"SW310": Severity.WARNING}
    assert codes(resources={"memory": "256Mi"}) == {"SW311": Severity.ERROR}
    assert not codes()
    for code in ("SW310", "SW311", "SW312", "SW313", "SW314", "SW315", "SW316", "SW317"):
        assert words_of(code)


def test_so_many_members_as_a_set_can_vote_with():
    """MongoDB allows seven."""
    with pytest.raises(ValidationError):
        Mongo.model_validate({"members": 8})


@pytest.mark.parametrize(("where", "severity"), [("local", "info"), ("production", "warning")])
def test_what_milvus_is_on_one_machine_is_said(where, severity):
    around = Surroundings(stack=Name("food-app"), environment=where, folder="/srv/food")
    found = Milvus.model_validate({}).expand(Name("near"), around)

    assert [(each.code, each.severity) for each in found.findings] == [("SW316", severity)]
    assert found.exports.variables["MILVUS_HOST"].parts == (Host(workload=Name("near")),)
    assert found.exports.variables["MILVUS_PORT"].parts == (
        Port(workload=Name("near"), port="grpc"),
    )
    assert not any(isinstance(part, Secret) for part in found.exports.values["url"].parts)


@pytest.mark.parametrize("kind", [Mongo, Milvus])
def test_both_can_be_saved_and_say_that_any_moment_cannot_be_had(kind):
    backup = {"to": "local", "goals": {"rpo": "10m"}, "point_in_time": "7d"}
    found = kind.model_validate({"backup": backup}).expand(Name("docs"), AROUND)

    assert found.saving
    assert (found.saving.store, found.saving.part) == ("docs", kind.kind)
    assert "backup.key" in [each.name for each in found.secrets]
    assert "SW834" in [each.code for each in found.findings]
