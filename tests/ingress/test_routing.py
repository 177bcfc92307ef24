"""Which upstream a request reaches, and who may not get through."""

import asyncio

import pytest

from seaway.model.names import Name
from seaway.model.route import Route
from tests.ingress.stand import (
    HOST,
    Backend,
    backends,
    echoes_its_name,
    routing,
    running,
    says,
)


async def test_the_longest_path_decides(tmp_path):
    a, b, c = (Backend(name, echoes_its_name(name)) for name in ("web-1", "api-1", "chat-1"))
    routes = (
        Route(path="/", to=Name("web")),
        Route(path="/api", to=Name("api")),
        Route(path="/api/chat", to=Name("chat")),
    )
    async with backends(a, b, c), running(tmp_path, routing(*routes)) as stand:
        for backend in (a, b, c):
            await stand.admit(backend, workload=backend.name[:-2])
        async with stand.client() as client:
            said = {
                path: (await client.get(path)).text
                for path in ("/", "/apix", "/api", "/api/", "/api/x?y=/api/chat", "/api/chat",
                             "/api/chat/1", "/api/chatty", "/%61pi/chat")
            }  # fmt: skip

    assert said == {
        "/": "web-1", "/apix": "web-1", "/api": "api-1", "/api/": "api-1",
        "/api/x?y=/api/chat": "api-1", "/api/chat": "chat-1", "/api/chat/1": "chat-1",
        "/api/chatty": "api-1", "/%61pi/chat": "chat-1",
    }  # fmt: skip


async def test_the_first_site_answers_to_the_names_of_this_machine(tmp_path):
    api = Backend("api-1", says(b"ok"))
    async with backends(api), running(tmp_path, routing()) as stand:
        await stand.admit(api)
        names = (HOST, HOST.upper(), f"{HOST}:8080", "localhost:8080", "127.0.0.1", "[::1]:8080",
                 "lantern.localhost:8080")  # fmt: skip
        async with stand.client() as client:
            status = {
                name: (await client.get("/", headers={"Host": name})).status_code for name in names
            }

    assert status == dict.fromkeys(names, 200)


@pytest.mark.parametrize("host", ["other.example.com", f"{HOST}.evil.example", "", "192.0.2.1"])
async def test_an_unknown_host_is_told_so(tmp_path, host):
    """Whoever points a name of theirs here must not get our site under it."""
    api = Backend("api-1", says(b"ok"))
    async with backends(api), running(tmp_path, routing()) as stand:
        await stand.admit(api)
        async with stand.client() as client:
            answer = await client.get("/", headers={"Host": host})

    assert answer.status_code == 421
    assert answer.json()["error"]["code"] == "unknown_host"
    assert api.requests == []


async def test_a_path_without_a_route_is_not_found(tmp_path):
    api = Backend("api-1", says(b"ok"))
    given = routing(Route(path="/api", to=Name("api")))
    async with backends(api), running(tmp_path, given) as stand:
        await stand.admit(api)
        async with stand.client() as client:
            answer = await client.get("/other")

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    "path",
    ["/api/../admin", "/api/%2e%2e/admin", "/./api", "/..", "/a/%2E%2E", "/a%00b", "/a%0d%0ab"],
)
async def test_a_path_with_steps_upwards_reaches_nobody(tmp_path, path):
    """The ingress and the application would disagree about which route it is."""
    api = Backend("api-1", says(b"ok"))
    async with backends(api), running(tmp_path, routing()) as stand:
        await stand.admit(api)
        said = await _raw(
            stand, f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
        )

    assert said.startswith("HTTP/1.1 400")
    assert api.requests == []


async def test_upstreams_are_told_of_the_client_and_not_by_the_client(tmp_path):
    """R12, R22: what a client says of itself is nobody's business."""
    api = Backend("api-1", says(b"ok"))
    told = {
        "X-Forwarded-For": "192.0.2.66", "X-Real-IP": "192.0.2.66", "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example", "Forwarded": "for=192.0.2.66", "Proxy": "evil",
    }  # fmt: skip
    async with backends(api), running(tmp_path, routing()) as stand:
        await stand.admit(api)
        async with stand.client() as client:
            await client.get("/", headers=told)
    [request] = api.requests

    assert request.headers["host"] == HOST
    assert request.headers["x-forwarded-for"] == "127.0.0.1"
    assert request.headers["x-real-ip"] == "127.0.0.1"
    assert request.headers["x-forwarded-proto"] == "http"
    assert request.headers["x-forwarded-host"] == HOST
    assert not {"forwarded", "proxy"} & set(request.headers)


