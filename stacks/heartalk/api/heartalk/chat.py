"""Answers a conversation: decide, recall, ask, keep."""

import time
from collections.abc import AsyncIterator
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from heartalk.metrics import DECISIONS, REASONING
from heartalk.model import Models
from heartalk.problems import request_id, too_many
from heartalk.routing import Decision, Route, Turn, decide
from heartalk.settings import Settings
from heartalk.store import Kept, Store, cache_key


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """A request: one message, or a whole conversation."""

    message: Annotated[str, Meta(min_length=1, max_length=32_000)] = ""
    messages: Annotated[list[Turn], Meta(max_length=100)] = []
    stream: bool = False

    @property
    def turns(self) -> list[Turn]:
        """The conversation; empty where nothing was asked."""
        return [*self.messages, Turn("user", self.message)] if self.message else self.messages


class Answer(Struct, frozen=True, omit_defaults=True):
    """What the user gets; `reasoning` only where it is shown."""

    content: str
    route: Route
    cached: bool
    model: str
    reasoning: str | UnsetType = UNSET


class Piece(Struct, frozen=True, omit_defaults=True):
    """A part of an answer."""

    content: str | UnsetType = UNSET
    reasoning: str | UnsetType = UNSET


class Chat:
    """The service itself, without HTTP."""

    def __init__(self, settings: Settings, store: Store, models: Models) -> None:
        self._shown = settings.show_reasoning_process
        self._names = {
            Route.SIMPLE: settings.simple_model,
            Route.REASONING: settings.reasoning_model,
        }
        self._store, self._models = store, models

    async def answer(self, user: str, turns: list[Turn]) -> Answer:
        """The whole answer, remembered or new.

        Raises:
            Problem: the user asks too often, or no model answers.
        """
        decision, model, key = self._decided(turns)
        kept = await self._known(user, key)
        if kept is None:
            begun = time.perf_counter()
            said = await self._models.answer(model, turns)
            _time_reasoning(decision, time.perf_counter() - begun)
            kept = Kept(said.content or "", said.reasoning_content or "", model, decision.route)
            await self._store.keep(key, kept)
            return self._shaped(kept, cached=False)
        return self._shaped(kept, cached=True)

    async def pieces(self, user: str, turns: list[Turn]) -> AsyncIterator[Piece | Answer]:
        """The pieces as they come, and at the end the whole answer.

        Raises:
            Problem: the user asks too often, no model answers, or it broke off; what came until
                then is no answer.
        """
        decision, model, key = self._decided(turns)
        kept = await self._known(user, key)
        cached = kept is not None
        if kept is None:
            content, reasoning, begun = list[str](), list[str](), time.perf_counter()
            async for said in self._models.pieces(model, turns):
                if said.reasoning_content:
                    reasoning.append(said.reasoning_content)
                    if self._shown:
                        yield Piece(reasoning=said.reasoning_content)
                if said.content:
                    if not content:
                        _time_reasoning(decision, time.perf_counter() - begun)
                    content.append(said.content)
                    yield Piece(content=said.content)
            kept = Kept("".join(content), "".join(reasoning), model, decision.route)
            await self._store.keep(key, kept)
        yield self._shaped(kept, cached=cached)

    def _decided(self, turns: list[Turn]) -> tuple[Decision, str, str]:
        """The way, the model that is asked there, and the key of the answer."""
        decision = decide(turns)
        DECISIONS.labels(decision.route.value, decision.rule).inc()
        model = self._names[decision.route]
        return decision, model, cache_key(model, turns)

    async def _known(self, user: str, key: str) -> Kept | None:
        looked = await self._store.look(user, request_id.get(), key)
        if looked.wait:
            raise too_many(looked.wait)
        return looked.kept

    def _shaped(self, kept: Kept, *, cached: bool) -> Answer:
        shown = kept.reasoning if self._shown and kept.reasoning else UNSET
        return Answer(
            content=kept.content, route=Route(kept.route), cached=cached, model=kept.model,
            reasoning=shown,
        )  # fmt: skip


def _time_reasoning(decision: Decision, seconds: float) -> None:
    if decision.route is Route.REASONING:
        REASONING.observe(seconds)
