"""The back end as a process of its own, with real stores beside it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from qingyu_contract.testing import free_port, mongod
from seaway_service.testing import listens, ok, postgres, redis, running, until

KEY = "k3y-of-the-callers-7f2a"
PASSWORD = "correct horse battery"
TESTS = Path(__file__).parent
START = 90.0
"""Seconds for a process to start on a machine that many others use."""


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Run all that the back end needs; gives what it is told."""
    folder = tmp_path_factory.mktemp("servers")
    cache, redis_url = redis(folder)
    jobs, database_url = postgres(folder)
    with mongod(folder) as mongo_url, running(cache), running(jobs), writer() as address:
        yield {
            **os.environ, "APP_ENV": "test", "LOG_LEVEL": "warning", "MONGODB_URI": mongo_url,
            "REDIS_URL": redis_url, "DATABASE_URL": database_url, "AI_SERVICE_URL": address,
            "AI_KEY": KEY, "AI_SILENCE_SECONDS": "1", "BCRYPT_SALT_ROUNDS": "10",
            "JWT_SECRET": uuid4().hex + uuid4().hex, "SESSION_SECRET": uuid4().hex + uuid4().hex,
        }  # fmt: skip


@contextmanager
def writer() -> Iterator[str]:
    """Run what stands in for the AI service."""
    port = free_port()
    process = subprocess.Popen([sys.executable, str(TESTS / "writer_server.py"), str(port), KEY])
    try:
        until(lambda: listens(port), "the stand-in", START)
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def backends(environment: dict[str, str]) -> Iterator[tuple[str, ...]]:
    """Give the addresses of two copies."""
    subprocess.run([sys.executable, "-m", "qingyu.prepare"], env=environment, check=True)
    ports = (free_port(), free_port())
    command = [sys.executable, "-m", "qingyu"]
    processes = [
        subprocess.Popen(command, env={**environment, "PORT": str(port), "INSTANCE": f"b-{port}"})
        for port in ports
    ]
    try:
        for port in ports:
            until(partial(ok, f"http://127.0.0.1:{port}/readyz"), "the back end", START)
        yield tuple(f"http://127.0.0.1:{port}" for port in ports)
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(60) for process in processes] == [0, 0]


@pytest.fixture
def user(backends: tuple[str, ...]) -> Iterator[httpx2.Client]:
    yield from entered(backends[0])


@pytest.fixture
def other(backends: tuple[str, ...]) -> Iterator[httpx2.Client]:
    yield from entered(backends[1])


def entered(address: str) -> Iterator[httpx2.Client]:
    """Give a client that somebody uses who has just registered."""
    with httpx2.Client(base_url=address, timeout=20) as client:
        account = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
        answer = client.post("/api/v1/auth/register", json=account)
        assert answer.status_code == 201, answer.text
        client.headers["authorization"] = f"Bearer {answer.json()['accessToken']}"
        yield client
