"""Resolve: what a stack file asks for, as one release, or everything that is wrong with it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from pydantic import JsonValue, ValidationError

from seaway.engine.agreement import disagreements
from seaway.engine.budget import overdrawn
from seaway.engine.edges import edges
from seaway.engine.expand import Expanded, expand, placed
from seaway.engine.holes import reached, secrets_of, with_versions, without
from seaway.engine.origins import misplaced, taken_from
from seaway.engine.understand import Kinds, understand
from seaway.model.finding import Finding, Severity
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.model.route import Routing, Upstream
from seaway.model.settings.secret import SECRET, SecretForm
from seaway.model.stack import Stack
from seaway.model.workload import Role, Workload
from seaway.ports.component import SecretNeed

INGRESS = Name("ingress")
LONGEST_GRACE = timedelta(minutes=15)
_AFTER_LONGEST = timedelta(seconds=10)
"""How much longer than its longest route a service may take to end (R42)."""
_MOST_FINDINGS = 200
_FIRST_OF_MEANING = "SW125"
"""Codes below are about the text itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A release, and what was found on the way. With an error among the findings it is partial."""

    release: Release
    findings: tuple[Finding, ...] = ()
    """Sorted by place, each once."""
    secret_needs: tuple[SecretNeed, ...] = ()
    """What must be in the vault before anything starts."""
    optional_secrets: tuple[SecretNeed, ...] = ()
    """What is used where it is there, and may be absent in this environment."""


class Routed(Protocol):
    """What the ingress section becomes."""

    @property
    def routing(self) -> Routing: ...

    @property
    def findings(self) -> Sequence[Finding]:
        """Paths in them start at the section."""
        ...

    @property
    def workloads(self) -> Sequence[Workload]:
        """The proxy; none where nothing is routed."""
        ...


class Routes(Protocol):
    """Reads the ingress section. `inner` are the upstreams that other workloads are told of."""

    def __call__(
        self,
        settings: Mapping[str, JsonValue],
        *,
        upstreams: Sequence[Upstream],
        inner: frozenset[Name],
        names: frozenset[Name],
    ) -> Routed: ...


def resolve(
    stack: Stack,
    kinds: Kinds,
    *,
    routing: Routes,
    environ: Mapping[str, str],
    secret_versions: Mapping[str, int],
) -> Resolved:
    """The release that the stack asks for. Pure: the same arguments give the same release."""
    understood = understand(stack, kinds)
    graph = edges(stack, understood.components)
    expanded = expand(stack, understood.components, graph.order, environ)
    routed = _routed(stack, routing, expanded)
    workloads = taken_from(stack, [*expanded.workloads, *routed.workloads])
    needs, loose = _needs(stack, workloads, expanded, secret_versions)
    unset = frozenset(each.name for each in loose)
    whole = _whole(stack, workloads, routed.routing)
    release = Release(
        stack=stack.name,
        environment=stack.environment,
        workloads=tuple(
            with_versions(without(each, unset), secret_versions)
            for each in (_finished(each, whole) for each in workloads)
        ),
        routing=routed.routing,
        savings=expanded.savings,
    )
    findings = (
        *stack.findings, *understood.findings, *graph.findings, *expanded.findings,
        *_misrouted(stack, routed, frozenset(graph.order)), *misplaced(stack, workloads),
        *(_unset(stack, each) for each in loose), *_monitored(stack),
        *disagreements(stack, workloads, routed.routing), *overdrawn(stack, workloads),
    )  # fmt: skip
    return Resolved(
        release=release, findings=in_order(findings), secret_needs=needs, optional_secrets=loose
    )  # fmt: skip


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each once, by place; at most so many as anyone reads.

    What could not even be read at a place is not judged there again.
    """
    found = tuple(findings)
    unread = {_spot(each) for each in found if each.code < _FIRST_OF_MEANING}
    first: dict[tuple[str, int, int, str, str], Finding] = {}
    for each in found:
        if each.code < _FIRST_OF_MEANING or _spot(each) not in unread or not each.at.line:
            facts = repr(sorted((name, str(fact)) for name, fact in each.facts.items()))
            first.setdefault((*_spot(each), each.code, facts), each)
    return tuple(first[key] for key in sorted(first))[:_MOST_FINDINGS]


def _spot(finding: Finding) -> tuple[str, int, int]:
    return finding.at.file, finding.at.line, finding.at.column


