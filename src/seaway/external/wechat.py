"""WeChat: API v3 of WeChat Pay, for merchants: orders, queries, closing, refunds, callbacks.

The forms are those of their public documentation, https://pay.weixin.qq.com/doc/v3/merchant, with
their public key in place of a platform certificate, as all merchants since 2024 have it.
"""

import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seaway.external.book import CHINA, Book, Callback, Payment, Refund, State, now, number
from seaway.external.postman import Letter, Postman
from seaway.external.signing import Signer, Verifier, sealed
from seaway.external.wire import Answer, Json, Request, mapping, read_json

SCHEME = "WECHATPAY2-SHA256-RSA2048"
WAITS = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
"""Seconds between two tries of a callback."""
FRESH = 300
"""Seconds for which a signature of a request is good."""
ORDER = re.compile(r"[0-9A-Za-z_\-|*@]{6,32}")
_STATES = {
    State.OPEN: ("NOTPAY", "订单未支付"), State.PAID: ("SUCCESS", "支付成功"),
    State.CLOSED: ("CLOSED", "订单已关闭"), State.REFUNDED: ("REFUND", "订单发生过退款"),
}  # fmt: skip
_PART = re.compile(r'(\w+)="([^"]*)"')
_ORDERS = "/v3/pay/transactions"
_REFUNDS = "/v3/refund/domestic/refunds"


