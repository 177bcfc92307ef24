"""gateway: one OpenAI-compatible endpoint in front of model providers (R50 to R57)."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, Field

from seaway.model.names import Name
from seaway.model.quantity import Duration, MoneyQ, RateQ
from seaway.model.settings.code import Uses
from seaway.model.settings.form import FORM, Count, Word, word
from seaway.model.stack import Section
from seaway.ports.component import Component, Expansion, Surroundings

Model = Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9-]*/[^\s/]+(/[^\s/]+)*$")]
"""A provider and a model of it: `deepseek/deepseek-chat`."""


class Provider(BaseModel):
    """Someone who answers, or a faithful stand-in."""

    model_config = FORM

    kind: Literal["openai", "deepseek", "byteplus", "simulator", "compatible"]
    """Which API it speaks; `simulator` needs no key and no network."""
    key: Word | None = None
    """`secret:NAME`."""
    url: Word | None = None
    """Its address, where it is not the usual one."""
    timeout: Duration | None = None
    retries: Annotated[Count, Field(le=10)] = 2


class ModelRoute(BaseModel):
    """Where requests for a model of this name go."""

    model_config = FORM

    to: Annotated[
        tuple[Model, ...],
        BeforeValidator(lambda given: [given] if isinstance(given, str) else given),
        Field(min_length=1),
    ]
    """In order: the next is asked when one fails."""
    cache: Duration | None = None
    """How long the same question gets the same answer."""


class ModelLimits(BaseModel):
    """Most that passes through."""

    model_config = FORM

    requests: RateQ | None = None
    tokens: RateQ | None = None
    spend: MoneyQ | None = None


class Gateway(Component):
    """One endpoint for chat, streams, embeddings and images, in front of providers."""

    kind: ClassVar[str] = "gateway"
    section: ClassVar[Section] = Section.AI
    built: ClassVar[bool] = False

    providers: Annotated[
        Mapping[Word, Annotated[Provider, BeforeValidator(word("kind"))]], Field(min_length=1)
    ]
    """Who answers."""
    routes: Mapping[Word, Annotated[ModelRoute, BeforeValidator(word("to", (str, list)))]] = Field(
        default_factory=dict[str, ModelRoute]
    )
    """Which model is answered by whom."""
    limits: ModelLimits = ModelLimits()
    """Most that passes through."""
    uses: Uses = ()
    """A cache, for answers and for limits shared by all copies."""

    @property
    def used(self) -> tuple[Name, ...]:
        return self.uses

    def expand(self, name: Name, around: Surroundings) -> Expansion:  # noqa: ARG002 -- not built
        """Nothing yet."""
        return Expansion()
