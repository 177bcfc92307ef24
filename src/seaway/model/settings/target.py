"""What may be set for each platform."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, JsonValue

from seaway.model.names import Name
from seaway.model.settings.form import FORM

Origin = Literal["package", "system"]


def _nothing(given: object) -> object:
    return {} if given is None else given


def _empty() -> dict[str, JsonValue]:
    return {}


Settings = Annotated[Mapping[str, JsonValue], BeforeValidator(_nothing)]


class LocalTargetSettings(BaseModel):
    """One machine, without containers."""

    model_config = FORM

    parts: Annotated[Mapping[Name, Origin], BeforeValidator(_nothing)] = Field(
        default_factory=dict[Name, Origin]
    )
    """Where the server of a component comes from: `package` (installed with Seaway) or `system`
    (one that is installed on this machine already). Without a word the package is preferred."""


class TargetSettings(BaseModel):
    """Settings of platforms."""

    model_config = FORM

    local: Annotated[LocalTargetSettings, BeforeValidator(_nothing)] = LocalTargetSettings()
    docker: Settings = Field(default_factory=_empty)
    swarm: Settings = Field(default_factory=_empty)
    kubernetes: Settings = Field(default_factory=_empty)
    memory: Settings = Field(default_factory=_empty)
