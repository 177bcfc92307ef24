"""References: `env:NAME`, `secret:NAME`, `ref:db.url`; a whole value, never a part of one."""

import re
from dataclasses import dataclass

from seaway.model.names import NAME, SECRET_NAME

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,126}")
"""What an environment variable may be called."""
_EXPORT = re.compile(rf"({NAME.pattern})\.([a-z][a-z0-9_-]{{0,39}})")
TEMPLATE = "${"


@dataclass(frozen=True, slots=True)
class EnvReference:
    """A variable of the person who runs Seaway."""

    name: str


@dataclass(frozen=True, slots=True)
class SecretReference:
    """A secret of the `secrets` section."""

    name: str


@dataclass(frozen=True, slots=True)
class ExportReference:
    """A value that a used component hands out."""

    component: str
    key: str


@dataclass(frozen=True, slots=True)
class BrokenReference:
    """Begins like a reference and is none."""

    text: str


Reference = EnvReference | SecretReference | ExportReference | BrokenReference


def reference(text: str) -> Reference | None:
    """What a value refers to; None for plain text."""
    scheme, colon, rest = text.partition(":")
    if not colon or scheme not in {"env", "secret", "ref"}:
        return None
    if scheme == "env" and VARIABLE.fullmatch(rest):
        return EnvReference(rest)
    if scheme == "secret" and SECRET_NAME.fullmatch(rest):
        return SecretReference(rest)
    if scheme == "ref" and (found := _EXPORT.fullmatch(rest)):
        return ExportReference(found[1], found[2])
    return BrokenReference(text)
