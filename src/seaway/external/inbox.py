"""Inbox: what was sent and paid, as a page for people and as JSON for tests."""

import html
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, unquote

from seaway.external.book import CHINA, FAULTS, Book, Callback, Payment, State, now
from seaway.external.wire import Answer, Request, read_json

PAGE = """<!doctype html>
<html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem;
  color: #1c2430; background: #f6f7f9 }}
table {{ border-collapse: collapse; width: 100%; background: #fff }}
th, td {{ text-align: left; padding: .5rem .7rem; border-bottom: 1px solid #e3e6ea;
  vertical-align: top }}
th {{ font-weight: 600; color: #5a6472 }}
button {{ font: inherit; padding: .3rem 1rem; border: 0; border-radius: .3rem; color: #fff;
  background: #07793f; cursor: pointer }}
small {{ color: #5a6472 }}
tr:target {{ outline: 2px solid #07793f }}
</style>
<h1>{title}</h1>
<p>模拟服务，没有真实的付款或短信。<small>A simulator: nothing was really paid or sent.</small></p>
{tables}
</html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """Shows a book, and pays what is open in it."""

    title: str
    book: Book
    paid: Callable[[Payment], None] | None
    """Tells the merchant."""

    def handle(self, request: Request) -> Answer:
        """Everything under /inbox."""
        if request.method == "POST" and _from_elsewhere(request):
            return Answer(status=403, body=b'{"error":"asked by another site"}')
        match request.method, request.target.partition("?")[0].strip("/").split("/"):
            case "GET", ["inbox"]:
                return self._shown(request)
            case "POST", ["inbox", "payments", order, "pay"]:
                return self._pay(request, unquote(order))
            case "POST", ["inbox", "faults"]:
                return self._fault(request)
            case _:
                return Answer(status=404, body=b'{"error":"no such page"}')

    def _pay(self, request: Request, order: str) -> Answer:
        payment = self.book.payments.get(order)
        if payment is None:
            return Answer(status=404, body=b'{"error":"no such payment"}')
        if payment.state is not State.OPEN or self.paid is None:
            return Answer(status=400, body=b'{"error":"it is not open"}')
        payment.state, payment.paid = State.PAID, now()
        self.paid(payment)
        if _page(request):
            return Answer(status=303, headers={"location": "/inbox"})
        return Answer(body=_json(_told(payment)))

    def _fault(self, request: Request) -> Answer:
        told = read_json(request.body) or {}
        fault, times = told.get("fault"), told.get("times", 1)
        if fault not in FAULTS or type(times) is not int or times < 0:
            known = ", ".join(FAULTS)
            return Answer(status=400, body=_json({"error": f"faults are: {known}"}))
        self.book.faults[fault] = times
        return Answer(body=_json({"faults": self.book.faults}))

    def _shown(self, request: Request) -> Answer:
        if not _page(request):
            return Answer(body=_json({
                "payments": [_told(each) for each in reversed(self.book.payments.values())],
                "messages": [
                    {"id": each.number, "at": _time(each.at), "phone": each.phone,
                     "sign": each.sign, "template": each.template, "params": each.params,
                     "text": each.text}
                    for each in reversed(self.book.messages)
                ],
                "faults": +self.book.faults,
            }))  # fmt: skip
        tables = self._messages() if self.paid is None else self._payments()
        text = PAGE.format(title=html.escape(self.title), tables=tables)
        policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
        return Answer(
            body=text.encode(), kind="text/html; charset=utf-8",
            headers={"content-security-policy": policy, "cache-control": "no-store",
                     "x-frame-options": "DENY"},
        )  # fmt: skip

    def _payments(self) -> str:
        rows = "".join(_payment_row(each) for each in reversed(self.book.payments.values()))
        head = "<th>订单 Order</th><th>金额 Amount</th><th>状态 State</th><th>回调 Callbacks</th>"
        return (
            f"<table><tr>{head}</tr>{rows}</table>" if rows else "<p>还没有订单。No orders yet.</p>"
        )

    def _messages(self) -> str:
        rows = "".join(
            f"<tr><td>{_time(each.at)}</td><td>{html.escape(each.phone)}</td>"
            f"<td>{html.escape(each.text)}</td></tr>"
            for each in reversed(self.book.messages)
        )
        head = "<th>时间 Time</th><th>号码 Phone</th><th>内容 Message</th>"
        return (
            f"<table><tr>{head}</tr>{rows}</table>"
            if rows
            else "<p>还没有短信。No messages yet.</p>"
        )


def _payment_row(payment: Payment) -> str:
    order, subject = html.escape(payment.order), html.escape(payment.subject)
    action = f"/inbox/payments/{quote(payment.order, safe='')}/pay"
    button = f'<form method="post" action="{html.escape(action)}"><button>付款 Pay</button></form>'
    callbacks = "".join(_callback_line(each) for each in payment.callbacks)
    shown = payment.state if payment.state is not State.OPEN else button
    return (
        f'<tr id="{order}"><td>{order}<br><small>{subject} · {html.escape(payment.kind)}</small>'
        f"</td><td>¥{payment.amount / 100:.2f}</td><td>{shown}</td><td>{callbacks}</td></tr>"
    )


def _callback_line(callback: Callback) -> str:
    said = f"{callback.about}: {callback.state} ({len(callback.tries)} ×)"
    if callback.tries and callback.state != "answered":
        said += f", {callback.tries[-1].outcome}"
    return f"<div>{html.escape(said)}<br><small>{html.escape(callback.url)}</small></div>"


def _told(payment: Payment) -> dict[str, object]:
    return {
        "id": payment.order, "order": payment.order, "number": payment.number,
        "amount": payment.amount, "subject": payment.subject, "kind": payment.kind,
        "state": payment.state, "refunded": payment.refunded,
        "callbacks": [
            {"about": each.about, "url": each.url, "state": each.state,
             "tries": [{"at": _time(one.at), "status": one.status, "outcome": one.outcome}
                       for one in each.tries]}
            for each in payment.callbacks
        ],
    }  # fmt: skip


def _page(request: Request) -> bool:
    """Whether a person asks: browsers want HTML, programs do not say so."""
    return "text/html" in request.headers.get("accept", "")


def _from_elsewhere(request: Request) -> bool:
    """A page of another site must not press our buttons."""
    origin = request.headers.get("origin", "")
    return bool(origin) and origin.partition("//")[2] != request.headers.get("host", "")


def _time(moment: datetime) -> str:
    return moment.astimezone(CHINA).isoformat()


def _json(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode()
