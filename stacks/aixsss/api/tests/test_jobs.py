"""AI jobs: put into the queue with their row, carried out once, shown while they run."""

import json
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import psycopg
import pytest
from conftest import Person, Stores, api_server, person, worker_server
from model_server import WORDS, ModelServer, cut, slow, status, well
from seaway_service.testing import Server, running, until

WHOLE = "".join(WORDS)
KEY = "sk-live-4b1d7c9e2f6a8035"


@pytest.fixture(autouse=True)
def behaved(model: ModelServer) -> None:
    """Nothing is planned that an earlier test did not need."""
    model.planned.clear()
    model.gate.set()


@pytest.fixture(scope="module")
def idle_api(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run an API whose queue no worker serves."""
    settings = {**stores.settings, "AI_QUEUE_NAME": "nobody-serves-this"}
    server, base = api_server(settings, tmp_path_factory.mktemp("idle"))
    with running(server):
        yield base


def wanted(who: Person, prompt: str = "About harbours", **more: object) -> dict[str, Any]:
    """Put a job into the queue."""
    answer = who.client.post("/api/jobs", json={"kind": "text", "prompt": prompt, **more})
    assert answer.status_code == 202, answer.text
    return dict(answer.json()["job"])


def seen(who: Person, job: Mapping[str, Any]) -> dict[str, Any]:
    """Return the job as it is now, with the texts there are."""
    answer = who.client.get(f"/api/jobs/{job['id']}").json()
    return {**answer["job"], "texts": answer["texts"]}


def reached(who: Person, job: Mapping[str, Any], state: str, seconds: float = 20) -> dict[str, Any]:
    """Wait until the job is in a state; return it."""
    until(lambda: seen(who, job)["state"] == state, f"{state}: {seen(who, job)}", seconds)
    return seen(who, job)


@pytest.mark.usefixtures("worker")
def test_a_job_is_done_and_shown_while_it_runs(ann: Person, model: ModelServer) -> None:
    model.gate.clear()
    heard, stop = listening(ann)
    job = wanted(ann)
    assert (job["state"], job["percent"]) == ("queued", 0)
    running = reached(ann, job, "running")
    until(lambda: "job.draft" in names(heard), "a draft is shown")
    model.gate.set()
    done = reached(ann, job, "done")
    until(lambda: "done" in [each.get("state") for _, each in heard], "its end is told")
    stop()

    assert running["attempt"] == 1
    assert done["texts"] == [WHOLE]
    assert (done["percent"], done["done"], done["reason"]) == (100, 1, None)
    assert done["worker"] == "worker-1"
    assert done["finishedAt"]
    drafts = [each for name, each in heard if name == "job.draft"]
    assert drafts[0] == {"id": job["id"], "number": 1, "text": WORDS[0]}
    states = [each["state"] for name, each in heard if name == "job.changed"]
    assert states[-1] == "done"
    assert "running" in states


def listening(who: Person) -> tuple[list[tuple[str, dict[str, Any]]], Callable[[], None]]:
    """Hear the events of a user until stopped."""
    heard: list[tuple[str, dict[str, Any]]] = []
    ready = threading.Event()
    stop = threading.Event()

    def listen() -> None:
        name = ""
        # the API may be killed before the listener hears that it is to stop
        with suppress(httpx2.HTTPError), who.client.stream("GET", "/api/events") as stream:
            for line in stream.iter_lines():
                if stop.is_set():
                    return
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    heard.append((name, json.loads(line[6:])))
                    ready.set()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    assert ready.wait(10)
    return heard, stop.set


def names(heard: list[tuple[str, dict[str, Any]]]) -> set[str]:
    """Return which events there were."""
    return {name for name, _ in heard}


@pytest.mark.usefixtures("worker")
def test_a_storyboard_is_written_scene_by_scene(ann: Person, model: ModelServer) -> None:
    before = len(model.asked)

    done = reached(ann, wanted(ann, kind="storyboard", scenes=3), "done")

    assert done["texts"] == [WHOLE] * 3
    asked = model.asked[before:]
    assert [len(each["messages"]) for each in asked] == [2, 4, 6]
    assert asked[2]["messages"][2]["content"] == WHOLE


@pytest.mark.usefixtures("worker")
def test_a_job_uses_the_owners_own_key(ann: Person, model: ModelServer) -> None:
    refused = ann.client.post(
        "/api/jobs", json={"kind": "text", "prompt": "x", "provider": "deepseek"}
    )
    ann.client.put("/api/keys/deepseek", json={"key": KEY})

    done = reached(ann, wanted(ann, provider="deepseek"), "done")

    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "no_key")
    assert model.keys[-1] == KEY
    assert model.asked[-1]["model"] == "deepseek-chat"
    assert done["provider"] == "deepseek"


@pytest.mark.usefixtures("worker")
def test_a_failing_job_is_tried_again_then_dead_then_replayed_where_it_failed(
    ann: Person, model: ModelServer
) -> None:
    """The scene that was written before the failure is not written, nor paid, again."""
    model.plan(well)
    model.plan(status(503, "overloaded"))
    model.plan(cut)
    model.plan(status(503, "overloaded"))
    job = wanted(ann, kind="storyboard", scenes=2)
    waiting = reached(ann, job, "waiting")
    dead = reached(ann, job, "dead", seconds=30)

    assert waiting["retryAt"]
    assert waiting["reason"]["code"] == "busy"
    assert (dead["attempt"], dead["done"], dead["texts"]) == (3, 1, [WHOLE])
    assert dead["reason"] == {"code": "busy", "detail": "the model answered 503: overloaded"}
    listed = ann.client.get("/api/jobs?state=dead").json()["jobs"]
    assert [each["id"] for each in listed] == [job["id"]]

    asked = len(model.asked)
    assert ann.client.post(f"/api/jobs/{job['id']}/replay").status_code == 202
    done = reached(ann, job, "done")
    assert done["texts"] == [WHOLE] * 2
    assert len(model.asked) == asked + 1
    again = ann.client.post(f"/api/jobs/{job['id']}/replay")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "job_not_dead")


@pytest.mark.usefixtures("worker")
def test_what_no_retry_can_mend_is_dead_at_once(ann: Person, model: ModelServer) -> None:
    ann.client.put("/api/keys/openai", json={"key": KEY})
    model.plan(status(401, "wrong key"))

    dead = reached(ann, wanted(ann, provider="openai"), "dead", seconds=5)

    assert dead["attempt"] == 1
    assert dead["reason"]["code"] == "key_refused"
    assert KEY not in json.dumps(dead)


@pytest.mark.usefixtures("worker")
def test_a_running_job_is_cancelled(ann: Person, model: ModelServer) -> None:
    model.plan(slow)
    job = wanted(ann)
    reached(ann, job, "running")

    cancelling = ann.client.post(f"/api/jobs/{job['id']}/cancel").json()["job"]
    cancelled = reached(ann, job, "cancelled")

    assert cancelling["state"] == "cancelling"
    assert cancelled["texts"] == []
    assert ann.client.post(f"/api/jobs/{job['id']}/cancel").status_code == 409
    assert ann.client.delete(f"/api/jobs/{job['id']}").status_code == 204
    assert ann.client.get(f"/api/jobs/{job['id']}").status_code == 404


def test_a_waiting_job_is_cancelled_at_once(idle_api: str) -> None:
    ann = person(idle_api)
    job = wanted(ann)

    cancelled = ann.client.post(f"/api/jobs/{job['id']}/cancel").json()["job"]

    assert cancelled["state"] == "cancelled"


def test_row_and_queue_entry_are_one(ann: Person, stores: Stores) -> None:
    """Without its place in the queue a job would wait for ever; without its row it is nobody's."""
    job = wanted(ann)
    ann.client.post(f"/api/jobs/{job['id']}/cancel")
    with psycopg.connect(stores.settings["DATABASE_URL"]) as connection:
        query = (
            "SELECT q.args->>'job', q.queue_name FROM jobs j"
            " JOIN procrastinate_jobs q ON q.id = j.queue_job WHERE j.id = %s"
        )
        row = connection.execute(query, (UUID(job["id"]),)).fetchone()

    assert row is not None
    assert job["id"] in str(row[0])


def test_jobs_of_others_are_out_of_sight(idle_api: str) -> None:
    ann, bob = person(idle_api), person(idle_api)
    job = wanted(ann)

    assert bob.client.get("/api/jobs").json()["jobs"] == []
    for call in ("cancel", "replay"):
        assert bob.client.post(f"/api/jobs/{job['id']}/{call}").status_code == 404
    assert bob.client.get(f"/api/jobs/{job['id']}").status_code == 404
    assert bob.client.delete(f"/api/jobs/{job['id']}").status_code == 404
    assert ann.client.delete(f"/api/jobs/{job['id']}").json()["error"]["code"] == "job_under_way"
    ann.client.post(f"/api/jobs/{job['id']}/cancel")


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "film", "prompt": "x"},
        {"kind": "text", "prompt": ""},
        {"kind": "text", "prompt": "x" * 8001},
        {"kind": "storyboard", "prompt": "x", "scenes": 13},
        {"kind": "text", "prompt": "x", "provider": "http://evil"},
        {"kind": "text", "prompt": "x", "queue": "other"},
    ],
)
def test_what_cannot_be_a_job_is_refused(ann: Person, body: dict[str, Any]) -> None:
    assert ann.client.post("/api/jobs", json=body).status_code == 400


