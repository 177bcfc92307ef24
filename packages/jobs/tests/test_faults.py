"""Workers and databases that die, freeze and come back."""

import asyncio
import signal
import time
from pathlib import Path

import psycopg
import pytest

from seaway_jobs import Queue, State, find, find_many, install, workers
from tests import servers
from tests.conftest import NAME, Bench


async def test_a_killed_worker_is_taken_over_at_once(bench: Bench) -> None:
    jobs = await bench.queue.enqueue_many(bench.connection, "write", [{"first": 60}] * 4)
    first = bench.work()
    for each in jobs:
        await bench.until(each, State.RUNNING)
    bench.work()
    await bench.happens(lambda: _workers(bench, 2))
    first.kill()
    killed = time.monotonic()

    await bench.happens(lambda: _begun(bench, jobs, 2))
    assert time.monotonic() - killed < 5  # promised are 2 s, on a quiet machine: bench/jobs.py
    for each in jobs:
        assert (await bench.until(each, State.DONE)).crashes == 1
    assert len(await bench.effects()) == 4


async def test_a_paused_worker_is_fenced(bench: Bench) -> None:
    """What it had begun when it was paused must come to nothing when it goes on."""
    job = await bench.queue.enqueue(bench.connection, "write", {"first": 60})
    first = bench.work(JOBS_LEASE_SECONDS="1")
    await bench.until(job, State.RUNNING)
    first.send_signal(signal.SIGSTOP)
    second = bench.work(JOBS_LEASE_SECONDS="1")
    await bench.until(job, State.DONE)
    first.send_signal(signal.SIGCONT)
    again = await bench.queue.enqueue_many(bench.connection, "write", [{}] * 20)
    for each in again:
        await bench.until(each, State.DONE)

    found = await bench.effects()
    assert [row for row in found if row[0] == job] == [(job, 2, second.pid)]
    assert len(found) == 21


async def test_a_worker_paused_inside_its_effect_does_not_hold_it_for_ever(bench: Bench) -> None:
    job = await bench.queue.enqueue(bench.connection, "write", {"inside": 60})
    first = bench.work(JOBS_LEASE_SECONDS="1")
    await bench.happens(lambda: _inside(bench))
    first.send_signal(signal.SIGSTOP)
    second = bench.work(JOBS_LEASE_SECONDS="1")
    await bench.until(job, State.DONE)
    first.send_signal(signal.SIGCONT)
    after = await bench.queue.enqueue(bench.connection, "write", {})
    await bench.until(after, State.DONE)

    assert [row for row in await bench.effects() if row[0] == job] == [(job, 2, second.pid)]


async def test_a_task_that_blocks_its_worker_loses_its_job(bench: Bench) -> None:
    job = await bench.queue.enqueue(bench.connection, "block", {"seconds": 60})
    bench.work(JOBS_LEASE_SECONDS="1")
    await bench.until(job, State.RUNNING)
    second = bench.work(JOBS_LEASE_SECONDS="1")
    found = await bench.until(job, State.DONE)

    assert "was silent for" in (found.reason or "")
    assert await bench.effects() == [(job, 2, second.pid)]


async def test_a_job_that_kills_its_workers_is_parked(bench: Bench) -> None:
    """The jobs beside it are innocent: they are done, however often their worker died."""
    poison = await bench.queue.enqueue(bench.connection, "poison", {})
    others = await bench.queue.enqueue_many(bench.connection, "write", [{"seconds": 0.2}] * 12)
    bench.work()
    async with asyncio.timeout(60):
        while (await bench.job(poison)).state is not State.DEAD:
            if bench.workers[-1].poll() is not None:
                bench.work()
            await asyncio.sleep(0.02)
    for each in others:
        await bench.until(each, State.DONE)

    dead = await bench.job(poison)
    assert (dead.cause, dead.crashes) == ("crashed", 3)
    assert dead.reason is not None
    assert f"process {bench.workers[2].pid}" in dead.reason
    assert len(bench.workers) == 4
    assert len(await bench.effects()) == 12


async def test_a_task_that_goes_on_after_its_end_is_not_done_twice(bench: Bench) -> None:
    job = await bench.queue.enqueue(bench.connection, "write", {"inside": 60})
    worker = bench.work()
    await bench.happens(lambda: _inside(bench))
    worker.kill()
    bench.work()

    assert (await bench.until(job, State.DONE)).attempt == 2
    assert len(await bench.effects()) == 1


async def test_the_database_may_die_and_come_back(tmp_path: Path) -> None:
    """Nothing is lost, and nobody is blamed for it: no job counts as having crashed."""
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(0o755)
    folder = tmp_path / "postgres"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    with servers.running(folder) as server:
        with psycopg.connect(server.url) as made:
            install(made)
            made.execute("CREATE TABLE effects (job bigint, attempt int, process int)")
        connection = await psycopg.AsyncConnection.connect(server.url, autocommit=True)
        bench = Bench(server.url, tmp_path, connection, Queue(NAME))
        jobs = await bench.queue.enqueue_many(connection, "write", [{"first": 10}] * 8)
        for _ in range(2):
            bench.work()
        await bench.happens(lambda: _begun(bench, jobs, 1))
        server.stop()
        server.start()
        bench.connection = await psycopg.AsyncConnection.connect(server.url, autocommit=True)
        for each in jobs:
            found = await bench.until(each, State.DONE)
            assert found.crashes == 0
        effects = await bench.effects()
        for each_worker in bench.workers:
            each_worker.send_signal(signal.SIGTERM)
            assert each_worker.wait(30) == 0
        await bench.connection.close()

    assert sorted(row[0] for row in effects) == jobs


async def test_a_worker_waits_for_its_tables(bench: Bench) -> None:
    await bench.connection.execute("CREATE DATABASE later")
    url = bench.url.rpartition("/")[0] + "/later"
    bench.work(DATABASE_URL=url)
    with psycopg.connect(url) as connection:
        install(connection)
        connection.execute("CREATE TABLE effects (job bigint, attempt int, process int)")
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as there:
        job = await bench.queue.enqueue(there, "write", {})

        async def done() -> bool:
            found = await find(there, job)
            return found is not None and found.state is State.DONE

        await bench.happens(done)
    assert bench.workers[0].poll() is None


@pytest.mark.parametrize("path", ["/readyz", "/livez", "/metrics"])
async def test_its_endpoint_answers(bench: Bench, path: str) -> None:
    port = servers.free_port()
    bench.work(PORT=str(port))
    job = await bench.queue.enqueue(bench.connection, "write", {})
    await bench.until(job, State.DONE)

    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    text = (await reader.read()).decode()
    writer.close()

    assert text.startswith("HTTP/1.1 200 OK")
    if path == "/metrics":
        assert 'seaway_jobs_workers{queue="ai-jobs"} 1' in text
        assert 'seaway_jobs_tries_total{queue="ai-jobs",task="write",outcome="done"} 1' in text


async def _workers(bench: Bench, count: int) -> bool:
    return len(await workers(bench.connection)) == count


async def _begun(bench: Bench, jobs: list[int], times: int) -> bool:
    return all(each.attempt >= times for each in await find_many(bench.connection, jobs))


async def _inside(bench: Bench) -> bool:
    query = """SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction'
        AND query LIKE 'INSERT INTO effects%'"""
    return bool(await (await bench.connection.execute(query)).fetchone())
