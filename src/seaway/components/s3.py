"""s3: an object store with its buckets; Seaway's own, or one that others run."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import BaseModel, Field, JsonValue, model_validator

from seaway.model.finding import Finding, Place, Severity
from seaway.model.names import Name, as_variable
from seaway.model.quantity import Duration, Size
from seaway.model.settings.form import FORM, Truth, Word, mapping, refuse
from seaway.model.settings.reference import EnvReference, SecretReference, reference
from seaway.model.settings.resources import Logs, LogsSetting, Resources
from seaway.model.settings.store import Backup, Version, store_checks
from seaway.model.stack import Section
from seaway.model.text import Host, Port, Secret, Text
from seaway.model.workload import Limits, Role, Server, Stopping, Volume, Workload
from seaway.ports.component import Component, Expansion, Exports, SecretNeed, Surroundings
from seaway.ports.saving import goes_to, key_needs, saving_of

PORT = "s3"
PORTS: Mapping[str, int] = {
    PORT: 8333,
    "master": 9333,
    "volume": 9340,
    "filer": 8888,
    "admin": 23646,
}
"""Only the first is for others. Each has a second one for gRPC, 10,000 higher."""
USUAL_MEMORY = 512 * 2**20
DAY = timedelta(days=1)

BucketName = Annotated[str, Field(strict=True, pattern=r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$")]
"""3 to 63 characters. S3 allows dots too, but certificates for such names do not work."""
Region = Annotated[str, Field(strict=True, pattern=r"^[a-z0-9-]{1,40}$")]
Address = Annotated[str, Field(strict=True, pattern=r"^(https?://[^\s/]+/?|env:\w+)$")]
Reference = Annotated[str, Field(strict=True, pattern=r"^(env|secret):[A-Za-z_][A-Za-z0-9_]*$")]


class Bucket(BaseModel):
    """One bucket."""

    model_config = FORM

    expire: Annotated[Duration, Field(ge=DAY)] | None = None
    """Age at which objects are deleted, in whole days."""
    versioning: Truth = False
    """Whether what is overwritten or deleted can be had back."""
    public: Word | None = None
    """Start of the names of objects that anyone may read: `thumbs/`; `*` for all."""

    @property
    def told(self) -> Mapping[str, JsonValue]:
        """The same for the part."""
        days = -(-self.expire // DAY) if self.expire else 0
        return {"days": days, "versioning": self.versioning, "public": self.public or ""}


class S3(Component):
    """An object store that speaks S3."""

    kind: ClassVar[str] = "s3"
    section: ClassVar[Section] = Section.DATA

    buckets: Mapping[BucketName, Bucket] = Field(default_factory=dict[str, Bucket])
    """The buckets, by name; the first is the one meant where only one can be."""
    region: Region = "us-east-1"
    """What clients must call the region."""
    version: Version | None = None
    """The version asked for; whichever Seaway brings when it is not given."""
    external: Truth = False
    """Whether others run it: then nothing is started, and `endpoint` and the keys are needed."""
    endpoint: Address | None = None
    """Address of an external one: `https://…` or `env:NAME`."""
    access_key: Reference | None = None
    """The access key of an external one: `env:NAME` or `secret:NAME`."""
    secret_key: Reference | None = None
    """The secret key of an external one: `env:NAME` or `secret:NAME`."""
    encrypt: Truth = False
    """Whether objects are encrypted on the disk unless they are sent with another wish."""
    size: Size = 0
    """Room asked for on the disk."""
    resources: Resources = Resources()
    """Most it may use; memory is 512Mi when it is not given."""
    backup: Backup | None = None
    """Where to and how often it is saved, and what is promised of that."""
    logs: LogsSetting = Logs()
    """How its logs are kept."""

    @model_validator(mode="before")
    @classmethod
    def _address(cls, given: object) -> object:
        """An external one has an address; Seaway's own has none to give."""
        settings = mapping(given) or {}
        if bool(settings.get("external")) != ("endpoint" in settings):
            raise refuse("SW330")
        return given

    @property
    def used(self) -> tuple[Name, ...]:
        """The object store that its backups go to."""
        return goes_to(self.backup)

    def expand(self, name: Name, around: Surroundings) -> Expansion:
        """One server with its volume and keys; nothing to run for an external one."""
        if self.external:
            return self._elsewhere(name, around)
        saving, doubts = saving_of(self.backup, name, "s3", around)
        return Expansion(
            workloads=(self._server(name, around),),
            exports=self._exports(name, around),
            secrets=(
                *(SecretNeed(name=f"{name}.{each}", generate=40) for each in (KEY, ADMIN_KEY)),
                SecretNeed(name=f"{name}.{SSE_KEY}", generate=32, form="hex", rotates=False),
                *key_needs(self.backup),
            ),
            saving=saving,
            findings=(*self._findings(), *doubts),
        )

    def _server(self, name: Name, around: Surroundings) -> Workload:
        given = self.resources
        memory = given.memory or USUAL_MEMORY
        return Workload(
            name=name,
            component=name,
            role=Role.STORE,
            program=Server(
                part="s3",
                version=self.version or "",
                settings={
                    "access_key": _access_key(name, around),
                    "region": self.region,
                    "encrypt": self.encrypt,
                    "memory": memory,
                    "buckets": {key: dict(each.told) for key, each in self.buckets.items()},
                },
                image=f"chrislusf/seaweedfs:{self.version or '4.48'}",
                argv=("mini", "-dir=/data", "-webdav=false", "-master.telemetry=false"),
            ),
            env={
                "S3_SECRET_KEY": Text.of(Secret(name=f"{name}.{KEY}")),
                "S3_ADMIN_KEY": Text.of(Secret(name=f"{name}.{ADMIN_KEY}")),
                "WEED_S3_SSE_KEK": Text.of(Secret(name=f"{name}.{SSE_KEY}")),
            },
            ports=PORTS,
            checks=CHECKS,
            limits=Limits(cpu=given.cpu, memory=memory, pids=given.pids, files=given.files),
            volumes=(Volume(name="data", path="/data", size=self.size),),
            # Mostly it ends in a second, but it may wait half a minute for connections that nobody
            # uses. By then all is written, and being killed harms none of it.
            stopping=Stopping(grace=timedelta(seconds=8)),
            logs=self.logs.keeping,
        )

    def _exports(self, name: Name, around: Surroundings) -> Exports:
        host, port = Host(workload=name), Port(workload=name, port=PORT)
        return _exports(
            frozenset({name}),
            Text.of("http://", host, ":", port),
            (Text.of(_access_key(name, around)), Text.of(Secret(name=f"{name}.{KEY}"))),
            self,
        )

    def _elsewhere(self, name: Name, around: Surroundings) -> Expansion:
        findings: list[Finding] = []
        endpoint, access, secret = (
            _meant(key, text, around, findings)
            for key, text in (
                ("endpoint", self.endpoint),
                ("access_key", self.access_key),
                ("secret_key", self.secret_key),
            )
        )
        del name
        exports = _exports(frozenset(), endpoint, (access, secret), self)
        return Expansion(exports=exports, findings=tuple(findings))

    def _findings(self) -> Iterator[Finding]:
        for key, bucket in self.buckets.items():
            if bucket.expire and bucket.expire % DAY:
                at = Place(path=f"buckets.{key}.expire")
                yield Finding(code="SW331", at=at, severity=Severity.WARNING)
        if not self.buckets:
            yield Finding(code="SW333", severity=Severity.WARNING)


