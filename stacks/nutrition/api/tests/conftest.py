"""Runs the API as it runs in production, against real stores."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
import psycopg
import pytest
from ai_server import AiServer, ai_server
from pay_server import PayServer, pay_server
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
BUCKET = "ai-nutrition-files"
EXTENSIONS = ("vector", "pg_trgm", "pg_stat_statements")
ADMIN_EMAIL, ADMIN_PASSWORD = "chef@example.com", "Zq7-mild-Lantern-42"


@dataclass(frozen=True, slots=True)
class Stores:
    """The running stores and the settings that lead to them."""

    database: Server
    redis: Server
    admin: str
    settings: Mapping[str, str]
    ai: AiServer
    pay: PayServer


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
    servers = running(database), running(cache), running(objects)
    with servers[0], servers[1], servers[2], ai_server() as ai, pay_server() as pay:
        settings = {
            "APP_ENV": "test",
            "REDIS_URL": redis_url,
            "JWT_SECRET": secrets.token_urlsafe(32),
            "SESSION_SECRET": secrets.token_urlsafe(32),
            "ADMIN_EMAIL": ADMIN_EMAIL,
            "ADMIN_PASSWORD": ADMIN_PASSWORD,
            "RATE_LIMIT_MAX_REQUESTS": "100000",
            **database_settings(admin),
            "MINIO_ENDPOINT": store.endpoint,
            "MINIO_REGION": store.by.region,
            "MINIO_ACCESS_KEY": store.by.access_key,
            "MINIO_SECRET_KEY": store.by.secret_key,
            "MINIO_BUCKET_NAME": BUCKET,
            **ai.settings,
            **pay.settings,
        }
        make_bucket(store, BUCKET)
        prepare(settings)
        yield Stores(database, cache, admin, settings, ai, pay)


def database_settings(admin: str) -> dict[str, str]:
    """Make a database with all it needs, and return the settings that lead to it."""
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("CREATE ROLE ai_nutrition_user NOLOGIN")
    made = urlsplit(made_database(admin, "nutrition", EXTENSIONS))
    return {
        "DB_HOST": str(made.hostname),
        "DB_PORT": str(made.port),
        "DB_NAME": "nutrition",
        "DB_USER": "nutrition",
        "DB_PASSWORD": str(made.password),
    }


def prepare(settings: Mapping[str, str]) -> None:
    """Run the job before a release."""
    command = [sys.executable, "-m", "nutrition.prepare"]
    subprocess.run(command, check=True, cwd=API, env={**os.environ, **settings})


def api_server(settings: Mapping[str, str], folder: Path) -> tuple[Server, str]:
    """Return an API that is ready when it says so, and its address."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    environment = {**os.environ, **settings, "PORT": str(port)}
    command = [sys.executable, "-m", "nutrition"]
    server = Server(command, folder / f"api-{port}.log", lambda: ok(f"{base}/readyz"), environment)
    return server, base


@pytest.fixture(scope="session")
def api(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server, base = api_server(stores.settings, tmp_path_factory.mktemp("api"))
    with running(server):
        yield base


def worker_server(settings: Mapping[str, str], folder: Path) -> Server:
    """Return a worker that is ready when it says so."""
    port = free_port()
    environment = {
        **os.environ,
        **settings,
        "HOST": "127.0.0.1",
        "PROBE_PORT": str(port),
        "INSTANCE": "worker-1",
        "STOP_SECONDS": "5",
    }
    command = [sys.executable, "-m", "nutrition.worker"]
    ready = f"http://127.0.0.1:{port}/readyz"
    return Server(command, folder / "worker.log", lambda: ok(ready), environment)


@pytest.fixture(scope="session")
def worker(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = worker_server(stores.settings, tmp_path_factory.mktemp("worker"))
    with running(server):
        yield server


def person(base: str) -> Person:
    """Return somebody new who has signed up."""
    client = httpx2.Client(base_url=base, timeout=20)
    email = f"{uuid4().hex}@example.com"
    answer = client.post("/api/auth/register", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    client.headers["authorization"] = f"Bearer {answer.json()['accessToken']}"
    return Person(client, email)


@pytest.fixture
def ann(api: str) -> Person:
    return person(api)


@pytest.fixture
def bob(api: str) -> Person:
    return person(api)


@pytest.fixture
def chef(api: str) -> httpx2.Client:
    """Whoever looks after the restaurant, logged in."""
    client = httpx2.Client(base_url=api, timeout=20)
    credentials = {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
    answer = client.post("/api/auth/login", json=credentials)
    assert answer.status_code == 200, answer.text
    client.headers["authorization"] = f"Bearer {answer.json()['accessToken']}"
    return client


def dish(chef: httpx2.Client, name: str, **other: object) -> dict[str, object]:
    """Return a dish that was added now."""
    facts = {"name": name, "priceFen": 2200, "kcal": 260, "proteinG": 14, "fatG": 18, "carbsG": 10}
    answer = chef.post("/api/admin/dishes", json={**facts, **other})
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["dish"])
