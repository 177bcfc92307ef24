"""Recording: what somebody sent to be heard: checked, and decoded into pieces of sound."""

import base64
import os
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seaway.serving.refusal import Refusal

RATE, WIDTH = 16_000, 2
UNREADABLE, TOO_LONG = 3, 4
"""As the process that decodes has them (decoding.py)."""
LARGEST = 20 * 2**20
"""Bytes of a recording."""
LONGEST = 3600
"""Seconds of it."""
PIECE, SEARCHED = 120, 20
"""Seconds that are heard at once, and of its end, where it is cut at the quietest moment."""
_MOMENT = RATE // 10
_TOKENS = 10
"""For each second: as the simulator counts sound, and OpenAI nearly so."""
_KEPT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH")
Samples = NDArray[np.float32]


@dataclass(slots=True)
class Recording:
    """One, and how much of it was decoded so far."""

    content: bytes
    kind: str
    """What FFmpeg calls its format."""
    language: str = ""
    """As its two letters; empty to find it out."""
    prompt: str = ""
    """A text that what is said could go on from: names, spelling."""
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        """What it counts as."""
        return max(1, int(self.seconds * _TOKENS))


def given(data: str) -> bytes:
    """The bytes of a recording that came as base64.

    Raises:
        Refusal: 400, it is not that.
    """
    try:
        return base64.b64decode(data, validate=True)
    except ValueError as error:
        raise Refusal(400, "invalid_audio", "Send the recording in base64.") from error


def recording(content: bytes, language: str = "", prompt: str = "") -> Recording:
    """What this is, by its first bytes; what it is called does not count.

    Raises:
        Refusal: 400, it is empty or no recording; 413, it is too large.
    """
    if len(content) > LARGEST:
        raise Refusal(413, "too_large", f"A recording may have {LARGEST} bytes.")
    return Recording(content, _kind(content), language, prompt)


def _kind(content: bytes) -> str:
    start = content[:12]
    if start[:4] == b"RIFF" and start[8:] == b"WAVE":
        return "wav"
    if start[4:8] == b"ftyp":
        return "mp4"
    if start[:3] == b"ID3" or _is_mpeg(start):
        return "mp3"
    known = {b"fLaC": "flac", b"OggS": "ogg", b"\x1a\x45\xdf\xa3": "matroska"}
    if start[:4] in known:
        return known[start[:4]]
    raise Refusal(400, "invalid_audio", "This is no WAV, MP3, M4A, MP4, FLAC, Ogg or WebM.")


def _is_mpeg(start: bytes) -> bool:
    """Whether a frame of MPEG audio begins: eleven bits set, then a version and a layer."""
    return len(start) > 1 and start[0] == 0xFF and start[1] & 0xE0 == 0xE0 and start[1] & 0x06 != 0  # noqa: PLR2004 -- bits


def pieces(found: Recording, over: Callable[[], bool]) -> Iterator[Samples]:
    """Its sound, a few minutes at a time; ends early when it is over.

    Raises:
        Refusal: 400, it cannot be decoded, or is too long.
    """
    with _decoding(found) as process:
        rest, ended = b"", False
        while not (ended or over()):
            more = _read(process, PIECE * RATE * WIDTH - len(rest))
            rest, ended = rest + more, len(rest) + len(more) < PIECE * RATE * WIDTH
            samples: Samples = np.frombuffer(rest, dtype="<i2").astype(np.float32) / np.float32(
                2**15
            )
            cut = len(samples) if ended else _quiet(samples)
            rest = rest[cut * WIDTH :]
            found.seconds += cut / RATE
            if ended:
                _check(process.wait())
            if cut:
                yield samples[:cut]


def _read(process: subprocess.Popen[bytes], count: int) -> bytes:
    return process.stdout.read(count) if process.stdout else b""


def _quiet(samples: Samples) -> int:
    """Where nobody speaks, as far as loudness tells, near the end."""
    start = len(samples) - SEARCHED * RATE
    end = samples[start : start + (SEARCHED * RATE // _MOMENT) * _MOMENT]
    loud = np.square(end.reshape(-1, _MOMENT)).mean(axis=1)
    return start + int(loud.argmin()) * _MOMENT + _MOMENT // 2


@contextmanager
def _decoding(found: Recording) -> Generator["subprocess.Popen[bytes]"]:
    """The process that decodes; it does not outlive this, and is told nothing it need not know."""
    argv = (sys.executable, "-m", "seaway.ai.models.decoding", found.kind, str(LONGEST))
    env = {each: os.environ[each] for each in _KEPT if each in os.environ}
    with subprocess.Popen(  # noqa: S603 -- our own
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env
    ) as process:
        try:
            if process.stdin:
                try:
                    process.stdin.write(found.content)
                    process.stdin.close()
                except BrokenPipeError:  # how it ended says why
                    pass
            yield process
        finally:
            process.kill()


def _check(status: int) -> None:
    if status == TOO_LONG:
        message = f"A recording may be {LONGEST // 60} minutes long."
        raise Refusal(400, "audio_too_long", message)
    if status:
        raise Refusal(400, "invalid_audio", "The recording is broken, or there is no sound in it.")
