"""Copying: has shims forked from a template that is loaded already: 2 ms instead of 25."""

import contextlib
import os
import signal
import socket
import sys
from pathlib import Path

SHIM = Path(__file__).with_name("shim.py")
ROOM = " " * 100
"""The last argument: a copy writes its name over it, for people who look at the processes."""


class Template:
    """A process that is forked at each start. Where it fails, there is just no copy."""

    def __init__(self) -> None:
        self._pid = 0
        self._requests: socket.socket | None = None
        self._called: dict[str, socket.socket] = {}

    def start(self) -> None:
        """Have one load; returns at once. It ends with this process, however that ends.

        Safe to repeat.
        """
        if self._requests is not None:
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        streams = [(os.POSIX_SPAWN_DUP2, each, number)
                   for number, each in enumerate((theirs.fileno(), nothing, nothing))]  # fmt: skip
        argv = [sys.executable, "-I", "-S", str(SHIM), "--template", ROOM]
        environment = {"LANG": "C.UTF-8"}
        with theirs:
            try:
                self._pid = os.posix_spawn(
                    sys.executable, argv, environment, file_actions=streams, setsid=True
                )  # fmt: skip
            finally:
                os.close(nothing)
        ours.settimeout(0)
        self._requests = ours

    def copy(self, name: str) -> socket.socket | None:
        """Ask for a shim of that name; what it reads and says. None: start one another way."""
        if called := self._called.pop(name, None):
            return called
        if self._requests is None:
            return None
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._requests, [name.encode()], [theirs.fileno()])
            except OSError:  # it was killed, or is held up
                ours.close()
                self.close()
                self.start()  # for the next one
                return None
        ours.settimeout(0)
        return ours

    def call(self, name: str) -> None:
        """Have the one that will be asked for soon awake by then."""
        if copy := self.copy(name):
            self._called[name] = copy

    def dismiss(self, name: str) -> None:
        """Let it go if it was not asked for."""
        if called := self._called.pop(name, None):
            called.close()

    def close(self) -> None:
        """Let it end; safe to repeat."""
        for name in tuple(self._called):
            self.dismiss(name)
        if self._requests is None:
            return
        self._requests.close()
        self._requests = None
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self._pid, signal.SIGKILL)  # not waited for yet: the number is its own
            os.waitpid(self._pid, 0)
