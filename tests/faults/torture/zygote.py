"""Zygote: a process with all of Seaway loaded, which forks one child for each call.

Started by `calls.py`, never imported. Its argument is the socket where it takes calls. A call is
one line of JSON; the answer is the pid of the child, then its status, each on a line. The child is
a process like any other, so that what strace does to it is done to real calls of the system; but it
loads nothing any more, which makes a call ten times as quick.
"""

import contextlib
import json
import os
import signal
import socket
import sys
import traceback

from seaway.cli.main import main
from tests.faults.torture.loading import load_everything


def serve(path: str) -> None:
    load_everything()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(path)
        door.listen(64)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            caller, _ = door.accept()
            if not os.fork():
                door.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                with caller:
                    answer(caller)
                os._exit(0)
            caller.close()


def answer(caller: socket.socket) -> None:
    """Fork the child, say its pid, and its status once it has ended."""
    line = caller.makefile("r").readline()
    if not line:  # the caller thought better of it
        return
    call = json.loads(line)
    pid = os.fork()
    if not pid:
        caller.close()
        called(call)
    with contextlib.suppress(BrokenPipeError):
        caller.sendall(f"{pid}\n".encode())
        _, status = os.waitpid(pid, 0)
        caller.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def called(call: dict) -> None:
    """Be that call: its folder, environment and streams, then the command line."""
    os.setsid()
    for number, (name, flags) in enumerate(
        (
            (call["stdin"], os.O_RDONLY),
            (call["stdout"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
            (call["stderr"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        )
    ):
        handle = os.open(name, flags, 0o600)
        os.dup2(handle, number)
        os.close(handle)
    os.chdir(call["folder"])
    os.environ.update(call["environment"])
    if call["stopped"]:
        os.kill(os.getpid(), signal.SIGSTOP)
    sys.argv = ["seaway", *call["words"]]
    try:
        main()  # which ends the process
    except BaseException:  # noqa: BLE001 -- whatever it is, it is what the test looks for
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(255)


if __name__ == "__main__":
    serve(sys.argv[1])
