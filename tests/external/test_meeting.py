"""Tencent Meeting as it is played: signed questions, signed events, addresses for a while."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

import pytest

from seaway.external.wire import Answer, Request
from tests.external.conftest import inbox, listening, playing

APP, SDK, KEY, SECRET, TOKEN = "210000001", "19000001", "AKIDmeeting01", "s" * 32, "t" * 24
ACCOUNT = {"APP_ID": APP, "SDK_ID": SDK, "SECRET_ID": KEY, "SECRET_KEY": SECRET, "TOKEN": TOKEN}


def headers(target: str, key: str = SECRET, **changed: str) -> dict[str, str]:
    told = {"AppId": APP, "SdkId": SDK, "X-TC-Key": KEY, "X-TC-Timestamp": str(int(time.time())),
            "X-TC-Nonce": str(secrets.randbelow(10**9)), **changed}  # fmt: skip
    signed = f"X-TC-Key={told['X-TC-Key']}&X-TC-Nonce={told['X-TC-Nonce']}"
    text = f"GET\n{signed}&X-TC-Timestamp={told['X-TC-Timestamp']}\n{target}\n"
    made = hmac.digest(key.encode(), text.encode(), "sha256").hex().encode()
    return {**told, "X-TC-Signature": base64.b64encode(made).decode()}


def event_signature(told: Mapping[str, str], data: str) -> str:
    row = "".join(sorted((TOKEN, told["timestamp"], told["nonce"], data)))
    return hashlib.sha1(row.encode(), usedforsecurity=False).hexdigest()


def obedient(request: Request) -> Answer:
    """An application that does as their documentation says."""
    if request.method == "GET":
        asked = parse_qs(urlsplit(request.target).query)["check_str"][0]
        assert request.headers["signature"] == event_signature(request.headers, asked)
        return Answer(body=base64.b64decode(asked), kind="text/plain")
    return Answer(body=b"successfully received callback", kind="text/plain")


@pytest.fixture
async def app():
    async with listening() as listener:
        listener.answers = obedient
        yield listener


@pytest.fixture
async def meeting(app):
    async with playing("tencent-meeting", {**ACCOUNT, "WEBHOOK": app.url}) as program:
        yield program


async def finished(program, **told: object) -> dict:
    answer = await program.http.post("/inbox/recordings", json=told)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_address_proves_itself_once_and_then_gets_signed_events(meeting, app):
    made = await finished(meeting, subject="周会")
    await app.until(2)
    await finished(meeting, subject="again")
    question, event, *_ = await app.until(3)

    assert [each.method for each in app.came] == ["GET", "POST", "POST"]
    assert question.body == b""
    data = json.loads(event.body)["data"]
    assert event.headers["signature"] == event_signature(event.headers, data)
    told = json.loads(base64.b64decode(data))
    assert told["event"] == "recording.completed"
    assert told["payload"][0]["meeting_info"]["subject"] == "周会"
    assert told["payload"][0]["recording_files"] == [{"record_file_id": made["id"]}]


async def test_an_address_that_does_not_answer_the_question_gets_no_event(meeting, app):
    app.answers = lambda _: Answer(body=b"hello", kind="text/plain")
    made = await finished(meeting)
    await app.until(4)

    assert {each.method for each in app.came} == {"GET"}
    [found] = [one for one in (await inbox(meeting))["recordings"] if one["id"] == made["id"]]
    assert "did not prove itself" in found["callbacks"][0]["tries"][0]["outcome"]


async def test_an_event_that_is_not_taken_comes_again_signed_anew(meeting, app):
    app.answers = lambda it: obedient(it) if it.method == "GET" else Answer(status=500)
    await finished(meeting)
    _, first, second, *_ = await app.until(3)

    assert json.loads(first.body) == json.loads(second.body)
    assert first.headers["nonce"] != second.headers["nonce"]


async def test_who_signs_gets_an_address_and_with_it_the_recording(meeting):
    content = b"RIFF" + secrets.token_bytes(400)
    made = await finished(
        meeting, creator="ann", content=base64.b64encode(content).decode(), media_type="audio/wav"
    )
    target = f"/v1/addresses/{made['id']}?userid=ann"
    told = (await meeting.http.get(target, headers=headers(target))).json()
    got = await meeting.http.get(told["download_address"])

    assert told["record_file_id"] == made["id"]
    assert told["download_address_file_type"] == "wav"
    assert got.content == content
    forged = told["download_address"].rpartition("=")[0] + "=guessed"
    assert (await meeting.http.get(forged)).status_code == 403


async def test_a_wrong_an_old_and_a_used_signature_are_refused(meeting):
    made = await finished(meeting, creator="ann")
    target = f"/v1/addresses/{made['id']}?userid=ann"
    good = headers(target)

    async def code(told: dict[str, str], where: str = target) -> int:
        answer = await meeting.http.get(where, headers=told)
        return answer.json().get("error_info", {}).get("error_code", 0)

    assert await code(good) == 0
    assert await code(good) == 190305, "a signature is good once"
    assert await code(headers(target, key="x" * 32)) == 190303
    assert await code(headers(target), target.replace("ann", "bob")) == 190303
    assert await code(headers(target, **{"X-TC-Timestamp": "1700000000"})) == 190305
    assert await code(headers(target, AppId="1")) == 190300
    other = target.replace("ann", "bob")
    assert await code(headers(other), other) == 200004, "it is somebody else's"


async def test_a_person_finishes_a_recording_by_a_button_and_no_other_site_can(meeting):
    page = await meeting.http.get("/inbox", headers={"accept": "text/html"})
    form = {"subject": "<b>会"}
    asked = {"accept": "text/html", "origin": meeting.url}
    done = await meeting.http.post("/inbox/recordings", data=form, headers=asked)
    other = {**asked, "origin": "http://evil.example"}

    assert "结束一场录制" in page.text
    assert done.status_code == 303
    refused = await meeting.http.post("/inbox/recordings", data=form, headers=other)
    assert refused.status_code == 403
    shown = await meeting.http.get("/inbox", headers={"accept": "text/html"})
    assert "&lt;b&gt;会" in shown.text
