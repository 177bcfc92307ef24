"""Aliyun's short messages as they are played: both ways of signing, each signature good once."""

import base64
import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import pytest

from tests.external.conftest import inbox, playing

KEY, SECRET, SIGN, TEMPLATE = "LTAI0123", "s" * 30, "营养餐厅", "SMS_154950909"


@pytest.fixture
async def sms():
    account = {"ACCESS_KEY": KEY, "SECRET_KEY": SECRET, "SIGNATURE": SIGN, "TEMPLATE": TEMPLATE}
    async with playing("aliyun", account) as program:
        yield program


def encoded(text: str) -> str:
    return quote(text, safe="-_.~")


def canonical(asked: dict[str, str]) -> str:
    return "&".join(f"{encoded(name)}={encoded(asked[name])}" for name in sorted(asked))


def stamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def message(**changed: str) -> dict[str, str]:
    return {"PhoneNumbers": "13800138000", "SignName": SIGN, "TemplateCode": TEMPLATE,
            "TemplateParam": json.dumps({"code": "4711"}), **changed}  # fmt: skip


def older(method: str, told: dict[str, str], **changed: str) -> dict[str, str]:
    asked = {
        "Action": "SendSms", "Version": "2017-05-25", "Format": "JSON", "AccessKeyId": KEY,
        "SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0", "Timestamp": stamp(),
        "SignatureNonce": secrets.token_hex(8), "RegionId": "cn-hangzhou", **told, **changed,
    }  # fmt: skip
    text = f"{method}&%2F&{encoded(canonical(asked))}"
    made = hmac.digest(f"{SECRET}&".encode(), text.encode(), "sha1")
    return {"Signature": base64.b64encode(made).decode(), **asked}


def newer(host: str, told: dict[str, str], body: bytes = b"") -> tuple[str, dict[str, str]]:
    headers = {
        "host": host, "x-acs-action": "SendSms", "x-acs-version": "2017-05-25",
        "x-acs-date": stamp(), "x-acs-signature-nonce": secrets.token_hex(8),
        "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
    }  # fmt: skip
    names = sorted(headers)
    lines = "".join(f"{name}:{headers[name]}\n" for name in names)
    query = canonical(told)
    text = f"POST\n/\n{query}\n{lines}\n{';'.join(names)}\n{headers['x-acs-content-sha256']}"
    signed = f"ACS3-HMAC-SHA256\n{hashlib.sha256(text.encode()).hexdigest()}"
    made = hmac.digest(SECRET.encode(), signed.encode(), "sha256").hex()
    headers["authorization"] = (
        f"ACS3-HMAC-SHA256 Credential={KEY},SignedHeaders={';'.join(names)},Signature={made}"
    )
    return f"/?{query}", headers


async def test_a_message_that_is_signed_either_way_arrives(sms):
    by_form = await sms.http.post("/", data=older("POST", message()))
    by_query = await sms.http.get(
        f"/?{urlencode(older('GET', message(), PhoneNumbers='13900139000'))}"
    )
    target, headers = newer(f"127.0.0.1:{sms.port}", message(PhoneNumbers="+8613700137000"))
    by_headers = await sms.http.post(target, headers=headers)

    answers = [each.json()["Code"] for each in (by_form, by_query, by_headers)]
    assert answers == ["OK"] * 3
    found = (await inbox(sms))["messages"]
    assert [each["phone"] for each in found] == ["+8613700137000", "13900139000", "13800138000"]
    assert found[0]["params"] == {"code": "4711"}
    assert "4711" in found[0]["text"]


async def test_a_signature_is_good_once_and_for_a_while(sms):
    told = older("POST", message())
    first = await sms.http.post("/", data=told)
    again = await sms.http.post("/", data=told)
    late = await sms.http.post("/", data=older("POST", message(), Timestamp="2026-01-01T00:00:00Z"))

    assert first.json()["Code"] == "OK"
    assert (again.status_code, again.json()["Code"]) == (400, "SignatureNonceUsed")
    assert late.json()["Code"] == "InvalidTimeStamp.Expired"
    assert len((await inbox(sms))["messages"]) == 1


async def test_what_is_signed_wrong_is_refused_and_nothing_is_sent(sms):
    forged = {**older("POST", message()), "PhoneNumbers": "13900139000"}
    unknown = older("POST", message(), AccessKeyId="LTAI9999")
    target, headers = newer(f"127.0.0.1:{sms.port}", message())
    other = target.replace("13800138000", "13900139000")

    assert (await sms.http.post("/", data=forged)).json()["Code"] == "SignatureDoesNotMatch"
    assert (await sms.http.post("/", data=unknown)).json()["Code"] == "InvalidAccessKeyId.NotFound"
    assert (await sms.http.post(other, headers=headers)).json()["Code"] == "SignatureDoesNotMatch"
    more = {**headers, "x-acs-extra": "1", "x-acs-signature-nonce": "new"}
    assert (await sms.http.post(target, headers=more)).json()["Code"] == "SignatureDoesNotMatch"
    assert (await inbox(sms))["messages"] == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"PhoneNumbers": "12345"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"SignName": "别的"}, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({"TemplateCode": "SMS_1"}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"TemplateParam": "[]"}, "isv.INVALID_JSON_PARAM"),
        ({"Action": "SendBatchSms"}, "InvalidAction.NotFound"),
    ],
)
async def test_a_message_without_sense_is_refused(sms, changed, code):
    answer = await sms.http.post("/", data=older("POST", message(), **changed))

    assert answer.json()["Code"] == code
    assert (await inbox(sms))["messages"] == []


async def test_the_inbox_is_a_page_too_and_no_other_site_may_use_it(sms):
    await sms.http.post("/", data=older("POST", message(TemplateParam='{"name": "<b>"}')))
    page = await sms.http.get("/inbox", headers={"accept": "text/html"})
    fault = {"fault": "refuse"}
    elsewhere = {"origin": "http://evil.example"}
    refused = await sms.http.post("/inbox/faults", json=fault, headers=elsewhere)

    assert "13800138000" in page.text
    assert "&lt;b&gt;" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert refused.status_code == 403
    assert (await sms.http.post("/inbox/faults", json={"fault": "fire"})).status_code == 400
