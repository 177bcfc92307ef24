"""Keeps conversations, each its owner's own: messages, and the answers the AI service gave."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

from qingyu_contract.database import Database, Record, translated

MOST = 200
TITLE = 60
"""Characters of the first question that become the title."""


class Conversations:
    """All conversations; each method sees those of one owner only."""

    def __init__(self, database: Database) -> None:
        self._conversations, self._messages = database.conversations, database.messages

    async def begin(self, owner: str) -> Record:
        """Begin one."""
        now = datetime.now(UTC)
        record: Record = {
            "_id": uuid4().hex, "owner": owner, "title": "", "created": now, "updated": now,
        }  # fmt: skip
        with translated():
            await self._conversations.insert_one(record)
        return record

    async def all(self, owner: str) -> Sequence[Record]:
        """Return them, the last used first."""
        with translated():
            found = self._conversations.find({"owner": owner}).sort("updated", -1)
            return await found.limit(MOST).to_list()

    async def one(self, owner: str, conversation: str) -> Record | None:
        """Return one, if it is there."""
        with translated():
            return await self._conversations.find_one({"_id": conversation, "owner": owner})

    async def messages(self, owner: str, conversation: str) -> Sequence[Record]:
        """Return what was said in it, in order."""
        said = {"conversation": conversation, "owner": owner}
        with translated():
            found = self._messages.find(said).sort("created", -1).limit(MOST)
            return list(reversed(await found.to_list()))

    async def say(self, owner: str, conversation: str, text: str, task: str) -> str:
        """Keep what the owner says; returns the id of the message."""
        now = datetime.now(UTC)
        record = {
            "_id": uuid4().hex, "conversation": conversation, "owner": owner, "text": text,
            "task": task, "created": now,
        }  # fmt: skip
        with translated():
            await self._messages.insert_one(record)
            await self._conversations.update_one({"_id": conversation}, {"$set": {"updated": now}})
            await self._conversations.update_one(
                {"_id": conversation, "title": ""}, {"$set": {"title": text[:TITLE]}}
            )
        return str(record["_id"])

    async def remove(self, owner: str, conversation: str) -> bool:
        """Forget one with all that was said; tells if it was there."""
        with translated():
            done = await self._conversations.delete_one({"_id": conversation, "owner": owner})
            if done.deleted_count:
                await self._messages.delete_many({"conversation": conversation, "owner": owner})
        return bool(done.deleted_count)
