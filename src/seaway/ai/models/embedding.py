"""Embedding: a request for vectors, checked, and its answer."""

import base64
from collections.abc import Mapping

import msgspec
import numpy as np

from seaway.ai.models.sentences import LENGTH, LONGEST
from seaway.ai.models.session import Rows
from seaway.ai.models.tokens import tokens
from seaway.serving.refusal import Refusal

MOST = 2048
LONGEST_VECTOR = 16_000
"""Of pgvector."""


class Embedding(msgspec.Struct):
    """The fields of a request that are acted on."""

    model: str
    input: str | list[str]
    encoding_format: str = "float"
    dimensions: int | None = None


def texts_of(asked: Embedding) -> list[str]:
    """What is to be embedded.

    Raises:
        Refusal: 400, for none, an empty one, too many, too long, or too short a vector.
    """
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    if not 1 <= len(texts) <= MOST or not all(each.strip() for each in texts):
        raise Refusal(400, "invalid_input", f"'input' needs 1 to {MOST} texts, none empty.")
    if max(map(len, texts)) > LONGEST:
        message = f"A text has more than {LONGEST} characters; split it."
        raise Refusal(400, "context_length_exceeded", message)
    if asked.dimensions is not None and not LENGTH <= asked.dimensions <= LONGEST_VECTOR:
        message = f"'dimensions' must be from {LENGTH} to {LONGEST_VECTOR} for this model."
        raise Refusal(400, "invalid_dimensions", message)
    return texts


def told(asked: Embedding, texts: list[str], rows: Rows) -> Mapping[str, object]:
    """The answer, as OpenAI's API has it."""
    count = sum(tokens(each) for each in texts)
    data = [
        {"object": "embedding", "index": number, "embedding": _encoded(asked, row)}
        for number, row in enumerate(rows)
    ]
    usage = {"prompt_tokens": count, "total_tokens": count}
    return {"object": "list", "model": asked.model, "data": data, "usage": usage}


def _encoded(asked: Embedding, row: Rows) -> Rows | str:
    if asked.encoding_format == "base64":
        return base64.b64encode(row.astype(np.dtype("<f4")).tobytes()).decode()
    return row
