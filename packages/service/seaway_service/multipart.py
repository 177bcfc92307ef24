"""Names what the object store and the database both know about an upload in parts."""

from dataclasses import dataclass
from typing import NewType

UploadId = NewType("UploadId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartMark:
    """What the object store wants to hear again about each part when all are there."""

    number: int
    etag: str
