"""Leads to the AI service, after it is known who asks and whose conversation it is.

Why not the ingress: docs/decisions/0067-ai-routes-lead-through-the-api.md.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any, Literal

from fastapi import Depends
from fastapi.responses import StreamingResponse
from google.protobuf.json_format import MessageToDict
from pydantic import AfterValidator, Field
from qingyu_contract import writer_pb2
from seaway_service.bodies import Body, sent, takes
from seaway_service.client import packed
from seaway_service.errors import UnavailableError
from seaway_service.problems import Problem, not_found, unavailable
from seaway_service.routes import router_of

from qingyu.http.documents import something
from qingyu.http.identity import Owner
from qingyu.metrics import ANSWERS, STREAMS
from qingyu.parts import Known

EVENTS = "text/event-stream"
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
BEAT = b": still writing\n\n"
TASKS = {"ask": writer_pb2.TASK_ASK, "draft": writer_pb2.TASK_DRAFT}

router = router_of("ai", prefix="/api/v1/ai")


class Asked(Body):
    """What somebody wants to know from the documents, or wants to have written."""

    conversation: Annotated[str, Field(min_length=1, max_length=64)]
    text: Annotated[str, Field(max_length=8000), AfterValidator(something)]
    task: Literal["ask", "draft"] = "ask"


@router.post(
    "/messages", response_class=StreamingResponse, openapi_extra=takes(Asked),
    responses={200: {"content": {EVENTS: {}}}},
)  # fmt: skip
async def say(
    known: Known, owner: Owner, asked: Annotated[Asked, Depends(sent(Asked))]
) -> StreamingResponse:
    """Answer as it is written: the events `sources`, `token` … and `done`, or `error`.

    In silence there is a comment every few seconds; a stream without `done` has broken off.
    """
    if await known.conversations.one(owner, asked.conversation) is None:
        raise not_found("conversation")
    question = await known.conversations.say(owner, asked.conversation, asked.text, asked.task)
    request = writer_pb2.Request(
        owner=owner, conversation=asked.conversation, question=question, text=asked.text,
        task=TASKS[asked.task],
    )  # fmt: skip
    events = known.writer.events(request)
    first = await anext(events)  # a refusal comes before it, and is still a status of its own
    return StreamingResponse(passed(first, events), media_type=EVENTS, headers=HEADERS)


async def passed(
    first: writer_pb2.Event, rest: AsyncGenerator[writer_pb2.Event]
) -> AsyncIterator[bytes]:
    """Yield the events as they are sent; one more where they break off."""
    end = "gone"
    with STREAMS.track_inprogress():
        try:
            yield shown(first)
            async with aclosing(rest):
                async for event in rest:
                    yield shown(event)
            end = "complete"
        except (UnavailableError, Problem) as error:
            end = "broken"
            problem = unavailable(error.part) if isinstance(error, UnavailableError) else error
            yield b"event: error\ndata: " + packed(problem.shown()["error"]) + b"\n\n"
        finally:
            ANSWERS.labels(end).inc()


def shown(event: writer_pb2.Event) -> bytes:
    """Return an event as a browser reads it."""
    name = event.WhichOneof("said")
    if name is None or name == "heartbeat":
        return BEAT
    if name == "token":
        value: dict[str, Any] = {"text": event.token}
    else:
        value = MessageToDict(getattr(event, name), always_print_fields_with_no_presence=True)
    return f"event: {name}\ndata: ".encode() + packed(value) + b"\n\n"
