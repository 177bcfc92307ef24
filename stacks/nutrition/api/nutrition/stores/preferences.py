"""Keeps what users like to eat, and what they must not."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from seaway_jobs import Queue
from seaway_service.database import Database
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert

from nutrition.stores.dishes import shown
from nutrition.stores.models import Preference

EMBED = "embed_preference"
"""A task of the worker."""
MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a user says."""

    likes: str
    avoids: Sequence[str]
    kcal_goal: int | None


class Preferences:
    """The table of preferences; each change puts the job into the queue that embeds it."""

    def __init__(self, database: Database, queue: Queue) -> None:
        self._database, self._queue = database, queue

    async def of(self, user: UUID) -> Preference | None:
        """Return what the user has said."""
        async with self._database.transaction() as session:
            return await session.get(Preference, user)

    async def keep(self, user: UUID, wish: Wish) -> Preference:
        """Keep what the user says, in place of what was said before."""
        values = {
            "likes": wish.likes, "avoids": list(wish.avoids), "kcal_goal": wish.kcal_goal
        }  # fmt: skip
        statement = insert(Preference).values(user_id=user, **values)
        statement = statement.on_conflict_do_update(
            index_elements=[Preference.user_id],
            set_={**values, "revision": Preference.revision + 1, "updated_at": func.now()},
        )
        async with self._database.transaction() as session:
            kept = await session.scalars(statement.returning(Preference))
            await self._queue.enqueue(session, EMBED, {"user": str(user)})
            return kept.one()

    async def keep_vector(self, user: UUID, revision: int, vector: Sequence[float] | None) -> bool:
        """Keep the vector of that revision, or that it has none; False if there is a newer one."""
        async with self._database.transaction() as session:
            done = await session.execute(
                text(
                    "UPDATE user_preferences SET preference_embedding = CAST(:vector AS vector),"
                    " embedded_revision = :revision"
                    " WHERE user_id = :user AND revision = :revision RETURNING true"
                ),
                {"user": user, "revision": revision, "vector": shown(vector) if vector else None},
            )
            return done.one_or_none() is not None

    async def stale(self) -> Sequence[UUID]:
        """Return the users whose vector is not of what they said last."""
        other = Preference.embedded_revision != Preference.revision
        async with self._database.transaction() as session:
            asked = select(Preference.user_id).where(other).limit(MOST)
            return list(await session.scalars(asked))

    async def again(self, users: Sequence[UUID]) -> None:
        """Have these embedded."""
        async with self._database.transaction() as session:
            await self._queue.enqueue_many(session, EMBED, [{"user": str(each)} for each in users])
