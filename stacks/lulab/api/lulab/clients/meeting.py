"""Tencent Meeting: checks its events, and asks it where recordings are.

Sources: https://cloud.tencent.com/document/product/1095/51612 (signature of events) and
https://cloud.tencent.com/document/product/1095/42413 (signature of requests).
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from seaway_service.client import Call, Client

from lulab.shared_settings import Shared
from lulab.stores.meetings import Finished

PART = "the meeting service"
PATIENCE = timedelta(seconds=30)
FRESH_SECONDS = 300
COMPLETED = "recording.completed"


class ForgedError(Exception):
    """It does not come from the meeting service, or not now."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What an event is signed with: its time in milliseconds, a number, and the signature."""

    timestamp: str
    nonce: str
    signature: str

    @staticmethod
    def of(headers: Mapping[str, str]) -> "Signed":
        """Read the headers of an event."""
        return Signed(
            headers.get("timestamp", ""), headers.get("nonce", ""), headers.get("signature", "")
        )


@dataclass(frozen=True, slots=True)
class Found:
    """Where a recording can be had for some hours, and of which kind it is."""

    url: str
    media_type: str


class Meeting:
    """One application of one company."""

    def __init__(self, settings: Shared) -> None:
        self._settings = settings
        self._client = Client(PART, settings.TENCENT_MEETING_URL, PATIENCE, retries=2)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    def check(self, signed: Signed, data: str) -> None:
        """Return if they have signed it, and not long ago.

        Raises:
            ForgedError: it was somebody else, or too long ago.
        """
        row = sorted((self._settings.TENCENT_MEETING_TOKEN, signed.timestamp, signed.nonce, data))
        made = hashlib.sha1("".join(row).encode(), usedforsecurity=False).hexdigest()
        if not hmac.compare_digest(made.encode(), signed.signature.encode()):
            raise ForgedError("the signature does not fit")
        stamp = signed.timestamp
        if not stamp.isdecimal() or abs(time.time() - int(stamp[:15]) / 1000) > FRESH_SECONDS:
            raise ForgedError("the signature is too old")

    async def found(self, file: str, host: str) -> Found:
        """Ask where a recording is.

        Raises:
            RefusedError, UnavailableError: they do not tell.
        """
        path = f"/v1/addresses/{quote(file, safe='')}?userid={quote(host, safe='')}"
        # asked again it is signed again: a signature is good once
        call = Call(method="GET", path=path, headers=self._headers("GET", path), repeatable=False)
        told = await self._client.json(call)
        kind = str(told.get("download_address_file_type", ""))
        return Found(str(told["download_address"]), KINDS.get(kind, "application/octet-stream"))

    @asynccontextmanager
    async def content(self, found: Found) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a recording for reading; their addresses may lead to another host."""
        parts = urlsplit(found.url)
        client = Client(PART, f"{parts.scheme}://{parts.netloc}", PATIENCE)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        try:
            async with client.stream(Call(method="GET", path=path)) as pieces:
                yield pieces
        finally:
            await client.close()

    def _headers(self, method: str, path: str) -> dict[str, str]:
        told = self._settings
        stamp, nonce = str(int(time.time())), str(secrets.randbelow(10**9))
        key = told.TENCENT_MEETING_SECRET_ID
        signed = f"X-TC-Key={key}&X-TC-Nonce={nonce}&X-TC-Timestamp={stamp}"
        text = f"{method}\n{signed}\n{path}\n".encode()
        made = hmac.digest(told.TENCENT_MEETING_SECRET.encode(), text, "sha256").hex()
        return {
            "content-type": "application/json", "AppId": told.TENCENT_MEETING_APP_ID,
            "SdkId": told.TENCENT_MEETING_SDK_ID, "X-TC-Key": key, "X-TC-Nonce": nonce,
            "X-TC-Timestamp": stamp,
            "X-TC-Signature": base64.b64encode(made.encode()).decode(),
        }  # fmt: skip


KINDS = {"wav": "audio/wav", "mp3": "audio/mpeg", "m4a": "audio/mp4", "mp4": "video/mp4"}


def decoded(data: str) -> str:
    """Return what they have encoded.

    Raises:
        ForgedError: it is not encoded as they do.
    """
    try:
        return base64.b64decode(data, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ForgedError("it is not base64 of a text") from error


def finished(event: str) -> Finished | None:
    """Return what an event tells of a recording; None for all other events.

    Raises:
        ForgedError: it is not of their form.
    """
    try:
        told: dict[str, Any] = json.loads(event)
        if told["event"] != COMPLETED:
            return None
        payload = told["payload"][0]
        meeting = payload["meeting_info"]
        creator = meeting["creator"]
        return Finished(
            number=str(meeting["meeting_id"]), code=str(meeting["meeting_code"]),
            subject=str(meeting["subject"])[:500], host=str(creator.get("user_name", ""))[:200],
            host_id=str(creator["userid"]),
            started_at=datetime.fromtimestamp(int(meeting["start_time"]), UTC),
            ended_at=datetime.fromtimestamp(int(meeting["end_time"]), UTC),
            files=tuple(str(each["record_file_id"]) for each in payload["recording_files"]),
        )  # fmt: skip
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
        raise ForgedError("it is not of the form of their events") from error
