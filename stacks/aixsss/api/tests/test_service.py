"""How the process behaves for those who run it."""

import json
import os
import signal
import subprocess
import threading
import time
from contextlib import AbstractContextManager
from pathlib import Path

import httpx2
import psycopg
import pytest
from conftest import API, PASSWORD, Person, Stores, api_server, migration, person
from seaway_service.testing import made_database, running, until
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect


def test_a_replica_says_what_it_is(api: str) -> None:
    assert httpx2.get(f"{api}/livez").json() == {"status": "alive"}
    health = httpx2.get(f"{api}/healthz").json()

    assert health["status"] == "healthy"
    assert (health["service"], health["version"]) == ("aixsss-api", "7.7.7")
    assert set(health) >= {"time", "uptime", "memory", "cpu", "pid", "parts", "environment"}
    assert set(health["memory"]) == {"used", "total", "percentage"}
    assert set(health["parts"]) == {"database", "redis", "objects"}
    version = httpx2.get(f"{api}/api/version").json()
    assert (version["version"], version["instance"]) == ("7.7.7", "api-1")


def test_what_can_be_read_can_be_asked_after(api: str) -> None:
    """Balancers like to ask with HEAD."""
    for path in ("/livez", "/readyz", "/api/version"):
        assert httpx2.head(f"{api}{path}", timeout=5).status_code == 200
    assert httpx2.post(f"{api}/api/version").headers["allow"] == "GET, HEAD"


def test_the_api_describes_itself(api: str) -> None:
    document = httpx2.get(f"{api}/api/openapi.json", timeout=20).json()

    assert document["info"] == {"title": "AIXSSS", "version": "7.7.7"}
    assert {"/api/auth/login", "/api/keys/{provider}", "/api/jobs", "/api/events"} <= set(
        document["paths"]
    )
    assert not {"/livez", "/metrics"} & set(document["paths"])
    part = document["paths"]["/api/files/{file_id}/parts/{number}"]["put"]
    assert set(part["requestBody"]["content"]) == {"application/octet-stream"}
    assert set(part["responses"]) == {"200", "default"}
    assert part["security"] == [{"accessToken": []}]
    assert httpx2.get(f"{api}/api/docs").status_code == 200


def test_the_pages_of_the_document_are_off_in_production(stores: Stores, tmp_path: Path) -> None:
    server, base = api_server({**stores.settings, "APP_ENV": "production"}, tmp_path)
    with running(server):
        assert httpx2.get(f"{base}/api/docs").status_code == 404
        assert httpx2.get(f"{base}/api/openapi.json", timeout=20).status_code == 200


def test_a_replica_counts_what_it_does(api: str) -> None:
    httpx2.get(f"{api}/api/version")

    counted = httpx2.get(f"{api}/metrics").text

    assert 'aixsss_http_requests_total{method="GET",operation="version",status="200"}' in counted
    assert 'aixsss_release_info{instance="api-1",version="7.7.7"} 1.0' in counted


def test_a_replica_without_redis_is_alive_but_not_ready(stores: Stores, tmp_path: Path) -> None:
    server, base = api_server(stores.settings, tmp_path)
    with running(server):
        stores.redis.stop()
        try:
            away = httpx2.get(f"{base}/readyz", timeout=5)
            login = {"email": "a@example.com", "password": PASSWORD}
            refused = httpx2.post(f"{base}/api/auth/login", json=login, timeout=10)
            alive = httpx2.get(f"{base}/livez")
        finally:
            stores.redis.start()

        assert (away.status_code, away.json()["failed"]) == (503, ["redis"])
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "unavailable")
        assert alive.status_code == 200
        assert httpx2.get(f"{base}/readyz", timeout=5).status_code == 200
        assert person(base).client.get("/api/me").status_code == 200


def test_a_replica_outlives_a_restart_of_its_database(stores: Stores, tmp_path: Path) -> None:
    """Its connections are dead afterwards, and no request may find that out."""
    server, base = api_server(stores.settings, tmp_path)
    with running(server):
        someone = person(base)
        stores.database.stop(signal.SIGINT)
        try:
            away = httpx2.get(f"{base}/readyz", timeout=5).json()
            refused = someone.client.get("/api/me")
        finally:
            stores.database.start()

        assert away["failed"] == ["database"]
        assert "refused" in away["parts"]["database"]["why"]
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "unavailable")
        assert someone.client.get("/api/me").status_code == 200


def test_a_replica_without_its_bucket_says_so(stores: Stores, tmp_path: Path) -> None:
    server, base = api_server({**stores.settings, "S3_BUCKET": "elsewhere"}, tmp_path)
    server.ready = lambda: anybody_answers(f"{base}/livez")
    with running(server):
        answer = httpx2.get(f"{base}/readyz", timeout=5).json()

    assert answer["failed"] == ["objects"]
    assert answer["parts"]["objects"]["why"] == "the bucket is not there"


