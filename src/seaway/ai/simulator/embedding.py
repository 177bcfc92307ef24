"""Embedding: a request for vectors, checked and answered."""

import base64
import struct
from typing import Any

import msgspec

from seaway.ai.simulator.refusal import Refusal
from seaway.ai.simulator.settings import Settings
from seaway.ai.simulator.vectors import vector
from seaway.ai.simulator.words import tokens

_MOST_INPUTS = 2048


class Embedding(msgspec.Struct):
    """The fields of an embedding request."""

    model: str
    input: str | list[str | int | list[int]]
    encoding_format: str = "float"
    dimensions: int | None = None


def embedding(data: bytes) -> Embedding:
    """Read a request.

    Raises:
        Refusal: 400, with what is wrong.
    """
    try:
        return msgspec.json.decode(data, type=Embedding)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Refusal(400, f"We could not parse the body of your request: {error}") from error


def vectors(asked: Embedding, model: str, settings: Settings) -> dict[str, Any]:
    """The answer.

    Raises:
        Refusal: 400, for no text, an empty one, or too many.
    """
    given = asked.input
    texts = [given] if isinstance(given, str) else given
    if texts and isinstance(texts[0], int):
        texts = [" ".join(map(str, texts))]
    if not texts or len(texts) > _MOST_INPUTS or "" in texts:
        raise Refusal(400, f"'input' needs 1 to {_MOST_INPUTS} texts, none empty.", param="input")
    words = [each if isinstance(each, str) else str(each) for each in texts]
    length = asked.dimensions or settings.dimensions
    rows = [vector(each, length, settings.seed) for each in words]
    count = sum(len(tokens(each)) for each in words)
    return {
        "object": "list", "model": model,
        "data": [{"object": "embedding", "index": number, "embedding": _encoded(asked, row)}
                 for number, row in enumerate(rows)],
        "usage": {"prompt_tokens": count, "total_tokens": count},
    }  # fmt: skip


def _encoded(asked: Embedding, row: list[float]) -> list[float] | str:
    if asked.encoding_format == "base64":
        return base64.b64encode(struct.pack(f"<{len(row)}f", *row)).decode()
    return row
