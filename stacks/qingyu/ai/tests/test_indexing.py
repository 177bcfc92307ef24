"""Documents become findable, stay so while they change, and are forgotten whole."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
from conftest import Service, written
from qingyu_contract.database import Database
from seaway_jobs import Queue
from seaway_service.testing import postgres, running

from qingyu_ai.indexing import Tools, indexed, swept


async def found(tools: Tools, owner: str, text: str) -> list[str]:
    """Return the texts that are found."""
    alike = await tools.vectors.near(text, owner, 10)
    return sorted(each.text for each in await tools.library.passages(owner, alike))


def vectors_of(others: str, document: str) -> list[str]:
    there: list[str] = httpx2.get(f"{others}/items").json()
    return [each for each in there if each.startswith(document)]


async def test_a_document_is_found_by_its_present_text_only(
    database: Database, tools: Tools, others: str, owner: str
) -> None:
    document = await written(database, owner, "Plan", "Old words about apples.")
    await indexed(tools, document)
    changed = {"text": "New words about pears.", "revision": 3}
    await database.documents.update_one({"_id": document}, {"$set": changed})

    await indexed(tools, document)

    assert await found(tools, owner, "words") == ["New words about pears."]
    assert vectors_of(others, document) == [f"{document}.3.0"]
    kept = await database.documents.find_one({"_id": document})
    assert kept is not None
    assert kept["index"] == {"state": "ready", "revision": 3, "passages": 1}


async def test_a_passage_of_a_text_that_changed_meanwhile_is_not_put_in_place(
    database: Database, tools: Tools, owner: str
) -> None:
    document = await written(database, owner, "Plan", "Old words.")
    read = await tools.library.one(document)
    assert read is not None
    await database.documents.update_one({"_id": document}, {"$set": {"revision": 2}})

    assert not await tools.library.put(read, {"late": "Old words."})
    assert await database.passages.find_one({"_id": "late"}) is None


async def test_a_document_that_is_gone_leaves_nothing(
    database: Database, tools: Tools, others: str, owner: str
) -> None:
    document = await written(database, owner, "Plan", "Words.")
    await indexed(tools, document)
    await database.documents.update_one({"_id": document}, {"$set": {"gone": True}})

    await indexed(tools, document)

    assert await database.documents.find_one({"_id": document}) is None
    assert await database.passages.find_one({"document": document}) is None
    assert vectors_of(others, document) == []


async def test_a_document_whose_job_was_lost_is_indexed_by_the_worker(
    service: Service, database: Database, tools: Tools, owner: str, tmp_path: Path
) -> None:
    """The back end died between the two databases: the sweep makes a job, the worker does it."""
    document = await written(database, owner, "Plan", "Words that were lost.")
    long_ago = datetime.now(UTC) - timedelta(minutes=1)
    await database.documents.update_one({"_id": document}, {"$set": {"updated": long_ago}})
    server, url = postgres(tmp_path)
    told = {**os.environ, **service.environment, "DATABASE_URL": url}
    with running(server):
        command = [sys.executable, "-m", "qingyu_ai.indexer"]
        await asyncio.to_thread(subprocess.run, [*command, "prepare"], env=told, check=True)
        await swept(tools, Queue("qingyu"), url)
        worker = await asyncio.to_thread(subprocess.Popen, command, env=told)
        try:
            async with asyncio.timeout(90):
                while not await found(tools, owner, "lost words"):
                    await asyncio.sleep(0.05)
        finally:
            worker.terminate()
            assert await asyncio.to_thread(worker.wait, 60) == 0
