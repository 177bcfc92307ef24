"""What only the store of vectors on Milvus has to do."""

import asyncio
import signal

import pytest

from seaway.components.milvus import Milvus
from seaway.targets.local.parts.milvus import MilvusPart
from tests.ai.services import vectors
from tests.parts.harness import bench

pytestmark = pytest.mark.local
ITEM = {"type": "dish", "id": "a", "vector": [1.0, 0.0], "metadata": {"veg": True}}


async def test_what_was_written_is_found_after_the_server_was_killed(tmp_path):
    """It comes back with its collections on the disk only: they are loaded again when asked."""
    async with bench(MilvusPart(), Milvus, tmp_path) as server:
        await server.start()
        address = f"http://127.0.0.1:{server.ports['grpc']}"
        async with vectors("", dimensions=2, milvus_url=address) as store:
            await store.http.post("/v1/upsert", json={"items": [ITEM]})
            await server.stop(signal.SIGKILL)
            away = await store.http.post("/v1/search", json={"vector": [1.0, 0.1]})
            await server.start()
            async with asyncio.timeout(30):
                while True:  # the client waits a little longer after each try
                    back = await store.http.post("/v1/search", json={"vector": [1.0, 0.1]})
                    if back.status_code != 503:
                        break
                    await asyncio.sleep(0.2)

    assert away.status_code == 503
    assert back.status_code == 200, back.text
    assert [each["id"] for each in back.json()["results"]] == ["a"]
