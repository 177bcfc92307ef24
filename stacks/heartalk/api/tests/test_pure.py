"""What needs no servers: rules, settings, logs, tokens."""

import json
import logging
from datetime import timedelta

import pytest
from heartalk.logs import JsonLines
from heartalk.problems import Problem
from heartalk.routing import Route, Turn, decide
from heartalk.settings import Settings, UnusableEnvironmentError, settings
from heartalk.store import cache_key
from heartalk.tokens import Tokens

KEY = "k3y-Jq9vT2mXw7LrB5nZ8cHsD4pFgA6y-signing"
GOOD = {
    "JWT_SECRET": KEY,
    "REDIS_URL": "redis://:pass-word-of-redis@127.0.0.1:6379/0",
    "OPENAI_BASE_URL": "http://127.0.0.1:8000/v1",
    "OPENAI_API_KEY": "a-key-of-the-gateway",
}


@pytest.mark.parametrize(
    ("question", "route"),
    [
        ("hello there", Route.SIMPLE),
        ("你好", Route.SIMPLE),
        ("why is the sky blue?", Route.REASONING),
        ("为什么天是蓝的", Route.REASONING),
        ("what is 12 * 7", Route.REASONING),
        ("```python\nprint(1)\n```", Route.REASONING),
        ("word " * 100, Route.REASONING),
        ("字" * 121, Route.REASONING),
    ],
)
def test_difficult_questions_go_through_reasoning(question: str, route: Route) -> None:
    assert decide([Turn("user", question)]).route is route


def test_blanks_make_no_other_question() -> None:
    assert cache_key("m", [Turn("user", " a  b ")]) == cache_key("m", [Turn("user", "a b")])
    assert cache_key("m", [Turn("user", "a b")]) != cache_key("n", [Turn("user", "a b")])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"JWT_SECRET": "short"}, "jwt_secret"),
        ({"PORT": "0"}, "port"),
        ({"OPENAI_BASE_URL": "ftp://x"}, "openai_base_url"),
        ({"JWT_SECRET": "your_secret_" + "x" * 32}, "placeholder"),
        ({"SHOW_REASONING_PROCESS": "maybe"}, "show_reasoning_process"),
    ],
)
def test_bad_settings_are_refused_by_name(change: dict[str, str], said: str) -> None:
    with pytest.raises(UnusableEnvironmentError) as refused:
        settings(GOOD | change)

    assert said in str(refused.value).lower()
    assert "short" not in str(refused.value)


def test_a_token_of_the_old_key_is_good_after_a_rotation() -> None:
    other = KEY.swapcase()
    token = Tokens([KEY], timedelta(hours=1)).issue("li")

    assert Tokens([other, KEY], timedelta(hours=1)).user(f"Bearer {token}") == "li"
    with pytest.raises(Problem):
        Tokens([other], timedelta(hours=1)).user(f"Bearer {token}")


def test_an_expired_token_is_refused() -> None:
    old = Tokens([KEY], timedelta(seconds=-1)).issue("li")

    with pytest.raises(Problem):
        Tokens([KEY], timedelta(hours=1)).user(f"Bearer {old}")


def test_no_secret_gets_into_a_log_line() -> None:
    chosen: Settings = settings(GOOD)
    record = logging.makeLogRecord(
        {"msg": f"{KEY} redis://u:other@x Bearer abc.def a-key-of-the-gateway", "levelname": "INFO"}
    )
    line = JsonLines(chosen).format(record)

    assert json.loads(line)["level"] == "info"
    for secret in (KEY, "other@", "abc.def", "a-key-of-the-gateway"):
        assert secret not in line
