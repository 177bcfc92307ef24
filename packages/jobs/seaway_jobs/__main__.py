"""The command line: look into queues and mend what went wrong, where the database is at hand."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import psycopg
from psycopg.errors import UndefinedFunction, UndefinedTable

from seaway_jobs import looking
from seaway_jobs.queue import VARIABLE
from seaway_jobs.settings import database_url
from seaway_jobs.views import JobView, QueueStats, State, WorkerView, as_json
from seaway_jobs.within import Connection

FOUND, NOTHING, WRONG, AWAY = 0, 1, 2, 3

Seen = Sequence[JobView | QueueStats | WorkerView]
Command = Callable[[Connection, argparse.Namespace], Coroutine[None, None, object]]


async def _list(connection: Connection, asked: argparse.Namespace) -> object:
    state = State(asked.state) if asked.state else None
    found = await looking.look(
        connection, queue=asked.queue, state=state, task=asked.task, limit=asked.limit
    )
    return [as_json(each) for each in found]


async def _show(connection: Connection, asked: argparse.Namespace) -> object:
    found = await looking.find(connection, asked.job)
    return as_json(found) if found else None


async def _replay(connection: Connection, asked: argparse.Namespace) -> object:
    if asked.all:
        ids = await looking.replay_all(connection, queue=asked.queue, task=asked.task)
    else:
        ids = await looking.replay(connection, asked.jobs)
    return {"replayed": ids}


async def _drop(connection: Connection, asked: argparse.Namespace) -> object:
    ids = asked.jobs
    if asked.all:
        state = State(asked.state)
        found = await looking.look(
            connection, queue=asked.queue, state=state, task=asked.task, limit=2**31
        )
        ids = [each.id for each in found]
    return {"dropped": await looking.drop(connection, ids)}


async def _stats(connection: Connection, asked: argparse.Namespace) -> object:
    return [as_json(each) for each in await looking.stats(connection, queue=asked.queue)]


async def _workers(connection: Connection, _asked: argparse.Namespace) -> object:
    return [as_json(each) for each in await looking.workers(connection)]


COMMANDS: dict[str, Command] = {
    "list": _list, "show": _show, "replay": _replay, "drop": _drop, "stats": _stats,
    "workers": _workers,
}  # fmt: skip


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    parser = _parser()
    asked = parser.parse_args(words)
    if getattr(asked, "jobs", None) == [] and not asked.all:
        parser.error("name the jobs by their numbers, or say --all")
    try:
        url = database_url()
    except (OSError, ValueError) as error:
        sys.stderr.write(f"seaway_jobs: {error}\n")
        return WRONG
    try:
        found = asyncio.run(_done(url, asked))
    except psycopg.OperationalError as error:
        sys.stderr.write(f"seaway_jobs: the database does not answer: {error}\n")
        return AWAY
    except (UndefinedTable, UndefinedFunction):
        sys.stderr.write("seaway_jobs: this database has no jobs yet: run the migrations\n")
        return AWAY
    _print(found, asked.format)
    return FOUND if _anything(found) else NOTHING


async def _done(url: str, asked: argparse.Namespace) -> object:
    connection = await psycopg.AsyncConnection.connect(
        url, connect_timeout=5, application_name="seaway_jobs"
    )
    async with connection:
        return await COMMANDS[asked.command](connection, asked)


def _anything(found: object) -> bool:
    return any(found.values()) if isinstance(found, dict) else bool(found)


def _print(found: Any, form: str) -> None:  # noqa: ANN401 - what JSON can hold
    if form == "json":
        print(json.dumps(found, ensure_ascii=False))
        return
    rows = found if isinstance(found, list) else [found] if found else []
    if not rows:
        print("nothing")
        return
    names = [name for name in rows[0] if name not in {"payload", "trace", "events"}]
    table = [names, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[n]) for line in table) for n in range(len(names))]
    for line in table:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(cells).rstrip())


def _cell(value: object) -> str:
    return "-" if value is None else str(value).replace("\n", " ")[:60]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m seaway_jobs", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    states = [each.value for each in State]
    made = {name: commands.add_parser(name) for name in COMMANDS}
    for name, one in made.items():
        one.add_argument("--format", choices=("table", "json"), default="table")
        if name not in {"show", "workers"}:
            # to look is to look at all: a wrong name is found no other way
            usual = None if name in {"list", "stats"} else os.environ.get(VARIABLE) or None
            one.add_argument("--queue", default=usual)
        if name in {"list", "replay", "drop"}:
            one.add_argument("--task")
        if name in {"replay", "drop"}:
            one.add_argument("jobs", nargs="*", type=int, metavar="JOB")
            one.add_argument("--all", action="store_true", help="all dead ones of the queue")
    made["list"].add_argument("--state", choices=states)
    made["list"].add_argument("--limit", type=int, default=100)
    made["drop"].add_argument("--state", choices=("waiting", "delayed", "dead"), default="dead")
    made["show"].add_argument("job", type=int, metavar="JOB")
    return parser


if __name__ == "__main__":
    sys.exit(main())
