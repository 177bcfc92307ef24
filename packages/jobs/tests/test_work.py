"""What a worker does with jobs that go well, and with those that do not."""

import asyncio
import signal
from datetime import timedelta
from itertools import pairwise

import psycopg

from seaway_jobs import Queue, State, drop, find_many, look, replay, replay_all, stats, workers
from seaway_jobs.session import PRUNE
from tests.conftest import NAME, Bench


async def test_its_effect_happens_once(bench: Bench) -> None:
    job = await bench.queue.enqueue(bench.connection, "write", {})
    worker = bench.work()

    found = await bench.until(job, State.DONE)
    assert await bench.effects() == [(job, 1, worker.pid)]
    assert (found.attempt, found.percent) == (1, 100)
    assert found.finished_at is not None


async def test_a_failing_job_is_tried_again_after_growing_waits(bench: Bench) -> None:
    job = await bench.queue.enqueue(bench.connection, "fail", {"times": 2})
    bench.work()

    found = await bench.until(job, State.DONE)

    starts = [at for at, what in found.events if what == "started"]
    first, second = (b - a for a, b in pairwise(starts))
    assert found.attempt == 3
    assert first >= timedelta(milliseconds=100)
    assert second >= timedelta(milliseconds=200)


async def test_a_dead_job_keeps_its_reason_and_can_be_replayed(bench: Bench) -> None:
    job = await bench.queue.enqueue(bench.connection, "fail", {"times": 3})
    bench.work()

    dead = await bench.until(job, State.DEAD)
    assert (dead.cause, dead.reason) == ("failed", "RuntimeError: attempt 3")
    assert dead.trace is not None
    assert "diligent.py" in dead.trace

    assert await replay(bench.connection, [job]) == [job]
    assert (await bench.until(job, State.DONE)).attempt == 4
    assert len(await bench.effects()) == 1


async def test_all_dead_jobs_of_a_task_are_replayed_at_once(bench: Bench) -> None:
    many = await bench.queue.enqueue_many(bench.connection, "fail", [{"times": 3}] * 5)
    other = await bench.queue.enqueue(bench.connection, "give-up", {"why": "it is no picture"})
    bench.work()
    for each in (*many, other):
        await bench.until(each, State.DEAD)

    assert await replay_all(bench.connection, queue=NAME, task="fail") == many
    for each in many:
        await bench.until(each, State.DONE)
    assert (await bench.job(other)).state is State.DEAD


async def test_a_task_can_give_up_and_ask_for_another_time(bench: Bench) -> None:
    hopeless = await bench.queue.enqueue(bench.connection, "give-up", {"why": "no picture"})
    later = await bench.queue.enqueue(bench.connection, "not-now", {})
    late = await bench.queue.enqueue(bench.connection, "late", {})
    bench.work()

    dead = await bench.until(hopeless, State.DEAD)
    assert (dead.cause, dead.reason, dead.attempt) == ("gave-up", "no picture", 1)
    assert (await bench.until(later, State.DONE)).attempt == 2
    assert (await bench.until(late, State.DEAD)).reason == "took longer than 0.1 s"


async def test_a_task_nobody_knows_dies_with_that_reason(bench: Bench) -> None:
    job = await bench.queue.enqueue(bench.connection, "wrote", {})
    bench.work()

    dead = await bench.until(job, State.DEAD)
    assert dead.cause == "unknown-task"
    assert dead.reason == "no task is called 'wrote' in this worker"


async def test_the_most_urgent_goes_first(bench: Bench) -> None:
    for priority in (0, 5, -5, 9):
        await bench.queue.enqueue(bench.connection, "write", {}, priority=priority)
    bench.work(WORKER_CONCURRENCY="1")
    await bench.happens(lambda: _count(bench, 4))

    jobs = await look(bench.connection)
    assert all(each.started_at for each in jobs)
    order = sorted(jobs, key=lambda each: str(each.started_at))
    assert [each.priority for each in order] == [9, 5, 0, -5]