class Refused(Exception):  # noqa: N818 -- an answer, not a defect
    """An answer in the form of their errors."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


@dataclass(slots=True)
class WeChat:
    """Their side for one merchant."""

    account: Mapping[str, str]
    book: Book
    postman: Postman
    _merchant: Verifier = field(init=False)
    _own: Signer = field(init=False)

    def __post_init__(self) -> None:
        self._merchant = Verifier(self.account["merchant_public"])
        self._own = Signer(self.account["own_key"])

    async def handle(self, request: Request) -> Answer:
        """One call of their API; each answer is signed."""
        try:
            self._let_in(request)
            told = self._answer(request)
        except Refused as error:
            body = _json({"code": error.code, "message": str(error)})
            return Answer(status=error.status, body=body, headers=self._signed(body))
        body = _json(told) if told else b""
        return Answer(status=200 if told else 204, body=body, headers=self._signed(body))

    # ---------------------------------------------------------------------------- signatures

    def _let_in(self, request: Request) -> None:
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        given = dict(_PART.findall(rest))
        stamp, nonce = given.get("timestamp", ""), given.get("nonce_str", "")
        text = f"{request.method}\n{request.target}\n{stamp}\n{nonce}\n".encode() + request.body
        fresh = stamp.isdecimal() and abs(time.time() - int(stamp[:12])) <= FRESH
        known = (given.get("mchid") == self.account["merchant"]
                 and given.get("serial_no") == self.account["serial"])  # fmt: skip
        good = self._merchant.good(text + b"\n", given.get("signature", ""))
        if scheme != SCHEME or not (fresh and known and good and nonce):
            raise Refused(401, "SIGN_ERROR", "签名错误，请检查后再试")
        if self.book.take("refuse"):
            raise Refused(500, "SYSTEM_ERROR", "系统异常，请稍后重试")

    def _signed(self, body: bytes) -> dict[str, str]:
        stamp, nonce = str(int(time.time())), secrets.token_hex(16)
        signature = self._own.sign(f"{stamp}\n{nonce}\n".encode() + body + b"\n")
        return {
            "Wechatpay-Timestamp": stamp, "Wechatpay-Nonce": nonce,
            "Wechatpay-Signature": signature, "Wechatpay-Serial": self.account["own_id"],
            "Request-ID": secrets.token_hex(16),
        }  # fmt: skip

    # ------------------------------------------------------------------------------- the calls

    def _answer(self, request: Request) -> Json | None:
        match request.method, request.path.strip("/").split("/"):
            case "POST", ["v3", "pay", "transactions", ("native" | "jsapi") as kind]:
                return self._order(_body(request), kind.upper())
            case "GET", ["v3", "pay", "transactions", "out-trade-no", order]:
                self._mine(request.query)
                return self._told(self._payment(order))
            case "GET", ["v3", "pay", "transactions", "id", theirs]:
                self._mine(request.query)
                return self._told(self._by_number(theirs))
            case "POST", ["v3", "pay", "transactions", "out-trade-no", order, "close"]:
                self._mine(_body(request))
                self._close(self._payment(order))
                return None
            case "POST", ["v3", "refund", "domestic", "refunds"]:
                return self._refund(_body(request))
            case "GET", ["v3", "refund", "domestic", "refunds", wanted]:
                return self._refund_told(*self._refund_of(wanted))
            case _:
                raise Refused(404, "NOT_FOUND", "请求的资源不存在")

    def _order(self, told: Json, kind: str) -> Json:
        order, amount = _text(told, "out_trade_no"), _amount(told, "total")
        if not ORDER.fullmatch(order):
            raise Refused(400, "PARAM_ERROR", "参数错误：out_trade_no")
        if told.get("appid") != self.account["app"]:
            raise Refused(400, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配")
        self._mine(told)
        before = self.book.payments.get(order)
        if before and (before.state is not State.OPEN or before.amount != amount):
            raise Refused(403, "OUT_TRADE_NO_USED", "商户订单号重复")
        payer = told.get("payer")
        payment = before or Payment(
            order=order, number="42" + number(26), amount=amount, kind=kind, made=now(),
            subject=_text(told, "description"), notify=_address(told),
            attach=str(told.get("attach") or ""),
            payer=_text(payer, "openid") if kind == "JSAPI" else "o" + secrets.token_hex(13),
        )  # fmt: skip
        self.book.enter(payment)
        if kind == "NATIVE":
            return {"code_url": f"weixin://wxpay/bizpayurl?pr={payment.number[-9:]}"}
        return {"prepay_id": f"wx{payment.number}"}

    def _payment(self, order: str) -> Payment:
        found = self.book.payments.get(order)
        if found is None:
            raise Refused(404, "ORDER_NOT_EXIST", "订单不存在")
        return found

    def _by_number(self, theirs: str) -> Payment:
        each = (one for one in self.book.payments.values() if one.number == theirs and one.paid)
        found = next(each, None)
        if found is None:
            raise Refused(404, "ORDER_NOT_EXIST", "订单不存在")
        return found

    def _close(self, payment: Payment) -> None:
        if payment.state in {State.PAID, State.REFUNDED}:
            raise Refused(400, "ORDER_PAID", "该订单已支付")
        payment.state = State.CLOSED

    def _mine(self, told: Mapping[str, Any]) -> None:
        if told.get("mchid") != self.account["merchant"]:
            raise Refused(400, "PARAM_ERROR", "参数错误：mchid")

    def _told(self, payment: Payment) -> Json:
        state, shown = _STATES[payment.state]
        told: Json = {
            "appid": self.account["app"], "mchid": self.account["merchant"],
            "out_trade_no": payment.order, "trade_state": state, "trade_state_desc": shown,
            "attach": payment.attach,
            "amount": {"total": payment.amount, "currency": "CNY"},
        }  # fmt: skip
        if payment.paid:
            told |= {
                "transaction_id": payment.number, "trade_type": payment.kind, "bank_type": "OTHERS",
                "success_time": payment.paid.astimezone(CHINA).isoformat(),
                "payer": {"openid": payment.payer},
            }  # fmt: skip
            told["amount"] |= {"payer_total": payment.amount, "payer_currency": "CNY"}
        return told

    # --------------------------------------------------------------------------------- refunds

    def _refund(self, told: Json) -> Json:
        order, theirs = told.get("out_trade_no"), told.get("transaction_id")
        payment = self._payment(str(order)) if order else self._by_number(str(theirs))
        wanted, amount = _text(told, "out_refund_no"), _amount(told, "refund")
        for each in payment.refunds:
            if each.order == wanted and each.amount == amount:
                return self._refund_told(payment, each)
        if not payment.paid or _amount(told, "total") != payment.amount:
            raise Refused(400, "INVALID_REQUEST", "订单未支付或金额不符")
        if payment.refunded + amount > payment.amount:
            raise Refused(403, "NOT_ENOUGH", "退款金额超过可退金额")
        refund = Refund(number="50" + number(26), order=wanted, amount=amount, at=now())
        payment.refunds.append(refund)
        payment.state = State.REFUNDED
        if told.get("notify_url"):
            self._tell(payment, _address(told), "refund", self._refund_notice(payment, refund))
        return self._refund_told(payment, refund)

    def _refund_of(self, wanted: str) -> tuple[Payment, Refund]:
        for payment in self.book.payments.values():
            for refund in payment.refunds:
                if refund.order == wanted:
                    return payment, refund
        raise Refused(404, "RESOURCE_NOT_EXISTS", "退款单不存在")

    def _refund_told(self, payment: Payment, refund: Refund) -> Json:
        at = refund.at.astimezone(CHINA).isoformat()
        return {
            "refund_id": refund.number, "out_refund_no": refund.order,
            "transaction_id": payment.number, "out_trade_no": payment.order,
            "channel": "ORIGINAL", "user_received_account": "支付用户零钱",
            "success_time": at, "create_time": at, "status": "SUCCESS",
            "amount": _refunded(payment, refund) | {"currency": "CNY"},
        }  # fmt: skip

    def _refund_notice(self, payment: Payment, refund: Refund) -> Json:
        return {
            "mchid": self.account["merchant"], "out_trade_no": payment.order,
            "transaction_id": payment.number, "out_refund_no": refund.order,
            "refund_id": refund.number, "refund_status": "SUCCESS",
            "success_time": refund.at.astimezone(CHINA).isoformat(),
            "user_received_account": "支付用户零钱", "amount": _refunded(payment, refund),
        }  # fmt: skip

    # ------------------------------------------------------------------------------- callbacks

    def paid(self, payment: Payment) -> None:
        """Tell the merchant that it was paid."""
        self._tell(payment, payment.notify, "transaction", self._told(payment))

    def _tell(self, payment: Payment, url: str, what: str, resource: Json) -> None:
        body = _json({
            "id": f"EV-{secrets.token_hex(16)}", "resource_type": "encrypt-resource",
            "create_time": now().astimezone(CHINA).isoformat(),
            "event_type": f"{what.upper()}.SUCCESS",
            "summary": "支付成功" if what == "transaction" else "退款成功",
            "resource": {"original_type": what,
                         **sealed(_json(resource), self.account["api_key"], what)},
        })  # fmt: skip

        def write() -> tuple[bytes, Mapping[str, str]]:
            return body, {"Content-Type": "application/json", **self._signed(body)}

        callback = Callback(about=f"{what.upper()}.SUCCESS", url=url)
        payment.callbacks.append(callback)
        self.postman.send(callback, Letter(write=write, good=_accepted, waits=WAITS))


def _accepted(status: int, body: bytes) -> bool:
    del body
    return status in {200, 204}


def _refunded(payment: Payment, refund: Refund) -> Json:
    return {
        "total": payment.amount, "refund": refund.amount,
        "payer_total": payment.amount, "payer_refund": refund.amount,
    }  # fmt: skip


def _body(request: Request) -> Json:
    told = read_json(request.body)
    if told is None:
        raise Refused(400, "PARAM_ERROR", "请求体不是有效的JSON")
    return told


def _text(told: object, name: str) -> str:
    value = (mapping(told) or {}).get(name)
    if not isinstance(value, str) or not value:
        raise Refused(400, "PARAM_ERROR", f"参数错误：{name}")
    return value


def _amount(told: Json, name: str) -> int:
    value = (mapping(told.get("amount")) or {}).get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise Refused(400, "PARAM_ERROR", f"参数错误：amount.{name}")
    return value


def _address(told: Json) -> str:
    url = _text(told, "notify_url")
    if not url.startswith(("https://", "http://")) or "?" in url:
        raise Refused(400, "PARAM_ERROR", "参数错误：notify_url")
    return url


def _json(told: Json) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
