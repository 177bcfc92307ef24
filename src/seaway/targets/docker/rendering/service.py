"""Service: one workload as Compose has it: what the Docker target asks of the engine, said so."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never

from seaway.model.probe import ExecProbe, GrpcProbe, HttpProbe, PartProbe, Probe, TcpProbe
from seaway.model.release import Release
from seaway.model.workload import Command, Role, Server, Workload
from seaway.targets.docker.container import BEGIN, FEW_PIDS, SHARED_MEMORY
from seaway.targets.docker.edges import Edge, aliases, mine
from seaway.targets.docker.images.recipe import USER
from seaway.targets.docker.rendering.ingress import (
    FOLDER,
    RUN,
    certificate_of,
    copies_of,
    sealed_hosts,
)
from seaway.targets.docker.rendering.surroundings import FILES, Surroundings, folder_of
from seaway.targets.docker.rendering.yaml_text import Value
from seaway.targets.docker.speaking import SOCKET
from seaway.targets.local.outfit import argument, secret_variables
from seaway.targets.local.ports import HOST

ALONE = "seaway.targets.docker.alone"
SCRIPT, TOLD, HEALTH, PASSWD = (
    "/etc/seaway/env.sh", "/etc/seaway/told.json", "/etc/seaway/health.py", "/etc/passwd"
)  # fmt: skip
WEB = "/srv/web"
"""The folder of a front end that is served as it is."""
SCRATCH = "/tmp:mode=1777,size=1g,nosuid,nodev"  # noqa: S108 -- of the container, in memory
OWN_FOLDER = f"{RUN}:mode=0700,uid=10001,gid=10001,nosuid,nodev"
OFTEN, SELDOM = timedelta(seconds=5), timedelta(seconds=10)
"""Pauses between questions: each starts a process, and others wait until the first is answered."""
PATIENCE = timedelta(seconds=10)
"""Least time for a question, whose process must start first; what it asks has its own limit."""
FINISHED, HEALTHY, STARTED = (
    "service_completed_successfully", "service_healthy", "service_started"
)  # fmt: skip
BY_HAND = "schedules"
"""The profile of what a crontab starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a service has beside its workload."""

    release: Release
    surroundings: Surroundings
    image: str
    build: str = ""
    """The folder that the image is built in, where this service is the one to name it."""
    python: bool = True
    """Whether there is one in its image."""


def service(workload: Workload, around: Around) -> Mapping[str, Value]:
    """All of it.

    Raises:
        StepFailed: an argument would show a secret, or nothing.
    """
    return dict(_service(workload, around))


def config_of(workload: Workload, what: str) -> str:
    """The name of a file that a service reads."""
    return f"{workload.name}-{what}"


def edge_name(edge: Edge) -> str:
    """A network."""
    return ".".join(edge.words)


def _service(workload: Workload, around: Around) -> Iterator[tuple[str, Value]]:
    yield "image", around.image
    if around.build:
        yield "build", {
            "context": around.build, "args": {"PIP_INDEX_URL": "${PIP_INDEX_URL:-}"}
        }  # fmt: skip
    if around.image.startswith("seaway/"):
        yield "pull_policy", "missing" if around.build else "never"
    yield from _started(workload, around)
    yield from _given(workload, around)
    yield from _kept(workload)
    yield from _limited(workload)
    yield from _connected(workload, around.release)


def _started(workload: Workload, around: Around) -> Iterator[tuple[str, Value]]:
    words = tuple(_argv(workload, around.surroundings))
    script = ("/bin/sh", "-c", BEGIN, SCRIPT) if around.surroundings.script else ()
    yield "entrypoint", [_plain(each) for each in script]
    yield "command", [_plain(each) for each in words]
    yield "user", USER
    yield "init", True
    if workload.role is Role.SCHEDULE:
        yield "profiles", [BY_HAND]
    yield "restart", "no" if workload.role in {Role.JOB, Role.SCHEDULE} else "unless-stopped"
    if workload.replicas != 1:
        yield "deploy", {"replicas": workload.replicas}
    yield "stop_signal", workload.stopping.signal
    yield "stop_grace_period", _seconds(workload.stopping.grace)


def _argv(workload: Workload, found: Surroundings) -> Iterator[str]:
    if isinstance(workload.program, Server):
        yield from ("python", "-m", ALONE, TOLD)
        return
    secret = secret_variables(workload)
    yield from (argument(each, found.plain, secret) for each in workload.program.argv)


def _given(workload: Workload, around: Around) -> Iterator[tuple[str, Value]]:
    """Environment, secrets, files and health."""
    surroundings = around.surroundings
    first = next((folder_of(workload, each.name) for each in workload.volumes), "/tmp")  # noqa: S108
    home = {} if workload.role is Role.PROXY else {"HOME": first}
    env = {"LANG": "C.UTF-8", "TZ": "UTC", **home, **surroundings.plain}
    yield "environment", {name: _plain(text) for name, text in sorted(env.items())}
    hosts = sealed_hosts(around.release.routing) if workload.role is Role.PROXY else ()
    if secrets := (*surroundings.secrets, *map(certificate_of, hosts)):
        yield "secrets", list(secrets)
    yield (
        "configs",
        [{"source": name, "target": target} for name, target in _configs(workload, around)],
    )
    if mounts := tuple(_mounts(workload)):
        yield "volumes", mounts
    if check := _health(workload, python=around.python):
        yield "healthcheck", check
    if waits := dict(_waits(workload, around.release)):
        yield "depends_on", waits


def _configs(workload: Workload, around: Around) -> Iterator[tuple[str, str]]:
    if around.surroundings.script:
        yield config_of(workload, "env"), SCRIPT
    if isinstance(workload.program, Server):
        yield config_of(workload, "told"), TOLD
        yield "passwd", PASSWD
    if around.python:
        yield "health", HEALTH


def _mounts(workload: Workload) -> Iterator[Mapping[str, Value]]:
    program = workload.program
    if workload.role is Role.PROXY:
        yield _bind("./config/ingress", FOLDER)
        return
    for each in workload.volumes:
        source = f"{workload.name}-{each.name}"
        yield {"type": "volume", "source": source, "target": folder_of(workload, each.name)}
    if isinstance(program, Command) and program.files:
        yield _bind("./files/packages", FILES)
    if isinstance(program, Server) and program.part == "static":
        yield _bind(f"./files/{workload.name}", WEB)
    if isinstance(program, Server) and program.settings.get("init"):
        yield _bind(f"./files/{workload.name}", f"{FILES}/{workload.name}")


def _bind(source: str, target: str) -> Mapping[str, Value]:
    return {"type": "bind", "source": source, "target": target, "read_only": True}


def _kept(workload: Workload) -> Iterator[tuple[str, Value]]:
    yield "read_only", True
    yield "tmpfs", [SCRATCH, *([OWN_FOLDER] if isinstance(workload.program, Server) else [])]
    yield "cap_drop", ["ALL"]
    yield "security_opt", ["no-new-privileges:true"]


def _limited(workload: Workload) -> Iterator[tuple[str, Value]]:
    limits, logs = workload.limits, workload.logs
    if limits.cpu:
        yield "cpus", limits.cpu
    if limits.memory:
        yield "mem_limit", limits.memory
        yield "memswap_limit", limits.memory
    yield "pids_limit", limits.pids or FEW_PIDS
    yield "shm_size", SHARED_MEMORY
    if limits.files:
        yield "ulimits", {"nofile": limits.files}
    yield (
        "logging",
        {
            "driver": "json-file",
            "options": {"max-size": str(logs.size), "max-file": str(max(logs.files, 1))},
        },
    )


def _connected(workload: Workload, release: Release) -> Iterator[tuple[str, Value]]:
    if workload.role is Role.PROXY:
        used = ("http", "https") if sealed_hosts(release.routing) else ("http",)
        yield (
            "ports",
            [
                f"${{{name.upper()}_ADDRESS:-{HOST}:{workload.ports[name]}}}:{workload.ports[name]}"
                for name in used
            ],
        )
    yield (
        "networks",
        {
            edge_name(edge): {"aliases": list(_aliases(workload, edge, release))}
            for edge in mine(release, workload.name)
        },
    )


def _aliases(workload: Workload, edge: Edge, release: Release) -> Iterator[str]:
    yield from aliases(release, edge, workload.name)
    if workload.name == edge.provider:
        yield copies_of(workload.name)


def _waits(workload: Workload, release: Release) -> Iterator[tuple[str, Value]]:
    for name in workload.uses:
        other = release.find(name)
        if other is None or other.role is Role.SCHEDULE:
            continue
        asked = FINISHED if other.role is Role.JOB else HEALTHY if _asked(other) else STARTED
        yield name, {"condition": asked}


def _asked(workload: Workload) -> Probe | None:
    return workload.checks.ready or workload.checks.live


def _health(workload: Workload, *, python: bool) -> Mapping[str, Value]:
    probe, checks = _asked(workload), workload.checks
    if probe is None:
        return {}
    limit = f"{checks.timeout.total_seconds():g}"
    question = _question(workload, probe, limit) if python else _by_shell(workload, probe, limit)
    return {
        "test": [_plain(each) for each in question],
        "interval": _seconds(min(max(checks.every, OFTEN), SELDOM)),
        "timeout": _seconds(max(checks.timeout, PATIENCE)),
        "retries": checks.failures, "start_period": _seconds(checks.start),
    }  # fmt: skip


def _question(workload: Workload, probe: Probe, limit: str) -> Sequence[str]:
    ask = ("CMD", "python", "-E", "-S", HEALTH)
    match probe:
        case HttpProbe():
            return (*ask, "http", _port(workload, probe.port), probe.path, limit)
        case TcpProbe() | GrpcProbe():
            return (*ask, "tcp", _port(workload, probe.port), limit)
        case ExecProbe():
            return ("CMD", *probe.argv)
        case PartProbe():
            return (*ask, "part", f"{RUN}/{SOCKET}")
        case _:
            assert_never(probe)


def _by_shell(workload: Workload, probe: Probe, limit: str) -> Sequence[str]:
    """In an image of which nothing is known: by what most have."""
    match probe:
        case HttpProbe():
            address = f"http://127.0.0.1:{_port(workload, probe.port)}{probe.path}"
            wget, curl = f"wget -q -T {limit} -O /dev/null", f"curl -fsS -m {limit} -o /dev/null"
            either = f"if command -v wget >/dev/null; then {wget} '{address}';"
            return "CMD-SHELL", f"{either} else {curl} '{address}'; fi"
        case TcpProbe() | GrpcProbe():
            return "CMD-SHELL", f"nc -z -w {limit} 127.0.0.1 {_port(workload, probe.port)}"
        case _:
            return _question(workload, probe, limit)


def _port(workload: Workload, name: str) -> str:
    """The port of that name; the only one there is has every name."""
    ports = workload.ports
    return str(ports[name] if name in ports else next(iter(ports.values())))


def _seconds(time: timedelta) -> str:
    return f"{time.total_seconds():g}s"


def _plain(text: str) -> str:
    """Compose reads `$` as the start of a variable of its own."""
    return text.replace("$", "$$")
