"""Tells open pages what happens to orders and photos, by websocket."""

import asyncio
import json
from collections.abc import Sequence

from fastapi import WebSocket, WebSocketDisconnect
from fastapi.websockets import WebSocketState
from pydantic import ValidationError
from seaway_service.bodies import Body
from seaway_service.problems import Problem
from seaway_service.routes import router_of
from seaway_service.tokens import Identity

from nutrition.http.identity import ADMIN, refuse_foreign_origin
from nutrition.metrics import SOCKETS
from nutrition.parts import Known, Parts
from nutrition.stores.events import ADMINS, EventQueue, of_user

BEAT_SECONDS = 15.0
BEAT = '{"event": "beat", "data": {}}'
FIRST_MESSAGE_SECONDS = 5.0
BAD_TOKEN = 4401  # 4000 to 4999 are ours (RFC 6455, 7.4.2)
GOING_AWAY = 1012  # "service restart": connect again

router = router_of("events", prefix="/ws")


class Hello(Body):
    """The first message; a browser cannot send a header with a websocket."""

    token: str


@router.websocket("/events")
async def events(socket: WebSocket, known: Known) -> None:
    """Send events, and answer `{"type": "ping"}`; the first message is the token."""
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
    audiences = await heard_by(known, identity)
    with known.events.subscription(audiences) as queue, SOCKETS.track_inprogress():
        await socket.send_json({"type": "hello", "instance": known.settings.INSTANCE})
        sending = asyncio.create_task(send_events(socket, known, identity, queue))
        try:
            await answer_pings(socket)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)


async def heard_by(known: Parts, identity: Identity) -> Sequence[str]:
    """Return what the user may hear: their own things, and admins everybody's orders."""
    account = await known.accounts.by_id(identity.user_id)
    own = of_user(identity.user_id)
    return (own, ADMINS) if account is not None and account.role == ADMIN else (own,)


async def send_events(
    socket: WebSocket, known: Parts, identity: Identity, queue: EventQueue
) -> None:
    """Pass events on, and beats when there are none, until the session or the process ends."""
    while True:
        try:
            async with asyncio.timeout(BEAT_SECONDS):
                message = await queue.get()
        except TimeoutError:
            message = BEAT if await known.access.sessions.alive(identity) else None
        if message is None:
            await socket.close(GOING_AWAY, "connect again")
            return
        event = json.loads(message)
        await socket.send_json({"type": event["event"], "data": event["data"]})


async def answer_pings(socket: WebSocket) -> None:
    """Answer pings and leave all else unanswered, until the peer goes."""
    while socket.application_state is WebSocketState.CONNECTED:
        try:
            message = json.loads(await socket.receive_text())
        except (json.JSONDecodeError, KeyError):
            continue
        if isinstance(message, dict) and message.get("type") == "ping":
            await socket.send_json({"type": "pong", "echo": message.get("echo")})
