"""Canaries: values that are found again in whatever somebody has made of them."""

import base64
import codecs
import gzip
import html
import zlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from urllib.parse import quote

CORE = "CaN?>ry~7Q"
"""In every canary. Its punctuation makes encodings differ that are alike for letters."""
WILD = "\"'<&$é漢 \\"
LARGEST = 64 << 20
"""Bytes of a packed piece that are unpacked."""


def canary(number: int, *, wild: bool) -> str:
    """One of them; a wild one has what quoting gets wrong."""
    return f"{CORE}{number:02d}{WILD if wild else ''}{'x' * 16}{number:02d}"


@cache
def needles(core: str = CORE) -> Mapping[str, frozenset[bytes]]:
    """Sixteen ways to write it, by name; where it depends on what is before, all there are."""
    raw = core.encode()
    return {
        "plain": frozenset({raw}),
        "reversed": frozenset({raw[::-1]}),
        "upper": frozenset({core.upper().encode()}),
        "lower": frozenset({core.lower().encode()}),
        "rot13": frozenset({codecs.encode(core, "rot13").encode()}),
        "utf-16": frozenset({core.encode("utf-16-le"), core.encode("utf-16-be")}),
        "base64": _shifted(raw, base64.b64encode, 3, 4),
        "base64url": _shifted(raw, base64.urlsafe_b64encode, 3, 4),
        "base32": _shifted(raw, base64.b32encode, 5, 8),
        "hex": frozenset({raw.hex().encode()}),
        "HEX": frozenset({raw.hex().upper().encode()}),
        "percent": frozenset({quote(core, safe="").encode()}),
        "percent all": _both(f"%{each:02x}" for each in raw),
        "html": frozenset({html.escape(core).encode()}),
        "unicode escapes": _both(f"\\u{each:04x}" for each in raw),
        "byte escapes": _both(f"\\x{each:02x}" for each in raw),
    }


def heard(data: bytes) -> frozenset[str]:
    """The encodings in which a canary is in that, packed or not."""
    found = {
        name for piece in _unpacked(data)
        for name, several in needles().items() if any(each in piece for each in several)
    }  # fmt: skip
    return frozenset(found)


def heard_below(folder: Path) -> Iterator[tuple[Path, frozenset[str]]]:
    """In every file there, piece by piece."""
    for file in folder.rglob("*"):
        if file.is_symlink() or not file.is_file():
            continue
        try:
            with file.open("rb") as opened:
                before = b""
                while piece := opened.read(LARGEST):
                    if found := heard(before + piece):
                        yield file, found
                    before = piece[-256:]
        except FileNotFoundError:  # it is gone: so is what was in it
            continue


def _shifted(raw: bytes, encode: object, before: int, unit: int) -> frozenset[bytes]:
    """As it looks after so many other bytes; what those have a part in is cut off."""
    assert callable(encode)
    found = set[bytes]()
    for count in range(before):
        text = bytes(encode(b"\0" * count + raw))
        bits = {4: 6, 8: 5}[unit]
        first, last = -(-count * 8 // bits), (count + len(raw)) * 8 // bits
        found.add(text[first:last])
    return frozenset(found)


def _both(pieces: Iterator[str]) -> frozenset[bytes]:
    text = "".join(pieces)
    return frozenset(
        {text.encode(), text.upper().replace("\\X", "\\x").replace("\\U", "\\u").encode()}
    )


def _unpacked(data: bytes) -> Iterator[bytes]:
    """Itself, and what it is packed of."""
    yield data
    if data.startswith(b"\x1f\x8b"):
        try:
            yield gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            return
