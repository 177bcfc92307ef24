"""rag: answers questions from documents, with their sources (R58, R59, R70)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import BaseModel, Field, JsonValue

from seaway.model.finding import Finding, Place, Severity
from seaway.model.names import Name
from seaway.model.quantity import Duration
from seaway.model.settings.code import HTTP, Uses, own_variables
from seaway.model.settings.form import FORM, Count, Named, Word
from seaway.model.settings.openai import MODELS_IMAGE, PORT, checks, key_of, limits, values
from seaway.model.settings.resources import Logs, LogsSetting, Resources
from seaway.model.stack import Section
from seaway.model.text import Secret, Text
from seaway.model.workload import Command, Stopping, Workload
from seaway.ports.component import Component, Expansion, Exports, SecretNeed, Surroundings
from seaway.ports.meaning import meant

_DATABASE, _GATEWAY, _STORE = "DATABASE_URL", "OPENAI_BASE_URL", "REDIS_URL"
_CLUSTER = "REDIS_NODES"
"""What components hand out that keep documents, that answer, and that keep answers."""
_MEMORY = 512 * 2**20
"""Where none is given: about 110 MB for the program, and room for a PDF to be read."""


class Tracing(BaseModel):
    """Each question with its passages, its prompt and its answer, sent to LangSmith."""

    model_config = FORM

    project: Word
    """Where they are listed."""
    key: Word
    """As `secret:NAME`; where the secret may be absent, and is, nothing is sent."""
    endpoint: Word | None = None
    """Of a LangSmith of one's own."""


class Rag(Component):
    """Answers from documents."""

    kind: ClassVar[str] = "rag"
    section: ClassVar[Section] = Section.AI

    store: Named
    """The postgres that keeps the documents and finds their words."""
    search: Named
    """The vectors that find passages by likeness."""
    model: Named
    """The gateway that writes the answer."""
    route: Word = "chat"
    """What the gateway is asked for."""
    passages: Annotated[Count, Field(ge=1, le=40)] = 10
    """How many are shown to the model."""
    cache: Duration | None = None
    """How long the same question gets the same answer, while no document changes."""
    turns: Annotated[Count, Field(le=50)] = 6
    """Questions and answers before, of a conversation, that the model is told."""
    remember: Duration = timedelta(days=1)
    """How long a conversation is kept after its last question."""
    tracing: Tracing | None = None
    """Where prompts and answers are sent; nowhere when it is not given."""
    uses: Uses = ()
    """A redis, for answers that are kept; and what `ref:` names."""
    resources: Resources = Resources()
    """Most it may use."""
    logs: LogsSetting = Logs()
    """How its logs are kept."""

    @property
    def used(self) -> tuple[Name, ...]:
        return (self.store, self.search, self.model, *self.uses)

    def expand(self, name: Name, around: Surroundings) -> Expansion:
        """One process, and the key that it lets in."""
        findings = list(self._findings(around))
        needed = {each for used in around.exports.values() for each in used.workloads}
        resources = self.resources
        if not resources.memory:
            resources = resources.model_copy(update={"memory": _MEMORY})
        workload = Workload(
            name=name,
            component=name,
            program=Command(argv=("python", "-m", "seaway.ai.rag"), image=MODELS_IMAGE),
            env={
                **own_variables(around.environment, "UTC", (HTTP,)),
                **self._told(name, around),
                **self._traced(around, findings),
            },
            ports={HTTP: PORT},
            uses=tuple(sorted(needed)),
            checks=checks(),
            limits=limits(resources),
            stopping=Stopping(grace=timedelta(seconds=30)),
            logs=self.logs.keeping,
        )
        return Expansion(
            workloads=(workload,),
            exports=Exports(workloads=frozenset({name}), values=values(name)),
            secrets=(SecretNeed(name=key_of(name), generate=32),),
            findings=tuple(findings),
        )

    def _told(self, name: Name, around: Surroundings) -> dict[str, Text]:
        env = {"RAG_KEY": Text.of(Secret(name=key_of(name)))}
        told: dict[str, JsonValue] = {
            "name": name, "key_from": "RAG_KEY", "database_from": "RAG_DATABASE_URL",
            "search": {"url_from": "RAG_SEARCH_URL", "key_from": "RAG_SEARCH_KEY"},
            "model": {"url_from": "RAG_MODEL_URL", "key_from": "RAG_MODEL_KEY"},
            "route": self.route, "passages": self.passages, "turns": self.turns,
            "remembered": self.remember.total_seconds(),
        }  # fmt: skip
        for variable, used, key in (
            ("DATABASE_URL", self.store, "url"), ("SEARCH_URL", self.search, "url"),
            ("SEARCH_KEY", self.search, "key"), ("MODEL_URL", self.model, "url"),
            ("MODEL_KEY", self.model, "key"),
        ):  # fmt: skip
            given = around.exports.get(used)
            env[f"RAG_{variable}"] = given.values.get(key, Text()) if given else Text()
        store = _first(around, self.uses, _STORE)
        if store and self.cache:
            env["RAG_STORE_URL"] = store.values["url"]
            told |= {"store_from": "RAG_STORE_URL", "cache": self.cache.total_seconds()}
        env["RAG"] = Text.of(json.dumps(told, sort_keys=True, separators=(",", ":")))
        return env

    def _traced(self, around: Surroundings, findings: list[Finding]) -> Mapping[str, Text]:
        """The names that LangChain and LangGraph read; without them they send nothing."""
        if self.tracing is None:
            return {"LANGCHAIN_TRACING_V2": Text.of("false")}
        env = {
            "LANGCHAIN_TRACING_V2": Text.of("true"),
            "LANGCHAIN_PROJECT": Text.of(self.tracing.project),
            "LANGCHAIN_API_KEY": meant(self.tracing.key, "tracing.key", around, findings),
        }
        if self.tracing.endpoint:
            env["LANGCHAIN_ENDPOINT"] = Text.of(self.tracing.endpoint)
        return env

    def _findings(self, around: Surroundings) -> Iterator[Finding]:
        store, model = around.exports.get(self.store), around.exports.get(self.model)
        search = around.exports.get(self.search)
        if store and _DATABASE not in store.variables:
            yield _unfit("SW388", "store", self.store)
        if search and ("key" not in search.values or search.variables):
            yield _unfit("SW389", "search", self.search)
        if model and _GATEWAY not in model.variables:
            yield _unfit("SW390", "model", self.model)
        if self.cache and _first(around, self.uses, _STORE) is None:
            yield Finding(code="SW391", at=Place(path="cache"), severity=Severity.WARNING)
        if self.cache and (several := _first(around, self.uses, _CLUSTER)):
            facts = {"name": min(several.workloads)}
            yield Finding(code="SW353", at=Place(path="uses"), facts=facts)


def _unfit(code: str, setting: str, name: Name) -> Finding:
    """What is used cannot do what is needed of it."""
    return Finding(code=code, at=Place(path=setting), facts={"name": name})


def _first(around: Surroundings, names: Sequence[Name], variable: str) -> Exports | None:
    found = (around.exports[each] for each in names if each in around.exports)
    return next((each for each in found if variable in each.variables), None)
