"""Positions in PostgreSQL's log: numbers here, `0/3000148` in its words, and names of segments."""

SEGMENT = 16 << 20
"""Bytes of a segment. Seaway makes every cluster with the usual size."""
PER_FILE = 0x1_0000_0000 // SEGMENT


def position(text: str) -> int:
    """The number of `0/3000148`."""
    high, _, low = text.partition("/")
    return (int(high, 16) << 32) | int(low, 16)


def shown(number: int) -> str:
    """As PostgreSQL writes it."""
    return f"{number >> 32:X}/{number & 0xFFFFFFFF:X}"


def segment_of(number: int) -> int:
    """Where the segment begins that holds a position."""
    return number - number % SEGMENT


def segment_name(timeline: int, start: int) -> str:
    """The file that holds the segment from `start` on: `000000010000000000000003`."""
    number = start // SEGMENT
    return f"{timeline:08X}{number // PER_FILE:08X}{number % PER_FILE:08X}"


def segment_start(name: str) -> int:
    """Where the segment of that file begins."""
    return (int(name[8:16], 16) * PER_FILE + int(name[16:24], 16)) * SEGMENT
