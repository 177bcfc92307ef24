"""Documents and conversations are their owner's, and nobody else's."""

from typing import Any

import httpx2
import psycopg
import pytest

TEA = {"title": "Tea", "text": "Tea is grown in Fujian."}


def added(client: httpx2.Client, document: dict[str, str] = TEA) -> dict[str, Any]:
    """Return a document that was just written."""
    answer = client.post("/api/v1/documents", json=document)
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["document"])


def test_a_document_is_kept_changed_and_removed(user: httpx2.Client) -> None:
    document = added(user)
    at = f"/api/v1/documents/{document['id']}"
    assert document["index"]["state"] == "waiting"
    [listed] = user.get("/api/v1/documents").json()["documents"]
    assert (listed["id"], listed["text"]) == (document["id"], None)

    changed = user.put(at, json={"title": "Green tea", "text": "It is picked in April."})

    assert changed.json()["document"]["revision"] == 2
    assert user.get(at).json()["document"]["text"] == "It is picked in April."
    assert user.delete(at).status_code == 204
    assert user.get(at).status_code == 404
    assert user.get("/api/v1/documents").json()["documents"] == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_document_of_somebody_else_is_not_there(
    user: httpx2.Client, other: httpx2.Client, method: str
) -> None:
    at = f"/api/v1/documents/{added(user)['id']}"

    answer = other.request(method, at, json=TEA if method == "PUT" else None)

    assert answer.status_code == 404
    assert user.get(at).json()["document"]["text"] == TEA["text"]


@pytest.mark.parametrize(("document", "status"), [
    ({"title": " ", "text": "x"}, 400),
    ({"title": "x", "text": ""}, 400),
    ({"title": "x", "text": "x" * 200_001}, 400),
    ({"title": "x", "text": "字" * 400_000}, 413),
    ({"title": "x", "text": "x", "owner": "somebody"}, 400),
])  # fmt: skip
def test_what_is_no_document_is_refused(
    user: httpx2.Client, document: dict[str, str], status: int
) -> None:
    answer = user.post("/api/v1/documents", json=document)

    assert answer.status_code == status, answer.text
    assert set(answer.json()["error"]) == {"code", "message", "requestId"}


def test_a_queue_that_is_not_there_does_not_lose_a_document(user: httpx2.Client) -> None:
    """The tables of jobs are the indexer's: here they were never made."""
    assert added(user)["index"]["state"] == "waiting"


def test_each_change_has_its_job(user: httpx2.Client, environment: dict[str, str]) -> None:
    import seaway_jobs  # noqa: PLC0415

    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        seaway_jobs.install(connection)
    document = added(user)
    user.put(f"/api/v1/documents/{document['id']}", json=TEA)
    user.delete(f"/api/v1/documents/{document['id']}")

    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        query = "SELECT args->>'document' FROM procrastinate_jobs WHERE args->>'document' = %s"
        assert len(connection.execute(query, [document["id"]]).fetchall()) == 3
