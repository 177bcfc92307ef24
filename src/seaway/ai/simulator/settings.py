"""Settings: what the simulator is told by its environment."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every figure has a default: started with nothing it answers on a port of its own."""

    host: str = "127.0.0.1"
    port: int = 8000
    keys: frozenset[str] = frozenset()
    """Keys that are let in; any key when none is listed, but never no key at all."""
    seed: int = 0
    latency: float = 0.0
    """Seconds before the first piece of an answer."""
    pace: float = 0.0
    """Seconds between two pieces."""
    errors: float = 0.0
    """Part of the requests that fail with 500, from 0 to 1."""
    dimensions: int = 1536
    """Length of an embedding, where the request does not say."""
    context: int = 131_072
    """Tokens that a prompt may have."""


def settings(environ: Mapping[str, str]) -> Settings:
    """From HOST, PORT and SIMULATOR_*.

    Raises:
        ValueError: a number is none.
    """
    usual = Settings()

    def number(name: str, default: float) -> float:
        return float(environ.get(f"SIMULATOR_{name}") or default)

    return Settings(
        host=environ.get("HOST") or usual.host,
        port=int(environ.get("PORT") or usual.port),
        keys=frozenset(environ.get("SIMULATOR_KEYS", "").split()),
        seed=int(number("SEED", usual.seed)),
        latency=number("LATENCY", usual.latency),
        pace=number("PACE", usual.pace),
        errors=number("ERRORS", usual.errors),
        dimensions=int(number("DIMENSIONS", usual.dimensions)),
        context=int(number("CONTEXT", usual.context)),
    )
