"""App: which request is answered how, and what has been seen."""

import asyncio
import hmac
from collections import Counter, deque
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import orjson

from seaway.ai.simulator.answering import CREATED, answered
from seaway.ai.simulator.conversation import Conversation, conversation
from seaway.ai.simulator.embedding import embedding, vectors
from seaway.ai.simulator.faults import Fault, NoSuchFault, Rule, Rules, faults, marked
from seaway.ai.simulator.refusal import KEY, Refusal, too_long
from seaway.ai.simulator.serving import Course, before, send_stream, send_whole
from seaway.ai.simulator.settings import Settings
from seaway.ai.simulator.wire import Reply, Request

MODELS = ("seaway-chat", "seaway-reasoner", "seaway-vision", "seaway-embedding")
"""What is listed; any other name is answered too, as the names of providers are their own."""
_REMEMBERED = 200


@dataclass(slots=True)
class Seen:
    """What came in and how it ended: for tests, and for people who wonder."""

    requests: int = 0
    open: int = 0
    ended: Counter[str] = field(default_factory=Counter[str])
    """`whole`, `refused`, `broken` on purpose, or `cancelled` by the client."""
    faults: Counter[str] = field(default_factory=Counter[str])
    last: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))


class Simulator:
    """One provider; all its state is here and is gone with the process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.rules = Rules(settings.seed)
        self.seen = Seen()
        self._failing = Rules(settings.seed)
        if settings.errors:
            rule = Rule(faults=(Fault(kind="500"),), rate=settings.errors, path="/v1/")
            self._failing.rules.append(rule)

    async def handle(self, request: Request, reply: Reply) -> None:
        """Answer one request."""
        if request.path in {"/health", "/readyz", "/livez"}:
            await reply.whole(200, b'{"status":"ok"}')
            return
        try:
            self._let_in(request)
            if request.path.startswith("/-/"):
                await self._control(request, reply)
            else:
                await self._counted(request, reply)
        except Refusal as refusal:
            self.seen.ended["refused"] += 1
            await reply.whole(refusal.status, refusal.body)

    async def _counted(self, request: Request, reply: Reply) -> None:
        self.seen.requests += 1
        self.seen.open += 1
        try:
            await self._answer(request, reply)
        except (asyncio.CancelledError, ConnectionError):
            self.seen.ended["cancelled"] += 1
            raise
        finally:
            self.seen.open -= 1

    def _let_in(self, request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        known = self.settings.keys
        good = any(hmac.compare_digest(given.encode(), each.encode()) for each in known)
        if scheme.lower() != "bearer" or not given.strip() or (known and not good):
            raise Refusal(401, f"Incorrect API key provided: {given[:4]}***.", KEY)

    async def _answer(self, request: Request, reply: Reply) -> None:
        match request.method, request.path:
            case "POST", "/v1/chat/completions":
                await self._chat(request, reply)
            case "POST", "/v1/embeddings":
                await self._embed(request, reply)
            case "GET", "/v1/models":
                await self._models(reply)
            case _, path:
                raise Refusal(404, f"Unknown request URL: {request.method} {path}.", "unknown_url")

    async def _chat(self, request: Request, reply: Reply) -> None:
        asked = conversation(request.body)
        asked.model, _, suffix = asked.model.partition("!")
        course = self._course(request, asked.model, suffix, marked(asked.question))
        self._remember(request, asked, course)
        if await before(course, reply):
            self.seen.ended["broken"] += 1
            return
        if course.fault("prefix") and asked.roles[-1] == "assistant":
            raise Refusal(400, "The last message must be from the user.", "invalid_prefix")
        if asked.prompt_tokens > self.settings.context:
            raise too_long(asked.prompt_tokens, self.settings.context)
        answer = answered(asked, self.settings.seed)
        if asked.stream:
            await send_stream(answer, course, reply, usage=asked.usage_wanted)
        else:
            await send_whole(answer, course, reply)
        self.seen.ended["broken" if course.faults else "whole"] += 1

    async def _embed(self, request: Request, reply: Reply) -> None:
        asked = embedding(request.body)
        model, _, suffix = asked.model.partition("!")
        course = self._course(request, model, suffix, "")
        if await before(course, reply):
            self.seen.ended["broken"] += 1
            return
        await asyncio.sleep(course.latency)
        await reply.whole(200, orjson.dumps(vectors(asked, model, self.settings)))
        self.seen.ended["whole"] += 1

    async def _models(self, reply: Reply) -> None:
        rows = [{"id": each, "object": "model", "created": CREATED, "owned_by": "seaway"}
                for each in MODELS]  # fmt: skip
        await reply.whole(200, orjson.dumps({"object": "list", "data": rows}))

    def _course(self, request: Request, model: str, suffix: str, prompt: str) -> Course:
        text = ",".join((request.headers.get("x-simulate", ""), suffix, prompt))
        try:
            found = faults(text)
        except NoSuchFault as error:
            raise Refusal(400, f"Unknown fault: {error}.", "unknown_fault") from error
        found = found or self.rules.take(request.path, model)
        found = found or self._failing.take(request.path, model)
        self.seen.faults.update(each.kind for each in found)
        pace = next((each.wait for each in found if each.kind == "pace"), self.settings.pace)
        kept = tuple(each for each in found if each.kind != "pace")
        return Course(faults=kept, latency=self.settings.latency, pace=pace)

    def _remember(self, request: Request, asked: Conversation, course: Course) -> None:
        self.seen.last.append({
            "path": request.path, "model": asked.model, "stream": asked.stream,
            "messages": len(asked.roles), "prompt_tokens": asked.prompt_tokens,
            "faults": [each.kind for each in course.faults],
            "key": request.headers.get("authorization", "")[-4:],
            "request_id": request.headers.get("x-request-id", ""),
        })  # fmt: skip

    async def _control(self, request: Request, reply: Reply) -> None:
        match request.method, request.path:
            case "POST", "/-/faults":
                self.rules.rules.append(_rule(request.body))
                await reply.whole(200, b'{"status":"ok"}')
            case "DELETE", "/-/faults":
                self.rules.clear()
                await reply.whole(200, b'{"status":"ok"}')
            case "GET", "/-/state":
                seen = self.seen
                told = {"requests": seen.requests, "open": seen.open, "ended": seen.ended,
                        "faults": seen.faults, "last": list(seen.last)}  # fmt: skip
                await reply.whole(200, orjson.dumps(told))
            case "DELETE", "/-/state":
                self.seen = replace(Seen(), open=self.seen.open)
                await reply.whole(200, b'{"status":"ok"}')
            case _:
                raise Refusal(404, "The control endpoint has /-/faults and /-/state.")


class WrittenRule(msgspec.Struct, forbid_unknown_fields=True):
    """A rule as the control endpoint takes it."""

    fault: str
    times: int = -1
    rate: float = 1.0
    model: str = ""
    path: str = ""


def _rule(body: bytes) -> Rule:
    try:
        told = msgspec.json.decode(body, type=WrittenRule)
        found = faults(told.fault)
    except (msgspec.DecodeError, msgspec.ValidationError, ValueError) as error:
        raise Refusal(400, f"Not a rule: {error}", "unknown_fault") from error
    return Rule(faults=found, times=told.times, rate=told.rate, model=told.model, path=told.path)
