"""Serving: what a request for a model goes through, from its key to the settling of its costs."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from seaway.ai.gateway.asked import Asked, asked
from seaway.ai.gateway.cache import HIT, MISS, Cache, cache_key
from seaway.ai.gateway.calling import Answer, Caller, Live
from seaway.ai.gateway.events import Events, Usage, without_reasoning
from seaway.ai.gateway.front import Front, Request
from seaway.ai.gateway.keys import Client, Keys
from seaway.ai.gateway.limits import Grant, Limiter, LimitReached, Use
from seaway.ai.gateway.metrics import Metrics
from seaway.ai.gateway.refusal import Refusal
from seaway.ai.gateway.relay import relayed
from seaway.ai.gateway.routing import Decision, Routes
from seaway.ai.gateway.settings import Price, Settings, Target
from seaway.ai.gateway.store import Store, StoreGone
from seaway.ai.gateway.trying import Trier

IDEMPOTENT = 86_400.0
"""Seconds for which a repeated key of a request gets the same answer."""
_MILLIONTHS = 1_000_000
_FREE = Grant(Use(requests=1))
_MOST = 10**9
"""Tokens that are reserved for an answer: no model says more, whatever a request asks for."""
_BEGUN = 512
"""Characters of an Idempotency-Key that are read."""


class Call(msgspec.Struct):
    """One request on its way."""

    client: Client
    asked: Asked
    decision: Decision
    request: Request
    grant: Grant
    used: Use
    """What it costs, as far as that is known."""


class Serving:
    """All that is needed to answer for a model."""

    def __init__(
        self, told: Settings, environ: Mapping[str, str], callers: Mapping[str, Caller],
        store: Store | None, metrics: Metrics,
    ) -> None:  # fmt: skip
        self.told, self.metrics, self.callers = told, metrics, callers
        self.keys = Keys(told, environ, store)
        self.limiter = Limiter(told.name, store)
        self.routes = Routes(told)
        self._cache = Cache(store)
        self._trier = Trier(callers, metrics)

    async def answer(self, path: str, request: Request, reply: Front) -> None:
        """Answer one request.

        Raises:
            Refusal: it is refused, or nobody could answer.
        """
        who = request.headers.get(b"authorization", b"")
        client = self.keys.known(who) or await self.keys.client(who)
        found = asked(path, request.body)
        decision = self.routes.decide(found, self._busy)
        grant = await self._reserved(client, found)
        call = Call(client, found, decision, request, grant, Use(requests=1))
        self.metrics.decisions.add(*decision.labels)
        try:
            if found.stream:
                await self._streamed(call, reply)
            elif (kept := self._kept(call))[1]:
                await self._cached(call, reply, *kept)
            else:
                reply.whole(200, await self._made(call))
        finally:
            self.limiter.settle(grant, call.used)

    def _busy(self, provider: str) -> int:
        return self.callers[provider].health.busy

    # ------------------------------------------------------------------------------ limits

    async def _reserved(self, client: Client, found: Asked) -> Grant:
        scopes = client.scopes
        if scopes is None:
            scopes = client.scopes = self.limiter.scopes(
                self.told.name, client.name, self.told.limits, client.limits
            )
        if not scopes.rows:
            return _FREE
        output = 0
        if found.path == "/chat/completions":
            output = min(found.most or self.told.answer, _MOST)
        price = self.routes.dearest(found.model)
        use = Use(1, found.tokens + output, _spend(price, found.tokens, output))
        try:
            return await self.limiter.reserve(scopes, use)
        except LimitReached as reached:
            self.metrics.refused.add(client.name, reached.scope.name)
            raise _over(reached) from None
        except StoreGone as error:
            message = "The limits cannot be checked now. Please try again."
            raise Refusal(503, "store_unavailable", message, after=1) from error

    def _charge(self, call: Call, target: Target, usage: Usage) -> None:
        price = self.routes.price(target)
        spend = _spend(price, usage.prompt_tokens, usage.completion_tokens)
        total = usage.total_tokens or usage.prompt_tokens + usage.completion_tokens
        call.used = Use(1, total, spend)
        who, tokens = call.client.name, self.metrics.tokens
        tokens.add(who, target.provider, target.model, "input", amount=usage.prompt_tokens)
        tokens.add(who, target.provider, target.model, "output", amount=usage.completion_tokens)
        if spend:
            self.metrics.cost.add(who, target.provider, target.model, amount=spend / _MILLIONTHS)

    # ---------------------------------------------------------------------------- whole answers

    async def _cached(self, call: Call, reply: Front, seconds: float, key: str) -> None:
        answer, how = await self._cache.once(key, seconds, lambda: self._made(call))
        self.metrics.cache.add(call.decision.route, how)
        reply.whole(200, answer, b"x-seaway-cache: %s\r\n" % how.encode())

    def _kept(self, call: Call) -> tuple[float, str]:
        """For how long the answer is kept, and by which key; an empty key for not at all."""
        given = call.request.headers.get(b"idempotency-key", b"")[:_BEGUN]
        body, name = call.asked.body, self.told.name
        if given:
            who = call.client.name.encode()
            return IDEMPOTENT, cache_key(name, b"repeat", who, given, body)
        if call.decision.cache:
            return call.decision.cache, cache_key(name, call.asked.path.encode(), body)
        return 0.0, ""

    async def _made(self, call: Call) -> bytes:
        def ask(caller: Caller, target: Target, due: float) -> Awaitable[Answer]:
            return caller.answer(call.asked, target, due)

        answer = await self._trier.first(call.decision, ask)
        told, target = answer.told, answer.target
        self._charge(call, target, told.usage or Usage(call.asked.tokens))
        self._compare(target, told.model)
        if self.told.reasoning == "hide" and told.choices:
            return without_reasoning(answer.body, told)
        return answer.body

    # --------------------------------------------------------------------------------- streams

    async def _streamed(self, call: Call, reply: Front) -> None:
        seconds, key = self._kept(call)
        found = await self._cache.get(key) if key else None
        if key:
            self.metrics.cache.add(call.decision.route, MISS if found is None else HIT)
        if found is not None:
            reply.stream(b"x-seaway-cache: hit\r\n", found)
            reply.end()
            return
        call.used = Use(1, call.asked.tokens)  # until it is known better
        live = await self._trier.first(call.decision, self._asking(call))
        self.metrics.first.note(live.first_after, live.target.provider)
        events = live.events
        try:
            whole = await relayed(live, reply, self.metrics, keep=bool(key))
        finally:
            usage = events.usage or Usage(call.asked.tokens, events.count)
            self._charge(call, live.target, usage)
        self._compare(live.target, events.model)
        if key and whole:
            self._cache.put(key, seconds, whole)

    def _asking(self, call: Call) -> Callable[[Caller, Target, float], Awaitable[Live]]:
        def ask(caller: Caller, target: Target, due: float) -> Awaitable[Live]:
            events = Events(self.told.reasoning == "hide", call.asked.usage_wanted)
            return caller.stream(call.asked, target, due, events)

        return ask

    def _compare(self, target: Target, said: str) -> None:
        """Providers name versions of a model; another model is worth a look."""
        if said and not (said.startswith(target.model) or target.model.startswith(said)):
            self.metrics.other_model.add(target.provider, target.model)


def _spend(price: Price, given: int, said: int) -> int:
    """Millionths: a price is for a million tokens."""
    return round(price.input * given + price.output * said)


def _over(reached: LimitReached) -> Refusal:
    scope = reached.scope
    limit = f"{scope.window.most} {scope.name} in {scope.window.per:g} s"
    if reached.wait < 0:
        message = f"This request alone is over the limit of {limit}."
        return Refusal(429, "request_too_large", message)
    message = f"The limit of {limit} is reached. Please try again in {reached.wait:.3f} s."
    return Refusal(429, "rate_limit_exceeded", message, after=reached.wait)
