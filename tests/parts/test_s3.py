"""S3 as a part: a real server, used by the real client, killed and restarted."""

import asyncio
import signal
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from seaway.components.s3 import S3
from seaway.targets.local.part import NotReady
from seaway.targets.local.parts.s3 import S3Part
from tests.parts.harness import Bench, bench

pytestmark = [
    pytest.mark.local,
    # boto3 leaves closing to the collector, and asks the clock in a way that is to go
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

BUCKETS = {
    "food-images": {"expire": "30d", "public": "thumbs/"},
    "uploads": {"versioning": True},
}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Bench]:
    settings = {"buckets": BUCKETS, "region": "ap-southeast-1", "encrypt": True}
    async with bench(S3Part(), S3, tmp_path, **settings) as it:
        yield it


def client(store: Bench, key: str = "lantern-store", secret: str = "") -> Any:
    return boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{store.ports['s3']}",
        aws_access_key_id=key,
        aws_secret_access_key=secret or store.secrets["store.secret-key"],
        region_name="ap-southeast-1",
        config=Config(retries={"max_attempts": 1}),
    )


def admin(store: Bench) -> Any:
    return client(store, "seaway", store.secrets["store.admin-key"])


def refused(call: Any, **arguments: object) -> str:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return str(error.value.response["Error"]["Code"])


async def test_the_application_has_its_buckets_and_nothing_else(store):
    await store.start()
    app = client(store)

    app.put_object(Bucket="uploads", Key="a/b.txt", Body=b"hello")
    assert app.get_object(Bucket="uploads", Key="a/b.txt")["Body"].read() == b"hello"
    assert {b["Name"] for b in app.list_buckets()["Buckets"]} == set(BUCKETS)
    assert refused(app.create_bucket, Bucket="another") == "AccessDenied"
    assert refused(app.delete_bucket, Bucket="uploads") == "AccessDenied"
    admin(store).create_bucket(Bucket="private")
    assert refused(app.put_object, Bucket="private", Key="x", Body=b"x") == "AccessDenied"
    assert refused(app.list_objects_v2, Bucket="private") == "AccessDenied"


async def test_wrong_keys_are_refused(store):
    await store.start()

    wrong = client(store, secret="wrong")
    unknown = client(store, key="somebody")

    assert refused(wrong.list_buckets) == "SignatureDoesNotMatch"
    assert refused(unknown.list_buckets) == "InvalidAccessKeyId"
    assert refused(client(store, key="seaway").list_buckets) == "SignatureDoesNotMatch"


async def test_anyone_may_read_what_is_public_and_nothing_else(store):
    await store.start()
    app = client(store)
    app.put_object(Bucket="food-images", Key="thumbs/1.txt", Body=b"seen")
    app.put_object(Bucket="food-images", Key="full/1.txt", Body=b"hidden")
    url = f"http://127.0.0.1:{store.ports['s3']}/food-images"

    with urllib.request.urlopen(f"{url}/thumbs/1.txt") as answer:  # noqa: S310 -- http
        assert answer.read() == b"seen"
    for path in ("/full/1.txt", "/", "?list-type=2"):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"{url}{path}")  # noqa: S310 -- http


async def test_its_inner_servers_answer_nobody(store):
    """They could be asked for files past all rights; their ports are on the inner address too."""
    await store.start()
    client(store).put_object(Bucket="uploads", Key="secret.txt", Body=b"hidden")

    for path in ("filer", "volume"):
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(
                f"http://127.0.0.1:{store.ports[path]}/buckets/uploads/secret.txt"
            )


