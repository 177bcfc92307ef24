"""Environments and --set change what they name, only that, and say so when they name nothing."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seaway.model.finding import Place
from seaway.stackfile.overlay import Change, Overlay
from seaway.stackfile.paths import first, steps, valid
from seaway.stackfile.text import Source
from seaway.stackfile.tree import parsed
from tests.unit.stackfile.written import FILE, HEAD, findings_of, stack_of

SHOP = (
    HEAD
    + """\
defaults: {rollout: {drain: 30s}}
services:
  api: {run: python main.py, port: 8000, replicas: 3, env: {A: 1, B: 2}, uses: [db, cache]}
  worker: {run: python worker.py, replicas: 2..10}
  web: {static: dist, build: make}
  nightly: {run: python report.py, schedule: daily}
data: {db: postgres, cache: redis}
ingress:
  shop.example.com: {tls: auto, routes: {/: web, /api/v1.5: {to: api, timeout: 5s}}}
"""
)


def written(path: str, **given):
    """What is written at a path after all overrides, and where it comes from."""
    stack = stack_of(SHOP, **given)
    parts = path.split("/")
    settings = next((each.settings for each in stack.declarations if each.name == parts[1]), None)
    value = dict(settings) if settings is not None else None
    for part in parts[2:]:
        value = value.get(part) if isinstance(value, dict) else None
    return value, stack.place(*parts)


def test_a_value_is_replaced_and_says_so():
    value, place = written("services/api/replicas", sets=["services.api.replicas=5"])

    assert value == 5
    assert (place.file, place.line, place.column, place.origin) == ("--set", 1, 23, "--set")


def test_lists_are_replaced_and_maps_too():
    """Appending would make it impossible to take something out."""
    sets = ["services.api.uses=[db]", "services.api.env={C: 3}", "services.api.env.D=4"]

    assert written("services/api/uses", sets=sets)[0] == ["db"]
    assert written("services/api/env", sets=sets)[0] == {"C": 3, "D": 4}


def test_null_removes():
    stack = stack_of(SHOP, sets=["services.api.env.A=null", "services.worker=~"])

    assert [each.name for each in stack.declarations] == ["api", "web", "nightly", "db", "cache"]
    assert stack.declarations[0].settings["env"] == {"B": 2}
    assert ("services", "worker", "run") not in stack.places
    assert stack.findings == ()


def test_a_wildcard_reaches_those_that_know_the_setting():
    """A static site has no replicas, and one word for all services must not break it."""
    stack = stack_of(SHOP, sets=["services.*.replicas=1", "services.api.replicas=2"])

    replicas = {each.name: each.settings.get("replicas") for each in stack.declarations}
    assert replicas == {
        "api": 2, "worker": 1, "web": None, "nightly": None, "db": None, "cache": None,
    }  # fmt: skip
    assert stack.findings == ()


def test_the_part_wins_over_the_whole_in_any_order():
    for sets in (["services.api.env.A=9", "services.api.env={A: 1}"],
                 ["services.api.env={A: 1}", "services.api.env.A=9"]):  # fmt: skip
        assert written("services/api/env", sets=sets)[0] == {"A": 9}


@pytest.mark.parametrize(
    "path",
    ["ingress.shop.example.com.tls", 'ingress."shop.example.com".tls', "ingress.*.tls"],
)
def test_keys_with_dots_are_found(path):
    stack = stack_of(SHOP, sets=[f"{path}=off"])

    assert stack.ingress["shop.example.com"]["tls"] == "off"
    assert stack.findings == ()


def test_routes_with_dots_are_found():
    stack = stack_of(SHOP, sets=["ingress.shop.example.com.routes./api/v1.5.timeout=9s"])

    assert stack.ingress["shop.example.com"]["routes"]["/api/v1.5"]["timeout"] == "9s"


def test_a_whole_host_may_be_added_and_a_setting_of_one_may_not():
    whole = ["ingress.localhost={routes: {/: web}}"]
    slip = ["ingress.shop.exmple.com.tls=off"]

    assert "localhost" in stack_of(SHOP, sets=whole).ingress
    assert [each.code for each in findings_of(SHOP, sets=slip)] == ["SW171", "SW191"]


@pytest.mark.parametrize(
    ("set_", "code", "fact"),
    [
        ("services.apx.replicas=1", "SW171", "api"),
        ("servics.api.replicas=1", "SW171", "services"),
        ("services.api.env.C=~", "SW171", "A"),
        ("services.api.replicas.most=1", "SW172", "replicas"),
        ("services..x=1", "SW173", "services..x"),
        (".x=1", "SW173", ".x"),
        ("=1", "SW173", ""),
        ("services.api.replicas", "SW174", "services.api.replicas"),
        ("services.*.spac=1", "SW175", "services.*.spac"),
        ("services={}", "SW177", "services"),
        ("name=other", "SW171", "name"),
        ("services.api.replicas=[", "SW110", "["),
        ("services.api.prot=1", "SW125", "port"),
        ("services.api.health.every=10", "SW146", "10"),
    ],
)
def test_a_path_that_matches_nothing_is_a_finding(set_, code, fact):
    """Silence would let a slip pass as a change."""
    found = [each for each in findings_of(SHOP, sets=[set_]) if each.code != "SW191"]

    assert [each.code for each in found] == [code]
    assert fact in found[0].facts.values()
    assert found[0].at.file == "--set"


def test_other_environments_are_checked_too():
    """A slip in production must be found before the day of the deploy."""
    text = SHOP + "environments:\n  production: {services.apx.replicas: 5}\n"

    [found] = [each for each in findings_of(text) if each.code == "SW171"]
    assert (found.at.line, found.at.column) == (13, 16)


def test_an_unknown_environment_names_those_there_are():
    text = SHOP + "environments: {staging: {}, production: {}}\n"

    [found] = [each for each in findings_of(text, "prodution") if each.code == "SW170"]
    assert found.facts["nearest"] == "production"
    assert found.facts["known"] == "local, production, staging"


def test_local_needs_not_be_written():
    assert stack_of(SHOP).target == "local"
    assert "SW170" not in [each.code for each in findings_of(SHOP)]


def test_an_environment_has_its_target():
    text = SHOP + "environments: {production: {target: kubernetes context=prod}}\n"

    assert stack_of(text, "production").target == "kubernetes context=prod"
    assert stack_of(text).target == "local"


def test_defaults_lie_below_every_service_that_knows_them():
    text = SHOP.replace("{rollout: {drain: 30s}}", "{rollout: {drain: 1m, watch: 2m}, health: /ok}")
    text = text.replace("port: 8000,", "port: 8000, rollout: {drain: 5m},")
    stack = stack_of(text)

    settings = {each.name: each.settings for each in stack.declarations}
    assert settings["api"]["rollout"] == {"drain": "5m", "watch": "2m"}
    assert settings["worker"]["rollout"] == {"drain": "1m", "watch": "2m"}
    assert settings["api"]["health"] == "/ok"
    assert "health" not in settings["worker"], "it has no port to be asked at"
    assert "rollout" not in settings["web"]
    assert stack.place("services", "worker", "rollout", "watch").origin == "defaults"
    assert stack.place("services", "worker", "rollout", "watch").line == 3


def test_a_default_nobody_knows_is_a_finding():
    text = SHOP.replace("{rollout:", "{rolout:")

    [found] = [each for each in findings_of(text) if each.code == "SW125"]
    assert (found.at.line, found.at.column, found.facts["nearest"]) == (3, 12, "rollout")


def test_a_mistake_in_a_default_is_told_once():
    text = SHOP.replace("{drain: 30s}", "{drain: 30}")

    assert [each.code for each in findings_of(text)] == ["SW146"]


def test_overriding_one_copy_leaves_the_other():
    text = HEAD + "services:\n  a: &a {run: x, env: {A: 1}}\n  b: *a\n"
    stack = stack_of(text, sets=["services.a.env.A=2"])

    assert [each.settings["env"] for each in stack.declarations] == [{"A": 2}, {"A": 1}]


# ------------------------------------------------------------------------------ laws of overlays

NAMES = st.sampled_from(["a", "b", "c.d", "e"])
VALUES = st.recursive(
    st.integers(0, 9) | st.sampled_from(["x", "y"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
TREES = st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=3), min_size=1, max_size=3)


def overlaid(settings, *changes):
    tree = parsed(Source("x: 1", FILE))
    tree.value = {"services": copy.deepcopy(settings)}
    at = Place(file="--set", line=1, column=1, origin="--set")
    made = [Change(path=path, value=value, at=at, places={(): at}) for path, value in changes]
    Overlay(tree, lambda *_: True).apply(made)
    return tree.value["services"], tree


@given(TREES)
def test_no_change_changes_nothing(settings):
    assert overlaid(settings)[0] == settings


@given(TREES, st.data(), VALUES)
def test_a_change_is_there_once_made_and_all_else_is_as_before(settings, data, value):
    service = data.draw(st.sampled_from(sorted(settings)))
    name = data.draw(NAMES)
    path = f'services."{service}"."{name}"'
    after, tree = overlaid(settings, (path, value))

    assert tree.findings == []
    assert after[service][name] == value
    after[service].pop(name)
    expected = copy.deepcopy(settings)
    expected[service].pop(name, None)
    assert after == expected


@given(TREES, st.data(), VALUES)
def test_making_a_change_twice_is_making_it_once(settings, data, value):
    change = (f'services."{data.draw(st.sampled_from(sorted(settings)))}".a', value)

    assert overlaid(settings, change, change)[0] == overlaid(settings, change)[0]


@given(TREES, st.data())
def test_a_removed_setting_is_gone_with_its_places(settings, data):
    service = data.draw(st.sampled_from(sorted(settings)))
    after, tree = overlaid(settings, (f'services."{service}"', None))

    assert service not in after
    assert not [path for path in tree.places if path[:2] == ("services", service)]


@given(st.lists(st.text(min_size=1, max_size=8).filter(lambda each: '"' not in each), min_size=1))
def test_quoted_segments_are_read_as_they_are(segments):
    text = ".".join(f'"{each}"' for each in segments)

    assert valid(text)
    assert list(steps(text)) == segments


@given(st.text(max_size=40), st.sets(st.text(min_size=1, max_size=6), max_size=5))
def test_any_path_is_taken_apart(text, keys):
    valid(text)
    step = first(text, keys)
    assert len(step.rest) < len(text) or not text
