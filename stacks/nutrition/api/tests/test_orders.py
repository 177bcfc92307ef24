"""Orders are paid once, by whoever can sign it, and everybody concerned hears of it."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from conftest import Person, Stores, dish
from seaway_service.testing import until
from test_accounts import rows
from websockets.sync.client import connect

PHONE = "13800138000"


def ordered(ann: Person, chef: httpx2.Client, count: int = 2) -> dict[str, Any]:
    """Return a new order of one dish at 22 yuan."""
    soup = dish(chef, "订单汤")
    wanted = {"items": [{"dish": soup["id"], "quantity": count}], "phone": PHONE}
    answer = ann.client.post("/api/orders", json=wanted)
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["order"])


def payment(ann: Person, order: dict[str, Any], provider: str) -> dict[str, Any]:
    answer = ann.client.post(f"/api/orders/{order['id']}/pay", json={"provider": provider})
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["payment"])


def state(ann: Person, order: dict[str, Any]) -> str:
    return str(ann.client.get(f"/api/orders/{order['id']}").json()["order"]["state"])


@pytest.mark.usefixtures("worker")
def test_wechat_pays_an_order_once_however_often_it_says_so(
    stores: Stores, api: str, ann: Person, chef: httpx2.Client
) -> None:
    order = ordered(ann, chef)
    paying = payment(ann, order, "wechat")
    again = payment(ann, order, "wechat")
    body, headers = stores.pay.wechat_callback(paying["number"], 4400)
    notify = f"{api}/api/payments/wechat/notify"
    with ThreadPoolExecutor(8) as threads:
        told = list(
            threads.map(
                lambda _: httpx2.post(notify, content=body, headers=headers).status_code, range(8)
            )
        )
    until(lambda: sent_for(stores, order) == 1, "the confirmation is sent")

    assert again == paying
    assert stores.pay.asked[paying["number"]]["notify_url"] == notify
    assert stores.pay.asked[paying["number"]]["amount"] == {"total": 4400, "currency": "CNY"}
    assert set(told) == {204}
    assert state(ann, order) == "paid"
    jobs = rows(
        stores, "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'confirm_order'"
        " AND args->>'order' = %s", order["id"],
    )  # fmt: skip
    assert jobs == [(1,)]
    assert sent_for(stores, order) == 1


def sent_for(stores: Stores, order: dict[str, Any]) -> int:
    return len(
        [each for each in stores.pay.messages
         if json.loads(each["TemplateParam"])["order"] == order["number"]]
    )  # fmt: skip


def test_alipay_pays_an_order(stores: Stores, api: str, ann: Person, chef: httpx2.Client) -> None:
    order = ordered(ann, chef)
    paying = payment(ann, order, "alipay")
    body = stores.pay.alipay_callback(paying["number"], "44.00")
    headers = {"content-type": "application/x-www-form-urlencoded"}
    told = httpx2.post(f"{api}/api/payments/alipay/notify", content=body, headers=headers)

    assert stores.pay.asked[paying["number"]]["total_amount"] == "44.00"
    assert (told.status_code, told.text) == (200, "success")
    assert state(ann, order) == "paid"


def test_nothing_is_believed_that_is_not_signed_for_us_and_exact(
    stores: Stores, api: str, ann: Person, chef: httpx2.Client
) -> None:
    order = ordered(ann, chef)
    wechat, alipay = (payment(ann, order, each)["number"] for each in ("wechat", "alipay"))
    body, headers = stores.pay.wechat_callback(wechat, 4400)
    tampered = body.replace(b"TRANSACTION", b"TRANSACTIOM")
    cheap, signed = stores.pay.wechat_callback(wechat, 1)
    foreign, signed_foreign = stores.pay.wechat_callback(wechat, 4400, mchid="1999999999")
    old = {**headers, "Wechatpay-Timestamp": "1600000000"}
    tries = [
        ("wechat", tampered, headers), ("wechat", body, {}), ("wechat", body, old),
        ("wechat", cheap, signed), ("wechat", foreign, signed_foreign),
        ("alipay", stores.pay.alipay_callback(alipay, "0.01"), {}),
        ("alipay", stores.pay.alipay_callback(alipay, "44.00", app="another"), {}),
        ("alipay", stores.pay.alipay_callback(alipay, "44.00").replace(b"44.00", b"44.0"), {}),
        ("alipay", b"sign=x", {}),
    ]  # fmt: skip
    told = [
        httpx2.post(f"{api}/api/payments/{provider}/notify", content=sent, headers=given)
        for provider, sent, given in tries
    ]

    assert [each.status_code for each in told] == [400] * len(tries)
    assert state(ann, order) == "new"


@pytest.mark.usefixtures("worker")
def test_a_lost_callback_is_made_up_for(stores: Stores, ann: Person, chef: httpx2.Client) -> None:
    """The worker asks after a minute; here its job is called forward."""
    orders = [ordered(ann, chef), ordered(ann, chef)]
    for order, provider in zip(orders, ("wechat", "alipay"), strict=True):
        stores.pay.paid.add(payment(ann, order, provider)["number"])
    rows(
        stores, "UPDATE procrastinate_jobs SET scheduled_at = now()"
        " WHERE task_name = 'look_for_payment' RETURNING 1",
    )  # fmt: skip

    until(lambda: [state(ann, each) for each in orders] == ["paid", "paid"], "both are paid", 40)


def test_only_new_orders_can_be_paid_or_cancelled(ann: Person, chef: httpx2.Client) -> None:
    order = ordered(ann, chef)
    cancelled = ann.client.post(f"/api/orders/{order['id']}/cancel")
    late = ann.client.post(f"/api/orders/{order['id']}/pay", json={"provider": "wechat"})
    cooked = chef.post(f"/api/admin/orders/{order['id']}/state", json={"state": "cooking"})

    assert cancelled.json()["order"]["state"] == "cancelled"
    assert (late.status_code, cooked.status_code) == (409, 409)


def test_what_is_paid_twice_is_owed(
    stores: Stores, api: str, ann: Person, chef: httpx2.Client
) -> None:
    """By two services at once: both are told that it was heard, one of them must be paid back."""
    order = ordered(ann, chef)
    wechat, alipay = (payment(ann, order, each)["number"] for each in ("wechat", "alipay"))
    body, headers = stores.pay.wechat_callback(wechat, 4400)
    first = httpx2.post(f"{api}/api/payments/wechat/notify", content=body, headers=headers)
    second = httpx2.post(
        f"{api}/api/payments/alipay/notify", content=stores.pay.alipay_callback(alipay, "44.00")
    )
    counts = httpx2.get(f"{api}/metrics").text

    assert (first.status_code, second.status_code) == (204, 200)
    assert state(ann, order) == "paid"
    assert 'nutrition_payments_total{outcome="owed",provider="alipay"} 1.0' in counts


def test_orders_of_others_are_not_there(ann: Person, bob: Person, chef: httpx2.Client) -> None:
    order = ordered(ann, chef)

    assert bob.client.get(f"/api/orders/{order['id']}").status_code == 404
    assert bob.client.get("/api/admin/orders").status_code == 403
    assert order["id"] in [each["id"] for each in chef.get("/api/admin/orders").json()["orders"]]


def test_the_guest_hears_of_each_step_on_the_websocket(
    stores: Stores, api: str, ann: Person, chef: httpx2.Client
) -> None:
    order = ordered(ann, chef)
    number = payment(ann, order, "wechat")["number"]
    token = ann.client.headers["authorization"].partition(" ")[2]
    with connect(f"{api.replace('http', 'ws')}/ws/events") as socket:
        socket.send(json.dumps({"token": token}))
        hello = json.loads(socket.recv(10))
        body, headers = stores.pay.wechat_callback(number, 4400)
        httpx2.post(f"{api}/api/payments/wechat/notify", content=body, headers=headers)
        chef.post(f"/api/admin/orders/{order['id']}/state", json={"state": "cooking"})
        heard = [json.loads(socket.recv(10)) for _ in range(2)]

    assert hello["type"] == "hello"
    assert [(each["type"], each["data"]["state"]) for each in heard] == [
        ("order.changed", "paid"), ("order.changed", "cooking"),
    ]  # fmt: skip
    assert {each["data"]["id"] for each in heard} == {order["id"]}


def test_photos_are_kept_for_their_owner_until_their_day(
    stores: Stores, api: str, ann: Person, bob: Person
) -> None:
    taken = ann.client.post(
        "/ai/image/photos", files={"file": ("a.jpg", b"\xff\xd8\xff", "image/jpeg")}
    )
    photo = taken.json()["photo"]
    after = datetime.fromisoformat(photo["deleteAfter"]) - datetime.now(UTC)
    too_large = ann.client.post(
        "/ai/image/photos", files={"file": ("a.jpg", bytes(11 * 1024 * 1024), "image/jpeg")}
    )
    stores.ai.refuse = 415, "not_a_picture"
    no_picture = ann.client.post("/ai/image/photos", files={"file": ("a.jpg", b"text")})
    stores.ai.refuse = None

    assert taken.status_code == 201
    assert photo["recognition"]["foods"][0]["name_zh"] == "香蕉"
    assert timedelta(days=29, hours=23) < after < timedelta(days=30, minutes=1)
    assert (too_large.status_code, no_picture.status_code) == (413, 415)
    assert ann.client.get(f"/api/photos/{photo['id']}/content").status_code == 200
    assert bob.client.get(f"/api/photos/{photo['id']}/content").status_code == 404
    assert httpx2.post(f"{api}/ai/image/photos").status_code == 401


def test_questions_are_answered_with_their_sources(api: str, ann: Person) -> None:
    asked = {"question": "番茄炒蛋有多少热量？"}
    first = ann.client.post("/ai/chat/questions", json=asked).json()
    second = ann.client.post("/ai/chat/questions", json=asked).json()

    assert (first["answer"], first["found"], first["cached"]) == ("260 kcal", True, False)
    assert first["sources"][0]["title"] == "t"
    assert second["cached"] is True
    assert httpx2.post(f"{api}/ai/chat/questions", json=asked).status_code == 401
    found = ann.client.post("/ai/vector/search", json={"text": "汤", "threshold": 0.1})
    assert found.status_code == 200
