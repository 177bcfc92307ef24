"""Finding: one thing that is wrong, and where."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters; ERROR stops what was asked for."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something was written. Lines and columns count from 1; 0 means unknown."""

    file: str = ""
    line: int = 0
    column: int = 0
    path: str = ""
    """The setting, as `services.api.port`."""
    origin: str = "file"
    """Who said it: `file`, `default`, `environment NAME`, `--set`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What check, plan, audit and doctor report. Its words are in `messages`, in two languages."""

    code: str
    at: Place = Place()
    severity: Severity = Severity.ERROR
    facts: Mapping[str, object] = field(default_factory=dict[str, object])


def worst(findings: tuple[Finding, ...]) -> Severity | None:
    """The gravest severity there is, or None where nothing was found."""
    order = list(Severity)
    return max((each.severity for each in findings), key=order.index, default=None)
