"""The key that keys are encrypted with is changed, and nothing that was saved is lost."""

import base64
import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from conftest import API, Stores, api_server, migrate, person, worker_server
from model_server import ModelServer
from seaway_service.testing import made_database, running, until

KEY = "sk-live-4b1d7c9e2f6a8035"
MANY = 250


def random_key() -> str:
    """Return 32 random bytes as Seaway writes them."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


@pytest.fixture
def old_and_new() -> tuple[str, str]:
    """Return the ring before a rotation and after it."""
    first = random_key()
    return f"k1:{first}", f"k2:{random_key()},k1:{first}"


@pytest.fixture
def settings(stores: Stores, old_and_new: tuple[str, str]) -> dict[str, str]:
    """Return the settings of a system of its own, before the rotation."""
    url = made_database(stores.admin, f"rekey{secrets.token_hex(4)}")
    changed = {"DATABASE_URL": url, "API_KEY_ENCRYPTION_KEY": old_and_new[0]}
    made = {**stores.settings, **changed}
    migrate(made)
    return made


def rekeyed(settings: dict[str, str], ring: str) -> dict[str, Any]:
    """Run the job; return what it counted."""
    ended = subprocess.run(
        [sys.executable, "-m", "aixsss.rekey"],
        cwd=API,
        env={**os.environ, **settings, "API_KEY_ENCRYPTION_KEY": ring},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    [line] = ended.stdout.splitlines()
    told = json.loads(line)
    return {name: told[name] for name in ("done", "unreadable", "key")}


def key_ids(settings: dict[str, str]) -> dict[str, int]:
    """Count the ciphertexts by the key that opens them."""
    with psycopg.connect(settings["DATABASE_URL"]) as connection:
        query = "SELECT key_id, count(*) FROM provider_keys GROUP BY key_id"
        return dict(connection.execute(query).fetchall())


def test_all_are_encrypted_anew_and_damaged_ones_counted(
    settings: dict[str, str], old_and_new: tuple[str, str], tmp_path: Path
) -> None:
    server, base = api_server(settings, tmp_path)
    with running(server):
        someone = person(base)
        for provider in ("deepseek", "openai"):
            someone.client.put(f"/api/keys/{provider}", json={"key": KEY})
    with psycopg.connect(settings["DATABASE_URL"]) as connection:
        connection.execute(
            "INSERT INTO provider_keys (user_id, provider, label, last_four, key_id, nonce,"
            " ciphertext) SELECT user_id, 'copy-' || n, label, last_four, key_id, nonce,"
            " ciphertext FROM provider_keys, generate_series(1, %s) n"
            " WHERE provider = 'deepseek'",
            (MANY,),  # bound to another row, they do not open
        )

    first = rekeyed(settings, old_and_new[1])
    second = rekeyed(settings, old_and_new[1])

    assert first == {"done": 2, "unreadable": MANY, "key": "k2"}
    assert second == {"done": 0, "unreadable": MANY, "key": "k2"}
    assert key_ids(settings) == {"k2": 2, "k1": MANY}


def test_a_worker_of_the_release_before_leaves_new_keys_to_those_after_it(
    settings: dict[str, str], old_and_new: tuple[str, str], model: ModelServer, tmp_path: Path
) -> None:
    """While workers are replaced, old ones meet ciphertexts that they cannot read yet."""
    server, base = api_server(settings, tmp_path)
    old = worker_server(settings, model.url, tmp_path, "old")
    new_settings = {**settings, "API_KEY_ENCRYPTION_KEY": old_and_new[1]}
    new = worker_server(new_settings, model.url, tmp_path, "new")
    with running(server), running(old):
        someone = person(base)
        someone.client.put("/api/keys/deepseek", json={"key": KEY})
        rekeyed(settings, old_and_new[1])
        body = {"kind": "text", "prompt": "x", "provider": "deepseek"}
        job = someone.client.post("/api/jobs", json=body).json()["job"]["id"]

        def seen() -> dict[str, Any]:
            return dict(someone.client.get(f"/api/jobs/{job}").json()["job"])

        until(lambda: seen()["state"] == "waiting", "the old worker puts it back")
        put_back = seen()
        with running(new):
            until(lambda: seen()["state"] == "done", "a worker has done it", 40)
        done = seen()

    assert "'k2' is not known here" in put_back["reason"]["detail"]
    assert done["worker"] == "new"
    assert UUID(done["id"]) == UUID(job)
    assert model.keys[-1] == KEY
