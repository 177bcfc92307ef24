"""Alipay: the open platform's gateway.do for merchants: trades, queries, refunds, notifications.

The forms are those of their public documentation, https://opendocs.alipay.com, with plain keys.
"""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from urllib.parse import quote, urlencode

from seaway.external.book import CHINA, Book, Callback, Payment, Refund, State, now, number
from seaway.external.postman import Letter, Postman
from seaway.external.signing import Signer, Verifier
from seaway.external.wire import Answer, Json, Request, read_json

WAITS = (240, 600, 600, 3600, 7200, 21600, 54000)
"""Seconds between two tries of a notification."""
ORDER = re.compile(r"[0-9A-Za-z_]{1,64}")
_STATES = {
    State.OPEN: "WAIT_BUYER_PAY", State.PAID: "TRADE_SUCCESS", State.CLOSED: "TRADE_CLOSED",
    State.REFUNDED: "TRADE_SUCCESS",
}  # fmt: skip
_MOST = Decimal(100_000_000)


class Refused(Exception):  # noqa: N818 -- an answer, not a defect
    """An answer in the form of their errors."""

    def __init__(self, sub: str, message: str, code: str = "40004") -> None:
        super().__init__(message)
        self.sub, self.code = sub, code

    @property
    def told(self) -> Json:
        """As it is answered."""
        words = {"40002": "Invalid Arguments", "20000": "Service Currently Unavailable"}
        return {
            "code": self.code, "msg": words.get(self.code, "Business Failed"),
            "sub_code": self.sub, "sub_msg": str(self),
        }  # fmt: skip


