"""Answers: what is added to them, how they are packed, what the log says of them."""

import asyncio
import gzip
import json

import pytest

from seaway.model.names import Name
from seaway.model.route import Route
from seaway.targets.local.traffic import ServicePorts
from tests.ingress.stand import Backend, backends, free_port, routing, running, says, until

TEXT = b"eat more vegetables " * 200
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PACKED = (
    "text/plain", "text/css", "text/xml", "text/javascript", "application/javascript",
    "application/xml+rss", "application/json",
)  # fmt: skip


@pytest.mark.parametrize("kind", PACKED)
async def test_text_is_packed_for_those_who_can_unpack(tmp_path, kind):
    """R9."""
    api = Backend("api-1", says(TEXT, Content_Type=f"{kind}; charset=utf-8"))
    async with backends(api), running(tmp_path, routing()) as stand:
        await stand.admit(api)
        async with (
            stand.client() as client,
            client.stream("GET", "/", headers={"Accept-Encoding": "gzip"}) as packed,
        ):
            raw = b"".join([piece async for piece in packed.aiter_raw()])
        async with stand.client() as client:
            plain = await client.get("/", headers={"Accept-Encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw) == TEXT == plain.content
    assert len(raw) < len(TEXT) / 5
    assert "content-encoding" not in plain.headers
    assert [packed.headers.get_list("vary"), plain.headers.get_list("vary")] == [
        ["Accept-Encoding"], ["Accept-Encoding"],
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["image/png", "text/event-stream", "application/octet-stream"])
async def test_pictures_and_streams_are_not_packed(tmp_path, kind):
    api = Backend("api-1", says(TEXT, Content_Type=kind))
    async with backends(api), running(tmp_path, routing()) as stand:
        await stand.admit(api)
        async with stand.client() as client:
            said = await client.get("/", headers={"Accept-Encoding": "gzip"})

    assert "content-encoding" not in said.headers
    assert said.content == TEXT


async def test_security_headers_are_there_unless_the_application_knows_better(tmp_path):
    """R190."""
    api = Backend("api-1", says(b"ok", X_Frame_Options="DENY", Server="uvicorn"))
    async with backends(api), running(tmp_path, routing()) as stand:
        await stand.admit(api)
        async with stand.client() as client:
            said = await client.get("/")
            refused = await client.get("/", headers={"Host": "other.example"})

    assert said.headers["x-content-type-options"] == "nosniff"
    assert said.headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert said.headers.get_list("x-frame-options") == ["DENY"]
    assert "object-src 'none'" in said.headers["content-security-policy"]
    assert "strict-transport-security" not in said.headers
    assert "server" not in said.headers
    assert "server" not in refused.headers


async def test_a_site_and_a_route_set_their_own_headers(tmp_path):
    api = Backend("api-1", says(b"ok", Content_Security_Policy="default-src *"))
    route = Route(path="/", to=Name("api"), headers={"X-Robots-Tag": 'none; "50%" $HOME'})
    own = {"Content-Security-Policy": "default-src 'self'", "Referrer-Policy": ""}
    async with backends(api), running(tmp_path, routing(route, headers=own)) as stand:
        await stand.admit(api)
        async with stand.client() as client:
            said = await client.get("/")

    assert said.headers["content-security-policy"] == "default-src 'self'"
    assert said.headers["x-robots-tag"] == 'none; "50%" $HOME'
    assert "referrer-policy" not in said.headers


async def test_a_browser_is_told_in_its_own_form_and_both_languages(tmp_path):
    """R18."""
    async with running(tmp_path, routing()) as stand, stand.client() as client:
        page = await client.get("/", headers=BROWSER)
        chinese = await client.get("/", headers={"Accept-Language": "zh-CN,zh;q=0.9"})

    assert page.status_code == chinese.status_code == 503
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-store"
    assert "not available" in page.text
    assert "服务暂时不可用" in page.text
    assert page.headers["x-request-id"] in page.text
    assert page.text.endswith("</html>")
    assert chinese.json()["error"]["message"] == "服务暂时不可用，请稍后再试。"
    assert "x-seaway-page" not in page.headers


async def test_what_the_application_says_itself_is_left_as_it_is(tmp_path):
    """Its own 404 is its own affair, and it cannot pass for one of ours."""
    api = Backend("api-1", says(b'{"mine":1}', 404, Content_Type="application/json",
                                X_Seaway_Page="404"))  # fmt: skip
    async with backends(api), running(tmp_path, routing()) as stand:
        await stand.admit(api)
        async with stand.client() as client:
            said = await client.get("/", headers=BROWSER)

    assert said.status_code == 404
    assert said.json() == {"mine": 1}
    assert said.headers["content-type"] == "application/json"
    assert "x-seaway-page" not in said.headers


async def test_every_request_is_one_line_of_json(tmp_path):
    """R10. A name from outside must not be able to break the line."""
    api = Backend("api-1", says(b"ok"))
    headers = {
        "User-Agent": 'evil" \\ agent\x7f', "Referer": "https://a.example/x?token=secret1",
        "X-Request-ID": "abc-12345",
    }  # fmt: skip
    async with backends(api), running(tmp_path, routing()) as stand:
        await stand.admit(api)
        async with stand.client(auth=("ann", "secret2")) as client:
            await client.post("/api/x%22y?token=secret3", content=b"body", headers=headers)
            await client.get("/-/live")

        async def logged() -> bool:
            return any('"kind":"access"' in line for line in stand.log)

        await until(logged)
        log = list(stand.log)
    [line] = [json.loads(line) for line in log if line.startswith('{"kind"')]

    assert line["method"] == "POST"
    assert line["host"] == "lantern.example.com"
    assert line["path"] == '/api/x"y'
    assert line["status"] == 200
    assert line["client"] == "127.0.0.1"
    assert line["user"] == "ann"
    assert line["referer"] == "https://a.example/x"
    assert line["agent"].startswith('evil" \\ agent')
    assert line["requestId"] == "abc-12345"
    assert (line["upstream"], line["instance"]) == ("api", "api-1")
    assert {"bytes", "total", "connect", "header", "response", "queued"} <= set(line)
    assert line["header"] >= 0
    assert "secret" not in json.dumps(log)


async def test_requests_from_inside_the_stack_leave_no_line(tmp_path):
    """They are many, and whoever asks writes its own; not even that somebody connected."""
    api = Backend("api-1", says(b"ok"))
    async with backends(api), running(tmp_path, routing()) as stand:
        await stand.admit(api)
        services = ServicePorts(tmp_path / "services.json", "127.0.0.1", free_port)
        at = services.address(Name("api"), "http")
        async with stand.client(base_url=f"http://{at.host}:{at.port}") as inside:
            assert (await inside.get("/quiet")).text == "ok"
        before = len(stand.log)
        async with stand.client() as outside:
            await outside.get("/told")

        async def logged() -> bool:
            return len(stand.log) > before

        await until(logged)
        log = "\n".join(stand.log)
    assert "/told" in log.replace("\\", "")
    assert "onnect from" not in log
    assert "quiet" not in log


async def test_nothing_is_lost_of_a_large_answer(tmp_path):
    body = bytes(range(256)) * 40_000
    api = Backend("api-1", says(body, Content_Type="application/octet-stream"))
    async with backends(api), running(tmp_path, routing()) as stand:
        await stand.admit(api)
        async with stand.client() as client:
            answers = await asyncio.gather(*(client.get("/") for _ in range(4)))

    assert all(each.content == body for each in answers)
