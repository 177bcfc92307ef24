"""The ingress section: hosts and paths, and which service answers them under which limits."""

import ipaddress
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from seaway.model import text
from seaway.model.finding import Finding, Place
from seaway.model.names import Name
from seaway.model.near import choice
from seaway.model.probe import Checks, PartProbe
from seaway.model.quantity import Duration, RateQ, Size
from seaway.model.route import (
    GRPC,
    STAND_IN,
    Acme,
    Rate,
    Route,
    Routing,
    Site,
    Timeouts,
    Upstream,
)
from seaway.model.settings.form import FORM, Count, PortNumber, Truth, Word, refuse, word
from seaway.model.stack import Path
from seaway.model.validate import validated
from seaway.model.workload import Role, Server, Stopping, Volume, Workload

INGRESS = Name("ingress")
NAMES = Name("acme-names")
"""What the stand-in for an authority asks for addresses."""
OWN = "/-/"
"""Paths that the ingress answers itself."""
STREAM = timedelta(seconds=600)
"""The longest silence of a stream, where its route says nothing (R21)."""
_HOST = re.compile(r"(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*"
                   r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)  # fmt: skip
_PATH = re.compile(r"/(?!.*(?:/\.{1,2}(?:/|$)|//))[^\x00-\x20\x7f\"'\\%?#]*")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
_FIGURES = Timeouts()


def _host(given: str) -> str:
    if not _HOST.fullmatch(given):
        raise refuse("SW401", found=given)
    return given.lower()


def _path(given: str) -> str:
    if not _PATH.fullmatch(given):
        raise refuse("SW402", found=given)
    if f"{given}/".startswith(OWN):
        raise refuse("SW403", found=given, own=OWN)
    return given


def _network(given: str) -> str:
    try:
        return str(ipaddress.ip_network(given, strict=False))
    except ValueError:
        raise refuse("SW404", found=given) from None


