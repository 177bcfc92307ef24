"""The program as it really runs, with real services around it."""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx2

from tests.ai.conftest import KEY, Program, running
from tests.ai.services import url
from tests.parts.harness import Bench


@dataclass
class Around:
    """What it uses."""

    db: Bench
    search: Program
    model: Program
    route: str = "extract"
    redis: str = ""
    env: dict[str, str] = field(default_factory=dict)


@contextlib.asynccontextmanager
async def rag(around: Around, name: str = "rag", **settings: object) -> AsyncIterator[Program]:
    """One copy; those of the same name share their documents."""
    told = {
        "name": name, "key_from": "RAG_KEY", "database_from": "DB", "route": around.route,
        "search": {"url_from": "SEARCH", "key_from": "OTHERS"},
        "model": {"url_from": "MODEL", "key_from": "OTHERS"},
        **({"store_from": "STORE", "cache": 60} if around.redis else {}), **settings,
    }  # fmt: skip
    env = {"RAG": json.dumps(told), "RAG_KEY": KEY, "OTHERS": KEY, "DB": url(around.db),
           "SEARCH": f"{around.search.url}/v1", "MODEL": f"{around.model.url}/v1",
           "STORE": around.redis, **around.env}  # fmt: skip
    async with running("seaway.ai.rag", env) as program:
        yield program


async def put(program: Program, name: str, text: str, **more: object) -> dict:
    """A document taken in."""
    told = {"id": name, "text": text, **more}
    answer = await program.http.post("/v1/documents", json=told)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def ask(program: Program, question: str, **more: object) -> dict:
    """The whole answer."""
    answer = await program.http.post("/v1/ask", json={"question": question, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def streamed(program: Program, question: str, **more: object) -> list[tuple[str, dict]]:
    """The events of an answer, by name."""
    told = {"question": question, "stream": True, **more}
    async with program.http.stream("POST", "/v1/ask", json=told) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        return [event async for event in events(answer)]


async def events(answer: httpx2.Response) -> AsyncIterator[tuple[str, dict]]:
    name = ""
    async for line in answer.aiter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))
