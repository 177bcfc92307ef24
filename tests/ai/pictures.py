"""Pictures for tests: good ones, and every kind of bad one."""

import io
import random
import struct
import zlib

from PIL import Image

HUGE = 30_000
"""Pixels of a side: 900 million, or 2.7 GB when decoded."""


def picture(width: int = 640, height: int = 480, mode: str = "RGB") -> Image.Image:
    """Noise in blocks: it is neither empty nor does it pack to nothing."""
    rnd = random.Random(width * height)  # noqa: S311 -- the same each time
    small = Image.frombytes("RGB", (16, 12), rnd.randbytes(16 * 12 * 3))
    return small.resize((width, height), Image.Resampling.BICUBIC).convert(mode)


def encoded(image: Image.Image, kind: str = "JPEG", **more: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def huge_png(side: int = HUGE) -> bytes:
    """Says that it is so large, and is 2.6 MB: the rest would come out of the decompressor."""
    squeeze = zlib.compressobj(1)
    row = b"\0" + bytes(side * 3)
    rows = b"".join(squeeze.compress(row) for _ in range(side // 100)) + squeeze.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def animated(kind: str) -> bytes:
    frames = [
        picture(64, 48),
        picture(48, 64).resize((64, 48)),
        picture(64, 50).crop((0, 0, 64, 48)),
    ]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def sixteen_bit() -> bytes:
    """Grey from black to white over 16 bits, which a decoder that cuts off shows as white."""
    ramp = b"".join(struct.pack("<H", column * 256) for column in range(256)) * 64
    return encoded(Image.frombytes("I;16", (256, 64), ramp), "PNG")


def turned() -> bytes:
    """Held sideways (orientation 6), with a place and a comment: red is above when upright."""
    image = Image.new("RGB", (200, 100))
    image.paste((255, 0, 0), (0, 0, 100, 100))
    image.paste((0, 0, 255), (100, 0, 200, 100))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "SECRET-PLACE"
    exif.get_ifd(0x8825)[2] = (31.0, 14.0, 0.0)
    return encoded(image, exif=exif, comment=b"SECRET-COMMENT", quality=95)


def polyglot() -> bytes:
    """A good JPEG that is a page with a script and an archive as well."""
    script = b"<script>alert('SECRET-SCRIPT')</script>"
    return encoded(picture(), comment=script) + b"PK\x03\x04" + script + b"PK\x05\x06" + bytes(18)
