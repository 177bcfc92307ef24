"""Keeps the passages of documents, and takes care that each is of its document's present text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from qingyu_contract.database import Database, Record, translated

from qingyu_ai.grading import Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document, as the indexer sees it."""

    id: str
    owner: str
    title: str
    text: str
    revision: int
    clean: int
    """No revision up to this one has vectors any more."""
    gone: bool


def passage_id(document: str, revision: int, number: int) -> str:
    """Return what a passage and its vector are called: never the same for two texts."""
    return f"{document}.{revision}.{number}"


class Library:
    """The documents and their passages."""

    def __init__(self, client: AsyncMongoClient[Record], database: Database) -> None:
        self._client, self._documents = client, database.documents
        self._passages = database.passages

    async def one(self, document: str) -> Document | None:
        """Return a document, also one that is to be forgotten."""
        with translated():
            found = await self._documents.find_one({"_id": document})
        if found is None:
            return None
        return Document(
            id=document, owner=found["owner"], title=found["title"], text=found["text"],
            revision=found["revision"], clean=found["clean"], gone=found["gone"],
        )  # fmt: skip

    async def put(self, document: Document, texts: Mapping[str, str]) -> bool:
        """Put new passages in the place of the old ones, at once; not if it changed meanwhile."""
        index = {"state": "ready", "revision": document.revision, "passages": len(texts)}
        records = [
            {"_id": key, "document": document.id, "owner": document.owner, "title": document.title,
             "text": text} for key, text in texts.items()
        ]  # fmt: skip

        async def swap(session: AsyncClientSession) -> bool:
            current = {"_id": document.id, "revision": document.revision, "gone": False}
            done = await self._documents.update_one(
                current, {"$set": {"index": index}}, session=session
            )
            if not done.matched_count:
                return False
            await self._passages.delete_many({"document": document.id}, session=session)
            if records:
                await self._passages.insert_many(records, session=session)
            return True

        with translated():
            async with self._client.start_session() as session:
                return await session.with_transaction(swap)

    async def cleaned(self, document: Document) -> None:
        """Note that revisions before this one have no vectors any more."""
        with translated():
            await self._documents.update_one(
                {"_id": document.id}, {"$max": {"clean": document.revision - 1}}
            )

    async def failed(self, document: str, why: str) -> None:
        """Note that a document could not be indexed, for its owner to see."""
        index = {"state": "failed", "why": why}
        with translated():
            await self._documents.update_one(
                {"_id": document, "index.state": "waiting"}, {"$set": {"index": index}}
            )

    async def forget(self, document: str) -> None:
        """Remove what is left of a document that is to be forgotten."""
        with translated():
            await self._passages.delete_many({"document": document})
            await self._documents.delete_one({"_id": document, "gone": True})

    async def waiting(self, longer_than: timedelta, most: int) -> list[str]:
        """Return documents nobody seems to have in hand: their job was lost before it was kept."""
        before = datetime.now(UTC) - longer_than
        lost = {"updated": {"$lt": before}, "$or": [{"index.state": "waiting"}, {"gone": True}]}
        with translated():
            found = await self._documents.find(lost, {"_id": 1}).limit(most).to_list()
        return [each["_id"] for each in found]

    async def passages(self, owner: str, alike: Mapping[str, float]) -> Sequence[Passage]:
        """Return those of these passages that are there and the owner's."""
        mine = {"_id": {"$in": list(alike)}, "owner": owner}
        with translated():
            found = await self._passages.find(mine).to_list()
        return [
            Passage(
                id=each["_id"], document=each["document"], title=each["title"], text=each["text"],
                similarity=alike[each["_id"]],
            ) for each in found
        ]  # fmt: skip
