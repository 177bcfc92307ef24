"""The service as a process of its own, with a real database beside it."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from pymongo import AsyncMongoClient
from qingyu_contract.database import Database, Record, connected
from qingyu_contract.testing import free_port, mongod
from seaway_service.testing import until

from qingyu_ai.indexing import Tools
from qingyu_ai.library import Library
from qingyu_ai.vectors import Vectors

KEY = "k3y-of-the-callers-7f2a"
TESTS = Path(__file__).parent
START = 90.0
"""Seconds for a process to start on a machine that many others use."""


@pytest.fixture(scope="session")
def mongo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mongod(tmp_path_factory.mktemp("mongo")) as url:
        yield url


@pytest.fixture(scope="session")
def others() -> Iterator[str]:
    """Give the address of what stands in for Seaway's own services."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "stand_ins:app", "--port", str(port)]
    process = subprocess.Popen([*command, "--log-level", "warning"], cwd=TESTS)
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/v1/items"), "stand-ins", START)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


def answers(url: str) -> bool:
    """Tell whether it says yes."""
    try:
        return httpx2.get(url, timeout=2).is_success
    except httpx2.TransportError:
        return False


@dataclass(slots=True)
class Service:
    """The process under test."""

    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    grpc_port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Where it speaks HTTP."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Return when it is ready."""
        ports = {"PORT": str(self.port), "GRPC_PORT": str(self.grpc_port)}
        command = [sys.executable, "-m", "qingyu_ai"]
        self.process = subprocess.Popen(command, env={**os.environ, **self.environment, **ports})
        until(lambda: answers(f"{self.url}/readyz"), "the service", START)

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Return the exit status."""
        assert self.process is not None
        self.process.send_signal(with_signal)
        return self.process.wait(60)


def environment(mongo: str, others: str) -> dict[str, str]:
    """Return what the service is told."""
    return {
        "APP_ENV": "test", "MONGODB_URI": mongo, "SEARCH_URL": others, "SEARCH_KEY": "s",
        "OPENAI_BASE_URL": others, "OPENAI_API_KEY": "o", "AI_KEY": KEY, "INSTANCE": "ai-7",
        "HEARTBEAT_SECONDS": "0.1", "STOP_SECONDS": "10", "LOG_LEVEL": "warning",
    }  # fmt: skip


@pytest.fixture(scope="session")
def service(mongo: str, others: str) -> Iterator[Service]:
    running = Service(environment(mongo, others))
    running.start()
    try:
        yield running
    finally:
        running.stop(signal.SIGKILL)


@pytest.fixture
async def client(mongo: str) -> AsyncIterator[AsyncMongoClient[Record]]:
    async with connected(mongo, "test") as opened:
        yield opened


@pytest.fixture
def database(client: AsyncMongoClient[Record]) -> Database:
    return client.get_default_database()


@pytest.fixture
async def tools(
    client: AsyncMongoClient[Record], database: Database, others: str
) -> AsyncIterator[Tools]:
    vectors = Vectors(others, "s", timedelta(seconds=10))
    yield Tools(client=client, library=Library(client, database), vectors=vectors)
    await vectors.close()


@pytest.fixture
def owner() -> str:
    return uuid4().hex


async def written(database: Database, owner: str, title: str, text: str) -> str:
    """Write a document as the back end does; returns its id."""
    record = {
        "_id": uuid4().hex, "owner": owner, "title": title, "text": text, "revision": 1,
        "clean": 0, "gone": False, "updated": datetime.now(UTC), "index": {"state": "waiting"},
    }  # fmt: skip
    await database.documents.insert_one(record)
    return str(record["_id"])


async def asked(database: Database, owner: str, text: str, conversation: str = "talk") -> str:
    """Write a question as the back end does; returns its id."""
    record: dict[str, Any] = {
        "_id": uuid4().hex, "owner": owner, "conversation": f"{conversation}-{owner}",
        "text": text, "created": datetime.now(UTC),
    }  # fmt: skip
    await database.messages.insert_one(record)
    return str(record["_id"])
