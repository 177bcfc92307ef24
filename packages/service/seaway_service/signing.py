"""Signs requests to the object store with AWS Signature Version 4.

Why not an SDK: the smallest one that can upload the parts of one file through several replicas
takes over a second to import, longer than all the rest of this API.
Source: "Signature Version 4 signing process", AWS General Reference; its examples are in the tests.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

UNSIGNED = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A key pair of the object store and the region it is used in."""

    access_key: str
    secret_key: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsigned:
    """A request before it is signed; `headers` are lower case and hold `host`."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    payload_hash: str


def signed_headers(request: Unsigned, by: Credentials, now: datetime) -> dict[str, str]:
    """Return the headers of the request with the signature added."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{by.region}/s3/aws4_request"
    headers = {
        **request.headers,
        "x-amz-content-sha256": request.payload_hash,
        "x-amz-date": stamp,
    }
    names = ";".join(sorted(headers))
    digest = hashlib.sha256(canonical(request, headers, names).encode()).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
    signature = hmac.new(signing_key(by, stamp[:8]), to_sign.encode(), "sha256").hexdigest()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={by.access_key}/{scope},"
        f"SignedHeaders={names},Signature={signature}"
    )
    return headers


def canonical(request: Unsigned, headers: Mapping[str, str], names: str) -> str:
    """Return the canonical request, the text both sides must agree on."""
    lines = [f"{name}:{' '.join(headers[name].split())}" for name in names.split(";")]
    return "\n".join(
        [
            request.method,
            encoded_path(request.path),
            encoded_query(request.query),
            *lines,
            "",
            names,
            request.payload_hash,
        ]
    )


def encoded_path(path: str) -> str:
    """Encode a path once, as S3 alone wants it."""
    return quote(path, safe="/-_.~")


def encoded_query(query: Mapping[str, str]) -> str:
    """Encode a query string in the order that is signed."""
    pairs = sorted((quote(key, safe="-_.~"), quote(query[key], safe="-_.~")) for key in query)
    return "&".join(f"{key}={value}" for key, value in pairs)


def signing_key(by: Credentials, day: str) -> bytes:
    """Derive the key for one day, region and service."""
    key = f"AWS4{by.secret_key}".encode()
    for part in (day, by.region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    return key
