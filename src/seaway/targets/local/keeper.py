"""Keeper: what a shim does, from taking the lock to writing how its process ended."""

from __future__ import annotations

import errno
import os
import select
import time

from seaway.targets.local import limits
from seaway.targets.local.belongings import (
    make_run_folder,
    now,
    remove_tree,
    write_exit,
    write_private,
    write_whole,
)
from seaway.targets.local.child import (
    Child,
    Refused,
    adopt_orphans,
)
from seaway.targets.local.json_lines import quoted
from seaway.targets.local.opening import answer, locked, read_order, signals_as_bytes
from seaway.targets.local.recorder import Recorder
from seaway.targets.local.signals import signal

TYPE_CHECKING = False  # the one in `typing` costs 3 ms
if TYPE_CHECKING:
    from seaway.targets.local.order import Order

LEFTOVERS_GRACE = 2.0
"""Seconds for what outlives the main process, between being asked and being killed."""
WATCH_EVERY = 0.15
GROUPED_AFTER = 0.05
"""Seconds from the start to a control group without limits."""
KILL_AGAIN = 0.05
NOT_FOUND, NOT_EXECUTABLE = 127, 126  # as a shell says it
GRACE_FILE = "grace"


class Ready:
    """All that a shim needs and can have before it knows whose shim it will be."""

    def __init__(self, child: Child | None = None) -> None:
        """The child waits to become the program; without one it is made then."""
        os.umask(0o027)
        self.child = child
        self.wake = signals_as_bytes()
        os.set_blocking(self.wake, False)
        self.poll = select.poll()
        self.poll.register(self.wake, select.POLLIN)
        self.recorder = Recorder(self.poll)
        adopt_orphans()
        now()  # what it looks at is its own from now on, no more a copy to be made

    def called(self) -> None:
        """From now on signals are meant for the shim that it will be."""
        _drained(self.wake)


def keep(ready: Ready) -> None:
    """Read the order from standard input, carry it out, and return when nothing of it is left."""
    order = read_order()
    lock = locked(order["folder"])
    if lock < 0:
        answer("held", 0)
        return
    if os.path.exists(f"{order['folder']}/pid") or os.path.exists(f"{order['folder']}/exit"):
        answer("used", 0)  # an instance lives once
        return
    Keeper(order, ready).run()


