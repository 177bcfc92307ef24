"""What all services of the user's own code have in common: edges, files, their own variables."""

import posixpath
from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field

from seaway.model.finding import Finding, Place
from seaway.model.names import as_variable
from seaway.model.near import choice
from seaway.model.settings.form import Named
from seaway.model.settings.program import variables
from seaway.model.text import Own, Text
from seaway.model.workload import Build

HTTP = "http"
_GIVEN_BY_TARGETS = frozenset({"PATH", "HOME", "LANG", "TZ", "USER", "PWD"})
_ENVIRONMENTS = {"local": "development"}
"""What applications call them, where that differs."""

Uses = Annotated[
    tuple[Named, ...],
    BeforeValidator(
        lambda given: [given] if isinstance(given, str) else given,
        json_schema_input_type=str | list[str],
    ),
]
"""One name, or several."""
Zone = Annotated[str, Field(strict=True, pattern=r"^[A-Za-z][A-Za-z0-9_+/-]{0,63}$")]
"""A time zone by its IANA name: `Asia/Shanghai`; that it exists is found when the file is read."""


def build(folder: str, source: str | None, command: str | None) -> Build | None:
    """How the code is made ready; None where nothing has to be made."""
    if source is None and command is None:
        return None
    return Build(folder=absolute(folder, source or "."), command=command or "")


def absolute(folder: str, path: str) -> str:
    """A path as the stack file means it."""
    return posixpath.normpath(posixpath.join(folder, path))


def own_variables(environment: str, zone: str, ports: Iterable[str]) -> dict[str, Text]:
    """What every service is told of itself (R98, R106)."""
    env = {
        "INSTANCE": Text.of(Own(what="instance")),
        "RELEASE_VERSION": Text.of(Own(what="release")),
        "APP_ENV": Text.of(_ENVIRONMENTS.get(environment, environment)),
        "TZ": Text.of(zone),
    }
    for port in ports:
        start = "" if port == HTTP else f"{as_variable(port)}_"
        env[f"{start}PORT"] = Text.of(Own(what="port", name=port))
        env["HOST"] = Text.of(Own(what="host"))
    if "PORT" in env:
        env |= {"APP_PORT": env["PORT"], "APP_HOST": env["HOST"]}
    return env


def unset(argv: Sequence[str], env: Iterable[str], setting: str = "run") -> tuple[Finding, ...]:
    """A finding for each `$NAME` in the arguments that would be empty."""
    known = {*env, *_GIVEN_BY_TARGETS}
    at = Place(path=setting)
    return tuple(
        Finding(code="SW187", at=at, facts=choice(name, known))
        for name in variables(tuple(argv))
        if name not in known
    )
