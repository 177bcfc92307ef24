"""Questions and documents over HTTP, on a real PostgreSQL, Redis, vectors and offline models."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio

from seaway.ai.rag.database import Database
from seaway.ai.rag.documents import Documents
from seaway.ai.rag.library import Library
from seaway.ai.rag.vectors import Vectors, kind_of
from seaway.components.redis import Redis
from seaway.targets.local.parts.redis import RedisPart
from tests.ai.conftest import KEY, Program, simulating
from tests.ai.rag.documents import docx, pdf
from tests.ai.rag.running import Around, ask, events, put, rag, streamed
from tests.ai.services import database, models, vectors
from tests.ai.services import url as database_url
from tests.parts.harness import bench

pytestmark = [pytest.mark.local, pytest.mark.asyncio(loop_scope="module")]

FISH = """# 清蒸鲈鱼

## 用料

- 鲈鱼一条，葱三根。

## 做法

大火清蒸十分钟。蒸好的鱼浇上蒸鱼豉油。
"""
HOURS = """# Opening hours

The harbour restaurant opens at six in the evening. On Mondays it is closed.

# Prices

A plate of steamed fish costs 68 yuan.
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def around(tmp_path_factory) -> AsyncIterator[Around]:
    """One of each for all tests here; each test has documents in a collection of its own."""
    root = tmp_path_factory.mktemp("around")
    (root / "redis").mkdir()
    async with (
        bench(RedisPart(), Redis, root / "redis") as redis,
        database(root) as db,
        models("embed extract") as offline,
        vectors(database_url(db), offline) as search,
    ):
        await redis.start()
        [password] = redis.secrets.values()
        address = f"redis://:{password}@127.0.0.1:{redis.ports['redis']}/0"
        yield Around(db, search, offline, redis=address)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(around) -> AsyncIterator[Program]:
    async with rag(around) as program:
        yield program


async def test_an_answer_is_quoted_from_a_source_that_it_names(door):
    await put(door, "fish", FISH, collection="one")
    await put(door, "hours", HOURS, collection="one", title="The harbour")

    chinese = await ask(door, "鲈鱼要蒸几分钟？", collection="one")
    english = await ask(door, "When does the restaurant open?", collection="one")

    assert chinese["found"]
    assert "大火清蒸十分钟。" in chinese["answer"]
    [first, *_] = chinese["sources"]
    assert (first["n"], first["document"], first["title"]) == (1, "fish", "清蒸鲈鱼")
    assert "six in the evening" in english["answer"]
    [number, *_] = english["cited"]
    assert english["sources"][number - 1]["document"] == "hours"
    assert english["sources"][number - 1]["title"] == "The harbour"


async def test_what_the_documents_do_not_say_is_not_answered(door):
    await put(door, "hours", HOURS, collection="two")

    far = await ask(door, "公司去年的利润是多少？", collection="two")
    near = await ask(door, "Who wrote the menu of the opera in Vienna?", collection="two")

    assert not far["found"]
    assert far["answer"] == "资料中没有找到答案。"
    assert far["sources"] == []
    assert not near["found"]
    assert near["answer"] == "The documents do not answer this question."


async def test_a_stream_says_the_same_as_the_whole_answer(door):
    await put(door, "hours", HOURS, collection="three")

    [sources, *tokens, done] = await streamed(door, "What does fish cost?", collection="three")
    whole = await ask(door, "What does fish cost?", collection="three")

    assert sources[0] == "sources"
    assert sources[1]["sources"] == whole["sources"]
    assert {name for name, _ in tokens} == {"token"}
    assert "".join(each["text"] for _, each in tokens).strip() == whole["answer"]
    assert done == ("done", {**whole, "cached": False})
    assert whole["cached"]


async def test_a_kept_answer_is_forgotten_when_a_document_changes(door):
    question = "What does fish cost?"
    await put(door, "hours", HOURS, collection="four")
    assert "68 yuan" in (await ask(door, question, collection="four"))["answer"]
    assert (await ask(door, question, collection="four"))["cached"]

    await put(door, "hours", HOURS.replace("68", "75"), collection="four")
    changed = await ask(door, question, collection="four")
    gone = await door.http.delete("/v1/documents/hours", params={"collection": "four"})
    after = await ask(door, question, collection="four")

    assert "75 yuan" in changed["answer"]
    assert not changed["cached"]
    assert gone.status_code == 200
    assert not after["found"]


