"""The file as a whole: which sections there are, and what each holds before kinds read it."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, JsonValue

from seaway.model.names import Name
from seaway.model.settings.form import FORM, Named, SecretName
from seaway.model.settings.monitor import Monitor
from seaway.model.settings.registry import RegistrySetting
from seaway.model.settings.secret import SecretSetting
from seaway.model.settings.target import TargetSettings

TARGETS = ("local", "docker", "swarm", "kubernetes", "memory")


def _nothing(given: object) -> object:
    """A section without a body is an empty section."""
    return {} if given is None else given


def _empty() -> dict[str, JsonValue]:
    return {}


Settings = Annotated[Mapping[str, JsonValue], BeforeValidator(_nothing)]
Declared = Annotated[Mapping[Named, JsonValue], BeforeValidator(_nothing)]


class FileForm(BaseModel):
    """A stack file: one system, from its services to its data."""

    model_config = FORM

    seaway: Literal[1]
    """Version of this format."""
    name: Named
    """Name of the system."""
    defaults: Settings = Field(default_factory=_empty)
    """What every service starts from."""
    services: Declared = Field(default_factory=dict[Name, JsonValue])
    """Your own code."""
    ai: Declared = Field(default_factory=dict[Name, JsonValue])
    """AI services that Seaway ships."""
    data: Declared = Field(default_factory=dict[Name, JsonValue])
    """State: never replaced start-first, always backed up."""
    external: Declared = Field(default_factory=dict[Name, JsonValue])
    """What others run."""
    ingress: Settings = Field(default_factory=_empty)
    """Hosts, and which path goes where."""
    secrets: Annotated[Mapping[SecretName, SecretSetting], BeforeValidator(_nothing)] = Field(
        default_factory=dict[str, SecretSetting]
    )
    """What is demanded of each secret; never its value."""
    monitor: Annotated[Monitor, BeforeValidator(_nothing)] = Monitor()
    """What is promised, and who is told when it is not kept."""
    registry: RegistrySetting | None = None
    """Where images go through on their way to hosts; without one they are sent as they are."""
    environments: Annotated[
        Mapping[Named, Annotated[Mapping[str, JsonValue], BeforeValidator(_nothing)]],
        BeforeValidator(_nothing),
    ] = Field(default_factory=dict[Name, Mapping[str, JsonValue]])
    """What differs in each environment, by path."""
    targets: Annotated[TargetSettings, BeforeValidator(_nothing)] = TargetSettings()
    """Settings of platforms."""
