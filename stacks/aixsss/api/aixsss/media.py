"""Knows which media may be kept, and tells them apart by their first bytes."""

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

HEAD_BYTES = 64
LONGEST_NAME = 200

EXTENSIONS: Mapping[str, str] = MappingProxyType(
    {
        "audio/mpeg": "mp3",
        "audio/ogg": "ogg",
        "audio/wav": "wav",
        "image/gif": "gif",
        "image/jpeg": "jpg",
        "image/png": "png",
        "image/webp": "webp",
        "video/mp4": "mp4",
        "video/webm": "webm",
    }
)
ALIASES = MappingProxyType(
    {"audio/x-wav": "audio/wav", "audio/wave": "audio/wav", "audio/mp3": "audio/mpeg"}
)
PREFIXES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
)
RIFF_FORMS = MappingProxyType({b"WAVE": "audio/wav", b"WEBP": "image/webp"})
EBML = b"\x1aE\xdf\xa3"
NOT_VIDEO_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1", b"qt  ")


def known_type(declared: str) -> str | None:
    """Return the allowed media type that is meant, without parameters, or None."""
    plain = declared.partition(";")[0].strip().lower()
    plain = ALIASES.get(plain, plain)
    return plain if plain in EXTENSIONS else None


def sniffed_type(head: bytes) -> str | None:
    """Return the media type the bytes show, or None; rules after the WHATWG MIME Sniffing text."""
    for prefix, media_type in PREFIXES:
        if head.startswith(prefix):
            return media_type
    if head[:4] == b"RIFF":
        return RIFF_FORMS.get(head[8:12])
    if head[:4] == EBML:
        return "video/webm" if b"webm" in head[:HEAD_BYTES] else None
    if head[4:8] == b"ftyp" and head[8:12] not in NOT_VIDEO_BRANDS:
        return "video/mp4"
    if mpeg_audio_frame(head):
        return "audio/mpeg"
    return None


def mpeg_audio_frame(head: bytes) -> bool:
    """Tell whether an MPEG audio layer III frame begins here: 11 set bits, then legal fields."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:  # noqa: PLR2004
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and bitrate not in {0, 15} and rate != 3  # noqa: PLR2004


def safe_name(name: str) -> str:
    """Return the name without folders, control characters and dots at its ends."""
    last = name.replace("\\", "/").rpartition("/")[2]
    printable = "".join(
        char for char in unicodedata.normalize("NFC", last) if unicodedata.category(char)[0] != "C"
    )
    stem, dot, extension = printable.strip(" .").rpartition(".")
    if not dot:
        return extension[:LONGEST_NAME] or "file"
    return f"{stem[: LONGEST_NAME - len(extension) - 1]}.{extension}"[:LONGEST_NAME]
