"""Foods: what is on a picture, among the foods that ImageNet has classes for."""

import base64
import binascii
import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from seaway.ai.models.checkpoint import arrays
from seaway.ai.models.network import SIDE, lite0
from seaway.ai.models.session import Rows, Session
from seaway.serving.refusal import Refusal

CLASSES = (*range(924, 958), *range(959, 968), 969, 987)
"""Of ImageNet-1k: prepared dishes, vegetables, fruit, drinks. No Chinese dish has a class."""
CONFIDENT = 0.5
SHOWN = 3
MOST_PIXELS = 50_000_000
_CROP = 0.875
"""Of the shorter side: as the network was tested by its authors."""


@dataclass(frozen=True, slots=True)
class Food:
    """One guess."""

    name: str
    confidence: float


class Foods:
    """The network; about 12 ms of one core a picture."""

    def __init__(self, weights: Path, labels: Path) -> None:
        self._names: list[str] = json.loads(labels.read_text())
        self._network = Session(lite0(arrays(weights)))

    def told(self, address: str) -> str:
        """The answer, as JSON: the likeliest foods, and whether to believe the first.

        A confidence is the share among all thousand classes, so that a cat is no food.

        Raises:
            Refusal: it is no picture.
        """
        likely = self.likely(picture(address))
        order = sorted(CLASSES, key=lambda each: -likely[each])[:SHOWN]
        foods = [Food(self._names[each], round(float(likely[each]), 4)) for each in order]
        confident = foods[0].confidence >= CONFIDENT
        told = {"foods": [{"name": each.name, "confidence": each.confidence} for each in foods],
                "confident": confident}  # fmt: skip
        return json.dumps(told, ensure_ascii=False)

    def likely(self, given: Image.Image) -> Rows:
        """Of each class of ImageNet-1k."""
        pixels = np.asarray(_centre(given), dtype=np.float32)
        row = np.asarray((pixels - 127) / 128, dtype=np.float32)
        made = self._network.run("picture", row.transpose(2, 0, 1)[None])
        return np.asarray(made[0], dtype=np.float32)


def _centre(given: Image.Image) -> Image.Image:
    side = max(int(min(given.size) * _CROP), 1)
    left, top = (given.width - side) // 2, (given.height - side) // 2
    return given.crop((left, top, left + side, top + side)).resize(
        (SIDE, SIDE), Image.Resampling.BICUBIC
    )


def picture(address: str) -> Image.Image:
    """The picture inside of a data URL, upright, in three colours.

    Raises:
        Refusal: 400, it is no picture, or a larger one than anybody needs.
    """
    head, comma, body = address.partition(",")
    if not comma or not head.startswith("data:image/") or not head.endswith(";base64"):
        raise Refusal(400, "invalid_image", "Send the picture as a data URL in base64.")
    try:
        data = base64.b64decode(body, validate=True)
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as given:
            if given.width * given.height > MOST_PIXELS:
                raise Refusal(400, "invalid_image", "The picture has too many pixels.")
            given.draft("RGB", (2 * SIDE, 2 * SIDE))
            return ImageOps.exif_transpose(given).convert("RGB")
    except (binascii.Error, UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise Refusal(400, "invalid_image", "This is no whole JPEG, PNG or WebP.") from error
