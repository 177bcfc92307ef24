"""States the tables, once: stores read and write them, and migrations are checked against them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Text,
    UniqueConstraint,
    desc,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

Json = dict[str, object]


class State(StrEnum):
    """How far a recording is."""

    WAITING = "waiting"
    STORED = "stored"
    DONE = "done"


# never printed: some columns are secret; never equal: two of them may be one row at two times
class Base(MappedAsDataclass, DeclarativeBase, kw_only=True, repr=False, eq=False):
    """A row; outside of its transaction it is a value, nothing writes a change to it back."""

    type_annotation_map = {  # noqa: RUF012 -- the name and the type are SQLAlchemy's
        str: Text,
        State: Text,
        int: BigInteger,
        Json: JSONB,
        datetime: DateTime(timezone=True),
    }


class Account(Base):
    """One user; the address is kept in lower case."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("email = lower(email)"),
        CheckConstraint("role IN ('member', 'admin')"),
    )

    id: Mapped[UUID] = mapped_column(
        primary_key=True, init=False, server_default=func.gen_random_uuid()
    )
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    name: Mapped[str] = mapped_column(default="", server_default="")
    role: Mapped[str] = mapped_column(default="member", server_default="member")
    created_at: Mapped[datetime] = mapped_column(init=False, server_default=func.now())


class Meeting(Base):
    """A meeting, as its service tells of it."""

    __tablename__ = "meetings"
    __table_args__ = (Index("meetings_started", desc("started_at")),)

    id: Mapped[UUID] = mapped_column(
        primary_key=True, init=False, server_default=func.gen_random_uuid()
    )
    number: Mapped[str] = mapped_column(unique=True)
    """Theirs, by which it is known everywhere."""
    code: Mapped[str]
    subject: Mapped[str]
    host: Mapped[str]
    host_id: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(init=False, server_default=func.now())


class Recording(Base):
    """What a meeting left behind, and where it is kept."""

    __tablename__ = "recordings"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'stored', 'done')"),
        Index("recordings_meeting", "meeting_id"),
    )

    id: Mapped[UUID] = mapped_column(
        primary_key=True, init=False, server_default=func.gen_random_uuid()
    )
    file_id: Mapped[str] = mapped_column(unique=True)
    """Theirs."""
    meeting_id: Mapped[UUID] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(default=State.WAITING, server_default=State.WAITING.value)
    object_key: Mapped[str] = mapped_column(default="", server_default="")
    media_type: Mapped[str] = mapped_column(default="", server_default="")
    size: Mapped[int] = mapped_column(default=0, server_default="0")
    etag: Mapped[str] = mapped_column(default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(init=False, server_default=func.now())


class Transcript(Base):
    """What was said, as a model has heard it."""

    __tablename__ = "transcripts"

    recording_id: Mapped[UUID] = mapped_column(
        ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True
    )
    text: Mapped[str]
    model: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(init=False, server_default=func.now())


class Summary(Base):
    """The transcript, in short."""

    __tablename__ = "summaries"

    recording_id: Mapped[UUID] = mapped_column(
        ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True
    )
    text: Mapped[str]
    model: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(init=False, server_default=func.now())


class Notification(Base):
    """One message to people, by one of the ways."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("recording_id", "channel"),
        CheckConstraint("channel IN ('mail', 'sms', 'feishu')"),
    )

    id: Mapped[UUID] = mapped_column(
        primary_key=True, init=False, server_default=func.gen_random_uuid()
    )
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id", ondelete="CASCADE"))
    channel: Mapped[str]
    recipient: Mapped[str]
    receipt: Mapped[str] = mapped_column(default="", server_default="")
    sent_at: Mapped[datetime] = mapped_column(init=False, server_default=func.now())


class AuditEntry(Base):
    """Who did what, from where, and in which request (R193)."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("audit_entries_request", "request_id"),
        Index("audit_entries_at", desc("at")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True, init=False)
    at: Mapped[datetime] = mapped_column(init=False, server_default=func.now())
    user_id: Mapped[UUID | None]
    ip: Mapped[str]
    user_agent: Mapped[str]
    request_id: Mapped[str]
    action: Mapped[str]
    subject: Mapped[Json] = mapped_column(server_default="{}")
