"""Worker: decodes what comes on its input, one picture after another, with little room.

It is a process of its own, for decoders are written in C and read what anyone sends. It may use so
much memory, write no file and leave no core; whoever started it kills it when it takes too long.
"""

import json
import resource
import signal
import struct
import sys

import msgspec

from seaway.ai.vision.decoding import Refused, decoded
from seaway.ai.vision.settings import Limits

HEAD = struct.Struct(">I")


class Made(msgspec.Struct):
    """A picture of our own, or the word for why there is none."""

    data: bytes = b""
    width: int = 0
    height: int = 0
    came_as: str = ""
    refused: str = ""


def confined(memory: int) -> None:
    """From here on."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    for each in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(each, (0, 0))


def work(limits: Limits, patience: float) -> None:
    """Until the input ends. Who takes longer for one is ended by the kernel, with SIGPROF."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while len(head := source.read(HEAD.size)) == HEAD.size:
        data = source.read(HEAD.unpack(head)[0])
        signal.setitimer(signal.ITIMER_PROF, patience)
        try:
            shown = decoded(data, limits)
            made = Made(shown.data, shown.width, shown.height, shown.came_as)
        except Refused as refused:
            made = Made(refused=str(refused))
        signal.setitimer(signal.ITIMER_PROF, 0)
        told = msgspec.msgpack.encode(made)
        sink.write(HEAD.pack(len(told)) + told)
        sink.flush()


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    confined(given["memory"])
    work(Limits(
        size=given["size"], side=given["side"], pixels=given["pixels"],
        formats=frozenset(given["formats"]),
    ), given["patience"])  # fmt: skip
