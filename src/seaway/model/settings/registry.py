"""The registry that images go through on their way to hosts, as the `registry` section says it."""

import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, TypeAdapter

from seaway.model.settings.form import FORM, Word, refuse, word
from seaway.model.settings.reference import EnvReference, SecretReference, reference

_PART = r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*"
_HOST = r"(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?"
_AT = re.compile(rf"{_HOST}(?:/{_PART})*|[A-Za-z0-9-]+:\d{{1,5}}(?:/{_PART})*")
"""As the engine tells a registry from a name at the usual one: a dot, a port, or `localhost`
(distribution, reference/regexp.go)."""


def _address(given: object) -> object:
    """Raises PydanticCustomError: SW240, it is none."""
    if isinstance(given, str) and not _AT.fullmatch(given):
        raise refuse("SW240", found=given[:80])
    return given


def _referred(given: object) -> object:
    """Raises PydanticCustomError: SW241, it is a password itself."""
    fits = isinstance(given, str) and isinstance(reference(given), EnvReference | SecretReference)
    if given is not None and not fits:
        raise refuse("SW241")
    return given


class RegistryForm(BaseModel):
    """Where images are pushed to from here, and pulled from by hosts."""

    model_config = FORM

    at: Annotated[Word, BeforeValidator(_address)]
    """Its address, and the path under which images may lie: `registry.example.com/team`."""
    user: Word = ""
    """Who logs in; without one nobody does."""
    password: Annotated[Word | None, BeforeValidator(_referred)] = None
    """`secret:NAME`, kept on the machine that people deploy from, or `env:NAME`."""


RegistrySetting = Annotated[
    RegistryForm, BeforeValidator(word("at"), json_schema_input_type=str | RegistryForm)
]
REGISTRY: TypeAdapter[RegistryForm] = TypeAdapter(RegistrySetting)
"""Reads the section."""
