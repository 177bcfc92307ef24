"""Keeps the pictures of dishes in one bucket of an S3 object store."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from seaway_service.client import Call, Client, Reply
from seaway_service.errors import NotThereError, UnavailableError
from seaway_service.signing import Credentials, Unsigned, encoded_path, signed_headers

PART = "the object store"
PATIENCE = timedelta(seconds=15)
NOT_FOUND = 404


class Objects:
    """A bucket; every failure is one of `stores.errors`."""

    def __init__(self, endpoint: str, bucket: str, credentials: Credentials) -> None:
        self._host = urlsplit(endpoint).netloc
        self._bucket, self._credentials = bucket, credentials
        self._client = Client(PART, endpoint, PATIENCE, retries=1)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def check(self) -> None:
        """Return if the bucket is there and may be used."""
        await self._asked("HEAD", "")

    async def put(self, key: str, body: bytes, media_type: str) -> None:
        """Keep an object, in place of the one before."""
        await self._asked("PUT", key, body, {"content-type": media_type})

    async def get(self, key: str) -> Reply:
        """Return an object.

        Raises:
            NotThereError: there is none.
        """
        return await self._asked("GET", key)

    async def _asked(
        self, method: str, key: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Reply:
        path = f"/{self._bucket}/{key}".rstrip("/")
        unsigned = Unsigned(
            method=method,
            path=path,
            query={},
            headers={**(headers or {}), "host": self._host, "content-length": str(len(body))},
            payload_hash=hashlib.sha256(body).hexdigest(),
        )
        signed = signed_headers(unsigned, self._credentials, datetime.now(UTC))
        call = Call(method=method, path=encoded_path(path), body=body, headers=signed)
        reply = await self._client.ask(call)
        if reply.status == NOT_FOUND:
            raise NotThereError
        if reply.status >= 300:  # noqa: PLR2004
            raise UnavailableError(PART)
        return reply