@dataclass(slots=True)
class Alipay:
    """Their side for one application."""

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
        if request.path != "/gateway.do":
            return Answer(status=404)
        form = request.form
        method = form.get("method", "")
        try:
            self._let_in(form)
            if method in {"alipay.trade.page.pay", "alipay.trade.wap.pay"}:
                payment = self._order(form, method)
                return Answer(status=302, headers={"location": f"/inbox#{quote(payment.order)}"})
            told = {"code": "10000", "msg": "Success", **self._answer(form, method)}
        except Refused as error:
            told = error.told
        name = method.replace(".", "_") + "_response" if method else "error_response"
        return Answer(body=self._envelope(name, told))

    def _let_in(self, form: Mapping[str, str]) -> None:
        text = signed_text(form, without=("sign",))
        if form.get("app_id") != self.account["app"]:
            raise Refused("isv.invalid-app-id", "无效的AppID参数", "40002")
        if form.get("sign_type") != "RSA2":
            raise Refused("isv.invalid-signature-type", "无效的签名类型", "40002")
        if not self._merchant.good(text, form.get("sign", "")):
            raise Refused("isv.invalid-signature", "验签出错", "40002")
        try:
            datetime.strptime(form.get("timestamp", ""), "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 -- only its form counts there
        except ValueError as error:
            raise Refused("isv.invalid-timestamp", "非法的时间戳参数", "40002") from error
        if self.book.take("refuse"):
            raise Refused("aop.unknow-error", "系统繁忙", "20000")

    def _envelope(self, name: str, told: Json) -> bytes:
        """The signature is over the very characters of the answer inside."""
        inside = _json(told)
        return f'{{"{name}":{inside},"sign":"{self._own.sign(inside.encode())}"}}'.encode()

    # ------------------------------------------------------------------------------- the calls

    def _answer(self, form: Mapping[str, str], method: str) -> Json:
        content = _content(form)
        calls: dict[str, Callable[[Json], Json]] = {
            "alipay.trade.query": lambda told: self._told(self._found(told)),
            "alipay.trade.close": self._close,
            "alipay.trade.refund": self._refund,
            "alipay.trade.fastpay.refund.query": self._refund_query,
        }
        if method == "alipay.trade.precreate":
            payment = self._order(form, method)
            code = f"https://qr.alipay.com/bax{payment.number[-17:]}"
            return {"out_trade_no": payment.order, "qr_code": code}
        if method not in calls:
            raise Refused("isv.invalid-method", "不存在的方法名", "40002")
        return calls[method](content)

    def _order(self, form: Mapping[str, str], method: str) -> Payment:
        told = _content(form)
        order, amount = _text(told, "out_trade_no"), _amount(told, "total_amount")
        if not ORDER.fullmatch(order):
            raise Refused("ACQ.INVALID_PARAMETER", "参数无效：out_trade_no")
        before = self.book.payments.get(order)
        if before and before.state is not State.OPEN:
            closed = before.state is State.CLOSED
            words = ("ACQ.TRADE_HAS_CLOSE", "交易已经关闭") if closed else (
                "ACQ.TRADE_HAS_SUCCESS", "交易已被支付")  # fmt: skip
            raise Refused(*words)
        if before and before.amount != amount:
            raise Refused("ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改")
        notify = form.get("notify_url", "")
        if notify and not notify.startswith(("https://", "http://")):
            raise Refused("ACQ.INVALID_PARAMETER", "参数无效：notify_url")
        payment = before or Payment(
            order=order, number=number(28), amount=amount, subject=_text(told, "subject"),
            kind=method.removeprefix("alipay.trade."), notify=notify, made=now(),
            attach=str(told.get("passback_params") or ""), payer="2088" + number(12)[-12:],
        )  # fmt: skip
        self.book.enter(payment)
        return payment

    def _found(self, told: Json) -> Payment:
        order, theirs = told.get("out_trade_no"), told.get("trade_no")
        for each in self.book.payments.values():
            if each.order == order or (each.paid and each.number == theirs):
                return each
        raise Refused("ACQ.TRADE_NOT_EXIST", "交易不存在")

    def _told(self, payment: Payment) -> Json:
        closed = payment.refunded == payment.amount
        told: Json = {
            "out_trade_no": payment.order, "trade_no": payment.number,
            "trade_status": "TRADE_CLOSED" if closed else _STATES[payment.state],
            "total_amount": _yuan(payment.amount),
        }  # fmt: skip
        if payment.paid:
            told |= {
                "buyer_user_id": payment.payer, "buyer_logon_id": "139****0000",
                "buyer_pay_amount": _yuan(payment.amount), "send_pay_date": _time(payment.paid),
                "receipt_amount": _yuan(payment.amount),
            }  # fmt: skip
        return told

    def _close(self, told: Json) -> Json:
        payment = self._found(told)
        if payment.state in {State.PAID, State.REFUNDED}:
            raise Refused("ACQ.TRADE_STATUS_ERROR", "交易状态不合法")
        payment.state = State.CLOSED
        return {"out_trade_no": payment.order, "trade_no": payment.number}

    # --------------------------------------------------------------------------------- refunds

    def _refund(self, told: Json) -> Json:
        payment, amount = self._found(told), _amount(told, "refund_amount")
        wanted = str(told.get("out_request_no") or payment.order)
        again = any(each.order == wanted for each in payment.refunds)
        if not again:
            if not payment.paid:
                raise Refused("ACQ.TRADE_STATUS_ERROR", "交易状态不合法")
            if payment.refunded + amount > payment.amount:
                raise Refused("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限")
            payment.refunds.append(Refund(number=number(28), order=wanted, amount=amount, at=now()))
            payment.state = State.REFUNDED
            self._tell(payment, {"out_biz_no": wanted, "refund_fee": _yuan(payment.refunded),
                                 "gmt_refund": _time(now())})  # fmt: skip
        return {
            "out_trade_no": payment.order, "trade_no": payment.number,
            "buyer_user_id": payment.payer, "fund_change": "N" if again else "Y",
            "refund_fee": _yuan(payment.refunded),
        }  # fmt: skip

    def _refund_query(self, told: Json) -> Json:
        payment, wanted = self._found(told), _text(told, "out_request_no")
        for each in payment.refunds:
            if each.order == wanted:
                return {
                    "out_trade_no": payment.order, "trade_no": payment.number,
                    "out_request_no": wanted, "refund_amount": _yuan(each.amount),
                    "total_amount": _yuan(payment.amount), "refund_status": "REFUND_SUCCESS",
                }  # fmt: skip
        return {}

    # --------------------------------------------------------------------------- notifications

    def paid(self, payment: Payment) -> None:
        """Tell the merchant that it was paid."""
        self._tell(payment, {})

    def _tell(self, payment: Payment, more: Mapping[str, str]) -> None:
        if not payment.notify or not payment.paid:
            return
        told = self._told(payment)
        facts = {
            "notify_type": "trade_status_sync", "notify_id": secrets.token_hex(17),
            "app_id": self.account["app"], "auth_app_id": self.account["app"],
            "seller_id": self.account["merchant"], "buyer_id": payment.payer,
            "charset": "utf-8", "version": "1.0", "sign_type": "RSA2",
            "out_trade_no": payment.order, "trade_no": payment.number,
            "trade_status": told["trade_status"], "total_amount": told["total_amount"],
            "receipt_amount": told["receipt_amount"], "subject": payment.subject,
            "buyer_pay_amount": told["buyer_pay_amount"], "passback_params": payment.attach,
            "gmt_create": _time(payment.made), "gmt_payment": _time(payment.paid), **more,
        }  # fmt: skip

        def write() -> tuple[bytes, Mapping[str, str]]:
            form = {name: value for name, value in facts.items() if value}
            form["notify_time"] = _time(now())
            form["sign"] = self._own.sign(signed_text(form, without=("sign", "sign_type")))
            kind = "application/x-www-form-urlencoded; charset=utf-8"
            return urlencode(form).encode(), {"Content-Type": kind}

        callback = Callback(about=told["trade_status"], url=payment.notify)
        payment.callbacks.append(callback)
        self.postman.send(callback, Letter(write=write, good=_accepted, waits=WAITS))


def signed_text(form: Mapping[str, str], without: tuple[str, ...]) -> bytes:
    """What is signed: the parameters in order, but for empty ones and the signature."""
    named = sorted((name, value) for name, value in form.items() if value and name not in without)
    return "&".join(f"{name}={value}" for name, value in named).encode()


def _accepted(status: int, body: bytes) -> bool:
    return status == 200 and body.strip() == b"success"  # noqa: PLR2004 -- OK


def _content(form: Mapping[str, str]) -> Json:
    told = read_json(form.get("biz_content", ""))
    if told is None:
        raise Refused("isv.invalid-parameter", "biz_content不是有效的JSON", "40002")
    return told


def _text(told: Json, name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not value:
        raise Refused("ACQ.INVALID_PARAMETER", f"参数无效：{name}")
    return value


def _amount(told: Json, name: str) -> int:
    """In fen; written in yuan with at most two places."""
    try:
        yuan = Decimal(str(told.get(name)))
    except InvalidOperation:
        yuan = Decimal(-1)
    if not yuan.is_finite() or not 0 < yuan <= _MOST or yuan * 100 % 1:
        raise Refused("ACQ.INVALID_PARAMETER", f"参数无效：{name}")
    return int(yuan * 100)


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _time(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _json(told: Json) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
