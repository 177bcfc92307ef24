"""Whoever enqueues and whoever works must mean the same queue (R105)."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from seaway.engine.jobs import ask, queue_of, unserved
from seaway.errors import NothingRunning, StepFailed, UsageError
from seaway.model.finding import Severity
from seaway.model.instance import Instance, Phase
from seaway.ports.target import Said
from tests.unit.stackfile.written import HEAD, findings_of, release_of, resolved, stack_of

AGREED = """\
services:
  api: {run: x, port: 8000, uses: [db], env: {AI_QUEUE_NAME: ai-jobs}}
  worker: {run: y, uses: [db], env: {AI_QUEUE_NAME: ai-jobs}}
data: {db: postgres}
"""
DIFFERENT = AGREED.replace("y, uses: [db], env: {AI_QUEUE_NAME: ai-jobs}",
                           "y, uses: [db], env: {AI_QUEUE_NAME: ai-job}")  # fmt: skip
WORKER = "  worker: {run: y, uses: [db], env: {AI_QUEUE_NAME: ai-job}}"
NOW = datetime(2026, 11, 29, tzinfo=UTC)
FIGURES = {"queue": "ai-jobs", "task": "draft", "waiting": 3, "delayed": 1, "dead": 0}
SERVING = [{"instance": "worker-1", "queue": "ai-job"}]


def warnings_of(text: str) -> list[tuple[str, int]]:
    return [(each.code, each.at.line) for each in findings_of(text) if each.code == "SW810"]


def test_two_names_in_one_database_are_warned_of_with_the_line():
    assert warnings_of(HEAD + AGREED) == []
    line = 1 + (HEAD + DIFFERENT).splitlines().index(WORKER)
    assert warnings_of(HEAD + DIFFERENT) == [("SW810", line)]


def test_two_databases_may_have_two_names():
    apart = DIFFERENT.replace("worker: {run: y, uses: [db]", "worker: {run: y, uses: [other]")

    assert (
        warnings_of(HEAD + apart.replace("{db: postgres}", "{db: postgres, other: postgres}")) == []
    )


def test_a_queue_nobody_serves_is_found_with_both_sides():
    stack = stack_of(HEAD + DIFFERENT)
    release = resolved(stack).release

    [found] = unserved(stack, release, [FIGURES], SERVING)

    assert (found.code, found.severity) == ("SW811", Severity.ERROR)
    assert found.facts["by"] == "api"
    assert found.facts["serving"] == "worker-1: 'ai-job'"
    assert found.facts["count"] == 4
    assert found.at.path == "services.worker.env.AI_QUEUE_NAME"


def test_a_queue_without_any_worker_says_so():
    stack, release = stack_of(HEAD + AGREED), release_of(AGREED).release

    assert [each.code for each in unserved(stack, release, [FIGURES], [])] == ["SW812"]
    assert not list(unserved(stack, release, [{**FIGURES, "waiting": 0, "delayed": 0}], []))


def test_dead_jobs_are_a_warning():
    stack, release = stack_of(HEAD + AGREED), release_of(AGREED).release
    figures = {**FIGURES, "waiting": 0, "delayed": 0, "dead": 2}

    [found] = unserved(stack, release, [figures], [{"instance": "w", "queue": "ai-jobs"}])

    assert (found.code, found.severity) == ("SW813", Severity.WARNING)


def test_the_name_of_a_queue_is_read_where_it_is_written():
    api = release_of(AGREED).release.find("api")
    assert api is not None

    assert queue_of(api) == "ai-jobs"


class Talks:
    """A target on which commands say what the test wants, by service."""

    def __init__(self, **said: Said) -> None:
        self.said = said
        self.asked: list[tuple[str, Sequence[str]]] = []

    async def ask(self, instance, release, argv):
        del release
        self.asked.append((instance.workload, argv))
        return self.said[instance.workload]


def running(*names: str) -> list[Instance]:
    return [
        Instance(
            id=f"{name}-1", stack="shop", workload=name, digest="d", phase=Phase.READY, slot=1,
            created=NOW, since=NOW,
        )
        for name in names
    ]  # fmt: skip


GOOD = Said(status=0, out=b"[]", problem=b"")
WITHOUT = Said(status=1, out=b"", problem=b"/bin/python: No module named seaway_jobs\n")
AWAY = Said(status=3, out=b"", problem=b"seaway_jobs: the database does not answer: refused\n")


async def test_the_worker_is_asked_before_others():
    release, target = release_of(AGREED).release, Talks(worker=GOOD, api=GOOD)

    answer = await ask(release, running("api", "worker"), target, ("stats",))

    assert answer.service == "worker"
    assert target.asked == [
        ("worker", ("python", "-m", "seaway_jobs", "stats", "--format", "json"))
    ]


async def test_a_service_without_the_library_is_passed_over():
    release, target = release_of(AGREED).release, Talks(worker=WITHOUT, api=GOOD)

    assert (await ask(release, running("api", "worker"), target, ("stats",))).service == "api"


@pytest.mark.parametrize(
    ("said", "by", "error", "code"),
    [
        (None, "", NothingRunning, "SW801"),
        (WITHOUT, "", NothingRunning, "SW803"),
        (AWAY, "", StepFailed, "SW802"),
        (GOOD, "wrker", UsageError, "SW502"),
    ],
)
async def test_what_cannot_be_told_has_a_cause(said, by, error, code):
    release = release_of(AGREED).release
    seen = running("worker") if said else []

    with pytest.raises(error) as raised:
        await ask(release, seen, Talks(worker=said), ("stats",), by=by)

    assert raised.value.code == code
