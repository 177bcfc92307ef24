"""Signed calls to an S3 server on this machine: the few that settling and checking need."""

import asyncio
import base64
import hashlib
import hmac
import http.client
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

SERVICE = "s3"
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
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        headers = _signed(server, (method, path, query), body, now)
        connection.request(method, f"{path}?{query}" if query else path, body, headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.read().decode(errors="replace"))
    except http.client.HTTPException as error:
        raise ConnectionResetError(str(error) or type(error).__name__) from error
    finally:
        connection.close()


def _signed(server: Server, request: tuple[str, str, str], body: bytes, now: str) -> dict[str, str]:
    """The headers that prove who asks (AWS Signature Version 4)."""
    digest = hashlib.sha256(body).hexdigest()
    headers = {
        "content-md5": base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode(),
        "host": f"{server.host}:{server.port}",
        "x-amz-content-sha256": digest,
        "x-amz-date": now,
    }
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = "\n".join((*request, lines, names, digest))
    scope = f"{now[:8]}/{server.region}/{SERVICE}/aws4_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{server.secret_key}".encode()
    for word in scope.split("/"):
        key = hmac.digest(key, word.encode(), "sha256")
    text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashed}"
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={server.access_key}/{scope},"
        f" SignedHeaders={names}, Signature={signature}"
    )
    return headers
