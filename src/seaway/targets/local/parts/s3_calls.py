"""Signed calls to an S3 server on this machine: the few that settling and checking need."""

import asyncio
import base64
import hashlib
import http.client
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from seaway.wire.signature import signed

PATIENCE = 2.0
"""Seconds for one answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where, and as whom."""

    host: str
    port: int
    region: str
    access_key: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body; no status is an error here."""

    status: int
    body: str

    @property
    def good(self) -> bool:
        """Whether what was asked for is done."""
        return 200 <= self.status < 300  # noqa: PLR2004 -- RFC 9110


async def call(
    server: Server, method: str, path: str = "/", query: str = "", body: str = ""
) -> Answer:
    """One request; `query` is `name` or `name=value`, already as it is sent.

    Raises:
        OSError: nobody listens there, it hung up, or did not answer in time.
    """
    return await asyncio.to_thread(_called, server, method, (path, query), body.encode())


def _called(server: Server, method: str, where: tuple[str, str], body: bytes) -> Answer:
    path, query = quote(where[0]), where[1]
    query = query if "=" in query or not query else f"{query}="
    connection = http.client.HTTPConnection(server.host, server.port, timeout=PATIENCE)
    try:
        checksum = hashlib.md5(body, usedforsecurity=False).digest()
        headers = signed(
            (server.access_key, server.secret_key), server.region, (method, path, query), body,
            {"content-md5": base64.b64encode(checksum).decode(),
             "host": f"{server.host}:{server.port}",
             "x-amz-date": datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")},
        )  # fmt: skip
        connection.request(method, f"{path}?{query}" if query else path, body, headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.read().decode(errors="replace"))
    except http.client.HTTPException as error:
        raise ConnectionResetError(str(error) or type(error).__name__) from error
    finally:
        connection.close()
