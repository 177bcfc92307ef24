"""Book: what was ordered, paid and sent, and what goes wrong on purpose."""

import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

KEPT = 1000
"""Of each kind; the oldest are forgotten."""
MOST_RECORDINGS = 50
"""They are large, and in memory."""
CHINA = timezone(timedelta(hours=8))
FAULTS = ("callback-twice", "callback-late", "callback-lost", "refuse")


class State(StrEnum):
    """How far a payment is."""

    OPEN = "open"
    PAID = "paid"
    CLOSED = "closed"
    REFUNDED = "refunded"


@dataclass(slots=True, kw_only=True)
class Try:
    """One attempt to deliver a callback."""

    at: datetime
    status: int = 0
    """Of the answer; 0 when there was none."""
    outcome: str = ""


@dataclass(slots=True, kw_only=True)
class Callback:
    """What the merchant is told, and how that went."""

    about: str
    url: str
    tries: list[Try] = field(default_factory=list[Try])
    state: str = "waiting"
    """`waiting`, `answered`, `given up`, or `lost` on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money given back."""

    number: str
    """Theirs."""
    order: str
    """The merchant's."""
    amount: int
    at: datetime


@dataclass(slots=True, kw_only=True)
class Payment:
    """One order. Amounts are in fen."""

    order: str
    """The merchant's number, by which it is known everywhere here."""
    number: str
    """Theirs."""
    amount: int
    subject: str
    kind: str
    """How it is paid: NATIVE, JSAPI, precreate, page …"""
    notify: str
    made: datetime
    attach: str = ""
    payer: str = ""
    state: State = State.OPEN
    paid: datetime | None = None
    refunds: list[Refund] = field(default_factory=list[Refund])
    callbacks: list[Callback] = field(default_factory=list[Callback])

    @property
    def refunded(self) -> int:
        """What was given back so far."""
        return sum(each.amount for each in self.refunds)


@dataclass(slots=True, kw_only=True)
class Recording:
    """What a meeting left behind."""

    file: str
    """Its identifier."""
    meeting: str
    code: str
    """The number that people dial."""
    subject: str
    creator: str
    creator_name: str
    content: bytes
    media_type: str
    seconds: int
    made: datetime
    callbacks: list[Callback] = field(default_factory=list[Callback])


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One mail, or one message to a group."""

    number: str
    at: datetime
    sender: str
    to: str
    text: str
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One short message."""

    number: str
    at: datetime
    phone: str
    sign: str
    template: str
    params: dict[str, str]

    @property
    def to(self) -> str:
        """Who gets it."""
        return self.phone

    @property
    def text(self) -> str:
        """As the phone would show it; what the registered text says is not known here."""
        shown = ", ".join(f"{name}: {value}" for name, value in self.params.items())
        return f"【{self.sign}】{self.template} {shown}".rstrip()


class Book:
    """All of one account; it is gone with the process."""

    def __init__(self) -> None:
        self.payments: dict[str, Payment] = {}
        self.messages: list[Message | Note] = []
        self.recordings: dict[str, Recording] = {}
        self.faults: Counter[str] = Counter()

    def enter(self, payment: Payment) -> None:
        """A new order."""
        self.payments[payment.order] = payment
        while len(self.payments) > KEPT:
            del self.payments[next(iter(self.payments))]

    def recorded(self, recording: Recording) -> None:
        """A new recording."""
        self.recordings[recording.file] = recording
        while len(self.recordings) > MOST_RECORDINGS:
            del self.recordings[next(iter(self.recordings))]

    def sent(self, message: Message | Note) -> None:
        """A new message."""
        self.messages = [*self.messages[1 - KEPT :], message]

    def take(self, fault: str) -> bool:
        """Whether this is to go wrong now."""
        if self.faults[fault] <= 0:
            return False
        self.faults[fault] -= 1
        return True


def now() -> datetime:
    """In UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def number(digits: int) -> str:
    """Begins with the day, as theirs do."""
    start = now().astimezone(CHINA).strftime("%Y%m%d")
    return start + "".join(secrets.choice("0123456789") for _ in range(digits - len(start)))
