"""Bad settings are refused at once, in words that help."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from seaway_service.environment import UnusableEnvironmentError
from seaway_service.setting_types import secrets_in

from aixsss.settings import settings
from aixsss.worker.settings import worker_settings

GOOD = {
    "APP_ENV": "production",
    "DATABASE_URL": "postgresql://app:Wo0kEiV3aiphah8shooX@127.0.0.1:5432/app",
    "REDIS_URL": "redis://:eiP0zai6AeQuoo7phahG@127.0.0.1:6379/0",
    "S3_ENDPOINT": "http://127.0.0.1:9000",
    "S3_ACCESS_KEY_ID": "ooK3Aevoh7",
    "S3_SECRET_ACCESS_KEY": "ahxoh2aiCi6Oogh7mooZ",
    "S3_BUCKET": "uploads",
    "JWT_SECRET": secrets.token_urlsafe(32),
    "API_KEY_ENCRYPTION_KEY": secrets.token_hex(32),
    "CORS_ORIGIN": "https://aixsss.example.com",
}


def test_good_settings_are_taken() -> None:
    assert settings(GOOD).over_tls


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("JWT_SECRET", "short", "JWT_SECRET: too short: 5 characters, at least 32 are needed"),
        ("JWT_SECRET", "your_jwt_secret_of_32_characters_", "JWT_SECRET: looks like a placeholder"),
        ("JWT_SECRET", "a" * 40, "JWT_SECRET: is made of too few different characters"),
        ("JWT_SECRET", "", "JWT_SECRET: is not set"),
        ("JWT_SECRET", f"k2:{'x1Y' * 12},k1:short", "JWT_SECRET: too short: 5 characters"),
        ("API_KEY_ENCRYPTION_KEY", "ab" * 31, "API_KEY_ENCRYPTION_KEY: is "),
        ("API_KEY_ENCRYPTION_KEY", "00" * 32, "API_KEY_ENCRYPTION_KEY: is not random"),
        ("DATABASE_URL", "postgresql://a:changeme@h/d", "DATABASE_URL: too short"),
        ("DATABASE_URL", "mysql://a@h/d", "DATABASE_URL: must begin with postgresql://"),
        ("DATABASE_URL", "postgresql://a:b@h:x/d", "DATABASE_URL: must have a number"),
        ("REDIS_URL", "redis://127.0.0.1/0", "REDIS_URL: too short: 0 characters"),
        ("S3_ENDPOINT", "127.0.0.1:9000", "S3_ENDPOINT: "),
        ("CORS_ORIGIN", "*", "CORS_ORIGIN: must be origins"),
        ("PORT", "http", "PORT: "),
        ("LOG_LEVEL", "loud", "LOG_LEVEL: "),
    ],
)
def test_bad_settings_are_refused_by_name(name: str, value: str, why: str) -> None:
    with pytest.raises(UnusableEnvironmentError) as refused:
        settings(GOOD | {name: value})

    assert why in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(value) < 20 or value not in str(refused.value)  # it may be a secret


def test_secrets_may_be_rings() -> None:
    """After a rotation the values before are still good; none of them gets into a log."""
    old, new = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    ring = settings(GOOD | {"JWT_SECRET": f"k2:{new},k1:{old}"})

    assert secrets_in(ring.JWT_SECRET) == (new, old)
    assert {old, new} <= set(ring.hidden)
    assert secrets_in("one:with,commas") == ("one:with,commas",)


FOR_WORKERS = {
    **GOOD,
    "AI_BASE_URL": "http://127.0.0.1:8000/v1",
    "AI_MODEL": "chat",
    "AI_API_KEY": "Wo0kEiV3aiphah8shooX",
}


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("AI_BASE_URL", "", "AI_BASE_URL: is not set"),
        ("AI_BASE_URL", "ftp://models", "AI_BASE_URL: "),
        ("AI_API_KEY", "sk-xxxxxxxxxxxxxxxxxxxx", "AI_API_KEY: looks like a placeholder"),
        ("AI_QUEUE_NAME", "a b", "AI_QUEUE_NAME: "),
        ("WORKER_CONCURRENCY", "0", "WORKER_CONCURRENCY: "),
        ("API_KEY_ENCRYPTION_KEY", "00" * 32, "API_KEY_ENCRYPTION_KEY: is not random"),
    ],
)
def test_workers_refuse_bad_settings_by_name(name: str, value: str, why: str) -> None:
    assert worker_settings(FOR_WORKERS).AI_PROVIDERS_URL is None
    with pytest.raises(UnusableEnvironmentError) as refused:
        worker_settings(FOR_WORKERS | {name: value})

    assert why in str(refused.value)
    assert len(value) < 20 or value not in str(refused.value)


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(UnusableEnvironmentError) as refused:
        settings({})

    assert all(name in str(refused.value) for name in ("DATABASE_URL", "JWT_SECRET", "S3_BUCKET"))


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "jwt"
    file.write_text(GOOD["JWT_SECRET"] + "\n")
    from_file = {key: value for key, value in GOOD.items() if key != "JWT_SECRET"}

    read = settings(from_file | {"JWT_SECRET_FILE": str(file)})
    assert GOOD["JWT_SECRET"] == read.JWT_SECRET
    with pytest.raises(UnusableEnvironmentError, match="not both"):
        settings(GOOD | {"JWT_SECRET_FILE": str(file)})
    with pytest.raises(UnusableEnvironmentError, match="JWT_SECRET_FILE: cannot be read"):
        settings(from_file | {"JWT_SECRET_FILE": str(tmp_path / "none")})


def test_the_process_says_one_line_and_exits_78() -> None:
    environment = {"PATH": os.environ["PATH"], **GOOD, "JWT_SECRET": "hunter2-hunter2"}

    ended = subprocess.run(
        [sys.executable, "-m", "aixsss"], capture_output=True, env=environment, check=False
    )

    assert ended.returncode == 78
    assert ended.stdout == b""
    [line] = ended.stderr.decode().splitlines()
    assert line.startswith("aixsss: refused to start: JWT_SECRET: too short")
    assert "hunter2" not in line
