"""Stands in for the vectors service and the model gateway, which are Seaway's and tested there."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse

from qingyu_ai.grading import words

app = FastAPI()
items: dict[str, dict[str, Any]] = {}
"""By id."""
PASSAGE = re.compile(
    r"^\[(\d+)\] [^\n]*:\n(.*?)(?=^\[\d+\] |\n\n(?:Question|问题))", re.MULTILINE | re.DOTALL
)


@app.post("/v1/upsert")
async def upsert(request: Request) -> dict[str, int]:
    """Keep."""
    given = (await request.json())["items"]
    items.update({each["id"]: each for each in given})
    return {"upserted": len(given)}


@app.post("/v1/search")
async def search(request: Request) -> dict[str, Any]:
    """Find by words in common."""
    asked = await request.json()
    wanted = words(asked["text"])
    near = [
        {"id": each["id"], "similarity": len(wanted & words(each["text"])) / max(len(wanted), 1)}
        for each in items.values() if asked["filter"].items() <= each["metadata"].items()
    ]  # fmt: skip
    near.sort(key=lambda each: -each["similarity"])
    return {"results": near[: asked["limit"]]}


@app.post("/v1/delete")
async def delete(request: Request) -> dict[str, int]:
    """Forget."""
    wanted = (await request.json())["filter"].items()
    gone = [key for key, each in items.items() if wanted <= each["metadata"].items()]
    for key in gone:
        del items[key]
    return {"deleted": len(gone)}


@app.get("/v1/items")
async def listed() -> list[str]:
    """List all ids."""
    return sorted(items)


@app.post("/v1/chat/completions", response_model=None)
async def chat(request: Request) -> StreamingResponse | JSONResponse:
    """Quote the first passage, word by word; `refuse`, `break` and `pause` do what they say."""
    told = (await request.json())["messages"]
    asked = told[-1]["content"]
    if "refuse" in asked:
        return JSONResponse({"error": {"message": "that is not allowed"}}, 400)
    found = PASSAGE.findall(asked)
    quote = f"{found[0][1].strip()} [1]" if found else "A text of its own."
    if "not answered" in asked:
        quote = "NOT_FOUND"
    return StreamingResponse(said(quote, asked), media_type="text/event-stream")


async def said(text: str, asked: str) -> AsyncIterator[str]:
    """Yield the events."""
    for word in re.findall(r"\S+\s*", text):
        yield event({"delta": {"content": word}})
        if "pause" in asked:
            await asyncio.sleep(0.3)
        if "break" in asked:
            return
    yield event({"delta": {}, "finish_reason": "stop"})
    yield "data: [DONE]\n\n"


def event(choice: dict[str, Any]) -> str:
    """One piece."""
    return f"data: {json.dumps({'choices': [choice]})}\n\n"
