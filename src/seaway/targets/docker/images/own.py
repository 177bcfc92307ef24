"""Own: Seaway itself as the content of an image, with the packages that its parts come from."""

import hashlib
from pathlib import Path

import seaway
from seaway.errors import StepFailed
from seaway.targets.docker.images.trees import What, entries

PARTS, MODELS, MILVUS = "parts", "models", "milvus"
"""The images of Seaway's own: servers with small programs; what loads models; milvus-lite and what
speaks to it."""
SPECIAL = frozenset({MODELS, MILVUS})
"""Those that are asked for by name."""


def source() -> Path:
    """The package that runs."""
    return Path(seaway.__file__).parent


def lock(which: str) -> str:
    """The text of the lock of one of them: here where installed, beside it in a checkout.

    Raises:
        StepFailed: SW282, it is in neither place.
    """
    name = f"image-{which}.txt"
    places = (Path(__file__).parent / name, source().parents[1] / "requirements" / name)
    for each in places:
        if each.is_file():
            return each.read_text()
    raise StepFailed("SW282", file=str(places[0]))


def digest() -> str:
    """Changes when, and only when, Seaway does."""
    whole = hashlib.sha256()
    for each in entries(source()):
        if each.what is What.FILE:
            whole.update(
                f"{each.name}\0{hashlib.sha256(each.path.read_bytes()).hexdigest()}\n".encode()
            )
    return whole.hexdigest()[:16]
