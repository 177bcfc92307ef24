"""Keeps the users' provider keys, encrypted."""

from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from aixsss.keyring import Keyring
from aixsss.stores.database import Database
from aixsss.stores.models import ProviderKey


class ProviderKeys:
    """The table of provider keys; each is encrypted for its owner and provider alone."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def of(self, user_id: UUID) -> tuple[ProviderKey, ...]:
        """Return the keys of a user."""
        mine = select(ProviderKey).where(ProviderKey.user_id == user_id)
        async with self._database.transaction() as session:
            return tuple(await session.scalars(mine.order_by(ProviderKey.provider)))

    async def put(self, user_id: UUID, provider: str, label: str, key: str) -> ProviderKey:
        """Save a key in place of the one before it."""
        sealed = self._keyring.seal(key, bound_to=owner(user_id, provider))
        changing = {
            "label": label,
            "last_four": key[-4:],
            "key_id": sealed.key_id,
            "nonce": sealed.nonce,
            "ciphertext": sealed.ciphertext,
        }
        saving = (
            insert(ProviderKey)
            .values(user_id=user_id, provider=provider, **changing)
            .on_conflict_do_update(
                index_elements=[ProviderKey.user_id, ProviderKey.provider],
                set_={**changing, "updated_at": func.now()},
            )
            .returning(ProviderKey)
        )
        async with self._database.transaction() as session:
            return (await session.scalars(saving)).one()

    async def delete(self, user_id: UUID, provider: str) -> bool:
        """Delete a key; tells whether there was one."""
        this = ProviderKey.user_id == user_id, ProviderKey.provider == provider
        deleting = delete(ProviderKey).where(*this).returning(ProviderKey.provider)
        async with self._database.transaction() as session:
            return await session.scalar(deleting) is not None


def owner(user_id: UUID, provider: str) -> str:
    """Return what a ciphertext is bound to: moved to another row, it does not open."""
    return f"{user_id}:{provider}"
