"""What the services of seaway.ai stand on, as it really runs: PostgreSQL, models, vectors."""

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from seaway.components.milvus import Milvus
from seaway.components.postgres import Postgres
from seaway.model.settings.offline import MODELS
from seaway.model.settings.weights import WEIGHTS
from seaway.targets.local.builds import Builds
from seaway.targets.local.package_files import folder
from seaway.targets.local.parts.milvus import MilvusPart
from seaway.targets.local.parts.postgres import PostgresPart
from seaway.targets.local.state import StateFolder
from tests.ai.conftest import KEY, Program, running
from tests.parts.harness import Bench, bench


@contextlib.asynccontextmanager
async def database(root: Path, **settings: object) -> AsyncIterator[Bench]:
    """A server with pgvector, ended afterwards."""
    given = {"extensions": ["vector", "pg_trgm"], "resources": {"memory": "256Mi"}, **settings}
    async with bench(PostgresPart(), Postgres, root, **given) as db:
        await db.start()
        yield db


@contextlib.asynccontextmanager
async def milvus(root: Path) -> AsyncIterator[str]:
    """The address of a server, ended afterwards."""
    async with bench(MilvusPart(), Milvus, root) as server:
        await server.start()
        yield f"http://127.0.0.1:{server.ports['grpc']}"


def url(db: Bench) -> str:
    """Of the database, as the application `app`."""
    password = db.secrets["store.app-password"]
    return f"postgresql://app:{password}@127.0.0.1:{db.ports['sql']}/lantern"


async def weights(*names: str) -> Path:
    """The folder with these; they are fetched when they are not there yet."""
    files = [WEIGHTS[each].file for each in names]
    builds = Builds(StateFolder(Path(tempfile.gettempdir())), os.environ)
    await builds.fetch(files, sys.stderr.write)
    return folder(os.environ)


async def models_env(serve: str) -> dict[str, str]:
    """What the program of the offline models is told."""
    files = {weight: WEIGHTS[weight].file for model in serve.split() for weight in MODELS[model]}
    there = await weights(*files)
    names = {key: each.name for key, each in files.items()}
    return {"MODELS_SERVE": serve, "MODELS_KEYS": KEY, "MODELS_FILES": json.dumps(names),
            "MODELS_FOLDER": str(there)}  # fmt: skip


@contextlib.asynccontextmanager
async def models(serve: str = "embed extract") -> AsyncIterator[Program]:
    """The offline models."""
    async with running("seaway.ai.models", await models_env(serve)) as program:
        yield program


@contextlib.asynccontextmanager
async def vectors(
    database_url: str, gateway: Program | None = None, dimensions: int = 512, **more: object
) -> AsyncIterator[Program]:
    """A store of vectors, ready."""
    async with running("seaway.ai.vectors", env(database_url, gateway, dimensions, **more)) as it:
        yield it


def env(
    database_url: str, gateway: Program | None, dimensions: int, **more: object
) -> dict[str, str]:
    """What the program of a store is told."""
    given = {"NAME": "search", "DATABASE_URL": database_url, "DIMENSIONS": dimensions,
             "KEYS": KEY, **more}  # fmt: skip
    if gateway:
        given |= {"GATEWAY_URL": f"{gateway.url}/v1", "GATEWAY_KEY": KEY}
    return {f"VECTORS_{key.upper()}": str(value) for key, value in given.items()}
