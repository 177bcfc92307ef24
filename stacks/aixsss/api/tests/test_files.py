"""Files go up in parts and play by range."""

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import httpx2
import psycopg
import pytest
from conftest import Person, Stores, person
from media import wav

from aixsss.parts import made
from aixsss.settings import settings
from aixsss.stores.models import FileRecord

SIZE = 12 * 1024 * 1024
PART = 5 * 1024 * 1024
SONG = wav(SIZE)


def begin(
    who: Person, size: int, name: str = "song.wav", kind: str = "audio/wav"
) -> httpx2.Response:
    """Announce a file."""
    return who.client.post("/api/files", json={"name": name, "type": kind, "size": size})


def send(who: Person, file_id: str, number: int, content: bytes) -> httpx2.Response:
    """Send one part."""
    return who.client.put(f"/api/files/{file_id}/parts/{number}", content=content)


def upload(who: Person, content: bytes = SONG, name: str = "song.wav") -> str:
    """Upload a file, two parts at a time, and return its id."""
    file = begin(who, len(content), name).json()["file"]
    size = file["partSize"]
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    assert len(pieces) == file["partCount"]
    with ThreadPoolExecutor(2) as threads:
        numbers = range(1, len(pieces) + 1)
        answers = list(threads.map(lambda n: send(who, file["id"], n, pieces[n - 1]), numbers))
    assert [answer.status_code for answer in answers] == [200] * len(pieces)
    done = who.client.post(f"/api/files/{file['id']}/complete")
    assert done.status_code == 200, done.text
    assert done.json()["file"]["state"] == "ready"
    return str(file["id"])


