"""Meeting: Tencent Meeting for one application: recordings, their addresses, and their events.

The forms are those of their public documentation: the REST API with its JWT-named signature
(https://cloud.tencent.com/document/product/1095/42413), the check of a webhook's address
(https://cloud.tencent.com/document/product/1095/51611) and the signature of its events
(https://cloud.tencent.com/document/product/1095/51612). Events are not encrypted: no
EncodingAESKey is set.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from seaway.external.book import Book, Callback, Recording, now
from seaway.external.postman import Letter, Postman
from seaway.external.wire import Answer, Json, Request

FRESH = 300
"""Seconds for which a signature of a request is good, as their documentation says."""
WAITS = (5, 5, 5)
"""Seconds between tries of an event."""
LINK = 6 * 3600
"""Seconds for which an address for downloading is good."""
TAKEN = b"successfully received callback"
"""What an application answers to an event."""
_REMEMBERED = 10_000


class Refused(Exception):  # noqa: N818 -- an answer, not a defect
    """An answer in the form of their errors."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


@dataclass(slots=True)
class Meeting:
    """Their side for one application of one company."""

    account: Mapping[str, str]
    book: Book
    postman: Postman
    _nonces: OrderedDict[str, None] = field(default_factory=OrderedDict[str, None])
    _links: dict[str, float] = field(default_factory=dict[str, float])

    async def handle(self, request: Request) -> Answer:
        """One call of their API, or a download."""
        try:
            if request.path.startswith("/download/"):
                return self._downloaded(request)
            self._let_in(request)
            return Answer(body=_json(self._answer(request)))
        except Refused as error:
            told = {"error_info": {"error_code": error.code, "message": str(error)}}
            return Answer(status=error.status, body=_json(told))

    # ------------------------------------------------------------------------------ signatures

    def _let_in(self, request: Request) -> None:
        headers = request.headers
        stamp, nonce = headers.get("x-tc-timestamp", ""), headers.get("x-tc-nonce", "")
        known = (headers.get("appid"), headers.get("x-tc-key")) == (
            self.account["app_id"], self.account["secret_id"],
        )  # fmt: skip
        if not known or headers.get("sdkid", "") not in {"", self.account["sdk_id"]}:
            raise Refused(401, 190300, "应用不存在 no such application")
        made = signature(self.account["secret_key"], request, (stamp, nonce))
        if not hmac.compare_digest(made.encode(), headers.get("x-tc-signature", "").encode()):
            raise Refused(401, 190303, "签名错误 the signature does not fit")
        fresh = stamp.isdecimal() and abs(time.time() - int(stamp[:12])) <= FRESH
        if not fresh or not nonce.isdecimal() or f"{stamp} {nonce}" in self._nonces:
            raise Refused(401, 190305, "签名已过期或已使用 the signature is old or was used")
        self._nonces[f"{stamp} {nonce}"] = None
        if len(self._nonces) > _REMEMBERED:
            self._nonces.popitem(last=False)

    # ------------------------------------------------------------------------------ recordings

    def _answer(self, request: Request) -> Json:
        if self.book.take("refuse"):
            raise Refused(500, 500000, "服务异常 the service has failed")
        match request.method, request.path.strip("/").split("/"):
            case "GET", ["v1", "addresses", file]:
                return self._addresses(self._found(file), request)
            case _:
                raise Refused(404, 404, "没有这个接口 there is no such call")

    def _found(self, file: str) -> Recording:
        found = self.book.recordings.get(file)
        if found is None:
            raise Refused(400, 200003, "录制文件不存在 there is no such recording")
        return found

    def _addresses(self, found: Recording, request: Request) -> Json:
        if request.query.get("userid") != found.creator:
            raise Refused(403, 200004, "没有权限 only who made it may have it")
        key = secrets.token_urlsafe(24)
        self._links = {one: end for one, end in self._links.items() if end > time.time()}
        self._links[key] = time.time() + LINK
        link = f"http://{request.headers.get('host', '')}/download/{quote(found.file)}"
        where = f"{link}?{urlencode({'token': key})}"
        kind = found.media_type.rpartition("/")[2]
        return {
            "meeting_id": found.meeting, "meeting_code": found.code, "record_file_id": found.file,
            "view_address": f"{where}&view=1", "download_address": where,
            "download_address_file_type": kind, "audio_address": where,
            "audio_address_file_type": kind, "record_name": found.subject,
            "meeting_record_name": found.subject,
            "start_time": str(int(found.made.timestamp() - found.seconds) * 1000),
            "end_time": str(int(found.made.timestamp()) * 1000),
        }  # fmt: skip

    def _downloaded(self, request: Request) -> Answer:
        if self._links.get(request.query.get("token", ""), 0) < time.time():
            raise Refused(403, 403, "链接已失效 the address is not good any more")
        found = self._found(request.path.removeprefix("/download/"))
        digest = hashlib.md5(found.content, usedforsecurity=False).hexdigest()
        return Answer(body=found.content, kind=found.media_type, headers={"etag": f'"{digest}"'})

    # ---------------------------------------------------------------------------------- events

    def finished(self, recording: Recording) -> None:
        """A recording is there: keep it, and tell the application."""
        self.book.recorded(recording)
        where = self.account.get("webhook", "")
        if not where:
            return
        callback = Callback(about="recording.completed", url=where)
        recording.callbacks.append(callback)
        event = self._event(recording)
        letter = Letter(
            write=lambda: self._written(event), waits=WAITS,
            good=lambda status, said: status == 200 and said.strip(b'" \r\n') == TAKEN,  # noqa: PLR2004
            before=lambda: self._question(where),
        )  # fmt: skip
        self.postman.send(callback, letter)

    def _event(self, found: Recording) -> bytes:
        who = {"userid": found.creator, "user_name": found.creator_name, "uuid": found.creator}
        start = int(found.made.timestamp() - found.seconds)
        return _json({
            "event": "recording.completed",
            "trace_id": secrets.token_hex(16),
            "payload": [{
                "operate_time": int(found.made.timestamp() * 1000),
                "operator": who,
                "meeting_info": {
                    "meeting_id": found.meeting, "meeting_code": found.code,
                    "subject": found.subject, "creator": who, "meeting_type": 0,
                    "start_time": start, "end_time": int(found.made.timestamp()),
                },
                "recording_files": [{"record_file_id": found.file}],
            }],
        })  # fmt: skip

    def _written(self, event: bytes) -> tuple[bytes, Mapping[str, str]]:
        data = base64.b64encode(event).decode()
        headers = {"content-type": "application/json", **self._signed(data)}
        return _json({"data": data}), headers

    def _question(self, where: str) -> tuple[str, Mapping[str, str], bytes]:
        """What they ask an address before they trust it: the address, the headers, the answer."""
        expected = secrets.token_hex(8).encode()
        asked = base64.b64encode(expected).decode()
        return f"{where}?{urlencode({'check_str': asked})}", self._signed(asked), expected

    def _signed(self, data: str) -> Mapping[str, str]:
        stamp, nonce = str(int(time.time() * 1000)), str(secrets.randbelow(10**8))
        made = event_signature(self.account["token"], stamp, nonce, data)
        return {"timestamp": stamp, "nonce": nonce, "signature": made}


