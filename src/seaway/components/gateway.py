"""gateway: one OpenAI-compatible endpoint in front of model providers (R50 to R53)."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, JsonValue

from seaway.model.finding import Finding, Place, Severity
from seaway.model.names import Name, as_variable
from seaway.model.near import choice
from seaway.model.quantity import Size
from seaway.model.route import Upstream
from seaway.model.settings.code import HTTP, Uses, own_variables
from seaway.model.settings.form import Count, Word, word
from seaway.model.settings.offline import DEFAULT, MODELS, offline
from seaway.model.settings.openai import (
    IMAGE,
    PORT,
    READY,
    checks,
    key_of,
    limits,
    simulator,
    values,
    variables,
)
from seaway.model.settings.providers import (
    ADDRESSES,
    ClientName,
    ModelClient,
    ModelLimits,
    ModelRoute,
    Provider,
    ProviderName,
)
from seaway.model.settings.reference import reference
from seaway.model.settings.resources import (
    Logs,
    LogsSetting,
    Replicas,
    ReplicasSetting,
    Resources,
)
from seaway.model.settings.rollout import RolloutForm, RolloutSetting
from seaway.model.stack import Section
from seaway.model.text import Secret, Text
from seaway.model.workload import Command, Stopping, Workload
from seaway.ports.component import Component, Expansion, Exports, SecretNeed, Surroundings
from seaway.ports.meaning import meant

_GRACE = timedelta(seconds=30)
_STARTED = frozenset({"models", "simulator"})
"""Providers that need no address: they are started beside the gateway."""
_STORE, _CLUSTER = "REDIS_URL", "REDIS_NODES"
"""What a component hands out that can hold limits and answers."""

Json = dict[str, JsonValue]


class Gateway(Component):
    """One endpoint for chat, streams, embeddings and images, in front of providers."""

    kind: ClassVar[str] = "gateway"
    section: ClassVar[Section] = Section.AI

    providers: Annotated[
        Mapping[ProviderName, Annotated[Provider, BeforeValidator(word("kind"))]],
        Field(min_length=1),
    ]
    """Who answers."""
    routes: Mapping[Word, Annotated[ModelRoute, BeforeValidator(word("to", (str, list)))]] = Field(
        default_factory=dict[str, ModelRoute]
    )
    """Which model is answered by whom; without any, each provider is asked for the name given."""
    limits: ModelLimits = ModelLimits()
    """Most that passes through."""
    clients: Mapping[ClientName, ModelClient] = Field(default_factory=dict[str, ModelClient])
    """Who may ask, beside the services that use it; each has a key and limits of its own."""
    reasoning: Literal["hide", "show"] = "hide"
    """Whether clients see what a reasoning model thinks before it answers."""
    body: Annotated[Size, Field(ge=1000, le=64 * 2**20)] = 10_000_000
    """Of the largest request; pictures come inside of requests."""
    answer: Annotated[Count, Field(ge=1)] = 1024
    """Tokens reserved for an answer whose request gives no limit."""
    uses: Uses = ()
    """A redis, for answers and for limits over all copies; and what `ref:` names."""
    replicas: ReplicasSetting = Replicas()
    """How many copies; each uses one processor."""
    rollout: RolloutSetting = RolloutForm()
    """How a new release takes over."""
    resources: Resources = Resources()
    """Most each copy may use."""
    logs: LogsSetting = Logs()
    """How its logs are kept."""

    @property
    def used(self) -> tuple[Name, ...]:
        return self.uses

    def expand(self, name: Name, around: Surroundings) -> Expansion:
        """One process for each copy; a simulator beside it where a provider is one."""
        env, findings = self._variables(name, around)
        stand_in = (*self._simulator(name, around), *self._offline(name, around))
        needed = {each for used in around.exports.values() for each in used.workloads}
        served = Workload(
            name=name,
            component=name,
            program=Command(argv=("python", "-m", "seaway.ai.gateway"), image=IMAGE),
            env={**own_variables(around.environment, "UTC", (HTTP,)), **env},
            ports={HTTP: PORT},
            uses=tuple(sorted(needed | {each.name for each in stand_in})),
            replicas=self.replicas.least,
            balanced=True,
            checks=checks(),
            limits=limits(self.resources),
            stopping=Stopping(grace=_GRACE),
            rollout=self.rollout.rollout,
            logs=self.logs.keeping,
        )
        most = max(2 * self.replicas.most, 2)  # while a release is replaced
        return Expansion(
            workloads=(*stand_in, served),
            exports=Exports(
                workloads=frozenset({name}), values={**values(name), **self._client_keys(name)},
                variables=variables(name),
            ),
            secrets=self._secrets(name, stand_in),
            upstreams=(Upstream(workload=name, port=HTTP, check=READY, replicas=most),),
            findings=(*findings, *self._findings(around)),
        )  # fmt: skip

    def _simulator(self, name: Name, around: Surroundings) -> tuple[Workload, ...]:
        """One for all providers that are simulated and have no address."""
        if not any(_beside(each) == "simulator" for each in self.providers.values()):
            return ()
        return (simulator(_stand_in(name, "simulator"), name, around.environment, {}),)

    def _offline(self, name: Name, around: Surroundings) -> tuple[Workload, ...]:
        """Models on this machine, where any is wanted."""
        served = self._served
        if not served:
            return ()
        return (offline(_stand_in(name, "models"), name, around.environment, served),)

    @property
    def _served(self) -> tuple[str, ...]:
        """Which of them: those that routes name; where there are no routes, the usual ones."""
        mine = {key for key, each in self.providers.items() if _beside(each) == "models"}
        if mine and not self.routes:
            return DEFAULT
        asked = [target.partition("/") for _, target in self._asked]
        wanted = {model for provider, _, model in asked if provider in mine}
        return tuple(each for each in MODELS if each in wanted)

    @property
    def _asked(self) -> Iterator[tuple[str, str]]:
        """Each route with each of the models that it may go to."""
        for key, route in self.routes.items():
            for target in (*route.to, *(each for rule in route.rules for each in rule.to)):
                yield key, target

    def _client_keys(self, name: Name) -> Mapping[str, Text]:
        return {
            f"key-{client}": Text.of(Secret(name=_client_secret(name, client)))
            for client, each in self.clients.items() if each.key is None
        }  # fmt: skip

    def _secrets(self, name: Name, stand_in: tuple[Workload, ...]) -> tuple[SecretNeed, ...]:
        made = [key_of(name), f"{name}.admin", *(key_of(each.name) for each in stand_in)]
        made += [
            _client_secret(name, client) for client, each in self.clients.items()
            if each.key is None
        ]  # fmt: skip
        pepper = SecretNeed(name=f"{name}.pepper", generate=32)
        return (pepper, *(SecretNeed(name=each, generate=32) for each in made))

    # --------------------------------------------------------------- what the program is told

    def _variables(
        self, name: Name, around: Surroundings
    ) -> tuple[Mapping[str, Text], tuple[Finding, ...]]:
        findings: list[Finding] = []
        env: dict[str, Text] = {
            "PEPPER": Text.of(Secret(name=f"{name}.pepper")),
            "ADMIN_KEY": Text.of(Secret(name=f"{name}.admin")),
            "STACK_KEY": Text.of(Secret(name=key_of(name))),
        }
        told: Json = {
            "name": name, "pepper_from": "PEPPER", "admin_from": "ADMIN_KEY",
            "reasoning": self.reasoning, "body": self.body, "answer": self.answer,
            "limits": _json(self.limits.windows),
            "routes": {key: _route(each) for key, each in self.routes.items()},
        }  # fmt: skip
        store = self._store(around)
        if store:
            env["STORE_URL"] = store
            told["store_from"] = "STORE_URL"
        told["providers"] = {
            key: self._provider(name, key, around, env, findings)
            for key, each in self.providers.items()
            if self._served or _beside(each) != "models"
        }
        told["clients"] = self._told_clients(name, around, env, findings)
        env["GATEWAY"] = Text.of(json.dumps(told, sort_keys=True, separators=(",", ":")))
        return env, tuple(findings)

    def _store(self, around: Surroundings) -> Text | None:
        found = (around.exports[each] for each in self.uses if each in around.exports)
        return next((each.values["url"] for each in found if _STORE in each.variables), None)

    def _provider(
        self, name: Name, key: str, around: Surroundings, env: dict[str, Text],
        findings: list[Finding],
    ) -> Json:  # fmt: skip
        given, start = self.providers[key], f"PROVIDER_{as_variable(key)}"
        told: Json = {
            "retries": given.retries, "connect": given.connect.total_seconds(),
            "first": given.timeout.total_seconds(), "between": given.between.total_seconds(),
            "total": given.total.total_seconds(),
            "private": given.private or _inside(given),
            "limits": _json(given.limits.windows),
            "prices": {model: {"input": each.input, "output": each.output}
                       for model, each in given.prices.items()},
        }  # fmt: skip
        url, secret = given.url or ADDRESSES.get(given.kind, ""), given.key
        if kind := _beside(given):
            beside = values(_stand_in(name, kind))
            env[f"{start}_URL"], env[f"{start}_KEY"] = beside["url"], beside["key"]
            return {**told, "url_from": f"{start}_URL", "key_from": f"{start}_KEY"}
        if reference(url) is None:
            told["url"] = url
        else:
            env[f"{start}_URL"] = meant(url, f"providers.{key}.url", around, findings)
            told["url_from"] = f"{start}_URL"
        if secret is not None:
            env[f"{start}_KEY"] = meant(secret, f"providers.{key}.key", around, findings)
            told["key_from"] = f"{start}_KEY"
        return told

    def _told_clients(
        self, name: Name, around: Surroundings, env: dict[str, Text], findings: list[Finding]
    ) -> Json:
        told: Json = {"stack": {"key_from": "STACK_KEY"}}
        for client, each in self.clients.items():
            variable = f"CLIENT_{as_variable(client)}"
            at = f"clients.{client}.key"
            env[variable] = (
                Text.of(Secret(name=_client_secret(name, client))) if each.key is None
                else meant(each.key, at, around, findings)
            )  # fmt: skip
            told[client] = {"key_from": variable, "limits": _json(each.limits.windows)}
        return told

    # ------------------------------------------------------------------------ what is wrong

    def _findings(self, around: Surroundings) -> Iterator[Finding]:
        yield from self._unknown_providers()
        for key, each in self.providers.items():
            at = Place(path=f"providers.{key}")
            if each.kind == "compatible" and each.url is None:
                yield Finding(code="SW361", at=at, facts={"name": key})
            if each.kind in ADDRESSES and each.key is None:
                yield Finding(code="SW362", at=at, facts={"name": key})
        if not self.replicas.fixed:
            yield _warning("SW151", "replicas", {"setting": "replicas"})
        if self._store(around) is None:
            yield from self._without_store()
        for used in self.uses:
            if used in around.exports and _CLUSTER in around.exports[used].variables:
                yield Finding(code="SW353", at=Place(path="uses"), facts={"name": used})
        yield from self._spending()

    def _without_store(self) -> Iterator[Finding]:
        limited = (
            self.limits, *(each.limits for each in self.clients.values()),
            *(each.limits for each in self.providers.values()),
        )  # fmt: skip
        if self.replicas.most > 1 and any(each.any for each in limited):
            yield Finding(code="SW363", at=Place(path="limits"))
        for key, route in self.routes.items():
            if route.cache:
                yield _warning("SW364", f"routes.{key}.cache", {})
            if route.prompts:
                yield _warning("SW369", f"routes.{key}.prompts", {})

    def _unknown_providers(self) -> Iterator[Finding]:
        for key, target in self._asked:
            provider, _, model = target.partition("/")
            at = Place(path=f"routes.{key}")
            if provider not in self.providers:
                yield Finding(code="SW360", at=at, facts=choice(provider, self.providers))
            elif model == "hear" and self.providers[provider].kind == "simulator":
                yield Finding(code="SW357", at=at, severity=Severity.INFO, facts={"name": key})

    def _spending(self) -> Iterator[Finding]:
        """Money is counted by prices, and in a time."""
        places = [("limits", self.limits)]
        places += [(f"clients.{key}.limits", each.limits) for key, each in self.clients.items()]
        places += [(f"providers.{key}.limits", each.limits) for key, each in self.providers.items()]
        for path, limit in places:
            if limit.spend and not limit.spend.per:
                yield Finding(code="SW365", at=Place(path=f"{path}.spend"))
            priced = any(each.prices for each in self.providers.values())
            if limit.spend and not priced:
                yield Finding(code="SW366", at=Place(path=f"{path}.spend"))


def _beside(provider: Provider) -> str:
    """What kind of provider is started beside the gateway for this one; empty for none."""
    return provider.kind if provider.kind in _STARTED and provider.url is None else ""


def _inside(provider: Provider) -> bool:
    """Those of the stack itself are where the stack is."""
    return provider.kind in _STARTED or (provider.url or "").startswith("ref:")


def _stand_in(name: Name, kind: str) -> Name:
    return Name(f"{name}-{kind}")


def _client_secret(name: Name, client: str) -> str:
    return f"{name}.client-{client}"


def _json(windows: Mapping[str, Mapping[str, float]]) -> Json:
    return {name: dict(each) for name, each in windows.items()}


def _route(route: ModelRoute) -> Json:
    rules: list[JsonValue] = [
        {"to": _targets(each.to), "pictures": each.pictures, "tools": each.tools,
         "longer_than": each.longer_than} for each in route.rules
    ]  # fmt: skip
    return {
        "to": _targets(route.to), "rules": rules, "prefer": route.prefer,
        "cache": route.cache.total_seconds() if route.cache else 0.0,
        "prompts": route.prompts.total_seconds() if route.prompts else 0.0,
    }  # fmt: skip


def _targets(models: tuple[str, ...]) -> list[JsonValue]:
    pairs = (each.partition("/") for each in models)
    return [{"provider": provider, "model": model} for provider, _, model in pairs]


def _warning(code: str, path: str, facts: Mapping[str, object]) -> Finding:
    return Finding(code=code, at=Place(path=path), severity=Severity.WARNING, facts=facts)
