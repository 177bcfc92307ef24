"""Registry: images go into it from one engine, and come out of it into another by their digest."""

import base64
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from seaway.errors import StepFailed
from seaway.model.json import Json
from seaway.targets.docker.engine import Engine, Refused
from seaway.targets.docker.hosts.carrying import OURS
from seaway.targets.docker.images.bases import split
from seaway.targets.docker.images.telling import told


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """One, and how to log in."""

    at: str
    """Its address, and a path under which images may lie."""
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def login(self) -> str:
        """As the engine wants it with each question about a registry; it keeps nothing of it.

        (Engine API, Authentication)
        """
        address = self.at.partition("/")[0]
        who = {"username": self.user, "password": self.password, "serveraddress": address}
        said = who if self.user else {}
        return base64.urlsafe_b64encode(json.dumps(said).encode()).decode()

    def place(self, name: str) -> tuple[str, str]:
        """Repository and tag here, of an image by its name there."""
        repository, tag = split(name)
        first, slash, rest = repository.partition("/")
        foreign = slash and ("." in first or ":" in first or first == "localhost")
        inner = rest if foreign else repository
        return f"{self.at}/{inner.removeprefix(OURS)}", tag.replace(":", "-")


async def pushed(engine: Engine, registry: Registry, name: str) -> str:
    """Have an image in the registry; what it is called there, by its digest.

    Raises:
        StepFailed: SW242, the registry does not take it.
    """
    repository, tag = registry.place(name)
    where: dict[str, Json] = {"repo": repository, "tag": tag}
    await engine.call("POST", f"/images/{name}/tag", query=where)
    asked = engine.with_login(registry.login)
    stream = asked.stream("POST", f"/images/{repository}/push", query={"tag": tag})
    digest = ""
    try:
        async for each in _heard(stream, registry):
            aux = each.get("aux")
            digest = str(cast("Mapping[str, object]", aux).get("Digest", "")) if aux else digest
    finally:
        await engine.call("DELETE", f"/images/{repository}:{tag}")  # a name for a moment
    if not digest:
        raise StepFailed("SW242", registry=registry.at, problem="it told no digest")
    return f"{repository}@{digest}"


async def there(engine: Engine, reference: str) -> bool:
    """Whether an engine has what a digest names."""
    try:
        await engine.call("GET", f"/images/{reference}/json")
    except Refused as refused:
        if refused.missing:
            return False
        raise
    return True


async def pulled(engine: Engine, registry: Registry, reference: str) -> None:
    """Have an engine fetch it.

    Raises:
        StepFailed: SW242, the registry does not give it.
    """
    repository, digest = split(reference)
    query: dict[str, Json] = {"fromImage": repository, "tag": digest}
    stream = engine.with_login(registry.login).stream("POST", "/images/create", query=query)
    async for _ in _heard(stream, registry):
        pass


async def _heard(
    stream: AsyncGenerator[bytes], registry: Registry
) -> AsyncIterator[Mapping[str, object]]:
    """What the engine says of it while it is at it."""
    try:
        async for each in told(stream):
            if problem := each.get("error"):
                raise StepFailed("SW242", registry=registry.at, problem=problem)
            yield each
    except Refused as error:
        problem = str(error.facts["problem"])
        raise StepFailed("SW242", registry=registry.at, problem=problem) from error
