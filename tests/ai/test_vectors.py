"""What every store of vectors does, through HTTP: on a real PostgreSQL, and on Milvus."""

import base64
import math
import struct
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.ai.conftest import Program
from tests.ai.services import database, milvus, url, vectors

pytestmark = [pytest.mark.local, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["postgres", "milvus"])
async def server(request, tmp_path_factory) -> AsyncIterator[Program]:
    """One for all tests here: to make a database takes a second."""
    folder = tmp_path_factory.mktemp("database")
    if request.param == "postgres":
        async with database(folder) as db, vectors(url(db), dimensions=8) as it:
            yield it
    else:
        async with milvus(folder) as there, vectors("", dimensions=8, milvus_url=there) as it:
            yield it


@pytest_asyncio.fixture(loop_scope="module")
async def store(server) -> Program:
    """With nothing in it."""
    for kind in ("dish", "user"):
        await server.http.post("/v1/delete", json={"type": kind, "filter": {}})
    return server


def around(angle: float) -> list[float]:
    """A direction in a plane: likeness is the cosine of the difference."""
    return [math.cos(angle), math.sin(angle), *[0.0] * 6]


def packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


async def put(store: Program, *items: dict) -> None:
    answer = await store.http.post("/v1/upsert", json={"items": list(items)})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"upserted": len(items)}


async def search(store: Program, angle: float = 0.0, **more: object) -> list[dict]:
    answer = await store.http.post("/v1/search", json={"vector": around(angle), **more})
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


async def test_the_nearest_are_found_first_and_none_below_the_threshold(store):
    await put(
        store, *({"type": "dish", "id": f"d{n}", "vector": around(n * 0.2)} for n in range(20))
    )

    found = await search(store)

    assert [each["id"] for each in found] == ["d0", "d1", "d2", "d3"]
    assert [each["similarity"] for each in found] == pytest.approx(
        [math.cos(n * 0.2) for n in range(4)], abs=1e-6
    )
    assert len(await search(store, threshold=-1)) == 10
    assert len(await search(store, threshold=-1, limit=15)) == 15
    assert await search(store, type="user") == []


async def test_what_is_written_again_is_changed_and_what_is_deleted_is_gone(store):
    await put(store, {"type": "dish", "id": "a", "vector": around(0), "metadata": {"spicy": True}})
    await put(store, {"type": "dish", "id": "a", "vector": around(1), "metadata": {"spicy": False}})

    assert await search(store) == []
    [found] = await search(store, 1)
    assert found["metadata"] == {"spicy": False}

    gone = await store.http.post("/v1/delete", json={"type": "dish", "ids": ["a", "b"]})
    assert gone.json() == {"deleted": 1}
    assert await search(store, 1) == []


async def test_a_filter_finds_what_lies_behind_many_that_do_not_fit(store):
    """An index that stops at the nearest hundred would find none of them."""
    near = ({"type": "dish", "id": f"n{n}", "vector": around(n / 1000), "metadata": {"veg": False}}
            for n in range(900))  # fmt: skip
    far = ({"type": "dish", "id": f"f{n}", "vector": around(1 + n / 100), "metadata": {"veg": True}}
           for n in range(9))  # fmt: skip
    await put(store, *near)
    await put(store, *far)

    found = await search(store, filter={"veg": True}, threshold=0)

    assert [each["id"] for each in found] == [f"f{n}" for n in range(9)]


@pytest.mark.parametrize(
    "wanted",
    [
        {"name": 'the "best"\n\\'},
        {"spicy": True},
        {"kcal": 12.5},
        {"made": {"by": {"hand": "yes"}}},
        {"tags": ["soup"]},
        {"名字": "汤", "tags": ["soup", "hot"]},
    ],
    ids=["quotes", "truth", "number", "nested", "list", "chinese"],
)
async def test_a_filter_is_what_the_metadata_must_contain(store, wanted):
    whole = {"name": 'the "best"\n\\', "spicy": True, "kcal": 12.5, "tags": ["hot", "soup"],
             "made": {"by": {"hand": "yes"}, "in": 2}, "名字": "汤"}  # fmt: skip
    other = {"name": "x", "spicy": False, "kcal": 12, "tags": ["cold"], "made": {"by": "hand"}}
    await put(store, {"type": "dish", "id": "a", "vector": around(0), "metadata": whole})
    await put(store, {"type": "dish", "id": "b", "vector": around(0), "metadata": other})

    assert [each["id"] for each in await search(store, filter=wanted)] == ["a"]
    gone = await store.http.post("/v1/delete", json={"type": "dish", "filter": wanted})
    assert gone.json() == {"deleted": 1}


async def test_items_are_listed_in_pages_and_deleted_by_what_their_metadata_says(store):
    like = {"type": "dish", "vector": around(0)}
    await put(store, *({**like, "id": f"d{n}", "metadata": {"odd": n % 2}} for n in range(5)))

    first = (await store.http.get("/v1/items?type=dish&limit=3")).json()
    rest = (await store.http.get(f"/v1/items?type=dish&limit=3&after={first['next']}")).json()
    assert [each["id"] for each in first["items"] + rest["items"]] == [f"d{n}" for n in range(5)]
    assert rest["next"] is None

    gone = await store.http.post("/v1/delete", json={"type": "dish", "filter": {"odd": 1}})
    assert gone.json() == {"deleted": 2}


@pytest.mark.parametrize(
    "vector", [[0.0] * 8, [1.0] * 7, [1.0] * 9, [1e38] * 8, [1e-30] * 8, []],
    ids=["zeros", "short", "long", "huge", "tiny", "empty"],
)  # fmt: skip
async def test_a_vector_without_a_direction_or_of_another_length_is_refused(store, vector):
    item = {"type": "dish", "id": "a", "vector": vector}

    for path, body in (("upsert", {"items": [item]}), ("search", {"vector": vector})):
        answer = await store.http.post(f"/v1/{path}", json=body)
        assert answer.status_code == 422, answer.text


async def test_a_vector_may_come_as_bytes_in_base64(store):
    await put(store, {"type": "dish", "id": "a", "vector": packed(around(0))})

    [found] = (await store.http.post("/v1/search", json={"vector": packed(around(0.1))})).json()[
        "results"
    ]

    assert found["id"] == "a"
    assert found["similarity"] == pytest.approx(math.cos(0.1), abs=1e-6)
    for wrong in (packed(around(0))[4:], packed([math.nan] * 8), packed([0.0] * 8), "!"):
        answer = await store.http.post("/v1/search", json={"vector": wrong})
        assert answer.status_code in {400, 422}, wrong


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", '"x"', "null"])
async def test_what_is_no_number_is_no_vector(store, number):
    body = f'{{"vector": [{number}, 1, 1, 1, 1, 1, 1, 1]}}'

    answer = await store.http.post("/v1/search", content=body)

    assert answer.status_code in {400, 422}


async def test_without_the_key_nobody_is_let_in(store):
    answer = await store.http.post(
        "/v1/search", json={"vector": around(0)}, headers={"authorization": "Bearer other"}
    )

    assert answer.status_code == 401
