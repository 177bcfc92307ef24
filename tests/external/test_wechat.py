"""WeChat Pay as it is played: what is signed wrong is refused, what is paid is told and signed."""

import asyncio
import base64
import json
import secrets
import time

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from seaway.external.wire import Answer
from tests.external.conftest import (
    API_KEY,
    inbox,
    listening,
    ours,
    pay,
    playing,
    settled,
    theirs,
)

APP, MERCHANT, SERIAL, OWN_ID = "wx0123456789abcdef", "1900000001", "5F" * 20, "PUB_KEY_ID_01"
NATIVE = "/v3/pay/transactions/native"
REFUNDS = "/v3/refund/domestic/refunds"


@pytest.fixture
async def wechat():
    account = {"APP": APP, "MERCHANT": MERCHANT, "SERIAL": SERIAL, "OWN_ID": OWN_ID}
    async with playing("wechat", account) as program:
        yield program


@pytest.fixture
async def shop():
    async with listening() as it:
        yield it


def signed(method: str, target: str, body: str, **changed: str) -> str:
    """The header of a request, by the rule of their documentation."""
    stamp, nonce = changed.get("timestamp", str(int(time.time()))), secrets.token_hex(16)
    text = f"{method}\n{target}\n{stamp}\n{nonce}\n{body}\n".encode()
    facts = {"mchid": MERCHANT, "nonce_str": nonce, "signature": ours().sign(text),
             "timestamp": stamp, "serial_no": SERIAL, **changed}  # fmt: skip
    return "WECHATPAY2-SHA256-RSA2048 " + ",".join(f'{key}="{each}"' for key, each in facts.items())


async def ask(wechat, method: str, target: str, told: dict | None = None, **changed: str):
    body = json.dumps(told) if told else ""
    headers = {"authorization": signed(method, target, body, **changed)}
    return await wechat.http.request(method, target, content=body, headers=headers)


def order(url: str, number: str = "order-0001", total: int = 8800) -> dict:
    return {"appid": APP, "mchid": MERCHANT, "description": "红烧肉", "out_trade_no": number,
            "notify_url": url, "amount": {"total": total, "currency": "CNY"}}  # fmt: skip


def checked(headers, body: bytes) -> None:
    """That they have signed it."""
    stamp, nonce = headers["wechatpay-timestamp"], headers["wechatpay-nonce"]
    text = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
    assert headers["wechatpay-serial"] == OWN_ID
    assert theirs().good(text, headers["wechatpay-signature"])


def opened(request) -> tuple[dict, dict]:
    """A callback and what is sealed in it, with the signature checked."""
    checked(request.headers, request.body)
    told = json.loads(request.body)
    sealed = told["resource"]
    text = AESGCM(API_KEY.encode()).decrypt(
        sealed["nonce"].encode(), base64.b64decode(sealed["ciphertext"]),
        sealed["associated_data"].encode(),
    )  # fmt: skip
    return told, json.loads(text)


async def test_an_order_is_paid_and_the_shop_is_told_once_under_their_signature(wechat, shop):
    made = await ask(wechat, "POST", NATIVE, order(shop.url))
    before = await ask(
        wechat, "GET", f"/v3/pay/transactions/out-trade-no/order-0001?mchid={MERCHANT}"
    )
    paid = await pay(wechat, "order-0001")
    [came] = await shop.until(1)
    told, payment = opened(came)
    after = await ask(
        wechat, "GET", f"/v3/pay/transactions/id/{payment['transaction_id']}?mchid={MERCHANT}"
    )

    assert made.json()["code_url"].startswith("weixin://wxpay/bizpayurl?pr=")
    checked(made.headers, made.content)
    assert before.json()["trade_state"] == "NOTPAY"
    assert paid.status_code == 200
    assert told["event_type"] == "TRANSACTION.SUCCESS"
    assert (payment["out_trade_no"], payment["amount"]["total"]) == ("order-0001", 8800)
    assert payment["trade_state"] == after.json()["trade_state"] == "SUCCESS"
    assert [
        one["status"] for one in (await settled(wechat, "order-0001"))["callbacks"][0]["tries"]
    ] == [204]
    assert (await pay(wechat, "order-0001")).status_code == 400


@pytest.mark.parametrize(
    "changed",
    [
        {"signature": base64.b64encode(b"x" * 256).decode()},
        {"signature": "not base64"},
        {"timestamp": "1700000000"},
        {"timestamp": "now"},
        {"serial_no": "AB" * 20},
        {"mchid": "1900000002"},
    ],
)
async def test_what_is_signed_wrong_is_refused_and_nothing_is_ordered(wechat, changed):
    answer = await ask(wechat, "POST", NATIVE, order("http://127.0.0.1:1/paid"), **changed)

    assert answer.status_code == 401
    assert answer.json()["code"] == "SIGN_ERROR"
    assert (await inbox(wechat))["payments"] == []


async def test_a_signature_is_for_one_body_and_one_address(wechat):
    """Else whoever sees one request could order something else with it."""
    body = json.dumps(order("http://127.0.0.1:1/paid"))
    header = {"authorization": signed("POST", NATIVE, body)}
    other = body.replace("8800", "1")

    assert (await wechat.http.post(NATIVE, content=other, headers=header)).status_code == 401
    jsapi = "/v3/pay/transactions/jsapi"
    assert (await wechat.http.post(jsapi, content=body, headers=header)).status_code == 401
    assert (await wechat.http.post(NATIVE, content=body, headers={})).status_code == 401


