"""app: a program of the user's own that runs for ever, behind the balancer where it has a port."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field

from seaway.model.finding import Finding, Place, Severity
from seaway.model.names import Name
from seaway.model.probe import Checks, GrpcProbe, HttpProbe, Probe
from seaway.model.route import GRPC, Upstream
from seaway.model.settings.code import HTTP, Uses, Zone, build, own_variables, unset
from seaway.model.settings.environment import Environment, SecretsUsed, Wishes, composed
from seaway.model.settings.form import PortNumber, Word, mapping, refuse
from seaway.model.settings.health import Health, HealthSetting, checks
from seaway.model.settings.program import Run
from seaway.model.settings.resources import (
    Logs,
    LogsSetting,
    Replicas,
    ReplicasSetting,
    Resources,
    Scale,
)
from seaway.model.settings.rollout import RolloutForm, RolloutSetting, Stop, StopSetting
from seaway.model.stack import Section
from seaway.model.text import Host, Port, Text
from seaway.model.workload import Command, Restarting, Role, Stopping, Workload
from seaway.ports.component import Component, Expansion, Exports, Surroundings


def _ports(given: object) -> object:
    """One number is the port of HTTP."""
    if isinstance(given, int) and not isinstance(given, bool):
        return {HTTP: given}
    if mapping(given) is None:
        raise refuse("SW128")
    return given


Ports = Annotated[
    Mapping[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,14}$")], PortNumber],
    BeforeValidator(_ports, json_schema_input_type=PortNumber | dict[str, PortNumber]),
]
_TRIES_OF_A_JOB = 3


class App(Component):
    """A program of your own: an HTTP API, a worker, anything that runs for ever."""

    kind: ClassVar[str] = "app"
    section: ClassVar[Section] = Section.SERVICES

    run: Run
    """The command: a list of arguments, or a line without shell operators."""
    source: Word | None = None
    """Folder of the code. A Python project gets an environment of its own."""
    build: Word | None = None
    """A shell line run in `source` to make the code ready, for what is not Python."""
    image: Word | None = None
    """The image that it runs in; with `source`, the one that its own is built on. It counts only
    where programs run in containers."""
    port: Ports = Field(default_factory=dict[str, int])
    """The port it listens on, told to it as PORT; or several by name, of which `http` and `grpc`
    are balanced."""
    uses: Uses = ()
    """Components it connects to: it gets their settings, starts after them, and may reach them."""
    env: Environment = Field(default_factory=dict[str, str])
    """Its own variables; values may be `env:NAME`, `secret:NAME` or `ref:db.url`."""
    secrets: SecretsUsed = Field(default_factory=dict)
    """Secrets it gets as variables; with `file`, as the path of a file in NAME_FILE."""
    replicas: ReplicasSetting = Replicas()
    """How many copies: a number, or `2..10`."""
    scale: Scale | None = None
    """By what the number of copies is decided."""
    health: HealthSetting | None = None
    """How it tells that it is ready and alive; a connection to its port when nothing is given."""
    rollout: RolloutSetting = RolloutForm()
    """How a new release takes over."""
    resources: Resources = Resources()
    """Most it may use."""
    stop: StopSetting = Stop()
    """How it is asked to end."""
    logs: LogsSetting = Logs()
    """How its logs are kept."""
    zone: Zone = "UTC"
    """Its time zone."""

    @property
    def used(self) -> tuple[Name, ...]:
        return self.uses

    def expand(self, name: Name, around: Surroundings) -> Expansion:
        """The program, and the job before it where there is one."""
        env, findings = self._environment(around)
        before = self._before(name, around, env)
        service = self._service(name, around, env, before)
        return Expansion(
            workloads=(*before, service),
            exports=Exports(workloads=frozenset({name}), values=self._exported(name)),
            upstreams=tuple(self._upstream(name, each, service.checks) for each in self._balanced),
            findings=(*findings, *self._findings(env)),
        )

    def _environment(self, around: Surroundings) -> tuple[Mapping[str, Text], tuple[Finding, ...]]:
        wishes = Wishes(
            uses=self.uses,
            given=around.exports,
            secrets=self.secrets,
            env=self.env,
            operator=around.env,
        )
        env, findings = composed(wishes)
        return own_variables(around.environment, self.zone, self.port) | dict(env), findings

    def _service(
        self,
        name: Name,
        around: Surroundings,
        env: Mapping[str, Text],
        before: tuple[Workload, ...],
    ) -> Workload:
        needed = {each for used in around.exports.values() for each in used.workloads}
        # Without a balancer before it, the drain is the time between the signal and the end.
        usual = Stopping().grace if self._balanced else self.rollout.drain
        return Workload(
            name=name,
            component=name,
            program=Command(
                argv=self.run,
                build=build(around.folder, self.source, self.build),
                image=self.image or "",
            ),
            env=env,
            ports=self.port,
            uses=tuple(sorted(needed | {each.name for each in before})),
            replicas=self.replicas.least,
            balanced=bool(self._balanced),
            checks=self._checks(),
            limits=self.resources.limits,
            stopping=self.stop.stopping(usual),
            rollout=self.rollout.rollout,
            logs=self.logs.keeping,
            zone=self.zone,
            scaling=self.scale.scaling(self.replicas) if self.scale else None,
        )

    def _before(
        self, name: Name, around: Surroundings, env: Mapping[str, Text]
    ) -> tuple[Workload, ...]:
        """Runs in the same files and environment, but listens nowhere."""
        if self.rollout.before is None:
            return ()
        own = own_variables(around.environment, self.zone, self.port)
        listening = own.keys() - {"TZ", "APP_ENV"}
        kept = {"INSTANCE", "RELEASE_VERSION"}
        needed = {each for used in around.exports.values() for each in used.workloads}
        job = Workload(
            name=Name(f"{name}-before"),
            component=name,
            program=Command(
                argv=self.rollout.before.run,
                build=build(around.folder, self.source, self.build),
                image=self.image or "",
            ),
            role=Role.JOB,
            env={key: text for key, text in env.items() if key not in listening - kept},
            uses=tuple(sorted(needed)),
            limits=self.resources.limits,
            restarting=Restarting(tries=_TRIES_OF_A_JOB),
            logs=self.logs.keeping,
            zone=self.zone,
        )
        return (job,)

    @property
    def _balanced(self) -> tuple[str, ...]:
        """The ports before which the proxy stands."""
        return tuple(each for each in (HTTP, GRPC) if each in self.port)

    def _checks(self) -> Checks:
        if not self.port:
            return Checks()
        first = HTTP if HTTP in self.port else next(iter(self.port))
        return checks(self.health or Health(), first)

    def _exported(self, name: Name) -> Mapping[str, Text]:
        host, exported = Host(workload=name), dict[str, Text]()
        if HTTP in self.port:
            port = Port(workload=name, port=HTTP)
            exported["url"] = Text.of("http://", host, ":", port)
            exported["host"] = Text.of(host)
            exported["port"] = Text.of(port)
        if GRPC in self.port:
            exported[GRPC] = Text.of(host, ":", Port(workload=name, port=GRPC))
        return exported

    def _upstream(self, name: Name, port: str, asked: Checks) -> Upstream:
        # A share of the requests is kept by turns only: few connections are all the same. And
        # calls of gRPC come over few connections, whoever makes them.
        by_turns = self.rollout.strategy == "canary" or port == GRPC
        return Upstream(
            workload=name,
            port=port,
            check=_check(asked.ready, port),
            balance="roundrobin" if by_turns else "leastconn",
            # While a release is replaced, old and new are there together.
            replicas=max(2 * self.replicas.most, 2),
        )

    def _findings(self, env: Mapping[str, Text]) -> tuple[Finding, ...]:
        before = self.rollout.before
        findings = [*unset(self.run, env)]
        if before is not None:
            findings += unset(before.run, env, "rollout.before")
        if HTTP not in self.port and self._measured():
            at = Place(path="rollout")
            findings.append(Finding(code="SW194", at=at, severity=Severity.WARNING))
        if self.health is not None and not self.port:
            findings.append(Finding(code="SW166", at=Place(path="health")))
        if self.health is not None and self.health.grpc is not None and GRPC not in self.port:
            findings.append(Finding(code="SW315", at=Place(path="health.grpc")))
        findings += self._unscaled()
        return tuple(findings)

    def _measured(self) -> bool:
        """Whether its rollout goes by requests."""
        return self.rollout.rollback_if is not None or self.rollout.strategy != "rolling"

    def _unscaled(self) -> Iterator[Finding]:
        """What about the number of copies cannot be decided."""
        scale = self.scale or Scale()
        figures = (scale.cpu, scale.rps, scale.p95, scale.queue, scale.target)
        if not self.replicas.fixed and not any(figures):
            yield Finding(code="SW191", at=Place(path="replicas"), severity=Severity.WARNING)
        if (scale.queue is None) != (scale.target is None):
            yield Finding(code="SW192", at=Place(path="scale"))
        for setting in ("rps", "p95"):
            if getattr(scale, setting) is not None and HTTP not in self.port:
                at = Place(path=f"scale.{setting}")
                yield Finding(code="SW193", at=at, facts={"setting": setting})


def _check(ready: Probe | None, port: str) -> str:
    """What the proxy asks an instance itself: the same as Seaway, where that is by this port."""
    match ready:
        case HttpProbe() if port == HTTP:
            return ready.path
        case GrpcProbe() if port == GRPC:
            return f"/{ready.service}"
        case _:
            return ""
