"""Aliyun: SendSms of its short message service, with both ways of signing.

The forms are those of their public documentation, https://help.aliyun.com/zh/sms: SendSms in
version 2017-05-25, signed by HMAC-SHA1 or in the newer way, ACS3-HMAC-SHA256.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from seaway.external.book import Book, Message, now, number
from seaway.external.wire import Answer, Request, read_json

SCHEME = "ACS3-HMAC-SHA256"
FRESH = timedelta(minutes=15)
PHONE = re.compile(r"(\+?86)?1[3-9]\d{9}|00\d{8,15}|\+\d{8,15}")
MOST_PHONES = 1000
_REMEMBERED = 10_000
"""Nonces: a signature is good once."""
_EMPTY = hashlib.sha256(b"").hexdigest()


class Refused(Exception):  # noqa: N818 -- an answer, not a defect
    """An answer in the form of their errors; those about the message itself have status 200."""

    def __init__(self, code: str, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.code, self.status = code, status


@dataclass(slots=True)
class Aliyun:
    """Their side for one access key."""

    account: Mapping[str, str]
    book: Book
    _nonces: OrderedDict[str, None] = field(default_factory=OrderedDict[str, None])

    async def handle(self, request: Request) -> Answer:
        """One call of their API."""
        told: dict[str, Any] = {"RequestId": secrets.token_hex(16).upper()}
        try:
            asked = self._let_in(request)
            told |= self._send(asked)
        except Refused as error:
            body = _json({"Code": error.code, "Message": str(error), **told})
            return Answer(status=error.status, body=body)
        return Answer(body=_json(told))

    # ------------------------------------------------------------------------------ signatures

    def _let_in(self, request: Request) -> Mapping[str, str]:
        """The parameters of a call that is signed as it should be."""
        if request.headers.get("authorization", "").startswith(SCHEME):
            return self._newer(request)
        asked = request.form
        self._key(asked.get("AccessKeyId", ""))
        self._once(asked.get("Timestamp", ""), asked.get("SignatureNonce", ""))
        if asked.get("SignatureMethod") != "HMAC-SHA1":
            raise Refused("InvalidParameter.SignatureMethod", "HMAC-SHA1 is taken here.", 400)
        named = {name: value for name, value in asked.items() if name != "Signature"}
        text = f"{request.method}&%2F&{_encoded(canonical(named))}"
        key = f"{self.account['secret_key']}&".encode()
        made = base64.b64encode(hmac.digest(key, text.encode(), "sha1")).decode()
        _compare(made, asked.get("Signature", ""))
        return asked

    def _newer(self, request: Request) -> Mapping[str, str]:
        rest = request.headers["authorization"].removeprefix(SCHEME)
        parts = (part.strip().partition("=") for part in rest.split(","))
        given = {name: value for name, _, value in parts}
        headers, names = request.headers, given.get("SignedHeaders", "").split(";")
        self._key(given.get("Credential", ""))
        self._once(headers.get("x-acs-date", ""), headers.get("x-acs-signature-nonce", ""))
        body = hashlib.sha256(request.body).hexdigest() if request.body else _EMPTY
        left_out = {each for each in headers if each.startswith("x-acs-")} - set(names)
        if headers.get("x-acs-content-sha256") != body or left_out or "host" not in names:
            raise Refused("SignatureDoesNotMatch", "A header is not part of the signature.", 400)
        lines = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in names)
        text = "\n".join((
            request.method, request.target.partition("?")[0], canonical(request.query), lines,
            ";".join(names), body,
        ))  # fmt: skip
        signed = f"{SCHEME}\n{hashlib.sha256(text.encode()).hexdigest()}".encode()
        made = hmac.digest(self.account["secret_key"].encode(), signed, "sha256").hex()
        _compare(made, given.get("Signature", ""))
        return {
            **request.form, "Action": headers.get("x-acs-action", ""),
            "Version": headers.get("x-acs-version", ""),
        }  # fmt: skip

    def _key(self, given: str) -> None:
        if not hmac.compare_digest(given.encode(), self.account["access_key"].encode()):
            raise Refused("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404)

    def _once(self, stamp: str, nonce: str) -> None:
        """Fresh, and never seen."""
        try:
            at = datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError as error:
            raise Refused(
                "InvalidTimeStamp.Format", "Not like 2026-01-02T03:04:05Z.", 400
            ) from error
        if abs(now() - at) > FRESH:
            raise Refused("InvalidTimeStamp.Expired", "Specified time stamp is expired.", 400)
        if not nonce or nonce in self._nonces:
            raise Refused("SignatureNonceUsed", "Specified signature nonce was used already.", 400)
        self._nonces[nonce] = None
        if len(self._nonces) > _REMEMBERED:
            self._nonces.popitem(last=False)

    # ------------------------------------------------------------------------------ the message

    def _send(self, asked: Mapping[str, str]) -> dict[str, Any]:
        if self.book.take("refuse"):
            raise Refused("ServiceUnavailable", "The request has failed.", 503)
        if (asked.get("Action"), asked.get("Version")) != ("SendSms", "2017-05-25"):
            raise Refused("InvalidAction.NotFound", "Only SendSms of 2017-05-25 is here.", 404)
        phones = [each.strip() for each in asked.get("PhoneNumbers", "").split(",")]
        if len(phones) > MOST_PHONES or not all(PHONE.fullmatch(each) for each in phones):
            raise Refused("isv.MOBILE_NUMBER_ILLEGAL", "手机号码格式错误")
        if asked.get("SignName") != self.account["signature"]:
            raise Refused("isv.SMS_SIGNATURE_ILLEGAL", "账号下找不到对应签名")
        if asked.get("TemplateCode") != self.account["template"]:
            raise Refused("isv.SMS_TEMPLATE_ILLEGAL", "账号下找不到对应编码的模板")
        params, sent = _params(asked.get("TemplateParam", "") or "{}"), number(20)
        for phone in phones:
            self.book.sent(Message(
                number=sent, at=now(), phone=phone, sign=asked["SignName"],
                template=asked["TemplateCode"], params=params,
            ))  # fmt: skip
        return {"Code": "OK", "Message": "OK", "BizId": f"{sent}^0"}


def canonical(asked: Mapping[str, str]) -> str:
    """The parameters in order, percent-encoded as RFC 3986 has it."""
    return "&".join(f"{_encoded(name)}={_encoded(asked[name])}" for name in sorted(asked))


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")


def _compare(made: str, given: str) -> None:
    if not hmac.compare_digest(made.encode(), given.encode()):
        raise Refused("SignatureDoesNotMatch", "Specified signature is not matched.", 400)


def _params(text: str) -> dict[str, str]:
    told = read_json(text)
    if told is None:
        raise Refused("isv.INVALID_JSON_PARAM", "参数格式错误，请修改为字符串值")
    return {str(name): str(value) for name, value in told.items()}


def _json(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode()
