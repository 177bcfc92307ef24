"""Library: documents and their passages, and the search for words in them (BM25, in SQL)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from seaway.ai.rag.database import Connection, Database
from seaway.ai.rag.terms import terms

LONGEST_TERM = 60
"""Characters; what is longer is data, not a word."""

_FIND = """
WITH asked AS (SELECT DISTINCT unnest($2::text[]) AS term),
size AS (
  SELECT id, greatest(passages, 1)::float AS n,
    greatest(terms, 1)::float / greatest(passages, 1) AS mean
  FROM collections WHERE name = $1
),
seen AS (
  SELECT terms.term, terms.passage, terms.count
  FROM terms, size, asked WHERE terms.collection = size.id AND terms.term = asked.term
),
rare AS (
  SELECT asked.term, ln(1 + (n - count(passage) + 0.5) / (count(passage) + 0.5)) AS weight
  FROM asked CROSS JOIN size LEFT JOIN seen USING (term) GROUP BY asked.term, n
)
SELECT passages.id,
  sum(rare.weight * seen.count * 2.2
    / (seen.count + 0.3 + 0.9 * passages.terms / size.mean)) AS score,
  sum(rare.weight) / (SELECT sum(weight) FROM rare) AS covered
FROM seen JOIN rare USING (term) JOIN passages ON passages.id = seen.passage CROSS JOIN size
GROUP BY passages.id ORDER BY score DESC, passages.id LIMIT $3
"""
"""BM25 with k1 = 1.2 and b = 0.75, as most search engines have it."""

_NOTE = """
INSERT INTO collections (name, version, passages, terms) VALUES ($1, 1, $2, $3)
ON CONFLICT (name) DO UPDATE SET version = collections.version + 1,
  passages = collections.passages + excluded.passages, terms = collections.terms + excluded.terms
RETURNING id
"""
_REMOVE = """
WITH gone AS (DELETE FROM documents WHERE collection = $1 AND id = $2)
SELECT id, terms FROM passages WHERE collection = $1 AND document = $2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is kept of one, beside its passages."""

    id: str
    title: str
    kind: str
    digest: bytes
    """Of all that its passages depend on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A passage as it is kept."""

    id: int
    document: str
    title: str
    heading: str
    text: str

    @property
    def shown(self) -> str:
        """With what is above it, for a reader who sees nothing else of the document."""
        return f"{place(self.title, self.heading)}\n{self.text}"


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that has words of the question."""

    passage: int
    score: float
    covered: float
    """How much of the question it has, from 0 to 1; rare words count more."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A document in a list."""

    id: str
    title: str
    kind: str
    passages: int
    changed: datetime


