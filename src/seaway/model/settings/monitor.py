"""What is promised of the services, and who is told when it is not kept."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from seaway.model.quantity import Duration, Percent
from seaway.model.settings.form import FORM, word

Channel = Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9-]*:[^\s]+$")]
"""Where an alert goes: `feishu:env:FEISHU_URL`, `webhook:https://…`."""


class Level(BaseModel):
    """The service level of one service."""

    model_config = FORM

    availability: Percent | None = None
    p95: Duration | None = None
    p99: Duration | None = None


class Alerts(BaseModel):
    """Who is told."""

    model_config = FORM

    to: tuple[Channel, ...] = ()


class Monitor(BaseModel):
    """The `monitor` section."""

    model_config = FORM

    slo: Mapping[str, Level] = Field(default_factory=dict[str, Level])
    """Service levels by service."""
    alerts: Annotated[Alerts, BeforeValidator(word("to", list))] = Alerts()
    """Who is told."""
