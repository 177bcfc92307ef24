"""Doctor: conclusions from what others looked at, each with its cause and remedy."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from seaway.model.certificate import Certificate
from seaway.model.finding import Finding, Place, Severity
from seaway.model.instance import Instance, Phase
from seaway.model.release import Release
from seaway.model.workload import Role, Server, Workload
from seaway.plan.look import Look
from seaway.plan.verdict import given_up

LEAST_FREE = 1_000_000_000
"""Bytes of disk below which databases stop taking writes sooner or later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A port that is wanted and that somebody else listens on."""

    port: int
    workload: str
    by: str
    """The program, for people."""
    fixed: bool
    """Whether no other port will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What was seen of this machine before anything of the stack is looked at."""

    free: int
    """Bytes on the disk of the state folder."""
    folder: str
    """The state folder."""
    writable: bool = True
    open_to_others: bool = False
    """Whether others may list or change the state folder, or read the vault's key."""
    taken: tuple[Taken, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was seen of one workload."""

    lines: tuple[str, ...] = ()
    """The last it wrote."""
    refused: Mapping[str, str] = field(default_factory=dict[str, str])
    """Addresses of its ports that take no connection, and why."""
    own: Mapping[str, str] = field(default_factory=dict[str, str])
    """Variables with an address of the user's own, `NAME at host:port`, that does not answer."""


# ----------------------------------------------------------------------------- before the start


def preflight(release: Release, machine: Machine) -> Iterator[Finding]:
    """What would hinder a start: no room, no right, ports taken."""
    wanted = sum(volume.size for each in release.workloads for volume in each.volumes)
    if machine.free < LEAST_FREE:
        yield _found("SW640", free=_gigabytes(machine.free), folder=machine.folder)
    elif machine.free < wanted:
        facts = {"free": _gigabytes(machine.free), "wanted": _gigabytes(wanted)}
        yield _found("SW641", Severity.WARNING, folder=machine.folder, **facts)
    if not machine.writable:
        yield _found("SW642", folder=machine.folder)
    if machine.open_to_others:
        yield _found("SW643", folder=machine.folder)
    for each in machine.taken:
        code, severity = ("SW644", Severity.ERROR) if each.fixed else ("SW645", Severity.WARNING)
        yield _found(code, severity, port=each.port, workload=each.workload, by=each.by)


def supervision(*, wanted: bool, alive: int, running: int) -> Iterator[Finding]:
    """Whether somebody mends what breaks."""
    if wanted and not alive:
        yield _found("SW646", running=running)
    if not wanted and not alive and running:
        yield _found("SW647", running=running)


def certificates(known: Sequence[Certificate], now: datetime) -> Iterator[Finding]:
    """What cannot be had or renewed, and what ends soon."""
    for each in known:
        facts = {
            "host": each.host, "failures": each.failures, "problem": each.problem,
            "until": _moment(each.until), "next": _moment(each.due(now)),
        }  # fmt: skip
        if each.failures:
            yield _found("SW681" if each.until else "SW680", Severity.WARNING, **facts)
        if each.late(now):
            yield _found("SW682", Severity.ERROR, **facts)


def _moment(when: datetime | None) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if when else "-"


# --------------------------------------------------------------------------------- while it runs


def diagnosis(look: Look, evidence: Mapping[str, Evidence]) -> Iterator[Finding]:
    """Cause and remedy for each workload that is not as it should be, what is used first."""
    troubled: set[str] = set()
    for workload in look.release.workloads:
        found = tuple(_workload(look, workload, evidence.get(workload.name, Evidence()), troubled))
        if any(each.severity is Severity.ERROR for each in found):
            troubled.add(workload.name)
        yield from found


def _workload(
    look: Look, workload: Workload, evidence: Evidence, troubled: set[str]
) -> Iterator[Finding]:
    mine = look.of(workload.name)
    yield from _connections(workload, evidence)
    if workload.role in {Role.JOB, Role.SCHEDULE} or _well(look, workload, mine):
        return
    culprit = next((name for name in workload.uses if name in troubled), "")
    if culprit:
        yield _at(workload, "SW660", Severity.WARNING, uses=culprit)
        return
    yield from _part_away(workload, mine)
    told = tuple(_told(workload, evidence.lines))
    yield from told or _phases(look, workload, mine, evidence)


def _part_away(workload: Workload, mine: Sequence[Instance]) -> Iterator[Finding]:
    """What a store of several that serves all or nothing lacks, as one that is there says it."""
    if _part(workload) == "redis":
        for each in mine:
            if each.phase is Phase.UNREADY and each.reason:
                yield _at(workload, "SW355", reason=each.reason)
                return


def _well(look: Look, workload: Workload, mine: Sequence[Instance]) -> bool:
    ready = sum(1 for each in mine if each.phase is Phase.READY)
    return ready >= workload.replicas and not given_up(look.release, mine)


def _connections(workload: Workload, evidence: Evidence) -> Iterator[Finding]:
    """Ports that take no connection although its process lives, and addresses of the user's own."""
    code = CONNECTION_CODES.get(_part(workload), "SW653")
    for address, problem in evidence.refused.items():
        yield _at(workload, code, address=address, problem=problem)
    for variable, problem in evidence.own.items():
        yield _at(workload, "SW654", variable=variable, problem=problem)


CONNECTION_CODES = {"postgres": "SW650", "redis": "SW651", "s3": "SW652"}


def _part(workload: Workload) -> str:
    return workload.program.part if isinstance(workload.program, Server) else ""


@dataclass(frozen=True, slots=True)
class Sign:
    """Words in a log that tell the cause."""

    pattern: re.Pattern[str]
    code: str


def _sign(pattern: str, code: str) -> Sign:
    return Sign(re.compile(pattern, re.IGNORECASE), code)


SIGNS = (
    _sign(r"password authentication failed|role \"[^\"]*\" does not exist|"
          r"no password supplied|\b28P01\b", "SW661"),
    _sign(r"database \"[^\"]*\" does not exist|\b3D000\b", "SW662"),
    _sign(r"WRONGPASS|NOAUTH|invalid username-password pair|invalid password", "SW663"),
    _sign(r"SignatureDoesNotMatch|InvalidAccessKeyId|AccessDenied", "SW664"),
    _sign(r"name or service not known|could not translate host name|nodename nor servname|"
          r"temporary failure in name resolution|getaddrinfo|\bENOTFOUND\b", "SW665"),
    _sign(r"address already in use|\bEADDRINUSE\b", "SW667"),
    _sign(r"(?:secret|key|token|password)\b.*\b(?:at least|must be|too short|length|characters|"
          r"bytes|invalid|missing|required|not set)", "SW668"),
    _sign(r"(?:environment variable|env var|setting)\b.*\b(?:missing|required|not set|unset)|"
          r"field required", "SW669"),
    _sign(r"ModuleNotFoundError|ImportError|Cannot find module|No module named", "SW670"),
    _sign(r"connection refused|\bECONNREFUSED\b|connect call failed|could not connect", "SW666"),
    _sign(r"No space left on device|\bENOSPC\b", "SW671"),
    _sign(r"Permission denied|\bEACCES\b", "SW672"),
    _sign(r"Out of memory|MemoryError|Cannot allocate memory", "SW673"),
)  # fmt: skip
"""The first that fits counts: a refused password also says that a connection was not made."""


def _told(workload: Workload, lines: Sequence[str]) -> Iterator[Finding]:
    """The cause as its own log tells it; the newest line counts most."""
    for line in reversed(lines):
        for sign in SIGNS:
            if sign.pattern.search(line):
                uses = ", ".join(workload.uses) or "-"
                yield _at(workload, sign.code, line=line.strip()[:LONGEST_LINE], uses=uses)
                return


LONGEST_LINE = 200


def _phases(
    look: Look, workload: Workload, mine: Sequence[Instance], evidence: Evidence
) -> Iterator[Finding]:
    """What its state says, where its log says nothing that is known."""
    last = evidence.lines[-1].strip()[:LONGEST_LINE] if evidence.lines else "-"
    newest = max(mine, key=lambda each: each.since, default=None)
    if newest is None:
        yield _at(workload, "SW655")
        return
    facts = {"instance": newest.id, "reason": newest.reason or "-", "line": last}
    if newest.reason == "oom":
        yield _at(workload, "SW673", **facts)
    elif newest.phase in {Phase.DEAD, Phase.SICK}:
        lost = bool(given_up(look.release, mine))
        yield _at(workload, "SW657" if lost else "SW656", deaths=newest.deaths, **facts)
    elif newest.phase in {Phase.STARTING, Phase.UNREADY}:
        yield _at(workload, "SW658", path=_asked(workload), **facts)
    else:
        yield _at(workload, "SW659", Severity.WARNING, **facts)


def _asked(workload: Workload) -> str:
    """What is asked to know whether it is ready, for people."""
    ready = workload.checks.ready
    return str(getattr(ready, "path", "") or getattr(ready, "port", "") or "-")


# ------------------------------------------------------------------------ addresses of their own

URL = re.compile(
    r"^(?P<scheme>[a-z][a-z0-9+.-]*)://(?:[^@/\s]*@)?(?P<host>\[[^\]]+\]|[^:/?#\s]+)"
    r"(?::(?P<port>\d+))?",
    re.IGNORECASE,
)
USUAL_PORTS = {
    "postgresql": 5432, "postgres": 5432, "redis": 6379, "rediss": 6379, "http": 80,
    "https": 443, "mongodb": 27017, "amqp": 5672,
}  # fmt: skip
STORES = frozenset({"postgresql", "postgres", "redis", "rediss", "mongodb", "amqp"})


def own_addresses(workload: Workload) -> Iterator[tuple[str, str, int]]:
    """Variables that name a store by an address somebody wrote: the variable, host and port."""
    for variable, text in workload.env.items():
        if (found := URL.match(text.written)) and _is_store(variable, found["scheme"].lower()):
            port = found["port"] or USUAL_PORTS.get(found["scheme"].partition("+")[0].lower(), 0)
            yield variable, found["host"].strip("[]"), int(port)


def _is_store(variable: str, scheme: str) -> bool:
    return scheme.partition("+")[0] in STORES or variable.startswith(("S3_", "AWS_", "MINIO_"))


def _found(code: str, severity: Severity = Severity.ERROR, **facts: object) -> Finding:
    return Finding(code=code, severity=severity, facts=facts)


def _at(
    workload: Workload, code: str, severity: Severity = Severity.ERROR, /, **facts: object
) -> Finding:
    return Finding(
        code=code, severity=severity, at=Place(path=workload.name),
        facts={"workload": workload.name, **facts},
    )  # fmt: skip


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
