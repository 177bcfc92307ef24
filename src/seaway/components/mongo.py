"""mongo: a MongoDB replica set with one database; each member keeps all of it on its own volume."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field, JsonValue

from seaway.model.finding import Finding, Place, Severity
from seaway.model.names import Name
from seaway.model.quantity import Size, shown_size
from seaway.model.settings.form import Count, Word
from seaway.model.settings.resources import Logs, LogsSetting, Resources
from seaway.model.settings.store import Backup, Version, store_checks
from seaway.model.stack import Section
from seaway.model.text import Host, Port, Secret, Text
from seaway.model.workload import Limits, Role, Server, Stopping, Volume, Workload
from seaway.ports.component import Component, Expansion, Exports, SecretNeed, Surroundings
from seaway.ports.saving import goes_to, key_needs, saving_of

MONGO = "mongo"
SET = "rs0"
USER = "app"
USUAL_VERSION = "7.0"
USUAL_MEMORY = 1 << 30
LEAST_MEMORY = 512 * 2**20
"""Bytes: a server that does nothing takes 150 MiB, and its cache cannot be less than 256 MiB."""
LEAST_CACHE = 256 * 2**20
BESIDE = 256 * 2**20
"""Bytes for connections and sorting, beside the cache."""


class Mongo(Component):
    """A MongoDB replica set `rs0`. Its user `app` may do all in its database, nothing beside."""

    kind: ClassVar[str] = "mongo"
    section: ClassVar[Section] = Section.DATA

    version: Version | None = None
    """The version asked for, as `"7.0"`; whichever Seaway finds when it is not given."""
    members: Annotated[Count, Field(ge=1, le=7)] = 3
    """Servers that hold the same data. More than half of them must be there to write."""
    database: Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9_-]{0,62}$")] | None = None
    """Its name; that of the stack when it is not given."""
    size: Size = 0
    """Room asked for on the disk, for each member."""
    image: Word | None = None
    """The image with `mongod` that it runs in on Docker, as `"registry.example.com/mongo:7.0"`;
    `mongo:` and the version when it is not given. On local it does not count."""
    resources: Resources = Resources()
    """Most each member may use; 1Gi of memory when it is not given. The cache is made to fit it."""
    backup: Backup | None = None
    """Where to and how often it is saved, and what is promised of that."""
    logs: LogsSetting = Logs()
    """How its logs are kept."""

    @property
    def used(self) -> tuple[Name, ...]:
        """The object store that its backups go to."""
        return goes_to(self.backup)

    def expand(self, name: Name, around: Surroundings) -> Expansion:
        """The members, the key by which they know each other, and two passwords."""
        database = self.database or around.stack
        saving, doubts = saving_of(self.backup, name, "mongo", around)
        return Expansion(
            workloads=(self._set(name, database),),
            exports=_exports(name, self.members, database),
            secrets=(
                # All members must have the same one at all times.
                SecretNeed(name=f"{name}.key", generate=64, rotates=False),
                *(SecretNeed(name=f"{name}.{each}", generate=32) for each in PASSWORDS),
                *key_needs(self.backup),
            ),
            saving=saving,
            findings=(*self._findings(), *doubts),
        )

    def _set(self, name: Name, database: str) -> Workload:
        password, app, key = (Text.of(Secret(name=f"{name}.{each}")) for each in SECRETS)
        return Workload(
            name=name,
            component=name,
            role=Role.STORE,
            replicas=self.members,
            program=Server(
                part="mongo",
                version=self.version or "",
                settings=self._told(database),
                image=self.image or f"mongo:{self.version or USUAL_VERSION}",
                argv=("mongod", "--replSet", SET, "--bind_ip_all"),
            ),
            env={
                "MONGO_ROOT_PASSWORD": password,
                "MONGO_APP_PASSWORD": app,
                "MONGO_KEY": key,
            },
            ports={MONGO: 27017},
            checks=CHECKS,
            limits=self._limits,
            volumes=(Volume(name="data", path="/data/db", size=self.size),),
            stopping=Stopping(signal="SIGTERM", grace=timedelta(seconds=60)),
            logs=self.logs.keeping,
        )

    def _told(self, database: str) -> Mapping[str, JsonValue]:
        return {"set": SET, "user": USER, "database": database, "cache": self._cache}

    @property
    def _limits(self) -> Limits:
        given = self.resources
        memory = given.memory or USUAL_MEMORY
        return Limits(cpu=given.cpu, memory=memory, pids=given.pids, files=given.files)

    @property
    def _cache(self) -> int:
        """Bytes, as mongod itself decides: half of what is left, beside what it needs anyway."""
        return max((self._limits.memory - BESIDE) // 2, LEAST_CACHE)

    def _findings(self) -> Iterator[Finding]:
        if self.members % 2 == 0:
            odd = {"members": self.members, "fewer": self.members - 1}
            at = Place(path="members")
            yield Finding(code="SW310", at=at, severity=Severity.WARNING, facts=odd)
        if self._limits.memory < LEAST_MEMORY:
            facts = {"memory": shown_size(self._limits.memory), "least": shown_size(LEAST_MEMORY)}
            yield Finding(code="SW311", at=Place(path="resources.memory"), facts=facts)


PASSWORDS = ("root-password", "app-password")
SECRETS = (*PASSWORDS, "key")
CHECKS = replace(
    store_checks(timedelta(hours=6)), every=timedelta(seconds=5), live_failures=24
)  # fmt: skip
"""A member that comes with nothing is ready when it has copied everything from the others; one that
has fallen behind is let catch up for two minutes before it is begun anew."""


def _addresses(name: Name, members: int) -> Text:
    """`host:port` of each, with commas between."""
    each = [
        (Host(workload=name, slot=slot), ":", Port(workload=name, port=MONGO, slot=slot))
        for slot in range(members)
    ]
    return Text.of(*each[0], *(part for more in each[1:] for part in (",", *more)))


def _exports(name: Name, members: int, database: str) -> Exports:
    password, hosts = f"{name}.app-password", _addresses(name, members)
    url = Text.of(
        "mongodb://", USER, ":", Secret(name=password, quoted=True), "@", hosts, "/",
        database, f"?replicaSet={SET}&authSource={database}",
    )  # fmt: skip
    values = {
        "url": url, "hosts": hosts, "user": Text.of(USER),
        "password": Text.of(Secret(name=password)), "database": Text.of(database),
        "replica_set": Text.of(SET),
    }  # fmt: skip
    variables = {"MONGODB_URI": url, "MONGODB_DATABASE": Text.of(database)}
    return Exports(workloads=frozenset({name}), values=values, variables=variables)
