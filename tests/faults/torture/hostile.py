"""A tree of processes that does not want to end; run by T04, never imported.

Arguments: the kind, a word by which its processes are known, and a pipe of which each process
holds one end; one that closes everything keeps the word in its arguments.
"""

import contextlib
import os
import signal
import sys
import time

SLEEP = 600
HOPS = 100_000
BRANCHES = 6
WORD = sys.argv[2]


def stubborn() -> None:
    """Nothing that can be ignored ends it."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)


def sleep() -> None:
    stubborn()
    while True:
        time.sleep(SLEEP)


def child(act) -> int:
    """Fork one that acts."""
    pid = os.fork()
    if not pid:
        with contextlib.suppress(KeyboardInterrupt):
            act()
        os._exit(0)
    return pid


def double_fork() -> None:
    """The middle one ends at once; the last leaves the session."""

    def middle() -> None:
        child(lambda: (os.setsid(), sleep()))

    for _ in range(3):
        os.waitpid(child(middle), 0)
    sleep()


def sessions() -> None:
    """A chain of ever new sessions and groups."""

    def deeper(depth: int) -> None:
        os.setsid()
        if depth:
            child(lambda: deeper(depth - 1))
        sleep()

    child(lambda: deeper(4))
    sleep()


def daemons() -> None:
    """As daemon(3) does, and the environment is gone as well."""

    def daemon() -> None:
        os.setsid()
        if os.fork():
            os._exit(0)
        os.chdir("/")
        os.closerange(0, 100)
        program = "import signal,time;signal.signal(15,signal.SIG_IGN);time.sleep(600)"
        os.execve(sys.executable, [sys.executable, "-I", "-S", "-c", program, WORD], {})  # noqa: S606

    for _ in range(2):
        os.waitpid(child(daemon), 0)
    sleep()


def leaving_main() -> None:
    """The first one ends as it is asked to, its children do not."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    for _ in range(4):
        child(lambda: (os.setsid(), sleep()))
    while True:
        time.sleep(SLEEP)


def storm() -> None:
    """Asked to end, it forks as fast as it can: each branch is always another process."""

    def hop() -> None:
        for _ in range(HOPS):
            if os.fork():
                os._exit(0)  # whoever was seen is gone, its child goes on
        os._exit(0)

    def begin(*_: object) -> None:
        for _ in range(BRANCHES):
            with contextlib.suppress(OSError):
                child(lambda: (stubborn(), os.setsid(), hop()))

    signal.signal(signal.SIGTERM, begin)
    while True:
        time.sleep(SLEEP)


KINDS = {
    "double fork": double_fork, "sessions": sessions, "daemons": daemons,
    "main leaves": leaving_main, "storm": storm,
}  # fmt: skip

if __name__ == "__main__":
    hold = os.open(sys.argv[3], os.O_WRONLY)
    os.write(hold, b"up")
    KINDS[sys.argv[1]]()