def _routed(stack: Stack, routing: Routes, expanded: Expanded) -> Routed:
    balanced = {each.workload for each in expanded.upstreams}
    told = {name for each in expanded.workloads for name in reached(each) - {each.name}}
    return routing(
        stack.ingress,
        upstreams=expanded.upstreams,
        inner=frozenset(told & balanced),
        names=frozenset(each.name for each in stack.declarations),
    )


def _misrouted(stack: Stack, routed: Routed, sound: frozenset[Name]) -> Iterator[Finding]:
    """Findings of the ingress, but for routes to components with faults of their own."""
    faulty = {each.name for each in stack.declarations} - sound
    for each in routed.findings:
        if each.facts.get("name") not in faulty:
            yield placed(stack, each, ("ingress",), dict(stack.ingress))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whole:
    """What only the whole stack can tell of a workload."""

    proxies: frozenset[Name]
    balanced: frozenset[Name]
    graces: Mapping[Name, timedelta]
    """By workload: its longest route and a little more."""
    written: frozenset[Name]
    """Components that say themselves how long they take to end."""


def _whole(stack: Stack, workloads: Sequence[Workload], routing: Routing) -> _Whole:
    graces: dict[Name, timedelta] = {}
    for route in (route for site in routing.sites for route in site.routes):
        longest = min(route.timeouts.response + _AFTER_LONGEST, LONGEST_GRACE)
        graces[route.to] = max(longest, graces.get(route.to, timedelta(0)))
    return _Whole(
        proxies=frozenset(each.name for each in workloads if each.role is Role.PROXY),
        balanced=frozenset(each.name for each in workloads if each.balanced),
        graces=graces,
        written=frozenset(
            each.name for each in stack.declarations if _says_grace(each.settings.get("stop"))
        ),
    )


def _finished(workload: Workload, whole: _Whole) -> Workload:
    """With its way through the proxy, and time to end (R42)."""
    through = bool(reached(workload) & (whole.balanced - {workload.name}))
    uses = {*workload.uses, *(whole.proxies if through else ())}
    grace = workload.stopping.grace
    if workload.component not in whole.written:
        grace = max(grace, whole.graces.get(workload.name, grace))
    stopping = replace(workload.stopping, grace=grace)
    return replace(workload, uses=tuple(sorted(uses)), stopping=stopping)


def _says_grace(stop: JsonValue) -> bool:
    return isinstance(stop, str) or (isinstance(stop, dict) and "grace" in stop)


def _needs(
    stack: Stack,
    workloads: Sequence[Workload],
    expanded: Expanded,
    versions: Mapping[str, int],
) -> tuple[tuple[SecretNeed, ...], tuple[SecretNeed, ...]]:
    """Secrets that must be there, and those that are used, may be absent, and are."""
    texts = [text for each in workloads for text in each.env.values()]
    for saving in expanded.savings:  # where backups go may have keys that no workload gets
        texts += [saving.destination.access_key, saving.destination.secret_key]
    used = {name for text in texts for name in secrets_of(text)}
    needs = {each.name: each for each in expanded.secrets}
    loose: list[SecretNeed] = []
    for name, form in _forms(stack):
        if name in used:
            need = SecretNeed(
                name=name, generate=form.generate, form=form.form, min_length=form.min_length,
                keep=form.keep, longest=form.rotate,
            )  # fmt: skip
            if form.generate or form.required(stack.environment):
                needs.setdefault(name, need)
            elif name not in versions:
                loose.append(need)
    return tuple(needs[name] for name in sorted(needs)), tuple(loose)


def _forms(stack: Stack) -> Iterator[tuple[str, SecretForm]]:
    """What is demanded of each secret; faults in it were found when the file was read."""
    for name, written in stack.secrets.items():
        try:
            yield name, SECRET.validate_python(written)
        except ValidationError:
            continue


def _unset(stack: Stack, need: SecretNeed) -> Finding:
    at = stack.place("secrets", need.name, key=True)
    facts = {"name": need.name, "environment": stack.environment}
    return Finding(code="SW160", at=at, severity=Severity.INFO, facts=facts)


def _monitored(stack: Stack) -> Iterator[Finding]:
    if stack.monitor:
        at = stack.place("monitor", key=True)
        facts = {"setting": "monitor"}
        yield Finding(code="SW151", at=at, severity=Severity.WARNING, facts=facts)
