"""The database that both services use: how it is opened, what its collections are, how it fails.

- `users`: accounts; the back end's own.
- `documents`: written by the back end; the indexer writes `index` and `clean`.
- `passages`: the indexer's own. What is not here is no passage, whatever vectors there are.
- `conversations`: the back end's own.
- `messages`: a question and its answer each; the question is the back end's, `answer` the AI
  service's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError, PyMongoError
from seaway_service.errors import UnavailableError

Record = dict[str, Any]
Database = AsyncDatabase[Record]

PART = "mongodb"
ELECTION = 10.0
"""Seconds to wait for a primary: an election takes three or four."""
ANSWER = 10.0
"""Seconds for one operation."""


def mongo_url(url: str) -> str:
    """Return the address if it may be one of MongoDB."""
    if not url.startswith("mongodb://"):
        raise ValueError("must begin with mongodb://")
    return url


MongoUrl = Annotated[str, Field(repr=False), AfterValidator(mongo_url)]


def connected(url: str, instance: str) -> AsyncMongoClient[Record]:
    """Return a client; it connects when first used, and finds the primary by itself.

    What it has written, most members have: a new primary cannot forget it. What it reads cannot
    be taken back either.
    """
    return AsyncMongoClient(
        url, appname=f"qingyu {instance}", tz_aware=True, w="majority", journal=True,
        readConcernLevel="majority", retryWrites=True, retryReads=True,
        serverSelectionTimeoutMS=int(ELECTION * 1000), connectTimeoutMS=2000,
        timeoutMS=int((ELECTION + ANSWER) * 1000), heartbeatFrequencyMS=2000, maxPoolSize=50,
    )  # fmt: skip


@contextmanager
def translated() -> Iterator[None]:
    """Turn the client's errors into ours; that a key is there already is none."""
    try:
        yield
    except DuplicateKeyError:
        raise
    except PyMongoError as error:
        raise UnavailableError(PART) from error


async def check(database: Database) -> None:
    """Return if there is a primary that answers."""
    with translated():
        await database.command("ping")


async def made_ready(database: Database) -> None:
    """Make the indexes; those that are there stay."""
    with translated():
        await database.users.create_index("email", unique=True)
        await database.documents.create_index([("owner", 1), ("updated", -1)])
        await database.documents.create_index([("index.state", 1), ("updated", 1)])
        await database.passages.create_index("document")
        await database.conversations.create_index([("owner", 1), ("updated", -1)])
        await database.messages.create_index([("conversation", 1), ("created", 1)])
