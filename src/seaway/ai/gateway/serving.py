"""Serving: what a request for a model goes through, from its key to the settling of its costs."""

from collections.abc import Awaitable, Callable, Mapping

from seaway.ai.gateway.asked import Asked, asked
from seaway.ai.gateway.cache import HIT, MISS, Cache, cache_key
from seaway.ai.gateway.call import Call
from seaway.ai.gateway.calling import Answer, Caller, Live
from seaway.ai.gateway.direct import Direct, Over
from seaway.ai.gateway.events import Events, Usage, without_reasoning
from seaway.ai.gateway.front import Front, Request
from seaway.ai.gateway.keys import Client, Keys
from seaway.ai.gateway.limits import Limiter, LimitReached, Scopes, Use
from seaway.ai.gateway.metrics import Metrics
from seaway.ai.gateway.prompts import Prompts
from seaway.ai.gateway.relay import relayed
from seaway.ai.gateway.routing import NO_PRICE, Routes
from seaway.ai.gateway.settings import Price, Settings, Target
from seaway.ai.gateway.store import Store, StoreGone
from seaway.ai.gateway.trying import Trier
from seaway.serving.refusal import Refusal

IDEMPOTENT = 86_400.0
"""Seconds for which a repeated key of a request gets the same answer."""
_MOST = 10**9
"""Tokens that are reserved for an answer: no model says more, whatever a request asks for."""
_BEGUN = 512
"""Characters of an Idempotency-Key that are read."""


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
        self.cache = Cache(store)
        kept = {name: each.prompts for name, each in told.routes.items()}
        self.prompts = Prompts(told.name, store, kept)
        self._hides = told.reasoning == "hide"
        self._trier = Trier(callers, metrics, self.limiter)
        for name, each in callers.items():
            each.scopes = self.limiter.scopes((f"provider:{name}", each.told.limits))

    def at_once(self, path: str, request: Request, reply: Front, over: Over) -> Direct | None:
        """Answer without a task, where nothing of the request asks for one."""
        headers = request.headers
        client = self.keys.known(headers.get(b"authorization", b""))
        if client is None:
            return None
        try:
            found = asked(path, request.body)
            decision = self.routes.decide(found, self._busy)
        except Refusal:
            return None  # it is found once more, and said
        health = self.callers[decision.targets[0].provider].health
        if not health.calm(reply.now()):
            return None
        call = Call(client, found, decision, request, self._feared(found))
        return Direct(self, call, self._kept(call), reply, over)

    async def answer(self, path: str, request: Request, reply: Front) -> None:
        """Answer one request.

        Raises:
            Refusal: it is refused, or nobody could answer.
        """
        who = request.headers.get(b"authorization", b"")
        client = self.keys.known(who) or await self.keys.client(who)
        found = asked(path, request.body)
        decision = self.routes.decide(found, self._busy)
        call = Call(client, found, decision, request, self._feared(found))
        await self._reserve(call)
        self.let_in(call)
        await self.rest(call, reply)

    def let_in(self, call: Call) -> None:
        """Within its limits: count where it goes, and keep its prompt where that is wanted."""
        self.metrics.decisions.add(*call.decision.labels)
        if self.prompts.kept:
            self.prompts.keep(call.decision.route, call.client.name, call.asked)

    async def rest(self, call: Call, reply: Front) -> None:
        """Answer what has been let in.

        Raises:
            Refusal: nobody could answer.
        """
        try:
            if call.asked.stream:
                await self._streamed(call, reply)
            elif (kept := self._kept(call))[1]:
                await self._cached(call, reply, *kept)
            else:
                reply.whole(200, await self._made(call))
        finally:
            self.limiter.settle(call.grant, call.used)
            self.limiter.settle(call.room, call.used)

    def _busy(self, provider: str) -> int:
        return self.callers[provider].health.busy

    # ------------------------------------------------------------------------------ limits

    def scopes(self, client: Client) -> Scopes:
        """The limits that hold for a client."""
        if client.scopes is None:
            everyone, own = self.told.limits, client.limits
            client.scopes = self.limiter.scopes(("all", everyone), (f"client:{client.name}", own))
        return client.scopes

    def _feared(self, found: Asked) -> Use:
        """What a request may cost at most."""
        output = 0
        if found.path == "/chat/completions":
            output = min(found.most or self.told.answer, _MOST)
        price = self.routes.dearest(found.head.model)
        return Use(1, found.tokens + output, _spend(price, found.tokens, output))

    async def _reserve(self, call: Call) -> None:
        scopes = self.scopes(call.client)
        if scopes.rows:
            try:
                call.grant = await self.limiter.reserve(scopes, call.feared)
            except (LimitReached, StoreGone) as error:
                raise self.refusal(call.client, error) from None

    def refusal(self, client: Client, error: Exception) -> Refusal:
        """The answer where nothing could be reserved."""
        if isinstance(error, LimitReached):
            self.metrics.refused.add(client.name, error.scope.name)
            return _over(error)
        message = "The limits cannot be checked now. Please try again."
        return Refusal(503, "store_unavailable", message, after=1)

    def upstream(self, target: Target, outcome: str) -> None:
        """Count a call of a provider."""
        self.metrics.upstream.add(target.provider, target.model, outcome)

    def charged(self, call: Call, answer: Answer) -> bytes:
        """Count what a whole answer took; what of it the client gets."""
        told, target = answer.told, answer.target
        self._charge(call, target, told.usage or Usage(call.asked.tokens))
        if told.model != target.model:
            self._compare(target, told.model)
        if self._hides and told.choices:
            return without_reasoning(answer.body, told)
        return answer.body

    def _charge(self, call: Call, target: Target, usage: Usage) -> None:
        given, said = usage.prompt_tokens, usage.completion_tokens
        spend = _spend(self.routes.price(target), given, said)
        call.used = Use(1, usage.total_tokens or given + said, spend)
        account = self.metrics.accounts.of(call.client.name, target.provider, target.model)
        account.requests += 1
        account.input += given
        account.output += said
        account.spend += spend

    # ---------------------------------------------------------------------------- whole answers

    async def _cached(self, call: Call, reply: Front, seconds: float, key: str) -> None:
        answer, how = await self.cache.once(key, seconds, lambda: self._made(call))
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

        return self.charged(call, await self._trier.first(call, ask))

    # --------------------------------------------------------------------------------- streams

    async def _streamed(self, call: Call, reply: Front) -> None:
        seconds, key = self._kept(call)
        found = await self.cache.get(key) if key else None
        if key:
            self.metrics.cache.add(call.decision.route, MISS if found is None else HIT)
        if found is not None:
            reply.stream(b"x-seaway-cache: hit\r\n", found)
            reply.end()
            return
        call.used = Use(1, call.asked.tokens)  # until it is known better
        live = await self._trier.first(call, self._asking(call))
        self.metrics.first.note(live.first_after, live.target.provider)
        events = live.events
        try:
            whole = await relayed(live, reply, self.metrics, keep=bool(key))
        finally:
            usage = events.usage or Usage(call.asked.tokens, events.count)
            self._charge(call, live.target, usage)
        self._compare(live.target, events.model)
        if key and whole:
            self.cache.put(key, seconds, whole)

    def _asking(self, call: Call) -> Callable[[Caller, Target, float], Awaitable[Live]]:
        def ask(caller: Caller, target: Target, due: float) -> Awaitable[Live]:
            events = Events(self._hides, call.asked.usage_wanted)
            return caller.stream(call.asked, target, due, events)

        return ask

    def _compare(self, target: Target, said: str) -> None:
        """Providers name versions of a model; another model is worth a look."""
        if said and not (said.startswith(target.model) or target.model.startswith(said)):
            self.metrics.other_model.add(target.provider, target.model)


def _spend(price: Price, given: int, said: int) -> int:
    """Millionths: a price is for a million tokens."""
    return 0 if price is NO_PRICE else round(price.input * given + price.output * said)


def _over(reached: LimitReached) -> Refusal:
    scope = reached.scope
    limit = f"{scope.window.most} {scope.name} in {scope.window.per:g} s"
    if reached.wait < 0:
        message = f"This request alone is over the limit of {limit}."
        return Refusal(429, "request_too_large", message)
    message = f"The limit of {limit} is reached. Please try again in {reached.wait:.3f} s."
    return Refusal(429, "rate_limit_exceeded", message, after=reached.wait)
