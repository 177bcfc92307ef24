"""The gateway and simulator components: what follows from what is written."""

import json

import msgspec
import pytest
from pydantic import ValidationError

from seaway.ai.gateway.settings import Settings, Window, settings
from seaway.components.gateway import Gateway
from seaway.components.redis import Redis
from seaway.components.simulator import Simulator
from seaway.messages import words_of
from seaway.model.finding import Severity
from seaway.model.names import Name
from seaway.model.text import Secret, Text
from seaway.model.workload import Command, Workload
from seaway.ports.component import Expansion, Surroundings

AROUND = Surroundings(stack=Name("lantern"), environment="local", folder="/srv")
CACHE = Redis().expand(Name("cache"), AROUND).exports
SPREAD = Redis(mode="cluster").expand(Name("spread"), AROUND).exports
SIM = Simulator().expand(Name("sim"), AROUND).exports
EXAMPLE = {
    "providers": {
        "deepseek": {"kind": "deepseek", "key": "secret:DEEPSEEK_API_KEY", "timeout": "30s",
                     "retries": 3, "prices": {"deepseek-chat": {"input": 2, "output": 8}},
                     "limits": {"requests": "1000/min", "tokens": "50000/min"}},
        "offline": "simulator",
    },
    "routes": {"chat": {"to": ["deepseek/deepseek-chat", "offline/chat"], "cache": "1h",
                        "prompts": "7d"},
               "embed": "offline/embed"},
    "limits": {"requests": "1000/min", "tokens": "50000/min", "spend": "20 CNY/day"},
    "clients": {"mobile": {"limits": {"requests": "10/s"}}},
    "uses": ["cache"],
    "replicas": 2,
}  # fmt: skip


def expand(**settings: object) -> Expansion:
    component = Gateway.model_validate(settings)
    known = {Name("cache"): CACHE, Name("spread"): SPREAD, Name("sim"): SIM}
    exports = {name: known[name] for name in component.uses if name in known}
    around = Surroundings(stack=AROUND.stack, environment="local", folder="/srv", exports=exports)
    return component.expand(Name("llm"), around)


def example(**changed: object) -> Expansion:
    return expand(**{**EXAMPLE, **changed})


def served(expansion: Expansion) -> Workload:
    return next(each for each in expansion.workloads if each.name == "llm")


def plain(text: Text) -> str:
    return "".join(each if isinstance(each, str) else "x" for each in text.parts)


def told(expansion: Expansion) -> Settings:
    """What the program itself understands."""
    env = served(expansion).env
    return settings({name: plain(text) for name, text in env.items()})


def codes(expansion: Expansion) -> dict[str, Severity]:
    return {each.code: each.severity for each in expansion.findings}


def test_the_program_understands_what_the_component_tells_it():
    found = told(example())

    assert codes(example()) == {}
    assert found.providers["deepseek"].url == "https://api.deepseek.com/v1"
    assert (found.providers["deepseek"].first, found.providers["deepseek"].retries) == (30, 3)
    assert not found.providers["deepseek"].private
    assert found.providers["offline"].private
    assert [each.model for each in found.routes["chat"].to] == ["deepseek-chat", "chat"]
    assert (found.routes["chat"].cache, found.routes["chat"].prompts) == (3600, 7 * 86_400)
    assert found.providers["deepseek"].limits.requests == Window(1000, 60)
    assert found.providers["deepseek"].limits.tokens == Window(50_000, 60)
    assert found.limits.tokens
    assert found.limits.spend
    assert (found.limits.tokens.most, found.limits.tokens.per) == (50_000, 60)
    assert (found.limits.spend.most, found.limits.spend.per) == (20_000_000, 86_400)
    assert set(found.clients) == {"stack", "mobile"}


def test_no_secret_and_no_address_is_in_the_settings():
    """They are in variables beside, as holes that are filled at the start."""
    env = served(example()).env

    assert env["GATEWAY"].holes == ()
    assert env["PROVIDER_DEEPSEEK_KEY"] == Text.of(Secret(name="DEEPSEEK_API_KEY"))
    assert env["STORE_URL"] == CACHE.values["url"]
    assert json.loads(plain(env["GATEWAY"]))["store_from"] == "STORE_URL"


def test_a_provider_without_its_key_is_left_out_where_the_key_may_be_absent():
    env = {name: plain(text) for name, text in served(example()).env.items()}
    del env["PROVIDER_DEEPSEEK_KEY"]

    found = settings(env)

    assert set(found.providers) == {"offline"}
    assert [each.provider for each in found.routes["chat"].to] == ["offline"]


