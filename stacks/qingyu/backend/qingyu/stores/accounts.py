"""Keeps the users."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from pymongo.errors import DuplicateKeyError
from qingyu_contract.database import Database, Record, translated


class EmailTakenError(Exception):
    """Somebody signed up with this address before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who has signed up."""

    id: UUID
    email: str
    password_hash: str
    created_at: datetime


class Accounts:
    """All users."""

    def __init__(self, database: Database) -> None:
        self._users = database.users

    async def add(self, email: str, password_hash: str) -> Account:
        """Add a user.

        Raises:
            EmailTakenError: there is one with this address.
        """
        account = Account(
            id=uuid4(), email=email, password_hash=password_hash, created_at=datetime.now(UTC)
        )
        record = {
            "_id": str(account.id), "email": email, "password": password_hash,
            "created": account.created_at,
        }  # fmt: skip
        try:
            with translated():
                await self._users.insert_one(record)
        except DuplicateKeyError as error:
            raise EmailTakenError from error
        return account

    async def by_email(self, email: str) -> Account | None:
        """Return the user with this address."""
        return await self._one({"email": email})

    async def by_id(self, user_id: UUID) -> Account | None:
        """Return the user."""
        return await self._one({"_id": str(user_id)})

    async def _one(self, wanted: Record) -> Account | None:
        with translated():
            found = await self._users.find_one(wanted)
        if found is None:
            return None
        return Account(
            id=UUID(found["_id"]), email=found["email"], password_hash=found["password"],
            created_at=found["created"],
        )  # fmt: skip
