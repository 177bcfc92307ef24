"""MongoDB in containers: an image in which nothing is of Seaway, formed and watched from outside.

The image is a stand-in for tests (`tools/engine mongo`): the real one is in a registry.
"""

import asyncio
import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from subprocess import run

import pytest
from pymongo import AsyncMongoClient

from seaway.components.mongo import Mongo
from seaway.engine.access import dumped_server
from seaway.engine.reaching import reached
from seaway.model.instance import Instance, Phase
from seaway.model.release import Release
from seaway.model.standing import Word
from seaway.model.workload import Workload
from seaway.saving.mongo import MongoDump
from seaway.targets.docker.engine import SOCKET, Engine
from seaway.targets.docker.images.bases import PYTHON, Bases
from tests.docker.test_images import there
from tests.docker.test_members import STACK, Stack, kept, release_of

MONGO = "mongo:7.0"
TOOL = Path(__file__).parents[2] / "tools/engine"

pytestmark = [
    pytest.mark.docker,
    pytest.mark.timeout(500),
    pytest.mark.skipif(
        not Path(SOCKET).exists() or not there(PYTHON), reason="no engine with the base image"
    ),
    pytest.mark.skipif(find_spec("fiftyone") is None, reason="no mongod to make the image of"),
]


class AsNamed:
    """Images that are used as they are."""

    def __init__(self, folder: Path) -> None:
        self._bases = Bases(Engine(), "", folder)

    async def ensure(self, workload: Workload) -> str:
        return (await self._bases.plain(workload.program.image, lambda _: None)).id


@pytest.fixture(scope="module", autouse=True)
def image():
    run((TOOL, "mongo"), check=True)


def words(seen: Sequence[Instance]) -> list[str]:
    """What those that are ready are in their set."""
    return sorted(
        each.said.word for each in seen if each.phase is Phase.READY and isinstance(each.said, Word)
    )


async def session(stack: Stack, release: Release) -> AsyncMongoClient:
    """As its user, at whoever is the primary."""
    where = await reached(stack.target, release, "docs")
    password = stack.vault.read("docs.app-password")
    return AsyncMongoClient(
        where.host, where.ports["mongo"], directConnection=True, username="app",
        password=password, authSource=str(STACK), w="majority", serverSelectionTimeoutMS=20_000,
    )  # fmt: skip


async def inspected() -> str:
    """All that the engine would tell anybody of the containers of these tests."""
    engine = Engine()
    filters = {"label": [f"seaway.stack={STACK}"]}
    table = await engine.call("GET", "/containers/json", query={"all": True, "filters": filters})
    each = [await engine.call("GET", f"/containers/{one['Id']}/json") for one in table]
    return json.dumps(each)


async def test_a_set_of_one_takes_writes_and_the_engine_knows_no_secret(tmp_path):
    release = release_of(Mongo.model_validate({"members": 1}), "docs", tmp_path)
    async with kept(tmp_path, release, AsNamed(tmp_path)) as stack:
        await stack.until(lambda seen: words(seen) == ["primary"])
        async with await session(stack, release) as client:
            await client[str(STACK)].notes.insert_one({"_id": 1})
        told = await inspected()

    assert "mongod.conf" in told
    for name in ("docs.key", "docs.root-password", "docs.app-password"):
        assert stack.vault.read(name) not in told


@pytest.mark.long
async def test_a_killed_primary_is_made_up_for_and_nothing_is_lost(tmp_path):
    release = release_of(Mongo.model_validate({"members": 3}), "docs", tmp_path)
    async with kept(tmp_path, release, AsNamed(tmp_path)) as stack:
        whole = ["primary", "secondary", "secondary"]
        seen = await stack.until(lambda seen: words(seen) == whole)
        async with await session(stack, release) as client:
            await client[str(STACK)].notes.insert_one({"_id": 1})
        [first] = [each for each in seen if each.said == Word(word="primary")]
        # A member that leads no longer, when it is asked for all it has, names the one that does.
        second = next(each for each in seen if each.said == Word(word="secondary"))
        server = dumped_server(await stack.target.reach(second, release), release, "docs")
        told = await asyncio.to_thread(MongoDump().contents, server)
        assert f"{STACK}/notes.bson" in told

        await stack.target.kill(first, "SIGKILL")

        seen = await stack.until(
            lambda seen: words(seen) == whole and first.id not in {each.id for each in seen}
        )
        async with await session(stack, release) as client:
            await client[str(STACK)].notes.insert_one({"_id": 2})
            assert await client[str(STACK)].notes.count_documents({}) == 2
