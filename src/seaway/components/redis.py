"""redis: a Redis-compatible store in memory: cache, sessions, queues, messages."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from seaway.model.finding import Finding, Place
from seaway.model.names import Name
from seaway.model.near import nearest
from seaway.model.probe import PartProbe
from seaway.model.quantity import Size, shown_size
from seaway.model.settings.cluster import Cluster
from seaway.model.settings.form import Count
from seaway.model.settings.redis_names import REDIS_SETTINGS
from seaway.model.settings.resources import Logs, LogsSetting, Resources
from seaway.model.settings.store import Backup, Version, store_checks
from seaway.model.stack import Section
from seaway.model.text import Host, Port, Secret, Text
from seaway.model.workload import Limits, Role, Server, Stopping, Volume, Workload
from seaway.ports.component import Component, Expansion, Exports, SecretNeed, Surroundings
from seaway.ports.saving import goes_to, key_needs, saving_of

REDIS = "redis"
FIRST_OF_VALKEY = 8
BESIDE = 64 * 2**20
"""Bytes for connections and buffers, beside the data."""
_OURS = (
    "acl-pubsub-default aclfile acllog-max-len aof-load-truncated appenddirname appendfilename"
    " appendfsync appendonly bind bind-source-addr daemonize databases dbfilename dir"
    " enable-debug-command enable-module-command enable-protected-configs include loadmodule"
    " logfile masterauth masteruser maxmemory maxmemory-policy oom-score-adj"
    " oom-score-adj-values pidfile port primaryauth primaryuser protected-mode rename-command"
    " replicaof requirepass save slaveof supervised syslog-enabled unixsocket unixsocketgroup"
    " unixsocketperm user"
)
OURS = frozenset(_OURS.split())
"""Settings by which a promise of Seaway would be broken, or that another field decides."""
OUR_STARTS = ("cluster-", "tls-", "sentinel", "rdma-")
KEPT_FOR_SEAWAY = (
    "-acl", "-bgrewriteaof", "-config", "-debug", "-failover", "-module", "-replicaof", "-shutdown",
    "-slaveof", "+acl|whoami", "+config|get", "+config|resetstat",
)  # fmt: skip
"""The application may do all but what changes the server itself."""
_OF_THE_CLUSTER = (
    "addslots addslotsrange bumpepoch cancelslotmigrations delslots delslotsrange failover"
    " flushslots forget meet migrateslots replicate reset saveconfig set-config-epoch setslot"
)
KEPT_IN_CLUSTER = tuple(f"-cluster|{each}" for each in _OF_THE_CLUSTER.split())
"""Nor the cluster."""

FIXED: Mapping[str, str] = {
    # R81
    "maxmemory-samples": "5",
    "timeout": "300",
    "tcp-keepalive": "300",
    "tcp-backlog": "511",
    "auto-aof-rewrite-percentage": "100",
    "auto-aof-rewrite-min-size": "64mb",
    "aof-use-rdb-preamble": "yes",
    "slowlog-log-slower-than": "10000",
    "slowlog-max-len": "128",
    "notify-keyspace-events": "Ex",
    "client-output-buffer-limit": "pubsub 32mb 8mb 60",
    # R82
    "hash-max-listpack-entries": "512",
    "hash-max-listpack-value": "64",
    "list-max-listpack-size": "-2",
    "list-compress-depth": "0",
    "set-max-intset-entries": "512",
    "zset-max-listpack-entries": "128",
    "zset-max-listpack-value": "64",
    "hll-sparse-max-bytes": "3000",
}
SNAPSHOTS = ("900 1", "300 10", "60 10000")
"""Seconds and changes after which everything is written (R81)."""

Evict = Literal[
    "noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random",
    "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
]  # fmt: skip
Setting = Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9-]{0,62}$")]
SettingValue = (
    Annotated[str, Field(strict=True, max_length=500, pattern=r"^[^\x00-\x1f\"]*$")]
    | Annotated[bool, Field(strict=True)]
    | Annotated[int, Field(strict=True)]
)


class Redis(Component):
    """A Redis-compatible store (Valkey). What holds queues or sessions must not evict."""

    kind: ClassVar[str] = "redis"
    section: ClassVar[Section] = Section.DATA

    version: Version | None = None
    """The version asked for; whichever Seaway brings when it is not given."""
    memory: Annotated[Size, Field(ge=2**20)] = 256 * 2**20
    """Most the data may take. The process may use twice that, for copies while it saves."""
    persist: Literal["aof", "rdb", "none"] = "aof"
    """`aof` writes every change, `rdb` snapshots only, `none` forgets all when it stops."""
    evict: Evict = "noeviction"
    """What happens when memory is full: writes fail, or something is thrown away (caches only)."""
    appendfsync: Literal["everysec", "always", "no"] = "everysec"
    """With `aof`: how much a power cut may cost, one second or nothing."""
    databases: Annotated[Count, Field(ge=1, le=1000)] = 16
    """How many numbered ones there are."""
    mode: Literal["single", "sentinel", "cluster"] = "single"
    """One server, or a cluster of the usual form; sentinels are not built."""
    cluster: Cluster | None = None
    """Several servers that share the keys; `mode: cluster` is the usual form of it."""
    size: Size = 0
    """Room asked for on the disk."""
    settings: Mapping[Setting, SettingValue] = Field(default_factory=dict[str, SettingValue])
    """Settings of redis.conf by name, over those that Seaway sets."""
    resources: Resources = Resources()
    """Most it may use; memory follows from `memory` when it is not given."""
    backup: Backup | None = None
    """Where to and how often it is saved, and what is promised of that."""
    logs: LogsSetting = Logs()
    """How its logs are kept."""

    @property
    def used(self) -> tuple[Name, ...]:
        """The object store that its backups go to."""
        return goes_to(self.backup)

    def expand(self, name: Name, around: Surroundings) -> Expansion:
        """One server, its volume where it persists, and its password."""
        saving, doubts = saving_of(self.backup, name, "redis", around)
        secrets = ["password", *(["cluster-password"] if self._cluster else [])]
        return Expansion(
            workloads=(self._server(name),),
            exports=_exports(name, self._cluster.nodes if self._cluster else 0),
            secrets=(
                *(SecretNeed(name=f"{name}.{each}", generate=32) for each in secrets),
                *key_needs(self.backup),
            ),
            saving=saving,
            findings=(*self._findings(), *doubts),
        )

    @property
    def _cluster(self) -> Cluster | None:
        """Its form, if it is one."""
        return self.cluster or (Cluster() if self.mode == "cluster" else None)

    def _server(self, name: Name) -> Workload:
        directives, shape = self._directives, self._cluster
        return Workload(
            name=name,
            component=name,
            role=Role.STORE,
            replicas=self._cluster.nodes if self._cluster else 1,
            program=Server(
                part="redis",
                version=self.version or "",
                settings={
                    "directives": [list(each) for each in directives],
                    "rights": ["+@all", *KEPT_FOR_SEAWAY, *(KEPT_IN_CLUSTER if shape else ())],
                    "copies": shape.replicas if shape else None,
                },
                image=self._image,
                argv=(
                    "valkey-server",
                    *(word for key, value in directives for word in (f"--{key}", value)),
                ),
            ),
            env=_passwords(name, clustered=shape is not None),
            ports={REDIS: 6379},
            checks=NODE_CHECKS if shape else CHECKS,
            limits=self._limits,
            volumes=(Volume(name="data", path="/data", size=self.size),),
            stopping=Stopping(signal="SIGTERM", grace=timedelta(seconds=60)),
            logs=self.logs.keeping,
        )

    @property
    def _image(self) -> str:
        """Redis up to 7.2 has the licence that Valkey kept."""
        version = self.version or "9"
        old = int(version.partition(".")[0]) < FIRST_OF_VALKEY
        return f"redis:{version}" if old else f"valkey/valkey:{version}"

    @property
    def _limits(self) -> Limits:
        given = self.resources
        memory = given.memory or 2 * self.memory + BESIDE
        return Limits(cpu=given.cpu, memory=memory, pids=given.pids, files=given.files)

    @property
    def _directives(self) -> tuple[tuple[str, str], ...]:
        """The lines of redis.conf that are the same everywhere."""
        persisted: dict[str, str] = {
            "maxmemory": str(self.memory),
            "maxmemory-policy": self.evict,
            "databases": str(self.databases),
            "appendonly": "yes" if self.persist == "aof" else "no",
            "appendfsync": self.appendfsync,
            "aof-load-truncated": "yes",
            "save": "" if self.persist == "none" else " ".join(SNAPSHOTS),
        }
        clustered = self._cluster.directives if self._cluster else dict[str, str]()
        own = {key: _shown(value) for key, value in self.settings.items()}
        return tuple({**FIXED, **persisted, **clustered, **own}.items())

    def _findings(self) -> Iterator[Finding]:
        for key in self.settings:
            yield from _setting_finding(key)
        if self.mode == "sentinel":
            yield Finding(code="SW320", at=Place(path="mode"), facts={"mode": self.mode})
        if self._cluster and self.persist != "aof":
            yield Finding(code="SW322", at=Place(path="persist"), facts={"found": self.persist})
        if self._cluster and self.backup:
            yield Finding(code="SW354", at=Place(path="backup"))
        if self._limits.memory < self.memory:
            facts = {"memory": shown_size(self.memory), "limit": shown_size(self._limits.memory)}
            yield Finding(code="SW321", at=Place(path="memory"), facts=facts)


CHECKS = store_checks(timedelta(minutes=10))
NODE_CHECKS = replace(
    CHECKS, every=timedelta(seconds=1), timeout=timedelta(seconds=2), failures=2,
    live=PartProbe(alone=True), live_failures=3,
)  # fmt: skip
"""A node is not to be blamed for what the cluster lacks: alive is one that can be reached."""


def _passwords(name: Name, *, clustered: bool) -> dict[str, Text]:
    env = {"REDIS_PASSWORD": Text.of(Secret(name=f"{name}.password"))}
    if clustered:
        env["CLUSTER_PASSWORD"] = Text.of(Secret(name=f"{name}.cluster-password"))
    return env


def _setting_finding(key: str) -> Iterator[Finding]:
    at = Place(path=f"settings.{key}")
    if key in OURS or key.startswith(OUR_STARTS):
        yield Finding(code="SW302", at=at, facts={"name": key})
    elif key not in REDIS_SETTINGS:
        facts = {"name": key, "nearest": nearest(key, REDIS_SETTINGS)}
        yield Finding(code="SW303", at=at, facts=facts)


def _shown(value: str | bool | int) -> str:  # noqa: FBT001 -- one of the three kinds of value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _exports(name: Name, nodes: int) -> Exports:
    """Of a cluster the first node is named, and all of them in `nodes`: one of them may be away."""
    host, port = Text.of(Host(workload=name)), Text.of(Port(workload=name, port=REDIS))
    secret = f"{name}.password"
    values: dict[str, Text] = {
        "url": Text.of("redis://:", Secret(name=secret, quoted=True), "@", host, ":", port, "/0"),
        "host": host,
        "port": port,
        "password": Text.of(Secret(name=secret)),
    }
    if nodes:
        values["nodes"] = Text.of(
            *(part for slot in range(nodes) for part in (
                "," if slot else "", Host(workload=name, slot=slot), ":",
                Port(workload=name, port=REDIS, slot=slot),
            ))
        )  # fmt: skip
    variables = {f"REDIS_{key.upper()}": text for key, text in values.items()}
    return Exports(workloads=frozenset({name}), values=values, variables=variables)
