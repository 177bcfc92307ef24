"""What all written forms have in common: nothing unknown in them, and words that become maps."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, LiteralString, cast

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from seaway.model.names import NAME, Name, valid_name

FORM = ConfigDict(
    extra="forbid", frozen=True, hide_input_in_errors=True,
    defer_build=True,  # most stacks use few of the kinds there are
)  # fmt: skip
"""The configuration of every model that people fill in."""

Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
"""A whole number; `true` is none."""
PortNumber = Annotated[int, Field(strict=True, ge=1, le=65535)]
Word = Annotated[str, Field(strict=True, min_length=1, max_length=4096)]
Truth = Annotated[bool, Field(strict=True)]

_SECRET = re.compile(r"[A-Z][A-Z0-9_]{0,62}")


def word(setting: str, kind: type | tuple[type, ...] = str) -> Callable[[object], object]:
    """Reads a single word as a map with that one setting."""

    def read(given: object) -> object:
        return {setting: given} if isinstance(given, kind) else given

    return read


def name(given: object) -> object:
    """A component's or system's name as it is.

    Raises:
        PydanticCustomError: SW180 for what cannot be one everywhere.
    """
    if isinstance(given, str) and not valid_name(given):
        raise refuse("SW180", name=given[:80])
    return given


def secret_name(given: object) -> object:
    """A secret's name as it is.

    Raises:
        PydanticCustomError: SW186 for what cannot be a variable too.
    """
    if isinstance(given, str) and not _SECRET.fullmatch(given):
        raise refuse("SW186", name=given[:80])
    return given


def mapping(given: object) -> Mapping[str, object] | None:
    """The same if it is a map with text as keys, else None."""
    if not isinstance(given, dict):
        return None
    return cast("dict[str, object]", given)


def refuse(code: LiteralString, **facts: object) -> PydanticCustomError:
    """The error by which a validator names the words for what is wrong."""
    return PydanticCustomError(code, "refused", facts)


Named = Annotated[
    Name,
    Field(strict=True),
    BeforeValidator(name),
    WithJsonSchema({"type": "string", "pattern": f"^{NAME.pattern}$"}, mode="validation"),
]
"""The name of a component."""
SecretName = Annotated[
    str,
    Field(strict=True),
    BeforeValidator(secret_name),
    WithJsonSchema({"type": "string", "pattern": f"^{_SECRET.pattern}$"}, mode="validation"),
]
"""The name of a user's secret."""
