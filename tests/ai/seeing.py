"""The image service before a real store, and what is asked of both."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from seaway.components.s3 import S3
from seaway.targets.local.parts.s3 import S3Part
from tests.ai.conftest import KEY, Program, running
from tests.parts.harness import Bench, bench

BUCKET = "food-images"


@contextlib.asynccontextmanager
async def picture_store(root: Path) -> AsyncIterator[Bench]:
    """A store with a bucket for pictures."""
    settings = {"buckets": {BUCKET: {"expire": "30d"}}, "resources": {"memory": "256Mi"}}
    async with bench(S3Part(), S3, root, **settings) as it:
        await it.start()
        yield it


def seeing(store: Bench, **more: object):
    """The service before this store."""
    told = {
        "S3_ENDPOINT": f"http://127.0.0.1:{store.ports['s3']}", "S3_BUCKET": BUCKET,
        "S3_ACCESS_KEY": "lantern-store", "S3_SECRET_KEY": store.secrets["store.secret-key"],
        "S3_DAYS": 30, "KEY": KEY, **more,
    }  # fmt: skip
    env = {f"VISION_{name}": str(value) for name, value in told.items()}
    return running("seaway.ai.vision", env)


async def send(vision: Program, data: bytes, name: str = "dish.jpg"):
    return await vision.http.post("/v1/images", files={"file": (name, data, "image/jpeg")})


def kept(store: Bench) -> set[str]:
    """The names of all that is in the bucket."""
    client: Any = boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{store.ports['s3']}", region_name="us-east-1",
        aws_access_key_id="lantern-store",
        aws_secret_access_key=store.secrets["store.secret-key"],
        config=Config(retries={"max_attempts": 1}),
    )  # fmt: skip
    return {each["Key"] for each in client.list_objects_v2(Bucket=BUCKET).get("Contents", [])}


def memory(pid: int) -> dict[int, int]:
    """Most that the program and each of its decoders ever had, in bytes."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = {}
    for each in (pid, *map(int, children)):
        lines = Path(f"/proc/{each}/status").read_text().splitlines()
        found[each] = next(int(line.split()[1]) for line in lines if line[:5] == "VmHWM") * 1024
    return found


def decoders(program: Program) -> set[int]:
    return set(memory(program.process.pid)) - {program.process.pid}