class Keeper:
    """The life of one process."""

    def __init__(self, order: Order, ready: Ready) -> None:
        self._order, self._child = order, ready.child
        self._folder = order["folder"]
        self._wake, self._poll, self._recorder = ready.wake, ready.poll, ready.recorder
        errors = order["errors"], order["errors_size"], order["errors_files"]
        self._recorder.write_to((order["log"], order["log_size"], order["log_files"]), errors)
        self._groups = limits.Groups([], "", frozenset())
        self._main = self._born = 0
        self._status = 0
        self._asked = False
        self._reason = ""
        self._kill_at = float("inf")
        self._watch_at = self._group_at = float("inf")
        self._told: set[int] = set()
        self._started = ""

    def run(self) -> None:
        """Start the process and stay until its whole tree has ended."""
        try:
            self._prepare()
            self._start()
        except Refused as refused:
            self._not_started(refused)
            return
        for secrets in (self._order["env"], self._order["files"]):
            secrets.clear()  # they have no business here any more
        answer("started", self._main)
        if not self._groups.wanted:  # no limits: it only helps to find them all, and can wait
            self._group_at = time.monotonic() + GROUPED_AFTER
        while self._alive():
            self._live()
        self._end()

    def _live(self) -> None:
        self._wait()
        self._reap()
        moment = time.monotonic()
        if moment >= self._group_at:
            self._group()
        if moment >= self._watch_at:
            self._watch(moment)
        if moment >= self._kill_at:
            self._kill()
        self._recorder.look(moment)

    # ---------------------------------------------------------------------------------- the start

    def _prepare(self) -> None:
        order, owner = self._order, self._owner()
        try:
            make_run_folder(order["run_folder"], owner[0])
            for name, text in order["files"].items():
                write_private(f"{order['run_folder']}/{name}", text, owner)
            os.chown(order["run_folder"], *owner)
        except OSError as error:
            raise Refused("run folder", error.errno or 0) from error
        if order["cpu"] or order["memory"] or order["pids"]:
            self._groups = self._grouped()

    def _grouped(self) -> limits.Groups:
        order = self._order
        return limits.grouped(
            order["group"], cpu=order["cpu"], memory=order["memory"], pids=order["pids"]
        )

    def _owner(self) -> tuple[int, int]:
        """Whose its files are; who is only mapped in a namespace is us, seen from outside."""
        identity = self._order["identity"]
        return identity[:2] if identity and not identity[2] else (os.geteuid(), os.getegid())

    def _start(self) -> None:
        """Let the child go on once all is written down; see whether it could execute."""
        try:
            child = self._child if self._child and self._child.waits() else Child()
        except OSError as error:
            raise Refused("process", error.errno or 0) from error
        self._main, self._born = child.pid, child.born
        for end in child.outputs:
            os.fchown(end, *self._owner())  # it may open /dev/stdout anew
        self._recorder.listen({child.outputs[0]: 0, child.outputs[1]: 1})
        self._limit()
        self._started = now()
        try:
            self._write_pid()
        except OSError as error:
            raise Refused("state", error.errno or 0) from error
        if said := child.become(self._order):
            step, _, number = said.rpartition(" ")
            raise Refused(step, int(number))

    def _limit(self) -> None:
        """Limits hold from the first instruction; memory is watched where no group does it."""
        if self._groups.wanted and not self._groups.take(self._main):
            self._groups.missing = self._groups.wanted
        if "memory" in self._groups.missing:
            self._watch_at = time.monotonic() + WATCH_EVERY

    def _write_pid(self) -> None:
        groups = ",".join(quoted(folder) for folder in self._groups.folders)
        text = (
            f'{{"pid":{self._main},"born":{self._born},"started":"{self._started}",'
            f'"grace":{self._order["grace"]},"run":{quoted(self._order["run_folder"])},'
            f'"groups":[{groups}]}}\n'
        )
        write_whole(self._folder, "pid", text)

    def _not_started(self, refused: Refused) -> None:
        """Leave nothing but an exit status, as a shell would."""
        if self._main:
            _signal_to(self._main, signal.SIGKILL)
            os.waitpid(self._main, 0)
        self._recorder.say(f"not started: {refused.step}: {os.strerror(refused.number)}")
        missing = refused.number in {errno.ENOENT, errno.ENOTDIR}
        self._leave(NOT_FOUND if missing else NOT_EXECUTABLE)
        answer(f"refused {refused.step}", refused.number)

    # ----------------------------------------------------------------------------------- the life

    def _group(self) -> None:
        """Have one group for all of them, written down for whoever sweeps up after this shim.

        One that crashes at once never comes so far: a group costs as much as its whole life.
        """
        self._group_at = float("inf")
        self._groups = self._grouped()
        for pid in limits.tree(self._children()):
            self._groups.take(pid)
        try:
            self._write_pid()
        except OSError:
            return  # it is known by its environment, too

    def _alive(self) -> bool:
        """Whether anything of the tree is left; the pump of the log is not part of it."""
        if self._main or self._children():
            return True
        if self._recorder.pump:
            return False
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return False
        return True

    def _children(self) -> list[int]:
        found = limits.children_of(os.getpid())
        return [pid for pid in found if pid != self._recorder.pump]

    def _wait(self) -> None:
        """Sleep until something happens; take what the streams gave and what signals asked."""
        until = min(self._kill_at, self._watch_at, self._group_at, self._recorder.until)
        until -= time.monotonic()
        least = 0.0 if self._kill_at else KILL_AGAIN  # 0: it is being killed, again and again
        timeout = None if until == float("inf") else max(until, least) * 1000
        for fd, _ in self._poll.poll(timeout):
            if fd == self._wake:
                if signal.SIGTERM in _drained(fd):
                    self._ask()
            else:
                self._recorder.happened(fd)

    def _ask(self) -> None:
        """Someone wants it to end; asked again, only the time left may become shorter."""
        grace = _grace(self._folder, self._order["grace"])
        self._kill_at = min(self._kill_at, time.monotonic() + grace)
        if self._main and not self._asked:
            self._reason = self._reason or "stopped"
            # Its number cannot belong to another group: it has not been waited for.
            _signal_to(-self._main, self._order["stop_signal"])
        if self._group_at < float("inf"):
            self._group()
        self._asked = True

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                break
            self._told.discard(pid)
            if pid == self._recorder.pump:
                self._recorder.ended(status)
            elif pid == self._main:
                self._main_ended(os.waitstatus_to_exitcode(status))
        if not self._main:
            self._tell_leftovers()

    def _main_ended(self, code: int) -> None:
        self._main = 0
        self._status = code
        self._watch_at = float("inf")
        self._kill_at = min(self._kill_at, time.monotonic() + LEFTOVERS_GRACE)
        if code and not self._reason and self._groups.out_of_memory():
            self._reason = "oom"

    def _tell_leftovers(self) -> None:
        """Ask those to end that have become ours since the main process ended."""
        for pid in self._children():
            if pid not in self._told:
                self._told.add(pid)
                _signal_to(pid, signal.SIGTERM)

    def _watch(self, moment: float) -> None:
        self._watch_at = moment + WATCH_EVERY
        if limits.memory_of(self._children(), self._order["memory"]):
            self._reason = "oom"
            self._kill_at = moment

    def _kill(self) -> None:
        """Kill all that are ours by now; their children become ours, and are next."""
        if self._main and self._reason == "stopped" and self._kill_at:
            self._recorder.say("did not end in time: killed")
        self._groups.forbid_forks()
        self._kill_at = 0.0  # again and again, until nothing is left
        for pid in self._children():
            _signal_to(pid, signal.SIGKILL)

    # ------------------------------------------------------------------------------------ the end

    def _end(self) -> None:
        if self._reason == "oom":
            limit = self._order["memory"] >> 20
            self._recorder.say(f"used more memory than its limit of {limit} MiB: killed")
        self._recorder.finish()
        while self._alive():  # now without the pump: the list of children may have missed one
            self._live()
        self._leave(self._status)

    def _leave(self, code: int) -> None:
        """Write how it ended, once everything else is gone. Leaving gives up the lock."""
        self._recorder.finish()
        deadline = time.monotonic() + 1
        while not self._groups.remove() and time.monotonic() < deadline:
            time.sleep(0.01)  # the kernel empties a group a moment later
        text = (
            f'{{"code":{code},"reason":"{self._reason}",'
            f'"started":"{self._started or now()}","ended":"{now()}"}}\n'
        )
        remove_tree(self._order["run_folder"])
        try:
            write_exit(self._folder, text, lasting=self._order["lasting"])
        except OSError:
            return  # nothing can be kept: it counts as lost, and is swept


def _drained(fd: int) -> bytes:
    data = b""
    while True:
        try:
            data += os.read(fd, 4096)
        except BlockingIOError:
            return data


def _grace(folder: str, otherwise: float) -> float:
    """Seconds until it is killed: `stop` may have written others than were ordered."""
    try:
        with open(f"{folder}/{GRACE_FILE}", encoding="utf-8") as file:
            return float(file.read())
    except (OSError, ValueError):
        return otherwise


def _signal_to(pid: int, number: int) -> None:
    try:
        (os.killpg if pid < 0 else os.kill)(abs(pid), number)
    except OSError:
        return  # it has ended meanwhile, or changed its user by itself
