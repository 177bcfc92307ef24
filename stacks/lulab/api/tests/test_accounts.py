"""Who may come in, what is noted of it, and what is heard."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx2
import psycopg
import pytest
from conftest import ADMIN_EMAIL, PASSWORD, Stores, run
from seaway_service.environment import UnusableEnvironmentError
from seaway_service.setting_types import read

from lulab.settings import Settings
from lulab.worker import words
from lulab.worker.transfer import PART_BYTES, in_parts


def test_a_login_is_in_the_audit_log_with_who_where_what_and_which(
    api: str, admin: httpx2.Client, ann: httpx2.Client
) -> None:
    email = ann.get("/api/me").json()["user"]["email"]
    request = f"login-{uuid4().hex}"
    answer = httpx2.post(
        f"{api}/api/auth/login", json={"email": email, "password": PASSWORD},
        headers={"X-Request-ID": request, "User-Agent": "pytest/1"}, timeout=20,
    )  # fmt: skip

    [entry] = admin.get("/api/audit", params={"requestId": request}).json()["entries"]
    assert entry["action"] == "login"
    assert entry["userId"] == answer.json()["user"]["id"]
    assert (entry["ip"], entry["userAgent"]) == ("127.0.0.1", "pytest/1")


def test_only_admins_add_users_and_read_the_audit_log(ann: httpx2.Client) -> None:
    account = {"email": "eve@example.com", "password": PASSWORD}

    assert ann.post("/api/users", json=account).status_code == 403
    assert ann.get("/api/audit").status_code == 403
    assert httpx2.get(f"{ann.base_url}/api/meetings").status_code == 401


def test_the_primary_is_read_where_there_is_no_replica(ann: httpx2.Client) -> None:
    answer = ann.get("/api/meetings")

    assert answer.json()["readFrom"] == "primary"
    assert answer.headers["x-read-from"] == "primary"


def test_only_test_data_is_reset(stores: Stores, ann: httpx2.Client, admin: httpx2.Client) -> None:
    run("lulab.reset", stores.settings)
    assert ann.get("/api/me").status_code == 200, "nothing is deleted unless it is switched on"

    run("lulab.reset", {**stores.settings, "TEST_DATA": "reset"})

    assert ann.get("/api/me").status_code == 404
    assert admin.get("/api/me").json()["user"]["email"] == ADMIN_EMAIL
    with psycopg.connect(stores.settings["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT count(*) FROM meetings").fetchone() == (0,)


def test_levels_are_read_as_documents_write_them(stores: Stores) -> None:
    chosen = read(Settings, {**stores.settings, "LOG_LEVEL": "warn", "JWT_EXPIRES_IN": "7d"})

    assert (chosen.LOG_LEVEL, chosen.JWT_EXPIRES_IN.days) == ("warning", 7)
    assert chosen.integrations == {"meeting": True, "feishu": False, "mail": False, "sms": False}
    with pytest.raises(UnusableEnvironmentError, match="JWT_SECRET"):
        read(Settings, {**stores.settings, "JWT_SECRET": "short"})


async def parts_of(pieces: list[bytes]) -> list[int]:
    async def come() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return [len(part) async for part in in_parts(come())]


def test_small_pieces_become_parts_that_the_store_takes() -> None:

    sizes = asyncio.run(parts_of([b"x" * 3_000_000] * 7))

    assert sizes == [PART_BYTES, PART_BYTES, 21_000_000 - 2 * PART_BYTES]
    assert asyncio.run(parts_of([])) == []


def test_a_short_message_holds_no_more_than_it_may() -> None:
    assert words.params("周会") == {"meeting": "周会"}
    assert len(words.params("x" * 100)["meeting"]) == words.SHORT


def test_models_and_migration_say_the_same(stores: Stores) -> None:

    alembic = Path(sys.executable).parent / "alembic"
    done = subprocess.run(
        [alembic, "check"], cwd=Path(__file__).parent.parent, capture_output=True, text=True,
        check=False, env={**os.environ, **stores.settings},
    )  # fmt: skip

    assert "No new upgrade operations" in done.stdout + done.stderr, json.dumps(done.stderr[-800:])
