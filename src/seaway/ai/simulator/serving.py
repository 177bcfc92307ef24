"""Serving: sends an answer at its pace, with what is to go wrong on the way."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import orjson

from seaway.ai.simulator.answering import Answer
from seaway.ai.simulator.faults import Fault
from seaway.ai.simulator.refusal import FILTER, Refusal, filtered, too_long
from seaway.ai.simulator.wire import Reply

BROKEN = b'{"id": "chatcmpl-broken", "choices": [{"delta": {"content": "'
PAGE = b"<!doctype html><title>502</title><h1>Bad gateway</h1>"
_DEFAULT_AT = 3
_OTHER_MODEL = "another-model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How one answer goes: its times, and what goes wrong."""

    faults: tuple[Fault, ...] = ()
    latency: float = 0.0
    pace: float = 0.0

    def fault(self, *kinds: str) -> Fault | None:
        """The first of these kinds."""
        return next((each for each in self.faults if each.kind in kinds), None)

    def at(self, *kinds: str) -> int:
        """Before which piece it happens; -1 for never."""
        found = self.fault(*kinds)
        return -1 if found is None else found.at if found.at >= 0 else _DEFAULT_AT


async def before(course: Course, reply: Reply) -> bool:
    """What happens instead of an answer or before it; True when there will be none.

    Raises:
        Refusal: the answer is an error.
    """
    slow = course.fault("slow")
    await asyncio.sleep(slow.wait if slow else 0)
    for fault in course.faults:
        if await _instead(fault, reply):
            return True
    return False


async def _instead(fault: Fault, reply: Reply) -> bool:
    match fault.kind:
        case "silent":
            await asyncio.Event().wait()
        case "reset":
            reply.reset()
        case "close":
            reply.close()
        case "page":
            await reply.whole(200, PAGE, "text/html")
        case "context":
            raise too_long(200_000, 131_072)
        case "filter" if fault.at < 0:
            raise filtered()
        case _ if fault.status:
            await _status(fault, reply)
        case _:
            return False
    return True


async def _status(fault: Fault, reply: Reply) -> None:
    code = {429: "rate_limit_exceeded", 401: "invalid_api_key"}.get(fault.status, "")
    refusal = Refusal(fault.status, f"Simulated status {fault.status}.", code)
    headers = {"retry-after": fault.retry_after} if fault.retry_after else {}
    await reply.whole(fault.status, refusal.body, headers=headers)


async def send_whole(answer: Answer, course: Course, reply: Reply) -> None:
    """For a request without `stream`."""
    answer = _changed(answer, course)
    pieces = len(answer.pieces)
    await asyncio.sleep(course.latency + course.pace * pieces)
    body = orjson.dumps(answer.whole)
    broken = course.fault("cut", "break", "malformed", "stall")
    if broken is None:
        await reply.whole(200, body)
        return
    if broken.kind == "malformed":
        await reply.whole(200, body[: len(body) // 2])
        return
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    await reply.raw(head % len(body) + body[: len(body) // 2])
    await _breaks(broken, reply)


async def send_stream(answer: Answer, course: Course, reply: Reply, *, usage: bool) -> None:
    """For a request with `stream`."""
    answer = _changed(answer, course)
    first = course.fault("first")
    if first:
        await reply.begin()
        await asyncio.sleep(first.wait)
    await asyncio.sleep(course.latency)
    if not reply.begun:
        await reply.begin()
    if await _pieces(answer, course, reply, usage=usage):
        await reply.end()


async def _pieces(answer: Answer, course: Course, reply: Reply, *, usage: bool) -> bool:
    """Everything but the end; False when it ended otherwise."""
    unended = course.fault("no-end")
    for number, event in enumerate(answer.streamed(usage_wanted=usage)):
        if number and course.pace:
            await asyncio.sleep(course.pace)
        broken = course.fault("cut", "break", "stall")
        if broken and number == course.at("cut", "break", "stall"):
            await _breaks(broken, reply)
            return False
        if number == course.at("event"):
            body = Refusal(500, "The simulated model stopped.", "server_error").body
            await reply.piece(b"data: %s\n\n" % body)
            return True
        if unended and _finished(event):
            return True
        data = BROKEN if number == course.at("malformed") else orjson.dumps(event)
        await reply.piece(b"data: %s\n\n" % data)
    await reply.piece(b"data: [DONE]\n\n")
    return True


def _finished(event: dict[str, Any]) -> bool:
    return not event["choices"] or bool(event["choices"][0]["finish_reason"])


async def _breaks(fault: Fault, reply: Reply) -> None:
    if fault.kind == "stall":
        await asyncio.Event().wait()
    if fault.kind == "break":
        await asyncio.sleep(0.01)  # else what was sent would be lost with the connection
        reply.reset()
    reply.close()


def _changed(answer: Answer, course: Course) -> Answer:
    if course.fault("wrong-model"):
        answer = replace(answer, model=_OTHER_MODEL)
    filter_at = course.at(FILTER.partition("_")[2])
    if filter_at >= 0:
        answer = replace(answer, pieces=answer.pieces[:filter_at], finish=FILTER)
    return answer