async def test_delayed_jobs_do_not_wait_for_a_poll(bench: Bench) -> None:
    """An idle worker looks every five seconds; what is due earlier must not wait for that."""
    bench.work()
    await bench.happens(lambda: _served(bench))
    job = await bench.queue.enqueue(
        bench.connection, "write", {}, delay=timedelta(milliseconds=300)
    )

    found = await bench.until(job, State.DONE)
    assert found.started_at is not None
    assert found.enqueued_at is not None
    late = found.started_at - found.enqueued_at - timedelta(milliseconds=300)
    assert timedelta(0) <= late < timedelta(seconds=2)


async def test_progress_is_stored_and_told(bench: Bench) -> None:
    told = []

    async def follow() -> None:
        async for change in bench.queue.changes(bench.url):
            told.append(change)
            if change.state is State.DONE:
                return

    following = asyncio.create_task(follow())
    await bench.happens(lambda: _listening(bench))
    job = await bench.queue.enqueue(bench.connection, "tell", {})
    bench.work()
    async with asyncio.timeout(30):
        await following

    assert [(c.job, c.state, c.percent, c.text) for c in told] == [
        (job, State.RUNNING, None, None),
        (job, State.RUNNING, 40, "second of five pages"),
        (job, State.DONE, 100, None),
    ]
    assert (await bench.job(job)).text == "second of five pages"


async def test_a_stopped_worker_finishes_what_it_has(bench: Bench) -> None:
    jobs = await bench.queue.enqueue_many(bench.connection, "write", [{"seconds": 1}] * 3)
    worker = bench.work(WORKER_CONCURRENCY="2")
    await bench.until(jobs[1], State.RUNNING)
    worker.send_signal(signal.SIGTERM)

    assert worker.wait(30) == 0
    states = [each.state for each in await find_many(bench.connection, jobs)]
    assert states == [State.DONE, State.DONE, State.WAITING]
    assert await workers(bench.connection) == []


async def test_a_stopped_worker_gives_back_what_takes_too_long(bench: Bench) -> None:
    job = await bench.queue.enqueue(bench.connection, "write", {"seconds": 60})
    worker = bench.work(STOP_SECONDS="0")
    await bench.until(job, State.RUNNING)
    worker.send_signal(signal.SIGTERM)

    assert worker.wait(30) == 0
    found = await bench.job(job)
    assert (found.state, found.crashes) == (State.WAITING, 0)


async def test_dropped_jobs_do_not_run(bench: Bench) -> None:
    jobs = await bench.queue.enqueue_many(bench.connection, "write", [{}, {}])

    assert await drop(bench.connection, jobs[:1]) == jobs[:1]
    bench.work()
    await bench.until(jobs[1], State.DONE)
    assert (await bench.job(jobs[0])).state is State.DROPPED
    assert await replay(bench.connection, jobs) == jobs[:1]
    await bench.until(jobs[0], State.DONE)


async def test_old_jobs_are_removed_and_dead_ones_stay(bench: Bench) -> None:
    done = await bench.queue.enqueue(bench.connection, "write", {})
    dead = await bench.queue.enqueue(bench.connection, "give-up", {"why": "so"})
    bench.work()
    await bench.until(done, State.DONE)
    await bench.until(dead, State.DEAD)

    await bench.connection.execute(PRUNE, (timedelta(hours=1),))
    assert len(await look(bench.connection)) == 2
    await bench.connection.execute(PRUNE, (timedelta(0),))
    assert [each.id for each in await look(bench.connection)] == [dead]


async def test_the_figures_name_who_serves_a_queue(bench: Bench) -> None:
    """An api that enqueues for `ai-jobs` while the worker serves `ai-job` waits for ever."""
    await Queue("ai-job").enqueue(bench.connection, "write", {})
    bench.work()
    await bench.happens(lambda: _served(bench))

    [figures] = await stats(bench.connection)
    assert (figures.queue, figures.waiting, figures.served_by) == ("ai-job", 1, 0)
    assert [each.queue for each in await workers(bench.connection)] == [NAME]


async def _count(bench: Bench, wanted: int) -> bool:
    return len(await bench.effects()) == wanted


async def _served(bench: Bench) -> bool:
    return bool(await workers(bench.connection))


async def _listening(bench: Bench) -> bool:
    query = "SELECT 1 FROM pg_stat_activity WHERE query = 'LISTEN seaway_jobs_changes'"
    async with await psycopg.AsyncConnection.connect(bench.url) as connection:
        return bool(await (await connection.execute(query)).fetchone())
