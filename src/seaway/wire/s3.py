"""S3 by signed requests, whole objects at a time. It blocks: call it in a thread."""

import http.client
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, urlencode, urlsplit
from xml.etree.ElementTree import Element, ParseError

from seaway.wire.signature import signed
from seaway.wire.xml import parsed

PATIENCE = 60.0
"""Seconds for one answer: an object of some hundred megabytes takes a while."""
TRIES = 4
NOT_FOUND = 404
RETRIED = frozenset({429, 500, 502, 503, 504})
GOOD = range(200, 300)
KEPT = ("content-type", "cache-control", "content-disposition", "content-encoding")
"""Headers of an object that are a part of it, beside those that start with `x-amz-meta-`."""


class S3Trouble(OSError):  # noqa: N818 -- an answer of the server
    """The server refused, or was not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where, and as whom."""

    endpoint: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """An object, or one of its versions, as a listing tells of it."""

    key: str
    size: int = 0
    etag: str = ""
    changed: str = ""
    version: str = ""
    latest: bool = True
    deleted: bool = False
    """A version that says that there is nothing any more."""


class Bucket:
    """One bucket."""

    def __init__(self, access: Access, name: str) -> None:
        self._access, self._name = access, name

    def get(self, key: str, version: str = "") -> bytes:
        """The content.

        Raises:
            FileNotFoundError: there is no such object.
            S3Trouble: it could not be had.
        """
        return self.fetch(key, version)[0]

    def fetch(self, key: str, version: str = "") -> tuple[bytes, Mapping[str, str]]:
        """The content, and the headers that belong to it; raises as `get` does."""
        query = {"versionId": version} if version else {}
        body, headers = self._call("GET", key, query)
        kept = {
            name: value for name, value in headers.items()
            if name in KEPT or name.startswith("x-amz-meta-")
        }  # fmt: skip
        return body, kept

    def make(self) -> None:
        """Make the bucket itself.

        Raises:
            S3Trouble: the server refused, or it belongs to somebody else.
        """
        self._call("PUT", "", {})

    def put(self, key: str, data: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Keep an object.

        Raises:
            FileNotFoundError: there is no such bucket.
            S3Trouble: it could not be kept.
        """
        self._call("PUT", key, {}, data, headers or {})

    def delete(self, key: str, version: str = "") -> None:
        """Remove an object, or leave a mark in its place where there are versions."""
        try:
            self._call("DELETE", key, {"versionId": version} if version else {})
        except FileNotFoundError:
            return

    def objects(self, start: str = "") -> Iterator[Object]:
        """Every object whose key starts so, in order."""
        query = {"list-type": "2", "prefix": start, "max-keys": "1000"}
        while True:
            page = self._page(query)
            for each in page.iter("Contents"):
                yield _object(each)
            token = _said(page, "NextContinuationToken")
            if _said(page, "IsTruncated") != "true" or not token:
                return
            query["continuation-token"] = token

    def versions(self) -> Iterator[Object]:
        """Every version of every object, the newest of a key first."""
        query = {"versions": "", "max-keys": "1000"}
        while True:
            page = self._page(query)
            for each in page:
                if each.tag in {"Version", "DeleteMarker"}:
                    yield _object(each)
            if _said(page, "IsTruncated") != "true":
                return
            query["key-marker"] = _said(page, "NextKeyMarker")
            query["version-id-marker"] = _said(page, "NextVersionIdMarker")

    @property
    def versioned(self) -> bool:
        """Whether what is overwritten can be had back."""
        return _said(self._page({"versioning": ""}), "Status") == "Enabled"

    def _page(self, query: Mapping[str, str]) -> Element:
        body, _ = self._call("GET", "", query)
        try:
            return parsed(body)
        except ParseError as error:
            raise S3Trouble(f"a listing of {self._name} cannot be read") from error

    def _call(
        self, method: str, key: str, query: Mapping[str, str], body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> tuple[bytes, Mapping[str, str]]:  # fmt: skip
        path = quote(f"/{self._name}/{key}" if key else f"/{self._name}")
        text = urlencode(sorted(query.items()), quote_via=quote)
        problem = ""
        for _ in range(TRIES):
            try:
                status, answer, got = _asked(
                    self._access, (method, path, text), body, headers or {}
                )
            except (OSError, http.client.HTTPException) as error:
                problem = str(error) or type(error).__name__
                continue
            if status in GOOD:
                return answer, got
            if status == NOT_FOUND:
                raise FileNotFoundError(key)
            problem = _complaint(answer, status)
            if status not in RETRIED:
                break
        raise S3Trouble(f"{method} {self._name}/{key}: {problem}")


def _asked(
    access: Access, request: tuple[str, str, str], body: bytes, headers: Mapping[str, str]
) -> tuple[int, bytes, Mapping[str, str]]:
    method, path, query = request
    where = urlsplit(access.endpoint)
    host, port = where.hostname or "", where.port
    connection: http.client.HTTPConnection
    if where.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    try:
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")  # noqa: TID251 -- a part of the signature
        own = {key: value for key, value in headers.items() if key.startswith("x-amz-")}
        proof = signed(
            (access.access_key, access.secret_key), access.region, request, body,
            {**own, "host": where.netloc, "x-amz-date": now},
        )  # fmt: skip
        connection.request(method, f"{path}?{query}" if query else path, body, {**headers, **proof})
        answer = connection.getresponse()
        content = answer.read()
        return answer.status, content, {k.lower(): v for k, v in answer.getheaders()}
    finally:
        connection.close()


def _object(told: Element) -> Object:
    return Object(
        key=_said(told, "Key"),
        size=int(_said(told, "Size") or 0),
        etag=_said(told, "ETag").strip('"'),
        changed=_said(told, "LastModified"),
        version=_said(told, "VersionId"),
        latest=_said(told, "IsLatest") != "false",
        deleted=told.tag == "DeleteMarker",
    )


def _said(told: Element, name: str) -> str:
    found = told.find(name)
    return (found.text or "") if found is not None else ""


def _complaint(answer: bytes, status: int) -> str:
    try:
        told = parsed(answer)
    except ParseError:
        return f"status {status}"
    return _said(told, "Message") or _said(told, "Code") or f"status {status}"
