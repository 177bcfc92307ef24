"""Keeping: what every store of vectors can do, and in which words it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from seaway.ai.vectors.forms import Json
from seaway.ai.vectors.numbers import Vector

Filter = tuple[str | None, bytes]
"""A type, and what the metadata must contain."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is wanted, but for the vector."""

    fit: Filter
    limit: int
    threshold: float
    """Less alike is not wanted: a cosine."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is near."""

    count: int
    results: bytes
    """A JSON array of `type`, `id`, `similarity` and `metadata`, most alike first."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is written."""

    type: str
    id: str
    vector: Vector
    metadata: bytes
    text: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """What is listed."""

    id: str
    metadata: bytes
    created_at: datetime | str
    updated_at: datetime | str


class Superseded(Exception):  # noqa: N818 -- said as it is
    """The vectors in the table are of another model by now: a newer release serves them."""


class Keeps(Protocol):
    """A store. What does not answer raises an OSError, or what `store.GONE` names."""

    async def write(self, rows: Sequence[Row]) -> None:
        """All of them or none."""
        ...

    async def near(self, vector: Vector, search: Search) -> Found:
        """The nearest, nearest first."""
        ...

    async def delete(self, kind: str, ids: Sequence[str] | None, wanted: Json | None) -> int:
        """By id, or by what the metadata contains; how many there were."""
        ...

    async def listed(self, kind: str, after: str, limit: int) -> list[Item]:
        """In order of id, those after `after`."""
        ...

    def close(self) -> None:
        """Let go of all connections."""
        ...
