"""Who may come in, and who stays."""

import os
import subprocess
import sys

import httpx2
import pytest
from conftest import PASSWORD


@pytest.mark.parametrize("path", ["/me", "/documents", "/conversations", "/documents/x"])
def test_without_a_token_nothing_is_shown(backends: tuple[str, ...], path: str) -> None:
    assert httpx2.get(f"{backends[0]}/api/v1{path}").status_code == 401


def test_the_way_to_the_ai_leads_through_the_log_in(backends: tuple[str, ...]) -> None:
    asked = {"conversation": "x", "text": "hello"}
    answer = httpx2.post(f"{backends[0]}/api/v1/ai/messages", json=asked)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthenticated"


def test_a_session_is_known_to_all_copies_and_ends_for_all(
    user: httpx2.Client, backends: tuple[str, ...]
) -> None:
    headers = {"authorization": user.headers["authorization"]}
    seen = [httpx2.get(f"{each}/api/v1/me", headers=headers).json() for each in backends]
    assert seen[0]["user"] == seen[1]["user"]
    assert seen[0]["servedBy"] != seen[1]["servedBy"]

    assert user.post("/api/v1/auth/logout").status_code == 204

    for each in backends:
        assert httpx2.get(f"{each}/api/v1/me", headers=headers).status_code == 401


def test_the_refresh_cookie_brings_new_tokens(user: httpx2.Client) -> None:
    answer = user.post("/api/v1/auth/refresh")

    assert answer.status_code == 200
    assert answer.json()["accessToken"]


def test_an_address_signs_up_once_and_its_password_decides(user: httpx2.Client) -> None:
    email = user.get("/api/v1/me").json()["user"]["email"]
    account = {"email": email, "password": PASSWORD}

    assert user.post("/api/v1/auth/register", json=account).status_code == 409
    assert user.post("/api/v1/auth/login", json=account).status_code == 200
    wrong = {**account, "password": "wrong horse battery"}
    assert user.post("/api/v1/auth/login", json=wrong).status_code == 401


def test_with_a_weak_secret_it_does_not_start(environment: dict[str, str]) -> None:
    weak = {**environment, "SESSION_SECRET": "changeme" * 5, "AI_SERVICE_URL": "http://x"}
    done = subprocess.run(
        [sys.executable, "-m", "qingyu"], env=weak, capture_output=True, text=True, check=False
    )

    assert done.returncode == os.EX_CONFIG
    assert "AI_SERVICE_URL" in done.stderr
    assert "changeme" not in done.stderr
