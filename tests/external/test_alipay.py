"""Alipay as it is played: signed forms in, signed answers and notifications out."""

import json
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

import pytest

from seaway.external.alipay import signed_text
from seaway.external.wire import Answer
from tests.external.conftest import inbox, listening, ours, pay, playing, settled, theirs

APP = "2021000000000001"


@pytest.fixture
async def alipay():
    async with playing("alipay", {"APP": APP, "MERCHANT": "2088000000000001"}) as program:
        yield program


@pytest.fixture
async def shop():
    async with listening() as it:
        it.answer = lambda _: Answer(body=b"success", kind="text/plain")
        yield it


def form(method: str, content: dict, **changed: str) -> dict[str, str]:
    told = {
        "app_id": APP, "method": f"alipay.trade.{method}", "format": "JSON", "charset": "utf-8",
        "sign_type": "RSA2", "timestamp": datetime.now().strftime("%Y-%m-%d %H:%M:%S"),  # noqa: DTZ005 -- as their SDKs do
        "version": "1.0", "biz_content": json.dumps(content, ensure_ascii=False), **changed,
    }  # fmt: skip
    told.setdefault("sign", ours().sign(signed_text(told, without=("sign",))))
    return told


async def ask(alipay, method: str, content: dict, **changed: str) -> dict:
    """The answer inside, with their signature over its very characters checked."""
    told = form(method, content, **changed)
    answer = await alipay.http.post("/gateway.do", data=told)
    name, text = f"alipay_trade_{method.replace('.', '_')}_response", answer.text
    inside = text[len(name) + 4 : text.rindex(',"sign":')]
    assert theirs().good(inside.encode(), answer.json()["sign"])
    return answer.json()[name]


def order(number: str = "dish_1", amount: str = "88.80") -> dict:
    return {"out_trade_no": number, "total_amount": amount, "subject": "红烧肉 & 米饭"}


def opened(request) -> dict[str, str]:
    """A notification, with its signature checked by the rule of their documentation."""
    told = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    assert theirs().good(signed_text(told, without=("sign", "sign_type")), told["sign"])
    return told


async def test_an_order_is_paid_and_the_shop_is_notified_under_their_signature(alipay, shop):
    made = await ask(alipay, "precreate", order(), notify_url=shop.url)
    before = await ask(alipay, "query", {"out_trade_no": "dish_1"})
    await pay(alipay, "dish_1")
    [came] = await shop.until(1)
    after = await ask(alipay, "query", {"out_trade_no": "dish_1"})

    assert made["qr_code"].startswith("https://qr.alipay.com/")
    assert before["trade_status"] == "WAIT_BUYER_PAY"
    told = opened(came)
    assert (told["trade_status"], told["total_amount"]) == ("TRADE_SUCCESS", "88.80")
    assert told["subject"] == "红烧肉 & 米饭"
    assert (after["trade_status"], after["trade_no"]) == ("TRADE_SUCCESS", told["trade_no"])


async def test_a_notification_comes_again_until_the_answer_is_the_word_success(alipay, shop):
    shop.answer = lambda count: Answer(body=b"fail" if count == 1 else b"success")
    await ask(alipay, "precreate", order(), notify_url=shop.url)
    await pay(alipay, "dish_1")
    came = await shop.until(2)

    assert len({opened(each)["notify_id"] for each in came}) == 1
    [callback] = (await settled(alipay, "dish_1"))["callbacks"]
    assert [one["outcome"] for one in callback["tries"]] == ["fail", "answered"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"sign": "bm8="}, "isv.invalid-signature"),
        ({"app_id": "2021"}, "isv.invalid-app-id"),
        ({"sign_type": "RSA"}, "isv.invalid-signature-type"),
        ({"timestamp": "today"}, "isv.invalid-timestamp"),
    ],
)
async def test_what_is_signed_wrong_is_refused_and_nothing_is_ordered(alipay, changed, code):
    answer = await ask(alipay, "precreate", order(), **changed)

    assert answer["sub_code"] == code
    assert (await inbox(alipay))["payments"] == []


async def test_a_signature_is_for_all_that_was_sent(alipay):
    told = {**form("precreate", order()), "biz_content": json.dumps(order(amount="0.01"))}
    answer = await alipay.http.post("/gateway.do", data=told)
    found = answer.json()["alipay_trade_precreate_response"]

    assert found["sub_code"] == "isv.invalid-signature"


async def test_a_page_leads_to_where_it_can_be_paid(alipay, shop):
    told = urlencode(form("page.pay", order(), notify_url=shop.url))
    answer = await alipay.http.get(f"/gateway.do?{told}")
    page = await alipay.http.get("/inbox", headers={"accept": "text/html"})

    assert (answer.status_code, answer.headers["location"]) == (302, "/inbox#dish_1")
    assert "红烧肉 &amp; 米饭" in page.text
    assert 'action="/inbox/payments/dish_1/pay"' in page.text


async def test_money_goes_back_once_for_each_number_and_never_more_than_was_paid(alipay, shop):
    await ask(alipay, "precreate", order(), notify_url=shop.url)
    back = {"out_trade_no": "dish_1", "refund_amount": "50.00", "out_request_no": "r1"}
    early = await ask(alipay, "refund", back)
    await pay(alipay, "dish_1")
    first = await ask(alipay, "refund", back)
    again = await ask(alipay, "refund", back)
    more = await ask(alipay, "refund", {**back, "out_request_no": "r2"})
    found = await ask(alipay, "fastpay.refund.query", back)

    assert early["sub_code"] == "ACQ.TRADE_STATUS_ERROR"
    assert (first["fund_change"], again["fund_change"]) == ("Y", "N")
    assert more["sub_code"] == "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"
    assert (found["refund_amount"], found["refund_status"]) == ("50.00", "REFUND_SUCCESS")


@pytest.mark.parametrize("amount", ["0", "-1", "1.001", "NaN", "1e9", "x", ""])
async def test_an_amount_that_is_none_is_refused(alipay, amount):
    answer = await ask(alipay, "precreate", order(amount=amount))

    assert answer["sub_code"] == "ACQ.INVALID_PARAMETER"


async def test_what_is_closed_or_unknown_stays_so(alipay):
    await ask(alipay, "precreate", order())
    unknown = await ask(alipay, "query", {"out_trade_no": "other"})
    await ask(alipay, "close", {"out_trade_no": "dish_1"})
    again = await ask(alipay, "precreate", order())
    nothing = await ask(alipay, "juggle", {})

    assert unknown["sub_code"] == "ACQ.TRADE_NOT_EXIST"
    assert again["sub_code"] == "ACQ.TRADE_HAS_CLOSE"
    assert nothing["sub_code"] == "isv.invalid-method"
    assert (await pay(alipay, "dish_1")).status_code == 400
