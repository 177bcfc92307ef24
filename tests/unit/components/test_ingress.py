"""The ingress section: what people write, what becomes of it, and what is refused where."""

from datetime import timedelta

import pytest

from seaway.components.ingress import Ingress, routing
from seaway.messages import Language, say
from seaway.model.names import Name
from seaway.model.probe import PartProbe
from seaway.model.release import routing_digest
from seaway.model.route import Acme, Rate, Route, Timeouts, Upstream
from seaway.model.workload import Role

API = Upstream(workload=Name("api"), port="http", check="/readyz")
WEB = Upstream(workload=Name("web"), port="http")
HOST = "lantern.example.com"
EXAMPLE = {
    HOST: {
        "tls": "auto",
        "routes": {
            "/": {"to": "web", "cache": "1h"},
            "/api": {"to": "api", "rate": "10/s per ip", "burst": 20, "body": "2MB",
                     "timeout": "30s"},
            "/api/chat": {"to": "api", "stream": True, "timeout": "10m", "rate": "2/s per ip",
                          "burst": 5},
            "/ws": {"to": "api", "websocket": True},
        },
    }
}  # fmt: skip


def routed(settings, inner=()):
    return routing(
        settings,
        upstreams=(API, WEB),
        inner=frozenset(map(Name, inner)),
        names=frozenset(map(Name, ("api", "web", "db"))),
    )


def findings(settings):
    return [(each.code, each.at.path) for each in routed(settings).findings]


def test_a_route_for_calls_leads_to_the_port_for_calls():
    """R66, R20."""
    ai = (Upstream(workload=Name("api"), port="grpc"), WEB)
    given = {HOST: {"routes": {"/": {"to": "api", "grpc": True}}}}
    names = frozenset(map(Name, ("api", "web")))
    made = routing(given, upstreams=ai, inner=frozenset(), names=names)
    [route] = made.routing.sites[0].routes

    assert (route.port, route.upstream) == ("grpc", "api.grpc")
    assert route.timeouts.response == timedelta(seconds=600)
    assert findings(given) == [("SW419", f"{HOST}.routes./.to")]


def test_the_example_of_the_documentation_becomes_what_it_says():
    made = routed(EXAMPLE)
    [site] = made.routing.sites
    routes = {each.path: each for each in site.routes}

    assert made.findings == ()
    assert (site.host, site.tls) == (HOST, "auto")
    assert [each.path for each in site.routes] == ["/api/chat", "/api", "/ws", "/"]
    assert routes["/"] == Route(path="/", to=Name("web"), cache=timedelta(hours=1))
    assert routes["/api"] == Route(
        path="/api", to=Name("api"), rate=Rate(count=10, burst=20), body=2_000_000
    )
    assert routes["/api/chat"] == Route(
        path="/api/chat",
        to=Name("api"),
        stream=True,
        rate=Rate(count=2, burst=5),
        timeouts=Timeouts(response=timedelta(minutes=10)),
    )
    assert routes["/ws"].websocket
    assert made.routing.upstreams == (API, WEB)


def test_a_route_may_be_a_single_word():
    [site] = routed({HOST: {"routes": {"/": "web"}}}).routing.sites

    assert site.routes == (Route(path="/", to=Name("web")),)
    assert site.tls == "off"


def test_a_stream_may_be_silent_for_ten_minutes_unless_it_says_otherwise():
    """R21."""
    forms = {"/a": {"to": "api", "stream": True}, "/b": {"to": "api", "stream": True,
             "timeout": "20s"}, "/c": "api"}  # fmt: skip
    [site] = routed({HOST: {"routes": forms}}).routing.sites

    assert {each.path: each.timeouts.response.total_seconds() for each in site.routes} == {
        "/a": 600, "/b": 20, "/c": 30,
    }  # fmt: skip


