"""Decoding: a file from outside becomes a picture of our own, or a word for why not."""

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageFile

from seaway.ai.vision.headers import Broken, animated, kind, size, whole
from seaway.ai.vision.settings import Limits

QUALITY = 85
"""Of the JPEG that is kept."""
_GAP = 1.5
"""How many times larger than it is kept a JPEG is decoded at least; the rest is scaled well."""
_WHITE = (255, 255, 255)
_SIXTEEN = "I;16"
"""Pillow's word for 16 bits of grey, the lower ones first."""
_ORIENTATION = 0x0112
"""How the camera was held (Exif 2.32, 4.6.4); the picture is kept upright."""
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_90,
}  # fmt: skip

ImageFile.LOAD_TRUNCATED_IMAGES = False
Image.MAX_IMAGE_PIXELS = None  # we look before it does, and by a number of our own


class Refused(Exception):  # noqa: N818 -- an answer, not a defect
    """Not taken; the word is the code of the answer."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Ours: JPEG, RGB, upright, without anything that told more than it shows."""

    data: bytes
    width: int
    height: int
    came_as: str


def decoded(data: bytes, limits: Limits) -> Picture:
    """The picture, made anew from its pixels: nothing of the file itself is kept.

    Raises:
        Refused: with `unsupported`, `broken`, `too_many_pixels` or `animated`.
    """
    came_as = checked(data, limits)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about metadata that nobody keeps
            shown = _pixels(data, came_as, limits.side)
        shown.info.clear()  # comments and the like, which would be written again
        out = io.BytesIO()
        shown.save(out, "JPEG", quality=QUALITY, optimize=True)
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, ArithmeticError,
            EOFError, RuntimeError, MemoryError) as error:  # fmt: skip
        # Decoders raise whatever their parsing ends in; each of these means: not a good file.
        raise Refused("broken") from error
    return Picture(out.getvalue(), shown.width, shown.height, came_as)


def checked(data: bytes, limits: Limits) -> str:
    """Its kind, by content; refused by what the header says, before a pixel is decoded.

    Raises:
        Refused: as above.
    """
    found = kind(data)
    if found is None or found not in limits.formats:
        raise Refused("unsupported")
    try:
        width, height = size(data)
        if width * height > limits.pixels:
            raise Refused("too_many_pixels")
        if animated(data):
            raise Refused("animated")
        if not whole(data):
            raise Refused("broken")
    except (Broken, IndexError) as error:
        raise Refused("broken") from error
    return found


def _pixels(data: bytes, came_as: str, side: int) -> Image.Image:
    if came_as == "png":
        with Image.open(io.BytesIO(data), formats=["PNG"]) as looked_at:
            looked_at.verify()  # the sums of all chunks, which decoding would not look at
    names = ["JPEG", "MPO"] if came_as == "jpeg" else [came_as.upper()]  # MPO: with a preview
    with Image.open(io.BytesIO(data), formats=names) as image:
        if came_as == "jpeg":
            image.draft("RGB", _drafted(image.size, side))
        image.load()
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
        shown = _plain(image)
        shown.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return shown if turn is None else shown.transpose(turn)


def _drafted(size: tuple[int, int], side: int) -> tuple[int, int]:
    """What a JPEG must at least be decoded to: its decoder can halve on the way, and is quicker."""
    part = min(_GAP * side / max(size), 1.0)
    return max(1, int(size[0] * part)), max(1, int(size[1] * part))


def _plain(image: Image.Image) -> Image.Image:
    """RGB; what one can see through is laid on white."""
    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    if image.mode == _SIXTEEN:
        upper = image.tobytes()[1::2]  # Pillow would cut off what is above 255
        return Image.frombytes("L", image.size, upper).convert("RGB")
    if image.has_transparency_data:
        clear = image if image.mode == "RGBA" else image.convert("RGBA")
        ground = Image.new("RGB", clear.size, _WHITE)
        ground.paste(clear, mask=clear.getchannel("A"))
        return ground
    return image.convert("RGB")
