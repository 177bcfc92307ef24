"""Answers come as events, and what goes wrong is told."""

import json
from typing import Any

import httpx2
import pytest

Events = list[tuple[str, dict[str, Any]]]


def begun(client: httpx2.Client) -> str:
    """Return a new conversation."""
    answer = client.post("/api/v1/conversations")
    assert answer.status_code == 201
    return str(answer.json()["conversation"]["id"])


def said(client: httpx2.Client, conversation: str, text: str) -> httpx2.Response:
    asked = {"conversation": conversation, "text": text, "task": "draft"}
    return client.post("/api/v1/ai/messages", json=asked)


def events_of(answer: httpx2.Response) -> Events:
    """Return the events, comments left out."""
    assert answer.status_code == 200, answer.text
    blocks = [each for each in answer.text.split("\n\n") if each.startswith("event: ")]
    split = [each.removeprefix("event: ").split("\ndata: ", 1) for each in blocks]
    return [(name, json.loads(data)) for name, data in split]


def test_an_answer_is_passed_on_event_by_event(user: httpx2.Client) -> None:
    conversation = begun(user)

    answer = said(user, conversation, "one two")

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text.startswith(": still writing\n\n")
    events = events_of(answer)
    assert [name for name, _ in events] == ["sources", "token", "token", "done"]
    me = user.get("/api/v1/me").json()["user"]["id"]
    assert events[0][1]["sources"][0] == {
        "n": 1, "document": "d", "title": "Tea", "text": me, "score": 0.5,
    }  # fmt: skip
    assert events[-1][1]["cited"] == [1]
    kept = user.get(f"/api/v1/conversations/{conversation}").json()["conversation"]
    assert (kept["title"], kept["messages"][0]["text"]) == ("one two", "one two")


def test_a_call_that_found_nobody_is_made_again(user: httpx2.Client) -> None:
    assert events_of(said(user, begun(user), "away twice"))[-1][0] == "done"


@pytest.mark.parametrize(
    ("text", "code"), [("one break two", "unavailable"), ("silent", "unavailable")]
)
def test_an_answer_that_breaks_off_ends_with_an_error(
    user: httpx2.Client, text: str, code: str
) -> None:
    events = events_of(said(user, begun(user), text))

    assert "done" not in dict(events)
    assert events[-1][0] == "error"
    assert events[-1][1]["code"] == code


def test_a_refusal_before_the_first_event_has_a_status(user: httpx2.Client) -> None:
    answer = said(user, begun(user), "refuse")

    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "model_refused"


def test_a_conversation_of_somebody_else_is_not_there(
    user: httpx2.Client, other: httpx2.Client
) -> None:
    conversation = begun(user)
    said(user, conversation, "one")

    assert said(other, conversation, "one").status_code == 404
    assert other.get(f"/api/v1/conversations/{conversation}").status_code == 404
    assert other.delete(f"/api/v1/conversations/{conversation}").status_code == 404
    assert user.delete(f"/api/v1/conversations/{conversation}").status_code == 204
    assert user.get("/api/v1/conversations").json()["conversations"] == []
