"""Forms: requests as they come in."""

from typing import Annotated, Any

import msgspec

from seaway.serving.refusal import Refusal

Type = Annotated[str, msgspec.Meta(min_length=1, max_length=50)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]
Json = dict[str, Any]
Numbers = list[float] | bytes
"""As JSON has numbers, or in base64 the bytes of as many little-endian float32: a quarter of that,
and read at once."""
_MOST = 1000


class Item(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be found again."""

    type: Type
    id: Id
    text: Text | None = None
    vector: Numbers | None = None
    metadata: Json = {}


class Upsert(msgspec.Struct, forbid_unknown_fields=True):
    """All of them or none."""

    items: Annotated[list[Item], msgspec.Meta(max_length=_MOST)]


class Search(msgspec.Struct, forbid_unknown_fields=True):
    """What is like this."""

    type: Type | None = None
    text: Text | None = None
    vector: Numbers | None = None
    threshold: Annotated[float, msgspec.Meta(ge=-1, le=1)] = 0.7
    """R57."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=_MOST)] = 10
    filter: Json = {}
    """What the metadata must contain."""


class Delete(msgspec.Struct, forbid_unknown_fields=True):
    """By id, or by what the metadata contains."""

    type: Type
    ids: Annotated[list[Id], msgspec.Meta(max_length=10_000)] | None = None
    filter: Json | None = None


class Embed(msgspec.Struct, forbid_unknown_fields=True):
    """Texts alone."""

    texts: Annotated[list[Text], msgspec.Meta(min_length=1, max_length=_MOST)]


def one_of(text: str | None, vector: Numbers | None) -> None:
    """A text that is not empty, or a vector.

    Raises:
        Refusal: 422, for both or none.
    """
    if (text is None) == (vector is None):
        raise Refusal(422, "text_or_vector", "Give either 'text' or 'vector'.")
    if text is not None and not text.strip():
        raise Refusal(422, "empty_text", "A text has nothing in it.")
