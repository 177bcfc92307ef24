"""The rag component: what follows from what is written."""

import json

import pytest
from pydantic import ValidationError

from seaway.ai.rag.settings import Unset, settings
from seaway.components.gateway import Gateway
from seaway.components.postgres import Postgres
from seaway.components.rag import Rag
from seaway.components.redis import Redis
from seaway.components.vectors import Vectors
from seaway.messages import words_of
from seaway.model.names import Name
from seaway.model.text import Secret, Text
from seaway.model.workload import Workload
from seaway.ports.component import Expansion, Exports, Surroundings

ALONE = Surroundings(stack=Name("lantern"), environment="local", folder="/srv")


def around(**exports: Exports) -> Surroundings:
    known = {Name(name): each for name, each in exports.items()}
    return Surroundings(stack=ALONE.stack, environment="local", folder="/srv", exports=known)


DB = Postgres(extensions=("vector",)).expand(Name("db"), ALONE).exports
CACHE = Redis().expand(Name("cache"), ALONE).exports
LLM = Gateway.model_validate({"providers": {"offline": "simulator"}}).expand(
    Name("llm"), ALONE
).exports  # fmt: skip
SEARCH = Vectors.model_validate({"store": "db", "dimensions": 512}).expand(
    Name("search"), around(db=DB)
).exports  # fmt: skip
EXPORTS = {"db": DB, "cache": CACHE, "llm": LLM, "search": SEARCH}
EXAMPLE = {"store": "db", "search": "search", "model": "llm", "cache": "1h", "uses": ["cache"]}


def example(**changed: object) -> Expansion:
    written = {key: each for key, each in {**EXAMPLE, **changed}.items() if each is not None}
    component = Rag.model_validate(written)
    return component.expand(
        Name("docs"), around(**{name: EXPORTS[name] for name in component.used})
    )


def served(expansion: Expansion) -> Workload:
    [found] = expansion.workloads
    return found


def plain(text: Text) -> str:
    return "".join(each if isinstance(each, str) else "x" for each in text.parts)


def test_the_program_understands_what_it_is_told():
    env = {key: plain(text) for key, text in served(example(turns=3, passages=5)).env.items()}

    told = settings(env)

    assert (told.name, told.passages, told.cache, told.turns) == ("docs", 5, 3600.0, 3)
    assert env[told.database_from].startswith("postgresql://")
    assert env[told.model.url_from].endswith("/v1")
    assert env[told.store_from].startswith("redis://")
    with pytest.raises(Unset):
        settings({key: each for key, each in env.items() if key != told.database_from})


def test_it_waits_for_all_that_it_uses_and_hands_out_its_address_and_key():
    expansion = example()

    assert served(expansion).uses == ("cache", "db", "llm", "search")
    assert sorted(expansion.exports.values) == ["host", "key", "port", "url"]
    assert [each.name for each in expansion.secrets] == ["docs.key"]
    assert not expansion.findings


def test_nothing_is_kept_without_a_redis_and_that_is_said():
    expansion = example(uses=[])

    assert "store_from" not in json.loads(plain(served(expansion).env["RAG"]))
    assert [each.code for each in expansion.findings] == ["SW391"]
    assert not example(uses=[], cache=None).findings


@pytest.mark.parametrize(("setting", "name", "code"), [
    ("store", "cache", "SW388"), ("search", "llm", "SW389"), ("model", "db", "SW390"),
])  # fmt: skip
def test_what_cannot_do_its_part_is_found(setting, name, code):
    found = [each for each in example(**{setting: name}).findings if each.code == code]

    assert [each.at.path for each in found] == [setting]
    assert words_of(code)


def test_tracing_is_off_unless_it_is_written():
    off = served(example()).env
    on = served(example(tracing={"project": "shop", "key": "secret:LANGCHAIN_API_KEY"})).env

    assert plain(off["LANGCHAIN_TRACING_V2"]) == "false"
    assert "LANGCHAIN_API_KEY" not in off
    assert plain(on["LANGCHAIN_TRACING_V2"]) == "true"
    assert plain(on["LANGCHAIN_PROJECT"]) == "shop"
    assert on["LANGCHAIN_API_KEY"] == Text.of(Secret(name="LANGCHAIN_API_KEY"))


def test_a_key_is_not_written_into_the_file():
    findings = example(tracing={"project": "shop", "key": "lsv2_abc"}).findings

    assert [(each.code, each.at.path) for each in findings] == [("SW367", "tracing.key")]


def test_more_passages_than_a_model_reads_are_refused():
    with pytest.raises(ValidationError):
        Rag.model_validate({**EXAMPLE, "passages": 41})
