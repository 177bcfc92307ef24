"""vectors: a store of embeddings with search by likeness, on a database that is there already."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import BaseModel, Field

from seaway.model.finding import Finding, Place, Severity
from seaway.model.names import Name
from seaway.model.probe import Checks, HttpProbe
from seaway.model.settings.code import HTTP, Uses, own_variables
from seaway.model.settings.form import FORM, Count, Named, Word
from seaway.model.settings.openai import (
    IMAGE,
    LIVE,
    MILVUS_IMAGE,
    PORT,
    READY,
    key_of,
    limits,
    values,
)
from seaway.model.settings.resources import Logs, LogsSetting, Resources
from seaway.model.stack import Section
from seaway.model.text import Secret, Text
from seaway.model.workload import Command, Stopping, Workload
from seaway.ports.component import Component, Expansion, Exports, SecretNeed, Surroundings

INDEXED = 4000
"""Dimensions that pgvector's HNSW takes for the type `halfvec`."""
_MIGRATION = timedelta(hours=6)
"""How long it may take until it is ready: other dimensions or another model make all anew."""
_STORE, _MILVUS, _GATEWAY = "DATABASE_URL", "MILVUS_URI", "OPENAI_BASE_URL"
"""What components hand out that keep vectors, and that make them."""


class Index(BaseModel):
    """The HNSW index."""

    model_config = FORM

    m: Annotated[Count, Field(ge=2, le=100)] = 16
    ef_construction: Annotated[Count, Field(ge=4, le=1000)] = 64


class Vectors(Component):
    """A store of embeddings."""

    kind: ClassVar[str] = "vectors"
    section: ClassVar[Section] = Section.AI

    store: Named
    """The postgres that keeps them, with the extension `vector`; or a milvus."""
    dimensions: Annotated[Count, Field(ge=1, le=16000)]
    """Length of a vector. A model with shorter ones will do; another length is a migration."""
    index: Index = Index()
    """How it is searched."""
    uses: Uses = ()
    """A gateway that makes the embeddings; without one, applications bring vectors."""
    model: Word = "embed"
    """What the gateway is asked for; the answer of another model is a migration."""
    resources: Resources = Resources()
    """Most it may use."""
    logs: LogsSetting = Logs()
    """How its logs are kept."""

    @property
    def used(self) -> tuple[Name, ...]:
        return (self.store, *self.uses)

    def expand(self, name: Name, around: Surroundings) -> Expansion:
        """One process, and the key that it lets in."""
        needed = {each for used in around.exports.values() for each in used.workloads}
        workload = Workload(
            name=name,
            component=name,
            program=Command(argv=("python", "-m", "seaway.ai.vectors"), image=self._image(around)),
            env={**own_variables(around.environment, "UTC", (HTTP,)), **self._told(name, around)},
            ports={HTTP: PORT},
            uses=tuple(sorted(needed)),
            checks=_CHECKS,
            limits=limits(self.resources),
            stopping=Stopping(grace=timedelta(seconds=30)),
            logs=self.logs.keeping,
        )
        return Expansion(
            workloads=(workload,),
            exports=Exports(workloads=frozenset({name}), values=values(name)),
            secrets=(SecretNeed(name=key_of(name), generate=32),),
            findings=tuple(self._findings(around)),
        )  # fmt: skip

    def _image(self, around: Surroundings) -> str:
        """The client of Milvus is large: only those have it who need it."""
        return MILVUS_IMAGE if self._from(around, (self.store,), _MILVUS) else IMAGE

    def _told(self, name: Name, around: Surroundings) -> dict[str, Text]:
        database = self._from(around, (self.store,), _STORE)
        milvus = self._from(around, (self.store,), _MILVUS)
        stored = {"MILVUS_URL": milvus.values["url"]} if milvus else {
            "DATABASE_URL": database.values["url"] if database else Text()
        }  # fmt: skip
        told = {
            "NAME": Text.of(name),
            "KEYS": Text.of(Secret(name=key_of(name))),
            **stored,
            "DIMENSIONS": Text.of(str(self.dimensions)),
            "M": Text.of(str(self.index.m)),
            "EF_CONSTRUCTION": Text.of(str(self.index.ef_construction)),
            "MODEL": Text.of(self.model),
        }
        gateway = self._from(around, self.uses, _GATEWAY)
        if gateway:
            told["GATEWAY_URL"] = gateway.values["url"]
            told["GATEWAY_KEY"] = gateway.values["key"]
        return {f"VECTORS_{key}": text for key, text in told.items()}

    @staticmethod
    def _from(around: Surroundings, names: tuple[Name, ...], variable: str) -> Exports | None:
        found = (around.exports[each] for each in names if each in around.exports)
        return next((each for each in found if variable in each.variables), None)

    def _findings(self, around: Surroundings) -> Iterator[Finding]:
        kept = [self._from(around, (self.store,), each) for each in (_STORE, _MILVUS)]
        if self.store in around.exports and not any(kept):
            yield Finding(code="SW385", at=Place(path="store"), facts={"name": self.store})
        if self.dimensions > INDEXED and kept[0]:
            facts = {"dimensions": self.dimensions, "most": INDEXED}
            at = Place(path="dimensions")
            yield Finding(code="SW386", at=at, severity=Severity.WARNING, facts=facts)
        if self._from(around, self.uses, _GATEWAY) is None:
            yield Finding(code="SW387", at=Place(path="uses"), severity=Severity.INFO)


_CHECKS = Checks(
    ready=HttpProbe(path=READY), live=HttpProbe(path=LIVE), start=_MIGRATION,
    every=timedelta(seconds=10), timeout=timedelta(seconds=3), live_failures=6,
)  # fmt: skip
