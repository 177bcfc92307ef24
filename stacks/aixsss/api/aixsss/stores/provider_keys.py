"""Keeps the users' provider keys, encrypted."""

from dataclasses import dataclass
from uuid import UUID

from seaway_service.database import Database
from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from aixsss.keyring import Keyring, Sealed, UnreadableSecretError
from aixsss.stores.models import ProviderKey

Place = tuple[UUID, str]
"""Of a key in the order they are gone through: its owner and provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rekeyed:
    """What was done in one go."""

    done: int
    unreadable: int
    last: Place | None
    """Where to go on; None at the end."""


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

    async def has(self, user_id: UUID, provider: str) -> bool:
        """Tell whether the user has saved a key for the provider."""
        async with self._database.transaction() as session:
            return await session.get(ProviderKey, (user_id, provider)) is not None

    async def opened(self, user_id: UUID, provider: str) -> str | None:
        """Return the key itself, to be used at once and kept nowhere.

        Raises:
            UnknownKeyError: it was encrypted with a key that is not known here.
            UnreadableSecretError: it is damaged.
        """
        async with self._database.transaction() as session:
            key = await session.get(ProviderKey, (user_id, provider))
        return None if key is None else self._keyring.open(sealed(key), bound_to=bound(key))

    async def rekey(self, after: Place | None = None, *, most: int = 100) -> Rekeyed:
        """Encrypt up to `most` keys anew that are under an older key; begin behind `after`.

        One transaction: interrupted, it has done nothing, and what it did stays done.
        """
        place = tuple_(ProviderKey.user_id, ProviderKey.provider)
        older = select(ProviderKey).where(ProviderKey.key_id != self._keyring.key_id)
        if after is not None:
            older = older.where(place > after)
        older = older.order_by(ProviderKey.user_id, ProviderKey.provider).limit(most)
        async with self._database.transaction() as session:
            keys = tuple(await session.scalars(older.with_for_update()))
            unreadable = sum(not self._renew(key) for key in keys)
        last = (keys[-1].user_id, keys[-1].provider) if len(keys) == most else None
        return Rekeyed(done=len(keys) - unreadable, unreadable=unreadable, last=last)

    def _renew(self, key: ProviderKey) -> bool:
        """Change the row, inside of its transaction; tells whether it could be read."""
        try:
            opened = self._keyring.open(sealed(key), bound_to=bound(key))
        except UnreadableSecretError:
            return False
        new = self._keyring.seal(opened, bound_to=bound(key))
        key.key_id, key.nonce, key.ciphertext = new.key_id, new.nonce, new.ciphertext
        return True

    async def delete(self, user_id: UUID, provider: str) -> bool:
        """Delete a key; tells whether there was one."""
        this = ProviderKey.user_id == user_id, ProviderKey.provider == provider
        deleting = delete(ProviderKey).where(*this).returning(ProviderKey.provider)
        async with self._database.transaction() as session:
            return await session.scalar(deleting) is not None


def sealed(key: ProviderKey) -> Sealed:
    """Return the ciphertext in the row."""
    return Sealed(key_id=key.key_id, nonce=key.nonce, ciphertext=key.ciphertext)


def bound(key: ProviderKey) -> str:
    """Return what the ciphertext in the row is bound to."""
    return owner(key.user_id, key.provider)


def owner(user_id: UUID, provider: str) -> str:
    """Return what a ciphertext is bound to: moved to another row, it does not open."""
    return f"{user_id}:{provider}"