def test_one_user_cannot_fill_the_queue(idle_api: str) -> None:
    glutton = person(idle_api)
    jobs = [wanted(glutton) for _ in range(50)]

    refused = glutton.client.post("/api/jobs", json={"kind": "text", "prompt": "x"})

    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "too_many_jobs")
    for job in jobs:
        glutton.client.post(f"/api/jobs/{job['id']}/cancel")


def test_a_job_survives_the_worker_and_no_piece_is_written_twice(
    api: str, stores: Stores, model: ModelServer, worker: Server, tmp_path: Path
) -> None:
    """Killed in the second scene: another worker goes on with the second scene."""
    someone = person(api)
    worker.stop()
    first = worker_server(stores.settings, model.url, tmp_path, "first")
    second = worker_server(stores.settings, model.url, tmp_path, "second")
    first.start()
    try:
        model.plan(well)
        model.plan(slow)
        job = wanted(someone, kind="storyboard", scenes=3)
        until(lambda: seen(someone, job)["done"] == 1, "the first scene is written")
        asked = len(model.asked)
        first.stop(signal.SIGKILL)
        with running(second):
            done = reached(someone, job, "done")
    finally:
        worker.start()

    assert done["texts"] == [WHOLE] * 3
    assert len(model.asked) - asked <= 3  # perhaps the second scene was asked for by both
    with psycopg.connect(stores.settings["DATABASE_URL"]) as connection:
        query = "SELECT worker FROM job_pieces WHERE job_id = %s ORDER BY number"
        workers = [row[0] for row in connection.execute(query, (UUID(job["id"]),))]
    assert workers == ["first", "second", "second"]


def test_a_stopping_worker_finishes_what_it_has_in_hand(
    api: str, stores: Stores, model: ModelServer, worker: Server, tmp_path: Path
) -> None:
    someone = person(api)
    worker.stop(signal.SIGTERM)
    leaving = worker_server(stores.settings, model.url, tmp_path, "leaving")
    leaving.start()
    model.gate.clear()
    try:
        job = wanted(someone)
        reached(someone, job, "running")
        threading.Timer(0.5, model.gate.set).start()
        exit_status = leaving.stop(signal.SIGTERM)
        done = seen(someone, job)
    finally:
        model.gate.set()
        worker.start()

    assert exit_status == 0
    assert (done["state"], done["worker"]) == ("done", "leaving")