def test_a_replica_before_its_migration_says_so(stores: Stores, tmp_path: Path) -> None:
    url = made_database(stores.admin, "third")
    server, base = api_server({**stores.settings, "DATABASE_URL": url}, tmp_path)
    server.ready = lambda: anybody_answers(f"{base}/livez")
    with running(server):
        answer = httpx2.get(f"{base}/readyz", timeout=5)

    assert (answer.status_code, answer.json()["failed"]) == (503, ["database"])
    assert "alembic_version" in answer.json()["parts"]["database"]["why"]


def anybody_answers(url: str) -> bool:
    """Tell whether somebody answers at all."""
    try:
        httpx2.get(url, timeout=2)
    except httpx2.HTTPError:
        return False
    return True


def test_stopping_finishes_what_was_begun(stores: Stores, tmp_path: Path) -> None:
    """A request in hand is answered, an event stream is ended, and the exit status is 0."""
    server, base = api_server(stores.settings, tmp_path)
    server.start()
    someone = person(base)
    streamed: list[str] = []
    answers: list[int] = []

    def listen() -> None:
        with someone.client.stream("GET", "/api/events") as stream:
            streamed.extend(stream.iter_lines())

    def sign_up() -> None:  # a hash takes long enough to be caught in the middle of it
        body = {"email": f"b{someone.email}", "password": PASSWORD}
        answers.append(httpx2.post(f"{base}/api/auth/signup", json=body, timeout=20).status_code)

    threads = [threading.Thread(target=listen), threading.Thread(target=sign_up)]
    for thread in threads:
        thread.start()
    # the stream, the sign-up, and the question itself
    both = "aixsss_http_requests_in_flight 3.0"
    until(lambda: both in httpx2.get(f"{base}/metrics", timeout=5).text, "both are in hand")
    began = time.monotonic()
    status = server.stop(signal.SIGTERM)
    for thread in threads:
        thread.join(10)

    assert answers == [201]
    assert "event: hello" in streamed
    assert status == 0
    assert time.monotonic() - began < 5


def test_log_lines_are_json_without_secrets(stores: Stores, tmp_path: Path) -> None:
    server, base = api_server(stores.settings, tmp_path)
    with running(server):
        someone = person(base)
        someone.client.get("/api/me", headers={"x-request-id": "from-the-ingress"})
        someone.client.put("/api/keys/openai", json={"key": "sk-very-secret-key-0001"})
    text = server.log.read_text()
    lines = [json.loads(line) for line in text.splitlines()]

    [line] = [one for one in lines if one["context"].get("requestId") == "from-the-ingress"]
    assert set(line) >= {"timestamp", "level", "message", "service", "version", "environment"}
    assert set(line["context"]) == {"requestId", "userId", "ip", "userAgent"}
    assert line["timestamp"].endswith("Z")
    assert len(line["timestamp"]) == len("2026-01-01T00:00:00.000Z")
    for secret in (PASSWORD, "very-secret", stores.settings["JWT_SECRET"], "eyJ"):
        assert secret not in text


def test_events_reach_streams_and_sockets_of_their_user_alone(ann: Person, bob: Person) -> None:
    with socket_to(ann) as mine, socket_to(bob) as other:
        greet(ann, mine)
        greet(bob, other)
        body = {"name": "a.wav", "type": "audio/wav", "size": 100}
        file_id = ann.client.post("/api/files", json=body).json()["file"]["id"]
        ann.client.delete(f"/api/files/{file_id}")

        event = json.loads(mine.recv(timeout=5))
        assert event == {"type": "file.deleted", "data": {"id": file_id}}
        other.send(json.dumps({"type": "ping", "echo": 7}))
        assert json.loads(other.recv(timeout=5)) == {"type": "pong", "echo": 7}


def socket_to(who: Person) -> AbstractContextManager[ClientConnection]:
    """Open a websocket."""
    return connect(str(who.client.base_url.join("/api/ws")).replace("http", "ws", 1))


def greet(who: Person, socket: ClientConnection) -> None:
    """Say who is there, and wait until that is known."""
    token = who.client.headers["authorization"].removeprefix("Bearer ")
    socket.send(json.dumps({"token": token}))
    assert json.loads(socket.recv(timeout=5))["type"] == "hello"


def test_a_socket_without_a_valid_token_is_closed(api: str) -> None:
    with connect(f"{api.replace('http', 'ws', 1)}/api/ws") as socket:
        socket.send('{"token": "no"}')
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=5)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


def test_migrations_may_run_twice_and_at_once(stores: Stores) -> None:
    environment = {**os.environ, **stores.settings}
    url = environment["DATABASE_URL"] = made_database(stores.admin, "second")

    jobs = [subprocess.Popen(migration(), cwd=API, env=environment) for _ in range(2)]

    assert [job.wait(30) for job in jobs] == [0, 0]
    assert subprocess.run(migration(), cwd=API, env=environment, check=False).returncode == 0
    with psycopg.connect(url) as connection:
        [found] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert found == ("0002",)


def test_the_models_and_the_migrated_database_are_alike(stores: Stores) -> None:
    """A model changed without a migration would break only once it is in production."""
    environment = {**os.environ, **stores.settings}
    command = [migration()[0], "check"]

    checked = subprocess.run(
        command, cwd=API, env=environment, capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stderr
