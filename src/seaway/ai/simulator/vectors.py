"""Vectors: deterministic embeddings in which texts that share words are near each other."""

import hashlib
import math
import re
from itertools import pairwise

_WORD = re.compile(r"[A-Za-z0-9]+|[\u2e80-\u9fff\uf900-\ufaff]")
_PER_WORD = 8
"""Places of a vector that one word moves."""


def vector(text: str, dimensions: int, seed: int = 0) -> list[float]:
    """A unit vector: each word, and each pair of neighbours, moves a few places of it."""
    words = [each.lower() for each in _WORD.findall(text)] or [text]
    row = [0.0] * dimensions
    features = [(each, 1.0) for each in words]
    features += [(f"{left} {right}", 0.5) for left, right in pairwise(words)]
    for feature, weight in features:
        digest = hashlib.blake2b(f"{seed}\0{feature}".encode(), digest_size=_PER_WORD * 4).digest()
        for start in range(0, len(digest), 4):
            number = int.from_bytes(digest[start : start + 4], "big")
            row[(number >> 1) % dimensions] += weight if number & 1 else -weight
    length = math.sqrt(sum(each * each for each in row)) or 1.0
    return [each / length for each in row]
