"""Numbers: vectors as they come in, checked, and as PostgreSQL takes them."""

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seaway.serving.refusal import Refusal

Vector = NDArray[np.float32]
_SENT = np.dtype(">f4")
_TAKEN = np.dtype("<f4")
_HEAD = struct.Struct(">HH")
_LEAST, _MOST = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)
"""For the square of a vector's length, so that the database can compute with it."""


def checked(given: Sequence[float] | bytes, dimensions: int) -> Vector:
    """A vector that has a direction; as bytes it is `dimensions` little-endian float32.

    Raises:
        Refusal: 422, for the wrong length, a number that is none, or nothing but zeros.
    """
    count, rest = divmod(len(given), _TAKEN.itemsize if isinstance(given, bytes) else 1)
    if count != dimensions or rest:
        message = f"A vector has {count} numbers; this store has {dimensions} dimensions."
        raise Refusal(422, "wrong_dimensions", message)
    if isinstance(given, bytes):
        row: NDArray[np.floating] = np.frombuffer(given, dtype=_TAKEN)
    else:
        row = np.asarray(given, dtype=np.float64)
    square = float(row @ row)
    if not square < _MOST:
        raise Refusal(422, "not_a_number", "A vector has numbers that are none, or too large.")
    if square <= _LEAST:
        raise Refusal(422, "zero_vector", "A vector of zeros is like nothing: it has no direction.")
    return row.astype(np.float32, copy=False)


def padded(row: Vector, dimensions: int) -> Vector:
    """Longer by zeros: cosines stay what they are.

    Raises:
        ValueError: it is longer already.
    """
    if len(row) > dimensions:
        raise ValueError(
            f"the model gives {len(row)} numbers; {dimensions} dimensions are declared"
        )
    return np.pad(row, (0, dimensions - len(row)))


def sent(row: Vector | bytes) -> bytes:
    """As pgvector's `vector_recv` reads it.

    What is so already stays: asyncpg would take a row of numbers inside of a list for an array.
    """
    if isinstance(row, bytes):
        return row
    return _HEAD.pack(len(row), 0) + row.astype(_SENT).tobytes()


def received(data: bytes) -> Vector:
    """As pgvector's `vector_send` writes it."""
    return np.frombuffer(data, dtype=_SENT, offset=_HEAD.size).astype(np.float32)
