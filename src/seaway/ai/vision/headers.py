"""Headers: kind and size of a picture, from its first bytes, without decoding anything."""

import struct
from collections.abc import Iterator

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
_MARK = 0xFF
"""Before each marker of JPEG; may be repeated."""
_ALONE = frozenset({0x01, *range(0xD0, 0xDA)})
"""Markers of JPEG that nothing belongs to."""
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of JPEG that begin a frame and say its size."""
Size = tuple[int, int]


class Broken(Exception):  # noqa: N818 -- said as it is
    """It begins like a picture and is none."""


def kind(data: bytes) -> str | None:
    """`jpeg`, `png` or `webp`, by content; None for anything else."""
    if data.startswith(PNG):
        return "png"
    if data.startswith(JPEG):
        return "jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return None


def size(data: bytes) -> Size:
    """Width and height as the header says.

    Raises:
        Broken: it says nothing that could be right.
    """
    readers = {"png": _png, "jpeg": _jpeg, "webp": _webp}
    try:
        found = readers[kind(data) or ""](data)
    except (struct.error, KeyError, IndexError) as error:
        raise Broken from error
    if not all(found):
        raise Broken
    return found


def animated(data: bytes) -> bool:
    """Whether it says of itself that it moves."""
    if kind(data) == "png":
        return any(name == b"acTL" for name, _ in _chunks(data))
    return kind(data) == "webp" and data[12:16] == b"VP8X" and bool(data[20] & 2)


def whole(data: bytes) -> bool:
    """Whether it reaches its own end: what is cut off decodes, and shows less than was sent."""
    match kind(data):
        case "png":
            return any(name == b"IEND" for name, _ in _chunks(data))
        case "webp":
            return int.from_bytes(data[4:8], "little") + 8 <= len(data)
        case _:
            return True  # the decoder of JPEG says it itself, and films may follow a picture


def _png(data: bytes) -> Size:
    if data[12:16] != b"IHDR":
        raise Broken
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def _chunks(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Names and places of the chunks of a PNG that are there in full."""
    at = len(PNG)
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4])
        if at + 12 + length > len(data):
            return
        yield data[at + 4 : at + 8], at
        at += 12 + length


def _jpeg(data: bytes) -> Size:
    at = 2
    while at + 4 <= len(data):
        if data[at] != _MARK:
            raise Broken
        marker = data[at + 1]
        if marker == _MARK or marker in _ALONE:
            at += 1 if marker == _MARK else 2
        elif marker in _FRAMES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4])
    raise Broken


def _webp(data: bytes) -> Size:
    match data[12:16]:
        case b"VP8 ":
            width, height = struct.unpack("<HH", data[26:30])
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(
                data[27:30], "little"
            ) + 1
        case _:
            raise Broken
