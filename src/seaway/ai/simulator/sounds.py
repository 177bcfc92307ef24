"""Sounds: what a recording in a request says, told without a model: its comment is read out.

A wave file may say in its chunk LIST/INFO, field ICMT, what is spoken in it; recordings of the
simulated meeting service do. Of all others only the kind and the length are told.
"""

import base64
import binascii
from collections.abc import Iterator

_SPOKEN = b"ICMT"
_FORMATS = ("wav", "mp3")
_BYTES_PER_TOKEN = 3200
"""A tenth of a second of speech at 16 kHz, 16 bit: as OpenAI counts sound."""


class NotASound(ValueError):  # noqa: N818 -- said as it is
    """The data is no recording."""


def heard(data: str, form: str) -> tuple[str, int]:
    """What is said in it, and how many tokens it counts as.

    Raises:
        NotASound: broken data, or another format.
    """
    if form not in _FORMATS:
        raise NotASound(f"format {form!r}")
    try:
        content = base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise NotASound("not base64") from error
    if form == "wav" and not (content[:4] == b"RIFF" and content[8:12] == b"WAVE"):
        raise NotASound("no wave file")
    said = _spoken(content) if form == "wav" else ""
    count = max(1, len(content) // _BYTES_PER_TOKEN)
    return said or f"[{form}: {len(content)} bytes, no words]", count


def _spoken(content: bytes) -> str:
    for name, chunk in _chunks(content, 12):
        if name == b"LIST" and chunk[:4] == b"INFO":
            for field, text in _chunks(chunk, 4):
                if field == _SPOKEN:
                    return text.rstrip(b"\0").decode("utf-8", "replace").strip()
    return ""


def _chunks(content: bytes, start: int) -> Iterator[tuple[bytes, bytes]]:
    """Each with its name; they begin at even places."""
    while start + 8 <= len(content):
        size = int.from_bytes(content[start + 4 : start + 8], "little")
        yield content[start : start + 4], content[start + 8 : start + 8 + size]
        start += 8 + size + size % 2
