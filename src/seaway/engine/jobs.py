"""Jobs: asks the queues of a stack, and tells where those who enqueue and those who work differ."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from seaway.errors import NothingRunning, StepFailed, UsageError
from seaway.model.finding import Finding, Place, Severity
from seaway.model.instance import Instance, Phase
from seaway.model.release import Release
from seaway.model.stack import Stack
from seaway.model.workload import Command, Role, Workload
from seaway.ports.target import Asks, Said

VARIABLE = "AI_QUEUE_NAME"
PROGRAM = ("python", "-m", "seaway_jobs")
LIMIT = 30.0
"""Seconds that one answer may take."""

NOTHING_FOUND, WRONG, AWAY = 1, 2, 3
"""What `python -m seaway_jobs` ends with, beside 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the queue's own command said, and where it was asked."""

    service: str
    value: JsonValue


# ---------------------------------------------------------------------------------------- asking


async def ask(
    release: Release, seen: Sequence[Instance], target: Asks, words: Sequence[str], *, by: str = ""
) -> Answer:
    """The answer of the first service that has the library; `by` names one to ask instead.

    Raises:
        UsageError: there is no service of that name.
        NothingRunning: none runs that could tell.
        StepFailed: it was asked, and could not tell.
    """
    if by and release.find(by) is None:
        known = ", ".join(each.name for each in release.workloads)
        raise UsageError("SW502", name=by, known=known)
    without: list[str] = []
    for instance in _able(release, seen, by):
        said = await _asked(instance, release, target, words)
        if said.status == 0 or (said.status == NOTHING_FOUND and said.out.strip()):
            return Answer(service=instance.workload, value=json.loads(said.out))
        problem = _last_line(said.problem)
        if "No module named" not in problem:
            raise StepFailed("SW802", service=instance.workload, problem=problem)
        without.append(instance.workload)
    if without:
        raise NothingRunning("SW803", services=", ".join(without))
    raise NothingRunning("SW801", by=by or "-")


async def _asked(instance: Instance, release: Release, target: Asks, words: Sequence[str]) -> Said:
    try:
        async with asyncio.timeout(LIMIT):
            return await target.ask(instance, release, (*PROGRAM, *words, "--format", "json"))
    except TimeoutError as error:
        facts = {"service": instance.workload, "problem": f"no answer within {LIMIT:g} s"}
        raise StepFailed("SW802", **facts) from error


def _able(release: Release, seen: Sequence[Instance], by: str) -> Iterator[Instance]:
    """One running instance of each service that may know: those with a queue and no port first."""
    services = [
        each for each in release.workloads
        if isinstance(each.program, Command) and each.role is Role.SERVICE
        and (each.name == by if by else "DATABASE_URL" in each.env)
    ]  # fmt: skip
    services.sort(key=lambda each: (VARIABLE not in each.env, bool(each.ports), each.name))
    for service in services:
        running = [one for one in seen if one.workload == service.name and one.phase.running]
        if running:
            yield min(running, key=lambda one: (one.phase is not Phase.READY, one.slot))


def _last_line(text: bytes) -> str:
    lines = text.decode(errors="replace").strip().splitlines()
    return lines[-1].removeprefix("seaway_jobs: ") if lines else "-"


# --------------------------------------------------------------------------------------- judging


async def judged(
    stack: Stack, release: Release, seen: Sequence[Instance], target: Asks
) -> tuple[Finding, ...]:
    """What is wrong with the queues; nothing where no running service could tell."""
    try:
        stats = await ask(release, seen, target, ("stats",))
        workers = await ask(release, seen, target, ("workers",), by=stats.service)
    except (NothingRunning, StepFailed):
        return ()  # what does not run is told of by others
    return tuple(unserved(stack, release, stats.value, workers.value))


def unserved(
    stack: Stack, release: Release, stats: JsonValue, workers: JsonValue
) -> Iterator[Finding]:
    """Queues in which jobs wait and that nobody serves, and jobs that are dead."""
    served = {str(each["queue"]) for each in _rows(workers)}
    waiting: dict[str, int] = {}
    for row in _rows(stats):
        queue, dead = str(row["queue"]), int(str(row["dead"]))
        waiting[queue] = waiting.get(queue, 0) + int(str(row["waiting"])) + int(str(row["delayed"]))
        if dead:
            facts = {"count": dead, "queue": queue, "task": row["task"]}
            yield Finding(code="SW813", severity=Severity.WARNING, facts=facts)
    for queue, count in sorted(waiting.items()):
        if count and queue not in served:
            yield _unserved(stack, release, workers, queue, count)


def _unserved(
    stack: Stack, release: Release, workers: JsonValue, queue: str, count: int
) -> Finding:
    by = [each for each in release.workloads if queue_of(each) == queue]
    others = [each for each in release.workloads if queue_of(each) not in {"", queue}]
    serving = sorted({f"{row['instance']}: '{row['queue']}'" for row in _rows(workers)})
    facts = {
        "queue": queue, "count": count, "variable": VARIABLE,
        "by": ", ".join(each.name for each in by) or "-", "serving": ", ".join(serving) or "-",
    }  # fmt: skip
    at = written(stack, (others or by)[0], VARIABLE) if others or by else Place()
    return Finding(code="SW811" if serving else "SW812", at=at, facts=facts)


def queue_of(workload: Workload) -> str:
    """The queue that it names; empty for none, and for one that is filled in later."""
    text = workload.env.get(VARIABLE)
    return text.written if text else ""


def written(stack: Stack, workload: Workload, variable: str) -> Place:
    """Where a variable of a workload stands in the stack file."""
    section = next(
        (each.section.value for each in stack.declarations if each.name == workload.component),
        "services",
    )
    return stack.place(section, workload.component, "env", variable)


def waiting_in(stats: JsonValue, queue: str) -> int:
    """Jobs that wait in a queue, of all tasks; those whose time has not come are not among them."""
    return sum(int(str(row["waiting"])) for row in _rows(stats) if row["queue"] == queue)


def _rows(value: JsonValue) -> Iterator[Mapping[str, JsonValue]]:
    for each in value if isinstance(value, list) else ():
        if isinstance(each, dict):
            yield each