@pytest.mark.parametrize(
    ("told", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("198.51.100.1, 192.0.2.7", "192.0.2.7"),
        ("198.51.100.1, 192.0.2.7, 10.1.1.1", "192.0.2.7"),
        ("6.6.6.6, 2001:db8::7, 10.1.1.1, 10.2.2.2", "2001:db8::7"),
        ("", "127.0.0.1"),
        ("nonsense", "127.0.0.1"),
    ],
)
async def test_a_trusted_proxy_is_believed_as_far_as_it_goes(tmp_path, told, client):
    """Addresses before the last untrusted one were written by whoever wanted to (R12, R26)."""
    api = Backend("api-1", says(b"ok"))
    given = routing(trusted=("127.0.0.0/8", "10.0.0.0/8"))
    headers = {"X-Forwarded-For": told, "X-Forwarded-Proto": "https"}
    async with backends(api), running(tmp_path, given) as stand:
        await stand.admit(api)
        async with stand.client() as client_:
            await client_.get("/", headers=headers)
    [request] = api.requests

    assert request.headers["x-forwarded-for"] == client
    assert request.headers["x-real-ip"] == client
    assert request.headers["x-forwarded-proto"] == "https"


async def test_every_request_has_an_id_that_everybody_hears_of(tmp_path):
    api = Backend("api-1", says(b"ok"))
    async with backends(api), running(tmp_path, routing()) as stand:
        await stand.admit(api)
        async with stand.client() as client:
            own = await client.get("/", headers={"X-Request-ID": "abc-12345.x"})
            bad = await client.get("/", headers={"X-Request-ID": 'a" injected'})
            none = await client.get("/")
    ids = [each.headers["x-request-id"] for each in api.requests]

    assert ids == [each.headers["x-request-id"] for each in (own, bad, none)]
    assert ids[0] == "abc-12345.x"
    assert len({*ids}) == 3
    assert all(len(each) == 36 for each in ids[1:])


async def test_one_request_cannot_carry_another(tmp_path):
    """Smuggling: two lengths, of which the ingress believes one and the application the other."""
    api = Backend("api-1", says(b"ok"))
    hidden = f"GET /admin HTTP/1.1\r\nHost: {HOST}\r\n\r\n"
    tricks = (
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "Transfer-Encoding: xchunked\r\nContent-Length: 4",
        "Content-Length: 4\r\nContent-Length: 5",
        "Transfer-Encoding : chunked\r\nContent-Length: 4",
    )
    async with backends(api), running(tmp_path, routing()) as stand:
        await stand.admit(api)
        for trick in tricks:
            head = f"POST / HTTP/1.1\r\nHost: {HOST}\r\n{trick}\r\nConnection: close\r\n\r\n"
            await _raw(stand, f"{head}0\r\n\r\n{hidden}")

    assert "/admin" not in [each.path for each in api.requests]
    assert all(
        ("content-length" in each.headers) != ("transfer-encoding" in each.headers)
        for each in api.requests
    )


async def test_live_says_that_the_ingress_is_and_ready_that_somebody_is_behind_it(tmp_path):
    """R17. Neither is written to the log, and neither takes a path from the application."""
    api = Backend("api-1", says(b"application", Content_Type="text/plain"))
    async with backends(api), running(tmp_path, routing()) as stand:
        async with stand.client(headers={"Host": "anything"}) as client:
            before = [await client.get(path) for path in ("/-/live", "/-/ready")]
            await stand.admit(api)
            after = [await client.get(path) for path in ("/-/live", "/-/ready", "/-/other")]
            own = await client.get("/health", headers={"Host": HOST})
        log = list(stand.log)

    assert [(each.status_code, each.text) for each in before] == [(200, "ok"), (503, "not ready")]
    assert [each.status_code for each in after] == [200, 200, 404]
    assert own.text == "application"
    assert not [line for line in log if "/-/" in line.replace("\\", "")]


async def _raw(stand, text: str) -> str:
    reader, writer = await stand.connect()
    writer.write(text.encode())
    try:
        return (await asyncio.wait_for(reader.read(), 10)).decode("latin-1")
    finally:
        writer.close()
