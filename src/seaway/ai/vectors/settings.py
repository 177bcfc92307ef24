"""Settings: what the program is told by its environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of it; secrets do not show in its repr."""

    name: str
    """Of the component: the table belongs to one."""
    database: str = field(default="", repr=False)
    """The address of a PostgreSQL; empty where `milvus` is one."""
    milvus: str = field(default="", repr=False)
    """The address of a Milvus, with a login in it where it has one."""
    dimensions: int
    m: int = 16
    ef_construction: int = 64
    keys: tuple[str, ...] = field(repr=False)
    gateway: str = ""
    """Base address of who makes embeddings; empty where applications bring their own vectors."""
    gateway_key: str = field(default="", repr=False)
    model: str = "embed"
    """What the gateway is asked for."""
    host: str = "127.0.0.1"
    port: int = 8000


def settings(environ: Mapping[str, str]) -> Settings:
    """From HOST, PORT and VECTORS_*.

    Raises:
        ValueError: something is missing, or a number is none.
    """

    def needed(name: str) -> str:
        if not (found := environ.get(f"VECTORS_{name}")):
            raise ValueError(f"VECTORS_{name} is not set")
        return found

    milvus = environ.get("VECTORS_MILVUS_URL", "")
    return Settings(
        name=needed("NAME"),
        database="" if milvus else needed("DATABASE_URL"),
        milvus=milvus,
        dimensions=int(needed("DIMENSIONS")),
        m=int(environ.get("VECTORS_M") or 16),
        ef_construction=int(environ.get("VECTORS_EF_CONSTRUCTION") or 64),
        keys=tuple(needed("KEYS").split()),
        gateway=environ.get("VECTORS_GATEWAY_URL", ""),
        gateway_key=environ.get("VECTORS_GATEWAY_KEY", ""),
        model=environ.get("VECTORS_MODEL") or "embed",
        host=environ.get("HOST") or "127.0.0.1",
        port=int(environ.get("PORT") or 8000),
    )
