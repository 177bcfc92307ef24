"""Keeps open pages up to date, by server-sent events and by websocket."""

import asyncio
import json
from collections.abc import AsyncIterator

from fastapi import WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse
from fastapi.websockets import WebSocketState
from pydantic import ValidationError
from seaway_service.bodies import Body
from seaway_service.problems import Problem
from seaway_service.routes import router_of
from seaway_service.tokens import Identity

from aixsss.http.identity import Caller, refuse_foreign_origin
from aixsss.metrics import STREAMS
from aixsss.parts import Known, Parts
from aixsss.stores.events import EventQueue

BEAT_SECONDS = 15.0
BEAT = '{"event": "beat", "data": {}}'
FIRST_MESSAGE_SECONDS = 5.0
BAD_TOKEN = 4401  # 4000 to 4999 are ours (RFC 6455, 7.4.2)
GOING_AWAY = 1012  # "service restart": connect again
EVENT_STREAM = "text/event-stream"
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}

router = router_of("events")


class Hello(Body):
    """The first message of a websocket; a browser cannot send a header with one."""

    token: str


@router.get(
    "/events", response_class=StreamingResponse, responses={200: {"content": {EVENT_STREAM: {}}}}
)
async def events(known: Known, identity: Caller) -> StreamingResponse:
    """Stream what happens to the caller's things; a beat comes every 15 seconds."""
    stream = event_stream(known, identity)
    return StreamingResponse(stream, media_type=EVENT_STREAM, headers=HEADERS)


async def event_stream(known: Parts, identity: Identity) -> AsyncIterator[str]:
    """Yield events in the text form of server-sent events."""
    with (
        known.events.subscription(identity.user_id) as queue,
        STREAMS.labels("sse").track_inprogress(),
    ):
        yield "retry: 2000\nevent: hello\ndata: {}\n\n"
        async for event in heard(known, identity, queue):
            data = json.dumps(event["data"], ensure_ascii=False)
            yield f"event: {event['event']}\ndata: {data}\n\n"


async def heard(
    known: Parts, identity: Identity, queue: EventQueue
) -> AsyncIterator[dict[str, object]]:
    """Yield events, and beats when there are none, until the session or the process ends."""
    while True:
        try:
            async with asyncio.timeout(BEAT_SECONDS):
                message = await queue.get()
        except TimeoutError:
            if not await known.access.sessions.alive(identity):
                return
            message = BEAT
        if message is None:
            return
        yield json.loads(message)


@router.websocket("/ws")
async def websocket(socket: WebSocket, known: Known) -> None:
    """Send the same events, and answer `{"type": "ping"}`; the first message is the token."""
    try:
        await refuse_foreign_origin(socket, known)
    except Problem:
        await socket.close()
        return
    await socket.accept()
    try:
        identity = await greeted(socket, known)
        if identity is None:
            await socket.close(BAD_TOKEN, "the first message must be a valid token")
            return
        await conversation(socket, known, identity)
    except WebSocketDisconnect:
        return


async def greeted(socket: WebSocket, known: Parts) -> Identity | None:
    """Return whom the first message speaks for."""
    try:
        async with asyncio.timeout(FIRST_MESSAGE_SECONDS):
            hello = Hello.model_validate_json(await socket.receive_text())
            return await known.access.believed(hello.token)
    except (TimeoutError, ValidationError, KeyError, Problem):
        return None


async def conversation(socket: WebSocket, known: Parts, identity: Identity) -> None:
    """Talk until one side ends it."""
    with (
        known.events.subscription(identity.user_id) as queue,
        STREAMS.labels("ws").track_inprogress(),
    ):
        await socket.send_json({"type": "hello", "instance": known.settings.INSTANCE})
        sending = asyncio.create_task(send_events(socket, heard(known, identity, queue)))
        try:
            await answer_pings(socket)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)


async def send_events(socket: WebSocket, events: AsyncIterator[dict[str, object]]) -> None:
    """Pass events on; when they end, the socket is closed."""
    async for event in events:
        await socket.send_json({"type": event["event"], "data": event["data"]})
    await socket.close(GOING_AWAY, "connect again")


async def answer_pings(socket: WebSocket) -> None:
    """Answer pings and leave all else unanswered, until the peer goes."""
    while socket.application_state is WebSocketState.CONNECTED:
        try:
            message = json.loads(await socket.receive_text())
        except (json.JSONDecodeError, KeyError):
            continue
        if isinstance(message, dict) and message.get("type") == "ping":
            await socket.send_json({"type": "pong", "echo": message.get("echo")})
