"""Bucket: keeps, gives and deletes objects of an S3 store (AWS Signature Version 4)."""

import asyncio
import hashlib
import hmac
import http.client
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from seaway.ai.vision.settings import Bucket

PATIENCE = 10.0
"""Seconds for one answer."""
_TRIES = 2
"""A store that is being replaced hangs up once."""


class Unreachable(Exception):  # noqa: N818 -- said as it is
    """The store gives no answer, or one that is of no use."""


@dataclass(frozen=True, slots=True)
class Object:
    """One object."""

    data: bytes
    kind: str


class Objects:
    """One bucket."""

    def __init__(self, bucket: Bucket) -> None:
        """Only addresses.

        Raises:
            ValueError: the endpoint is none.
        """
        place = urlsplit(bucket.endpoint)
        if place.scheme not in {"http", "https"} or not place.hostname:
            raise ValueError(bucket.endpoint)
        self._bucket, self._host = bucket, place.netloc
        self._kind = (
            http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        )

    async def put(self, name: str, body: bytes, kind: str) -> None:
        """Keep it.

        Raises:
            Unreachable: it is not kept.
        """
        status, _ = await self._called("PUT", name, body, kind)
        if status != http.HTTPStatus.OK:
            raise Unreachable(f"put: {status}")

    async def get(self, name: str) -> Object | None:
        """It, if it is there.

        Raises:
            Unreachable: nobody knows.
        """
        status, found = await self._called("GET", name)
        if status == http.HTTPStatus.NOT_FOUND:
            return None
        if status != http.HTTPStatus.OK:
            raise Unreachable(f"get: {status}")
        return found

    async def delete(self, name: str) -> None:
        """See that it is not there.

        Raises:
            Unreachable: it may be there still.
        """
        status, _ = await self._called("DELETE", name)
        if status not in {http.HTTPStatus.NO_CONTENT, http.HTTPStatus.NOT_FOUND}:
            raise Unreachable(f"delete: {status}")

    async def _called(
        self, method: str, name: str, body: bytes = b"", kind: str = ""
    ) -> tuple[int, Object]:
        for left in reversed(range(_TRIES)):
            try:
                return await asyncio.to_thread(self._call, method, name, body, kind)
            except (OSError, http.client.HTTPException) as error:
                if not left:
                    raise Unreachable(str(error) or type(error).__name__) from error
        raise AssertionError

    def _call(self, method: str, name: str, body: bytes, kind: str) -> tuple[int, Object]:
        path = f"/{self._bucket.name}/{quote(name)}"
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        headers = self._signed(method, path, body, now)
        if kind:
            headers["content-type"] = kind
        connection = self._kind(self._host, timeout=PATIENCE)
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, Object(answer.read(), answer.headers.get("content-type", ""))
        finally:
            connection.close()

    def _signed(self, method: str, path: str, body: bytes, now: str) -> dict[str, str]:
        digest = hashlib.sha256(body).hexdigest()
        headers = {"host": self._host, "x-amz-content-sha256": digest, "x-amz-date": now}
        names = ";".join(headers)
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        canonical = f"{method}\n{path}\n\n{lines}\n{names}\n{digest}"
        scope = f"{now[:8]}/{self._bucket.region}/s3/aws4_request"
        key = f"AWS4{self._bucket.secret_key}".encode()
        for word in scope.split("/"):
            key = hmac.digest(key, word.encode(), "sha256")
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashed}"
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self._bucket.access_key}/{scope},"
            f" SignedHeaders={names}, Signature={hmac.digest(key, text.encode(), 'sha256').hex()}"
        )
        return headers
