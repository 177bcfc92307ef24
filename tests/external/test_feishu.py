"""Feishu's bot as it is played: the signature, its hour, and its limits."""

import base64
import hmac
import time

import pytest

from tests.external.conftest import inbox, playing

HOOK, SECRET = "b5b2c6de-aaaa-bbbb-cccc-000000000001", "k" * 22
PATH = f"/open-apis/bot/v2/hook/{HOOK}"


@pytest.fixture
async def feishu():
    async with playing("feishu", {"HOOK": HOOK, "SECRET": SECRET}) as program:
        yield program


def message(text: str = "纪要 ready", age: int = 0, secret: str = SECRET) -> dict[str, object]:
    stamp = str(int(time.time()) - age)
    made = hmac.digest(f"{stamp}\n{secret}".encode(), b"", "sha256")
    return {"timestamp": stamp, "sign": base64.b64encode(made).decode(), "msg_type": "text",
            "content": {"text": text}}  # fmt: skip


async def test_a_signed_message_is_in_the_group(feishu):
    answer = await feishu.http.post(PATH, json=message())

    assert answer.json()["code"] == 0
    [found] = (await inbox(feishu))["messages"]
    assert found["text"] == "纪要 ready"


async def test_the_texts_of_a_card_are_read(feishu):
    card = {"header": {"title": {"tag": "plain_text", "content": "周会"}},
            "elements": [{"text": {"tag": "lark_md", "content": "三点"}}]}  # fmt: skip
    told = {**message(), "msg_type": "interactive", "card": card}

    assert (await feishu.http.post(PATH, json=told)).json()["code"] == 0
    assert (await inbox(feishu))["messages"][0]["text"] == "周会\n三点"


@pytest.mark.parametrize(
    ("path", "told", "code"),
    [
        (PATH, message(secret="wrong"), 19021),
        (PATH, message(age=3700), 19021),
        (PATH, {**message(), "sign": ""}, 19021),
        (PATH + "0", message(), 19001),
        (PATH, {**message(), "msg_type": "image"}, 19002),
        (PATH, message("x" * 30_000), 9499),
    ],
)
async def test_what_is_not_signed_or_no_message_is_refused(feishu, path, told, code):
    answer = await feishu.http.post(path, json=told)

    assert answer.json()["code"] == code
    assert (await inbox(feishu))["messages"] == []


async def test_more_than_five_in_a_second_are_refused(feishu):
    codes = [(await feishu.http.post(PATH, json=message())).json()["code"] for _ in range(7)]

    assert codes.count(0) >= 5
    assert codes[5] == 11232
