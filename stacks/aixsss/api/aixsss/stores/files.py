"""Keeps what is known about each file; the bytes are in the object store."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from psycopg.errors import ForeignKeyViolation
from seaway_service.database import Database
from seaway_service.errors import NotThereError
from seaway_service.multipart import UploadId
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from aixsss.stores.models import Account, FileRecord, PartRecord

ABANDONED_AFTER = timedelta(hours=24)
LISTED = 500


class OverQuotaError(Exception):
    """The file does not fit into what the user may keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """What a user says about a file before its bytes."""

    name: str
    media_type: str
    size: int
    part_size: int


class Files:
    """The tables of files and of their parts; all reading is by owner."""

    def __init__(self, database: Database, quota: int) -> None:
        self._database = database
        self._quota = quota

    async def add(self, owner_id: UUID, new: NewFile) -> FileRecord:
        """Add a file that is to be uploaded.

        Raises:
            OverQuotaError: with the files there are, and those under way, it is too much.
        """
        record = FileRecord(
            id=uuid4(),
            owner_id=owner_id,
            name=new.name,
            media_type=new.media_type,
            size=new.size,
            part_size=new.part_size,
        )
        sizes = select(func.sum(FileRecord.size)).where(FileRecord.owner_id == owner_id)
        async with self._database.transaction() as session:
            # one at a time for each user: two requests at once must not both take the last room
            await session.get(Account, owner_id, with_for_update=True)
            used = await session.scalar(sizes) or 0
            if used + new.size > self._quota:
                raise OverQuotaError
            session.add(record)
        return record

    async def begun(self, record: FileRecord, upload_id: UploadId) -> None:
        """Note under which id the object store takes the parts."""
        noting = update(FileRecord).where(FileRecord.id == record.id).values(upload_id=upload_id)
        async with self._database.transaction() as session:
            await session.execute(noting)

    async def one(self, owner_id: UUID, file_id: UUID) -> FileRecord | None:
        """Return the file, if it is this user's."""
        this = FileRecord.id == file_id, FileRecord.owner_id == owner_id
        async with self._database.transaction() as session:
            return await session.scalar(select(FileRecord).where(*this))

    async def of(self, owner_id: UUID) -> tuple[FileRecord, ...]:
        """Return the files of a user, the newest first, at most 500."""
        mine = select(FileRecord).where(FileRecord.owner_id == owner_id)
        newest = mine.order_by(FileRecord.created_at.desc(), FileRecord.id).limit(LISTED)
        async with self._database.transaction() as session:
            return tuple(await session.scalars(newest))

    async def abandoned(self, owner_id: UUID) -> tuple[FileRecord, ...]:
        """Return the uploads that were begun long ago and never completed."""
        old = select(FileRecord).where(
            FileRecord.owner_id == owner_id,
            FileRecord.completed_at.is_(None),
            FileRecord.created_at < func.now() - ABANDONED_AFTER,
        )
        async with self._database.transaction() as session:
            return tuple(await session.scalars(old))

    async def put_part(self, part: PartRecord) -> None:
        """Note a part that is in the store, in place of an earlier one with its number.

        Raises:
            NotThereError: the file was deleted in the meantime.
        """
        changing = {"store_etag": part.store_etag, "digest": part.digest}
        noting = (
            insert(PartRecord)
            .values(file_id=part.file_id, number=part.number, **changing)
            .on_conflict_do_update(
                index_elements=[PartRecord.file_id, PartRecord.number], set_=changing
            )
        )
        try:
            async with self._database.transaction() as session:
                await session.execute(noting)
        except IntegrityError as error:
            if isinstance(error.orig, ForeignKeyViolation):
                raise NotThereError from error
            raise

    async def parts(self, record: FileRecord) -> tuple[PartRecord, ...]:
        """Return the parts that are in the store, by number."""
        its = select(PartRecord).where(PartRecord.file_id == record.id)
        async with self._database.transaction() as session:
            return tuple(await session.scalars(its.order_by(PartRecord.number)))

    async def complete(self, record: FileRecord, parts: Sequence[PartRecord]) -> FileRecord:
        """Make the file ready; its ETag tells its bytes, whichever store holds them.

        Raises:
            NotThereError: it was deleted in the meantime.
        """
        digest = hashlib.sha256(b"".join(part.digest for part in parts)).hexdigest()[:32]
        completing = (
            update(FileRecord)
            .where(FileRecord.id == record.id)
            .values(etag=f'"{digest}"', completed_at=func.now())
            .returning(FileRecord)
        )
        async with self._database.transaction() as session:
            completed = await session.scalar(completing)
            if completed is None:
                raise NotThereError
            await session.execute(delete(PartRecord).where(PartRecord.file_id == record.id))
            return completed

    async def delete(self, record: FileRecord) -> None:
        """Forget the file and its parts."""
        async with self._database.transaction() as session:
            await session.execute(delete(FileRecord).where(FileRecord.id == record.id))
