"""What pgvector's index does not lead to is found all the same."""

import asyncpg
import pytest

from tests.ai.services import database, url, vectors
from tests.ai.test_vectors import around, put, search

pytestmark = [pytest.mark.local, pytest.mark.asyncio]
_READY = """
update pg_index set indisready = $1 where indexrelid = 'vector_embeddings_hnsw'::regclass
"""


async def test_a_row_without_a_way_to_it_is_found(tmp_path):
    """As after a clean-up while all was deleted: here the index is kept from hearing of the row."""
    async with database(tmp_path) as db:
        port, password = db.ports["sql"], db.secrets["store.password"]
        admin = await asyncpg.connect(f"postgresql://postgres:{password}@127.0.0.1:{port}/lantern")
        name = await admin.fetchval("select current_database()")
        for setting in ("enable_seqscan", "enable_sort"):
            await admin.execute(f'alter database "{name}" set {setting} = off')
        async with vectors(url(db), dimensions=8) as store:
            await put(store, {"type": "dish", "id": "there", "vector": around(0.2)})
            await admin.execute(_READY.replace("$1", "false"))
            await put(store, {"type": "dish", "id": "lost", "vector": around(0)})
            await admin.execute(_READY.replace("$1", "true"))

            found = await search(store)

        await admin.close()
    assert [each["id"] for each in found] == ["lost", "there"]