def read(who: Person, file_id: str, **headers: str) -> httpx2.Response:
    """Read the content with these headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return who.client.get(f"/api/files/{file_id}/content", headers=named)


@pytest.fixture(scope="module")
def listener(api: str) -> Person:
    return person(api)


@pytest.fixture(scope="module")
def song(listener: Person) -> str:
    return upload(listener)


def test_a_file_comes_back_as_it_went_up(listener: Person, song: str) -> None:
    answer = read(listener, song)

    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).digest() == hashlib.sha256(SONG).digest()
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-", 0, SIZE - 1),
        ("bytes=0-0", 0, 0),
        ("bytes=0-1023", 0, 1023),
        (f"bytes={PART - 5}-{PART + 4}", PART - 5, PART + 4),
        ("bytes=-1000", SIZE - 1000, SIZE - 1),
        (f"bytes={SIZE - 10}-{SIZE + 90}", SIZE - 10, SIZE - 1),
    ],
)
def test_a_range_gives_these_bytes_and_no_others(
    listener: Person, song: str, asked: str, first: int, last: int
) -> None:
    answer = read(listener, song, range=asked)

    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{SIZE}"
    assert answer.content == SONG[first : last + 1]


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE + 5}-{SIZE + 9}", "bytes=-0"])
def test_a_range_outside_of_the_file_is_refused(listener: Person, song: str, asked: str) -> None:
    answer = read(listener, song, range=asked)

    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "asked", ["bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=0-1,4-5", "bytes=-"]
)
def test_a_range_that_makes_no_sense_is_ignored(listener: Person, song: str, asked: str) -> None:
    with listener.client.stream(
        "GET", f"/api/files/{song}/content", headers={"range": asked}
    ) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-length"] == str(SIZE)


def test_a_range_of_an_older_version_gives_the_whole_file(listener: Person, song: str) -> None:
    etag = read(listener, song, range="bytes=0-0").headers["etag"]

    assert read(listener, song, range="bytes=0-0", if_range=etag).status_code == 206
    assert read(listener, song, range="bytes=0-0", if_range='"other"').status_code == 200
    assert read(listener, song, if_none_match=etag).status_code == 304


def test_head_tells_the_size_and_sends_nothing(listener: Person, song: str) -> None:
    answer = listener.client.head(f"/api/files/{song}/content", headers={"range": "bytes=0-1"})

    assert answer.status_code == 200
    assert answer.headers["content-length"] == str(SIZE)
    assert answer.content == b""


def test_the_playback_cookie_plays_and_does_nothing_else(listener: Person, song: str) -> None:
    """A media element sends cookies and no header."""
    cookie = {"cookie": f"aixsss_playback={listener.client.cookies['aixsss_playback']}"}
    at = f"{listener.client.base_url}/api/files/{song}"

    assert httpx2.get(f"{at}/content", headers=cookie | {"range": "bytes=0-9"}).status_code == 206
    assert httpx2.get(f"{at}/content").status_code == 401
    assert httpx2.get(at, headers=cookie).status_code == 401
    assert httpx2.delete(at, headers=cookie).status_code == 401


def test_files_of_others_do_not_exist(bob: Person, song: str) -> None:
    at = f"/api/files/{song}"

    assert bob.client.get("/api/files").json()["files"] == []
    assert bob.client.get(at).status_code == 404
    assert bob.client.get(f"{at}/content").status_code == 404
    assert bob.client.delete(at).status_code == 404
    assert bob.client.post(f"{at}/complete").status_code == 404
    assert send(bob, song, 1, SONG[:PART]).status_code == 404


def test_bytes_must_be_what_was_announced(ann: Person) -> None:
    page = b"<!doctype html><script>alert(1)</script>".ljust(100)
    file = begin(ann, len(page)).json()["file"]

    answer = send(ann, file["id"], 1, page)

    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media")
    assert begin(ann, 100, "a.html", "text/html").status_code == 415
    assert ann.client.post(f"/api/files/{file['id']}/complete").status_code == 409


def test_parts_must_have_their_size_and_place(ann: Person) -> None:
    file = begin(ann, SIZE).json()["file"]

    assert send(ann, file["id"], 1, SONG[: PART - 1]).status_code == 400
    assert send(ann, file["id"], 1, SONG[: PART + 1]).status_code in {400, 413}
    assert send(ann, file["id"], 4, SONG[:10]).status_code == 400
    assert send(ann, file["id"], 0, SONG[:10]).status_code == 400


def test_an_upload_goes_on_where_it_broke_off(ann: Person) -> None:
    file = begin(ann, SIZE).json()["file"]
    at = f"/api/files/{file['id']}"
    send(ann, file["id"], 1, SONG[:PART])
    send(ann, file["id"], 3, SONG[2 * PART :])
    assert ann.client.get(at).json()["received"] == [1, 3]
    missing = ann.client.post(f"{at}/complete")
    assert (missing.status_code, missing.json()["error"]["code"]) == (409, "parts_missing")

    send(ann, file["id"], 2, b"\0" * PART)
    send(ann, file["id"], 2, SONG[PART : 2 * PART])  # sent again, it replaces the first try

    assert ann.client.post(f"{at}/complete").status_code == 200
    assert ann.client.post(f"{at}/complete").status_code == 200
    assert read(ann, file["id"]).content == SONG


def test_a_crash_while_completing_loses_nothing(ann: Person, stores: Stores) -> None:
    """The object was put together, and the process died before it could note it."""
    small = wav(1000)
    file_id = begin(ann, len(small)).json()["file"]["id"]
    send(ann, file_id, 1, small)
    asyncio.run(put_together(stores, file_id))

    assert ann.client.post(f"/api/files/{file_id}/complete").status_code == 200
    assert read(ann, file_id).content == small


async def put_together(stores: Stores, file_id: str) -> None:
    """Do what the API does first when a file is completed, and no more."""
    parts = made(settings(stores.settings))
    async with parts.database.transaction() as session:
        record = await session.get(FileRecord, UUID(file_id))
    assert record is not None
    marks = [part.mark for part in await parts.files.parts(record)]
    await parts.objects.finish(record.object_key, record.upload_id, marks)
    await parts.objects.close()
    await parts.database.close()


def test_a_file_is_gone_when_deleted(ann: Person) -> None:
    small = wav(1000)
    file_id = upload(ann, small, '../..\\a\u202eb\r\n"c.wav')
    answer = read(ann, file_id)
    assert answer.headers["content-disposition"].startswith('inline; filename="ab_c.wav"')

    assert ann.client.delete(f"/api/files/{file_id}").status_code == 204

    assert read(ann, file_id).status_code == 404
    assert ann.client.get("/api/files").json()["files"] == []


def test_there_is_room_for_so_much_and_no_more(ann: Person) -> None:
    """The quota is 40 MB here; uploads under way count, or it could be gone round."""
    assert begin(ann, 30 * 1024 * 1024).status_code == 201
    second = begin(ann, 20 * 1024 * 1024)
    assert (second.status_code, second.json()["error"]["code"]) == (413, "over_quota")

    [file] = ann.client.get("/api/files").json()["files"]
    ann.client.delete(f"/api/files/{file['id']}")
    assert begin(ann, 20 * 1024 * 1024).status_code == 201


def test_abandoned_uploads_make_room_after_a_day(ann: Person, stores: Stores) -> None:
    old = begin(ann, 30 * 1024 * 1024).json()["file"]["id"]
    with psycopg.connect(stores.settings["DATABASE_URL"]) as connection:
        query = "UPDATE files SET created_at = now() - interval '25 hours' WHERE id = %s"
        connection.execute(query, (old,))

    assert begin(ann, 30 * 1024 * 1024).status_code == 201
    assert ann.client.get(f"/api/files/{old}").status_code == 404
