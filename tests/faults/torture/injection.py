"""Injection: which calls of the system a command makes, and how each of them can be refused."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

REFUSALS: Mapping[str, Sequence[str]] = {
    "openat": ("EIO", "ENOSPC", "EMFILE", "EACCES"), "write": ("EIO", "ENOSPC"),
    "pwrite64": ("EIO", "ENOSPC"), "pread64": ("EIO",), "read": ("EIO",),
    "fsync": ("EIO", "ENOSPC"), "fdatasync": ("EIO", "ENOSPC"), "ftruncate": ("EIO",),
    "rename": ("EIO", "ENOSPC", "EACCES"), "mkdir": ("EIO", "ENOSPC", "EACCES"),
    "rmdir": ("EIO",), "unlink": ("EIO", "EACCES"), "chmod": ("EIO", "EACCES"),
    "chown": ("EIO",), "fchown": ("EIO",), "mknodat": ("ENOSPC",), "fallocate": ("ENOSPC",),
    "connect": ("ECONNREFUSED", "EACCES"), "socket": ("EMFILE",), "bind": ("EACCES",),
    "clone": ("EAGAIN", "ENOMEM"), "clone3": ("EAGAIN",), "vfork": ("EAGAIN", "ENOMEM"),
    "fork": ("EAGAIN",), "pipe2": ("EMFILE",), "socketpair": ("EMFILE",),
    "epoll_create1": ("EMFILE",), "pidfd_open": ("EMFILE",), "fcntl": ("ENOLCK",),
    "flock": ("ENOLCK", "EIO"), "getdents64": ("EIO",), "newfstatat": ("EIO", "EACCES"),
    "readlink": ("EIO",), "dup2": ("EMFILE",), "sendto": ("EPIPE",), "statfs": ("EIO",),
}  # fmt: skip
"""What a broken, full or exhausted machine answers, by call."""
HELPERS = frozenset({"F_GETFD", "F_SETFD", "F_GETFL", "F_SETFL", "F_DUPFD"})


@dataclass(frozen=True, order=True)
class Point:
    """One call that fails: the `turn`th one of its kind."""

    command: str
    call: str
    error: str
    turn: int

    @property
    def fault(self) -> str:
        """For strace."""
        return f"-e trace={self.call} -e inject={self.call}:error={self.error}:when={self.turn}"


COUNTING = f"-e trace={','.join(REFUSALS)}"
"""For strace: a run without any fault, to see what there is."""


def points(command: str, log: str) -> Iterator[Point]:
    """All points of a command, from what strace saw of its undisturbed run."""
    names = (line.removeprefix("[pid ").lstrip("0123456789] ") for line in log.splitlines())
    counted = Counter(name.partition("(")[0] for name in names if "(" in name)
    for call, count in sorted(counted.items()):
        for error in REFUSALS.get(call, ()):
            for turn in range(1, count + 1):
                yield Point(command, call, error, turn)


def sample(
    found: Sequence[Point], most: int, seed: int, part: tuple[int, int] = (1, 1)
) -> list[Point]:  # fmt: skip
    """At most so many, in an order by chance; of several parts, those that fall into this one.

    What is drawn depends on the point alone: parts share none, though runs differ in a few calls.
    """
    drawn = sorted((_drawn(seed, each), each) for each in found)[:most]
    return [each for number, each in drawn if number % part[1] == part[0] - 1]


def _drawn(seed: int, point: Point) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed} {point}".encode()).digest()[:8])
