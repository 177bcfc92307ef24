"""Expired objects really go. It takes minutes: the server looks for them after five."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from seaway.components.s3 import S3
from seaway.targets.local.parts.s3 import S3Part
from seaway.targets.local.parts.s3_calls import Server, call
from tests.parts.harness import Bench, bench

pytestmark = [
    pytest.mark.local,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        os.environ.get("SEAWAY_FAULTS") != "long", reason="takes ten minutes: just faults long"
    ),
]

PAST = (
    "<LifecycleConfiguration><Rule><ID>past</ID><Status>Enabled</Status>"
    "<Filter><Prefix></Prefix></Filter>"
    "<Expiration><Date>2026-01-01T00:00:00Z</Date></Expiration></Rule></LifecycleConfiguration>"
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Bench]:
    buckets = {"passing": {"expire": "30d"}, "kept": {}}
    async with bench(S3Part(), S3, tmp_path, buckets=buckets) as it:
        await it.start()
        yield it


async def test_an_expired_object_is_deleted_without_anyone_asking(store):
    """A rule that nobody carries out is a broken promise: it is one of the traps of this server."""
    admin = Server(
        host="127.0.0.1", port=store.ports["s3"], region="us-east-1",
        access_key="seaway", secret_key=store.secrets["store.admin-key"],
    )  # fmt: skip
    for round_ in range(2):
        for bucket in ("passing", "kept"):
            assert (await call(admin, "PUT", f"/{bucket}/old-{round_}", body="x")).good
        assert (await call(admin, "PUT", "/passing", "lifecycle", PAST)).good
        seconds = 0
        while (await call(admin, "GET", f"/passing/old-{round_}")).good:
            await asyncio.sleep(5)
            seconds += 5
            assert seconds < 420, "it was never deleted"

        assert (await call(admin, "GET", f"/kept/old-{round_}")).good
        await store.stop()
        await store.start()
