"""The redis component: what follows from what is written."""

import pytest
from pydantic import ValidationError

from seaway.components.redis import Redis
from seaway.messages import words_of
from seaway.model.finding import Severity
from seaway.model.names import Name
from seaway.model.text import Host, Port, Secret
from seaway.model.workload import Role, Server, Workload
from seaway.ports.component import Expansion, Surroundings

AROUND = Surroundings(stack=Name("food-app"), environment="local", folder="/srv/food")


def expand(**settings: object) -> Expansion:
    return Redis.model_validate(settings).expand(Name("cache"), AROUND)


def server(**settings: object) -> tuple[Workload, Server]:
    [workload] = expand(**settings).workloads
    assert isinstance(workload.program, Server)
    return workload, workload.program


def directives(**settings: object) -> dict[str, str]:
    return dict(server(**settings)[1].settings["directives"])


def codes(**settings: object) -> dict[str, Severity]:
    return {each.code: each.severity for each in expand(**settings).findings}


def test_nothing_is_thrown_away_unless_asked_for():
    """Queues and sessions must never be evicted (R83)."""
    assert directives()["maxmemory-policy"] == "noeviction"
    assert directives(evict="allkeys-lru")["maxmemory-policy"] == "allkeys-lru"


def test_every_change_is_written_unless_otherwise_asked():
    assert directives()["appendonly"] == "yes"
    assert directives()["appendfsync"] == "everysec"
    assert directives()["save"] == "900 1 300 10 60 10000"
    assert directives(persist="rdb")["appendonly"] == "no"
    assert directives(persist="none")["save"] == ""


def test_the_process_has_room_for_a_copy_while_it_saves():
    workload, _ = server(memory="256Mi")

    assert directives(memory="256Mi")["maxmemory"] == str(256 * 2**20)
    assert workload.limits.memory == 576 * 2**20


def test_less_room_than_data_is_an_error():
    assert codes(memory="256Mi", resources={"memory": "128Mi"}) == {"SW321": Severity.ERROR}


@pytest.mark.parametrize("name", ["requirepass", "bind", "dir", "cluster-enabled", "maxmemory"])
def test_a_setting_that_breaks_a_promise_is_refused(name):
    assert codes(settings={name: "x"}) == {"SW302": Severity.ERROR}


def test_a_setting_that_does_not_exist_is_refused_with_the_nearest():
    [finding] = expand(settings={"maxmemory-sample": 3}).findings

    assert (finding.code, finding.facts["nearest"]) == ("SW303", "maxmemory-samples")


@pytest.mark.parametrize("value", ["a\nrequirepass b", 'a"b', None])
def test_a_value_cannot_smuggle_in_another_line(value):
    with pytest.raises(ValidationError):
        Redis.model_validate({"settings": {"maxmemory-samples": value}})


@pytest.mark.parametrize("mode", ["sentinel"])
def test_modes_that_are_not_built_are_an_error(mode):
    """A promise is kept or refused, never kept a little."""
    assert codes(mode=mode) == {"SW320": Severity.ERROR}


def test_its_users_get_the_customary_variables():
    exports = expand().exports

    assert exports.variables["REDIS_URL"].parts == (
        "redis://:", Secret(name="cache.password", quoted=True), "@",
        Host(workload=Name("cache")), ":", Port(workload=Name("cache"), port="redis"), "/0",
    )  # fmt: skip
    assert set(exports.variables) == {"REDIS_URL", "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD"}


def test_it_is_a_store_with_one_volume():
    workload, program = server(version="7")

    assert workload.role is Role.STORE
    assert program.image == "redis:7"
    assert server()[1].image == "valkey/valkey:9"


def test_every_finding_has_words():
    found = codes(mode="cluster", settings={"bind": "x", "y": 1}, backup={"to": "vault"},
                  resources={"memory": "1Mi"})  # fmt: skip

    assert set(found) == {"SW302", "SW303", "SW321", "SW354"}
    assert all(words_of(code).zh for code in found)
