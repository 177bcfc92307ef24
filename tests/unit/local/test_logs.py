"""Reading logs: by time across instances, from the end, since a time, and going on."""

import asyncio
import gzip
import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from seaway.errors import UsageError
from seaway.ports.target import LogQuery
from seaway.targets.local.logs import lines
from seaway.targets.local.state import StateFolder

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def line(second: float, text: str, stream: str = "stdout") -> str:
    at = (BEGIN + timedelta(seconds=second)).isoformat(timespec="milliseconds")
    return json.dumps({"t": at.replace("+00:00", "Z"), "s": stream, "m": text}) + "\n"


class Written:
    """A state folder with logs made by hand."""

    def __init__(self, root):
        self.state = StateFolder(root)

    def put(self, instance: str, *texts: str, ending: str = "") -> None:
        workload = instance.rpartition("-")[0]
        path = self.state.logs / workload / f"{instance}.jsonl{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(path, "at") if ending.endswith("gz") else path.open("a") as file:
            file.write("".join(texts))

    def rotate(self, instance: str, number: int) -> None:
        workload = instance.rpartition("-")[0]
        path = self.state.logs / workload / f"{instance}.jsonl"
        path.rename(path.with_name(f"{path.name}.{number}"))

    async def read(self, **query: object) -> list[str]:
        return [found.text async for found in lines(self.state, LogQuery(**query))]


@pytest.fixture
def logs(tmp_path):
    return Written(tmp_path)


async def test_without_logs_there_are_no_lines(logs):
    assert await logs.read() == []


async def test_lines_of_all_instances_come_in_order_of_time(logs):
    logs.put("web-1", line(1, "a"), line(4, "d"))
    logs.put("web-2", line(2, "b"), line(5, "e"))
    logs.put("db-1", line(3, "c", "stderr"))

    found = [each async for each in lines(logs.state, LogQuery())]

    assert [each.text for each in found] == ["a", "b", "c", "d", "e"]
    assert (found[2].workload, found[2].instance, found[2].stream) == ("db", "db-1", "stderr")
    assert found[2].at == BEGIN + timedelta(seconds=3)


async def test_older_files_come_first_packed_or_not_and_by_number(logs):
    """`.10` is newer than `.9`: names must not be sorted as words."""
    logs.put("web-1", line(1, "a"), ending=".9.gz")
    logs.put("web-1", line(2, "b"), ending=".10.gz")
    logs.put("web-1", line(3, "c"), ending=".11")
    logs.put("web-1", line(4, "d"))

    assert await logs.read() == ["a", "b", "c", "d"]
    assert await logs.read(tail=3) == ["b", "c", "d"]


async def test_only_the_workloads_asked_for_are_read(logs):
    logs.put("web-1", line(1, "a"))
    logs.put("db-1", line(2, "b"))

    assert await logs.read(workloads=frozenset({"db"})) == ["b"]


async def test_since_and_grep_choose_lines(logs):
    logs.put("web-1", line(1, "GET /a"), line(2, "POST /b"), line(3, "GET /c"))

    assert await logs.read(since=BEGIN + timedelta(seconds=2)) == ["POST /b", "GET /c"]
    assert await logs.read(grep="^GET") == ["GET /a", "GET /c"]
    assert await logs.read(grep="^GET", tail=1) == ["GET /c"]


async def test_a_pattern_that_is_none_is_refused(logs):
    with pytest.raises(UsageError) as refused:
        await logs.read(grep="(")

    assert refused.value.code == "SW210"


async def test_the_last_lines_are_the_last_of_all_instances_together(logs):
    logs.put("web-1", *(line(second, f"a{second}") for second in range(0, 100, 2)))
    logs.put("web-2", *(line(second, f"b{second}") for second in range(1, 100, 2)))

    assert await logs.read(tail=3) == ["b97", "a98", "b99"]
    assert await logs.read(tail=0) == []


async def test_the_last_lines_of_a_large_file_are_found_from_its_end(logs):
    """`logs --tail 10` must not read a hundred megabytes."""
    text = "x" * 80
    logs.put("web-1", *(line(second, f"{text} {second}") for second in range(200_000)))
    begun = time.monotonic()

    found = await logs.read(tail=5)

    assert [each.split()[1] for each in found] == [str(each) for each in range(199_995, 200_000)]
    assert time.monotonic() - begun < 1


async def test_a_torn_or_foreign_line_is_left_out(logs):
    logs.put("web-1", line(1, "a"), '{"t": "2026\n', "\n", "[]\n", line(2, "b"), '{"t":"no end')

    assert await logs.read() == ["a", "b"]
    assert await logs.read(tail=5) == ["a", "b"]


# ------------------------------------------------------------------------------------------ follow


class Follower:
    """Reads on in the background."""

    def __init__(self, logs: Written, **query: object) -> None:
        self.seen: list[str] = []
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._run(logs, query))

    async def _run(self, logs: Written, query: dict[str, object]) -> None:
        async for found in lines(logs.state, LogQuery(follow=True, **query)):
            self.seen.append(found.text)
            self._changed.set()

    async def until(self, *texts: str) -> None:
        async with asyncio.timeout(10):
            while self.seen != list(texts):
                self._changed.clear()
                await self._changed.wait()

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def test_following_goes_on_after_the_last_line_shown(logs):
    logs.put("web-1", line(1, "a"), line(2, "b"))
    follower = Follower(logs, tail=1)
    await follower.until("b")

    logs.put("web-1", line(3, "c"))

    await follower.until("b", "c")
    await follower.close()


async def test_following_sees_instances_that_come_later(logs):
    follower = Follower(logs)
    logs.put("web-1", line(1, "a"))
    await follower.until("a")

    logs.put("web-2", line(2, "b"))

    await follower.until("a", "b")
    await follower.close()


async def test_following_loses_nothing_to_rotations(logs):
    """Also when several files were filled between two looks."""
    logs.put("web-1", line(1, "a"))
    follower = Follower(logs)
    await follower.until("a")

    logs.put("web-1", line(2, "b"))
    logs.rotate("web-1", 1)
    logs.put("web-1", line(3, "c"), ending=".2.gz")
    logs.put("web-1", line(4, "d"))

    await follower.until("a", "b", "c", "d")
    logs.rotate("web-1", 3)
    logs.put("web-1", line(5, "e"))
    await follower.until("a", "b", "c", "d", "e")
    await follower.close()


async def test_following_waits_for_the_end_of_a_line(logs):
    whole = line(1, "a")
    logs.put("web-1", whole[:20])
    follower = Follower(logs)
    await asyncio.sleep(0.3)
    assert follower.seen == []

    logs.put("web-1", whole[20:])

    await follower.until("a")
    await follower.close()


async def test_following_starts_again_in_a_log_that_was_removed(logs):
    logs.put("web-1", line(1, "a"), line(2, "b"))
    follower = Follower(logs)
    await follower.until("a", "b")

    (logs.state.logs / "web" / "web-1.jsonl").unlink()
    logs.put("web-1", line(3, "c"))

    await follower.until("a", "b", "c")
    await follower.close()