def test_a_simulator_lets_in_every_key_where_users_bring_their_own():
    """Else a key that a user saved would be refused by the stand-in of its provider."""
    around = Surroundings(stack=Name("shop"), environment="local", folder="/shop")
    [strict] = Simulator().expand(Name("model"), around).workloads
    [open_to_all] = Simulator(any_key=True).expand(Name("model"), around).workloads

    assert strict.env["SIMULATOR_KEYS"].secret
    assert open_to_all.env["SIMULATOR_KEYS"] == Text()


def test_a_simulator_runs_beside_only_where_a_provider_is_one():
    with_one = {each.name for each in example().workloads}
    without = expand(providers={"own": {"kind": "compatible", "url": "https://x/v1"}})

    assert with_one == {"llm", "llm-simulator"}
    assert [each.name for each in without.workloads] == ["llm"]


def test_users_of_it_are_told_what_openai_s_clients_read():
    exports, simulated = example().exports, SIM

    assert set(exports.variables) == {"OPENAI_BASE_URL", "OPENAI_API_KEY"}
    assert set(simulated.variables) == set(exports.variables)
    assert set(exports.values) == {"url", "key", "host", "port", "key-mobile"}
    assert set(simulated.values) == set(exports.values) - {"key-mobile"}


def test_it_starts_after_what_it_uses_and_is_balanced():
    workload = served(example())

    assert workload.uses == ("cache", "llm-simulator")
    assert (workload.replicas, workload.balanced) == (2, True)
    assert isinstance(workload.program, Command)
    assert workload.program.argv == ("python", "-m", "seaway.ai.gateway")


def test_a_provider_may_be_another_component():
    used = {"sim": {"kind": "compatible", "url": "ref:sim.url", "key": "ref:sim.key"}}
    env = served(expand(providers=used, uses=["sim"])).env

    assert env["PROVIDER_SIM_URL"] == SIM.values["url"]
    assert told(expand(providers=used, uses=["sim"])).providers["sim"].private


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"routes": {"chat": "deepsek/x"}}, "SW360"),
        ({"providers": {"own": "compatible"}, "routes": {}}, "SW361"),
        ({"providers": {"one": "openai"}, "routes": {}}, "SW362"),
        ({"uses": []}, "SW363"),
        ({"limits": {"spend": "20 CNY"}}, "SW365"),
        ({"providers": {"own": {"kind": "simulator", "limits": {"spend": "20 CNY"}}}}, "SW365"),
        ({"providers": {"offline": "simulator"}, "routes": {}}, "SW366"),
        ({"providers": {"one": {"kind": "openai", "key": "sk-1"}}, "routes": {}}, "SW367"),
        ({"providers": {"one": {"kind": "openai", "key": "ref:sim.key"}}, "routes": {}}, "SW155"),
    ],
)
def test_what_cannot_work_is_found_and_said(changed, code):
    found = codes(example(**changed))

    assert found[code] is Severity.ERROR
    assert words_of(code)


@pytest.mark.parametrize("limits", [{"requests": "10/s per ip"}, {"tokens": "9/min per ip"}])
def test_a_limit_for_each_address_is_refused_not_ignored(limits):
    of_client = {"clients": {"mobile": {"limits": limits}}}
    for changed in ({"limits": limits}, of_client):
        with pytest.raises(ValidationError) as caught:
            example(**changed)

        assert [each["type"] for each in caught.value.errors()] == ["SW368"]
    assert words_of("SW368")


def test_what_is_kept_in_a_redis_and_has_none_is_a_warning():
    found = codes(example(uses=[], replicas=1))

    assert found == {"SW364": Severity.WARNING, "SW369": Severity.WARNING}


@pytest.mark.parametrize("setting", ["prompts", "log", "fallback"])
def test_a_setting_that_is_not_built_is_refused(setting):
    with pytest.raises(ValidationError):
        Gateway.model_validate({**EXAMPLE, setting: True})


def test_settings_that_are_wrong_are_not_started_with():
    with pytest.raises(msgspec.ValidationError):
        settings({"GATEWAY": '{"providers": {}, "surprise": 1}'})
    with pytest.raises(ValueError, match="CLIENT_KEY is not set"):
        settings({"GATEWAY": '{"providers": {"a": {}}, "clients": {"b": '
                             '{"key_from": "CLIENT_KEY"}}}'})  # fmt: skip


def test_limits_and_answers_are_not_kept_in_a_cluster():
    """It counts several keys at once, and those lie on several servers there (R84)."""
    found = {each.code: each.severity for each in example(uses=["spread"]).findings}

    assert found == {"SW353": Severity.ERROR}
    assert words_of("SW353").zh
