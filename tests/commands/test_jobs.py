"""`seaway jobs` and doctor against a real queue, in which the two sides disagree at first."""

import json
from pathlib import Path

import pytest

from tests.commands.terminal import Terminal

pytestmark = [pytest.mark.local, pytest.mark.timeout(600)]

PACKAGE = Path(__file__).parents[2] / "packages/jobs"
STACK = """\
seaway: 1
name: queue
services:
  worker:
    run: [python, worker.py]
    source: ./app
    uses: [db]
    rollout: {before: {run: [python, migrate.py]}}
    env:
      AI_QUEUE_NAME: ai-job
data:
  db: {kind: postgres}
"""
PROJECT = f"""\
[project]
name = "queue-app"
version = "1.0.0"
requires-python = ">=3.11"
dependencies = ["seaway-jobs"]
[build-system]
requires = ["hatchling==1.33.0"]
build-backend = "hatchling.build"
[tool.hatch.build.targets.wheel]
only-include = ["worker.py"]
[tool.uv.sources]
seaway-jobs = {{path = "{PACKAGE}"}}
"""
WORKER = """\
import asyncio
from seaway_jobs import GiveUp, Queue, WorkerSettings, work

queue = Queue.from_environment()

@queue.task("draft")
async def draft(job, payload):
    if payload["hopeless"]:
        raise GiveUp("it is no picture")

asyncio.run(work(queue, WorkerSettings.from_environment()))
"""
MIGRATE = """\
import os, psycopg, seaway_jobs
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    seaway_jobs.install(connection)
"""
ENQUEUE = """\
import asyncio, os, psycopg
from seaway_jobs import Queue

async def main():
    async with await psycopg.AsyncConnection.connect(os.environ["DATABASE_URL"]) as connection:
        for hopeless in (True, False):
            await Queue("ai-jobs").enqueue(connection, "draft", {"hopeless": hopeless})

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def seaway(tmp_path_factory):
    terminal = Terminal.new(tmp_path_factory.mktemp("queue"))
    (terminal.folder / "seaway.yaml").write_text(STACK)
    app = terminal.folder / "app"
    app.mkdir()
    for name, text in (("pyproject.toml", PROJECT), ("worker.py", WORKER),
                       ("migrate.py", MIGRATE), ("enqueue.py", ENQUEUE)):  # fmt: skip
        (app / name).write_text(text)
    yield terminal
    terminal("down")


def test_a_queue_is_looked_into_and_mended(seaway):
    """One journey: jobs go to a queue that nobody serves, until both sides mean the same."""
    for step in (
        nothing_runs_at_first, what_one_side_enqueues_the_other_never_sees,
        doctor_names_both_sides, with_one_name_the_jobs_are_done, a_dead_job_is_seen_and_replayed,
        what_is_not_there_is_said,
    ):  # fmt: skip
        step(seaway)


def found(seaway, *words):
    said = seaway("jobs", *words, "--format", "json")
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)


def nothing_runs_at_first(seaway):
    said = seaway("jobs", "stats")

    assert (said.returncode, "SW624" in said.stderr) == (7, True)


def what_one_side_enqueues_the_other_never_sees(seaway):
    started = seaway("up", "-d", "--timeout", "80s")
    assert started.returncode == 0, started.stderr
    assert seaway("exec", "worker", "--", "python", "enqueue.py").returncode == 0

    [figures] = found(seaway, "stats")
    assert (figures["queue"], figures["waiting"], figures["served_by"]) == ("ai-jobs", 2, 0)
    [worker] = found(seaway, "workers")
    assert worker["queue"] == "ai-job"


def doctor_names_both_sides(seaway):
    said = seaway("doctor", "--format", "json")

    assert said.returncode == 4
    [wrong] = [
        each for check in json.loads(said.stdout)["checks"] for each in check["findings"]
        if each["code"] == "SW811"
    ]  # fmt: skip
    assert "'ai-jobs'" in wrong["message"]
    assert "'ai-job'" in wrong["message"]
    assert (wrong["path"], wrong["line"]) == ("services.worker.env.AI_QUEUE_NAME", 10)


def with_one_name_the_jobs_are_done(seaway):
    file = seaway.folder / "seaway.yaml"
    file.write_text(STACK.replace("AI_QUEUE_NAME: ai-job", "AI_QUEUE_NAME: ai-jobs"))
    assert seaway("up", "-d", "--timeout", "80s").returncode == 0

    assert seaway("wait", "--timeout", "60s").returncode == 0
    states = {each["state"] for each in found(seaway, "list")}
    while states & {"waiting", "running"}:
        states = {each["state"] for each in found(seaway, "list")}
    assert states == {"done", "dead"}


def a_dead_job_is_seen_and_replayed(seaway):
    [dead] = found(seaway, "list", "--state", "dead", "--queue", "ai-jobs")
    assert (dead["cause"], dead["reason"]) == ("gave-up", "it is no picture")
    assert "it is no picture" in seaway("jobs", "list", "--state", "dead").stdout
    assert "hopeless" in seaway("jobs", "show", str(dead["id"])).stdout

    assert found(seaway, "replay", "--all") == {"replayed": [dead["id"]]}
    assert seaway("jobs", "drop", "--all").returncode == 2  # it asks, and nobody is there


def what_is_not_there_is_said(seaway):
    said = seaway("jobs", "show", "999")
    assert (said.returncode, "SW804" in said.stderr) == (7, True)
    assert seaway("jobs", "replay").returncode == 2
    assert "ai-jobs" in seaway("jobs", "stats").stdout
    assert "worker" in seaway("jobs", "workers").stdout
