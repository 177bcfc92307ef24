"""Settings: which models are served, and where their weights lie."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

EMBED, CHAT, EXTRACT, FOOD, HEAR = "embed", "chat", "extract", "food", "hear"


class Files(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names in the folder of the weights; empty for those that are not needed."""

    sentences: str = ""
    writer: str = ""
    foods: str = ""
    labels: str = ""
    speech_1: str = ""
    speech_2: str = ""
    speech_config: str = ""
    speech_tokenizer: str = ""
    speech_vocabulary: str = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All that the program is told."""

    serve: tuple[str, ...] = (EMBED, EXTRACT)
    files: Files = Files()
    folder: Path = Path()
    keys: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8000

    def path(self, name: str) -> Path:
        """Of a file of weights.

        Raises:
            ValueError: it is not told.
        """
        if not name:
            raise ValueError("MODELS_FILES does not name the weights of a model that is served")
        return self.folder / name


def settings(environ: Mapping[str, str]) -> Settings:
    """From HOST, PORT and MODELS_*.

    Raises:
        ValueError: a value is none, or there is no key.
    """
    serve = tuple((environ.get("MODELS_SERVE") or f"{EMBED} {EXTRACT}").split())
    keys = tuple(environ.get("MODELS_KEYS", "").split())
    unknown = set(serve) - {EMBED, CHAT, EXTRACT, FOOD, HEAR}
    if unknown:
        raise ValueError(f"MODELS_SERVE names unknown models: {', '.join(sorted(unknown))}")
    if not keys:
        raise ValueError("MODELS_KEYS is empty: nobody could be let in")
    return Settings(
        serve=serve,
        files=msgspec.json.decode(environ.get("MODELS_FILES") or "{}", type=Files),
        folder=Path(environ.get("MODELS_FOLDER") or "."),
        keys=keys,
        host=environ.get("HOST") or "127.0.0.1",
        port=int(environ.get("PORT") or 8000),
    )
