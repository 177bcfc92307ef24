"""Settings: what this program is told, as JSON in RAG, with its secrets in variables beside."""

from collections.abc import Mapping

import msgspec


class Other(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A service that is asked."""

    url_from: str
    """The variable with its address."""
    key_from: str
    """The variable with the key that it lets in."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it."""

    key_from: str
    """The variable with the key that clients have."""
    database_from: str
    """The variable with the address of PostgreSQL."""
    search: Other
    """The vectors service."""
    model: Other
    """The gateway."""
    name: str = "rag"
    """Of its schema, its vectors and its cached answers, so that several may share one store."""
    route: str = "chat"
    """The name of the model that writes answers."""
    store_from: str = ""
    """The variable with the address of Redis; empty for no cache."""
    passages: int = 10
    """How many are shown to the model."""
    cache: float = 0.0
    """Seconds for which the same question gets the same answer."""
    turns: int = 6
    """Questions and answers of a conversation that the model is told."""
    remembered: float = 86_400.0
    """Seconds for which a conversation is kept after its last question."""
    at_once: int = 100
    """Questions that may be under way; more are told to come again (R62)."""


class Unset(ValueError):  # noqa: N818 -- said as it is
    """A variable that the settings name is not there."""


def settings(environ: Mapping[str, str]) -> Settings:
    """Read and checked.

    Raises:
        msgspec.ValidationError: something is wrong with the form.
        Unset: a variable is missing.
    """
    told = msgspec.json.decode(environ.get("RAG") or "{}", type=Settings)
    others = (each for other in (told.search, told.model)
              for each in (other.url_from, other.key_from))  # fmt: skip
    for name in (told.key_from, told.database_from, told.store_from, *others):
        if name and not environ.get(name):
            raise Unset(f"the variable {name} is not set")
    return told
