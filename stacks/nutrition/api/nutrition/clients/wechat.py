"""Lets guests pay by WeChat: its API v3, requests and answers signed by RSA.

Source: WeChat Pay merchant documentation, API v3: signatures, callbacks, native payment.
"""

import base64
import json
import secrets
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from seaway_service.client import JSON, Call, Client, Reply, packed, refuse

from nutrition.clients.keys import Checker, ForgedError, Signer
from nutrition.clients.payments import Due, Paid
from nutrition.shared_settings import Shared

PART = "WeChat Pay"
SCHEME = "WECHATPAY2-SHA256-RSA2048"
PATIENCE = timedelta(seconds=10)
OLDEST_SECONDS = 300
SUCCESS = "SUCCESS"


class WeChat:
    """One merchant of WeChat Pay."""

    def __init__(self, settings: Shared) -> None:
        self._settings = settings
        self._signer = Signer(settings.WECHAT_PAY_PRIVATE_KEY)
        self._checker = Checker(settings.WECHAT_PAY_PUBLIC_KEY)
        self._client = Client(PART, settings.WECHAT_PAY_BASE_URL, PATIENCE, retries=2)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def begin(self, due: Due) -> str:
        """Return the address in the QR code; the same number again gives the same payment."""
        body = packed(
            {
                "appid": self._settings.WECHAT_PAY_APP_ID,
                "mchid": self._settings.WECHAT_PAY_MCH_ID,
                "description": due.title,
                "out_trade_no": due.number,
                "notify_url": due.callback,
                "amount": {"total": due.amount_fen, "currency": "CNY"},
            }
        )
        answer = await self._asked("POST", "/v3/pay/transactions/native", body)
        return str(answer["code_url"])

    async def look(self, number: str) -> Paid | None:
        """Ask whether it was paid."""
        merchant = self._settings.WECHAT_PAY_MCH_ID
        path = f"/v3/pay/transactions/out-trade-no/{number}?mchid={merchant}"
        return self._paid(await self._asked("GET", path))

    def heard(self, headers: Mapping[str, str], body: bytes) -> Paid | None:
        """Check a callback, and open what is in it."""
        self._check(headers, body)
        try:
            told = json.loads(body)
            sealed = told["resource"]
            opened = AESGCM(self._settings.WECHAT_PAY_API_KEY.encode()).decrypt(
                sealed["nonce"].encode(),
                base64.b64decode(sealed["ciphertext"], validate=True),
                sealed["associated_data"].encode(),
            )
            payment = json.loads(opened)
        except (InvalidTag, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ForgedError("the callback cannot be opened") from error
        return self._paid(payment)

    def _paid(self, payment: Mapping[str, Any]) -> Paid | None:
        if payment.get("trade_state") != SUCCESS:
            return None
        own = self._settings.WECHAT_PAY_MCH_ID, self._settings.WECHAT_PAY_APP_ID
        if (payment.get("mchid"), payment.get("appid")) != own:
            raise ForgedError("it is for somebody else")
        amount = payment["amount"]
        if amount.get("currency", "CNY") != "CNY":
            raise ForgedError("it is in another currency")
        return Paid(
            number=str(payment["out_trade_no"]),
            amount_fen=int(amount["total"]),
            transaction_id=str(payment["transaction_id"]),
        )

    async def _asked(self, method: str, path: str, body: bytes = b"") -> dict[str, Any]:
        headers = {
            "authorization": self._authorization(method, path, body),
            "accept": JSON,
            "content-type": JSON,
            "user-agent": "nutrition",
        }
        reply = await self._client.ask(Call(method=method, path=path, body=body, headers=headers))
        refuse(PART, worded(reply))
        self._check(reply.headers, reply.body)
        return reply.json()

    def _authorization(self, method: str, path: str, body: bytes) -> str:
        moment, nonce = str(int(time.time())), secrets.token_hex(16)
        signed = self._signer.sign(f"{method}\n{path}\n{moment}\n{nonce}\n{body.decode()}\n")
        return (
            f'{SCHEME} mchid="{self._settings.WECHAT_PAY_MCH_ID}",nonce_str="{nonce}",'
            f'signature="{signed}",timestamp="{moment}",'
            f'serial_no="{self._settings.WECHAT_PAY_SERIAL_NO}"'
        )

    def _check(self, headers: Mapping[str, str], body: bytes) -> None:
        found = {name.lower(): value for name, value in headers.items()}
        moment, nonce = found.get("wechatpay-timestamp", ""), found.get("wechatpay-nonce", "")
        wanted = self._settings.WECHAT_PAY_PUBLIC_KEY_ID
        if wanted and found.get("wechatpay-serial") != wanted:
            raise ForgedError("it is signed by a key that is not known")
        if not moment.isdigit() or abs(time.time() - int(moment)) > OLDEST_SECONDS:
            raise ForgedError("it is not of now")
        signed = f"{moment}\n{nonce}\n".encode() + body + b"\n"
        self._checker.check(signed, found.get("wechatpay-signature", ""))


def worded(reply: Reply) -> Reply:
    """Return a refusal in the shape of all others: WeChat puts code and message on top."""
    said = reply.json()
    if "error" in said or "message" not in said:
        return reply
    shaped = packed({"error": {"code": said.get("code", ""), "message": said["message"]}})
    return Reply(status=reply.status, headers=reply.headers, body=shaped)
