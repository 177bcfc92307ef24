"""`seaway explain` says of every setting what it is and who said so."""

import json

from inline_snapshot import snapshot

STACK = """\
seaway: 1
name: shop
defaults: {replicas: 2}
services:
  api: {run: sleep 60, env: {A: one}}
environments:
  production: {services.api.env.A: two}
"""


def rows(said) -> dict[str, dict]:
    return {row["path"]: row for row in json.loads(said.out)}


def test_a_setting_has_its_value_and_its_line(seaway, write):
    write(STACK)

    assert str(seaway("explain", "services.api.env")) == snapshot("""\
SETTING             VALUE  FROM
services.api.env.A  one    seaway.yaml:5
[0]\
""")


def test_the_environment_is_named_first(seaway, write):
    write(STACK)

    found = rows(seaway("explain", "production", "services.api", "--format", "json"))

    assert found["services.api.env.A"]["value"] == "two"
    assert found["services.api.env.A"]["line"] == 7
    assert found["services.api.env.A"]["origin"] == "environment production"


def test_a_default_says_that_it_is_one(seaway, write):
    write(STACK)

    found = rows(seaway("explain", "--format", "json"))

    assert found["services.api.stop.signal"]["origin"] == "default"


def test_the_command_line_is_an_origin_too(seaway, write):
    write(STACK)

    found = rows(seaway("explain", "--set", "services.api.env.A=three", "--format", "json"))

    assert (found["services.api.env.A"]["value"], found["services.api.env.A"]["origin"]) == (
        "three",
        "--set",
    )


def test_a_path_that_is_nothing_names_what_there_is(seaway, write):
    write(STACK)

    assert str(seaway("explain", "services.apo")) == snapshot("""\
error[SW639]
  there is no setting at 'services.apo'
  fix: use one of: services.api
[2]\
""")


def test_two_environments_are_one_too_many(seaway, write):
    write(STACK)

    assert seaway("explain", "production", "staging").status == 2
