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
ADMIN_EMAIL, ADMIN_PASSWORD = "admin@example.com", "Zq7-mild-Lantern-42"
PASSWORD = "correct horse battery"
TOKEN = "t" * 32
BUCKET = "recordings"


@dataclass(frozen=True, slots=True)
class Stores:
    """The running stores and the settings that lead to them."""

    database: Server
    redis: Server
    settings: Mapping[str, str]


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
            "DATABASE_URL": made_database(admin, "lulab"),
            "REDIS_URL": redis_url,
            "S3_ENDPOINT": store.endpoint,
            "S3_REGION": store.by.region,
            "S3_ACCESS_KEY_ID": store.by.access_key,
            "S3_SECRET_ACCESS_KEY": store.by.secret_key,
            "S3_BUCKET": BUCKET,
            "JWT_SECRET": secrets.token_urlsafe(32),
            "ADMIN_EMAIL": ADMIN_EMAIL,
            "ADMIN_PASSWORD": ADMIN_PASSWORD,
            "OPENAI_BASE_URL": "http://127.0.0.1:9",
            "OPENAI_API_KEY": "k" * 20,
            "TENCENT_MEETING_APP_ID": "2",
            "TENCENT_MEETING_SECRET_ID": "AKID",
            "TENCENT_MEETING_SECRET": "s" * 32,
            "TENCENT_MEETING_TOKEN": TOKEN,
        }
        make_bucket(store, BUCKET)
        run("lulab.prepare", settings)
        yield Stores(database, cache, settings)


def run(module: str, settings: Mapping[str, str]) -> None:
    """Run a program of ours to its end."""
    command = [sys.executable, "-m", module]
    subprocess.run(command, check=True, cwd=API, env={**os.environ, **settings})


@pytest.fixture(scope="session")
def api(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    environment = {**os.environ, **stores.settings, "PORT": str(port)}
    command = [sys.executable, "-m", "lulab"]
    log = tmp_path_factory.mktemp("api") / "api.log"
    with running(Server(command, log, lambda: ok(f"{base}/readyz"), environment)):
        yield base


def entered(base: str, email: str, password: str) -> httpx2.Client:
    """Return somebody who has logged in; the client keeps the cookies as a browser would."""
    client = httpx2.Client(base_url=base, timeout=20)
    answer = client.post("/api/auth/login", json={"email": email, "password": password})
    assert answer.status_code == 200, answer.text
    client.headers["authorization"] = f"Bearer {answer.json()['accessToken']}"
    return client


@pytest.fixture
def admin(api: str) -> httpx2.Client:
    return entered(api, ADMIN_EMAIL, ADMIN_PASSWORD)


@pytest.fixture
def ann(api: str, admin: httpx2.Client) -> httpx2.Client:
    email = f"{uuid4().hex}@example.com"
    account = {"email": email, "password": PASSWORD, "name": "Ann"}
    assert admin.post("/api/users", json=account).status_code == 201
    return entered(api, email, PASSWORD)
