"""postgres: a PostgreSQL database with its extensions, its settings made to fit its memory."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, JsonValue

from seaway.model.finding import Finding, Place, Severity
from seaway.model.names import Name
from seaway.model.near import nearest
from seaway.model.quantity import Size, shown_size
from seaway.model.settings.code import Zone
from seaway.model.settings.form import Count
from seaway.model.settings.gate import READ, WRITE, gate, gate_of
from seaway.model.settings.postgres import derive, least_memory, most_memory
from seaway.model.settings.postgres_names import POSTGRES_SETTINGS
from seaway.model.settings.resources import Logs, LogsSetting, Resources
from seaway.model.settings.store import (
    Backup,
    Standby,
    Version,
    following,
    member_checks,
    store_checks,
)
from seaway.model.stack import Section
from seaway.model.text import Host, Own, Port, Secret, Text
from seaway.model.workload import Limits, Role, Server, Stopping, Volume, Workload
from seaway.ports.component import Component, Expansion, Exports, SecretNeed, Surroundings
from seaway.ports.saving import goes_to, key_needs, saving_of

SQL = "sql"
USER = "app"
USUAL_MEMORY = 512 * 2**20
PRELOADED = ("pg_stat_statements",)
"""Extensions that the server must load when it starts."""
MISNAMED = {"pgvector": "vector", "postgis_core": "postgis", "trgm": "pg_trgm", "uuid": "uuid-ossp"}
_OURS = (
    "config_file data_directory data_sync_retry event_source external_pid_file fsync"
    " full_page_writes hba_file ident_file ignore_checksum_failure ignore_invalid_pages"
    " ignore_system_indexes listen_addresses log_destination logging_collector max_connections"
    " password_encryption port restart_after_crash shared_preload_libraries"
    " superuser_reserved_connections synchronous_standby_names unix_socket_directories"
    " unix_socket_group unix_socket_permissions wal_level zero_damaged_pages allow_alter_system"
    " allow_in_place_tablespaces allow_system_table_mods cluster_name bonjour"
)
OURS = frozenset(_OURS.split())
"""Settings by which a promise of Seaway would be broken, or that another field decides."""
OUR_STARTS = ("archive_", "restore_", "recovery_", "primary_", "ssl", "krb_", "debug_", "oauth_")

Word = Annotated[str, Field(strict=True, min_length=1, max_length=500)]
Identifier = Annotated[str, Field(strict=True, pattern=r"^[a-z_][a-z0-9_]{0,62}$")]
Extension = Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
Parameter = Annotated[
    str, Field(strict=True, pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}(\.[a-z_0-9]+)?$")
]
ParameterValue = (
    Annotated[str, Field(strict=True, max_length=500, pattern=r"^[^\x00-\x1f]*$")]
    | Annotated[bool, Field(strict=True)]
    | Annotated[int, Field(strict=True)]
    | Annotated[float, Field(strict=True)]
)
Patterns = Annotated[
    tuple[Word, ...],
    BeforeValidator(
        lambda given: [given] if isinstance(given, str) else given,
        json_schema_input_type=str | list[str],
    ),
]


class Postgres(Component):
    """A PostgreSQL database. Its application role `app` may do all in it, and nothing beside."""

    kind: ClassVar[str] = "postgres"
    section: ClassVar[Section] = Section.DATA

    version: Version = "18"
    """The major version: `"16"`."""
    database: Identifier | None = None
    """Its name; that of the stack when it is not given."""
    extensions: tuple[Extension, ...] = ()
    """Made in the database when it starts: `[vector, pg_trgm]`."""
    size: Size = 0
    """Room asked for on the disk."""
    init: Patterns = ()
    """SQL files, as `db/*.sql`, run once in order of name when the database is new, as `app`."""
    connections: Annotated[Count, Field(ge=5, le=10_000)] = 100
    """Most that may be open at once, three of them kept for the superuser."""
    resources: Resources = Resources()
    """Most it may use; 512Mi of memory when it is not given. The settings are made to fit it."""
    settings: Mapping[Parameter, ParameterValue] = Field(default_factory=dict[str, ParameterValue])
    """PostgreSQL settings by name, over those that Seaway derives."""
    zone: Zone = "UTC"
    """Time zone of sessions that ask for none."""
    locale: Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9_.@-]{1,40}$")] = "C.UTF-8"
    """Order of text; cannot be changed once there is data."""
    standby: Standby | None = None
    """Copies that take over."""
    backup: Backup | None = None
    """Where to and how often it is saved, and what is promised of that."""
    logs: LogsSetting = Logs()
    """How its logs are kept."""

    @property
    def used(self) -> tuple[Name, ...]:
        """The object store that its backups go to."""
        return goes_to(self.backup)

    def expand(self, name: Name, around: Surroundings) -> Expansion:
        """One server, or several with a gate before them; their volumes and passwords."""
        database = self.database or around.stack.replace("-", "_")
        saving, doubts = saving_of(self.backup, name, "postgres", around)
        return Expansion(
            workloads=(self._server(name, database, around.folder), *self._gate(name)),
            exports=_exports(name, database, gated=self.standby is not None),
            secrets=(
                *(SecretNeed(name=f"{name}.{each}", generate=32) for each in self._passwords),
                *key_needs(self.backup),
            ),
            saving=saving,
            findings=(*self._findings(), *doubts),
        )

    def _server(self, name: Name, database: str, folder: str) -> Workload:
        parameters = self._parameters
        options = (f"{key}={value}" for key, value in parameters.items())
        password, app = (Text.of(Secret(name=f"{name}.{each}")) for each in PASSWORDS)
        return Workload(
            name=name,
            component=name,
            role=Role.STORE,
            replicas=1 + (self.standby.count if self.standby else 0),
            following=following(self.standby),
            program=Server(
                part="postgres",
                version=self.version,
                settings=self._told(database, folder, parameters),
                image=self._image,
                argv=("postgres", *(word for option in options for word in ("-c", option))),
            ),
            env={
                "POSTGRES_PASSWORD": password,
                "POSTGRES_DB": Text.of(database),
                "POSTGRES_INITDB_ARGS": Text.of(f"--data-checksums --locale={self.locale}"),
                "APP_PASSWORD": app,
                **self._for_members(name),
                **_for_clients(database, app),
            },
            ports={SQL: 5432},
            checks=MEMBER_CHECKS if self.standby else CHECKS,
            limits=self._limits,
            volumes=(Volume(name="data", path="/var/lib/postgresql", size=self.size),),
            stopping=Stopping(signal="SIGINT", grace=timedelta(seconds=60)),
            logs=self.logs.keeping,
        )

    def _gate(self, name: Name) -> Iterator[Workload]:
        if self.standby:
            members = 1 + self.standby.count
            yield gate(name, SQL, members, self.connections, self.logs.keeping)

    @property
    def _passwords(self) -> tuple[str, ...]:
        return (*PASSWORDS, REPLICATOR) if self.standby else PASSWORDS

    def _for_members(self, name: Name) -> dict[str, Text]:
        if not self.standby:
            return {}
        return {"REPLICATOR_PASSWORD": Text.of(Secret(name=f"{name}.{REPLICATOR}"))}

    def _told(
        self, database: str, folder: str, parameters: Mapping[str, str]
    ) -> Mapping[str, JsonValue]:
        return {
            "database": database,
            "user": USER,
            "extensions": list(self.extensions),
            "init": [f"{folder}/{pattern}" for pattern in self.init],
            "locale": self.locale,
            "parameters": dict(parameters),
        }

    @property
    def _image(self) -> str:
        """The official image, or the one of pgvector, which is the same with its extension."""
        major = self.version.partition(".")[0]
        vector = "vector" in self.extensions
        return f"pgvector/pgvector:pg{major}" if vector else f"postgres:{self.version}"

    @property
    def _limits(self) -> Limits:
        given = self.resources
        memory = given.memory or USUAL_MEMORY
        return Limits(cpu=given.cpu, memory=memory, pids=given.pids, files=given.files)

    @property
    def _parameters(self) -> dict[str, str]:
        """The derived settings, and over them what was written."""
        derived = derive(self._limits.memory, self.resources.cpu, self.connections)
        preloaded = [each for each in PRELOADED if each in self.extensions]
        derived["timezone"] = self.zone
        if self.standby:
            derived |= FOR_MEMBERS
        derived["shared_preload_libraries"] = ",".join(preloaded)
        given = {key.lower(): _shown(value) for key, value in self.settings.items()}
        return derived | {key: value for key, value in given.items() if not _ours(key)}

    def _findings(self) -> Iterator[Finding]:
        for extension in self.extensions:
            if extension in MISNAMED:
                facts = {"name": extension, "nearest": MISNAMED[extension]}
                yield Finding(code="SW301", at=Place(path="extensions"), facts=facts)
        for key in self.settings:
            yield from _parameter_finding(key)
        yield from self._memory_finding()

    def _memory_finding(self) -> Iterator[Finding]:
        memory, least = self._limits.memory, least_memory(self.connections)
        if memory < least:
            facts = {"connections": self.connections, "memory": shown_size(memory),
                     "least": shown_size(least)}  # fmt: skip
            yield Finding(code="SW306", at=Place(path="connections"), facts=facts)
            return
        try:
            most = most_memory(self._parameters)
        except ValueError as error:
            facts = {"found": str(error)}
            yield Finding(code="SW307", at=Place(path="settings"), facts=facts)
            return
        if most > memory:
            facts = {"most": f"{most // 2**20}Mi", "memory": shown_size(memory)}
            at = Place(path="settings")
            yield Finding(code="SW308", at=at, severity=Severity.WARNING, facts=facts)


def _for_clients(database: str, password: Text) -> dict[str, Text]:
    """So that `seaway exec db -- psql` finds its server."""
    return {
        "PGHOST": Text.of(Own(what="host")),
        "PGPORT": Text.of(Own(what="port", name=SQL)),
        "PGDATABASE": Text.of(database),
        "PGUSER": Text.of("app"),
        "PGPASSWORD": password,
    }


PASSWORDS = ("password", "app-password")
"""Of the superuser `postgres`, and of `app`."""
REPLICATOR = "replicator-password"
"""Of the role by which standbys copy and stream."""
MEMBER_CHECKS = member_checks(timedelta(minutes=10))
FOR_MEMBERS: Mapping[str, str] = {
    # R77: 64 segments of 16 MB; and one that has lost its standby keeps so much for it at most
    "wal_keep_size": "1GB",
    "max_slot_wal_keep_size": "4GB",
    # what is cut off is known to be so before the next question of its health
    "wal_sender_timeout": "5s",
    "wal_receiver_timeout": "5s",
    "wal_receiver_status_interval": "1s",
    "wal_retrieve_retry_interval": "200ms",
}
CHECKS = store_checks(timedelta(minutes=10))


def _parameter_finding(key: str) -> Iterator[Finding]:
    at, name = Place(path=f"settings.{key}"), key.lower()
    known = {each.lower() for each in POSTGRES_SETTINGS}
    if _ours(name):
        yield Finding(code="SW302", at=at, facts={"name": key})
    elif "." not in name and name not in known:
        facts = {"name": key, "nearest": nearest(name, known)}
        yield Finding(code="SW303", at=at, facts=facts)


def _ours(name: str) -> bool:
    return name in OURS or name.startswith(OUR_STARTS)


def _shown(value: str | bool | float) -> str:  # noqa: FBT001 -- one of the four kinds of value
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def _exports(name: Name, database: str, *, gated: bool) -> Exports:
    """By the gate where there is one: it leads to whoever leads."""
    door, sql = (gate_of(name), WRITE) if gated else (name, SQL)
    host, port = Text.of(Host(workload=door)), Text.of(Port(workload=door, port=sql))
    secret = f"{name}.app-password"
    quoted = Secret(name=secret, quoted=True)
    url = Text.of("postgresql://", USER, ":", quoted, "@", host, ":", port, "/", database)
    values = {
        "url": url, "host": host, "port": port, "user": Text.of(USER),
        "password": Text.of(Secret(name=secret)), "database": Text.of(database),
    }  # fmt: skip
    variables = {"DATABASE_URL": url}
    if gated:
        read = Text.of(Port(workload=door, port=READ))
        values["read_url"] = Text.of(
            "postgresql://", USER, ":", quoted, "@", host, ":", read, "/", database
        )
        variables["READ_DATABASE_URL"] = values["read_url"]
    for key in ("host", "port", "user", "password", "database"):
        variables[f"PG{key.upper()}"] = values[key]
    return Exports(workloads=frozenset({name, door}), values=values, variables=variables)
