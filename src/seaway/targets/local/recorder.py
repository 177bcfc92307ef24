"""Recorder: takes what a process says out of its pipes at once, and has a pump write it down.

The process waits for nothing but room in memory, and for that no longer than `PATIENCE`: then its
lines are thrown away and counted, until there is room again.
"""

from __future__ import annotations

import os
import select
import time

from seaway.targets.local import pump
from seaway.targets.local.shim_log import Log
from seaway.targets.local.signals import signal
from seaway.targets.local.spool import READ, SEAWAY, SIZE, Spool, heard, wake

NEVER = float("inf")
PATIENCE = 0.8
"""Seconds without any progress of the pump until lines are thrown away: a process may have to wait
for a second (S3), and a pump for its turn on a busy machine."""
STUCK = 5.0
"""Seconds more until a pump that makes none is killed: the next one may be luckier."""
PAUSE = 1.0
"""Seconds before the next pump when one has failed by itself."""
FAREWELL = 1.0
"""Seconds for a pump to write the rest, once everything has ended; a second one gets them too.
With all else that is less than `launch.BEYOND_GRACE`."""


class Recorder:
    """The pipes of one process, the spool behind them, and a pump once something was said."""

    def __init__(self, poll: select.poll) -> None:
        self._log = self._errors = "", 0, 0
        self._poll = poll
        self._spool = Spool()
        self._pipes: dict[int, int] = {}
        self._held: set[int] = set()
        """Pipes that wait for room."""
        self._dropping: dict[int, bool] = {}
        """Pipes that are thrown away, and whether that has come to a line end."""
        self._drop_at = self._kill_at = self._begin_at = NEVER
        self.pump = 0
        """Its pid; 0 when there is none."""

    @property
    def until(self) -> float:
        """When `look` has something to do though nothing happens."""
        return min(self._drop_at, self._kill_at, self._begin_at)

    def write_to(self, log: tuple[str, int, int], errors: tuple[str, int, int]) -> None:
        """Have it written to files of that path, size and number; nothing has been said so far.

        What comes from stderr goes to `errors` too, unless that has no path.
        """
        self._log, self._errors = log, errors

    def listen(self, pipes: dict[int, int]) -> None:
        """Take what comes out of these pipes as that of these streams."""
        self._pipes = pipes
        for fd in pipes:
            os.set_blocking(fd, False)
            self._poll.register(fd, select.POLLIN)

    def say(self, text: str) -> None:
        """Say something about the process in its log."""
        self._spool.put(SEAWAY, f"{text}\n".encode())
        self._news()

    def happened(self, fd: int) -> None:
        """Do what a descriptor that is ready asks for."""
        if fd == self._spool.room:
            self._go_on()
        else:
            self._take(fd)

    def look(self, moment: float) -> None:
        """Do what waiting was long enough for."""
        if moment >= self._begin_at:
            self._begin()
        if moment >= self._drop_at:
            self._kill_at = moment + STUCK
            for fd in self._held:
                if not self._spool.space(self._pipes[fd]):
                    self._spool.drop_begun_line(self._pipes[fd])
                    self._dropping[fd] = False
            self._release()
        if moment >= self._kill_at:
            self._kill_at = NEVER
            if any(self._spool.space(stream) < SIZE // 2 for stream in self._pipes.values()):
                self._kill()

    def ended(self, status: int) -> None:
        """The pump has ended: have another one, if there is anything to write."""
        self.pump = 0
        self._release()  # it may have made room and been killed before it could tell
        if not self._spool.unread():
            return
        if os.WIFSIGNALED(status):
            self._begin()
        else:
            self._begin_at = time.monotonic() + PAUSE

    def finish(self) -> None:
        """Take what is left in the pipes and have all of it written; no pump is left."""
        deadline = time.monotonic() + 2 * FAREWELL
        for fd in tuple(self._pipes):
            while self._take(fd) and time.monotonic() < deadline:
                if fd in self._held:
                    self._await_room()
            if fd in self._pipes:  # held open by someone who is not of the tree
                self._close(fd)
        self._spool.end()
        while (self.pump or self._spool.unread()) and time.monotonic() < deadline:
            self._news()
            if self._ended_well():
                return

    # -------------------------------------------------------------------------------- the pipes

    def _take(self, fd: int) -> bool:
        """Take once from a pipe; tell whether there may be more."""
        try:
            count = self._dropped(fd) if fd in self._dropping else self._moved(fd)
        except BlockingIOError:
            return False
        except OSError:  # no memory: the process is worth more than its lines
            self._spool.drop_begun_line(self._pipes[fd])
            self._dropping[fd] = False
            return True
        if not count:
            self._close(fd)
            return False
        self._news()
        return True

    def _moved(self, fd: int) -> int:
        stream = self._pipes[fd]
        if not self._spool.space(stream):
            heard(self._spool.room)
            if not self._spool.space(stream):  # looked again after that: it will be woken
                self._hold(fd)
                return 1
        return self._spool.splice(stream, fd)

    def _dropped(self, fd: int) -> int:
        """Throw away what a pipe holds; keep what follows a line end, once there is room."""
        stream = self._pipes[fd]
        room = self._spool.space(stream) >= SIZE // 2
        if room and self._dropping[fd]:
            del self._dropping[fd]
            return self._moved(fd)
        data = os.read(fd, READ)
        lines = data.count(b"\n")
        if room and lines and self._kept(stream, data[data.find(b"\n") + 1 :]):
            del self._dropping[fd]
            lines = 1
        else:
            self._dropping[fd] = data.endswith(b"\n")
        self._spool.dropped(lines)
        return len(data)

    def _kept(self, stream: int, data: bytes) -> bool:
        try:
            self._spool.put(stream, data)
        except OSError:
            return False
        return True

    def _close(self, fd: int) -> None:
        if fd not in self._held:
            self._poll.unregister(fd)
        self._held.discard(fd)
        self._dropping.pop(fd, None)
        del self._pipes[fd]
        os.close(fd)

    # ---------------------------------------------------------------------------- waiting for room

    def _hold(self, fd: int) -> None:
        self._poll.unregister(fd)
        if not self._held:
            self._poll.register(self._spool.room, select.POLLIN)
            self._drop_at = time.monotonic() + PATIENCE
        self._held.add(fd)

    def _go_on(self) -> None:
        """The pump has made room."""
        heard(self._spool.room)
        self._kill_at = NEVER
        self._release()

    def _release(self) -> None:
        self._drop_at = NEVER
        if self._held:
            self._poll.unregister(self._spool.room)
        for fd in self._held:
            self._poll.register(fd, select.POLLIN)
        self._held.clear()

    def _await_room(self) -> None:
        only = select.poll()
        only.register(self._spool.room, select.POLLIN)
        if only.poll(PATIENCE * 1000):
            self._go_on()
        elif not self._died():
            self.look(self._drop_at)

    def _died(self) -> bool:
        pid, status = os.waitpid(self.pump, os.WNOHANG) if self.pump else (0, 0)
        if pid:
            self.ended(status)
        return bool(pid)

    # -------------------------------------------------------------------------------- the pump

    def _news(self) -> None:
        wake(self._spool.news)
        if not self.pump and self._begin_at == NEVER and self._spool.unread():
            self._begin()

    def _begin(self) -> None:
        self._begin_at = NEVER
        shim = os.getpid()
        try:
            self.pump = os.fork()
        except OSError:
            self._begin_at = time.monotonic() + PAUSE  # too many processes
            return
        if not self.pump:
            errors = Log(*self._errors) if self._errors[0] else None
            pump.run(self._spool, Log(*self._log), errors, shim, self._pipes)

    def _kill(self) -> None:
        if self.pump:
            os.kill(self.pump, signal.SIGKILL)

    def _ended_well(self) -> bool:
        """Wait until the pump has ended, in its own time or in ours; tell whether it did all."""
        if not self.pump:
            time.sleep(PATIENCE / 10)  # there could be none: too many processes
            return False
        fd = os.pidfd_open(self.pump)
        only = select.poll()
        only.register(fd, select.POLLIN)
        if not only.poll(FAREWELL * 1000):
            self._kill()
            only.poll(PATIENCE * 1000)  # one that waits for its disk cannot even be killed
        os.close(fd)
        pid, status = os.waitpid(self.pump, os.WNOHANG)
        self.pump = 0
        if status or not pid:
            for each in filter(lambda log: log[0], (self._log, self._errors)):
                Log(*each).tidy()
        return bool(pid) and not status