async def test_files_are_taken_in_as_they_are(door):
    word = docx(("Heading1", "Rent"), ("", "A rowing boat costs 30 yuan for an hour."))
    paper = pdf("The ferry to the island leaves every two hours.")
    for name, data in (("boats.docx", word), ("ferry.pdf", paper)):
        form = {"file": (name, data)}
        sent = await door.http.post("/v1/documents", files=form, data={"collection": "five"})
        assert sent.status_code == 201, sent.text
        assert sent.json()["id"] == name

    boat = await ask(door, "How much is a rowing boat?", collection="five")
    ferry = await ask(door, "How often does the ferry leave?", collection="five")
    listed = (await door.http.get("/v1/documents", params={"collection": "five"})).json()

    assert "30 yuan" in boat["answer"]
    assert "every two hours" in ferry["answer"]
    assert [each["kind"] for each in listed["documents"]] == ["docx", "pdf"]


async def test_a_list_of_documents_goes_on_where_it_ended(door):
    for number in range(5):
        await put(door, f"d{number}", f"# Text {number}\n\nSomething.", collection="six")

    seen, after = [], ""
    while after is not None:
        query = {"collection": "six", "limit": 2, "after": after}
        page = (await door.http.get("/v1/documents", params=query)).json()
        seen += [each["id"] for each in page["documents"]]
        after = page["next"]

    assert seen == ["d0", "d1", "d2", "d3", "d4"]


async def test_a_document_that_is_there_is_not_embedded_again(door, around):
    """An application may send all its documents at each start."""
    await put(door, "fish", FISH, collection="seven")
    before = (await around.search.http.get("/metrics")).text.split("upserted")[1].split("\n")[0]

    again = await put(door, "fish", FISH, collection="seven")

    after = (await around.search.http.get("/metrics")).text.split("upserted")[1].split("\n")[0]
    assert again["passages"] == 1
    assert before == after


async def test_collections_do_not_see_each_other(door):
    await put(door, "hours", HOURS, collection="eight")

    assert (await ask(door, "What does fish cost?", collection="eight"))["found"]
    assert not (await ask(door, "What does fish cost?", collection="nine"))["found"]


async def test_a_question_in_a_conversation_may_be_short(door):
    """`And the fish?` alone finds nothing; with the question before it does."""
    await put(door, "hours", HOURS, collection="ten")
    first = "On which day is the harbour restaurant closed?"
    short = "But why that?"

    alone = await ask(door, short, collection="ten")
    await ask(door, first, collection="ten", conversation="c1")
    [sources, *_] = await streamed(door, short, collection="ten", conversation="c1")
    gone = await door.http.delete("/v1/conversations/c1")
    after = await ask(door, short, collection="ten", conversation="c1")

    assert alone["sources"] == []
    assert [each["document"] for each in sources[1].get("sources", [])] == ["hours"]
    assert gone.status_code == 200
    assert after["sources"] == []


async def test_copies_share_documents_and_answers(door, around):
    await put(door, "hours", HOURS, collection="eleven")
    await ask(door, "What does fish cost?", collection="eleven")

    async with rag(around) as other:
        second = await ask(other, "What does fish cost?", collection="eleven")
        both = [put(each, "hours", HOURS + f"\n\nNote {n}.\n", collection="eleven")
                for n, each in enumerate((door, other, door, other))]  # fmt: skip
        await asyncio.gather(*both)
        listed = await other.http.get("/v1/documents", params={"collection": "eleven"})

    assert second["cached"]
    assert len(listed.json()["documents"]) == 1
    found = await door.http.post("/v1/search", json={"question": "fish", "collection": "eleven"})
    assert len(found.json()["results"]) == listed.json()["documents"][0]["passages"]


@pytest.mark.parametrize(("told", "status"), [
    ({"question": " "}, 422), ({"question": "x" * 2001}, 413), ({}, 400),
    ({"question": "x", "collection": "../a"}, 422), ({"question": 1}, 400),
])  # fmt: skip
async def test_what_is_no_question_is_refused(door, told, status):
    answer = await door.http.post("/v1/ask", json=told)

    assert answer.status_code == status
    assert answer.json()["error"]["message"]


async def test_only_the_key_lets_one_in(door):
    async with httpx2.AsyncClient(base_url=door.url) as stranger:
        assert (await stranger.post("/v1/ask", json={"question": "x"})).status_code == 401
        assert (await stranger.get("/readyz")).status_code == 200


async def test_what_it_does_is_counted(door):
    await put(door, "hours", HOURS, collection="twelve")
    await ask(door, "What does fish cost?", collection="twelve")

    told = (await door.http.get("/metrics")).text

    for name in ('rag_questions_total{end="found"}', "rag_first_token_seconds_count",
                 "rag_retrieval_seconds_count", "rag_cache_requests_total"):  # fmt: skip
        assert name in told


# ------------------------------------------------------------------ when something is not there


async def test_it_is_ready_and_says_what_does_not_answer(around):
    """Who is restarted because of a database brings nothing back."""
    gone = {"DB": "postgresql://app:x@127.0.0.1:9/none"}
    async with rag(Around(around.db, around.search, around.model, env=gone)) as program:
        answer = await program.http.post("/v1/ask", json={"question": "Is it there?"})

        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert answer.json()["error"]["code"] == "database_gone"


