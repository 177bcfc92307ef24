"""Serving: what a request for a model goes through, from its key to the settling of its costs."""

from collections.abc import Awaitable, Callable, Mapping

from seaway.ai.gateway.asked import Asked, asked
from seaway.ai.gateway.cache import HIT, MISS, Cache, cache_key
from seaway.ai.gateway.call import FREE, Call
from seaway.ai.gateway.calling import Answer, Caller, Live
from seaway.ai.gateway.direct import Direct, Over
from seaway.ai.gateway.events import Events, Usage, without_reasoning
from seaway.ai.gateway.front import Front
from seaway.ai.gateway.keys import Client, Keys
from seaway.ai.gateway.limits import Limiter, LimitReached, Use
from seaway.ai.gateway.metrics import Metrics
from seaway.ai.gateway.prompts import Prompts
from seaway.ai.gateway.reading import Request
from seaway.ai.gateway.relay import relayed
from seaway.ai.gateway.routing import Decision, Routes
from seaway.ai.gateway.settings import Settings, Target
from seaway.ai.gateway.store import Store, StoreGone
from seaway.ai.gateway.trying import Trier
from seaway.ai.gateway.way import Way, spend
from seaway.serving.refusal import Refusal

IDEMPOTENT = 86_400.0
"""Seconds for which a repeated key of a request gets the same answer."""
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
        self.hides = told.reasoning == "hide"
        self._trier = Trier(callers, metrics, self.limiter)
        for name, each in callers.items():
            each.scopes = self.limiter.scopes((f"provider:{name}", each.told.limits))

    def at_once(self, path: str, request: Request, reply: Front, over: Over) -> Direct | None:
        """Answer without a task, where nothing of the request asks for one."""
        client = self.keys.known(request.headers.get(b"authorization", b""))
        if client is None:
            return None
        try:
            found = asked(path, request.body)
            way = client.ways.get(found.head.model) or self._way(client, found)
        except Refusal:
            return None  # it is found once more, and said
        if not way.caller.health.calm(request.since):
            return None
        call = Call(way, found, request, self.told.answer)
        return Direct(self, call, self.kept(call), reply, over)

    async def answer(self, path: str, request: Request, reply: Front) -> None:
        """Answer one request.

        Raises:
            Refusal: it is refused, or nobody could answer.
        """
        who = request.headers.get(b"authorization", b"")
        client = self.keys.known(who) or await self.keys.client(who)
        found = asked(path, request.body)
        call = Call(self._way(client, found), found, request, self.told.answer)
        await self._reserve(call)
        self.let_in(call)
        await self.rest(call, reply)

    def _way(self, client: Client, found: Asked) -> Way:
        """Where a request goes.

        Raises:
            Refusal: nowhere.
        """
        decision = self.routes.decide(found, self._busy)
        way = self._found(client, decision, found.head.model)
        if decision.always:
            client.ways[found.head.model] = way
        return way

    def _found(self, client: Client, decision: Decision, model: str) -> Way:
        target, name = decision.targets[0], client.name
        own = (f"client:{name}", client.limits)
        scopes = client.scopes = client.scopes or self.limiter.scopes(
            ("all", self.told.limits), own
        )
        metrics, where = self.metrics, (target.provider, target.model)
        return Way(
            client=name, decision=decision, target=target, caller=self.callers[target.provider],
            scopes=scopes, dearest=self.routes.dearest(model), price=self.routes.price(target),
            account=metrics.accounts.of(name, *where),
            decided=metrics.decisions.cell(decision.route, decision.reason, target.provider),
            answered=metrics.upstream.cell(*where, "ok"),
        )  # fmt: skip

    def let_in(self, call: Call) -> None:
        """Within its limits: count where it goes, and keep its prompt where that is wanted."""
        call.way.decided[0] += 1
        if self.prompts.kept:
            self.prompts.keep(call.decision.route, call.client, call.asked)

    async def rest(self, call: Call, reply: Front) -> None:
        """Answer what has been let in.

        Raises:
            Refusal: nobody could answer.
        """
        try:
            if call.asked.stream:
                await self._streamed(call, reply)
            elif (kept := self.kept(call))[1]:
                await self._cached(call, reply, *kept)
            else:
                reply.whole(200, await self._made(call))
        finally:
            self.settle(call, call.used)

    def _busy(self, provider: str) -> int:
        return self.callers[provider].health.busy

    # ------------------------------------------------------------------------------ limits

    async def _reserve(self, call: Call) -> None:
        if call.way.scopes.rows:
            try:
                call.grant = await self.limiter.reserve(call.way.scopes, call.feared())
            except (LimitReached, StoreGone) as error:
                raise self.refusal(call.client, error) from None

    def refusal(self, client: str, error: Exception) -> Refusal:
        """The answer where nothing could be reserved."""
        if isinstance(error, LimitReached):
            self.metrics.refused.add(client, error.scope.name)
            return _over(error)
        message = "The limits cannot be checked now. Please try again."
        return Refusal(503, "store_unavailable", message, after=1)

    def unwanted(self, call: Call) -> None:
        """Count that the first provider was asked, and nobody waited for its answer."""
        way = call.way
        way.caller.health.ended(told=False)
        self.metrics.upstream.add(way.target.provider, way.target.model, "cancelled")

    def settle(self, call: Call, used: Use) -> None:
        """Once: what is settled is not reserved any more."""
        grant, room = call.grant, call.room
        if grant is not FREE:
            call.grant = FREE
            self.limiter.settle(grant, used)
        if room is not FREE:
            call.room = FREE
            self.limiter.settle(room, used)

    def charged(self, call: Call, answer: Answer) -> bytes:
        """Count what a whole answer took; what of it the client gets."""
        told, target = answer.told, answer.target
        self._charge(call, target, told.usage or Usage(call.asked.tokens))
        if told.model != target.model:
            self._compare(target, told.model)
        if self.hides and told.choices:
            return without_reasoning(answer.body, told)
        return answer.body

    def streamed(self, call: Call, target: Target, events: Events) -> None:
        """Count what a stream took, whole or not."""
        self._charge(call, target, events.usage or Usage(call.asked.tokens, events.count))
        self._compare(target, events.model)

    def _charge(self, call: Call, target: Target, usage: Usage) -> None:
        given, said, way = usage.prompt_tokens, usage.completion_tokens, call.way
        if target is way.target:
            account, price = way.account, way.price
        else:
            account = self.metrics.accounts.of(way.client, target.provider, target.model)
            price = self.routes.price(target)
        cost = spend(price, given, said)
        call.used = Use(1, usage.total_tokens or given + said, cost)
        account.requests += 1
        account.input += given
        account.output += said
        account.spend += cost

    # ---------------------------------------------------------------------------- whole answers

    async def _cached(self, call: Call, reply: Front, seconds: float, key: str) -> None:
        answer, how = await self.cache.once(key, seconds, lambda: self._made(call))
        self.metrics.cache.add(call.decision.route, how)
        reply.whole(200, answer, b"x-seaway-cache: %s\r\n" % how.encode())

    def kept(self, call: Call) -> tuple[float, str]:
        """For how long the answer is kept, and by which key; an empty key for not at all."""
        given, seconds = call.request.headers.get(b"idempotency-key"), call.way.decision.cache
        if not given and not seconds:
            return 0.0, ""
        body, name = call.asked.body, self.told.name
        if given:
            who = call.client.encode()
            return IDEMPOTENT, cache_key(name, b"repeat", who, given[:_BEGUN], body)
        return seconds, cache_key(name, call.asked.path.encode(), body)

    async def _made(self, call: Call) -> bytes:
        def ask(caller: Caller, target: Target, due: float) -> Awaitable[Answer]:
            return caller.answer(call.asked, target, due)

        return self.charged(call, await self._trier.first(call, ask))

    # --------------------------------------------------------------------------------- streams

    async def _streamed(self, call: Call, reply: Front) -> None:
        seconds, key = self.kept(call)
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
        try:
            whole = await relayed(live, reply, self.metrics, keep=bool(key))
        finally:
            self.streamed(call, live.target, live.events)
        if key and whole:
            self.cache.put(key, seconds, whole)

    def _asking(self, call: Call) -> Callable[[Caller, Target, float], Awaitable[Live]]:
        def ask(caller: Caller, target: Target, due: float) -> Awaitable[Live]:
            events = Events(self.hides, call.asked.usage_wanted)
            return caller.stream(call.asked, target, due, events)

        return ask

    def _compare(self, target: Target, said: str) -> None:
        """Providers name versions of a model; another model is worth a look."""
        if said and not (said.startswith(target.model) or target.model.startswith(said)):
            self.metrics.other_model.add(target.provider, target.model)


def _over(reached: LimitReached) -> Refusal:
    scope = reached.scope
    limit = f"{scope.window.most} {scope.name} in {scope.window.per:g} s"
    if reached.wait < 0:
        message = f"This request alone is over the limit of {limit}."
        return Refusal(429, "request_too_large", message)
    message = f"The limit of {limit} is reached. Please try again in {reached.wait:.3f} s."
    return Refusal(429, "rate_limit_exceeded", message, after=reached.wait)
