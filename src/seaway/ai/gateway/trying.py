"""Trying: provider after provider, each as often as makes sense, until one answers."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from seaway.ai.gateway.call import FREE, ONE, Call
from seaway.ai.gateway.calling import Caller
from seaway.ai.gateway.limits import Limiter, LimitReached
from seaway.ai.gateway.metrics import Metrics
from seaway.ai.gateway.routing import Decision
from seaway.ai.gateway.settings import Target
from seaway.ai.gateway.store import StoreGone
from seaway.ai.gateway.upstream import Failed
from seaway.serving.refusal import RETRYABLE, Refusal

QUICK = (0.005, 0.025)
"""Seconds before a second try where another provider could answer."""
SLOW, SLOWEST = 0.2, 3.0
"""Seconds before the second try where no other could; doubled each time."""
LONGEST_WAIT = 20.0
"""Seconds of a Retry-After that are waited for."""
_OWN_FAULT = frozenset({400, 413, 415, 422})
"""Of the request: another provider would say the same, or must not be asked (content filter)."""
_TOO_MANY = 429
_NOTHING_TOLD = frozenset({"cancelled", "limited"})
T = TypeVar("T")
Ask = Callable[[Caller, Target, float], Awaitable[T]]


class Trier:
    """Goes through the targets of a decision."""

    def __init__(self, callers: Mapping[str, Caller], metrics: Metrics, limiter: Limiter) -> None:
        self._callers, self._metrics, self._limiter = callers, metrics, limiter
        self._loop = asyncio.get_running_loop()

    async def first(self, call: Call, ask: Ask[T]) -> T:
        """The first answer there is.

        Raises:
            Refusal: there is none; with the words of the last provider that said something.
        """
        failed: Failed | None = None
        targets = call.decision.targets
        for number, target in enumerate(targets):
            caller = self._callers[target.provider]
            if not caller.health.lets(self._loop.time()):
                continue
            if failed:
                self._metrics.fallbacks.add(target.provider)
            try:
                return await self._tried(call, target, ask, targets[number + 1 :])
            except Failed as found:
                failed = found
                if found.status in _OWN_FAULT:
                    break
        raise self._refusal(call.decision, failed)

    async def _tried(self, call: Call, target: Target, ask: Ask[T], after: Sequence[Target]) -> T:
        """One provider, again where it may help."""
        caller = self._callers[target.provider]
        caller.budget.earn()
        health, wait = caller.health, 0.0
        due = self._loop.time() + caller.told.total
        for attempt in range(caller.told.retries + 1):
            if attempt:
                await self._later(caller, wait)
            outcome = "cancelled"
            health.busy += 1
            try:
                answer = await self._asked(call, target, ask, due)
            except Failed as failed:
                outcome = str(failed.status or failed.why)
                self._note(caller, failed)
                wait = self._pause(caller, failed, attempt, after)
                if wait < 0 or self._loop.time() + wait >= due or not caller.budget.take():
                    raise
            else:
                outcome = "ok"
                health.good(self._loop.time())
                return answer
            finally:
                health.ended(told=outcome not in _NOTHING_TOLD)
                self._metrics.upstream.add(caller.name, target.model, outcome)
        raise AssertionError

    async def _later(self, caller: Caller, wait: float) -> None:
        self._metrics.retries.add(caller.name)
        await asyncio.sleep(wait)

    async def _asked(self, call: Call, target: Target, ask: Ask[T], due: float) -> T:
        """Once, where the provider's own limits have room; what was reserved stays in the call."""
        caller = self._callers[target.provider]
        failed, call.failed = call.failed, None
        if failed:
            raise failed
        if not caller.scopes.rows:
            return await ask(caller, target, due)
        try:
            call.room = await self._limiter.reserve(caller.scopes, call.feared())
        except LimitReached as reached:
            raise Failed("limited", after=max(reached.wait, 0)) from None
        except StoreGone:
            raise Failed("limited", after=1) from None
        try:
            return await ask(caller, target, due)
        except BaseException:
            self._limiter.settle(call.room, ONE)
            call.room = FREE
            raise

    def _pause(
        self, caller: Caller, failed: Failed, attempt: int, after: Sequence[Target]
    ) -> float:
        """Seconds before another try at this provider; less than 0 for none."""
        if attempt >= caller.told.retries or caller.health.state != "closed":
            return -1
        others = any(self._callers[each.provider].health.state == "closed" for each in after)
        return _pause(failed, attempt, others=others)

    def _note(self, caller: Caller, failed: Failed) -> None:
        """A fault of the request says nothing about the provider."""
        now, health = self._loop.time(), caller.health
        if failed.why == "limited":
            return
        if failed.status == _TOO_MANY:
            health.rest(now, failed.after)
        elif failed.status == 0 or failed.status >= 500:  # noqa: PLR2004 -- HTTP's own border
            health.bad(now)
            if failed.after:
                health.rest(now, failed.after)
        else:
            health.good(now)

    def _refusal(self, decision: Decision, failed: Failed | None) -> Refusal:
        if failed is None:
            now = self._loop.time()
            wait = min(self._callers[each.provider].health.wait(now) for each in decision.targets)
            message = "No provider of this model can be asked now. Please try again later."
            return Refusal(503, "no_provider", message, after=wait)
        if failed.status in _OWN_FAULT:
            return Refusal(failed.status, "provider_refused", "", body=failed.body)
        if failed.status == _TOO_MANY or failed.why == "limited":
            message = "The provider has too many requests. Please try again later."
            return Refusal(429, "provider_busy", message, after=failed.after or 1)
        timed_out = failed.why in {"first", "between", "total"}
        message = f"The provider did not answer ({failed.status or failed.why})."
        known = 504 if timed_out else 502 if failed.status not in RETRYABLE else failed.status
        return Refusal(known, "provider_failed", message, after=1)


def _pause(failed: Failed, attempt: int, *, others: bool) -> float:
    """Seconds before another try at the same provider; less than 0 for none."""
    if failed.why in {"first", "forbidden", "limited"}:
        return -1  # it would be so again
    if failed.status and failed.status not in RETRYABLE:
        return -1
    luck = random.random()  # noqa: S311 -- not all at once
    if others:
        low, high = QUICK
        hopeless = attempt > 0 or failed.status == _TOO_MANY or failed.after > high
        return -1 if hopeless else low + luck * (high - low)
    if failed.after:
        return failed.after + luck * SLOW if failed.after <= LONGEST_WAIT else -1
    return min(SLOW * float(2**attempt), SLOWEST) * (0.5 + luck / 2)
