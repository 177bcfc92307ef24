"""python -m seaway.ai.models.decoding KIND LONGEST: a recording comes in, samples go out.

FFmpeg reads what strangers have sent. So it does in a process of its own, which has little memory
and little time, can open no file and no connection, knows no key, and may crash.
"""

import io
import resource
import struct
import sys
from collections.abc import Iterator
from typing import BinaryIO

import av
from av.error import FFmpegError, InvalidDataError

RATE = 16_000
"""Samples a second, of one channel, in 16 bits: what networks of speech are given."""
WIDTH = 2
UNREADABLE, TOO_LONG = 3, 4
"""Exit statuses."""
_MEMORY, _SECONDS = 2**30, 120
"""Bytes of address space, of which the libraries alone take a third; seconds of a processor."""


def main(kind: str, longest: int) -> int:
    """Write the samples; return the exit status."""
    content = sys.stdin.buffer.read()
    _warm()
    _confined()
    try:
        if _length(content, kind) > longest:
            return TOO_LONG
        written = _written(_samples(content, kind), sys.stdout.buffer, longest * RATE * WIDTH)
    except (FFmpegError, ValueError, IndexError, MemoryError):
        return UNREADABLE
    if written > longest * RATE * WIDTH:
        return TOO_LONG
    return 0 if written else UNREADABLE


def _warm() -> None:
    """Load all that is loaded when it is first needed: later no file can be opened."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, RATE * WIDTH, WIDTH, 8 * WIDTH)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", RATE) + bytes(RATE)
    silence = struct.pack("<4sI", b"RIFF", len(body)) + body
    _length(silence, "wav")
    for _ in _samples(silence, "wav"):
        pass


def _confined() -> None:
    """From here on it can only read what it has, and write to what is open."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


def _length(content: bytes, kind: str) -> float:
    """Seconds, by what its packets say, before anything is decoded."""
    with av.open(io.BytesIO(content), mode="r", format=kind, metadata_errors="ignore") as container:
        stream = container.streams.audio[0]
        lengths: list[int] = [each.duration or 0 for each in container.demux(stream)]
        return float(stream.time_base or 0) * sum(lengths)


def _samples(content: bytes, kind: str) -> Iterator[bytes]:
    """In order; what is broken in between is left out."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(io.BytesIO(content), mode="r", format=kind, metadata_errors="ignore") as container:
        stream = container.streams.audio[0]
        stream.codec_context.thread_count = 1
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except InvalidDataError:
                continue
            for frame in frames:
                for made in resampler.resample(frame):
                    yield bytes(made.planes[0])[: made.samples * WIDTH]
        for made in resampler.resample(None):
            yield bytes(made.planes[0])[: made.samples * WIDTH]


def _written(samples: Iterator[bytes], out: BinaryIO, most: int) -> int:
    written = 0
    for each in samples:
        out.write(each)
        written += len(each)
        if written > most:
            break
    out.flush()
    return written


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
