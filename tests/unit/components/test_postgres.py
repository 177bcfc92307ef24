"""The postgres component: what follows from what is written."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from seaway.components.postgres import Postgres
from seaway.messages import words_of
from seaway.model.finding import Severity
from seaway.model.names import Name
from seaway.model.settings.postgres import MI, derive, least_memory, most_memory, parameter_size
from seaway.model.settings.postgres_names import POSTGRES_SETTINGS
from seaway.model.text import Host, Port, Secret
from seaway.model.workload import Role, Server, Workload
from seaway.ports.component import Expansion, Surroundings

AROUND = Surroundings(stack=Name("food-app"), environment="local", folder="/srv/food")


def expand(**settings: object) -> Expansion:
    return Postgres.model_validate(settings).expand(Name("db"), AROUND)


def server(**settings: object) -> tuple[Workload, Server]:
    [workload] = expand(**settings).workloads
    assert isinstance(workload.program, Server)
    return workload, workload.program


def parameters(**settings: object) -> Mapping[str, str]:
    return server(**settings)[1].settings["parameters"]


def codes(**settings: object) -> dict[str, Severity]:
    return {each.code: each.severity for each in expand(**settings).findings}


@given(
    connections=st.integers(5, 10_000),
    beyond=st.integers(0, 2**38),
    cpu=st.floats(0, 128),
)
def test_all_together_never_need_more_than_the_limit(connections, beyond, cpu):
    """Every connection sorting and every vacuum worker working: nobody is killed for it."""
    memory = least_memory(connections) + beyond

    settings = derive(memory, cpu, connections)

    assert most_memory(settings) <= memory


@given(connections=st.integers(5, 10_000), cpu=st.floats(0, 128))
def test_every_connection_has_room_to_work(connections, cpu):
    settings = derive(least_memory(connections), cpu, connections)

    assert parameter_size(settings["work_mem"]) >= 250 * 2**10


@given(st.integers(64 * MI, 2**38), st.floats(0, 128), st.integers(5, 1000))
def test_only_settings_that_exist_are_derived(memory, cpu, connections):
    known = {name.lower() for name in POSTGRES_SETTINGS}

    assert {name.lower() for name in derive(memory, cpu, connections)} <= known


def test_a_quarter_of_the_memory_is_shared():
    settings = parameters(resources={"memory": "8Gi", "cpu": 2}, connections=200)

    assert settings["shared_buffers"] == f"{2 * 2**20}kB"
    assert settings["effective_cache_size"] == f"{6 * 2**20}kB"
    assert settings["max_connections"] == "200"
    assert settings["max_parallel_workers"] == "2"
    assert settings["autovacuum_max_workers"] == "4"
    assert settings["lock_timeout"] == "30s"


def test_what_is_written_wins_over_what_is_derived():
    settings = parameters(settings={"work_mem": "1MB", "JIT": False, "random_page_cost": 1.5})

    assert (settings["work_mem"], settings["jit"], settings["random_page_cost"]) == (
        "1MB", "off", "1.5",
    )  # fmt: skip


@pytest.mark.parametrize(
    "name", ["fsync", "listen_addresses", "archive_command", "ssl", "max_connections", "FSYNC"]
)
def test_a_setting_that_breaks_a_promise_is_refused(name):
    assert codes(settings={name: "off"}) == {"SW302": Severity.ERROR}


def test_a_setting_that_does_not_exist_is_refused_with_the_nearest():
    [finding] = expand(settings={"work_men": "4MB"}).findings

    assert (finding.code, finding.facts["nearest"]) == ("SW303", "work_mem")
    assert finding.at.path == "settings.work_men"


def test_settings_of_extensions_are_let_through():
    assert not codes(settings={"pg_stat_statements.max": 1000, "hnsw.ef_search": 100})


@pytest.mark.parametrize("value", ["a\nb", "x\x00", None, ["a"]])
def test_a_value_cannot_smuggle_in_another_line(value):
    with pytest.raises(ValidationError):
        Postgres.model_validate({"settings": {"work_mem": value}})


def test_more_than_the_memory_is_a_warning():
    """R73: 200 connections with 256 MB each do not fit into 8 GB."""
    settings = {"work_mem": "256MB"}

    found = codes(settings=settings, resources={"memory": "8Gi"}, connections=200)

    assert found == {"SW308": Severity.WARNING}


def test_connections_that_do_not_fit_are_an_error():
    assert codes(connections=1000) == {"SW306": Severity.ERROR}


def test_a_size_without_a_unit_is_an_error():
    assert codes(settings={"work_mem": 4096}) == {"SW307": Severity.ERROR}


def test_how_it_is_saved_goes_with_the_release():
    backup = {"to": "/kept", "goals": {"rpo": "1m", "rto": "5m"}, "keep": {"daily": 7}}
    saving = expand(standby={"count": 1, "lag_max": "10s"}, backup=backup).saving

    assert saving is not None
    assert (saving.store, saving.destination.folder) == ("db", "/kept")
    assert (saving.rpo, saving.keep.daily) == (timedelta(minutes=1), 7)


def test_a_common_slip_in_an_extension_is_mended():
    [finding] = expand(extensions=["pgvector"]).findings

    assert finding.facts["nearest"] == "vector"


def test_its_users_get_the_customary_variables_without_any_secret_in_them():
    exports = expand().exports

    assert exports.workloads == {"db"}
    assert exports.values["database"].parts == ("food_app",)
    assert exports.variables["DATABASE_URL"].parts == (
        "postgresql://", "app", ":", Secret(name="db.app-password", quoted=True), "@",
        Host(workload=Name("db")), ":", Port(workload=Name("db"), port="sql"), "/", "food_app",
    )  # fmt: skip
    assert set(exports.variables) == {
        "DATABASE_URL", "PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE",
    }  # fmt: skip


def test_it_is_a_store_with_one_volume_and_two_passwords():
    workload, program = server(version=16, size="20Gi", extensions=["vector"])

    assert workload.role is Role.STORE
    assert [volume.size for volume in workload.volumes] == [20 * 2**30]
    assert program.image == "pgvector/pgvector:pg16"
    assert program.version == "16"
    assert server(version="17")[1].image == "postgres:17"
    assert {need.name for need in expand().secrets} == {"db.password", "db.app-password"}


def test_the_command_in_containers_carries_the_same_settings():
    _, program = server(settings={"work_mem": "1MB"})

    assert "work_mem=1MB" in program.argv


def test_a_database_that_is_no_name_is_refused():
    for name in ("a-b", "Food", 'x"; DROP', ""):
        with pytest.raises(ValidationError):
            Postgres.model_validate({"database": name})


def test_every_finding_has_words():
    found = codes(
        extensions=["pgvector"], settings={"fsync": False, "nonsense": 1, "work_mem": "9GB"},
        standby=1, backup={"to": "vault"},
    )  # fmt: skip

    assert len(found) == 4
    assert all(words_of(code).zh for code in found)
