"""What strangers send: no key leaves for another place, and nothing is let in by the way."""

import asyncio
import contextlib
import ipaddress

import pytest

from seaway.ai.gateway.address import Base, allowed
from tests.ai.conftest import KEY, free_port, gateway, provider

BODY = {"model": "chat", "messages": [{"role": "user", "content": "x"}]}
INSIDE = ["127.0.0.1", "127.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
          "100.64.0.1", "0.0.0.0", "0.1.2.3", "::1", "::", "fc00::1", "fd12::1", "fe80::1",
          "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:7f00:1", "64:ff9b::127.0.0.1",
          "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::", "198.18.0.1", "192.0.2.1",
          "203.0.113.9", "240.0.0.1", "255.255.255.255", "224.0.0.1", "ff02::1", "192.0.0.8",
          "2001:db8::1"]  # fmt: skip
METADATA = ["169.254.169.254", "169.254.0.1", "fe80::a9fe:a9fe", "fd00:ec2::254",
            "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::"]  # fmt: skip
SPELLINGS = ["127.0.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.1",
             "127.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost",
             "localhost.", "LOCALHOST", "0", "0.0.0.0", "[::]", "0x7f.1", "127.000.000.001",
             "017700000001", "[0:0:0:0:0:0:0:1]"]  # fmt: skip
FORMS = ["http://{}:{}/v1", "https://{}:{}/v1", "http://u:p@{}:{}/v1", "http://{}:{}@example/",
         "//{}:{}/v1", "gopher://{}:{}/", "file:///etc/passwd#{}:{}", "{}:{}"]  # fmt: skip
HEADERS = ["x-base-url", "x-api-base", "x-forwarded-host", "x-upstream", "openai-base-url",
           "x-portkey-custom-host", "helicone-target-url", "x-original-url"]  # fmt: skip
FIELDS = ["api_base", "base_url", "api_url", "endpoint", "custom_llm_provider", "host",
          "azure_endpoint", "litellm_params"]  # fmt: skip


@pytest.mark.parametrize("address", [*INSIDE, *METADATA])
def test_no_provider_of_the_world_is_inside(address):
    assert not allowed(ipaddress.ip_address(address), private=False)


@pytest.mark.parametrize("address", METADATA)
def test_the_keys_of_a_machine_are_asked_for_by_nobody(address):
    """Not even where the operator says that a provider is inside."""
    assert not allowed(ipaddress.ip_address(address), private=True)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_the_world_is_the_world(address):
    assert allowed(ipaddress.ip_address(address), private=False)


@pytest.mark.parametrize(
    "url", ["ftp://x/v1", "http://a:b@x/v1", "http:///v1", "x", "https://x/?a"]
)
def test_what_is_no_base_address_is_refused(url):
    with pytest.raises(ValueError, match="not a base address"):
        Base.of(url)


class Trap:
    """A place where nothing may come."""

    def __init__(self) -> None:
        self.port = free_port()
        self.heard: list[bytes] = []

    @contextlib.asynccontextmanager
    async def set(self):
        async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.heard.append(b"connected")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    self.heard.append(await reader.read(1000))
            writer.close()

        server = await asyncio.start_server(hear, None, self.port)
        async with server:
            yield self


@pytest.fixture
async def trap():
    async with Trap().set() as it:
        yield it


async def test_no_address_that_a_client_names_is_called(simulator, trap):
    """T23: every form and spelling in every place; only the provider hears of it."""
    async with gateway({"one": provider(simulator)}) as door:
        urls = [form.format(name, trap.port) for form in FORMS for name in SPELLINGS]
        asked = []
        for url in urls:
            asked.append(door.http.post("/v1/chat/completions", json={**BODY, "model": url}))
            asked.append(door.http.post(
                "/v1/chat/completions", json=BODY | dict.fromkeys(FIELDS, url),
                headers={**dict.fromkeys(HEADERS, url), "host": url[:60].replace("/", "")},
            ))  # fmt: skip
        found = [each.status_code for each in await asyncio.gather(*asked)]

    assert len(found) == 320
    assert set(found[::2]) == {404}
    assert set(found[1::2]) == {200}
    assert trap.heard == []


async def test_a_provider_of_the_world_that_turns_out_to_be_inside_is_not_called(trap):
    """As by DNS that answers with another address: what is connected to is what was checked."""
    outside = {
        f"p{number}": {"url": f"http://{name}:{trap.port}/v1", "key_from": "PROVIDER_KEY"}
        for number, name in enumerate(SPELLINGS)
    }
    routes = {name: {"to": [{"provider": name, "model": "m"}]} for name in outside}
    async with gateway(outside, routes=routes) as door:
        asked = [door.http.post("/v1/chat/completions", json={**BODY, "model": name})
                 for name in outside]  # fmt: skip
        found = [each.status_code for each in await asyncio.gather(*asked)]

    assert found == [502] * len(SPELLINGS)
    assert trap.heard == []


