"""Settings are checked before anything starts; clients check what others sign."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from pay_server import PayServer
from seaway_service.environment import UnusableEnvironmentError

from nutrition.clients.alipay import signed_part, yuan
from nutrition.clients.keys import Checker, ForgedError, Signer
from nutrition.settings import settings
from nutrition.stores.dishes import described
from nutrition.stores.models import Dish

GOOD = {
    "DB_HOST": "127.0.0.1", "DB_NAME": "n", "DB_USER": "u", "DB_PASSWORD": "p/w@4Gk9:xZ1qLm73",
    "REDIS_URL": "redis://:Gk9xZ1qLm73Tb52w@127.0.0.1:6379/0",
    "MINIO_ENDPOINT": "http://127.0.0.1:9000", "MINIO_ACCESS_KEY": "k",
    "MINIO_SECRET_KEY": "Gk9xZ1qLm73Tb52wQe", "JWT_SECRET": "Gk9xZ1qLm73Tb52wQeRt6Yh8UjNm4BvC",
    "SESSION_SECRET": "Rt6Yh8UjNm4BvCGk9xZ1qLm73Tb52wQe",
    **{f"{name}_URL": "http://127.0.0.1:1/v1" for name in ("SEARCH", "VISION", "CHAT")},
    **{f"{name}_KEY": "k" for name in ("SEARCH", "VISION", "CHAT")},
}  # fmt: skip


def test_the_defaults_are_those_of_the_document() -> None:
    found = settings(GOOD)

    lifetimes = found.JWT_EXPIRES_IN, found.JWT_REFRESH_EXPIRES_IN
    assert lifetimes == (timedelta(hours=24), timedelta(days=7))
    assert found.ai_patience == timedelta(seconds=30)
    assert (found.RATE_LIMIT_MAX_REQUESTS, found.RATE_LIMIT_WINDOW_MS) == (100, 60_000)
    assert (found.BCRYPT_SALT_ROUNDS, found.AI_MAX_RETRIES, found.PORT) == (12, 3, 3000)
    assert "p%2Fw%404Gk9%3AxZ1qLm73@127.0.0.1:5432/n?sslmode=prefer" in found.database_url
    assert not any(found.integrations.values())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "http://127.0.0.1:3000"),
        ({"HOST": "0.0.0.0"}, "http://127.0.0.1:3000"),  # noqa: S104 -- as in containers
        ({"HOST": "0.0.0.0", "PUBLIC_URL": "https://a.example"}, "https://a.example"),  # noqa: S104
    ],
)
def test_payments_call_back_where_their_service_can_reach(
    given: dict[str, str], expected: str
) -> None:
    found = settings({**GOOD, "WECHAT_PAY_BASE_URL": "http://127.0.0.1:1", **given})

    assert found.callbacks("wechat") == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JWT_SECRET", "qwertz1"),
        ("SESSION_SECRET", "your_session_secret_of_32_characters"),
        ("DB_PASSWORD", "changeme"),
        ("JWT_EXPIRES_IN", "a day"),
        ("CORS_ORIGIN", "elsewhere"),
        ("BCRYPT_SALT_ROUNDS", "4"),
    ],
)
def test_a_setting_that_is_wrong_is_named_and_not_quoted(name: str, value: str) -> None:
    with pytest.raises(UnusableEnvironmentError) as refused:
        settings({**GOOD, name: value})

    assert name in str(refused.value)
    assert value not in str(refused.value)


def test_the_service_refuses_to_start_without_its_settings() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nutrition"], env={"PATH": os.environ["PATH"]}, timeout=30,
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 78
    assert "JWT_SECRET: is not set" in done.stderr


def test_only_what_was_signed_is_believed() -> None:
    pay = PayServer()
    signature = Signer(pay.ours[0]).sign("12.50")
    Checker(pay.ours[1]).check(b"12.50", signature)

    for text, given in ((b"12.51", signature), (b"12.50", "no base64"), (b"12.50", "")):
        with pytest.raises(ForgedError):
            Checker(pay.ours[1]).check(text, given)
    with pytest.raises(ForgedError):
        Checker(pay.theirs[1]).check(b"12.50", signature)


def test_alipay_signs_its_answer_to_the_letter() -> None:
    text = '{"x_response":{"a": "b}\\"", "c" :1},"sign":"s"}'

    assert signed_part(text, "x_response") == b'{"a": "b}\\"", "c" :1}'
    assert [yuan(each) for each in (1, 100, 4405)] == ["0.01", "1.00", "44.05"]


def test_a_dish_is_described_in_both_languages() -> None:
    dish = Dish(
        name="番茄炒蛋", name_en="Tomato and egg", description="酸甜。", category="家常菜",
        price_fen=2250, kcal=260, protein_g=14.5, fat_g=18, carbs_g=10, sodium_mg=620,
        allergens=["鸡蛋"],
    )  # fmt: skip
    told = described(dish)

    assert "蛋白质 14.5 克" in told
    assert "14.5 g of protein" in told
    assert "番茄炒蛋的价格是 22.5 元" in told
    assert "过敏原：鸡蛋" in told
