"""Inbox: what was sent and paid, as a page for people and as JSON for tests."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from seaway.external import pages
from seaway.external.book import (
    FAULTS,
    Book,
    Callback,
    Message,
    Note,
    Payment,
    Recording,
    State,
    now,
)
from seaway.external.meeting import recording
from seaway.external.wire import Answer, Request, read_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """Shows a book, pays what is open in it, and ends meetings."""

    title: str
    book: Book
    paid: Callable[[Payment], None] | None = None
    """Tells the merchant."""
    finished: Callable[[Recording], None] | None = None
    """Tells the application."""

    def handle(self, request: Request) -> Answer:
        """Everything under /inbox."""
        if request.method == "POST" and _from_elsewhere(request):
            return Answer(status=403, body=b'{"error":"asked by another site"}')
        match request.method, request.target.partition("?")[0].strip("/").split("/"):
            case "GET", ["inbox"]:
                return self._shown(request)
            case "POST", ["inbox", "payments", order, "pay"]:
                return self._pay(request, unquote(order))
            case "POST", ["inbox", "recordings"] if self.finished is not None:
                return self._finish(request, self.finished)
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
        if asked_by_person(request):
            return Answer(status=303, headers={"location": "/inbox"})
        return Answer(body=_json(_payment(payment)))

    def _finish(self, request: Request, tell: Callable[[Recording], None]) -> Answer:
        told = read_json(request.body)
        try:
            made = recording(dict(request.form) if told is None else told)
        except ValueError as error:
            return Answer(status=400, body=_json({"error": str(error)}))
        tell(made)
        if asked_by_person(request):
            return Answer(status=303, headers={"location": "/inbox"})
        return Answer(body=_json(_recording(made)))

    def _fault(self, request: Request) -> Answer:
        told = read_json(request.body) or {}
        fault, times = told.get("fault"), told.get("times", 1)
        if fault not in FAULTS or type(times) is not int or times < 0:
            known = ", ".join(FAULTS)
            return Answer(status=400, body=_json({"error": f"faults are: {known}"}))
        self.book.faults[fault] = times
        return Answer(body=_json({"faults": self.book.faults}))

    def _shown(self, request: Request) -> Answer:
        payments = tuple(reversed(self.book.payments.values()))
        messages = tuple(reversed(self.book.messages))
        recordings = tuple(reversed(self.book.recordings.values()))
        if not asked_by_person(request):
            return Answer(body=_json({
                "title": self.title,
                "payments": [_payment(each) for each in payments],
                "messages": [_message(each) for each in messages],
                "recordings": [_recording(each) for each in recordings],
                "faults": +self.book.faults,
            }))  # fmt: skip
        if self.paid is not None:
            return pages.page(self.title, pages.payments(payments))
        if self.finished is not None:
            return pages.page(self.title, pages.recordings(recordings))
        return pages.page(self.title, pages.messages(messages))


def asked_by_person(request: Request) -> bool:
    """Browsers want HTML, programs do not say so."""
    return "text/html" in request.headers.get("accept", "")


def _from_elsewhere(request: Request) -> bool:
    """A page of another site must not press our buttons."""
    origin = request.headers.get("origin", "")
    return bool(origin) and origin.partition("//")[2] != request.headers.get("host", "")


def _payment(payment: Payment) -> dict[str, object]:
    return {
        "id": payment.order, "order": payment.order, "number": payment.number,
        "amount": payment.amount, "subject": payment.subject, "kind": payment.kind,
        "state": payment.state, "refunded": payment.refunded,
        "callbacks": _callbacks(payment.callbacks),
    }  # fmt: skip


def _recording(found: Recording) -> dict[str, object]:
    return {
        "id": found.file, "meeting": found.meeting, "code": found.code, "subject": found.subject,
        "creator": found.creator, "media_type": found.media_type, "bytes": len(found.content),
        "callbacks": _callbacks(found.callbacks),
    }  # fmt: skip


def _callbacks(found: Sequence[Callback]) -> list[dict[str, object]]:
    return [
        {"about": each.about, "url": each.url, "state": each.state,
         "tries": [{"at": pages.shown_time(one.at), "status": one.status, "outcome": one.outcome}
                   for one in each.tries]}
        for each in found
    ]  # fmt: skip


def _message(found: Message | Note) -> dict[str, object]:
    told: dict[str, object] = {
        "id": found.number, "at": pages.shown_time(found.at), "to": found.to, "text": found.text,
    }  # fmt: skip
    match found:
        case Message():
            return told | {"phone": found.phone, "sign": found.sign, "template": found.template,
                           "params": found.params}  # fmt: skip
        case Note():
            return told | {"from": found.sender, "subject": found.subject}


def _json(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode()
