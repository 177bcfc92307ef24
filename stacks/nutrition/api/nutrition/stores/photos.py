"""Keeps what is known of the photos that the vision service holds."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from seaway_service.database import Database
from sqlalchemy import delete, select

from nutrition.stores.models import Json, Photo

LISTED = 50
AT_ONCE = 200


class Photos:
    """The table of photos."""

    def __init__(self, database: Database, retention: timedelta) -> None:
        self._database, self._retention = database, retention

    async def add(self, user: UUID, taken: Json, now: datetime) -> Photo:
        """Add what the vision service says of a photo."""
        recognition = taken.get("recognition")
        photo = Photo(
            id=str(taken["id"]),
            user_id=user,
            width=int(str(taken["width"])),
            height=int(str(taken["height"])),
            format=str(taken["format"]),
            recognition=dict(recognition) if isinstance(recognition, dict) else {},
            delete_after=now + self._retention,
        )
        async with self._database.transaction() as session:
            session.add(photo)
        return photo

    async def of(self, user: UUID) -> Sequence[Photo]:
        """Return the user's photos, the newest first."""
        asked = select(Photo).where(Photo.user_id == user).order_by(Photo.created_at.desc())
        async with self._database.transaction() as session:
            return list(await session.scalars(asked.limit(LISTED)))

    async def one(self, user: UUID, photo: str) -> Photo | None:
        """Return the photo if it is the user's."""
        asked = select(Photo).where(Photo.id == photo, Photo.user_id == user)
        async with self._database.transaction() as session:
            return await session.scalar(asked)

    async def over(self, now: datetime) -> Sequence[str]:
        """Return photos that must not be kept any longer."""
        asked = select(Photo.id).where(Photo.delete_after <= now).order_by(Photo.delete_after)
        async with self._database.transaction() as session:
            return list(await session.scalars(asked.limit(AT_ONCE)))

    async def forget(self, photo: str) -> None:
        """Forget a photo; one that is gone is fine."""
        async with self._database.transaction() as session:
            await session.execute(delete(Photo).where(Photo.id == photo))
