"""What the meeting service tells: believed when it is signed, now, and for the first time."""

import base64
import hashlib
import json
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx2
import psycopg
import pytest
from conftest import TOKEN, Stores

from lulab.clients.meeting import ForgedError, finished

PATH = "/webhooks/tencent-meeting"
TAKEN = "successfully received callback"


def signed(data: str, token: str = TOKEN, age: int = 0) -> dict[str, str]:
    stamp, nonce = str(int((time.time() - age) * 1000)), str(secrets.randbelow(10**8))
    row = "".join(sorted((token, stamp, nonce, data)))
    made = hashlib.sha1(row.encode(), usedforsecurity=False).hexdigest()
    return {"timestamp": stamp, "nonce": nonce, "signature": made}


def encoded(event: object) -> str:
    return base64.b64encode(json.dumps(event).encode()).decode()


def recorded(number: str, files: int = 1, subject: str = "周会") -> dict[str, object]:
    meeting = {"meeting_id": number, "meeting_code": "123", "subject": subject,
               "creator": {"userid": "ann", "user_name": "Ann"},
               "start_time": 1_790_000_000, "end_time": 1_790_003_600}  # fmt: skip
    listed = [{"record_file_id": f"{number}-{one}"} for one in range(files)]
    payload = [{"meeting_info": meeting, "recording_files": listed}]
    return {"event": "recording.completed", "payload": payload}


def tell(api: str, event: object) -> httpx2.Response:
    data = encoded(event)
    return httpx2.post(f"{api}{PATH}", json={"data": data}, headers=signed(data), timeout=20)


def jobs(stores: Stores, number: str) -> int:
    with psycopg.connect(stores.settings["DATABASE_URL"]) as connection:
        row = connection.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE args->>'recording' IN"
            " (SELECT r.id::text FROM recordings r JOIN meetings m ON m.id = r.meeting_id"
            "  WHERE m.number = %s)",
            (number,),
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_the_address_proves_itself(api: str) -> None:
    asked = base64.b64encode(b"abc123").decode()

    proven = httpx2.get(f"{api}{PATH}", params={"check_str": asked}, headers=signed(asked))
    forged = httpx2.get(f"{api}{PATH}", params={"check_str": asked}, headers=signed(asked, "x"))

    assert (proven.status_code, proven.text) == (200, "abc123")
    assert forged.status_code == 403


def test_a_recording_is_listed_at_once_and_has_one_job(
    api: str, ann: httpx2.Client, stores: Stores
) -> None:
    number = uuid4().hex

    assert tell(api, recorded(number, subject=number)).text == TAKEN

    [entry] = ann.get("/api/meetings", params={"q": number}).json()["meetings"]
    assert (entry["state"], entry["host"]) == ("waiting", "Ann")
    assert jobs(stores, number) == 1
    assert ann.get(f"/api/recordings/{entry['id']}/content").status_code == 404


def test_the_same_event_many_times_at_once_counts_once(api: str, stores: Stores) -> None:
    number = uuid4().hex
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: tell(api, recorded(number, files=2)), range(16)))

    assert {each.status_code for each in answers} == {200}
    assert jobs(stores, number) == 2


@pytest.mark.parametrize("wrong", ["token", "age", "data", "nothing"])
def test_what_is_not_signed_by_them_now_is_refused(api: str, stores: Stores, wrong: str) -> None:
    number = uuid4().hex
    data = encoded(recorded(number))
    headers = {
        "token": signed(data, "x" * 32),
        "age": signed(data, age=400),
        "data": signed(data + "x"),
        "nothing": {},
    }[wrong]

    answer = httpx2.post(f"{api}{PATH}", json={"data": data}, headers=headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forged")
    assert jobs(stores, number) == 0


def test_a_signature_is_good_once(api: str) -> None:
    data = encoded({"event": "meeting.started", "payload": []})
    headers = signed(data)
    statuses = [
        httpx2.post(f"{api}{PATH}", json={"data": data}, headers=headers).status_code
        for _ in range(2)
    ]

    assert statuses == [200, 403]


@pytest.mark.parametrize(
    "event",
    ["", "[]", "{}", '{"event": "recording.completed"}',
     '{"event": "recording.completed", "payload": [{}]}'],
)  # fmt: skip
def test_what_is_not_of_their_form_is_not_believed(event: str) -> None:
    with pytest.raises(ForgedError):
        finished(event)
