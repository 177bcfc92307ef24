"""Lets guests pay by Alipay: one gateway, forms signed by RSA (RSA2).

Source: Alipay open platform: common parameters, signatures, asynchronous notification.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from seaway_service.client import Call, Client, RefusedError, packed

from nutrition.clients.keys import Checker, ForgedError, Signer
from nutrition.clients.payments import Due, Paid
from nutrition.shared_settings import Shared

PART = "Alipay"
PATIENCE = timedelta(seconds=10)
SHANGHAI = timezone(timedelta(hours=8))
OK = "10000"
NO_SUCH_TRADE = "ACQ.TRADE_NOT_EXIST"
PAID_STATES = frozenset({"TRADE_SUCCESS", "TRADE_FINISHED"})
UNSIGNED = ("sign", "sign_type")
FORM = "application/x-www-form-urlencoded;charset=utf-8"


class Alipay:
    """One application of Alipay."""

    def __init__(self, settings: Shared) -> None:
        self._app = settings.ALIPAY_APP_ID
        self._signer = Signer(settings.ALIPAY_PRIVATE_KEY)
        self._checker = Checker(settings.ALIPAY_PUBLIC_KEY)
        gateway = urlsplit(settings.ALIPAY_GATEWAY_URL)
        self._path = gateway.path or "/"
        self._client = Client(PART, f"{gateway.scheme}://{gateway.netloc}", PATIENCE, retries=2)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def begin(self, due: Due) -> str:
        """Return the address in the QR code."""
        wanted = {
            "out_trade_no": due.number,
            "total_amount": yuan(due.amount_fen),
            "subject": due.title,
        }
        answer = await self._asked("alipay.trade.precreate", wanted, due.callback)
        return str(answer["qr_code"])

    async def look(self, number: str) -> Paid | None:
        """Ask whether it was paid; a trade that nobody has scanned is not there yet."""
        try:
            answer = await self._asked("alipay.trade.query", {"out_trade_no": number})
        except RefusedError as error:
            if error.code == NO_SUCH_TRADE:
                return None
            raise
        return paid(answer)

    def heard(self, _headers: Mapping[str, str], body: bytes) -> Paid | None:
        """Check a callback: its signature is over all fields but two."""
        try:
            fields = dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))
        except ValueError as error:
            raise ForgedError("the callback cannot be read") from error
        signed = joined({key: fields[key] for key in fields if key not in UNSIGNED})
        self._checker.check(signed.encode(), fields.get("sign", ""))
        if fields.get("app_id") != self._app:
            raise ForgedError("it is for somebody else")
        return paid(fields)

    async def _asked(
        self, method: str, wanted: Mapping[str, str], callback: str = ""
    ) -> dict[str, Any]:
        fields = {
            "app_id": self._app,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": datetime.now(UTC).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"),
            "version": "1.0",
            "biz_content": packed(wanted).decode(),
            **({"notify_url": callback} if callback else {}),
        }
        fields["sign"] = self._signer.sign(joined(fields))
        body = urlencode(fields).encode()
        call = Call(
            method="POST", path=f"{self._path}?charset=utf-8", body=body,
            headers={"content-type": FORM},
        )  # fmt: skip
        reply = await self._client.ask(call)
        return self._opened(method, reply.status, reply.body)

    def _opened(self, method: str, status: int, body: bytes) -> dict[str, Any]:
        """Check the answer: what is signed is its text exactly as it was sent."""
        key = method.replace(".", "_") + "_response"
        try:
            whole = json.loads(body)
            answer = whole[key]
        except (ValueError, KeyError, TypeError) as error:
            raise RefusedError(PART, status, "the answer cannot be read") from error
        if answer.get("code") != OK:
            code = str(answer.get("sub_code") or answer.get("code"))
            raise RefusedError(PART, status, str(answer.get("sub_msg") or answer.get("msg")), code)
        self._checker.check(signed_part(body.decode(), key), str(whole.get("sign", "")))
        return dict(answer)


def signed_part(text: str, key: str) -> bytes:
    """Return the text of the object under the key, to the letter."""
    start = text.index("{", text.index(f'"{key}"'))
    _, end = json.JSONDecoder().raw_decode(text, start)
    return text[start:end].encode()


def paid(fields: Mapping[str, Any]) -> Paid | None:
    """Return what was paid, if it was."""
    if fields.get("trade_status") not in PAID_STATES:
        return None
    try:
        fen = Decimal(str(fields["total_amount"])) * 100
        if fen != fen.to_integral_value():
            raise ForgedError("the amount is not one")
        return Paid(
            number=str(fields["out_trade_no"]),
            amount_fen=int(fen),
            transaction_id=str(fields["trade_no"]),
        )
    except (KeyError, InvalidOperation) as error:
        raise ForgedError("the callback lacks something") from error


def joined(fields: Mapping[str, str]) -> str:
    """Return the text that is signed: all fields that are not empty, sorted by name."""
    return "&".join(f"{key}={fields[key]}" for key in sorted(fields) if fields[key] != "")


def yuan(fen: int) -> str:
    """Return the amount as Alipay writes it: `12.50`."""
    return f"{fen // 100}.{fen % 100:02d}"
