"""Ports: gives out port numbers; those of stores and of the proxy stay the same for ever."""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import socket
from collections.abc import Generator, Iterable
from pathlib import Path

from seaway.durable import make_folder, write_whole
from seaway.errors import StepFailed
from seaway.model.workload import Role, Workload
from seaway.targets.local.record import records
from seaway.targets.local.state import StateFolder

LASTING = range(14000, 18000)
"""For stores and for listeners inside the proxy. Some servers open a second port, 10,000 higher:
that is free too, and below 32768, where the kernel takes ports for outgoing connections."""
PASSING = range(18000, 24000)
"""For services: another one for each instance."""
SHADOW = 10_000
PUBLIC_TRIES = 100
FREE_FOR_ALL = 1024
"""From here on everybody may listen."""
HOST = "127.0.0.1"
ANYWHERE = "0.0.0.0"  # noqa: S104 -- only asked whether it is free there too


class Ports:
    """The ports of one stack. One object in one process gives them out at a time."""

    def __init__(self, state: StateFolder) -> None:
        self._state = state
        self._file = state.root / "ports.json"
        self._promised: set[int] = set()

    def allot(self, workload: Workload, slot: int) -> dict[str, int]:
        """Ports for a new instance, by name; nobody else is given them while it lives.

        Raises:
            StepFailed: there is none left.
        """
        if workload.role is Role.PROXY:
            return {name: self.public(workload.name, name, wanted)
                    for name, wanted in workload.ports.items()}  # fmt: skip
        if workload.role in {Role.STORE, Role.GATE}:
            return {name: self.lasting(workload.name, name, slot) for name in workload.ports}
        return {name: self._passing(f"{workload.name}/{name}/{slot}") for name in workload.ports}

    def lasting(self, workload: str, name: str, slot: int = 0) -> int:
        """The port that a workload has under this name, from now on for ever."""
        key = f"{workload}/{name}/{slot}"
        with self._noted() as noted:
            if key not in noted:
                noted[key] = self._free(key, LASTING, set(noted.values()), shadow=True)
            return noted[key]

    def given(self) -> dict[str, int]:
        """The ports given for ever, by `workload/port/slot`; for the doctor."""
        return self._read()

    def another(self) -> int:
        """A lasting port that nobody else will be given; whoever asks remembers what it is for."""
        with self._noted() as noted:
            key = f"another/{sum(name.startswith('another/') for name in noted)}/0"
            noted[key] = self._free(key, LASTING, set(noted.values()), shadow=True)
            return noted[key]

    def public(self, workload: str, name: str, wanted: int) -> int:
        """The port wanted, or the next one that is free; once given it stays while it is free.

        A port below 1024 that may not be opened is looked for again above 8000.
        """
        key = f"{workload}/{name}/0 for {wanted}"
        with self._noted() as noted:
            if key not in noted or not free(noted[key]):
                taken = set(noted.values())
                start = wanted if wanted >= FREE_FOR_ALL or free(wanted) else wanted + 8000
                tries = range(start, start + PUBLIC_TRIES)
                noted[key] = next((p for p in tries if p not in taken and free(p)), 0)
                if not noted[key]:
                    raise StepFailed("SW250", first=start, last=start + PUBLIC_TRIES - 1)
            return noted[key]

    def _passing(self, key: str) -> int:
        with self._noted() as noted:
            lasting = set(noted.values())
        given = {port for record in records(self._state) for port in record.ports.values()}
        port = self._free(key, PASSING, lasting | given | self._promised, shadow=False)
        self._promised.add(port)
        return port

    def keep_promise(self, ports: Iterable[int]) -> None:
        """The record of the instance is written: from now on that holds its ports."""
        self._promised.difference_update(ports)

    def _free(self, key: str, among: range, taken: set[int], *, shadow: bool) -> int:
        """Starts at another place for each stack, so that two stacks seldom meet."""
        seed = hashlib.sha256(f"{self._state.root}/{key}".encode()).digest()
        start = int.from_bytes(seed[:4]) % len(among)
        for step in range(len(among)):
            port = among[(start + step) % len(among)]
            if port not in taken and free(port) and (not shadow or free(port + SHADOW)):
                return port
        raise StepFailed("SW250", first=among.start, last=among.stop - 1)

    @contextlib.contextmanager
    def _noted(self) -> Generator[dict[str, int], None, None]:
        """The ports given for ever; what is added is kept. Others wait meanwhile."""
        make_folder(self._state.root, 0o711)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        lock = os.open(self._state.root / "ports.lock", flags, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before = self._read()
            noted = dict(before)
            yield noted
            if noted != before:
                write_whole(self._file, json.dumps(noted, indent=1), durable=True)
        finally:
            os.close(lock)

    def _read(self) -> dict[str, int]:
        try:
            noted: dict[str, int] = json.loads(self._file.read_text())
        except FileNotFoundError:
            return {}
        return noted


def free(port: int) -> bool:
    """Whether nobody listens there, on this machine's inner address or on all."""
    for host in (HOST, ANYWHERE):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                    return False
                raise
    return True


def holder(port: int) -> str:
    """The program that listens on a port, as `name (pid 12)`; `?` when it cannot be seen."""
    sockets = _listening(port)
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(str(link.readlink()) in sockets for link in (folder / "fd").iterdir()):
                return f"{(folder / 'comm').read_text().strip()} (pid {folder.name})"
    return "?"


def _listening(port: int) -> frozenset[str]:
    """The sockets that listen on a port, as links to them read (proc(5), net/tcp)."""
    found: set[str] = set()
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in Path("/proc/net", table).read_text().splitlines()[1:]:
                words = line.split()
                if words[3] == "0A" and int(words[1].rpartition(":")[2], 16) == port:
                    found.add(f"socket:[{words[9]}]")
    return frozenset(found)
