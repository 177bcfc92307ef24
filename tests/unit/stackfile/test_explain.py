"""Every value can say where it comes from."""

from seaway.components import KINDS
from seaway.stackfile.explain import explain
from tests.unit.stackfile.written import HEAD, stack_of

TEXT = (
    HEAD
    + """\
defaults: {resources: {memory: 512Mi}}
services:
  api: {run: python main.py, port: 8000, health: /ok, secrets: [KEY]}
secrets:
  KEY: {generate: 32}
environments:
  production: {services.api.replicas: 3}
"""
)


def rows(path="", environment="production", sets=("services.api.zone=Asia/Shanghai",)):
    found = explain(stack_of(TEXT, environment, sets), KINDS, path)
    return {row.path: (row.value, row.origin, row.at.line) for row in found}


def test_every_value_says_where_it_comes_from():
    found = rows("services.api")

    assert found["services.api.kind"] == ("app", "file", 5)
    assert found["services.api.port"] == ("8000", "file", 5)
    assert found["services.api.health.ready"] == ("/ok", "file", 5)
    assert found["services.api.health.every"] == ("10s", "default", 0)
    assert found["services.api.resources.memory"] == ("512Mi", "defaults", 3)
    assert found["services.api.resources.cpu"] == ("-", "default", 0)
    assert found["services.api.replicas"] == ("3", "environment production", 9)
    assert found["services.api.zone"] == ("Asia/Shanghai", "--set", 1)
    assert found["services.api.logs.size"] == ("10M", "default", 0)


def test_secrets_are_shown_by_name():
    assert rows("secrets") == {"secrets.KEY.generate": ("32", "file", 7)}
    assert rows("services.api.secrets") == {"services.api.secrets": ("[KEY]", "file", 5)}


def test_a_path_shows_what_is_below_it_and_nothing_else():
    assert set(rows("services.api.health")) == {
        f"services.api.health.{name}"
        for name in ("ready", "live", "grpc", "start", "every", "timeout", "failures")
    }
    assert rows("services.ap") == {}
    assert set(rows("services.api")) < set(rows())


def test_what_has_faults_is_shown_as_written():
    found = explain(stack_of(HEAD + "services: {api: {run: x, prot: 1}}"), KINDS, "services.api")

    assert [(row.path, row.value) for row in found][1:] == [
        ("services.api.run", "x"),
        ("services.api.prot", "1"),
    ]