async def test_its_administration_needs_its_certificate(store):
    """Who can call its inner servers is administrator: no stranger on this machine may."""
    await store.start()
    weed = store.place.found.programs["weed"]
    where = (
        f"-master=127.0.0.1:{store.ports['master']}",
        f"-filer=127.0.0.1:{store.ports['filer']}",
    )

    process = await asyncio.create_subprocess_exec(
        str(weed), "shell", *where, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(5):
            said, _ = await process.communicate(b"fs.ls /buckets\n")
    except TimeoutError:
        process.kill()
        said, _ = await process.communicate()

    assert b"uploads" not in said


async def test_it_listens_on_the_inner_address_only(store):
    await store.start()

    lines = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    mine = set(store.ports.values()) | {port + 10_000 for port in store.ports.values()}
    found = set()
    for words in (line.split() for line in lines.splitlines()):
        address, _, port = words[1].rpartition(":")
        if words[3] == "0A" and int(port, 16) in mine:
            found.add(address)
    assert found == {"0100007F"}


async def test_buckets_have_their_rules(store):
    await store.start()
    it = admin(store)

    [rule] = it.get_bucket_lifecycle_configuration(Bucket="food-images")["Rules"]
    assert rule["Expiration"] == {"Days": 30}
    assert it.get_bucket_versioning(Bucket="uploads")["Status"] == "Enabled"
    assert refused(it.get_bucket_lifecycle_configuration, Bucket="uploads") == (
        "NoSuchLifecycleConfiguration"
    )


async def test_an_old_version_can_be_had_back(store):
    await store.start()
    app = client(store)
    first = app.put_object(Bucket="uploads", Key="x", Body=b"one")["VersionId"]
    app.put_object(Bucket="uploads", Key="x", Body=b"two")
    app.delete_object(Bucket="uploads", Key="x")

    assert app.get_object(Bucket="uploads", Key="x", VersionId=first)["Body"].read() == b"one"


async def test_other_rules_take_effect_at_the_next_start(store):
    await store.start()
    await store.stop()
    store.change(buckets={"food-images": {}, "uploads": {"expire": "7d"}, "third": {}})
    await store.start()
    it = admin(store)

    assert {b["Name"] for b in it.list_buckets()["Buckets"]} == {*BUCKETS, "third"}
    assert refused(it.get_bucket_lifecycle_configuration, Bucket="food-images")
    assert refused(it.get_bucket_policy, Bucket="food-images")
    [rule] = it.get_bucket_lifecycle_configuration(Bucket="uploads")["Rules"]
    assert rule["Expiration"] == {"Days": 7}
    assert it.get_bucket_versioning(Bucket="uploads")["Status"] == "Suspended"


async def test_what_is_stored_is_encrypted_on_the_disk(store):
    await store.start()
    client(store).put_object(Bucket="uploads", Key="x", Body=b"a rather long plain text" * 50)
    await store.stop()

    files = [p.read_bytes() for p in (store.root / "data").rglob("*") if p.is_file()]
    assert not any(b"a rather long plain text" in body for body in files)
    await store.start()
    body = client(store).get_object(Bucket="uploads", Key="x")["Body"].read()
    assert body == b"a rather long plain text" * 50


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
async def test_data_outlives_every_end(store, sign):
    """After a kill its sockets are left in the folder for passing files, and it must not hang."""
    await store.start()
    app = client(store)
    for n in range(30):
        app.put_object(Bucket="uploads", Key=f"{n}", Body=b"x" * 10_000)
    app.put_object(Bucket="uploads", Key="large", Body=b"y" * 20_000_000)
    await store.stop(sign)

    await store.start()

    listed = client(store).list_objects_v2(Bucket="uploads")
    assert listed["KeyCount"] == 31
    body = client(store).get_object(Bucket="uploads", Key="large")["Body"].read()
    assert body == b"y" * 20_000_000


async def test_a_rotated_key_works_and_the_old_one_is_refused(store):
    await store.start()
    old = store.secrets["store.secret-key"]
    client(store).put_object(Bucket="uploads", Key="x", Body=b"kept")
    await store.stop()
    store.secrets["store.secret-key"] = "another-key-of-forty-characters-in-length"

    await store.start()

    assert client(store).get_object(Bucket="uploads", Key="x")["Body"].read() == b"kept"
    assert refused(client(store, secret=old).list_buckets) == "SignatureDoesNotMatch"


async def test_it_is_not_ready_for_wrong_keys_or_when_nobody_listens(store):
    """A check must be able to fail for the reason it exists (R136)."""
    store.place = store.placed()
    with pytest.raises(NotReady):
        await store.part.ready(store.place)
    await store.start()
    store.place.env["S3_ADMIN_KEY"] = "wrong"

    with pytest.raises(NotReady, match="signature"):
        await store.part.ready(store.place)


async def test_no_key_is_in_an_argument_or_in_the_log(store):
    await store.start()

    line = Path(f"/proc/{store.process.pid}/cmdline").read_bytes().decode()
    for secret in store.secrets.values():
        assert secret not in line
        assert secret not in store.log
