"""The rendered configuration: the same input, the same text; and the engine itself accepts it."""

import os
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seaway.errors import PartMissing
from seaway.model.instance import Address
from seaway.model.names import Digest, InstanceId, Name
from seaway.model.route import Acme, Rate, Route, Routing, Site, Timeouts, Upstream
from seaway.proxies.engine import Engine, Member, Setting
from seaway.proxies.haproxy import CONFIGURATION, HAProxy
from seaway.proxies.haproxy.limit import WRAP, bucket
from seaway.proxies.haproxy.syntax import quoted
from seaway.targets.local.certificates import Authority
from seaway.targets.local.parts.haproxy import HaproxyPart
from tests.fakes.clock import HandClock

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "haproxy"
FOLDER = "/var/lib/seaway/lantern/proxy"
SERVICE = Routing(upstreams=(Upstream(workload=Name("llm"), port="http", check="/healthz"),))
WHOLE = Routing(
    sites=(
        Site(
            host="lantern.example.com",
            tls="local",
            headers={"Content-Security-Policy": "default-src 'self'"},
            routes=(
                Route(
                    path="/api/chat",
                    to=Name("api"),
                    stream=True,
                    rate=Rate(count=2, burst=5),
                    timeouts=Timeouts(response=timedelta(minutes=10)),
                ),
                Route(path="/api", to=Name("api"), rate=Rate(count=10, burst=20), body=2_000_000),
                Route(path="/ws", to=Name("api"), websocket=True),
                Route(path="/", to=Name("web"), cache=timedelta(hours=1)),
            ),
        ),
        Site(
            host="admin.example.com",
            routes=(Route(path="/", to=Name("web"), headers={"X-Robots-Tag": "none"}),),
        ),
    ),
    upstreams=(
        Upstream(workload=Name("api"), port="http", check="/readyz"),
        Upstream(workload=Name("web"), port="http"),
    ),
    trusted_proxies=("10.0.0.0/8", "2001:db8::/32"),
)
CALLS = Routing(
    sites=(
        Site(host="lantern.example.com", routes=(
            Route(path="/lantern.Ask", to=Name("ai"), port="grpc"),
            Route(path="/", to=Name("ai")),
        )),
    ),
    upstreams=(
        Upstream(workload=Name("ai"), port="http"),
        Upstream(workload=Name("ai"), port="grpc", check="/lantern.Ask", balance="roundrobin"),
    ),
)  # fmt: skip
SAMPLES = {"calls": CALLS, "whole": WHOLE, "services-only": SERVICE, "empty": Routing()}


def setting(folder: str = FOLDER, sockets: str = "/run/seaway/ingress-1") -> Setting:
    return Setting(
        folder=folder,
        sockets=sockets,
        http=Address(host="127.0.0.1", port=8080),
        https=Address(host="127.0.0.1", port=8443),
        services={
            Name("api"): Address(host="127.0.0.1", port=14001),
            Name("llm"): Address(host="127.0.0.1", port=14002),
        },
        members=(
            Member(
                instance=InstanceId("api-3f9c2a"),
                workload=Name("api"),
                addresses={"http": Address(host="127.0.0.1", port=18001)},
            ),
        ),
        aliases=("localhost", "127.0.0.1"),
        certificates={"lantern.example.com": f"{folder}/certificates/lantern.example.com.pem"},
        digest=Digest("0123456789ab"),
    )


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_what_is_rendered_is_what_was_looked_at(name):
    """Set SEAWAY_GOLDEN=1 to write the files anew, then read the difference."""
    engine: Engine = HAProxy()
    text = engine.render(SAMPLES[name], setting())[CONFIGURATION]
    file = GOLDEN / f"{name}.cfg"
    if os.environ.get("SEAWAY_GOLDEN"):
        file.write_text(text)

    assert text == file.read_text()


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_engine_accepts_it_without_a_warning(name, tmp_path):
    said = check(SAMPLES[name], tmp_path)

    assert said == ""


