"""vision: takes pictures, keeps them in an object store, and says what food is on them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from seaway.model.finding import Finding, Place, Severity
from seaway.model.names import Name
from seaway.model.near import choice
from seaway.model.quantity import Size
from seaway.model.route import Upstream
from seaway.model.settings.code import HTTP, Uses, own_variables
from seaway.model.settings.form import Count, Word
from seaway.model.settings.openai import (
    MODELS_IMAGE,
    PORT,
    READY,
    checks,
    key_of,
    limits,
    values,
)
from seaway.model.settings.resources import Logs, LogsSetting, Replicas, ReplicasSetting, Resources
from seaway.model.settings.rollout import RolloutForm, RolloutSetting
from seaway.model.stack import Section
from seaway.model.text import Secret, Text
from seaway.model.workload import Command, Stopping, Workload
from seaway.ports.component import Component, Expansion, Exports, SecretNeed, Surroundings

Bucket = Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9-]*/[a-z0-9][a-z0-9.-]*$")]
"""A component and a bucket in it: `files/food-images`."""
_WORKER = 768 * 2**20
"""Bytes of address space of a decoder; 36 million pixels of WebP took 604 MB, others less."""
_BESIDE = 256 * 2**20
"""Bytes of the service itself, with the uploads that it receives and those that wait."""
_GRACE = timedelta(seconds=75)
"""What is being looked at is finished: a model may take a minute."""
_STORE, _GATEWAY = "AWS_ENDPOINT_URL_S3", "OPENAI_BASE_URL"
"""What components hand out that keep objects, and that know models."""


class Vision(Component):
    """Understands pictures."""

    kind: ClassVar[str] = "vision"
    section: ClassVar[Section] = Section.AI

    store: Bucket
    """Where the pictures are kept: an s3 and a bucket of it, whose `expire` is theirs."""
    max_size: Annotated[Size, Field(ge=1000, le=64 * 2**20)] = 10_000_000
    """Of an uploaded file."""
    max_side: Annotated[Count, Field(ge=16, le=16384)] = 1024
    """Larger pictures are scaled down to this many pixels."""
    formats: tuple[Literal["jpg", "jpeg", "png", "webp"], ...] = ("jpg", "jpeg", "png", "webp")
    """What is taken, by content; the name of a file says nothing."""
    workers: Annotated[Count, Field(ge=1, le=16)] = 2
    """Processes that decode, for each copy."""
    uses: Uses = ()
    """A gateway that is asked what is on a picture; without one they are only kept."""
    model: Word = "food"
    """What the gateway is asked for."""
    replicas: ReplicasSetting = Replicas()
    """How many copies."""
    rollout: RolloutSetting = RolloutForm()
    """How a new release takes over."""
    resources: Resources = Resources()
    """Most each copy may use; memory is what its workers may need when it is not given."""
    logs: LogsSetting = Logs()
    """How its logs are kept."""

    @property
    def used(self) -> tuple[Name, ...]:
        return (self._place[0], *self.uses)

    @property
    def _place(self) -> tuple[Name, str]:
        store, _, bucket = self.store.partition("/")
        return Name(store), bucket

    def expand(self, name: Name, around: Surroundings) -> Expansion:
        """One process for each copy, with its decoders as children, and the key it lets in."""
        needed = {each for used in around.exports.values() for each in used.workloads}
        given = self.resources
        if not given.memory:
            given = given.model_copy(update={"memory": _BESIDE + self.workers * _WORKER})
        served = Workload(
            name=name,
            component=name,
            program=Command(argv=("python", "-m", "seaway.ai.vision"), image=MODELS_IMAGE),
            env={**own_variables(around.environment, "UTC", (HTTP,)), **self._told(name, around)},
            ports={HTTP: PORT},
            uses=tuple(sorted(needed)),
            replicas=self.replicas.least,
            balanced=True,
            checks=replace(checks(), timeout=timedelta(seconds=5)),
            limits=limits(given),
            stopping=Stopping(grace=_GRACE),
            rollout=self.rollout.rollout,
            logs=self.logs.keeping,
        )
        most = max(2 * self.replicas.most, 2)  # while a release is replaced
        return Expansion(
            workloads=(served,),
            exports=Exports(workloads=frozenset({name}), values=values(name)),
            secrets=(SecretNeed(name=key_of(name), generate=32),),
            upstreams=(Upstream(workload=name, port=HTTP, check=READY, replicas=most),),
            findings=tuple(self._findings(around)),
        )

    def _told(self, name: Name, around: Surroundings) -> dict[str, Text]:
        store, bucket = self._place
        plain = {
            "MAX_SIZE": self.max_size, "MAX_SIDE": self.max_side, "WORKERS": self.workers,
            "FORMATS": " ".join(sorted(set(self.formats))), "MODEL": self.model,
            "MEMORY": _WORKER, "S3_BUCKET": bucket,
        }  # fmt: skip
        told = {key: Text.of(str(value)) for key, value in plain.items()}
        told["KEY"] = Text.of(Secret(name=key_of(name)))
        kept = around.exports.get(store, Exports()).values
        names = {
            "S3_ENDPOINT": "endpoint", "S3_REGION": "region", "S3_DAYS": f"days-{bucket}",
            "S3_ACCESS_KEY": "access_key_id", "S3_SECRET_KEY": "secret_access_key",
        }  # fmt: skip
        told |= {key: kept[each] for key, each in names.items() if each in kept}
        gateway = self._gateway(around)
        if gateway:
            told |= {"GATEWAY_URL": gateway.values["url"], "GATEWAY_KEY": gateway.values["key"]}
        return {f"VISION_{key}": text for key, text in told.items()}

    def _gateway(self, around: Surroundings) -> Exports | None:
        found = (around.exports[each] for each in self.uses if each in around.exports)
        return next((each for each in found if _GATEWAY in each.variables), None)

    def _findings(self, around: Surroundings) -> Iterator[Finding]:
        store, bucket = self._place
        if store in around.exports:
            given = around.exports[store]
            buckets = "".join(map(str, given.values.get("buckets", Text()).parts)).split(",")
            if _STORE not in given.variables or bucket not in buckets:
                facts = {"store": store, **choice(bucket, [each for each in buckets if each])}
                yield Finding(code="SW383", at=Place(path="store"), facts=facts)
        if self._gateway(around) is None:
            yield Finding(code="SW384", at=Place(path="uses"), severity=Severity.INFO)
