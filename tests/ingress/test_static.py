"""Static files: through the ingress from a real nginx, with the cache rules of a web front end."""

import asyncio
import contextlib
import gzip
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from seaway.model.names import InstanceId, Name
from seaway.model.route import Route
from seaway.model.workload import Server, Workload
from seaway.targets.local.part import NotReady, Placement
from seaway.targets.local.parts.static import StaticPart
from tests.ingress.stand import Backend, Stand, free_port, routing, running, says

SCRIPT = b"console.log('eat more vegetables');\n" * 100
FOREVER = "public, max-age=31536000, immutable"


@pytest.fixture
def site(tmp_path) -> Path:
    folder = tmp_path / "dist"
    for name, content in {
        "index.html": b"<!doctype html><title>entry</title>",
        "about/index.html": b"<!doctype html><title>about</title>",
        "assets/index-DiwrgTda.js": SCRIPT,
        "static/main.3f2a9c1b.js": SCRIPT,
        "assets/date-picker.css": b"a{}",
        "photo-20240101.jpg": b"\xff\xd8\xff",
        "logo.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "robots.txt": b"User-agent: *",
        ".env": b"SECRET=1",
        ".git/config": b"[core]",
        ".well-known/security.txt": b"Contact: mailto:a@example.com",
        "empty/file.txt": b"x",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (tmp_path / "outside.txt").write_text("outside")
    return folder


@contextlib.asynccontextmanager
async def served(folder: Path, site: Path, **settings: object) -> AsyncIterator[Backend]:
    part = StaticPart()
    server = Server(part="static", settings={
        "root": str(site), "spa": True, "cache": 0, "hashed": FOREVER, "entry": "no-cache",
        **settings,
    })  # fmt: skip
    run = folder / "nginx"
    run.mkdir()
    workload = Workload(name=Name("web"), component=Name("web"), program=server)
    place = Placement(
        instance=InstanceId("web-1"), workload=workload, server=server, folder=run, volumes={},
        host="127.0.0.1", ports={"http": free_port()}, env={}, found=part.find(""),
    )  # fmt: skip
    launch = part.launch(place)
    for name, text in launch.files.items():
        (run / name).write_text(text)
    # As the target does it: never with the rights of root.
    nobody = ("unshare", "-U", "--map-user=65534", "--map-group=65534") if os.geteuid() == 0 else ()
    process = await asyncio.create_subprocess_exec(
        *nobody, *launch.argv, start_new_session=True, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(10):
            while True:
                with contextlib.suppress(NotReady):
                    await part.ready(place)
                    break
                await asyncio.sleep(0.02)
        yield Backend("web-1", says(), port=place.port("http"))
    finally:
        os.killpg(process.pid, 15)
        await process.wait()


@contextlib.asynccontextmanager
async def through(
    folder: Path, site: Path, cache: timedelta | None = None, **settings: object
) -> AsyncIterator[tuple[Stand, httpx2.AsyncClient]]:
    given = routing(Route(path="/", to=Name("web"), cache=cache))
    async with served(folder, site, **settings) as web, running(folder, given) as stand:
        await stand.admit(web, workload="web")
        async with stand.client() as client:
            yield stand, client


async def test_each_file_is_kept_as_long_as_it_is_true(tmp_path, site):
    """R16, R31."""
    async with through(tmp_path, site) as (_, client):
        kept = {
            path: (await client.get(path)).headers.get("cache-control")
            for path in ("/", "/index.html", "/about", "/assets/index-DiwrgTda.js",
                         "/static/main.3f2a9c1b.js", "/assets/date-picker.css",
                         "/photo-20240101.jpg", "/robots.txt", "/some/route")
        }  # fmt: skip

    assert kept == {
        "/": "no-cache", "/index.html": "no-cache", "/about": "no-cache",
        "/assets/index-DiwrgTda.js": FOREVER, "/static/main.3f2a9c1b.js": FOREVER,
        "/assets/date-picker.css": "no-cache", "/photo-20240101.jpg": "no-cache",
        "/robots.txt": "no-cache", "/some/route": "no-cache",
    }  # fmt: skip


async def test_a_route_may_let_files_without_a_hash_be_kept(tmp_path, site):
    async with through(tmp_path, site, cache=timedelta(hours=1)) as (_, client):
        answers = {path: (await client.get(path)).headers for path in
                   ("/", "/logo.svg", "/assets/index-DiwrgTda.js")}  # fmt: skip

    assert answers["/"]["cache-control"] == "no-cache"
    assert answers["/logo.svg"]["cache-control"] == "public, max-age=3600"
    assert answers["/assets/index-DiwrgTda.js"]["cache-control"] == FOREVER
    assert not any("x-seaway-cache" in each for each in answers.values())


async def test_a_path_of_the_application_gets_the_entry_page_and_a_missing_file_does_not(
    tmp_path, site
):
    """A script that is not there any more must not be answered with a page."""
    async with through(tmp_path, site) as (_, client):
        route = await client.get("/user/john.doe/orders")
        script = await client.get("/assets/index-Gone1234.js")
        about = await client.get("/about")

    assert (route.status_code, "entry" in route.text) == (200, True)
    assert script.status_code == 404
    assert "about" in about.text


async def test_without_routes_of_its_own_a_missing_page_is_missing(tmp_path, site):
    async with through(tmp_path, site, spa=False) as (_, client):
        assert (await client.get("/some/route")).status_code == 404


async def test_an_unchanged_file_is_not_sent_again(tmp_path, site):
    async with through(tmp_path, site) as (_, client):
        first = await client.get("/robots.txt")
        again = await client.get("/robots.txt", headers={"If-None-Match": first.headers["etag"]})
        (site / "robots.txt").write_text("User-agent: nobody")
        changed = await client.get("/robots.txt", headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert (changed.status_code, changed.text) == (200, "User-agent: nobody")


async def test_a_part_of_a_file_can_be_asked_for(tmp_path, site):
    async with through(tmp_path, site) as (_, client):
        part = await client.get("/photo-20240101.jpg", headers={"Range": "bytes=1-2"})
        beyond = await client.get("/photo-20240101.jpg", headers={"Range": "bytes=9-"})

    assert (part.status_code, part.content) == (206, b"\xd8\xff")
    assert beyond.status_code == 416


async def test_scripts_are_packed_and_little_things_are_not(tmp_path, site):
    async with through(tmp_path, site) as (_, client):
        headers = {"Accept-Encoding": "gzip"}
        async with client.stream("GET", "/static/main.3f2a9c1b.js", headers=headers) as packed:
            raw = b"".join([piece async for piece in packed.aiter_raw()])
        plain = await client.get("/static/main.3f2a9c1b.js", headers={"Accept-Encoding": ""})

    assert gzip.decompress(raw) == SCRIPT == plain.content
    assert packed.headers["content-type"] == "text/javascript; charset=utf-8"
    assert packed.headers.get_list("vary") == ["Accept-Encoding"]


@pytest.mark.parametrize(
    "path",
    ["/.env", "/.git/config", "/assets/../.env", "/../outside.txt", "/%2e%2e/outside.txt",
     "/assets/%2e%2e/%2e%2e/outside.txt", "/..%2foutside.txt", "//../outside.txt", "/.%65nv",
     "/assets/..;/..;/outside.txt", "/%5c..%5coutside.txt"],
)  # fmt: skip
async def test_nothing_leaves_the_folder_and_nothing_hidden_is_shown(tmp_path, site, path):
    async with through(tmp_path, site) as (stand, _):
        for port in (stand.place.ports["http"],):
            said = await _raw(port, path)

    assert b"SECRET" not in said
    assert b"[core]" not in said
    assert b"outside" not in said.partition(b"\r\n\r\n")[2]


async def test_folders_are_not_listed_and_well_known_files_are_found(tmp_path, site):
    async with through(tmp_path, site, spa=False) as (_, client):
        listing = await client.get("/empty/")
        contact = await client.get("/.well-known/security.txt")
        posted = await client.post("/robots.txt")

    assert listing.status_code == 404
    assert b"file.txt" not in listing.content
    assert contact.text.startswith("Contact")
    assert posted.status_code == 405


async def _raw(port: int, path: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    try:
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()
