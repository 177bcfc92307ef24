"""Keeps the answers of a conversation, and tells what was said before."""

from datetime import UTC, datetime

from qingyu_contract.database import Database, Record, translated

from qingyu_ai.prompts import Turn

TURNS = 6
"""How much of a conversation the model is told."""


class Talks:
    """The messages of all conversations."""

    def __init__(self, database: Database) -> None:
        self._messages = database.messages

    async def before(self, owner: str, conversation: str, question: str) -> tuple[Turn, ...]:
        """Return the last questions that have whole answers, in order."""
        said = {
            "owner": owner, "conversation": conversation, "_id": {"$ne": question},
            "answer.state": "complete",
        }  # fmt: skip
        with translated():
            newest = self._messages.find(said, {"text": 1, "answer.text": 1}).sort("created", -1)
            found = await newest.limit(TURNS).to_list()
        return tuple(Turn(each["text"], each["answer"]["text"]) for each in reversed(found))

    async def keep(self, owner: str, question: str, answer: Record) -> bool:
        """Keep an answer, whole or not; a whole one stays. False where there is no question."""
        mine = {"_id": question, "owner": owner, "answer.state": {"$ne": "complete"}}
        dated = {**answer, "created": datetime.now(UTC)}
        with translated():
            done = await self._messages.update_one(mine, {"$set": {"answer": dated}})
        return bool(done.matched_count)