async def test_a_redirect_is_not_followed(trap):
    """It would take the provider's key to another place."""
    there = f"http://127.0.0.1:{trap.port}/v1/chat/completions"

    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10_000)
        writer.write(f"HTTP/1.1 307 X\r\nlocation: {there}\r\ncontent-length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(redirect, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        own = {"url": f"http://127.0.0.1:{port}/v1", "key_from": "PROVIDER_KEY", "private": True}
        async with gateway({"one": own}) as door:
            answer = await door.http.post("/v1/chat/completions", json=BODY)

    assert answer.status_code == 502
    assert trap.heard == []


async def raw(port: int, data: bytes, within: float = 15) -> bytes:
    """What a connection is answered until it ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        async with asyncio.timeout(within):
            return await reader.read()
    finally:
        writer.close()


HEAD = (f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n"
        "content-type: application/json\r\n").encode()  # fmt: skip


SMUGGLED = [
    b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    b"content-length: 5\r\ncontent-length: 6\r\n\r\nhello",
    b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    b"transfer-encoding : chunked\r\n\r\n0\r\n\r\n",
    b"content-length: +5\r\n\r\nhello",
    b"content-length: 5, 5\r\n\r\nhello",
    b"x: a\0b\r\n\r\n",
    b"transfer-encoding: chunked\r\n\r\nZZ\r\n\r\n",
]


async def test_a_request_with_two_ends_is_refused(simulator):
    """Smuggling: what is ambiguous is answered once and the connection ended."""
    async with gateway({"one": provider(simulator)}) as door:
        answers = [await raw(door.port, HEAD + more) for more in SMUGGLED]

    for answer in answers:
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert answer.count(b"HTTP/1.1") == 1
        assert b"connection: close" in answer.lower()


async def test_a_megabyte_of_prompt_is_taken_and_ten_of_them_are_not(simulator):
    large = [{"role": "user", "content": "word " * 60_000 + "[[tokens: 5]]"}]
    async with gateway({"one": provider(simulator)}, body=1_000_000) as door:
        taken = await door.http.post("/v1/chat/completions", json={**BODY, "messages": large})
        refused = await door.http.post("/v1/chat/completions", content=b" " * 1_200_000)
        with contextlib.suppress(ConnectionResetError):  # it does not read to the end
            assert (await raw(door.port, HEAD + b"x: " + b"a" * 400_000))[9:12] == b"400"

    assert taken.status_code == 200
    assert refused.status_code == 413


async def test_who_sends_a_letter_at_a_time_does_not_keep_a_place(simulator):
    """Slow loris: the head of a request has ten seconds."""
    async with gateway({"one": provider(simulator)}) as door:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(b"POST /v1/chat")
        begin = asyncio.get_running_loop().time()
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(30):
                while not await read_a_little(reader):
                    writer.write(b"x")
        lasted = asyncio.get_running_loop().time() - begin
        writer.close()

    assert 9 < lasted < 20


async def read_a_little(reader: asyncio.StreamReader) -> bool:
    """Whether the other side has said something, or has ended."""
    try:
        async with asyncio.timeout(0.5):
            await reader.read(100)
    except TimeoutError:
        return False
    return True


async def test_who_asks_first_whether_to_go_on_is_told_so_once(simulator):
    """curl does with large bodies; the head comes in two pieces here, and the body too."""
    body = b'{"model":"chat","messages":[{"role":"user","content":"[[answer: 7]]"}]}'
    head = HEAD + b"expect: 100-continue\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
    head %= len(body)
    async with gateway({"one": provider(simulator)}) as door:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(head[:100])
        await writer.drain()
        await asyncio.sleep(0.05)  # a piece of its own
        writer.write(head[100:])
        told = await reader.readuntil(b"\r\n\r\n")
        writer.write(body[:20])
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(body[20:])
        answer = await reader.read()
        writer.close()

    assert told == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b'"content":"7"' in answer


async def test_requests_sent_together_are_answered_in_order(simulator):
    one = b'{"model":"chat","messages":[{"role":"user","content":"[[answer: %d]]"}]}'
    bodies = [one % number for number in range(4)]
    sent = b"".join(HEAD + b"content-length: %d\r\n\r\n%s" % (len(each), each) for each in bodies)
    last = b"GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    async with gateway({"one": provider(simulator)}) as door:
        answer = await raw(door.port, sent + last)

    assert answer.count(b"HTTP/1.1 200 OK") == 5
    places = [answer.index(b'"content":"%d"' % number) for number in range(4)]
    assert places == sorted(places)
