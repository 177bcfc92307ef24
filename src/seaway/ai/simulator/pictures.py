"""Pictures: what an image of a request is, told without a model: kind, size and main colour."""

import base64
import binascii
import hashlib
import struct

_COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "brown", "grey")
_TILE = 512
_BASE_TOKENS, _TILE_TOKENS = 85, 170
"""As OpenAI counts images in detail."""


class NotAPicture(ValueError):  # noqa: N818 -- said as it is
    """The address is no picture."""


def described(url: str) -> tuple[str, int]:
    """A description, and how many tokens it counts as. Addresses in the network are not fetched.

    Raises:
        NotAPicture: broken data, or an address of another scheme.
    """
    if url.startswith(("http://", "https://")):
        return f"{_colour(url.encode())} picture at {url[:80]}", _BASE_TOKENS + _TILE_TOKENS
    head, comma, body = url.partition(",")
    if not comma or not head.startswith("data:image/") or not head.endswith(";base64"):
        raise NotAPicture(url[:40])
    try:
        data = base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise NotAPicture(url[:40]) from error
    kind, size = _kind(data)
    shown = f"{_colour(data)} {kind} picture" + (f" of {size[0]} x {size[1]}" if size else "")
    width, height = size or (_TILE, _TILE)
    tiles = -(-width // _TILE) * -(-height // _TILE)
    return shown, _BASE_TOKENS + _TILE_TOKENS * min(tiles, 16)


def _kind(data: bytes) -> tuple[str, tuple[int, int] | None]:
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:  # noqa: PLR2004 -- up to the size
        return "PNG", struct.unpack(">II", data[16:24])
    if data.startswith(b"\xff\xd8"):
        return "JPEG", None
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP", None
    if data.startswith((b"GIF87a", b"GIF89a")) and len(data) >= 10:  # noqa: PLR2004 -- likewise
        return "GIF", struct.unpack("<HH", data[6:10])
    raise NotAPicture("unknown format")


def _colour(data: bytes) -> str:
    return _COLOURS[hashlib.sha256(data).digest()[0] % len(_COLOURS)]
