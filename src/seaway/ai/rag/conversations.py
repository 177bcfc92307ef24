"""Conversations: what was asked and answered before, for a time."""

from dataclasses import dataclass

from seaway.ai.rag.database import Database


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and its answer."""

    question: str
    answer: str


class Conversations:
    """All of them; each is known by a name that the client gives."""

    def __init__(self, database: Database, turns: int, remembered: float) -> None:
        self._database, self._turns, self._remembered = database, turns, remembered

    async def turns(self, conversation: str) -> tuple[Turn, ...]:
        """The last of a conversation, oldest first; none when it is too old."""
        query = """SELECT question, answer FROM turns WHERE conversation = $1
                   AND at > now() - make_interval(secs => $2) ORDER BY id DESC LIMIT $3"""
        async with self._database.connected() as connection:
            rows = await connection.fetch(query, conversation, self._remembered, self._turns)
        return tuple(Turn(*row.values()) for row in reversed(rows))

    async def add(self, conversation: str, turn: Turn) -> None:
        """One more; each puts off the end of all before it."""
        async with self._database.connected() as connection, connection.transaction():
            await connection.execute(
                "INSERT INTO turns (conversation, question, answer) VALUES ($1, $2, $3)",
                conversation, turn.question, turn.answer,
            )  # fmt: skip
            await connection.execute(
                "UPDATE turns SET at = now() WHERE conversation = $1", conversation
            )

    async def forget(self, conversation: str) -> bool:
        """Whether there was one."""
        async with self._database.connected() as connection:
            done = await connection.execute(
                "DELETE FROM turns WHERE conversation = $1", conversation
            )
        return done != "DELETE 0"

    async def sweep(self) -> None:
        """Delete what is too old."""
        async with self._database.connected() as connection:
            await connection.execute(
                "DELETE FROM turns WHERE at < now() - make_interval(secs => $1)", self._remembered
            )
