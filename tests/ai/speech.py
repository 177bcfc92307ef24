"""Speech: recordings whose words are known. English by people; no such Chinese was found."""

import io
import os
import re
import struct
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import av

from seaway.model.workload import PackageFile
from seaway.targets.local.builds import Builds
from seaway.targets.local.package_files import folder
from seaway.targets.local.state import StateFolder

CITIES = """It was the best of times, it was the worst of times, it was the age of wisdom, it was
the age of foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the
season of Light, it was the season of Darkness, it was the spring of hope, it was the winter of
despair, we had everything before us, we had nothing before us, we were all going direct to Heaven,
we were all going direct the other way - in short, the period was so far like the present period,
that some of its noisiest authorities insisted on its being received, for good or for evil, in the
superlative degree of comparison only."""
"""Of 44 seconds, by Charles Dickens."""
FAIL = "Ever tried. Ever failed. No matter. Try again. Fail again. Fail better."
"""Of 10 seconds, by Samuel Beckett."""
RATE = 16_000


def _clip(name: str, digest: str, size: int) -> PackageFile:
    return PackageFile(
        package="moonshine-voice", version="0.1.5",  # MIT, by its authors; x86-64
        wheel="1ed9e0ccf94be4845d69e7fa862dcf4c8b5801a758796966494c694f48184496",
        path=f"moonshine_voice/assets/{name}", digest=digest, size=size,
    )  # fmt: skip


CLIPS = {
    "cities": _clip(
        "two_cities.wav",
        "f3348494d77cb74a02862f5e685ed09faf3e75832c5cc5c80703282c2cd8b52e", 4_260_326,
    ),
    "fail": _clip(
        "beckett.wav", "e5a26b3d29e5b0bc8dbd72c11d16a3808a4ec0ac45b21f12a27d2a2fe5c5ae61", 318_978
    ),
}  # fmt: skip


async def clip(name: str) -> bytes:
    """One of them; it is fetched when it is not there yet, as weights are."""
    builds = Builds(StateFolder(Path(tempfile.gettempdir())), os.environ)
    await builds.fetch(list(CLIPS.values()), sys.stderr.write)
    return (folder(os.environ) / CLIPS[name].name).read_bytes()


def wave(seconds: float, rate: int = RATE) -> bytes:
    """Silence."""
    data = bytes(2 * int(seconds * rate))
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", len(data)) + data
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def encoded(content: bytes, form: str, codec: str) -> bytes:
    """The same recording, as another kind of file."""
    out = io.BytesIO()
    with av.open(io.BytesIO(content)) as given, av.open(out, "w", format=form) as made:
        stream = made.add_stream(codec, rate=48_000 if codec == "libopus" else RATE)
        for frame in given.decode(audio=0):
            frame.pts = None
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return out.getvalue()


def words(text: str) -> list[str]:
    """Without signs, in small letters."""
    return re.findall(r"[a-z']+", text.lower())


def errors(said: Sequence[str], heard: Sequence[str]) -> float:
    """The word error rate: words to change, add or leave out, of those that were said."""
    row = list(range(len(heard) + 1))
    for number, word in enumerate(said, 1):
        before, row[0] = row[0], number
        for at, other in enumerate(heard, 1):
            change = before + (word != other)
            before, row[at] = row[at], min(change, row[at] + 1, row[at - 1] + 1)
    return row[-1] / len(said)
