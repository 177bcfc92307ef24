"""Signature: proves to an S3 server who asks, by AWS Signature Version 4."""

import hashlib
import hmac
from collections.abc import Mapping


def signed(
    key: tuple[str, str], region: str, request: tuple[str, str, str], body: bytes,
    given: Mapping[str, str],
) -> dict[str, str]:  # fmt: skip
    """The headers to send: those `given`, which are signed too, and the two that prove it.

    `key` is the access key and its secret, `request` method, path and query as they are sent;
    `given` has `host` and `x-amz-date`, names in small letters.
    """
    digest, now = hashlib.sha256(body).hexdigest(), given["x-amz-date"]
    headers = dict(sorted({**given, "x-amz-content-sha256": digest}.items()))
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = "\n".join((*request, lines, names, digest))
    scope = f"{now[:8]}/{region}/s3/aws4_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    access, secret = key
    by = f"AWS4{secret}".encode()
    for word in scope.split("/"):
        by = hmac.digest(by, word.encode(), "sha256")
    text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashed}"
    signature = hmac.digest(by, text.encode(), "sha256").hex()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={access}/{scope}, SignedHeaders={names},"
        f" Signature={signature}"
    )
    return headers
