"""What is demanded of a secret, as the `secrets` section says it."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, model_validator

from seaway.model.quantity import Duration
from seaway.model.settings.form import FORM, Count, Word, mapping, refuse

SHORTEST_SIGNING_KEY = 32
"""Characters (R100)."""


class SecretForm(BaseModel):
    """One secret. Its value is never in a file: Seaway makes it, or a person gives it."""

    model_config = FORM

    generate: Annotated[Count, Field(le=4096)] = 0
    """Length of a value that Seaway makes; with `form` base64 or hex, its random bytes."""
    form: Literal["text", "base64", "hex"] = "text"
    """How the made value is written: letters and digits, or bytes in base64 or hexadecimal."""
    min_length: Annotated[Count, Field(le=100_000)] = 0
    """A shorter value is refused."""
    keep: Annotated[Count, Field(le=9)] = 0
    """Older values that stay good beside the newest. The value is then a ring, `k2:NEW,k1:OLD`:
    the program makes new things with the first and still takes what was made with the others."""
    required_in: tuple[Word, ...] | None = None
    """Environments that cannot do without it; all when it is not given."""
    rotate: Duration | None = None
    """How old a value may become; then `plan`, `up`, `doctor` and `secrets list` say so."""

    @model_validator(mode="before")
    @classmethod
    def _long_enough(cls, given: object) -> object:
        """A key of 8 characters is a slip: 16 is the least that is not guessed (R100)."""
        length = (mapping(given) or {}).get("generate")
        if isinstance(length, int) and not isinstance(length, bool) and 0 < length < SHORTEST:
            raise refuse("SW167", found=length, least=SHORTEST)
        return given

    def required(self, environment: str) -> bool:
        """Whether nothing may start there without it."""
        return self.required_in is None or environment in self.required_in


SHORTEST = 16


def _word(given: object) -> object:
    """`generate` alone makes a signing key; nothing at all is a secret that a person gives."""
    if given == "generate":
        return {"generate": SHORTEST_SIGNING_KEY}
    return {} if given is None or given == "given" else given


SecretSetting = Annotated[
    SecretForm,
    BeforeValidator(_word, json_schema_input_type=Literal["generate", "given"] | SecretForm | None),
]
SECRET: TypeAdapter[SecretForm] = TypeAdapter(SecretSetting)
"""Reads one entry of the section."""
