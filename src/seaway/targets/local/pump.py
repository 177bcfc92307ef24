"""Pump: the child of a shim that writes into the log what the process says. It may be killed."""

from __future__ import annotations

import os
import select

from seaway.targets.local.child import name_it
from seaway.targets.local.json_lines import Stamp, as_lines, cut, cut_after
from seaway.targets.local.signals import signal
from seaway.targets.local.spool import LONGEST, SEAWAY, STREAMS, Spool, heard

TYPE_CHECKING = False  # the one in `typing` costs 3 ms
if TYPE_CHECKING:
    from seaway.targets.local.shim_log import Log

NOTE = 1 + len(STREAMS)
"""What a progress says is being done while lost lines are told; a stream's number and one, else."""
TELL_EVERY = 1000
"""Milliseconds between tries to tell what was lost, while the process says nothing."""
COMPRESSOR_GRACE = 0.8
"""Seconds for packing an older file, once everything has ended."""


class Pump:
    """Takes whole lines out of the spool and appends them; what it did is known by its successor.

    Lines for which there is no room are counted, never waited for.
    """

    def __init__(self, spool: Spool, log: Log, errors: Log | None) -> None:
        self._spool = spool
        self._log, self._errors = log, errors
        self._stamp = Stamp()
        self._done = spool.progress()

    @property
    def lost(self) -> int:
        """Lines that were not kept, and of which the log does not tell yet."""
        return self._done.lost

    def recover(self) -> None:
        """Find out what a pump before this one had written when it was killed.

        Raises:
            OSError: the log cannot be read.
        """
        done = self._done
        if not done.doing:
            return
        stream = SEAWAY if done.doing == NOTE else done.doing - 1
        start = b'"s":"%s"' % STREAMS[stream].encode()
        lines = self._log.lines_after(done.inode, done.size, start)
        if done.doing == NOTE:
            done.lost *= not lines
        else:
            text = self._spool.text(stream, done.taken[stream], LONGEST + 1)
            done.taken[stream] += cut_after(text, lines)
        done.doing = 0
        self._spool.commit(done)

    def work(self, *, last: bool = False) -> bool:
        """Write a part of what is there; tell whether there was anything."""
        worked = [self._work_on(stream, last=last) for stream in range(len(STREAMS))]
        return any(worked)

    def tell_lost(self) -> None:
        """Say how many lines were lost, if any and if it can be said by now."""
        done, thrown_away = self._done, self._spool.thrown_away
        if thrown_away != done.told:
            done.lost += thrown_away - done.told
            done.told, done.why = thrown_away, 0
            self._spool.commit(done)
        if done.lost:
            reason = os.strerror(done.why) if done.why else "the log was not written in time"
            text = f"{done.lost} lines were not kept: {reason}"
            if not self._written(NOTE, as_lines(self._stamp.start("seaway"), text.encode())):
                done.lost = 0
            self._spool.commit(done)

    def _work_on(self, stream: int, *, last: bool) -> bool:
        done = self._done
        text = self._spool.text(stream, done.taken[stream], LONGEST + 1)
        size = cut(text, last=last)
        if not size:
            return False
        self.tell_lost()
        piece = text[:size]
        batch = as_lines(self._stamp.start(STREAMS[stream]), piece, more=size < len(text))
        unwritten = batch if done.lost else self._written(1 + stream, batch)
        if self._errors and STREAMS[stream] == "stderr":
            _copied(self._errors, batch)
        done.lost += unwritten.count(b"\n")
        done.taken[stream] += size
        self._spool.commit(done)
        return True

    def _written(self, doing: int, batch: bytes) -> bytes:
        """Append; return the lines that could not be. The caller says what is done by now."""
        done = self._done
        try:
            done.inode, done.size = self._log.ready(len(batch))
        except OSError as error:
            done.why = error.errno or 0
            return batch
        done.doing = doing
        self._spool.commit(done)
        unwritten, number = self._log.append(batch)
        done.doing = 0
        done.why = number or done.why
        return unwritten


def _copied(errors: Log, batch: bytes) -> None:
    """A second time, for longer; where that fails, or this pump is killed, the log has them."""
    try:
        errors.ready(len(batch))
    except OSError:
        return
    errors.append(batch)


def run(spool: Spool, log: Log, errors: Log | None, shim: int, pipes: dict[int, int]) -> None:
    """Be the pump of a shim until the process is over, in a process of its own. Never returns.

    `pipes` are those that the shim reads, with their streams: when it is killed there is nobody
    else to bring to the log what the process, which dies with it, has said.
    """
    status = 1
    try:
        _become_pump()
        _Loop(spool, log, errors, shim, pipes).run()
        status = 0
    finally:
        os._exit(status)


def _become_pump() -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends when all has been said
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    name_it(b"seaway-log")


class _Loop:
    """What a pump waits for: news, an older file that is packed, the death of its shim."""

    def __init__(
        self, spool: Spool, log: Log, errors: Log | None, shim: int, pipes: dict[int, int]
    ) -> None:
        self._spool = spool
        self._logs = (log, errors) if errors else (log,)
        self._pipes = pipes
        self._pump = Pump(spool, log, errors)
        self._poll = select.poll()
        self._poll.register(spool.news, select.POLLIN)
        self._packing: dict[int, Log] = {}
        """Logs of which an older file is being packed, by what says that it is."""
        self._shim = -1
        try:
            self._shim = os.pidfd_open(shim)
        except ProcessLookupError:
            self._orphaned()
        else:
            self._poll.register(self._shim, select.POLLIN)

    def run(self) -> None:
        """Write until nothing more will come."""
        self._pump.recover()
        for log in self._logs:
            log.pack_what_was_left()
        while True:
            over = self._spool.over  # before looking: nothing is said afterwards
            while self._pump.work():
                os.eventfd_write(self._spool.room, 1)
            self._pump.tell_lost()
            if over:
                break
            self._wait()
        while self._pump.work(last=True):
            pass
        self._pump.tell_lost()
        for log in self._logs:
            log.await_compressor(COMPRESSOR_GRACE)

    def _wait(self) -> None:
        self._watch_compressors()
        timeout = TELL_EVERY if self._pump.lost else None
        for fd, _ in self._poll.poll(timeout):
            if fd == self._spool.news:
                heard(fd)
            elif fd == self._shim:
                self._poll.unregister(fd)
                self._orphaned()
            elif fd in self._pipes:
                self._take(fd)
            else:
                self._poll.unregister(fd)
                self._packing.pop(fd).compressed()

    def _watch_compressors(self) -> None:
        for log in self._logs:
            if log.compressor_fd >= 0 and log.compressor_fd not in self._packing:
                self._packing[log.compressor_fd] = log
                self._poll.register(log.compressor_fd, select.POLLIN)

    def _orphaned(self) -> None:
        """The shim was killed: read to the end what is left of the process, and say so."""
        if self._spool.over:
            return  # no: it did not wait for us any longer
        self._spool.inherit()
        for fd in self._pipes:
            self._poll.register(fd, select.POLLIN)
        self._over_without_pipes()

    def _take(self, fd: int) -> None:
        try:
            if self._spool.splice(self._pipes[fd], fd):
                return
        except BlockingIOError:
            return
        self._poll.unregister(fd)
        del self._pipes[fd]
        self._over_without_pipes()

    def _over_without_pipes(self) -> None:
        if not self._pipes:
            self._spool.put(SEAWAY, b"its shim was killed, and the process with it\n")
            self._spool.end()