@pytest.mark.parametrize(("rate", "burst"), [("10/s", 10), ("90/min", 2), ("1/hour", 1)])
def test_without_a_burst_those_of_one_second_may_come_at_once(rate, burst):
    [site] = routed({HOST: {"routes": {"/": {"to": "api", "rate": rate}}}}).routing.sites

    assert site.routes[0].rate.burst == burst


def test_the_proxy_listens_where_it_is_told_and_is_asked_by_its_part():
    [proxy] = routed({**EXAMPLE, "ports": {"http": 9000}}).workloads

    assert proxy.role is Role.PROXY
    assert proxy.ports == {"http": 9000, "https": 8443}
    assert proxy.checks.ready == PartProbe()


def test_another_routing_does_not_need_another_proxy():
    """It is taken up while the proxy runs; a new instance would cut every connection."""
    one, other = routed(EXAMPLE), routed({HOST: {"routes": {"/": "web"}}})

    assert routing_digest(one.routing) != routing_digest(other.routing)
    assert one.workloads[0].digest == other.workloads[0].digest


def test_a_stack_needs_a_proxy_only_where_somebody_is_behind_it():
    assert routed({}).workloads == ()

    [proxy] = routed({}, inner=("api",)).workloads

    assert proxy.role is Role.PROXY


def test_the_proxy_hears_of_everything_that_is_balanced():
    """An instance that nobody routes to would otherwise wait for ever to be let in."""
    assert routed({HOST: {"routes": {"/": "web"}}}).routing.upstreams == (API, WEB)
    assert routed({}).routing.upstreams == ()


def test_the_first_site_of_the_file_is_the_first():
    """It answers to the names of this machine."""
    sites = routed({"b.example": {"routes": {"/": "web"}}, "A.example": {"routes": {"/": "web"}}})

    assert [each.host for each in sites.routing.sites] == ["b.example", "a.example"]


def test_networks_are_written_in_one_way():
    made = routed({**EXAMPLE, "trusted_proxies": ["10.1.2.3/8", "2001:DB8::/32", "192.0.2.1"]})

    assert made.routing.trusted_proxies == ("10.0.0.0/8", "2001:db8::/32", "192.0.2.1/32")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"http://a.example": {"routes": {"/": "web"}}}, [("SW401", "http://a.example")]),
        ({"*.example": {"routes": {"/": "web"}}}, [("SW401", "*.example")]),
        ({HOST: {"routes": {"api": "web"}}}, [("SW402", f"{HOST}.routes.api")]),
        ({HOST: {"routes": {"/a/../b": "web"}}}, [("SW402", f"{HOST}.routes./a/../b")]),
        ({HOST: {"routes": {"/a b": "web"}}}, [("SW402", f"{HOST}.routes./a b")]),
        ({HOST: {"routes": {"/-/live": "web"}}}, [("SW403", f"{HOST}.routes./-/live")]),
        ({HOST: {"routes": {"/": "web"}}, "trusted_proxies": ["cdn"]},
         [("SW404", "trusted_proxies.0")]),
        ({HOST: {"routes": {"/": {"to": "web", "headers": {"X Y": "1"}}}}},
         [("SW405", f"{HOST}.routes./.headers")]),
        ({HOST: {"routes": {"/": {"to": "web", "headers": {"X-Y": "1\n2"}}}}},
         [("SW405", f"{HOST}.routes./.headers")]),
        ({HOST: {"routes": {"/": "web"}, "tls": "files", "certificate": "own.pem"}},
         [("SW406", f"{HOST}.certificate")]),
        ({HOST: {"routes": {"/": "web"}, "tls": "files"}}, [("SW411", f"{HOST}.tls")]),
        ({HOST: {"routes": {"/": "web"}, "tls": "off", "certificate": "/c.pem"}},
         [("SW412", f"{HOST}.certificate")]),
        ({HOST: {"routes": {"/a": "web", "/a/": "api"}}}, [("SW413", f"{HOST}.routes./a/")]),
        ({HOST: {"routes": {"/": "wbe"}}}, [("SW414", f"{HOST}.routes./.to")]),
        ({HOST: {"routes": {"/": "db"}}}, [("SW415", f"{HOST}.routes./.to")]),
        ({HOST: {"routes": {"/": {"to": "web", "burst": 3}}}},
         [("SW416", f"{HOST}.routes./.burst")]),
        ({HOST: {"routes": {}}}, [("SW137", f"{HOST}.routes")]),
        ({HOST: {"routes": {"/": {"to": "web", "body": 5}}}}, [("SW146", f"{HOST}.routes./.body")]),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_where_it_was_written(settings, expected):
    made = routed(settings)

    assert [(each.code, each.at.path) for each in made.findings] == expected
    assert made.workloads == ()
    for each in made.findings:
        for language in Language:
            assert "?" not in say(each.code, each.facts, language).text.replace("'?'", "")