class Library:
    """All of one rag component."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def version(self, collection: str) -> int:
        """Grows with each change; 0 while there is nothing."""
        async with self._database.connected() as connection:
            query = "SELECT version FROM collections WHERE name = $1"
            return int(await connection.fetchval(query, collection) or 0)

    async def known(self, collection: str, document: str, digest: bytes) -> int | None:
        """How many passages a document has that is already there just so."""
        query = """SELECT documents.passages FROM documents JOIN collections
                   ON collections.id = collection
                   WHERE name = $1 AND documents.id = $2 AND digest = $3"""
        async with self._database.connected() as connection:
            found = await connection.fetchval(query, collection, document, digest)
            return None if found is None else int(found)

    async def begin(self, amount: int, kind: str) -> list[int]:
        """Numbers for new passages; leavings of that kind of vector until they are kept."""
        query = """INSERT INTO leavings (passage, kind)
                   SELECT nextval('passage_ids'), $2 FROM generate_series(1, $1)
                   RETURNING passage"""
        async with self._database.connected() as connection:
            return sorted(row["passage"] for row in await connection.fetch(query, amount, kind))

    async def keep(
        self, collection: str, document: Document, passages: Sequence[Kept], kind: str
    ) -> list[int]:
        """Replace a document at once; the numbers of its former passages are returned."""
        counts = [Counter(terms(each.shown)) for each in passages]
        sizes = [each.total() for each in counts]
        async with self._database.connected() as connection, connection.transaction():
            number = await connection.fetchval(_NOTE, collection, len(passages), sum(sizes))
            former = await self._removed(connection, collection, number, document.id)
            await connection.execute(
                "INSERT INTO documents (collection, id, title, kind, digest, passages)"
                " VALUES ($1, $2, $3, $4, $5, $6)",
                number, document.id, document.title, document.kind, document.digest, len(passages),
            )  # fmt: skip
            await connection.copy_records_to_table(
                "passages",
                columns=("id", "collection", "document", "number", "heading", "text", "terms"),
                records=[
                    (each.id, number, document.id, at, each.heading, each.text, sizes[at])
                    for at, each in enumerate(passages)
                ],
            )
            await connection.copy_records_to_table(
                "terms",
                columns=("collection", "term", "passage", "count"),
                records=[
                    (number, term, each.id, count)
                    for each, found in zip(passages, counts, strict=True)
                    for term, count in found.items() if len(term) <= LONGEST_TERM
                ],
            )  # fmt: skip
            await _leave(connection, former, kind)
            await connection.execute(
                "DELETE FROM leavings WHERE passage = ANY($1)", [each.id for each in passages]
            )
        return former

    async def remove(self, collection: str, document: str, kind: str) -> list[int]:
        """The numbers of its former passages; none when there was no such document."""
        async with self._database.connected() as connection, connection.transaction():
            query = "SELECT id FROM collections WHERE name = $1 FOR UPDATE"
            number = await connection.fetchval(query, collection)
            former = await self._removed(connection, collection, number, document)
            await _leave(connection, former, kind)
        return former

    async def _removed(
        self, connection: Connection, collection: str, number: int | None, document: str
    ) -> list[int]:
        rows = await connection.fetch(_REMOVE, number, document)
        if rows:
            terms_gone = sum(row["terms"] for row in rows)
            await connection.fetchval(_NOTE, collection, -len(rows), -terms_gone)
        return [row["id"] for row in rows]

    async def listed(self, collection: str, after: str, limit: int) -> list[Listed]:
        """Documents in the order of their names, from the one behind `after`."""
        query = """SELECT documents.id, title, kind, documents.passages, changed FROM documents
                   JOIN collections ON collections.id = collection
                   WHERE name = $1 AND documents.id > $2 ORDER BY documents.id LIMIT $3"""
        async with self._database.connected() as connection:
            rows = await connection.fetch(query, collection, after, limit)
        return [Listed(*row.values()) for row in rows]

    async def find(self, collection: str, wanted: Sequence[str], limit: int) -> list[Found]:
        """The passages that have most of these terms, best first."""
        async with self._database.connected() as connection:
            rows = await connection.fetch(_FIND, collection, list(wanted), limit)
        return [Found(row["id"], row["score"], min(row["covered"], 1.0)) for row in rows]

    async def passages(self, collection: str, ids: Sequence[int]) -> dict[int, Kept]:
        """Those of them that are there."""
        query = """SELECT passages.id, document, title, heading, text FROM passages
                   JOIN documents ON documents.collection = passages.collection
                     AND documents.id = document
                   JOIN collections ON collections.id = passages.collection
                   WHERE name = $1 AND passages.id = ANY($2)"""
        async with self._database.connected() as connection:
            rows = await connection.fetch(query, collection, list(ids))
        return {row["id"]: Kept(**dict(row)) for row in rows}

    async def leavings(self, older: float, limit: int) -> dict[str, list[int]]:
        """Vectors to be deleted, by their kind, that have been left for so many seconds."""
        query = """SELECT passage, kind FROM leavings
                   WHERE since < now() - make_interval(secs => $1) ORDER BY since LIMIT $2"""
        found: dict[str, list[int]] = {}
        async with self._database.connected() as connection:
            for row in await connection.fetch(query, older, limit):
                found.setdefault(row["kind"], []).append(row["passage"])
        return found

    async def swept(self, ids: Sequence[int]) -> None:
        """Their vectors are gone."""
        async with self._database.connected() as connection:
            await connection.execute("DELETE FROM leavings WHERE passage = ANY($1)", list(ids))


def place(title: str, heading: str) -> str:
    """Where a passage stands; a title that is also the first heading is said once."""
    if not heading or heading == title or heading.startswith(f"{title} > "):
        return heading or title
    return f"{title} > {heading}"


async def _leave(connection: Connection, former: Sequence[int], kind: str) -> None:
    await connection.executemany(
        "INSERT INTO leavings (passage, kind) VALUES ($1, $2)", [(each, kind) for each in former]
    )
