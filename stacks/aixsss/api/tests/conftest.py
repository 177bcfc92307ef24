"""Runs the API as it runs in production, against real stores."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from model_server import ModelServer, model_server
from seaway_service.testing import (
    Server,
    free_port,
    made_database,
    make_bucket,
    ok,
    postgres,
    redis,
    running,
    seaweed,
)

API = Path(__file__).parent.parent
PASSWORD = "correct horse battery"
BUCKET = "uploads"


@dataclass(frozen=True, slots=True)
class Stores:
    """The running stores and the settings that lead to them."""

    database: Server
    redis: Server
    admin: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signed up; the client keeps the cookies as a browser would."""

    client: httpx2.Client
    email: str

    def log_in(self, password: str = PASSWORD) -> httpx2.Response:
        """Log in with a password."""
        credentials = {"email": self.email, "password": password}
        return self.client.post("/api/auth/login", json=credentials)


@pytest.fixture(scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    folder = tmp_path_factory.mktemp("stores")
    folder.chmod(0o755)
    objects, store = seaweed(folder)
    database, admin = postgres(folder)
    cache, redis_url = redis(folder)
    with running(database), running(cache), running(objects):
        settings = {
            "APP_ENV": "test",
            "DATABASE_URL": made_database(admin, "aixsss"),
            "REDIS_URL": redis_url,
            "JWT_SECRET": secrets.token_urlsafe(32),
            "API_KEY_ENCRYPTION_KEY": secrets.token_hex(32),
            "RELEASE_VERSION": "7.7.7",
            "FILES_QUOTA_MB": "40",
            "S3_ENDPOINT": store.endpoint,
            "S3_REGION": store.by.region,
            "S3_ACCESS_KEY_ID": store.by.access_key,
            "S3_SECRET_ACCESS_KEY": store.by.secret_key,
            "S3_BUCKET": BUCKET,
        }
        migrate(settings)
        make_bucket(store, BUCKET)
        yield Stores(database, cache, admin, settings)


def migrate(settings: Mapping[str, str]) -> None:
    """Run the migration job."""
    subprocess.run(migration(), check=True, cwd=API, env={**os.environ, **settings})


def migration() -> list[str]:
    """Return the command of the migration job."""
    return [str(Path(sys.executable).parent / "alembic"), "upgrade", "head"]


def api_server(settings: Mapping[str, str], folder: Path) -> tuple[Server, str]:
    """Return an API that is ready when it says so, and its address."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    environment = {**os.environ, **settings, "PORT": str(port)}
    command = [sys.executable, "-m", "aixsss"]
    server = Server(command, folder / f"api-{port}.log", lambda: ok(f"{base}/readyz"), environment)
    return server, base


@pytest.fixture(scope="session")
def api(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server, base = api_server(stores.settings, tmp_path_factory.mktemp("api"))
    with running(server):
        yield base


def worker_server(
    settings: Mapping[str, str], model_url: str, folder: Path, name: str = "worker-1"
) -> Server:
    """Return a worker that is ready when it says so."""
    port = free_port()
    environment = {
        **os.environ,
        **settings,
        "AI_BASE_URL": model_url,
        "AI_PROVIDERS_URL": model_url,
        "AI_MODEL": "chat",
        "AI_API_KEY": "sk-of-the-stack-itself-0001",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "INSTANCE": name,
        "STOP_SECONDS": "5",
    }
    command = [sys.executable, "-m", "aixsss.worker"]
    ready = f"http://127.0.0.1:{port}/readyz"
    return Server(command, folder / f"{name}.log", lambda: ok(ready), environment)


@pytest.fixture(scope="session")
def model() -> Iterator[ModelServer]:
    with model_server() as server:
        yield server


@pytest.fixture(scope="session")
def worker(
    stores: Stores, model: ModelServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    server = worker_server(stores.settings, model.url, tmp_path_factory.mktemp("worker"))
    with running(server):
        yield server


def person(base: str) -> Person:
    """Return somebody new who has signed up."""
    client = httpx2.Client(base_url=base, timeout=20)
    email = f"{uuid4().hex}@example.com"
    answer = client.post("/api/auth/signup", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    client.headers["authorization"] = f"Bearer {answer.json()['accessToken']}"
    return Person(client, email)


@pytest.fixture
def ann(api: str) -> Person:
    return person(api)


@pytest.fixture
def bob(api: str) -> Person:
    return person(api)