def test_all_mistakes_are_told_at_once_and_the_nearest_name_with_them():
    made = routed({HOST: {"routes": {"/": "wbe", "/b": "db", "/c": {"to": "apo", "burst": 2}}}})

    assert [each.code for each in made.findings] == ["SW414", "SW415", "SW414", "SW416"]
    assert made.findings[0].facts["nearest"] == "web"


def test_an_unknown_setting_of_a_route_is_told_the_nearest_of_a_route():
    [finding] = routed({HOST: {"routes": {"/": {"to": "web", "timout": "3s"}}}}).findings

    assert (finding.code, finding.facts["nearest"]) == ("SW125", "timeout")


def test_every_other_key_of_the_section_is_a_host():
    schema = Ingress.model_json_schema()

    assert schema["additionalProperties"] == {"$ref": "#/$defs/SiteForm"}


def test_an_authority_is_named_with_what_it_needs():
    tls = {
        "acme": {"directory": "https://ca.example/dir", "email": "a@b.example", "ca": "/etc/ca.pem"}
    }
    made = routed({HOST: {"tls": tls, "routes": {"/": "web"}}})
    [site] = made.routing.sites

    assert made.findings == ()
    assert site.tls == "acme"
    assert site.acme == Acme(
        directory="https://ca.example/dir", email="a@b.example", ca="/etc/ca.pem"
    )
    assert [each.name for each in made.workloads] == ["ingress"]


def test_lets_encrypt_is_asked_where_nobody_is_named():
    [site] = routed({HOST: {"tls": {"acme": {}}, "routes": {"/": "web"}}}).routing.sites

    assert site.acme == Acme(directory="https://acme-v02.api.letsencrypt.org/directory")


def test_the_stand_in_comes_with_its_names_and_after_the_ingress():
    """It looks at the ingress, on whatever port that has here."""
    made = routed({HOST: {"tls": {"acme": {"directory": "stand-in"}}, "routes": {"/": "web"}}})
    workloads = {each.name: each for each in made.workloads}

    assert made.routing.sites[0].acme == Acme(directory="")
    assert list(workloads) == ["ingress", "acme-names", "acme"]
    assert set(workloads["acme"].uses) == {"ingress", "acme-names"}
    assert workloads["ingress"].uses == ()


@pytest.mark.parametrize(
    ("tls", "names", "code", "at"),
    [
        ({"acme": {"directory": "http://ca.example/dir"}}, (), "SW417", "acme.directory"),
        ({"acme": {"directory": "letsencrypt"}}, (), "SW417", "acme.directory"),
        ({"acme": {"ca": "ca.pem"}}, (), "SW406", "acme.ca"),
        ({"acme": {"directory": "stand-in"}}, ("acme",), "SW418", "acme.directory"),
    ],
)
def test_what_cannot_be_asked_is_refused_where_it_stands(tls, names, code, at):
    found = routing(
        {HOST: {"tls": tls, "routes": {"/": "web"}}}, upstreams=(API, WEB), inner=frozenset(),
        names=frozenset(map(Name, ("api", "web", *names))),
    ).findings  # fmt: skip

    assert [each.code for each in found] == [code]
    assert found[0].at.path.startswith(f"{HOST}.tls")
    assert found[0].at.path.endswith(at)