def signature(key: str, request: Request, signed: tuple[str, str]) -> str:
    """Of a request; `signed` are its time stamp and its nonce. The hexadecimal text is encoded."""
    stamp, nonce = signed
    secret_id = request.headers.get("x-tc-key", "")
    row = f"X-TC-Key={secret_id}&X-TC-Nonce={nonce}&X-TC-Timestamp={stamp}"
    text = f"{request.method}\n{row}\n{request.target}\n".encode() + request.body
    return base64.b64encode(hmac.digest(key.encode(), text, "sha256").hex().encode()).decode()


def event_signature(token: str, stamp: str, nonce: str, data: str) -> str:
    """Of an event or a question: SHA-1 of the four texts in their order as strings."""
    row = "".join(sorted((token, stamp, nonce, data)))
    return hashlib.sha1(row.encode(), usedforsecurity=False).hexdigest()


def recording(told: Json) -> Recording:
    """As somebody describes it; what is not said is made up.

    Raises:
        ValueError: the content is not base64.
    """
    try:
        content = base64.b64decode(str(told.get("content", "")), validate=True)
    except binascii.Error as error:
        raise ValueError("content is not base64") from error
    made = secrets.randbelow
    return Recording(
        file=str(10**18 + made(9 * 10**18)), meeting=str(10**18 + made(9 * 10**18)),
        code=str(10**8 + made(9 * 10**8)), subject=str(told.get("subject") or "周会 Weekly"),
        creator=str(told.get("creator") or "tester"),
        creator_name=str(told.get("creator_name") or told.get("creator") or "tester"),
        content=content or spoken(str(told.get("said") or "")),
        media_type=str(told.get("media_type") or "audio/wav"),
        seconds=int(told.get("seconds") or 60), made=now(),
    )  # fmt: skip


def spoken(said: str, seconds: int = 1, rate: int = 8000) -> bytes:
    """A silent wave file, 16 bit, one channel, whose comment holds what would be said in it.

    The stand-in of a speech model reads the comment out.
    """
    data = bytes(2 * rate * seconds)

    def number(value: int, width: int = 4) -> bytes:
        return value.to_bytes(width, "little")

    def chunk(name: bytes, content: bytes) -> bytes:
        return name + number(len(content)) + content + bytes(len(content) % 2)

    form = number(1, 2) + number(1, 2) + number(rate) + number(2 * rate)
    whole = b"WAVE" + chunk(b"fmt ", form + number(2, 2) + number(16, 2))
    if said:
        whole += chunk(b"LIST", b"INFO" + chunk(b"ICMT", said.encode() + b"\0"))
    return chunk(b"RIFF", whole + chunk(b"data", data))


def _json(told: Json) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