def _headers(given: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in given.items():
        if not _HEADER.fullmatch(name) or not value.isprintable():
            raise refuse("SW405", found=name)
    return given


def _file(given: str) -> str:
    if not given.startswith("/"):
        raise refuse("SW406", found=given)
    return given


Host = Annotated[Word, AfterValidator(_host)]
UrlPath = Annotated[Word, AfterValidator(_path)]
Network = Annotated[Word, AfterValidator(_network)]
Headers = Annotated[Mapping[Word, Annotated[str, Field(strict=True)]], AfterValidator(_headers)]


class RouteForm(BaseModel):
    """What happens to requests under a path. A single word is the service that answers."""

    model_config = FORM

    to: Word
    """The service that answers."""
    rate: RateQ | None = None
    """How many requests one address may send: `10/s per ip`."""
    burst: Annotated[Count, Field(ge=1)] | None = None
    """How many of them at once; those of one second where nothing is given."""
    body: Size = 1_000_000
    """The largest request body."""
    timeout: Duration | None = None
    """The longest wait for an answer, and between two pieces of one."""
    connect: Duration = _FIGURES.connect
    """The longest wait for a connection to the service."""
    idle: Duration = _FIGURES.idle
    """How long a websocket may be silent."""
    stream: Truth = False
    """Whether answers are events as they come: not packed, silent for up to 10 minutes."""
    websocket: Truth = False
    """Whether websockets are let through."""
    grpc: Truth = False
    """Whether what comes are calls of gRPC, for the service's port `grpc`."""
    cache: Duration | None = None
    """How long browsers may keep files that carry no hash in their name."""
    headers: Headers = Field(default_factory=dict[str, str])
    """Set in every answer of this route."""


RouteSetting = Annotated[
    RouteForm, BeforeValidator(word("to"), json_schema_input_type=Word | RouteForm)
]


LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
ON_THIS_MACHINE = "stand-in"
STAND_IN_LASTS = 60
"""Seconds that what it signs is good for: people and journeys are to see it renewed."""


def _directory(given: str) -> str:
    if given != ON_THIS_MACHINE and not re.fullmatch(r"https://[^\s/]+/\S*", given):
        raise refuse("SW417", found=given)
    return given


class AcmeForm(BaseModel):
    """An authority that signs certificates for whoever can show that a name is theirs."""

    model_config = FORM

    directory: Annotated[Word, AfterValidator(_directory)] = LETS_ENCRYPT
    """Its address; `stand-in` for a server that only plays one, on this machine, for tests."""
    email: Word = ""
    """Whom it may write to before a certificate ends."""
    ca: Annotated[Word, AfterValidator(_file)] | None = None
    """A file with those who vouch for the authority's own address; absolute."""


TlsWord = Literal["off", "local", "auto", "files"]


class TlsForm(BaseModel):
    """Where the certificate comes from. A single word is `by`."""

    model_config = FORM

    by: TlsWord = "auto"
    """`auto` gets it by itself, `local` has one of this machine's own authority, `files` serves
    the given one; `off` goes without."""
    acme: AcmeForm | None = None
    """An authority of the world to get it from, and to renew it in time."""


TlsSetting = Annotated[
    TlsForm, BeforeValidator(word("by"), json_schema_input_type=TlsWord | TlsForm)
]


class SiteForm(BaseModel):
    """One host."""

    model_config = FORM

    routes: Annotated[Mapping[UrlPath, RouteSetting], Field(min_length=1)]
    """By path; the longest that fits decides."""
    tls: TlsSetting | None = None
    """Where its certificate comes from; it goes without where nothing is given."""
    certificate: Annotated[Word, AfterValidator(_file)] | None = None
    """A file with chain and key, for `files`; absolute."""
    headers: Headers = Field(default_factory=dict[str, str])
    """Set in every answer of this host; an empty text leaves a usual one out."""


class Ports(BaseModel):
    """Where the ingress listens on one machine; the next free port where one is taken."""

    model_config = FORM

    http: PortNumber = 8080
    https: PortNumber = 8443


class Ingress(BaseModel):
    """Hosts, and a few settings of all."""

    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
        defer_build=True,
    )
    __pydantic_extra__: dict[Host, SiteForm]  # pyright: ignore[reportIncompatibleVariableOverride]  # pydantic checks each

    ports: Ports = Ports()
    """Where it listens on this machine."""
    trusted_proxies: tuple[Network, ...] = ()
    """Networks of proxies in front, as of a CDN: only they are believed about the client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """What the section becomes. Paths in findings start at the section."""

    routing: Routing = Routing()
    findings: tuple[Finding, ...] = ()
    workloads: tuple[Workload, ...] = ()


def routing(
    settings: Mapping[str, JsonValue],
    *,
    upstreams: Sequence[Upstream],
    inner: frozenset[Name],
    names: frozenset[Name],
) -> Routed:
    """The routing and the proxy that follows it; no proxy where nobody needs one.

    `inner` are the upstreams that other workloads are told of, `names` all that is declared.
    """
    form, faults = validated(Ingress, dict(settings), _locate)
    if form is None:
        return Routed(findings=faults)
    sites = form.__pydantic_extra__
    known = {each.name: each for each in upstreams}
    findings = tuple(_findings(sites, upstreams, names))
    made = tuple(_site(host, site) for host, site in sorted_as_written(settings, sites))
    needed = bool(made or inner) and not findings
    # Of all, or an instance that nobody routes to would wait for ever to be let in.
    told = tuple(known[name] for name in sorted(known)) if needed else ()
    others = _signers() if needed and any(map(_stands_in, sites.values())) else ()
    result = Routing(sites=made, upstreams=told, trusted_proxies=form.trusted_proxies)
    workloads = (_proxy(form.ports), *others) if needed else ()
    return Routed(routing=result, findings=findings, workloads=workloads)


def sorted_as_written(
    settings: Mapping[str, JsonValue], sites: Mapping[str, SiteForm]
) -> list[tuple[str, SiteForm]]:
    """The first site has the names of this machine: the order of the file counts."""
    order = [name.lower() for name in settings]
    return sorted(sites.items(), key=lambda each: order.index(each[0].lower()))


def _locate(path: Path, *, key: bool) -> Place:
    del key  # told apart by the code of the finding
    return Place(path=".".join(map(str, path)))


def _findings(
    sites: Mapping[str, SiteForm], upstreams: Sequence[Upstream], names: frozenset[Name]
) -> Iterator[Finding]:
    for host, site in sites.items():
        tls = _tls(site)
        if tls == "files" and site.certificate is None:
            yield Finding(code="SW411", at=Place(path=f"{host}.tls"), facts={"host": host})
        if site.certificate is not None and tls != "files":
            place = Place(path=f"{host}.certificate")
            yield Finding(code="SW412", at=place, facts={"tls": tls})
        if _stands_in(site) and STAND_IN in names:
            place = Place(path=f"{host}.tls.acme.directory")
            yield Finding(code="SW418", at=place, facts={"name": STAND_IN})
        taken: dict[str, str] = {}
        for path, route in site.routes.items():
            at = f"{host}.routes.{path}"
            short = path.rstrip("/")
            if short in taken:
                facts = {"path": path, "other": taken[short]}
                yield Finding(code="SW413", at=Place(path=at), facts=facts)
            taken[short] = path
            speaking = (each for each in upstreams if (each.port == GRPC) is route.grpc)
            yield from _faults_of(route, at, frozenset(each.workload for each in speaking), names)


def _faults_of(
    route: RouteForm, at: str, routable: frozenset[Name], names: frozenset[Name]
) -> Iterator[Finding]:
    if route.to not in names:
        facts = choice(route.to, routable)
        yield Finding(code="SW414", at=Place(path=f"{at}.to"), facts=facts)
    elif route.to not in routable:
        facts = {"name": route.to, "known": ", ".join(sorted(routable)) or "-"}
        code = "SW419" if route.grpc else "SW415"
        yield Finding(code=code, at=Place(path=f"{at}.to"), facts=facts)
    if route.burst is not None and route.rate is None:
        yield Finding(code="SW416", at=Place(path=f"{at}.burst"), facts={"burst": route.burst})


def _site(host: str, site: SiteForm) -> Site:
    routes = [_route(path, each) for path, each in site.routes.items()]
    return Site(
        host=host,
        routes=tuple(sorted(routes, key=lambda each: (-len(each.path), each.path))),
        tls=_tls(site),
        certificate=site.certificate or "",
        acme=_acme(site),
        headers=dict(site.headers),
    )


def _tls(site: SiteForm) -> Literal["off", "local", "auto", "files", "acme"]:
    if site.tls is None:
        return "files" if site.certificate else "off"
    return "acme" if site.tls.acme else site.tls.by


def _acme(site: SiteForm) -> Acme | None:
    form = site.tls.acme if site.tls else None
    if form is None:
        return None
    directory = "" if form.directory == ON_THIS_MACHINE else form.directory
    return Acme(directory=directory, email=form.email, ca=form.ca or "")


def _stands_in(site: SiteForm) -> bool:
    acme = _acme(site)
    return acme is not None and not acme.directory


def _route(path: str, form: RouteForm) -> Route:
    streams = form.stream or form.grpc
    response = form.timeout or (STREAM if streams else _FIGURES.response)
    return Route(
        path=path,
        to=Name(form.to),
        port=GRPC if form.grpc else "http",
        rate=_rate(form),
        body=form.body,
        timeouts=Timeouts(connect=form.connect, response=response, idle=form.idle),
        stream=form.stream,
        websocket=form.websocket,
        cache=form.cache,
        headers=dict(form.headers),
    )


def _rate(form: RouteForm) -> Rate | None:
    if form.rate is None:
        return None
    usual = math.ceil(form.rate.count / form.rate.per.total_seconds())
    return replace(form.rate, burst=form.burst or max(1, usual))


def _proxy(ports: Ports) -> Workload:
    """The routing is not part of it: a changed one is taken up while it runs."""
    return Workload(
        name=INGRESS,
        component=INGRESS,
        program=Server(part="haproxy", image="haproxy:2.8-alpine"),
        role=Role.PROXY,
        ports={"http": ports.http, "https": ports.https},
        checks=Checks(
            ready=PartProbe(), live=PartProbe(), start=timedelta(seconds=30),
            every=timedelta(seconds=5),
        ),
        volumes=(Volume(name="config", path="/usr/local/etc/haproxy"),),
        # HAProxy ends at once by SIGTERM, and after the requests in hand by SIGUSR1.
        stopping=Stopping(signal="SIGUSR1", grace=timedelta(seconds=10)),
    )  # fmt: skip


def _signers() -> tuple[Workload, ...]:
    """A server that plays an authority, and one that tells it that every name is this machine."""
    checks = Checks(ready=PartProbe(), live=PartProbe())
    names = Workload(
        name=NAMES, component=INGRESS, program=Server(part="pebble-names"), checks=checks,
        ports={"dns": 8053, "management": 8055},
    )  # fmt: skip
    env = {
        "NAMES": text.Text.of(
            text.Host(workload=NAMES), ":", text.Port(workload=NAMES, port="dns")
        ),
        "HTTP_PORT": text.Text.of(text.Port(workload=INGRESS, port="http")),
    }
    signer = Workload(
        name=STAND_IN, component=INGRESS, checks=checks, env=env,
        program=Server(part="pebble", settings={"lasts": STAND_IN_LASTS}),
        ports={"directory": 14000, "management": 15000}, uses=(NAMES, INGRESS),
    )  # fmt: skip
    return names, signer
