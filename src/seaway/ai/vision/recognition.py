"""Recognition: asks a model through the gateway what food is on a picture, and how sure it is."""

import base64
import re
from typing import Annotated

import msgspec
import orjson

from seaway.ai.vision.nutrition import Nutrition, chinese, nutrition
from seaway.ai.vision.settings import Settings
from seaway.serving.client import CallFailed, Client

ASKED = (
    "Which food is on this picture? Answer with JSON only, in this form:"
    ' {"foods": [{"name": "english name", "name_zh": "中文名", "confidence": 0.0}],'
    ' "confident": false}. At most three foods, the likeliest first; confidence from 0 to 1,'
    " and confident only when you would bet on the first. No food on it: an empty list."
)
SURE = 0.5
"""Below this nobody is confident, whatever the model says of itself."""
MOST = 3
PATIENCE = 60.0
"""Seconds for an answer."""
_FENCE = re.compile(r"\{.*\}", re.DOTALL)
_TEXT = Annotated[str, msgspec.Meta(max_length=200)]


class Seen(msgspec.Struct):
    """One food, as a model says it."""

    name: _TEXT
    confidence: float = 0.0
    name_zh: _TEXT = ""


class Said(msgspec.Struct):
    """What a model says."""

    foods: list[Seen] = []
    confident: bool = False


class Food(msgspec.Struct):
    """One food, with what is known of it."""

    name: str
    name_zh: str
    confidence: float
    nutrition: Nutrition | None


class Recognition(msgspec.Struct):
    """What is on a picture, likeliest first."""

    foods: list[Food] = []
    confident: bool = False
    model: str = ""
    failed: str = ""
    """Why nobody could tell; the picture is kept all the same."""


class Recognizer:
    """Asks the gateway."""

    def __init__(self, settings: Settings) -> None:
        self._model = settings.model
        self._client = Client(settings.gateway, settings.gateway_key) if settings.gateway else None

    async def recognized(self, picture: bytes) -> Recognition | None:
        """What is on it; None where nobody is there to be asked."""
        if self._client is None:
            return None
        shown = "data:image/jpeg;base64," + base64.b64encode(picture).decode()
        content = [{"type": "text", "text": ASKED},
                   {"type": "image_url", "image_url": {"url": shown}}]  # fmt: skip
        body = {"model": self._model, "messages": [{"role": "user", "content": content}],
                "temperature": 0, "max_tokens": 300}  # fmt: skip
        try:
            told = await self._client.post("/chat/completions", orjson.dumps(body), PATIENCE)
        except CallFailed as error:
            return Recognition(failed=f"no answer: {error}")
        if told.status != 200:  # noqa: PLR2004 -- OK
            return Recognition(failed=f"the gateway answered {told.status}")
        return read(told.body)

    def close(self) -> None:
        """Let go of the gateway."""
        if self._client:
            self._client.close()


def read(body: bytes) -> Recognition:
    """An answer in OpenAI's form, with JSON of ours in it, whatever stands around that."""
    try:
        whole = orjson.loads(body)
        model, text = str(whole["model"]), str(whole["choices"][0]["message"]["content"])
    except (ValueError, LookupError, TypeError):
        return Recognition(failed="the gateway's answer cannot be read")
    found = _FENCE.search(text)
    try:
        said = msgspec.json.decode(found[0] if found else text, type=Said)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return Recognition(model=model, failed="the model did not answer in the form asked for")
    foods = sorted(said.foods, key=lambda each: -each.confidence)[:MOST]
    sure = bool(foods) and said.confident and foods[0].confidence >= SURE
    return Recognition(foods=[_food(each) for each in foods], confident=sure, model=model)


def _food(seen: Seen) -> Food:
    return Food(
        name=seen.name, name_zh=seen.name_zh or chinese(seen.name),
        confidence=round(min(max(seen.confidence, 0.0), 1.0), 4),
        nutrition=nutrition(seen.name) or nutrition(seen.name_zh),
    )  # fmt: skip
