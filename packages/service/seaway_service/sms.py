"""Sends short messages by Aliyun, its requests signed by HMAC-SHA256 (ACS3).

Source: Alibaba Cloud, V3 request structure and signature; SendSms, version 2017-05-25.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

from seaway_service.client import Call, Client, RefusedError, packed

PART = "the short message service"
ALGORITHM = "ACS3-HMAC-SHA256"
PATIENCE = timedelta(seconds=10)
EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where, who and which registered text."""

    endpoint: str
    access_key: str
    secret_key: str
    signature: str
    template: str


class Sms:
    """One account of Aliyun's short messages."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._host = urlsplit(account.endpoint).netloc
        self._client = Client(PART, account.endpoint, PATIENCE)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def send(self, phone: str, params: Mapping[str, str], once: str) -> str:
        """Send the registered text with these values, and return its receipt.

        `once` is the same each time the same message is sent again.

        Raises:
            RefusedError, UnavailableError: it was not sent, or nobody knows.
        """
        query = {
            "PhoneNumbers": phone,
            "SignName": self._account.signature,
            "TemplateCode": self._account.template,
            "TemplateParam": packed(params).decode(),
            "OutId": once,
        }
        text = "&".join(f"{escaped(key)}={escaped(query[key])}" for key in sorted(query))
        call = Call(
            method="POST", path=f"/?{text}", headers=self._headers(text), repeatable=False
        )  # fmt: skip
        reply = await self._client.ask(call)
        answer = reply.json()
        if answer.get("Code") != "OK":
            said, code = str(answer.get("Message", "")), str(answer.get("Code", ""))
            raise RefusedError(PART, reply.status, said, code)
        return str(answer["BizId"])

    def _headers(self, query: str) -> dict[str, str]:
        headers = {
            "host": self._host,
            "x-acs-action": "SendSms",
            "x-acs-content-sha256": EMPTY,
            "x-acs-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": secrets.token_hex(16),
            "x-acs-version": "2017-05-25",
        }
        names = ";".join(sorted(headers))
        lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        asked = f"POST\n/\n{query}\n{lines}\n{names}\n{EMPTY}"
        to_sign = f"{ALGORITHM}\n{hashlib.sha256(asked.encode()).hexdigest()}"
        key = self._account.secret_key.encode()
        signature = hmac.new(key, to_sign.encode(), "sha256").hexdigest()
        headers["authorization"] = (
            f"{ALGORITHM} Credential={self._account.access_key},"
            f"SignedHeaders={names},Signature={signature}"
        )
        return headers


def escaped(text: str) -> str:
    """Encode as RFC 3986 has it."""
    return quote(text, safe="-_.~")
