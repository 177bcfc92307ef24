"""A model is asked over HTTP, and whatever happens is told in one of two ways."""

import asyncio
from collections.abc import Iterator

import pytest
from model_server import (
    WORDS,
    Behaviour,
    ModelServer,
    cut,
    filtered,
    garbled,
    hang_up,
    late_error,
    model_server,
    page,
    silent,
    status,
)
from seaway_service.testing import free_port

from aixsss.ai.chat import Chat, Model, Question
from aixsss.ai.failures import AskedInVainError, RefusedError, UnansweredError, Why
from aixsss.ai.writing import Kind, messages, percent

KEY = "sk-the-key-of-the-test-0001"


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as server:
        yield server


def answer(url: str, *, silence: float = 5) -> list[str]:
    """Ask once; return the pieces."""

    async def ask() -> list[str]:
        chat = Chat(silence_seconds=silence)
        model = Model(provider="deepseek", base_url=url, name="deepseek-chat", key=KEY)
        said = messages(Kind.TEXT, "About harbours", 1, [])
        question = Question(messages=said, most_tokens=100, key="7-1")
        try:
            return [piece async for piece in chat.answer(model, question)]
        finally:
            await chat.close()

    return asyncio.run(ask())


def test_an_answer_comes_in_pieces_and_whole(server: ModelServer) -> None:
    pieces = answer(server.url)

    assert pieces == list(WORDS)
    [asked] = server.asked
    assert asked["model"] == "deepseek-chat"
    assert asked["stream"] is True
    assert asked["messages"][-1] == {"role": "user", "content": "About harbours"}
    assert server.keys == [KEY]


@pytest.mark.parametrize(
    ("behaviour", "error", "why"),
    [
        (status(401), RefusedError, Why.KEY_REFUSED),
        (status(402), RefusedError, Why.NO_CREDIT),
        (status(404), RefusedError, Why.NO_MODEL),
        (status(400, "the prompt is too long"), RefusedError, Why.REFUSED),
        (status(400, "refused by the content filter"), RefusedError, Why.FILTERED),
        (status(429), UnansweredError, Why.BUSY),
        (status(500), UnansweredError, Why.BUSY),
        (status(302, location="/elsewhere"), RefusedError, Why.REFUSED),
        (cut, UnansweredError, Why.BROKEN_OFF),
        (hang_up, UnansweredError, Why.BROKEN_OFF),
        (garbled, UnansweredError, Why.BROKEN_OFF),
        (late_error, UnansweredError, Why.BROKEN_OFF),
        (page, UnansweredError, Why.BROKEN_OFF),
        (filtered, RefusedError, Why.FILTERED),
    ],
)
def test_what_goes_wrong_is_worth_another_try_or_it_is_not(
    server: ModelServer, behaviour: Behaviour, error: type[AskedInVainError], why: Why
) -> None:
    server.plan(behaviour)

    with pytest.raises(error) as failed:
        answer(server.url)

    assert failed.value.why is why
    assert str(failed.value).startswith(f"{why.value}: ")
    assert KEY not in str(failed.value)
    assert len(server.asked) == 1  # what may have been heard is not asked twice


def test_a_provider_says_when_to_come_back(server: ModelServer) -> None:
    server.plan(status(429, "slow down", retry_after="7"))

    with pytest.raises(UnansweredError) as failed:
        answer(server.url)

    assert failed.value.after == 7
    assert "slow down" in str(failed.value)


def test_silence_has_a_limit(server: ModelServer) -> None:
    server.plan(silent)

    with pytest.raises(UnansweredError) as failed:
        answer(server.url, silence=0.2)

    assert failed.value.why is Why.SILENT


def test_where_nobody_listens_it_is_said_so() -> None:
    with pytest.raises(UnansweredError) as failed:
        answer(f"http://127.0.0.1:{free_port()}/v1")

    assert failed.value.why is Why.UNREACHABLE


def test_each_scene_is_asked_for_with_those_before_it() -> None:
    said = messages(Kind.STORYBOARD, "A lighthouse", 3, ["Scene one."])

    assert [each["role"] for each in said] == ["system", "user", "assistant", "user"]
    assert said[1]["content"].startswith("A lighthouse")
    assert said[2]["content"] == "Scene one."
    assert said[3]["content"] == "Scene 2."


def test_progress_grows_and_is_whole_only_at_the_end() -> None:
    grown = [percent(Kind.STORYBOARD, 4, done, long) for done in range(4) for long in (0, 99, 9999)]

    assert grown == sorted(grown)
    assert grown[0] == 0
    assert grown[-1] < 100
