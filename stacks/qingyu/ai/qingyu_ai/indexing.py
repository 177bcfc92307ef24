"""Makes what is written in documents findable: the tasks of the queue."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta

import psycopg
from pymongo import AsyncMongoClient
from qingyu_contract.database import Record
from seaway_jobs import GiveUp, Job, Payload, Queue
from seaway_service.client import RefusedError
from seaway_service.errors import UnavailableError

from qingyu_ai.library import Document, Library, passage_id
from qingyu_ai.passages import passages
from qingyu_ai.vectors import Vectors

INDEX = "index"
ATTEMPTS = 8
FIRST_WAIT = timedelta(seconds=1)
LONGEST = timedelta(minutes=10)
LOST = timedelta(seconds=30)
"""A document that has waited so long may have no job: it is kept in two steps."""
SWEEP_SECONDS = 15.0
SWEPT = 100

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the tasks are carried out with."""

    client: AsyncMongoClient[Record]
    library: Library
    vectors: Vectors

    async def close(self) -> None:
        """Close all connections."""
        await self.vectors.close()
        await self.client.close()


def register(queue: Queue) -> None:
    """Name the tasks to the queue."""
    queue.task(INDEX, attempts=ATTEMPTS, first_wait=FIRST_WAIT, timeout=LONGEST)(index)


async def index(job: Job, payload: Payload) -> None:
    """Make the passages of a document as it is now; safe to do twice, and twice at once."""
    tools, key = tools_of(job), str(payload["document"])
    try:
        await indexed(tools, key)
    except RefusedError as error:
        await tools.library.failed(key, error.message or "the text cannot be indexed")
        raise GiveUp(str(error)) from error


async def indexed(tools: Tools, key: str) -> None:
    """Make the passages; again, if the document changes meanwhile.

    First the vectors, then in one step the passages: at each moment and at each kill a document
    is found by its old text or by its new one. Vectors of no passage are found by nobody, and
    are removed at the end.
    """
    while (document := await tools.library.one(key)) is not None and not document.gone:
        texts = {
            passage_id(key, document.revision, number): text
            for number, text in enumerate(passages(document.text))
        }
        await tools.vectors.keep(texts, facts(document, document.revision))
        if await tools.library.put(document, texts):
            for old in range(document.clean + 1, document.revision):
                await tools.vectors.forget(facts(document, old))
            await tools.library.cleaned(document)
            log.info("indexed", extra={"document": key, "passages": len(texts)})
            return
    await tools.vectors.forget({"document": key})
    await tools.library.forget(key)


def facts(document: Document, revision: int) -> dict[str, object]:
    """Return what is kept beside each vector."""
    return {"owner": document.owner, "document": document.id, "revision": revision}


async def sweeping(tools: Tools, queue: Queue, database_url: str) -> None:
    """Give a job to documents whose own was lost: a process may end between the two databases."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        try:
            await swept(tools, queue, database_url)
        except (UnavailableError, psycopg.Error) as error:
            log.warning("cannot look for documents without a job", extra={"why": str(error)})


async def swept(tools: Tools, queue: Queue, database_url: str) -> None:
    """Give a job to each document that has waited for long; two jobs for one do no harm."""
    if lost := await tools.library.waiting(LOST, SWEPT):
        jobs = [{"document": each} for each in lost]
        async with await psycopg.AsyncConnection.connect(database_url) as connection:
            await queue.enqueue_many(connection, INDEX, jobs)
        log.info("documents without a job", extra={"documents": len(lost)})


def tools_of(job: Job) -> Tools:
    """Return what the tasks are carried out with."""
    tools = job.resources
    if not isinstance(tools, Tools):  # pragma: no cover
        raise TypeError
    return tools
