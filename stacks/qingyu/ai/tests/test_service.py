"""The service over its two faces, with a real database."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator

import grpc
import httpx2
import pytest
from conftest import KEY, Service, asked, environment, written
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from qingyu_contract import writer_pb2, writer_pb2_grpc
from qingyu_contract.database import Database

from qingyu_ai.indexing import Tools, indexed

TEA = "Tea is grown in Fujian. It is picked in April by hand."


@pytest.fixture
async def channel(service: Service) -> AsyncIterator[aio.Channel]:
    async with aio.insecure_channel(f"127.0.0.1:{service.grpc_port}") as opened:
        yield opened


async def write(  # noqa: PLR0913 -- what may be different from call to call
    channel: aio.Channel, owner: str, question: str, text: str, *, draft: bool = False,
    key: str = KEY, deadline: float = 60,
) -> list[writer_pb2.Event]:  # fmt: skip
    """Return all events of one call."""
    request = writer_pb2.Request(
        owner=owner, conversation=f"talk-{owner}", question=question, text=text,
        task=writer_pb2.TASK_DRAFT if draft else writer_pb2.TASK_ASK,
    )  # fmt: skip
    metadata = (("authorization", f"Bearer {key}"),)
    call = writer_pb2_grpc.WriterStub(channel).Write(request, timeout=deadline, metadata=metadata)
    return [event async for event in call]


def sources_of(events: list[writer_pb2.Event]) -> list[writer_pb2.Source]:
    """Return the sources; a busy machine may have sent beats before them."""
    return [source for event in events for source in event.sources.sources]


def text_of(events: list[writer_pb2.Event]) -> str:
    return "".join(event.token for event in events)


async def test_a_question_is_answered_from_the_documents_with_sources_and_kept(
    channel: aio.Channel, database: Database, tools: Tools, owner: str
) -> None:
    document = await written(database, owner, "Tea", TEA)
    await indexed(tools, document)
    question = await asked(database, owner, "Where is tea grown?")

    events = await write(channel, owner, question, "Where is tea grown?")

    [source] = sources_of(events)
    assert (source.n, source.document, source.title) == (1, document, "Tea")
    assert text_of(events) == f"{TEA} [1]"
    done = events[-1].done
    assert (list(done.cited), done.found, done.instance) == ([1], True, "ai-7")
    kept = await database.messages.find_one({"_id": question})
    assert kept is not None
    assert kept["answer"]["state"] == "complete"
    assert kept["answer"]["text"] == f"{TEA} [1]"
    assert kept["answer"]["sources"][0]["document"] == document


async def test_documents_of_others_are_no_sources(
    channel: aio.Channel, database: Database, tools: Tools, owner: str
) -> None:
    await indexed(tools, await written(database, f"not-{owner}", "Tea", TEA))
    question = await asked(database, owner, "Where is tea grown?")

    events = await write(channel, owner, question, "Where is tea grown?")

    assert sources_of(events) == []
    assert text_of(events) == "Your documents do not answer this."
    assert not events[-1].done.found


async def test_what_the_model_does_not_find_is_said_as_such(
    channel: aio.Channel, database: Database, tools: Tools, owner: str
) -> None:
    await indexed(tools, await written(database, owner, "Tea", TEA))
    question = await asked(database, owner, "?")

    events = await write(channel, owner, question, "Where is tea not answered?")

    assert text_of(events) == "Your documents do not answer this."
    assert not events[-1].done.found


async def test_a_follow_up_is_found_by_what_was_asked_before(
    channel: aio.Channel, database: Database, tools: Tools, owner: str
) -> None:
    await indexed(tools, await written(database, owner, "Tea", TEA))
    first = await asked(database, owner, "Where is tea grown?")
    await write(channel, owner, first, "Where is tea grown?")
    second = await asked(database, owner, "And by whom?")

    events = await write(channel, owner, second, "And by whom?")

    assert [each.title for each in sources_of(events)] == ["Tea"]


async def test_a_draft_needs_no_documents(
    channel: aio.Channel, database: Database, owner: str
) -> None:
    question = await asked(database, owner, "Write a poem")

    events = await write(channel, owner, question, "Write a poem", draft=True)

    assert text_of(events) == "A text of its own."


async def test_an_answer_comes_as_it_is_written_with_beats_in_between(
    channel: aio.Channel, database: Database, owner: str
) -> None:
    question = await asked(database, owner, "pause")

    events = await write(channel, owner, question, "Write, and pause", draft=True)

    kinds = [event.WhichOneof("said") for event in events]
    assert kinds.count("token") == 5
    assert kinds.count("heartbeat") >= 3


async def test_a_call_without_the_key_is_refused(channel: aio.Channel, owner: str) -> None:
    with pytest.raises(aio.AioRpcError) as refused:
        await write(channel, owner, "q", "hello", key="guess")

    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize(("text", "code"), [
    ("", grpc.StatusCode.INVALID_ARGUMENT),
    ("please refuse", grpc.StatusCode.FAILED_PRECONDITION),
    ("please break", grpc.StatusCode.UNAVAILABLE),
])  # fmt: skip
async def test_what_goes_wrong_has_its_status(
    channel: aio.Channel, database: Database, owner: str, text: str, code: grpc.StatusCode
) -> None:
    question = await asked(database, owner, text)

    with pytest.raises(aio.AioRpcError) as refused:
        await write(channel, owner, question, text, draft=True)

    assert refused.value.code() is code


async def test_a_call_ends_at_its_deadline(
    channel: aio.Channel, database: Database, owner: str
) -> None:
    question = await asked(database, owner, "pause")

    with pytest.raises(aio.AioRpcError) as late:
        await write(channel, owner, question, "Write, and pause", draft=True, deadline=0.5)

    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_of_a_call_whose_caller_goes_away_what_was_written_is_kept(
    channel: aio.Channel, database: Database, owner: str
) -> None:
    question = await asked(database, owner, "pause")
    call = writer_pb2_grpc.WriterStub(channel).Write(
        writer_pb2.Request(
            owner=owner, conversation="talk", question=question, text="Write, and pause",
            task=writer_pb2.TASK_DRAFT,
        ),
        metadata=(("authorization", f"Bearer {KEY}"),),
    )  # fmt: skip
    async for event in call:
        if event.token:
            call.cancel()
            break

    kept = await answer_of(database, question)
    assert kept["state"] == "broken"
    assert str(kept["text"]).startswith("A ")


async def answer_of(database: Database, question: str) -> dict[str, object]:
    """Return the answer when it is kept."""
    async with asyncio.timeout(30):
        while True:
            found = await database.messages.find_one({"_id": question})
            if found is not None and "answer" in found:
                return dict(found["answer"])
            await asyncio.sleep(0.02)


async def test_health_is_told_over_grpc(channel: aio.Channel) -> None:
    stub = health_pb2_grpc.HealthStub(channel)

    for name in ("", "qingyu.v1.Writer"):
        said = await stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
        assert said.status == health_pb2.HealthCheckResponse.SERVING


async def test_the_same_answers_come_over_http(
    service: Service, database: Database, owner: str
) -> None:
    question = await asked(database, owner, "x")
    message = {"owner": owner, "conversation": f"talk-{owner}", "question": question,
               "text": "Write, and pause", "task": "draft"}  # fmt: skip
    async with httpx2.AsyncClient(base_url=service.url, timeout=60) as http:
        refused = await http.post("/v1/write", json=message)
        told = await http.post(
            "/v1/write", json=message, headers={"authorization": f"Bearer {KEY}"}
        )

    assert refused.status_code == 401
    assert ": still writing" in told.text
    events = [each for each in told.text.split("\n\n") if each.startswith("event: ")]
    assert events[0].startswith("event: sources")
    assert json.loads(events[-1].partition("data: ")[2]) == {"cited": [], "found": False}


async def test_told_to_stop_it_finishes_what_is_open_and_takes_nothing_new(
    mongo: str, others: str, database: Database, owner: str
) -> None:
    own = Service(environment(mongo, others))
    await asyncio.to_thread(own.start)
    async with aio.insecure_channel(f"127.0.0.1:{own.grpc_port}") as channel:
        question = await asked(database, owner, "pause")
        open_call = asyncio.create_task(write(channel, owner, question, "pause here", draft=True))
        await begun(own)

        ending = asyncio.create_task(asyncio.to_thread(own.stop, signal.SIGTERM))
        await refuses(own.grpc_port)

        assert text_of(await open_call) == "A text of its own."
        assert await ending == 0


async def begun(service: Service) -> None:
    """Return when an answer is being written."""
    async with asyncio.timeout(30), httpx2.AsyncClient() as http:
        while "qingyu_ai_answers_open 1.0" not in (await http.get(f"{service.url}/metrics")).text:
            await asyncio.sleep(0.02)


async def refuses(port: int) -> None:
    """Return when new connections are not taken any more."""
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                return
            writer.close()
            await asyncio.sleep(0.02)