HEADER = st.text(
    st.characters(max_codepoint=0x2FFF, exclude_categories=("Cc", "Cs", "Zl", "Zp")),
    max_size=40,
)  # fmt: skip
PATHS = st.from_regex(r"/[A-Za-z0-9._~!&()*+,;=:@-]{0,12}", fullmatch=True)
TIMES = st.timedeltas(min_value=timedelta(milliseconds=1), max_value=timedelta(days=3650))
ROUTES = st.builds(
    Route,
    path=PATHS,
    to=st.sampled_from([Name("api"), Name("web")]),
    rate=st.none()
    | st.builds(
        Rate,
        count=st.floats(0.01, 10_000),
        per=st.sampled_from([timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)]),
        burst=st.integers(0, 10_000),
    ),
    body=st.integers(0, 2**40),
    timeouts=st.builds(Timeouts, connect=TIMES, response=TIMES, idle=TIMES),
    stream=st.booleans(),
    websocket=st.booleans(),
    cache=st.none() | TIMES,
    headers=st.dictionaries(st.just("X-Note"), HEADER, max_size=1),
)


@settings(max_examples=25, deadline=None)
@given(routes=st.lists(ROUTES, min_size=1, max_size=4), header=HEADER, check_path=PATHS)
def test_whatever_is_asked_for_the_engine_accepts_it(routes, header, check_path, tmp_path_factory):
    """A quote or a dollar in the stack file must not become a rule of the proxy."""
    routing = Routing(
        sites=(Site(host="a.example", routes=tuple(routes), headers={"X-Text": header}),),
        upstreams=(
            Upstream(workload=Name("api"), port="http", check=check_path),
            Upstream(workload=Name("web"), port="http"),
        ),
    )

    assert "ALERT" not in check(routing, tmp_path_factory.mktemp("rendered"))


@given(
    count=st.floats(0.001, 100_000),
    seconds=st.floats(1, 86_400),
    burst=st.integers(0, 100_000),
)
def test_a_bucket_keeps_its_rate_to_a_thousandth_and_fits_its_counter(count, seconds, burst):
    given_ = Rate(count=count, per=timedelta(seconds=seconds), burst=burst)
    made = bucket(given_)
    cost = given_.per.total_seconds() * 1e6 / count

    if cost >= 1:
        assert abs(made.interval * made.unit - cost) <= max(cost / 500, 1)
    assert made.window == (max(1, burst) - 1) * made.interval
    assert made.window + made.interval < WRAP
    assert made.expire * 1e6 > (made.window + made.interval) * made.unit


@pytest.mark.parametrize("text", ["a\nb", "a\0b", "a\x7fb"])
def test_what_no_quoting_can_carry_is_refused(text):
    with pytest.raises(ValueError, match="control"):
        quoted(text)


def check(routing: Routing, folder: Path) -> str:
    """What the engine says of the configuration; empty when it is content."""
    try:
        program = HaproxyPart().find("").programs["haproxy"]
    except PartMissing:
        pytest.skip("no HAProxy here")
    given_ = setting(str(folder), str(folder))
    certificates = folder / "certificates"
    for host in given_.certificates:
        pem = Authority(folder / "authority", HandClock()).certificate((host,))
        certificates.mkdir(exist_ok=True)
        (certificates / f"{host}.pem").write_text(pem)
    for name, text in HAProxy().render(routing, given_).items():
        (folder / name).write_text(text)
    done = subprocess.run(
        (program, "-c", "-q", "-f", folder / CONFIGURATION),
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_an_authority_is_answered_before_any_redirect():
    """It asks on port 80, of a host that has no certificate yet."""
    site = Site(
        host="a.example", tls="acme", acme=Acme(directory="https://ca.example/dir"),
        routes=(Route(path="/", to=Name("api")),),
    )  # fmt: skip
    routing = Routing(
        sites=(site,), upstreams=(Upstream(workload=Name("api"), port="http"), *SERVICE.upstreams)
    )
    given_ = replace(setting(), certificates={"a.example": f"{FOLDER}/a.pem"})
    lines = HAProxy().render(routing, given_)[CONFIGURATION].splitlines()
    [answer] = [number for number, line in enumerate(lines) if "acme-challenge" in line]
    [redirect] = [number for number, line in enumerate(lines) if "redirect prefix" in line]

    assert answer < redirect
    assert f"map({FOLDER}/challenges.map)" in lines[answer]