KEY, ADMIN_KEY, SSE_KEY = "secret-key", "admin-key", "sse-key"
CHECKS = store_checks(timedelta(minutes=5))


def _access_key(name: Name, around: Surroundings) -> str:
    """Who the application is, for the store; not a secret."""
    return f"{around.stack}-{name}"


def _exports(
    workloads: frozenset[Name], endpoint: Text, keys: tuple[Text, Text], settings: S3
) -> Exports:
    values = {
        "url": endpoint,
        "endpoint": endpoint,
        "region": Text.of(settings.region),
        "access_key_id": keys[0],
        "secret_access_key": keys[1],
    }
    if settings.buckets:
        values["bucket"] = Text.of(next(iter(settings.buckets)))
        values["buckets"] = Text.of(",".join(settings.buckets))
    for key, bucket in settings.buckets.items():
        if bucket.expire:
            values[f"days-{key}"] = Text.of(str(bucket.told["days"]))
    variables = {f"S3_{as_variable(key)}": text for key, text in values.items() if key != "url"}
    variables |= {
        "AWS_ENDPOINT_URL_S3": endpoint,
        "AWS_REGION": values["region"],
        "AWS_DEFAULT_REGION": values["region"],
        "AWS_ACCESS_KEY_ID": keys[0],
        "AWS_SECRET_ACCESS_KEY": keys[1],
    }
    return Exports(workloads=workloads, values=values, variables=variables)


def _meant(key: str, text: str | None, around: Surroundings, findings: list[Finding]) -> Text:
    """What a setting of an external store stands for; a variable that is not there is a warning."""
    match reference(text or ""):
        case EnvReference(variable):
            if variable not in around.env:
                facts = {"name": variable}
                findings.append(
                    Finding(
                        code="SW332", at=Place(path=key), severity=Severity.WARNING, facts=facts
                    )
                )
            return Text.of(around.env.get(variable, ""))
        case SecretReference(secret):
            return Text.of(Secret(name=secret))
        case _:
            return Text.of(text or "")
