"""Keeps documents, each its owner's own, and has them indexed."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
from pymongo import ReturnDocument
from qingyu_contract.database import Database, Record, translated
from seaway_jobs import Queue

INDEX = "index"
MOST = 200
ENQUEUE_SECONDS = 3.0
SHOWN = {"text": 0, "clean": 0}
"""What a list leaves out."""

log = logging.getLogger(__name__)


class Jobs:
    """The queue that the indexer works off."""

    def __init__(self, database_url: str, queue: Queue) -> None:
        self._url, self._queue = database_url, queue

    async def index(self, document: str) -> None:
        """Have a document indexed, or forgotten where it is gone.

        A queue that does not answer is no reason to refuse what is already kept: the indexer
        looks for documents that have no job.
        """
        try:
            async with asyncio.timeout(ENQUEUE_SECONDS):
                async with await psycopg.AsyncConnection.connect(self._url) as connection:
                    await self._queue.enqueue(connection, INDEX, {"document": document})
        except (psycopg.Error, TimeoutError) as error:
            log.warning("a job is left to the sweep", extra={"id": document, "why": str(error)})


class Documents:
    """All documents; each method sees those of one owner only."""

    def __init__(self, database: Database, jobs: Jobs) -> None:
        self._documents, self._passages = database.documents, database.passages
        self._jobs = jobs

    async def add(self, owner: str, title: str, text: str) -> Record:
        """Keep a new document."""
        now = datetime.now(UTC)
        record: Record = {
            "_id": uuid4().hex, "owner": owner, "title": title, "text": text, "revision": 1,
            "clean": 0, "gone": False, "created": now, "updated": now,
            "index": {"state": "waiting"},
        }  # fmt: skip
        with translated():
            await self._documents.insert_one(record)
        await self._jobs.index(record["_id"])
        return record

    async def all(self, owner: str) -> Sequence[Record]:
        """Return the documents without their texts, the newest first."""
        with translated():
            found = self._documents.find({"owner": owner, "gone": False}, SHOWN)
            return await found.sort("updated", -1).limit(MOST).to_list()

    async def one(self, owner: str, document: str) -> Record | None:
        """Return a document."""
        with translated():
            return await self._documents.find_one(mine(owner, document))

    async def change(self, owner: str, document: str, facts: Mapping[str, str]) -> Record | None:
        """Change title or text; returns the document as it is now, or None where there is none."""
        new = {**facts, "updated": datetime.now(UTC), "index": {"state": "waiting"}}
        with translated():
            found = await self._documents.find_one_and_update(
                mine(owner, document), {"$set": new, "$inc": {"revision": 1}},
                return_document=ReturnDocument.AFTER,
            )  # fmt: skip
        if found is not None:
            await self._jobs.index(document)
        return found

    async def remove(self, owner: str, document: str) -> bool:
        """Remove a document: from now on nobody sees it, nor is it found; tells if it was there."""
        gone = {"gone": True, "updated": datetime.now(UTC)}
        with translated():
            done = await self._documents.update_one(mine(owner, document), {"$set": gone})
            if not done.matched_count:
                return False
            await self._passages.delete_many({"document": document})
        await self._jobs.index(document)
        return True


def mine(owner: str, document: str) -> Record:
    """Return what finds a document of this owner, and no other's."""
    return {"_id": document, "owner": owner, "gone": False}
