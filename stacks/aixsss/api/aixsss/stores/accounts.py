"""Keeps the users."""

from uuid import UUID

from psycopg.errors import UniqueViolation
from seaway_service.database import Database
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from aixsss.stores.models import Account


class EmailTakenError(Exception):
    """Somebody signed up with this address before."""


class Accounts:
    """The table of users."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, email: str, password_hash: str) -> Account:
        """Add a user.

        Raises:
            EmailTakenError: there is one with this address.
        """
        account = Account(email=email, password_hash=password_hash)
        try:
            async with self._database.transaction() as session:
                session.add(account)
        except IntegrityError as error:
            if isinstance(error.orig, UniqueViolation):
                raise EmailTakenError from error
            raise
        return account

    async def by_email(self, email: str) -> Account | None:
        """Return the user with this address."""
        async with self._database.transaction() as session:
            return await session.scalar(select(Account).where(Account.email == email))

    async def by_id(self, user_id: UUID) -> Account | None:
        """Return the user."""
        async with self._database.transaction() as session:
            return await session.get(Account, user_id)