async def test_a_document_that_cannot_be_embedded_leaves_the_former_one(around, door):
    await put(door, "hours", HOURS, collection="thirteen")
    gone = {"SEARCH": "http://127.0.0.1:9/v1"}

    async with rag(Around(around.db, around.search, around.model, env=gone)) as lame:
        told = {"id": "hours", "text": "# New\n\nNothing is as it was.", "collection": "thirteen"}
        assert (await lame.http.post("/v1/documents", json=told)).status_code == 503

    assert "68" in (await ask(door, "What does fish cost?", collection="thirteen"))["answer"]


async def test_what_a_killed_copy_left_behind_is_swept(around, door):
    """It had embedded a document and was killed before it was kept: nobody finds it, ever."""
    await put(door, "hours", HOURS, collection="fourteen")
    kind = kind_of("rag", "fourteen")
    database, search = Database(database_url(around.db), "rag"), Vectors(
        f"{around.search.url}/v1", KEY
    )  # fmt: skip
    library = Library(database)
    [number] = await library.begin(1, kind)
    await search.keep(kind, [(number, "The ghost of a document about steamed fish.")])

    told = {"question": "a ghost and steamed fish", "collection": "fourteen"}
    found = await door.http.post("/v1/search", json=told)
    async with database.connected() as connection:
        await connection.execute("UPDATE leavings SET since = now() - interval '1 hour'")
    await Documents(library, search, "rag").sweep()
    left = {each.passage for each in await search.like(kind, "ghost", -1.0, 100)}
    await search.close()
    await database.close()

    assert {each["document"] for each in found.json()["results"]} == {"hours"}
    assert len(left) == 1
    assert number not in left
    assert (await ask(door, "What does fish cost?", collection="fourteen"))["found"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def writer() -> AsyncIterator[Program]:
    async with simulating() as program:
        yield program


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def written(around, writer) -> AsyncIterator[Program]:
    """With a model that does what a question says, and fails so."""
    whole = Around(around.db, around.search, writer, "chat", around.redis)
    async with rag(whole, cache=60) as program:
        await put(program, "hours", HOURS, collection="model")
        yield program


async def test_a_model_that_fails_does_so_for_all_to_see(written, writer):
    """Before the first piece as a status, after it as an event; and never from the cache."""
    question = "What does steamed fish cost at the harbour? [[simulate: {}]]"

    for fault, status in (("500", 502), ("429", 503), ("reset", 502)):
        told = {"question": question.format(fault), "collection": "model"}
        assert (await written.http.post("/v1/ask", json=told)).status_code == status
    for fault in ("cut;at=3", "malformed;at=3", "event;at=3", "no-end"):
        [*before, last] = await streamed(written, question.format(fault), collection="model")
        assert [name for name, _ in before] == ["sources"] + ["token"] * (len(before) - 1)
        assert last[0] == "error"
        assert last[1]["error"]["code"] == "stream_interrupted"
    asked = (await writer.state())["requests"]
    await streamed(written, question.format("cut;at=3"), collection="model")
    assert (await writer.state())["requests"] == asked + 1


async def test_a_model_that_knows_no_answer_is_believed(written, writer):
    question = "What does steamed fish cost at the harbour? [[answer: NOT_FOUND]]"

    [sources, *tokens, done] = await streamed(written, question, collection="model")

    assert sources[1]["sources"]
    assert [each["text"] for _, each in tokens] == ["The documents do not answer this question."]
    assert not done[1]["found"]
    assert done[1]["sources"] == []


async def test_nothing_is_asked_of_the_model_when_nothing_is_found(written, writer):
    before = (await writer.state())["requests"]

    assert not (await ask(written, "佛跳墙要炖几个小时？", collection="model"))["found"]

    assert (await writer.state())["requests"] == before


async def test_who_leaves_ends_the_writing(written, writer):
    asking = "What does steamed fish cost at the harbour?"
    question = f"{asking} [[tokens: 400]] [[simulate: pace;for=50ms]]"
    told = {"question": question, "collection": "model", "stream": True}

    async with written.http.stream("POST", "/v1/ask", json=told) as answer:
        async for name, _ in events(answer):
            if name == "token":
                break

    await writer.until(lambda state: state["ended"].get("cancelled"))


async def test_the_model_is_told_what_was_said_before(written, writer):
    """And a conversation that is too old is none."""
    question = "What does steamed fish cost at the harbour?"
    for conversation in ("", "talk", "talk"):
        await ask(written, question, collection="model", conversation=conversation)

    [first, second, third] = [each["messages"] for each in (await writer.state())["last"][-3:]]
    assert (first, second, third) == (2, 2, 4)
