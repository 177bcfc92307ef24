"""Whatever is sent as a picture gets an answer, stays within its room, and harms nothing.

For longer: SEAWAY_FUZZ=600 python -m pytest tests/ai/test_vision_fuzz.py --timeout 0
"""

import asyncio
import io
import os
import random
import time
import zlib
from collections import Counter

import pytest
from PIL import Image

from tests.ai import pictures
from tests.ai.conftest import Program
from tests.ai.pictures import encoded, picture
from tests.ai.seeing import kept, memory, picture_store, seeing, send

pytestmark = [
    pytest.mark.local,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SECONDS = float(os.environ.get("SEAWAY_FUZZ", "12"))
SEED = int(os.environ.get("SEAWAY_FUZZ_SEED", "0")) or random.randrange(1, 2**32)  # noqa: S311 -- told when it fails
AT_ONCE = 4
ANSWERS = {201, 413, 415, 422}
MOST_MEMORY = 300 * 2**20
"""Bytes for each process: what is sent here is small, whatever it says of itself."""


def seeds() -> list[bytes]:
    small = picture(96, 64)
    return [
        encoded(small), encoded(small, progressive=True), encoded(picture(96, 64, "CMYK")),
        encoded(small, "PNG"), encoded(picture(96, 64, "RGBA"), "PNG"),
        encoded(small.quantize(16), "PNG"), pictures.sixteen_bit(), pictures.huge_png(8000),
        encoded(small, "WEBP"), encoded(small, "WEBP", lossless=True),
        encoded(picture(96, 64, "RGBA"), "WEBP"), pictures.animated("PNG"),
        pictures.animated("WEBP"), pictures.turned(), pictures.polyglot(),
    ]  # fmt: skip


def changed(data: bytes, others: list[bytes], rnd: random.Random) -> bytes:
    """A few small damages; then often the sums of a PNG are made right, to get deeper in."""
    body = bytearray(data)
    for _ in range(rnd.randint(1, 4)):
        at = rnd.randrange(len(body)) if body else 0
        near = rnd.randrange(min(len(body), 64)) if body else 0
        match rnd.randrange(7):
            case 0:
                body[at : at + 1] = rnd.randbytes(1)
            case 1:
                body[near : near + 4] = rnd.choice((b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff"))
            case 2:
                del body[at : at + rnd.randint(1, 200)]
            case 3:
                body[at:at] = body[near : near + rnd.randint(1, 500)]
            case 4:
                other = rnd.choice(others)
                body[at : at + 100] = other[at : at + rnd.randint(1, 400)]
            case 5:
                del body[at:]
            case _:
                body[near : near + 2] = rnd.randbytes(2)
    return summed(bytes(body)) if rnd.random() < 0.7 else bytes(body)


def summed(data: bytes) -> bytes:
    """A PNG with right sums, as far as its chunks can be followed; anything else as it is."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data
    found, at = [data[:8]], 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4])
        if end + 4 > len(data):
            break
        found.append(data[at:end] + zlib.crc32(data[at + 4 : end]).to_bytes(4))
        at = end + 4
    return b"".join(found) + data[at:]


async def sent(vision: Program, data: bytes, seen: Counter[int]) -> None:
    answer = await send(vision, data)
    seen[answer.status_code] += 1
    assert answer.status_code in ANSWERS, answer.text
    if answer.status_code == 201:
        told = answer.json()
        image = Image.open(io.BytesIO((await vision.http.get(f"/v1/images/{told['id']}")).content))
        image.load()
        assert image.format == "JPEG"
        assert image.size == (told["width"], told["height"])
        assert max(image.size) <= 1024


async def test_nothing_that_is_sent_as_a_picture_harms_the_service(tmp_path):
    rnd, good, seen = random.Random(SEED), seeds(), Counter[int]()  # noqa: S311 -- told when it fails
    over = time.monotonic() + SECONDS
    async with picture_store(tmp_path) as store, seeing(store) as vision:
        while time.monotonic() < over:
            row = [changed(rnd.choice(good), good, rnd) for _ in range(AT_ONCE)]
            try:
                await asyncio.gather(*(sent(vision, each, seen) for each in row))
            except Exception as error:
                for number, each in enumerate(row):
                    (tmp_path / f"sent-{number}").write_bytes(each)
                raise AssertionError(f"seed {SEED}, see {tmp_path}: {error}") from error
        most = memory(vision.process.pid)
        alive = (await vision.http.get("/livez")).status_code

        assert alive == 200
        assert max(most.values()) < MOST_MEMORY, f"seed {SEED}: {most}"
        assert len(kept(store)) in {2 * seen[201], 1000}  # a listing ends at 1000
    print(f"seed {SEED}: {dict(seen)}, {max(most.values()) >> 20} MB")  # noqa: T201 -- for who runs it longer
    assert seen[201]
    assert seen[422]
