"""States the tables, once: stores read and write them, and migrations are checked against them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from seaway_service.multipart import PartMark, UploadId
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    desc,
    func,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column


# never printed: some columns are secret; never equal: two of them may be one row at two times
class Base(MappedAsDataclass, DeclarativeBase, kw_only=True, repr=False, eq=False):
    """A row; outside of its transaction it is a value, nothing writes a change to it back."""

    type_annotation_map = {  # noqa: RUF012 -- the name and the type are SQLAlchemy's
        str: Text,
        bytes: LargeBinary,
        datetime: DateTime(timezone=True),
    }


class Account(Base):
    """One user; the address is kept in lower case."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("email = lower(email)"),)

    id: Mapped[UUID] = mapped_column(
        primary_key=True, init=False, server_default=func.gen_random_uuid()
    )
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(init=False, server_default=func.now())


class ProviderKey(Base):
    """A key of one user for one provider: encrypted, with its last four characters to show."""

    __tablename__ = "provider_keys"
    __table_args__ = (
        CheckConstraint("length(last_four) = 4"),
        # a rotation of the encryption key looks for what is still under an old one
        Index("provider_keys_key_id", "key_id"),
    )

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    provider: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str]
    last_four: Mapped[str]
    key_id: Mapped[str]
    nonce: Mapped[bytes]
    ciphertext: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(init=False, server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(init=False, server_default=func.now())


class FileState(StrEnum):
    """A file is listed and playable once it is ready."""

    UPLOADING = "uploading"
    READY = "ready"


class FileRecord(Base):
    """One file of one user; units of sizes: bytes."""

    __tablename__ = "files"
    __table_args__ = (
        CheckConstraint("size > 0"),
        CheckConstraint("part_size > 0"),
        Index("files_owner", "owner_id", desc("created_at")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    part_size: Mapped[int]
    upload_id: Mapped[UploadId] = mapped_column(Text, init=False, server_default="")
    etag: Mapped[str] = mapped_column(init=False, server_default="")
    created_at: Mapped[datetime] = mapped_column(init=False, server_default=func.now())
    completed_at: Mapped[datetime | None] = mapped_column(init=False, default=None)

    @property
    def state(self) -> FileState:
        """Whether all bytes are there."""
        return FileState.UPLOADING if self.completed_at is None else FileState.READY

    @property
    def object_key(self) -> str:
        """Where the bytes are: a name the user has no part in."""
        return f"files/{self.owner_id}/{self.id}"

    @property
    def part_count(self) -> int:
        """How many parts the upload has."""
        return -(-self.size // self.part_size)

    def part_length(self, number: int) -> int:
        """Return how long a part must be; all are alike but the last."""
        return min(self.part_size, self.size - (number - 1) * self.part_size)


class JobRecord(Base):
    """One AI job of one user. Whether it waits, runs or is dead, the queue alone knows."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("kind IN ('text', 'storyboard', 'image_prompt')"),
        CheckConstraint("pieces BETWEEN 1 AND 12"),
        Index("jobs_owner", "owner_id", desc("created_at")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    queue_job: Mapped[int] = mapped_column(BigInteger, unique=True)
    kind: Mapped[str]
    prompt: Mapped[str]
    pieces: Mapped[int]
    provider: Mapped[str]
    worker: Mapped[str] = mapped_column(init=False, server_default="")
    created_at: Mapped[datetime] = mapped_column(init=False, server_default=func.now())
    cancelled_at: Mapped[datetime | None] = mapped_column(init=False, default=None)
    finished_at: Mapped[datetime | None] = mapped_column(init=False, default=None)


class PieceRecord(Base):
    """A part of a job's result, written once; whoever takes the job over goes on after it."""

    __tablename__ = "job_pieces"
    __table_args__ = (CheckConstraint("number > 0"),)

    job_id: Mapped[UUID] = mapped_column(
        ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str]
    worker: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(init=False, server_default=func.now())


class PartRecord(Base):
    """A part that is in the object store, and the digest of its bytes."""

    __tablename__ = "file_parts"
    __table_args__ = (CheckConstraint("number > 0"),)

    file_id: Mapped[UUID] = mapped_column(
        ForeignKey("files.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    store_etag: Mapped[str]
    digest: Mapped[bytes]

    @property
    def mark(self) -> PartMark:
        """What the object store wants to hear about it."""
        return PartMark(number=self.number, etag=self.store_etag)