async def test_a_callback_comes_again_until_the_shop_takes_it(wechat, shop):
    shop.answer = lambda count: Answer(status=500 if count < 3 else 200)
    await ask(wechat, "POST", NATIVE, order(shop.url))
    await pay(wechat, "order-0001")
    came = await shop.until(3)

    assert len({opened(each)[0]["id"] for each in came}) == 1
    assert len({each.headers["wechatpay-nonce"] for each in came}) == 3
    [callback] = (await settled(wechat, "order-0001"))["callbacks"]
    assert [one["status"] for one in callback["tries"]] == [500, 500, 200]
    assert callback["state"] == "answered"


async def test_a_callback_can_come_twice_or_not_at_all(wechat, shop):
    """The fault that an application meets in the world: it must count the money once."""
    for fault, number in (("callback-twice", "order-0002"), ("callback-lost", "order-0003")):
        told = {"fault": fault}
        assert (await wechat.http.post("/inbox/faults", json=told)).status_code == 200
        await ask(wechat, "POST", NATIVE, order(shop.url, number))
        await pay(wechat, number)
        await settled(wechat, number)

    came = await shop.until(2)
    assert {opened(each)[1]["out_trade_no"] for each in came} == {"order-0002"}
    assert len({opened(each)[0]["id"] for each in came}) == 1
    assert (await settled(wechat, "order-0003"))["callbacks"][0]["state"] == "lost"


async def test_a_shop_that_is_away_is_tried_again_and_it_is_said_why(wechat):
    await ask(wechat, "POST", NATIVE, order("http://127.0.0.1:1/paid"))
    await pay(wechat, "order-0001")
    async with asyncio.timeout(10):
        while not (tries := (await inbox(wechat))["payments"][0]["callbacks"][0]["tries"])[1:]:  # noqa: ASYNC110 -- another process
            await asyncio.sleep(0.02)

    assert tries[0]["status"] == 0
    assert "refused" in tries[0]["outcome"]


async def test_it_is_out_of_order_when_that_is_asked_for(wechat):
    faults = await wechat.http.post("/inbox/faults", json={"fault": "refuse", "times": 1})
    refused = await ask(wechat, "POST", NATIVE, order("http://127.0.0.1:1/paid"))
    made = await ask(wechat, "POST", NATIVE, order("http://127.0.0.1:1/paid"))

    assert faults.json() == {"faults": {"refuse": 1}}
    assert (refused.status_code, refused.json()["code"]) == (500, "SYSTEM_ERROR")
    assert made.status_code == 200


async def test_money_goes_back_once_for_each_number_and_never_more_than_was_paid(wechat, shop):
    await ask(wechat, "POST", NATIVE, order(shop.url))
    told = {"out_trade_no": "order-0001", "out_refund_no": "back-1", "notify_url": shop.url,
            "amount": {"refund": 5000, "total": 8800, "currency": "CNY"}}  # fmt: skip
    unpaid = await ask(wechat, "POST", REFUNDS, told)
    await pay(wechat, "order-0001")
    first = await ask(wechat, "POST", REFUNDS, told)
    again = await ask(wechat, "POST", REFUNDS, told)
    more = await ask(wechat, "POST", REFUNDS, {**told, "out_refund_no": "back-2"})
    found = await ask(wechat, "GET", f"{REFUNDS}/back-1")
    came = await shop.until(2)

    assert unpaid.status_code == 400
    assert first.json()["status"] == "SUCCESS"
    assert again.json()["refund_id"] == first.json()["refund_id"] == found.json()["refund_id"]
    assert (more.status_code, more.json()["code"]) == (403, "NOT_ENOUGH")
    events = {opened(each)[0]["event_type"]: opened(each)[1] for each in came}
    assert events["REFUND.SUCCESS"]["amount"]["refund"] == 5000
    assert (await inbox(wechat))["payments"][0]["refunded"] == 5000


async def test_an_order_that_is_closed_cannot_be_paid(wechat):
    await ask(wechat, "POST", NATIVE, order("http://127.0.0.1:1/paid"))
    close = "/v3/pay/transactions/out-trade-no/order-0001/close"
    closed = await ask(wechat, "POST", close, {"mchid": MERCHANT})

    assert (closed.status_code, closed.content) == (204, b"")
    checked(closed.headers, b"")
    assert (await pay(wechat, "order-0001")).status_code == 400
    again = await ask(wechat, "POST", NATIVE, order("http://127.0.0.1:1/paid"))
    assert again.json()["code"] == "OUT_TRADE_NO_USED"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"appid": "wx1"}, "APPID_MCHID_NOT_MATCH"),
        ({"mchid": "1"}, "PARAM_ERROR"),
        ({"out_trade_no": "短"}, "PARAM_ERROR"),
        ({"amount": {"total": 0}}, "PARAM_ERROR"),
        ({"amount": {"total": True}}, "PARAM_ERROR"),
        ({"amount": 1}, "PARAM_ERROR"),
        ({"notify_url": "ftp://shop/paid"}, "PARAM_ERROR"),
        ({"notify_url": "http://shop/paid?order=1"}, "PARAM_ERROR"),
        ({"description": ""}, "PARAM_ERROR"),
    ],
)
async def test_an_order_without_sense_is_refused(wechat, changed, code):
    answer = await ask(wechat, "POST", NATIVE, {**order("http://127.0.0.1:1/paid"), **changed})

    assert answer.status_code == 400
    assert answer.json()["code"] == code
