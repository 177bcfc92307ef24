"""A stack becomes one release: in order, the same each time, with all faults told at once."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seaway.engine.edges import circles, ordered
from seaway.model.finding import Severity
from seaway.model.names import Name
from seaway.model.text import Secret, Text
from tests.unit.stackfile.written import HEAD, findings_of, release_of, resolved, stack_of

SHOP = """\
services:
  api: {run: x, port: 8000, uses: [db, cache]}
  worker: {run: y, uses: [cache]}
data: {db: postgres, cache: redis}
ingress: {shop.example.com: {routes: {/: {to: api, timeout: 2m}, /slow: {to: api, timeout: 1h}}}}
"""


def test_what_is_used_comes_first():
    names = [each.name for each in release_of(SHOP).release.workloads]

    assert names == ["cache", "db", "api", "worker", "ingress"]


def test_the_same_stack_is_the_same_release():
    assert release_of(SHOP).release.digest == release_of(SHOP).release.digest


def test_the_order_in_the_file_does_not_matter():
    other = SHOP.replace("{db: postgres, cache: redis}", "{cache: redis, db: postgres}")

    assert release_of(SHOP).release.digest == release_of(other).release.digest


def test_a_service_has_time_for_its_longest_route_within_reason():
    """Killed in mid-answer, a request is lost; an hour is more than anyone waits for a stop."""
    assert release_of(SHOP).release.find("api").stopping.grace == timedelta(minutes=15)
    shorter = SHOP.replace("1h", "3m")
    assert release_of(shorter).release.find("api").stopping.grace == timedelta(
        minutes=3, seconds=10
    )
    said = shorter.replace("port: 8000", "port: 8000, stop: 10s")
    assert release_of(said).release.find("api").stopping.grace == timedelta(seconds=10)


def test_a_new_version_of_a_secret_is_a_new_digest():
    text = "services: {api: {run: x, secrets: [KEY]}}\nsecrets: {KEY: {}}"
    first, second = (
        release_of(text, versions={"KEY": number}).release.find("api") for number in (1, 2)
    )

    assert first.env["KEY"] == Text.of(Secret(name="KEY", version=1))
    assert first.digest != second.digest


def test_secrets_that_must_be_there_are_named():
    text = (
        "services: {api: {run: x, uses: db, secrets: [MADE, GIVEN]}}\ndata: {db: postgres}\n"
        "secrets: {MADE: {generate: 32, form: hex}, GIVEN: {min_length: 20}}"
    )
    needs = {each.name: each for each in release_of(text).secret_needs}

    assert {"MADE", "GIVEN", "db.password"} <= set(needs)
    assert (needs["MADE"].generate, needs["MADE"].form) == (32, "hex")
    assert (needs["GIVEN"].generate, needs["GIVEN"].min_length) == (0, 20)


def test_a_secret_that_may_be_absent_is_left_out_and_said():
    """R200: a missing key disables something visibly; it does not keep the rest from starting."""
    text = HEAD + (
        "services: {api: {run: x, secrets: [KEY]}}\nsecrets: {KEY: {required_in: [production]}}\n"
        "environments: {production: {}}"
    )
    local, production = resolved(stack_of(text)), resolved(stack_of(text, "production"))
    given_ = resolved(stack_of(text), versions={"KEY": 1})

    assert "KEY" not in local.release.find("api").env
    assert [(each.code, each.severity) for each in local.findings] == [("SW160", Severity.INFO)]
    assert local.secret_needs == ()
    assert [each.name for each in production.secret_needs] == ["KEY"]
    assert "KEY" in given_.release.find("api").env
    assert given_.findings == ()


@pytest.mark.parametrize(
    ("edges", "circle"),
    [
        ("a: {run: x, uses: a}", "a -> a"),
        ("b: {run: x, uses: a}\n  a: {run: x, uses: b}", "a -> b -> a"),
        ("z: {run: x, uses: c}\n  c: {run: x, uses: d}\n  d: {run: x, uses: c}", "c -> d -> c"),
    ],
)
def test_circles_are_named(edges, circle):
    [found] = findings_of(f"{HEAD}services:\n  {edges}\n")

    assert (found.code, found.facts["circle"]) == ("SW153", circle)


def test_faults_of_one_are_not_told_of_another():
    """One slip, one finding: the rest would only hide it."""
    text = HEAD + SHOP.replace("port: 8000", "prot: 8000").replace(
        "worker: {run: y, uses: [cache]}",
        "worker: {run: y, uses: [api, cache], env: {U: ref:api.url}}",
    )

    assert [each.code for each in findings_of(text)] == ["SW125"]


def test_everything_is_told_at_once_and_in_order():
    text = HEAD + (
        "services:\n  api: {run: x, prot: 1, uses: [bd]}\n  web: {run: y, replicas: x}\n"
        "data: {db: {kind: postgers}}\nsecrets: {UNUSED: {}}\n"
    )
    found = findings_of(text)

    assert [each.code for each in found] == ["SW125", "SW152", "SW148", "SW182", "SW159"]
    assert [each.at.line for each in found] == sorted(each.at.line for each in found)


GRAPHS = st.dictionaries(
    st.sampled_from("abcdefg"), st.frozensets(st.sampled_from("abcdefg"), max_size=3), max_size=7
)


def named(graph):
    return {
        Name(name): frozenset(Name(used) for used in uses if used in graph)
        for name, uses in graph.items()
    }


@given(GRAPHS)
def test_everything_is_in_the_order_or_behind_a_circle(graph):
    uses = named(graph)
    order = ordered(uses)
    found = list(circles(uses))

    for position, name in enumerate(order):
        assert uses[name] <= set(order[:position])
    assert len(set(order)) == len(order)
    assert (len(order) == len(uses)) == (not found)


@given(GRAPHS)
def test_circles_are_circles_and_share_no_name(graph):
    uses = named(graph)
    seen = set()
    for circle in circles(uses):
        assert circle[0] == circle[-1] == min(circle)
        assert all(after in uses[before] for before, after in pairwise(circle))
        assert not seen & set(circle)
        seen |= set(circle)


def test_an_installed_server_may_be_used_instead_of_the_packaged_one():
    text = f"{SHOP}targets: {{local: {{parts: {{db: system}}}}}}\n"
    programs = {each.name: each.program for each in release_of(text).release.workloads}

    assert programs["db"].choice == "system"
    assert programs["cache"].choice == ""


def test_the_key_of_where_backups_go_is_asked_for_though_no_service_gets_it():
    text = """\
secrets: {VAULT_ID: {}, VAULT_KEY: {}}
data:
  db: {kind: postgres, backup: {to: vault/backups}}
  vault:
    kind: s3
    external: true
    endpoint: https://s3.example.com
    access_key: secret:VAULT_ID
    secret_key: secret:VAULT_KEY
    buckets: {backups: {}}
"""
    names = {each.name for each in release_of(text).secret_needs}

    assert {"VAULT_ID", "VAULT_KEY"} < names
