"""Redis as a part: real servers, started, killed, restarted and asked."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from seaway.components.redis import Redis
from seaway.targets.local.part import NotReady
from seaway.targets.local.parts.redis import RedisPart
from tests.parts.harness import Bench, bench

pytestmark = pytest.mark.local


@pytest.fixture
async def cache(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(RedisPart(), Redis, tmp_path, memory="64Mi") as it:
        yield it


async def say(cache: Bench, *commands: str, password: str | None = None) -> list[str]:
    """Answers of a client that logs in; nested answers come flat."""
    reader, writer = await asyncio.open_connection("127.0.0.1", cache.ports["redis"])
    given = cache.secrets["store.password"] if password is None else password
    lines = [f"AUTH {given}"] if given else []
    writer.write("".join(f"{line}\r\n" for line in (*lines, *commands)).encode())
    try:
        answers = [await _answer(reader) for _ in (*lines, *commands)]
    finally:
        writer.close()
        await writer.wait_closed()
    return answers[len(lines) :] if lines and answers[0] == "+OK" else answers


async def _answer(reader: asyncio.StreamReader) -> str:
    line = (await reader.readline()).decode().rstrip()
    if line[:1] == "$":
        size = int(line[1:])
        return (await reader.readexactly(size + 2)).decode()[:size] if size >= 0 else "nil"
    if line[:1] in {"*", "%"}:
        count = int(line[1:]) * (2 if line[0] == "%" else 1)
        return " ".join([await _answer(reader) for _ in range(count)])
    return line


async def test_only_the_password_lets_one_in(cache):
    await cache.start()

    assert await say(cache, "PING") == ["+PONG"]
    assert (await say(cache, "PING", password="wrong"))[0].startswith("-WRONGPASS")
    assert (await say(cache, "PING", password=""))[0].startswith("-NOAUTH")


async def test_it_listens_on_the_inner_address_only(cache):
    await cache.start()

    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    port = f"{cache.ports['redis']:04X}"
    found = [w[1] for w in lines if w[3] == "0A" and w[1].endswith(f":{port}")]
    assert found == [f"0100007F:{port}"]


async def test_settings_are_in_force(cache):
    cache.change(evict="allkeys-lru", settings={"maxmemory-samples": 7})
    await cache.start()

    names = "maxmemory maxmemory-policy maxmemory-samples appendonly appendfsync save timeout"
    shown = (await say(cache, f"CONFIG GET {names}"))[0].split(" ")

    found = dict(zip(shown[::2], shown[1::2], strict=False))
    assert found["maxmemory"] == str(64 * 2**20)
    assert found["maxmemory-policy"] == "allkeys-lru"
    assert found["maxmemory-samples"] == "7"
    assert found["appendonly"] == "yes"


async def test_the_application_may_not_change_the_server(cache):
    await cache.start()

    for command in ("CONFIG SET maxmemory 0", "SHUTDOWN NOSAVE", "REPLICAOF 127.0.0.1 1",
                    "ACL SETUSER x on", "DEBUG SLEEP 0", "MODULE LIST"):  # fmt: skip
        assert (await say(cache, command))[0].startswith(("-NOPERM", "-ERR")), command
    assert (await say(cache, "FLUSHDB", "INFO server"))[0] == "+OK"


async def test_data_outlives_a_stop(cache):
    await cache.start()
    await say(cache, "SET kept 7", "LPUSH queue job")
    await cache.stop()

    await cache.start()

    assert await say(cache, "GET kept", "LRANGE queue 0 -1") == ["7", "job"]


async def test_data_outlives_a_kill(cache):
    cache.change(appendfsync="always")
    await cache.start()
    await say(cache, *(f"SET key-{n} {n}" for n in range(300)))
    await cache.stop(signal.SIGKILL)

    await cache.start()

    assert await say(cache, "DBSIZE", "GET key-299") == [":300", "299"]


async def test_a_torn_last_write_is_mended(cache):
    """A power cut in the middle of a write must not keep the server from starting."""
    await cache.start()
    await say(cache, "SET kept 7", "SET torn xxxxxxxxxxxxxxxxxxxx")
    await cache.stop(signal.SIGKILL)
    [log] = (cache.root / "data" / "appendonlydir").glob("*.incr.aof")
    log.write_bytes(log.read_bytes()[:-9])

    await cache.start()

    assert await say(cache, "GET kept", "GET torn") == ["7", "nil"]


async def test_without_persistence_nothing_is_kept(cache):
    cache.change(persist="none")
    await cache.start()
    await say(cache, "SET gone 7")
    await cache.stop()
    await cache.start()

    assert await say(cache, "GET gone") == ["nil"]


async def test_snapshots_alone_keep_what_was_there_at_a_stop(cache):
    cache.change(persist="rdb")
    await cache.start()
    await say(cache, "SET kept 7")
    await cache.stop()
    await cache.start()

    assert await say(cache, "GET kept") == ["7"]


async def test_a_full_queue_store_refuses_writes_and_forgets_nothing(cache):
    """Queues and sessions must never be evicted (R83)."""
    cache.change(memory="2Mi")
    await cache.start()
    block = "x" * 30_000
    answers = await say(cache, "SET first 1", *(f"SET key-{n} {block}" for n in range(120)))

    assert answers[-1].startswith("-OOM")
    assert await say(cache, "GET first") == ["1"]
    await cache.part.ready(cache.place)


async def test_a_rotated_password_works_and_the_old_one_is_refused(cache):
    await cache.start()
    await say(cache, "SET kept 7")
    old = cache.secrets["store.password"]
    await cache.stop()
    cache.secrets["store.password"] = "another-password"

    await cache.start()

    assert await say(cache, "GET kept") == ["7"]
    assert (await say(cache, "PING", password=old))[0].startswith("-WRONGPASS")


async def test_it_is_not_ready_with_a_wrong_password(cache):
    """A check must be able to fail for the reason it exists (R136)."""
    await cache.start()
    cache.place.env["REDIS_PASSWORD"] = "wrong"

    with pytest.raises(NotReady, match="WRONGPASS"):
        await cache.part.ready(cache.place)


async def test_it_is_not_ready_while_nobody_listens(cache):
    cache.place = cache.placed()

    with pytest.raises(NotReady):
        await cache.part.ready(cache.place)


async def test_the_password_is_in_no_file(cache):
    await cache.start()

    files = [p for p in cache.root.rglob("*") if p.is_file()]
    assert not any(cache.secrets["store.password"].encode() in p.read_bytes() for p in files)
