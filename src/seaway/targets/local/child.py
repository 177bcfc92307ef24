"""Child: what happens in a new process between the fork and the execution of its program."""

from __future__ import annotations

import ctypes
import errno
import marshal
import os
import resource
import sys

from seaway.targets.local.belongings import born
from seaway.targets.local.signals import signal

TYPE_CHECKING = False  # the one in `typing` costs 3 ms
if TYPE_CHECKING:
    from seaway.targets.local.order import Order

PDEATHSIG = 1  # linux/prctl.h
NAME = 15
SUBREAPER = 36
NEW_USER = 0x10000000  # linux/sched.h
SIZE, READ = 8, 65536
"""Bytes that say how long an order is, and those read at a time."""
IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
LIBC = ctypes.CDLL(None, use_errno=True)

Identity = tuple[int, int, bool]
"""Uid, gid, and whether only mapped in a user namespace."""


class Refused(Exception):  # noqa: N818 -- says what the kernel did
    """The kernel refused a step; the program was not executed."""

    def __init__(self, step: str, number: int) -> None:
        super().__init__(step, number)
        self.step = step
        self.number = number


class Child:
    """A process that waits to be told which program to become: a fork takes time, and not then."""

    def __init__(self, *ours: int) -> None:
        """Make it, without these descriptors.

        Raises:
            OSError: there is no room for one more process.
        """
        told, said, *outputs = (os.pipe() for _ in range(4))
        ends = (told[0], said[1], outputs[0][1], outputs[1][1])
        self.outputs = outputs[0][0], outputs[1][0]
        """What it will write: its standard output, its standard error."""
        self._tell, self._said = told[1], said[0]
        shim = os.getpid()
        try:
            self.pid = os.fork()
        except OSError:
            self.pid = -1
            self.close()
            raise
        finally:
            if self.pid:
                for end in ends:
                    os.close(end)
        self.born = born(self.pid) if self.pid else 0
        """When the kernel made it, see `born`."""
        if not self.pid:
            for end in (*self.outputs, self._tell, self._said, *ours):
                os.close(end)
            _become_program(shim, *ends)

    def waits(self) -> bool:
        """Whether nobody has killed it."""
        return os.waitpid(self.pid, os.WNOHANG) == (0, 0)

    def close(self) -> None:
        """Let it end, without having been anything."""
        for end in (*self.outputs, self._tell, self._said):
            os.close(end)

    def become(self, order: Order) -> str:
        """Tell it; empty once the program is executed, else which step was refused, and why."""
        words = {name: order[name] for name in ("argv", "env", "cwd", "identity", "open_files")}
        data = marshal.dumps(words)
        data = len(data).to_bytes(SIZE, "little") + data
        try:
            while data:
                data = data[os.write(self._tell, data) :]
        except BrokenPipeError:
            return ""  # killed meanwhile: that is how it ended, then
        os.close(self._tell)
        said = os.read(self._said, 100)  # its end: the program is executed
        os.close(self._said)
        return said.decode()


def _become_program(shim: int, told: int, say: int, output: int, problem: int) -> None:
    """Become the program, once told. Never returns."""
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(problem, 2)
        die_with(shim)
        order = _told(told)
        if order["open_files"]:
            limit_files(order["open_files"])
        become(order["identity"], order["cwd"], shim)
        execute(order["argv"], order["env"])
    except Refused as refused:
        os.write(say, f"{refused.step} {refused.number}".encode())
    except BaseException:  # silence would mean that the program is being executed
        os.write(say, b"program 0")
        raise
    finally:
        os._exit(127)


def _told(pipe: int) -> Order:
    """The whole order; without one it was not to become anything."""
    data = b""
    while len(data) < SIZE or len(data) < SIZE + int.from_bytes(data[:SIZE], "little"):
        more = os.read(pipe, READ)
        if not more:
            os._exit(1)
        data += more
    order: Order = marshal.loads(data[SIZE:])  # noqa: S302 -- from the shim, by a pipe
    return order


def become(identity: Identity | None, cwd: str, parent: int) -> None:
    """Take the identity, go to the folder, and be killed when the parent dies.

    Raises:
        Refused: with the step `identity` or `folder`.
    """
    try:
        if identity is not None:
            _take(identity)
    except OSError as error:
        raise Refused("identity", error.errno or 0) from error
    try:
        os.chdir(cwd)
    except OSError as error:
        raise Refused("folder", error.errno or 0) from error
    die_with(parent)


def die_with(parent: int) -> None:
    """Be killed when the parent dies. A change of user clears this: call it afterwards."""
    LIBC.prctl(PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the kernel was told
        os._exit(1)


def name_it(name: bytes) -> None:
    """Say in the list of processes what this one does; 15 bytes at most."""
    LIBC.prctl(NAME, name, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    LIBC.prctl(SUBREAPER, 1, 0, 0, 0)


def execute(argv: list[str], env: dict[str, str]) -> None:
    """Execute the program, looked for on its own PATH. Imports nothing: it may not be allowed to.

    Raises:
        Refused: with the step `program`; of several reasons, one other than "not there" counts.
    """
    for number in IGNORED_BY_PYTHON:
        signal.signal(number, signal.SIG_DFL)
    path = [""] if "/" in argv[0] else env.get("PATH", "/usr/bin:/bin").split(":")
    reason = errno.ENOENT
    for folder in path:
        program = f"{folder}/{argv[0]}" if folder else argv[0]
        try:
            os.execve(program, argv, env)  # noqa: S606
        except OSError as error:
            if not folder or os.path.exists(program):  # else not there, or in a closed folder
                reason = error.errno or 0
    raise Refused("program", reason)


def limit_files(count: int) -> None:
    """Limit how many files it may have open.

    Raises:
        Refused: with the step `open files`: more than the hard limit, and not root.
    """
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))
    except (OSError, ValueError) as error:  # Python says ValueError for "above the hard limit"
        raise Refused("open files", getattr(error, "errno", errno.EPERM)) from error


def _take(identity: Identity) -> None:
    uid, gid, mapped = identity
    if mapped:
        _map(uid, gid)
        return
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def _map(uid: int, gid: int) -> None:
    """Look like another user from inside, in a namespace of its own (user_namespaces(7))."""
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    if LIBC.unshare(NEW_USER):
        raise OSError(ctypes.get_errno(), "unshare")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {outer_uid} 1"),
        ("gid_map", f"{gid} {outer_gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="utf-8") as file:
            file.write(text)


def become_command(words: list[str]) -> None:
    """Become a helper command: PARENT UID GID MAPPED CWD COMMAND… Never returns."""
    parent, uid, gid, mapped, cwd, *argv = words
    identity = (int(uid), int(gid), mapped == "1") if uid else None
    try:
        become(identity, cwd, int(parent))
        execute(argv, dict(os.environ))
    except Refused as refused:
        sys.stderr.write(f"{refused.step}: {os.strerror(refused.number)}\n")
        os._exit(127)
